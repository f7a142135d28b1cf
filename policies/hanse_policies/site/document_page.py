"""The page of one file: what it is, what it says, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hanse_policies.canonical import digest
from hanse_policies.documents import (
    AllianceCharter,
    BrandPolicy,
    DecisionExamples,
    LegalPack,
    Verdict,
)
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.pack_pin import PackPin
from hanse_policies.errors import HanseError
from hanse_policies.language import Language
from hanse_policies.lint.catalogue import LINTS, fix_of, message_of, severity_of
from hanse_policies.packs.examples import try_examples
from hanse_policies.packs.shipped import shipped_pack
from hanse_policies.rehearsal import ASSUMED
from hanse_policies.site.decisions import ShownDecision
from hanse_policies.site.fields import FieldPage, fields_html
from hanse_policies.site.folder import ShownFile, ShownFolder
from hanse_policies.site.html import NOTHING, Content, Html, element, joined, table
from hanse_policies.site.reference_html import anchor_of
from hanse_policies.site.words import Word, said
from hanse_policies.source import Source


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One file with all that its page is made from.

    Attributes:
        file: The file.
        folder: Its folder.
        decisions: Those that it has a part in, as a study or as a policy.
        language: Of the page.
    """

    file: ShownFile
    folder: ShownFolder
    decisions: tuple[ShownDecision, ...]
    language: Language

    def say(self, word: Word, **names: str) -> str:
        """Say one of the site's words."""
        return said(word, self.language, **names)

    def html(self) -> Html:
        """Write the page's content, without its heading."""
        return joined(self._parts())

    def _parts(self) -> Iterator[Html]:
        yield element("p", state_of(self.file, self.folder, self.language), class_="state")
        if self.file.error is not None:
            yield element("h2", self.say(Word.ERROR))
            yield element("pre", _told(self.file.error))
        if self.file.loaded is not None:
            yield from self._content(self.file.loaded.document, self.file.loaded.source)
        if self.file.loaded is not None or self.file.error is not None:
            yield element("h2", self.say(Word.FINDINGS))
            yield _findings(self)
        if self.decisions:
            yield element("h2", self.say(Word.DECISIONS))
            yield element("p", ASSUMED[self.language])
            yield from (decision_html(one, self.language) for one in self.decisions)

    def _content(self, document: StrictModel, source: Source) -> Iterator[Html]:
        yield element("p", f"{self.say(Word.DIGEST)}: ", element("code", self.file.digest))
        if isinstance(document, LegalPack):
            yield element("p", self.say(Word.PACK_UNSIGNED)) if not self.file.envelope else NOTHING
            yield element("h2", self.say(Word.CHECKS))
            yield _checks(document, self)
        if isinstance(document, BrandPolicy | AllianceCharter) and document.packs:
            yield element("h2", self.say(Word.PINNED))
            yield _pins(document.packs, self)
        title = self.say(Word.CONTENT)
        yield element("h2", title)
        yield fields_html(document, FieldPage(self.language, source), title)


def state_of(file: ShownFile, folder: ShownFolder, language: Language) -> str:
    """Say whether a file is a draft, signed and verified, not verified, or refused."""
    if file.verified_by:
        return said(Word.VERIFIED, language, key=file.verified_by)
    if file.error is not None:
        return said(Word.REFUSED, language)
    if file.envelope is not None:
        return said(Word.UNVERIFIED, language)
    if file.loaded is not None and isinstance(file.loaded.document, DecisionExamples):
        return said(Word.NEVER_SIGNED, language)
    for signed in folder.signers_of(file.digest):
        return said(Word.SIGNED_COPY, language, file=signed.name, key=signed.verified_by)
    return said(Word.DRAFT, language)


