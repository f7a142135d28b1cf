"""Names that a reader cannot tell apart: letters of other scripts that look like ASCII.

Rules: the table holds single letters of the Greek, Cyrillic and Armenian scripts
and of Latin beyond ASCII whose shape is that of ASCII letters or digits, and the
ASCII characters that look like each other (`0` and `O`, `1`, `I`, `l` and `|`,
`m` and `rn`). Not covered: letters that only resemble each other with an accent,
Cherokee, Coptic, Lisu and other rarer scripts, Han and Kana strokes, pairs within
one script other than ASCII. `visible_text` refuses the compatibility letters
(full-width, mathematical) of the same source, and words of two scripts.

Source: Unicode UTS 39 (Security Mechanisms) 14.0.0, section 4 and
confusables.txt, of which the table is a part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence

_GREEK = (
    "ͿΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυϜϳϺᴦ",
    "JABEZHlKMNOPTYXayivopouFjMr",
)
_CYRILLIC = (
    "ЅІЈАВЕЗКМНОРСТУХЬабгеорсухѕіјѡѴѵҮүһҽӀӏӠԁԌԛԜԝꙄꙇ",
    "SlJABE3KMHOPCTYXba6reopcyxsijwVvYyheli3dGqWw2i",
)
_ARMENIAN = (
    "ՍՏՕագզհոռսցքօ",
    "USOwqqhnnugfo",
)
_LATIN = (
    "ıƄƍƖƦƧƷƼƽǀȜȢȣɑɡɣɩɪɯʋʏᴄᴏᴑᴜᴠᴡᴢᶃᶌẝỿꜱꝚꝪꝮꞘꞙꞟꞫꞲꞳꞴꬲꬵꬽꭇꭈꭎꭒꭚ",
    "ibglR235sl388agyiiwuycoouvwzgyfys239Ffu3JXBeforruuy",
)
_ASCII = ("01I|", "Olll")
_SEVERAL: Mapping[str, str] = {
    "m": "rn", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ǁ": "ll", "ʣ": "dz", "ʦ": "ts",
    "ʪ": "ls", "ʫ": "lz", "Ы": "bl", "Ю": "lO", "Ӕ": "AE", "ӕ": "ae", "ᵫ": "ue", "Ꚙ": "OO",
    "ꚙ": "oo", "Ꜩ": "T3", "Ꜳ": "AA", "ꜳ": "aa", "Ꜵ": "AO", "ꜵ": "ao", "Ꜷ": "AU", "ꜷ": "au",
    "Ꜹ": "AV", "ꜹ": "av", "Ꜻ": "AV", "ꜻ": "av", "Ꜽ": "AY", "ꜽ": "ay", "Ꝏ": "OO", "ꝏ": "oo",
    "ꝷ": "tf", "ꭣ": "uo",
}  # fmt: skip

_SHAPES = str.maketrans(
    {
        sign: shape
        for signs, shapes in (_GREEK, _CYRILLIC, _ARMENIAN, _LATIN, _ASCII)
        for sign, shape in zip(signs, shapes, strict=True)
    }
    | dict(_SEVERAL)
)


def skeleton(text: str) -> str:
    """Write a text in the shapes that a reader sees.

    Returns:
        Text to compare with another skeleton, never to show: two texts with one
        skeleton look alike.

    Source: UTS 39, section 4, with spacing and width folded (UAX 15, NFKC).
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    shaped = unicodedata.normalize("NFD", plain).translate(_SHAPES)
    return unicodedata.normalize("NFD", shaped)


def shapes_of(name: str) -> frozenset[str]:
    """List what a name looks like as written and in any case; two that share one look alike."""
    return frozenset({skeleton(skeleton(name).casefold()), skeleton(name.casefold())})


def look_alike(names: Sequence[str], same: Callable[[str], str]) -> tuple[int, int] | None:
    """Find the first name that looks like an earlier, different one.

    Args:
        names: What stands beside each other in one document.
        same: Writes a name so that two ways to write one name are equal.

    Returns:
        The indices of the earlier and of the later name; None if all can be told apart.
    """
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        for shape in shapes_of(name):
            first = seen.setdefault(shape, index)
            if same(names[first]) != same(name):
                return first, index
    return None
