"""The site's own words in English and Chinese; what catalogues and documents say is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hanse_policies.language import Language


class Word(StrEnum):
    """One of the site's own words or sentences, by what it is for."""

    SITE = "site"
    SKIP = "skip"
    OTHER_LANGUAGE = "other-language"
    REFERENCE = "reference"
    DOCUMENTS = "documents"
    NO_FOLDER = "no-folder"
    EMPTY_FOLDER = "empty-folder"
    LEFT_OUT = "left-out"
    FILE = "file"
    KIND = "kind"
    DOCUMENT = "document"
    VERSION = "version"
    STATE = "state"
    FINDINGS = "findings"
    DRAFT = "draft"
    NEVER_SIGNED = "never-signed"
    SIGNED_COPY = "signed-copy"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    DIGEST = "digest"
    READ_AT = "read-at"
    ERROR = "error"
    WHERE = "where"
    SEVERITY = "severity"
    LINT = "lint"
    MESSAGE = "message"
    FIX = "fix"
    ARTICLES = "articles"
    NO_FINDING = "no-finding"
    FIELD = "field"
    VALUE = "value"
    CONTENT = "content"
    NOT_STATED = "not-stated"
    NONE = "none"
    YES = "yes"
    NO = "no"
    DECISIONS = "decisions"
    DECISION = "decision"
    BRAND = "brand"
    STUDY = "study"
    VERDICT = "verdict"
    PERMITS = "permits"
    REFUSES = "refuses"
    RULE = "rule"
    NO_CHARTER = "no-charter"
    NO_ASSET = "no-asset"
    NOT_DECIDED = "not-decided"
    CHECKS = "checks"
    CHECK = "check"
    TESTS = "tests"
    UNMET = "unmet"
    EXAMPLES = "examples"
    EXAMPLES_AS_MEANT = "examples-as-meant"
    EXAMPLES_WRONG = "examples-wrong"
    PACK_UNSIGNED = "pack-unsigned"
    PINNED = "pinned"
    PACK = "pack"
    PIN_SHIPS = "pin-ships"
    PIN_HERE = "pin-here"
    PIN_MISSING = "pin-missing"
    PIN_DIFFERS = "pin-differs"
    NOT_FOUND = "not-found"
    ENGLISH_ONLY = "english-only"


ENGLISH: Mapping[Word, str] = {
    Word.SITE: "Hanse: policies",
    Word.SKIP: "Skip to the content",
    Word.OTHER_LANGUAGE: "中文",
    Word.REFERENCE: "Reference",
    Word.DOCUMENTS: "Documents",
    Word.NO_FOLDER: "No folder was named; hanse policy serve-docs FOLDER shows its documents.",
    Word.EMPTY_FOLDER: "The folder holds no document (.yaml, .yml, or .json that is signed).",
    Word.LEFT_OUT: "{count} more files are not shown; name a smaller folder.",
    Word.FILE: "File",
    Word.KIND: "Kind",
    Word.DOCUMENT: "Document",
    Word.VERSION: "Version",
    Word.STATE: "State",
    Word.FINDINGS: "Findings of the lints",
    Word.DRAFT: "A draft: not signed. It has no effect until it is.",
    Word.NEVER_SIGNED: "Examples that documents are tried with; such a file is never signed.",
    Word.SIGNED_COPY: "A draft whose content is signed in {file}, verified with key {key}.",
    Word.VERIFIED: "Signed, and verified with key {key}, which you named.",
    Word.UNVERIFIED: (
        "Not verified: signed by whom is not known, for no key that you named verifies it. Nothing "
        "of it is shown. Name the signer's public key: hanse policy serve-docs FOLDER --key KEY."
    ),
    Word.REFUSED: "Refused: it is no valid document, and has no effect.",
    Word.DIGEST: "Digest",
    Word.READ_AT: "The documents were read at {when}, for this very page.",
    Word.ERROR: "What the loader says",
    Word.WHERE: "Where",
    Word.SEVERITY: "Severity",
    Word.LINT: "Lint",
    Word.MESSAGE: "Message",
    Word.FIX: "What would put it right",
    Word.ARTICLES: "Articles",
    Word.NO_FINDING: "No finding; that is all it says, and not that anything is lawful.",
    Word.FIELD: "Field",
    Word.VALUE: "Value",
    Word.CONTENT: "What it says",
    Word.NOT_STATED: "not stated",
    Word.NONE: "none",
    Word.YES: "yes",
    Word.NO: "no",
    Word.DECISIONS: "Decisions, rehearsed",
    Word.DECISION: "Brand {brand} on study {study}",
    Word.BRAND: "Brand",
    Word.STUDY: "Study",
    Word.VERDICT: "Verdict",
    Word.PERMITS: "permits: no rule is violated",
    Word.REFUSES: "refuses",
    Word.RULE: "Rule",
    Word.NO_CHARTER: "the folder holds no charter of alliance {name}",
    Word.NO_ASSET: "the folder holds no data asset of brand {name}",
    Word.NOT_DECIDED: "not decided",
    Word.CHECKS: "Checks",
    Word.CHECK: "Check",
    Word.TESTS: "What is tested",
    Word.UNMET: "What to change where it is not met",
    Word.EXAMPLES: "Its two examples",
    Word.EXAMPLES_AS_MEANT: "say what they should",
    Word.EXAMPLES_WRONG: "do not say what they should",
    Word.PACK_UNSIGNED: "Not signed by counsel; its words are its authors' reading of the law.",
    Word.PINNED: "Legal packs asked for",
    Word.PACK: "Legal pack",
    Word.PIN_SHIPS: "ships with Hanse, with this digest",
    Word.PIN_HERE: "is in this folder, with this digest",
    Word.PIN_MISSING: "is not at hand: every study is refused until it is",
    Word.PIN_DIFFERS: "is at hand with another digest: every study is refused",
    Word.NOT_FOUND: "There is no such page.",
    Word.ENGLISH_ONLY: "Descriptions on this page are in English.",
}