def decision_html(shown: ShownDecision, language: Language) -> Html:
    """Show a decision with every rule that was asked, those that refuse first."""
    names = {"brand": shown.policy.document.brand, "study": shown.study.document.id}
    title = said(Word.DECISION, language, **names)
    heading = element("h3", f"{title}: {verdict_of(shown, language)}", id=shown.anchor)
    if shown.error is not None:
        return heading + element("pre", _told(shown.error))
    if shown.decision is None:
        return heading
    found = sorted(shown.decision.findings, key=lambda one: one.verdict is Verdict.PERMIT)
    words = (Word.RULE, Word.VERDICT, Word.MESSAGE, Word.FIX, Word.WHERE, Word.ARTICLES)
    return heading + table(
        title,
        [said(word, language) for word in words],
        (
            (
                element("a", one.rule, href=f"../reference/rules#{anchor_of(one.rule)}"),
                element("strong" if one.verdict is Verdict.DENY else "span", one.verdict.value),
                one.message_in(language),
                one.fix_in(language),
                element("code", one.source, class_="place"),
                one.article,
            )
            for one in found
        ),
    )


def verdict_of(shown: ShownDecision, language: Language) -> str:
    """Say in a word or two what came out."""
    if shown.decision is not None:
        is_permitted = shown.decision.is_permitted
        return said(Word.PERMITS if is_permitted else Word.REFUSES, language)
    why = "" if shown.missing is None else said(shown.missing[0], language, name=shown.missing[1])
    return f"{said(Word.NOT_DECIDED, language)}; {why}".removesuffix("; ")


def _findings(view: DocumentView) -> Html:
    found = [one for one in view.folder.findings if one.place.file == view.file.name]
    if not found:
        return element("p", view.say(Word.NO_FINDING))
    words = (Word.LINT, Word.SEVERITY, Word.MESSAGE, Word.FIX, Word.WHERE, Word.ARTICLES)
    return table(
        view.say(Word.FINDINGS),
        [view.say(word) for word in words],
        (
            (
                element("a", one.lint, href=f"../reference/lints/{one.lint}"),
                severity_of(one.code).value,
                message_of(one, view.language),
                fix_of(one, view.language),
                element("code", str(one.place), class_="place"),
                LINTS[one.lint].article,
            )
            for one in found
        ),
    )


def _checks(pack: LegalPack, view: DocumentView) -> Html:
    words = (Word.CHECK, Word.SEVERITY, Word.TESTS, Word.UNMET, Word.ARTICLES, Word.EXAMPLES)
    is_chinese = view.language is Language.ZH
    try:
        wrong = {one.check for one in try_examples(pack) if not one.is_expected}
    except HanseError as error:
        return element("pre", _told(error))
    return table(
        view.say(Word.CHECKS),
        [view.say(word) for word in words],
        (
            (
                one.id,
                one.severity.value,
                one.tests.zh if is_chinese else one.tests.en,
                one.unmet.zh if is_chinese else one.unmet.en,
                one.articles,
                view.say(Word.EXAMPLES_WRONG if one.id in wrong else Word.EXAMPLES_AS_MEANT),
            )
            for one in pack.checks
        ),
    )


def _pins(pins: Sequence[PackPin], view: DocumentView) -> Html:
    headings = [view.say(word) for word in (Word.PACK, Word.DIGEST, Word.STATE)]
    rows = ((pin.name, element("code", pin.digest), _pin_state(pin, view)) for pin in pins)
    return table(view.say(Word.PINNED), headings, rows)


def _pin_state(pin: PackPin, view: DocumentView) -> Content:
    shipped = shipped_pack(pin.name)
    if shipped is not None and digest(shipped.document) == pin.digest:
        return view.say(Word.PIN_SHIPS)
    here = [(f.digest, one.document.name) for f, one in view.folder.of(LegalPack)]
    if any(found == pin.digest for found, _ in here):
        return view.say(Word.PIN_HERE)
    is_named = shipped is not None or any(name == pin.name for _, name in here)
    return view.say(Word.PIN_DIFFERS if is_named else Word.PIN_MISSING)


def _told(error: HanseError) -> str:
    return f"{error.code}: {error}"
