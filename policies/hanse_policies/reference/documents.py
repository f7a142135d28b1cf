"""`documents/`: the JSON Schema of every kind of document, and a page that lists them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping

from hanse_policies.cli.schema import DIALECT
from hanse_policies.kinds import DOCUMENT_KINDS
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, leading
from hanse_policies.reference.markdown import document, table

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
One document a file, YAML, read strictly: duplicate keys, unknown fields and values that YAML
versions read differently are refused with file, line and column. The schemas are those that
`hanse policy schema KIND` prints; an editor can check a document with them while it is written.
They say what one field may hold. What fields must hold together, such as distinct recipients, and
that text hides nothing, mixes no scripts within a word and has one meaning to every reader of
YAML, is checked by `hanse policy check` and again when a signed document is opened;
[the rules are listed](../../policies/README.md#yaml-read-strictly). Which studies a brand lets run
is decided by the [rules](rules.md).

`DecisionExamples` are unit tests of policies; their fields are told in
[example decisions](examples.md). `StudyVerdict`, `CharterAcceptance`, `Withdrawal` and `BrandExit`
are not written by people: a brand signs one for each study it decided on, one for each charter that
a person there accepted ([follow a changed charter](../how-to/follow-a-changed-charter.md)), one
where consents have ended that a study used, and one when it leaves ([handle
withdrawals](../how-to/handle-withdrawals.md)).
""",
    Language.ZH: """
一个文件一份文档，YAML 格式，严格读取：重复的键、未知的字段，
以及不同 YAML 版本会有不同理解的值，都会被拒绝，并指出文件、行和列。
以下模式即 `hanse policy schema KIND` 所输出的内容，编辑器可据此在编写时检查文档。
模式说明单个字段可以包含什么；
字段之间须满足的要求由 `hanse policy check` 检查，打开已签名的文档时再次检查。
品牌允许哪些研究运行，由[规则](rules.md)决定。

`DecisionExamples` 是策略的单元测试，其字段见[示例决定](examples.md)。
`StudyVerdict`、`CharterAcceptance`、`Withdrawal` 和 `BrandExit` 不由人编写：
品牌对其决定的每个研究签署一份，
对其人员接受的每份章程签署一份（见[跟随已更改的章程](../how-to/follow-a-changed-charter.md)），
在研究使用过的同意终止时签署一份，在退出联盟时签署一份（见[处理撤回](../how-to/handle-withdrawals.md)）。
""",
}
TITLE = ("Documents", "文档类型")


def pages(languages: Languages = BOTH) -> Mapping[str, str]:
    """Write the schemas and the page that lists them."""
    written = {f"documents/{kind}.schema.json": _schema(kind) for kind in sorted(DOCUMENT_KINDS)}
    rows = [
        (f"[{kind}](documents/{kind}.schema.json)", _first_line(kind))
        for kind in sorted(DOCUMENT_KINDS)
    ]
    listed = document(
        leading(*TITLE, languages),
        [INTRODUCTION[languages[0]], table(("kind", "what it is"), rows)],
    )
    return written | {"documents.md": listed}


def _schema(kind: str) -> str:
    schema = {"$schema": DIALECT} | DOCUMENT_KINDS[kind].model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _first_line(kind: str) -> str:
    return (inspect.getdoc(DOCUMENT_KINDS[kind]) or "").splitlines()[0]
