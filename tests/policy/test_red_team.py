"""What somebody would try against a brand's policy, and the code that each is refused with.

Every attack is made on a brand's own folder or through its gate, with a study that is
approved and permitted until then.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hanse_clients.data.view import MinimalView, view_for
from hanse_clients.errors import (
    DocumentEditedError,
    DocumentSupersededError,
    MissingColumnError,
    SignedDocumentError,
)
from hanse_federation.messages import MeasureRequest, Refusal
from hanse_federation.secure_aggregation.messages import JoinReply
from hanse_policies.canonical import digest
from hanse_policies.documents import (
    ConsentRules,
    OneOf,
    Purpose,
    Study,
)
from hanse_policies.errors import DocumentError, HanseError
from hanse_policies.loading import load_study
from tests.support.documents import a_key
from tests.support.league_documents import (
    a_league_budget,
    a_league_histogram,
    a_league_policy,
    ask,
)
from tests.support.league_parties import (
    BrandParts,
    SmallLeague,
    put_asset,
    put_policy,
    write_yaml,
)
from tests.support.league_rounds import ask_to_join


def answer_code(brand: BrandParts, study: str) -> str:
    """Ask the brand the study's first question; return the code it refuses with, or nothing."""
    reply = brand.responder.answer(ask_to_join(study))
    if isinstance(reply, JoinReply):
        return ""
    assert isinstance(reply, Refusal)
    return reply.code


def denied_by(brand: BrandParts, league: SmallLeague, study: str) -> tuple[str, ...]:
    return brand.gate.judge(study, league.clock()).decision.denied_by


def test_without_an_attack_the_brand_answers(brand: BrandParts, study: str) -> None:
    assert answer_code(brand, study) == ""


@pytest.mark.parametrize("file", ["policy_file", "asset_file"])
def test_a_document_edited_after_signing(brand: BrandParts, study: str, file: str) -> None:
    path: Path = getattr(brand.home.documents, file)
    text = path.read_text()
    for old, new in (('"minimum_persons": 50', '"minimum_persons": 1'), ("ordinary", "sensitive")):
        text = text.replace(old, new)
    path.write_text(text)
    assert answer_code(brand, study) == DocumentEditedError.code


def test_an_older_version_replayed(league: SmallLeague, brand: BrandParts, study: str) -> None:
    documents = brand.home.documents
    files = (documents.policy_file, documents.signed_policy_file)
    old = [file.read_bytes() for file in files]
    put_policy(brand.home, a_league_policy("alder", league.clock(), permits=()))
    for file, data in zip(files, old, strict=True):
        file.write_bytes(data)
    assert answer_code(brand, study) == DocumentSupersededError.code


def test_a_policy_signed_by_another_key(brand: BrandParts, study: str) -> None:
    documents = brand.home.documents
    envelope = a_key(7).sign(documents.policy().document)
    documents.signed_policy_file.write_bytes(envelope.to_json())
    assert answer_code(brand, study) == SignedDocumentError.code


def test_a_foreign_policy_under_the_brands_own_name(brand: BrandParts, study: str) -> None:
    documents = brand.home.documents
    held = json.loads(documents.signed_policy_file.read_bytes())
    held["signatures"][0]["sig"] = "A" * 86 + "=="
    documents.signed_policy_file.write_text(json.dumps(held))
    assert answer_code(brand, study) == SignedDocumentError.code


def down(brand: BrandParts, league: SmallLeague) -> None:
    register = brand.home.documents.asset().document.consent.source.path
    (brand.home.path / register).unlink()


def stale(brand: BrandParts, league: SmallLeague) -> None:
    del brand
    league.clock.ahead = timedelta(days=20)


def without_attribute(brand: BrandParts, league: SmallLeague) -> None:
    asked = ConsentRules(max_age_hours=48, scope_required=True)
    put_policy(brand.home, a_league_policy("alder", league.clock(), consent=asked))


@pytest.mark.parametrize(
    ("happens", "rule"),
    [(down, "consent.register"), (stale, "consent.age"), (without_attribute, "consent.fields")],
)
def test_a_consent_store_that_is_down_stale_or_lacks_what_is_asked(
    league: SmallLeague,
    brand: BrandParts,
    study: str,
    happens: Callable[[BrandParts, SmallLeague], None],
    rule: str,
) -> None:
    happens(brand, league)
    assert rule in denied_by(brand, league, study)
    assert answer_code(brand, study) == "policy-denied"


def test_a_purpose_swapped_for_another_of_the_same_columns(
    league: SmallLeague, brand: BrandParts
) -> None:
    swapped = a_league_histogram(league.clock(), purpose=Purpose.MODEL_TRAINING)
    study = league.propose(swapped)
    league.settle("alder")
    # The nearest permit is one for the purpose that is claimed, and trains models alone.
    assert denied_by(brand, league, study) == ("computation.permit",)
    assert answer_code(brand, study) == "study-not-approved"


