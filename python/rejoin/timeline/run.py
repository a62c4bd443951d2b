"""The timeline of a run: its clients' events and what was done to them, as lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..edge import EdgeBase
from ..events import Event
from ..member import Member
from ..numbers import State
from ..record import Deed, Record
from ..simulation import TICK, Simulation
from .model import Bar, Lane, Mark, Span, Stop, Timeline
from .words import KINDS, TONES, detail

if TYPE_CHECKING:
    from .model import Run

END = float("inf")


@dataclass(frozen=True)
class Window:
    """What part of a run is drawn, in seconds on its clock."""

    start: float
    end: float

    def has(self, time: float) -> bool:
        return self.start <= time <= self.end


def timeline_of(
    run: Run,
    title: str | None,
    since: float | None,
    until: float | None,
    zero: float | None,
    stops: Sequence[Stop],
) -> Timeline:
    """As `Timeline.of`."""
    simulation = run if isinstance(run, Simulation) else None
    things = _things(run)
    if not things:
        raise ValueError("nobody takes part: there is no client and no edge to draw")
    members = [thing for thing in things if isinstance(thing, Member)]
    events = {id(member): member._all_events() for member in members}
    start = min(thing._record.began for thing in things)
    if simulation is not None:
        start = min(start, 0.0)
    start = start if since is None else since
    window = Window(start, max(_end(things, events), start + TICK) if until is None else until)
    if window.end < window.start:
        raise ValueError(f"until is {window.end}, which lies before since, {window.start}")

    lanes = [
        edge_lane(name, edge._record.deeds(), edge._record.began, window)
        for edge, name in _edge_names([thing for thing in things if isinstance(thing, EdgeBase)])
    ]
    for member, name in _member_names(members, events):
        deeds, began = member._record.deeds(), member._record.began
        lanes.append(member_lane(name, events[id(member)], deeds, began, window))
    records = [thing._record for thing in things]
    if simulation is not None and simulation._record.deeds():
        records.append(simulation._record)
        lanes.insert(0, edge_lane("simulation", simulation._record.deeds(), END, window))

    if zero is None:
        zero = 0.0 if simulation is not None else window.start
    if title is None:
        title = "A run" if simulation is None else f"Simulation, seed {simulation.seed}"
    shown = [stop for stop in stops if window.has(stop.time)]
    return Timeline(
        title,
        [shifted(lane, -zero) for lane in lanes],
        [replace(stop, time=stop.time - zero) for stop in shown],
        _notes(records),
    )


def member_lane(
    title: str,
    events: Iterable[Event],
    deeds: Iterable[Deed],
    began: float,
    window: Window,
    state: State = State.DISCONNECTED,
) -> Lane:
    """A client's lane; times as the events have them.

    began  when it was made, or when its lane begins
    state  in which it was then, where no event tells
    """
    events, deeds = list(events), list(deeds)
    first = next((event.old_state for event in events if event.old_state is not None), state)
    closed = next((deed.time for deed in deeds if deed.what == "close"), END)
    changes = [(began, first)]
    marks = _deed_marks(deeds, window)
    for event in events:
        if event.name == "connection_changed" and event.state is not None:
            changes.append((max(event.time, began), event.state))
        if window.has(event.time):
            kind = KINDS.get(event.name, "other")
            into = event.state.name if event.state is not None else ""
            marks.append(Mark(event.time, event.name, detail(event), kind, into))
    return Lane(
        title,
        _bars([(time, at.name, TONES.get(at, "idle")) for time, at in changes], closed, window),
        sorted(marks, key=lambda mark: mark.time),
        _spans(deeds, window),
    )


def edge_lane(title: str, deeds: Iterable[Deed], began: float, window: Window) -> Lane:
    """An edge's lane. began: when it was made; END: it is none, and has no bar."""
    deeds = list(deeds)
    changes = [(began, "UP", "good")] if began < END else []
    closed = END
    for deed in deeds:
        if deed.what == "edge.crash":
            changes.append((deed.time, "DOWN", "bad"))
        elif deed.what == "edge.restart":
            changes.append((deed.time, "UP", "good"))
        elif deed.what == "close":
            closed = deed.time
    return Lane(
        title, _bars(changes, closed, window), _deed_marks(deeds, window), _spans(deeds, window)
    )


def shifted(lane: Lane, by: float) -> Lane:
    """The same lane some seconds later, to the microsecond, so that what belongs together stays together."""

    def at(time: float) -> float:
        return round(time + by, 6)

    return Lane(
        lane.title,
        [replace(bar, start=at(bar.start), end=at(bar.end)) for bar in lane.bars],
        [replace(mark, time=at(mark.time)) for mark in lane.marks],
        [replace(span, start=at(span.start), end=at(span.end)) for span in lane.spans],
    )


