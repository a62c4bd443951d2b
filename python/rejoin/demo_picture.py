"""The demo's picture: both users' lanes from T0 to T7, as the connection-state page draws them."""

from __future__ import annotations

from .demo_story import Take
from .numbers import State
from .timeline import Lane, Stop, Timeline
from .timeline.run import Window, member_lane

STOPS = {
    "T0": "join",
    "T1": "joined",
    "T2": "UID 2 is told",
    "T3": "uplink cut",
    "T4": "interrupted",
    "T5": "connection lost",
    "T6": "UID 1 offline",
    "T7": "gave up",
}
TAIL = 2.0  # seconds that are drawn after the last moment
LEAD = 0.6  # and before the first


def picture(takes: list[Take]) -> Timeline:
    """From T0 to T6 the first take; T7 and what follows from the last one. 0 is the cut, T3."""
    first, last = takes[0], takes[-1]
    stops = [
        Stop(_since_cut(take, take.moments[name]), name, text)
        for name, text in STOPS.items()
        for take in [last if name == "T7" else first]
        if name in take.moments
    ]
    start = min(stop.time for stop in stops) - LEAD
    end = max(stop.time for stop in stops) + TAIL
    lanes = [_lane(first, last, uid, start, end) for uid in (1, 2)]
    return Timeline("Two members of a channel, and a cut cable", lanes, stops, _notes(takes))


def _notes(takes: list[Take]) -> list[str]:
    if len(takes) == 1:
        return [f"Times since the cut, {takes[0].name}."]
    return [
        f"Times since the cut: T0 to T6 as seen {takes[0].name} on one machine, T7 {takes[1].name}."
    ]


def _since_cut(take: Take, time: float) -> float:
    """To the millisecond, so that what belongs together is drawn together."""
    return round(time - take.moments["T3"], 3)


def _lane(first: Take, last: Take, uid: int, start: float, end: float) -> Lane:
    events, deeds = [], []
    for take, since, until in ((first, "T0", "T6"), (last, "T7", "T7")):
        if since in take.moments and until in take.moments:
            low, high = take.moments[since], take.moments[until]
            events += [
                event._replace(time=_since_cut(take, event.time))
                for event in take.events.get(uid, [])
                if low <= event.time <= high
            ]
            deeds += [
                deed._replace(time=_since_cut(take, deed.time))
                for deed in take.deeds.get(uid, [])
                if deed.is_fault and low <= deed.time < high
            ]
    state = State.DISCONNECTED if uid == 1 else State.CONNECTED
    return member_lane(f"UID {uid}", events, deeds, start, Window(start, end), state)
