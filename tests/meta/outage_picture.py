"""What two members are told from T0 to T7 while one loses its network, out of the library's timers and table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from state_table import Row
from svg import TONES, Picture

# Where the moments are, from left to right; not to scale. Before the cut: O is UID 1's last proof, E is when the edge
# last heard UID 1.
PLACES = {
    "T0": 138,
    "T1": 250,
    "T2": 376,
    "E": 480,
    "O": 522,
    "T3": 556,
    "T4": 670,
    "T5": 800,
    "T6": 940,
    "T7": 1100,
}
WIDE, HIGH = 1240, 560
BAR = 34
STATES_1, STATES_2 = 150, 396  # the tops of the two members' bars


def picture(timers: Mapping[str, float], rows: Sequence[Row]) -> str:
    drawn = Picture("An outage, T0 to T7", WIDE, HIGH)
    row = {line.id: line for line in rows if "4x" not in line.what}  # the last of each id
    give_up, lost = span(timers["give_up"]), span(timers["lost"])
    interrupted, offline = span(timers["interrupted"]), span(timers["offline"])
    stops = {
        "T0": ["UID 1 joins"],
        "T1": ["at most 200 ms", "after T0"],
        "T2": ["at most 100 ms", "after T1"],
        "T3": ["UID 1's", "cable is cut"],
        "T4": [f"O + {interrupted}"],
        "T5": [f"O + {lost}"],
        "T6": [f"E + {offline}"],
        "T7": [f"O + {give_up}"],
    }
    for name, words in stops.items():
        x = PLACES[name]
        drawn.way((x, 92), (x, HIGH - 74), kind="dots", tips="")
        drawn.say(x, 40, name, "big", "middle")
        drawn.say_lines(x, 58, [("soft", line) for line in words], "middle")

    for name, top, bottom in (
        ("O", STATES_1 + 52, STATES_1 + 156),
        ("E", STATES_1 + 52, STATES_2 + 84),
    ):
        drawn.way((PLACES[name], top), (PLACES[name], bottom), kind="dots", tips="")
        drawn.say(PLACES[name], STATES_1 + BAR + 14, name, "big", "middle")

    first = [
        ("T0", row["S-1"]),
        ("T1", row["S-3"]),
        ("T4", row["S-8"]),
        ("T7", row["S-12"]),
    ]
    _member(drawn, "UID 1", STATES_1, "DISCONNECTED", [(name, line.to) for name, line in first])
    told = {
        name: [line.reason.split()[0], *events(line, "did_join_channel", "connection_lost")]
        for name, line in first
    }
    told["T5"] = events(row["S-11"], "connection_lost")
    if events(row["P-9"], "user_offline"):
        told["T6"] = ["user_offline", "UID 2 DROPPED", f"(O + {offline})"]
    _told(drawn, STATES_1, told)
    _span(drawn, STATES_1 + 104, ("O", "T4"), interrupted, ("T3", "T4"))
    _span(drawn, STATES_1 + 130, ("O", "T5"), lost, ("T3", "T4"))
    _span(drawn, STATES_1 + 156, ("O", "T7"), give_up, ("T3", "T4"))

    _member(drawn, "UID 2", STATES_2, "CONNECTED", [])
    _told(
        drawn, STATES_2, {"T2": ["user_joined", "UID 1"], "T6": ["user_offline", "UID 1 DROPPED"]}
    )
    _span(drawn, STATES_2 + 84, ("E", "T6"), offline, ("T3", "T4"))

    x = PLACES["T3"]
    drawn.put(f"<path class='spark' d='M{x + 3} {STATES_1 - 20}l-8 16h7l-5 14 12 -18h-7l6 -12z'/>")
    _torn(drawn, PLACES["T7"] - 30)
    notes = [
        "O is UID 1's last proof that the path works both ways; E is when the edge last heard UID 1. "
        f"Both lie up to a beat ({span(timers['beat'])}) and a round trip before the cut.",
        "Upper case: states, and the reasons that come with them. Lower case: callbacks. Widths are not to scale.",
    ]
    drawn.say_lines(24, HIGH - 36, [("soft", note) for note in notes])
    return drawn.svg()


def span(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def events(row: Row, *names: str) -> list[str]:
    """Those of the callbacks that the row tells."""
    return [name for name in names if f"`{name}`" in row.then]


def _member(
    drawn: Picture, name: str, top: float, state: str, changes: Sequence[tuple[str, str]]
) -> None:
    drawn.say(24, top - 12, name, "big")
    left = 24.0
    for stop, to in [*changes, ("", "")]:
        right = PLACES[stop] if stop else WIDE - 24
        drawn.box(left, top, right - left, BAR, TONES[state])
        drawn.say((left + right) / 2, top + 22, state, f"on-{TONES[state]}", "middle", on=True)
        left, state = right, to


def _told(drawn: Picture, top: float, told: Mapping[str, Sequence[str]]) -> None:
    for name, lines in told.items():
        x, y = PLACES[name], top + BAR
        drawn.put(f"<path class='tip' d='M{x} {y + 3}l-4.5 9h9z'/>")
        drawn.say_lines(x + 8, y + 14, [("", line) for line in lines])


def _span(
    drawn: Picture, y: float, ends: tuple[str, str], text: str, between: tuple[str, str]
) -> None:
    """From one moment to another; the text stands between two where no line is in its way."""
    drawn.way((PLACES[ends[0]], y), (PLACES[ends[1]], y), tips="both")
    x = (PLACES[between[0]] + PLACES[between[1]]) / 2
    drawn.say(x, y - 5, text, "name", "middle")


def _torn(drawn: Picture, x: float) -> None:
    """A strip without time: here most of it is left out."""
    steps = range(0, HIGH - 174, 12)

    def edge(at: float) -> list[str]:
        return [f"{at + (3 if i % 24 else -3):g} {92 + i}" for i in steps]

    left, right = edge(x - 6), edge(x + 6)
    drawn.bar_from_text(x - 9, 92, x + 9, 92 + steps[-1])
    drawn.put(f"<path class='paper' d='M{'L'.join([*left, *reversed(right)])}z'/>")
    drawn.put(f"<path class='way' d='M{'L'.join(left)}M{'L'.join(right)}'/>")