def _things(run: Run) -> list[Member | EdgeBase]:
    given: Iterable[object]
    if isinstance(run, Simulation):
        given = run._things
    elif isinstance(run, (Member, EdgeBase)):
        given = [run]
    else:
        given = run
    things: list[Member | EdgeBase] = []
    for thing in given:
        if not isinstance(thing, (Member, EdgeBase)):
            raise TypeError(f"a timeline is of clients and edges, not of {thing!r}")
        things.append(thing)
    return things


def _end(things: Sequence[Member | EdgeBase], events: dict[int, list[Event]]) -> float:
    """Now, where something still lives, else when the last thing happened."""
    times = [deed.time for thing in things for deed in thing._record.deeds()]
    times += [told[-1].time for told in events.values() if told]
    times += [thing._record.began for thing in things]
    times += [thing._runtime.now for thing in things if not thing._runtime._is_closed()]
    return max(times)


def _edge_names(edges: Sequence[EdgeBase]) -> list[tuple[EdgeBase, str]]:
    if len(edges) == 1:
        return [(edges[0], "edge")]
    return [(edge, f"edge {number}") for number, edge in enumerate(edges, 1)]


def _member_names(
    members: Sequence[Member], events: dict[int, list[Event]]
) -> list[tuple[Member, str]]:
    """The uid that each had last; where that names several, also the channel, or else a number."""
    uids: list[str] = []
    channels: list[str] = []
    for member in members:
        joins = [event for event in events[id(member)] if event.name == "did_join_channel"]
        uid = (joins[-1].uid if joins else 0) or member.uid
        called = [deed.detail for deed in member._record.deeds() if deed.what == "join"]
        uids.append(f"UID {uid}" if uid else "UID ?")
        channels.append((joins[-1].channel if joins else None) or (called or [""])[-1])
    several = len(set(channels) - {""}) > 1
    names = [
        f"{uid} in {channel}" if several and channel else uid
        for uid, channel in zip(uids, channels)
    ]
    found = []
    for number, (member, name) in enumerate(zip(members, names)):
        earlier = names[:number].count(name)
        found.append((member, f"{name} #{earlier + 1}" if names.count(name) > 1 else name))
    return found


def _bars(changes: Sequence[tuple[float, str, str]], closed: float, window: Window) -> list[Bar]:
    """From each change to the next, the last one until it was closed, as far as the window shows them."""
    bars = []
    last = min(closed, window.end)
    ends = [*(time for time, _, _ in changes[1:]), last]
    for (time, label, tone), end in zip(changes, ends):
        low, high = max(time, window.start), min(end, last)
        if low < high:
            bars.append(Bar(low, high, label, tone))
    return bars


def _deed_marks(deeds: Iterable[Deed], window: Window) -> list[Mark]:
    return [
        Mark(deed.time, deed.what, deed.detail, "fault" if deed.is_fault else "call")
        for deed in deeds
        if window.has(deed.time)
    ]


def _spans(deeds: Iterable[Deed], window: Window) -> list[Span]:
    """The times in which a condition was not as it should be; alike ones of one time are told as one."""
    open_since: dict[str, tuple[float, str, float]] = {}  # by what it is about
    spans: list[tuple[float, float, str, str]] = []

    def end(about: str, time: float) -> None:
        if about in open_since:
            start, text, until = open_since.pop(about)
            spans.append((start, min(time, until), text, about))

    for deed in deeds:
        for about, text in deed.conditions.items():
            same = about in open_since and open_since[about][1] == text and deed.lasts is None
            if not same or open_since[about][2] < END:
                end(about, deed.time)
                if text:
                    until = END if deed.lasts is None else deed.time + deed.lasts
                    open_since[about] = (deed.time, text, until)
        if deed.what == "close":
            for about in list(open_since):
                end(about, deed.time)
    for about in list(open_since):
        end(about, END)

    named: dict[tuple[float, float, str], list[str]] = {}
    for start, stop, text, about in spans:
        low, high = max(start, window.start), min(stop, window.end)
        if low < high:
            named.setdefault((low, high, text), []).append(about)
    return [
        Span(low, high, _span_label(abouts, text))
        for (low, high, text), abouts in sorted(named.items())
    ]


def _span_label(abouts: Sequence[str], text: str) -> str:
    """Such as "uplink cut", "link loss 30 %" and, of an edge, "down"."""
    sides = [about for about in abouts if about in ("up", "down")]
    if not sides:
        return text
    return f"{'link' if len(sides) == 2 else sides[0] + 'link'} {text}"


def _notes(records: Iterable[Record]) -> list[str]:
    forgotten = sum(record.forgotten for record in records)
    if forgotten:
        return [f"{forgotten:,} of the oldest calls and faults are not kept."]
    return []
