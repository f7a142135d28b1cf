"""`examples.md`: the fields of a file of example decisions, read from its classes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise

from pydantic.fields import FieldInfo

from hanse_policies.documents import examples
from hanse_policies.documents.base import StrictModel
from hanse_policies.documents.examples import (
    DecisionExample,
    DecisionExamples,
    ExampleApprovals,
    ExampleBudget,
    ExampleConsent,
    ExampleFacts,
    ExampleSetting,
    ExampleSignatures,
    ExpectedDecision,
    SignatureWord,
)
from hanse_policies.examples.coverage import REFUSE_ONLY
from hanse_policies.language import Language
from hanse_policies.reference.languages import BOTH, Languages, leading
from hanse_policies.reference.markdown import document, table

MODELS: tuple[type[StrictModel], ...] = (
    DecisionExamples,
    ExampleSetting,
    DecisionExample,
    ExampleFacts,
    ExampleConsent,
    ExampleBudget,
    ExampleSignatures,
    ExampleApprovals,
    ExpectedDecision,
)

INTRODUCTION: Mapping[Language, str] = {
    Language.EN: """
`hanse policy test FOLDER` decides on each example of the folder as a brand would, and compares. How
to write examples is told in [test your policies](../how-to/test-your-policies.md); the
[JSON Schema](documents/DecisionExamples.schema.json) is for editors.

| in the folder | what |
|---|---|
| `charter.yaml` | the charter that all examples are decided under |
| `policies/`, `assets/`, `studies/` | one document a file, named by examples |
| `packs/` | legal packs beside those that ship: YAML, or `ID-VERSION.dsse.json` signed by counsel |
| `examples/` | one `DecisionExamples` a file |

Other folders, such as `consent`, are not looked into. An example names a document by its file name
without `.yaml`, or by its id where only one document has it. The legal packs that charter and
policy pin are asked as at a brand, and one that is not found denies; a pack in YAML, which no
brand takes before counsel signed it, is asked as one without signature. What an example says of
documents and facts goes before what stands under `given`; facts that are stated nowhere are
unknown, and what is unknown denies.

A change names a field: `study`, `charter`, `policy` or `asset`, then steps such as `.permits`,
`[0]` and `.retention_days`; an index one past the end of a list adds an item. A path with brackets
stands on a line of its own or in quotes, an instant in quotes. The changed document is validated as
if it had been written so, and where it is not valid the example is in error
([example-invalid](errors.md#example-invalid)), neither passed nor failed.
""",
    Language.ZH: """
`hanse policy test FOLDER` 像品牌那样对文件夹中的每个示例作出决定并比较。
[JSON Schema](documents/DecisionExamples.schema.json) 供编辑器使用。

| 文件夹中的内容 | 是什么 |
|---|---|
| `charter.yaml` | 所有示例所依据的章程 |
| `policies/`、`assets/`、`studies/` | 示例所引用的文档，一份一个文件 |
| `packs/` | 随软件提供之外的法律规则包：经法律顾问签名的 `ID-VERSION.dsse.json`，或 YAML |
| `examples/` | 每个文件一份 `DecisionExamples` |

章程与策略采用的法律规则包像在品牌处那样逐项核对，找不到的一律拒绝；
尚未签名的 YAML 规则包按未签名对待，品牌在法律顾问签名之前不会采用它。
示例以不带 `.yaml` 的文件名引用文档，或在只有一份文档具有该 id 时以 id 引用。
示例自身所述的文档和事实优先于 `given` 中的内容；
任何地方都未说明的事实视为未知，未知即拒绝。

修改指向一个字段：`study`、`charter`、`policy` 或 `asset`，后接 `.permits`、`[0]`、
`.retention_days` 之类的步骤；
超出列表末尾一位的序号表示追加一项。修改后的文档会重新校验，
无效时该示例报错（[example-invalid](errors.md#example-invalid)），既不算通过也不算失败。
""",
}

TITLE = ("Example decisions", "示例决定")

COVERAGE = """
The last lines of `hanse policy test` say which rules no passing example has seen to permit, and
which none has seen to refuse; `--coverage` makes that a failure. {rules} are asked only where they
refuse. The rules of legal packs count as the others do: where charter and policy pin none, an
example may, by a change of `charter.packs`.
"""


def page(languages: Languages = BOTH) -> str:
    """Write the page."""
    parts = [INTRODUCTION[languages[0]]]
    for model in MODELS:
        parts += [f"## {model.__name__}", inspect.getdoc(model) or "", _fields(model)]
    words = [(f"`{word}`", _told(SignatureWord).get(word.name, "")) for word in SignatureWord]
    rules = ", ".join(f"`{rule}`" for rule in sorted(REFUSE_ONLY))
    parts += [
        "## SignatureWord",
        inspect.getdoc(SignatureWord) or "",
        table(("word", "meaning"), words),
        "## Coverage",
        COVERAGE.format(rules=rules),
    ]
    return document(leading(*TITLE, languages), parts)


def _fields(model: type[StrictModel]) -> str:
    told, kinds = _told(model), _kinds(model)
    rows = [
        (f"`{name}`", f"`{kinds[name]}`", _default(field), told.get(name, ""))
        for name, field in model.model_fields.items()
    ]
    return table(("field", "value", "if left out", "meaning"), rows)


def _body(model: type) -> list[ast.stmt]:
    """Read a class's body in the source."""
    (written,) = (
        node
        for node in ast.parse(inspect.getsource(examples)).body
        if isinstance(node, ast.ClassDef) and node.name == model.__name__
    )
    return written.body


def _kinds(model: type) -> Mapping[str, str]:
    """Write the type of each field as the source names it."""
    return {
        ast.unparse(node.target): ast.unparse(node.annotation)
        for node in _body(model)
        if isinstance(node, ast.AnnAssign)
    }


def _told(model: type) -> Mapping[str, str]:
    """Read what stands below each field or word of a class in the source."""
    told = {}
    for field, below in pairwise(_body(model)):
        if isinstance(field, ast.AnnAssign):
            name = ast.unparse(field.target)
        elif isinstance(field, ast.Assign):
            name = ast.unparse(field.targets[0])
        else:
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            told[name] = str(below.value.value)
    return told


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "not allowed"
    value = field.get_default(call_default_factory=True)
    if not value or isinstance(value, StrictModel):
        return "nothing"
    return f"`{value}`"