def test_a_registers_word_swapped_so_that_one_consent_counts_for_another(
    brand: BrandParts, study: str
) -> None:
    documents = brand.home.documents
    asset = documents.asset().document
    words = dict.fromkeys(asset.consent.purposes, asset.consent.purposes[Purpose.MODEL_TRAINING])
    consent = asset.consent.model_copy(update={"purposes": words})
    write_yaml(documents.asset_file, asset.model_copy(update={"consent": consent}))
    assert answer_code(brand, study) == DocumentEditedError.code


def test_a_column_renamed_in_the_warehouse(brand: BrandParts, study: str) -> None:
    asset = brand.home.documents.asset().document
    table = brand.home.path / asset.source.path
    rows = pq.read_table(table)
    names = ["spending" if name == "spend" else name for name in rows.column_names]
    pq.write_table(rows.rename_columns(names), table)
    # A register that the same look cannot read counts as none; the brand's own check names it.
    assert answer_code(brand, study) == "policy-denied"
    assert not brand.ledger.entries()
    with pytest.raises(MissingColumnError, match="spend"):
        brand.sources.rows().check()


def test_a_budget_that_is_spent_is_not_had_again_under_a_new_name_of_the_asset(
    league: SmallLeague, brand: BrandParts
) -> None:
    tight = a_league_policy("alder", league.clock(), epsilon=3.5)
    put_policy(brand.home, tight)
    first = league.approved(a_league_histogram(league.clock()))
    for question in (None, MeasureRequest()):
        assert isinstance(brand.responder.answer(ask_to_join(first, question)), JoinReply)
    asset = brand.home.documents.asset().document
    brand.home.documents.signed_asset_file.unlink()  # else it is refused as no newer version
    put_asset(brand.home, asset.model_copy(update={"id": "shoppers"}))
    permits = tuple(p.model_copy(update={"asset": "shoppers"}) for p in tight.permits)
    put_policy(brand.home, tight.model_copy(update={"permits": permits}))
    again = league.propose(a_league_histogram(league.clock(), id="again", asset="shoppers"))
    league.settle("alder")
    assert denied_by(brand, league, again) == ("budget.epsilon",)


def test_a_budget_made_anew_by_an_earlier_start_has_to_be_a_major_version(
    league: SmallLeague, brand: BrandParts
) -> None:
    before = brand.home.documents.policy().document
    budget = a_league_budget(Purpose.AUDIENCE_ANALYTICS, 8.0)
    moved = budget.model_copy(update={"starts": budget.starts + timedelta(days=1)})
    after = before.model_copy(
        update={"version": "1.1.0", "supersedes": digest(before), "budgets": (moved,)}
    )
    write_yaml(brand.home.documents.policy_file, after)
    with pytest.raises(HanseError) as refused:
        brand.home.documents.sign_policy()
    assert refused.value.code == "document-version"


@pytest.mark.parametrize(
    "name", ["spend' OR '1'='1", 'spend"; DROP TABLE rows', "spend--", "ѕpend", "../spend"]
)
def test_a_filter_injected_through_a_columns_name(tmp_path: Path, name: str) -> None:
    samples = Path(__file__).parents[2] / "policies" / "samples"
    text = (samples / "study-audience.yaml").read_text(encoding="utf-8")
    written = tmp_path / "study.yaml"
    written.write_text(text.replace("column: region", f"column: {json.dumps(name)}"))
    with pytest.raises(DocumentError) as refused:
        load_study(written)
    assert refused.value.code == "document-invalid"


@pytest.mark.parametrize(
    "value",
    ["gold' OR '1'='1", "gold') OR (1=1", "gold'; DROP TABLE hanse_rows; --", "%", "_", "\\'"],
)
def test_a_filter_injected_through_a_value_finds_nobody(
    league: SmallLeague, brand: BrandParts, value: str
) -> None:
    asked = a_league_histogram(league.clock(), population=(OneOf(column="tier", values=(value,)),))
    view = _view(brand, league, asked)
    assert brand.sources.rows().persons(view).persons == 0
    everybody = _view(brand, league, a_league_histogram(league.clock()))
    assert brand.sources.rows().persons(everybody).persons > 0


def _view(brand: BrandParts, league: SmallLeague, asked: Study) -> MinimalView:
    documents = brand.home.documents
    asset, policy = documents.asset().document, documents.policy().document
    return view_for(asked, asset, policy, league.clock(), "5a" * 32)


def test_a_question_that_the_study_does_not_plan_is_refused(
    brand: BrandParts, league: SmallLeague, study: str
) -> None:
    with pytest.raises(HanseError) as refused:
        brand.gate.admit(ask(study, round_number=7), league.clock())
    assert refused.value.code == "question-foreign"
