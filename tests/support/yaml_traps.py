"""Each trap of YAML and of Unicode: one change to a sample that is valid before.

Beside each stands the place of the refusal, what it says, and the valid writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "policies" / "samples"
TITLE = "title: Who is likely to buy next month"
EXPIRES = "expires: 2026-12-31T00:00:00Z"
ENTITY = "legal_entity: Lantern Coffee Ltd"


@dataclass(frozen=True)
class Trap:
    """One change to a sample: what is refused, where, and what is valid in its stead."""

    name: str
    old: str
    bad: str
    place: str
    says: str
    good: str
    sample: str = "study-propensity.yaml"


def title(name: str, bad: str, says: str, good: str, place: str = "6:8") -> Trap:
    return Trap(name, TITLE, f"title: {bad}", place, says, f"title: {good}")


TRAPS = [
    # what a word means
    title("a truth value for a text", "No", 'write "No" for the text', '"No"'),
    title("a number for a text", "2026", "expected text, got 2026", '"2026"'),
    title("a date for a text", "2026-01-31", "or text in quotes", '"2026-01-31"'),
    title(
        "an instant for a text",
        "2026-01-31T08:00:00Z",
        'write "2026-01-31T08:00:00Z"',
        '"2026-01-31T08:00:00Z"',
    ),
    title("a sexagesimal number", "1:30", "or text in quotes", '"1:30"'),
    title("a value key", "=", 'write "="', '"="'),
    title("null in capitals", "NULL", 'write "NULL"', '"NULL"'),
    title("an infinity", ".inf", "or text in quotes", '".inf"'),
    Trap("an octal number", "rounds: 8", "rounds: 010", "19:11", "as JSON writes it", "rounds: 10"),
    Trap("a hexadecimal one", "rounds: 8", "rounds: 0xA", "19:11", "as JSON writes", "rounds: 10"),
    Trap("a grouped number", "rounds: 8", "rounds: 1_0", "19:11", "as JSON writes", "rounds: 10"),
    Trap("a signed number", "rounds: 8", "rounds: +8", "19:11", "as JSON writes it", "rounds: 8"),
    Trap("a half number", "  epsilon: 3.0", "  epsilon: .5", "31:12", "as JSON", "  epsilon: 0.5"),
    Trap(
        "a whole number that double precision rounds",
        "upper: 60,",
        "upper: 9007199254740993,",
        "15:60",
        "write 9007199254740992.0",
        "upper: 9007199254740992.0,",
    ),
    Trap(
        "a fraction that double precision rounds",
        "upper: 60,",
        "upper: 60.00000000000000001,",
        "15:60",
        "write 60.0",
        "upper: 60.0,",
    ),
    Trap("a number that vanishes", "lower: 0,", "lower: 1e-999,", "15:50", "keeps", "lower: 0,"),
    Trap("a signed zero", "lower: 0,", "lower: -0.0,", "15:50", "write 0", "lower: 0,"),
    # instants
    Trap("no zone", EXPIRES, "expires: 2026-12-31T00:00:00", "37:10", "with time zone", EXPIRES),
    Trap("no zone, in quotes", EXPIRES, 'expires: "2026-12-31"', "37:10", "time zone", EXPIRES),
    Trap("a space for T", EXPIRES, "expires: 2026-12-31 00:00:00Z", "37:10", "as 2026-", EXPIRES),
    Trap("the same quoted", EXPIRES, 'expires: "2026-12-31 00:00:00Z"', "37:10", "as 2", EXPIRES),
    Trap("no seconds", EXPIRES, "expires: 2026-12-31T00:00Z", "37:10", "as 2026-01-31T", EXPIRES),
    Trap("a short offset", EXPIRES, "expires: 2026-12-31T08:00:00+08", "37:10", "as 2", EXPIRES),
    Trap(
        "an offset without colon",
        EXPIRES,
        "expires: 2026-12-31T08:00:00+0800",
        "37:10",
        "as 2026-01-31T08:00:00Z",
        "expires: 2026-12-31T08:00:00+08:00",
    ),
    Trap(
        "an unknown offset",
        EXPIRES,
        "expires: 2026-12-31T00:00:00-00:00",
        "37:10",
        "as 2026-01-31T08:00:00Z",
        "expires: 2026-12-31T00:00:00+00:00",
    ),
    Trap("nanoseconds", EXPIRES, "expires: 2026-12-31T00:00:00.0000001Z", "37:10", "as", EXPIRES),
    Trap("seconds since 1970", EXPIRES, 'expires: "1798675200"', "37:10", "time zone", EXPIRES),
    Trap("before year 1", EXPIRES, "expires: 0001-01-01T00:00:00+08:00", "37:10", "as", EXPIRES),
    Trap("after year 9999", EXPIRES, "expires: 9999-12-31T23:59:59-01:00", "37:10", "as", EXPIRES),
    # structure
    Trap(
        "a doubled key", "rounds: 8", "rounds: 8\n  rounds: 9", "20:3", "each key once", "rounds: 8"
    ),
    Trap(
        "a key doubled in other case",
        "version: 1",
        "version: 1\nVersion: 2",
        "5:1",
        "first on line 4 in other letters, as `version`",
        "version: 1",
    ),
    Trap(
        "a key doubled in full-width letters",
        "version: 1",
        "version: 1\n\uff56ersion: 2",
        "5:1",
        "first on line 4 in other letters, as `version`",
        "version: 1",
    ),
    Trap(
        "an unknown field",
        "approval: manual",
        "aproval: manual",
        "49:1",
        "did you mean `approval`",
        "approval: manual",
        "policy.yaml",
    ),
    Trap("a merge key", "version: 1", "version: 1\n<<: {a: 1}", "5:1", "copy the", "version: 1"),
    Trap(
        "a merge key in quotes",
        "version: 1",
        'version: 1\n"<<": 1',
        "5:1",
        "no field",
        "version: 1",
    ),
    Trap("an anchor", "rounds: 8", "rounds: &r 8", "19:11", "write the value out", "rounds: 8"),
    Trap("an alias", "rounds: 8", "rounds: *r", "19:11", "write the value out", "rounds: 8"),
    Trap("a tag", "rounds: 8", "rounds: !!int 8", "19:11", "expected no tag", "rounds: 8"),
    title("the tag of no meaning", "! 12", "expected no tag", '"12"'),
    title("an empty anchor", "&a", "write the value out", '"&a"'),
    Trap("a list as key", "version: 1", "? [a]\n: 1", "4:3", "text as key", "version: 1"),
    Trap("a mapping as key", "version: 1", "{a: 1}: 1", "4:1", "text as key", "version: 1"),
    Trap("a number as key", "version: 1", "1: 1", "4:1", "text as key", "version: 1"),
    Trap("a key of two lines", "version: 1", "? |\n  a\n  b\n: 1", "4:3", "one line", "version: 1"),
    Trap("a long key", "version: 1", f"{'k' * 201}: 1", "4:1", "at most 200", "version: 1"),
    title("a long text", "x" * 20_001, "at most 20000 characters, got 20001", "x" * 500),
    title("a text longer than its field", "x" * 501, "at most 500 characters", "x" * 500),
    Trap(
        "a second document",
        "kind: Study",
        "---\n---\nkind: Study",
        "3:1",
        "one document",
        "kind: Study",
    ),
    Trap(
        "a directive",
        "kind: Study",
        "%YAML 1.1\n---\nkind: Study",
        "3:1",
        "% directive",
        "kind: Study",
    ),
    Trap("a nested value", "rounds: 8", f"rounds: {'[' * 40}", "19:41", "32 levels", "rounds: 8"),
    Trap(
        "a pair in a list",
        "recipients: [members]",
        "recipients: [members: 1]",
        "35:14",
        "text",
        "recipients: [members]",
    ),
    # folding
    title("a text that folds", "Who is likely\n  to buy", "in quotes", '"Who is likely\n  to buy"'),
    title("a block with its line end", ">\n  Who buys", "after >-", ">-\n  Who buys"),
    title("a block of two lines", "|-\n  Who\n  buys", "on one line", ">-\n  Who\n  buys"),
    title("space at the end", '"Who buys "', "without space at its ends", '"Who buys"'),
    Trap(
        "a list item that runs on",
        "categories: [north, south]",
        "categories: [north\n                                                  , so\n    uth]",
        "18:53",
        "end on its line",
        "categories: [north, south]",
    ),
    # characters of the file
    Trap("a byte-order mark", "# Train", "\ufeff# Train", "1:1", "save it without", "# Train"),
    Trap("a tab", "rounds: 8", "rounds:\t8", "19:10", "write spaces", "rounds: 8"),
    Trap(
        "a carriage return alone", "version: 1", "version: 1\r#", "4:11", "write LF", "version: 1"
    ),
    Trap(
        "a next line of YAML 1.1", "version: 1", "version: 1\x85#", "4:11", "U+0085", "version: 1"
    ),
    Trap("a line separator", "version: 1", "version: 1\u2028#", "4:11", "U+2028", "version: 1"),
    Trap("a text direction", "version: 1", "version: 1 # \u202e1", "4:14", "U+202E", "version: 1"),
    # characters of a text
    title("a zero-width space", "Who\u200b buys", "U+200B", "Who buys", "6:11"),
    title("a zero-width space as escape", '"Who\\u200b buys"', "U+200B", "Who buys"),
    title("a direction as escape", '"Who \\u202e buys"', "U+202E", "Who buys"),
    title("a terminal's escape", '"Who \\e[2K buys"', "U+001B", "Who buys"),
    title("a null character", '"Who\\0"', "U+0000", "Who"),
    title("a soft hyphen", "Who bu\u00adys", "U+00AD", "Who buys", "6:14"),
    title("a tag character", "Who\U000e0041 buys", "U+E0041", "Who buys", "6:11"),
    title("a variation selector", "Who\ufe0f buys", "U+FE0F", "Who buys", "6:11"),
    title("a variation of an ideograph", "\u845b\U000e0100", "U+E0100", "\u845b", "6:9"),
    title("a Hangul filler", "Who\u3164buys", "U+3164", "Who buys", "6:11"),
    title("a private character", "Who \ue000", "U+E000", "Who", "6:12"),
    title("a character of no version", "Who \u0378", "U+0378", "Who", "6:12"),
    title("half a surrogate pair", '"Who \\ud800"', "U+D800", "Who"),
    title("a space that breaks no line", "Who\u00a0buys", "write a space", "Who buys"),
    title("an ideographic space", "\u8c01\u3000\u4e70", "write a space", "\u8c01 \u4e70"),
    title("a letter in parts", "Cafe\u0301", "normal form C", "Caf\u00e9"),
    title("a compatibility ideograph", "\uf900", "normal form C", "\u8c48"),
    title("a full-width letter", "\uff37ho buys", "write `W`", "Who buys"),
    title("a ligature", "\ufb01nal", "write `fi`", "final"),
    title("a Roman number", "Part \u2163", "write `IV`", "Part IV"),
    title("a mathematical letter", "\U0001d416ho", "write `W`", "Who"),
    title("a radical", "\u2f00\u4eba", "write `\u4e00`", "\u4e00\u4eba"),
    title("a Cyrillic letter in a word", "Wh\u043e buys", "Latin and Cyrillic", "Who buys"),
    title("a Greek letter in a word", "Wh\u03bf buys", "Latin and Greek", "Who buys"),
    title("an Armenian letter in a word", "Wh\u0585 buys", "Latin and Armenian", "Who buys"),
    title("a Cherokee letter in a word", "\u13b3ho buys", "Cherokee and Latin", "Who buys"),
    Trap(
        "a category of two scripts",
        "categories: [north, south]",
        "categories: [n\u043erth, south]",
        "17:56",
        "Latin and Cyrillic letters in one word (U+043E)",
        "categories: [north, south]",
    ),
    Trap(
        "an identifier of another script",
        "asset: customers",
        "asset: \u0441ustomers",
        "8:8",
        "expected text that matches",
        "asset: customers",
    ),
    # one document's names beside each other
    Trap(
        "an owner's name in Cyrillic",
        "Anchor Outdoor GmbH",
        "\u041b\u0430nd",
        "17:19",
        "Cyrillic and Latin letters",
        "Land",
        "charter.yaml",
    ),
    Trap(
        "an owner that looks like another",
        "Compass Books SA",
        "Lantern C0ffee Ltd",
        "22:19",
        "looks like `members[0].legal_entity`",
        "Lantern Coffee Ltd",
        "charter.yaml",
    ),
    Trap(
        "a brand that looks like another",
        "brand: compass",
        "brand: 1antern",
        "21:12",
        "expected text that matches",
        "brand: compass",
        "charter.yaml",
    ),
    Trap(
        "a brand that looks like another to the eye",
        "brand: compass",
        "brand: lantem",
        "21:12",
        "looks like `lantern`",
        "brand: compass",
        "charter.yaml",
    ),
    Trap(
        "a register's word of two scripts",
        "model-training: training",
        "model-training: tr\u0430ining",
        "39:21",
        "Latin and Cyrillic",
        "model-training: training",
        "asset.yaml",
    ),
    Trap(
        "a column listed in another case",
        "name: region,",
        "name: Spend_90d,",
        "17:12",
        "whatever its case",
        "name: region,",
        "asset.yaml",
    ),
]
