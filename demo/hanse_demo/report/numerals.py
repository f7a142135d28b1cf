"""Numbers as text: rounded so that the digits shown are the digits known.

Rules: a figure with an interval never shows more places than its interval
justifies; privacy loss is rounded up, never down; sizes are decimal (1 kB is
1,000 bytes); a true minus sign is used.
"""

from __future__ import annotations

import math
from datetime import datetime

from hanse_demo.report.model import Estimate

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def whole(value: float) -> str:
    """Write a number as a whole one with thousands separators."""
    return f"{round(value):,}".replace("-", "−")


def persons(estimate: Estimate) -> str:
    """Write a noised count as `1,234 ± 27`; the half-width is rounded up."""
    return f"{whole(estimate.value)} ± {whole(math.ceil(estimate.half_width - 1e-9))}"


def rate(value: float) -> str:
    """Write a rate or an AUC with three places."""
    return f"{value:.3f}".replace("-", "−")


def rate_interval(estimate: Estimate) -> str:
    """Write a rate as `0.756 (0.742 to 0.770)`."""
    return f"{rate(estimate.value)} ({rate(estimate.low)} to {rate(estimate.high)})"


def percent(value: float) -> str:
    """Write a share as a percentage with one place."""
    return f"{100 * value:.1f} %".replace("-", "−")


def percent_interval(estimate: Estimate) -> str:
    """Write a share as `23.1 % (21.8 to 24.4)`."""
    low, high = (f"{100 * end:.1f}".replace("-", "−") for end in (estimate.low, estimate.high))
    return f"{percent(estimate.value)} ({low} to {high})"


def level(value: float) -> str:
    """Write a confidence level, `95 %`."""
    return f"{100 * value:g} %"


def epsilon(value: float) -> str:
    """Write a privacy loss, rounded up: two places, or two significant digits when small."""
    if not math.isfinite(value):
        return "∞"
    if value <= 0:
        return "0.00"
    places = 2 if value >= 0.1 else 1 - math.floor(math.log10(value))
    scaled = value * 10**places
    return f"{math.ceil(scaled - 1e-6 * max(1.0, scaled)) / 10**places:.{places}f}"


def delta(value: float) -> str:
    """Write a small probability as `1 × 10⁻⁶`."""
    if value <= 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = str(int(exponent)).translate(_SUPERSCRIPT)
    return f"{mantissa.removesuffix('.0')} × 10{power}"


def size(count: int) -> str:
    """Write a number of bytes with three significant digits."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{count:,} B" if unit == "B" else f"{value:#.3g}".rstrip(".") + f" {unit}"
        value /= 1000
    return f"{value:#.3g}".rstrip(".") + " GB"


def overhead(payload_bytes: int, framed_bytes: int) -> str:
    """Write framed over payload bytes, `1.002`; a dash where nothing crossed."""
    return "–" if payload_bytes == 0 else f"{framed_bytes / payload_bytes:.3f}"


def duration(seconds: float) -> str:
    """Write a duration as `2 min 41 s`, `8.4 s` or `840 ms`."""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def instant(moment: datetime) -> str:
    """Write an instant to the minute, with its offset from UTC."""
    offset = moment.strftime("%z")
    zone = "UTC" if offset in ("+0000", "") else f"UTC{offset[:3]}:{offset[3:]}"
    return f"{moment:%Y-%m-%d %H:%M} {zone}"


def plain(value: float) -> str:
    """Write a parameter as its author would: no trailing zeros, no exponent for common sizes."""
    return f"{value:,.6g}".replace("-", "−")


def count_in_words(count: int) -> str:
    """Write a small count as a word, `five`; larger ones in digits."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if 0 <= count < len(words) else whole(count)
