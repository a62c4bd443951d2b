"""How a load says numbers."""

from __future__ import annotations


def duration(seconds: float | None) -> str:
    """A time with three digits: 0.85 ms, 12.3 ms, 1.25 s, 62.5 s."""
    if seconds is None:
        return "–"
    if seconds < 0.9995:
        return f"{_three(seconds * 1000)} ms"
    return f"{_three(seconds)} s"


def _three(value: float) -> str:
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{digits}f}"


def size(number: int) -> str:
    """Bytes: 412 MB, 28.3 KB."""
    for unit, name in ((2**30, "GB"), (2**20, "MB"), (2**10, "KB")):
        if number >= unit:
            return f"{_three(number / unit)} {name}"
    return f"{number} bytes"


def some(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