CHINESE: Mapping[Word, str] = {
    Word.SITE: "Hanse：策略",
    Word.SKIP: "跳到正文",
    Word.OTHER_LANGUAGE: "English",
    Word.REFERENCE: "参考",
    Word.DOCUMENTS: "文档",
    Word.NO_FOLDER: "未指定文件夹；hanse policy serve-docs FOLDER 可显示其中的文档。",
    Word.EMPTY_FOLDER: "文件夹中没有文档（.yaml、.yml 或已签名的 .json）。",
    Word.LEFT_OUT: "另有 {count} 个文件未显示；请指定较小的文件夹。",
    Word.FILE: "文件",
    Word.KIND: "类型",
    Word.DOCUMENT: "文档",
    Word.VERSION: "版本",
    Word.STATE: "状态",
    Word.FINDINGS: "检查结果",
    Word.DRAFT: "草稿：未签名，签名之前不生效。",
    Word.NEVER_SIGNED: "用来检验文档的示例；此类文件从不签名。",
    Word.SIGNED_COPY: "草稿；其内容已在 {file} 中签名，并已用密钥 {key} 验证。",
    Word.VERIFIED: "已签名，并已用您指定的密钥 {key} 验证。",
    Word.UNVERIFIED: (
        "未验证：您指定的密钥均不能验证它，因此不知道由谁签名。其内容一概不显示。"
        "请指定签名者的公钥：hanse policy serve-docs FOLDER --key KEY。"
    ),
    Word.REFUSED: "已拒绝：不是有效的文档，不生效。",
    Word.DIGEST: "摘要",
    Word.READ_AT: "文档于 {when} 为本页读取。",
    Word.ERROR: "加载器的原文",
    Word.WHERE: "位置",
    Word.SEVERITY: "严重程度",
    Word.LINT: "检查项",
    Word.MESSAGE: "说明",
    Word.FIX: "改正方法",
    Word.ARTICLES: "条款",
    Word.NO_FINDING: "未发现问题；仅此而已，不代表合法。",
    Word.FIELD: "字段",
    Word.VALUE: "值",
    Word.CONTENT: "内容",
    Word.NOT_STATED: "未写明",
    Word.NONE: "无",
    Word.YES: "是",
    Word.NO: "否",
    Word.DECISIONS: "预演的决定",
    Word.DECISION: "品牌 {brand} 对研究 {study}",
    Word.BRAND: "品牌",
    Word.STUDY: "研究",
    Word.VERDICT: "决定",
    Word.PERMITS: "许可：未违反任何规则",
    Word.REFUSES: "拒绝",
    Word.RULE: "规则",
    Word.NO_CHARTER: "文件夹中没有联盟 {name} 的章程",
    Word.NO_ASSET: "文件夹中没有品牌 {name} 的数据资产",
    Word.NOT_DECIDED: "未作决定",
    Word.CHECKS: "检查",
    Word.CHECK: "检查",
    Word.TESTS: "检查内容",
    Word.UNMET: "不满足时如何改正",
    Word.EXAMPLES: "两个示例",
    Word.EXAMPLES_AS_MEANT: "结果与预期一致",
    Word.EXAMPLES_WRONG: "结果与预期不一致",
    Word.PACK_UNSIGNED: "未经法律顾问签名；文字为编写者对法律的理解。",
    Word.PINNED: "所要求的法律规则包",
    Word.PACK: "法律规则包",
    Word.PIN_SHIPS: "随 Hanse 附带，摘要一致",
    Word.PIN_HERE: "在此文件夹中，摘要一致",
    Word.PIN_MISSING: "不在手边：在此之前每个研究都会被拒绝",
    Word.PIN_DIFFERS: "手边的摘要不同：每个研究都会被拒绝",
    Word.NOT_FOUND: "没有这个页面。",
    Word.ENGLISH_ONLY: "本页的说明文字为英文。",
}


def said(word: Word, language: Language, **names: str) -> str:
    """Say a word or a sentence, its names filled in.

    Args:
        word: Which.
        language: In which language.
        names: What stands in its braces.
    """
    return (CHINESE if language is Language.ZH else ENGLISH)[word].format_map(names)
