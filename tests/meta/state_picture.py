"""The states of a client and all ways between them, out of the library's table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from state_table import Row
from svg import LINE, TONES, Picture, wrapped

WIDE, HIGH = 164, 52  # of a state
# Where the states are. Everything else follows from the table; what it has no room for raises in Picture.svg.
PLACES = {
    "DISCONNECTED": (240, 90),
    "CONNECTING": (240, 330),
    "CONNECTED": (600, 330),
    "RECONNECTING": (1044, 330),
    "FAILED": (600, 690),
}
NUMBERS = {name: number for number, name in enumerate(PLACES, 1)}
MEANING = {
    "DISCONNECTED": "not in a channel",
    "CONNECTING": "no answer yet",
    "CONNECTED": "in the channel",
    "RECONNECTING": "rejoining by itself",
    "FAILED": "leave, then join again",
}
DIALECT = re.compile(r" \((3x|4x)\)$")

Label = list[list[tuple[str, str]]]
"""entries of lines, each line a kind and its text"""
GAP = 5  # between two entries


def picture(rows: Sequence[Row]) -> str:
    drawn = Picture("The states of a client", 1190, 800)
    moves = sorted({(source, row.to) for row in rows for source in row.sources if row.moves})
    for source, to in moves:
        WAYS[source, to](drawn, rows)  # KeyError: a way that is not drawn yet
    _lost(drawn, rows)
    for name, (x, y) in PLACES.items():
        drawn.box(x - WIDE / 2, y - HIGH / 2, WIDE, HIGH, TONES[name], 8)
        on = f"on-{TONES[name]}"
        drawn.say(x, y - 4, f"{NUMBERS[name]} {name}", f"big {on}", "middle", on=True)
        drawn.say(x, y + 14, MEANING[name], on, "middle", on=True)
    notes = [
        "O is the last proof that the path works both ways: the acknowledgement of something that the client sent.",
        "3x and 4x are the two dialects; where none is named it is the same in both.",
    ]
    say(drawn, 24, 772, [[("soft", note)] for note in notes], gap=0)
    return drawn.svg()


def _label(rows: Sequence[Row], source: str, to: str, limit: float) -> Label:
    """What happens, and under it the reason that the app is told; those of one reason together."""
    causes: dict[str, list[str]] = {}  # the reasons by what happens
    for row in rows:
        if source in row.sources and row.to == to:
            dialect = DIALECT.search(row.what)
            what = DIALECT.sub("", row.what).replace("`", "")
            causes.setdefault(what, []).append(
                f"{dialect[1]}: {row.reason}" if dialect else row.reason
            )
    for told in causes.values():
        if len(told) == 1 and told[0].startswith("4x: "):
            told[:] = [told[0][4:], "only in 4x"]
    together: dict[tuple[str, ...], list[str]] = {}
    for what, told in causes.items():
        together.setdefault(tuple(told), []).append(what)
    label: Label = []
    for reasons, whats in together.items():
        lines = []
        for number, what in enumerate(whats):
            lines += [("", line) for line in wrapped(("or " if number else "") + what, limit)]
        for reason in reasons:
            given = {"the edge's": "the reason that it gives"}.get(reason, reason)
            lines.append(("name" if "(" in given else "soft", given))
        label.append(lines)
    return label


def height(label: Label) -> float:
    return sum(len(lines) for lines in label) * LINE + (len(label) - 1) * GAP


def say(
    drawn: Picture, x: float, y: float, label: Label, anchor: str = "start", gap: float = GAP
) -> None:
    """y is the base of the first line."""
    for lines in label:
        y = drawn.say_lines(x, y, lines, anchor) + gap


def _edge(name: str, side: str, shift: float = 0) -> tuple[float, float]:
    """A point on a state's edge."""
    x, y = PLACES[name]
    return {
        "left": (x - WIDE / 2, y + shift),
        "right": (x + WIDE / 2, y + shift),
        "top": (x + shift, y - HIGH / 2),
        "bottom": (x + shift, y + HIGH / 2),
    }[side]


def _join(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("DISCONNECTED", "bottom", -40), _edge("CONNECTING", "top", -40))
    x, _ = _edge("CONNECTING", "top", -40)
    say(drawn, x - 10, 200, _label(rows, "DISCONNECTED", "CONNECTING", 140), "end")


def _stop_joining(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("CONNECTING", "top", 40), _edge("DISCONNECTED", "bottom", 40))
    x, _ = _edge("CONNECTING", "top", 40)
    say(drawn, x + 10, 200, _label(rows, "CONNECTING", "DISCONNECTED", 160))


