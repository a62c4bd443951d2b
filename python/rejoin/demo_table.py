"""The demo's table: what the connection-state page promises, row by row, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from .demo_story import Take

EPSILON = 1e-6  # seconds; below it two times are the same


@dataclass(frozen=True)
class Row:
    """One promise."""

    moment: str
    text: str
    since: str
    """what its time counts from, in words"""
    origin: Callable[[Take], float]
    """and as a time"""
    promised: float
    """seconds"""
    exact: bool = True
    """else the promise is an upper bound"""

    def says(self) -> str:
        if self.exact:
            return f"{self.promised:g} s after {self.since}"
        return f"<= {self.promised * 1000:g} ms after {self.since}"


@dataclass(frozen=True)
class Seen:
    """What one take says about a row."""

    text: str
    ok: bool


ROWS = [
    Row(
        "T0",
        "UID 1 calls join: CONNECTING",
        "the call",
        lambda take: take.called,
        0.050,
        exact=False,
    ),
    Row("T1", "UID 1 joined: CONNECTED", "T0", lambda take: take.moments["T0"], 0.200, exact=False),
    Row("T2", "UID 2: user_joined(1)", "T1", lambda take: take.moments["T1"], 0.100, exact=False),
    Row("T3", "UID 1's uplink is cut", "O", lambda take: take.origin, 0.100, exact=False),
    Row("T4", "UID 1: RECONNECTING", "O", lambda take: take.origin, 4.0),
    Row("T5", "UID 1: connection_lost", "O", lambda take: take.origin, 10.0),
    Row(
        "T6",
        "UID 2: user_offline(1)",
        "the edge heard UID 1",
        lambda take: take.heard + take.peer_delay,
        20.0,
    ),
    Row("T7", "UID 1: FAILED", "O", lambda take: take.origin, 1200.0),
    Row(
        "rejoined",
        "healed: did_rejoin_channel",
        "the heal",
        lambda take: take.moments["healed"],
        13.2,
        exact=False,
    ),
    Row(
        "again",
        "left, joined again: CONNECTED",
        "that join",
        lambda take: take.moments["left"],
        0.200,
        exact=False,
    ),
]

NOTES = [
    "O is the last proof that UID 1 had before the cut: everything about an outage counts from it.",
    "T6 counts from when the edge last heard UID 1; simulated, less the 10 ms that its link takes to tell UID 2.",
]


def seen(row: Row, take: Take) -> Seen:
    """How a take keeps a promise: an exact one never early, and told at most `take.late` late."""
    if row.moment not in take.expected:
        return Seen("-", True)
    if row.moment not in take.moments:
        return Seen("did not come", False)
    passed = take.moments[row.moment] - row.origin(take)
    if not row.exact:
        return Seen(f"{passed * 1000:.1f} ms", passed <= row.promised + EPSILON)
    late = passed - row.promised
    told = take.told.get(row.moment, take.moments[row.moment]) - row.origin(take) - row.promised
    if told > take.late + EPSILON >= late:
        return Seen(f"{passed:.3f} s  told {told * 1000:+.1f} ms", False)
    return Seen(f"{passed:.3f} s  {late * 1000:+.1f} ms", -EPSILON <= late <= take.late + EPSILON)


def holds(takes: list[Take]) -> bool:
    """Whether every row holds in every take."""
    return all(seen(row, take).ok for row in ROWS for take in takes)


def table(takes: list[Take]) -> str:
    """The table as text; a row that does not hold says so."""
    lines = [("", "the page promises", "", *(take.name for take in takes), "")]
    for row in ROWS:
        if any(row.moment in take.expected for take in takes):
            cells = [seen(row, take) for take in takes]
            verdict = "" if all(cell.ok for cell in cells) else "<- not as promised"
            name = row.moment if row.moment.startswith("T") else ""
            lines.append((name, row.text, row.says(), *(cell.text for cell in cells), verdict))
    widths = [max(map(len, column)) for column in zip(*lines)]
    rows = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    ]
    rows.insert(1, "  ".join("-" * width for width in widths[:-1]))
    allowed = ", ".join(f"{take.name}: {take.late * 1000:g} ms" for take in takes)
    return "\n".join([*rows, "", f"Never early; late by at most: {allowed}.", *NOTES])