def _leave(drawn: Picture, rows: Sequence[Row]) -> None:
    rail = PLACES["DISCONNECTED"][1]
    drawn.way(_edge("CONNECTED", "top"), (PLACES["CONNECTED"][0], rail), tips="")
    say(drawn, 340, rail - 26, _label(rows, "CONNECTED", "DISCONNECTED", 240))


def _leave_reconnecting(drawn: Picture, rows: Sequence[Row]) -> None:
    rail = PLACES["DISCONNECTED"][1]
    drawn.way(
        _edge("RECONNECTING", "top"),
        (PLACES["RECONNECTING"][0], rail),
        _edge("DISCONNECTED", "right"),
    )
    same = _label(rows, "CONNECTED", "DISCONNECTED", 240)
    if _label(rows, "RECONNECTING", "DISCONNECTED", 240) != same:
        raise ValueError("leaving in RECONNECTING differs from leaving in CONNECTED; draw it")


def _leave_failed(drawn: Picture, rows: Sequence[Row]) -> None:
    bottom = PLACES["FAILED"][1] + 52
    left = 24
    drawn.way(
        _edge("FAILED", "bottom"),
        (PLACES["FAILED"][0], bottom),
        (left, bottom),
        (left, PLACES["DISCONNECTED"][1]),
        _edge("DISCONNECTED", "left"),
    )
    label = _label(rows, "FAILED", "DISCONNECTED", 300)
    say(drawn, left + 12, bottom - 8 + LINE - height(label), label)


def _accepted(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("CONNECTING", "right"), _edge("CONNECTED", "left"))
    say(drawn, 332, 304, _label(rows, "CONNECTING", "CONNECTED", 180))


def _broken(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("CONNECTED", "right", -10), _edge("RECONNECTING", "left", -10))
    label = _label(rows, "CONNECTED", "RECONNECTING", 296)
    say(drawn, 692, 310 + LINE - height(label), label)


def _back(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("RECONNECTING", "left", 10), _edge("CONNECTED", "right", 10))
    say(drawn, 692, 358, _label(rows, "RECONNECTING", "CONNECTED", 296))


def _refused(drawn: Picture, rows: Sequence[Row]) -> None:
    x, y = _edge("CONNECTING", "bottom", 40)
    drawn.way((x, y), (x, PLACES["FAILED"][1] - 14), _edge("FAILED", "left", -14))
    say(drawn, x + 12, 420, _label(rows, "CONNECTING", "FAILED", 280))


def _revived(drawn: Picture, rows: Sequence[Row]) -> None:
    x, y = _edge("CONNECTING", "bottom", -40)
    drawn.way(_edge("FAILED", "left", 14), (x, PLACES["FAILED"][1] + 14), (x, y))
    say(drawn, x - 10, 480, _label(rows, "FAILED", "CONNECTING", 140), "end")


def _removed(drawn: Picture, rows: Sequence[Row]) -> None:
    drawn.way(_edge("CONNECTED", "bottom"), _edge("FAILED", "top"))
    say(drawn, PLACES["CONNECTED"][0] + 14, 470, _label(rows, "CONNECTED", "FAILED", 220))


def _given_up(drawn: Picture, rows: Sequence[Row]) -> None:
    x, y = _edge("RECONNECTING", "bottom")
    drawn.way((x, y), (x, PLACES["FAILED"][1]), _edge("FAILED", "right"))
    label = _label(rows, "RECONNECTING", "FAILED", 224)
    say(drawn, x - 12, PLACES["FAILED"][1] - 12 + LINE - height(label), label, "end")


def _lost(drawn: Picture, rows: Sequence[Row]) -> None:
    """The one reason that changes within a state (R-2)."""
    (x, y), (lost,) = _edge("RECONNECTING", "right"), [row for row in rows if row.renames]
    drawn.way((x, y - 14), (x + 26, y - 14), (x + 26, y + 14), (x, y + 14))
    say(drawn, x - 60, y + 46, [[("", lost.what), ("name", lost.reason)]])


WAYS = {
    ("DISCONNECTED", "CONNECTING"): _join,
    ("CONNECTING", "DISCONNECTED"): _stop_joining,
    ("CONNECTED", "DISCONNECTED"): _leave,
    ("RECONNECTING", "DISCONNECTED"): _leave_reconnecting,
    ("FAILED", "DISCONNECTED"): _leave_failed,
    ("CONNECTING", "CONNECTED"): _accepted,
    ("CONNECTED", "RECONNECTING"): _broken,
    ("RECONNECTING", "CONNECTED"): _back,
    ("CONNECTING", "FAILED"): _refused,
    ("FAILED", "CONNECTING"): _revived,
    ("CONNECTED", "FAILED"): _removed,
    ("RECONNECTING", "FAILED"): _given_up,
}
