"""For tests: what a client is to be told, in which order and when, and how what it was told differs.

    from rejoin.testing import at, sequence

    assert client.events == sequence(
        at(4.0, "connection_changed", state=State.RECONNECTING),
        at(10.0, "connection_lost"),
        since=heard,
    )

With pytest such an `assert` explains itself; `sequence.explain` says the same anywhere else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Union

from .events import EVENT_FIELDS, Event, check_event_name
from .waiting import Wanted

LATE = 0.020
"""seconds that an event may be late unless told otherwise, as the library promises on an idle machine"""
EPSILON = 1e-6  # seconds; below it two times are the same
LINES_MAX = 60  # of an explanation

When = Union[float, "tuple[float, float]", None]


class at:  # reads as a preposition: at(4.0, "connection_lost")
    """One event that is expected.

    when    seconds after `sequence`'s since: never earlier, and at most its `late` later; (first,
            last): between these two; None: at any time
    name    such as "user_joined"
    fields  what its fields are to be, such as uid=2; fields that are not named may be anything

    ValueError: there is no such event. TypeError: it has no such field.
    """

    def __init__(self, when: When, name: str, **fields: Any) -> None:
        self.when = when
        self.name = name
        self._fields = fields
        self._wanted = Wanted(name, fields)

    def differs(self, event: Event, since: float, late: float) -> str:
        """Why an event of this name is not the one; "" when it is."""
        wrong = [
            f"{field} is {_value(getattr(event, field))}, not {_value(value)}"
            for field, value in self._fields.items()
            if getattr(event, field) != value
        ]
        if self.when is not None:
            wrong += self._time_differs(event.time - since, late)
        return ", ".join(wrong)

    def fits(self, event: Event, since: float, late: float) -> bool:
        """Whether it is this event."""
        return event.name == self.name and not self.differs(event, since, late)

    def _time_differs(self, passed: float, late: float) -> list[str]:
        assert self.when is not None
        first, last = self.when if isinstance(self.when, tuple) else (self.when, self.when + late)
        if passed < first - EPSILON:
            return [f"{(first - passed) * 1000:.3f} ms early"]
        if passed <= last + EPSILON:
            return []
        if isinstance(self.when, tuple):
            return [f"{(passed - last) * 1000:.3f} ms late"]
        return [f"{(passed - first) * 1000:.3f} ms late, at most {late * 1000:g} ms are allowed"]

    def __str__(self) -> str:
        if self.when is None:
            time = "any time"
        elif isinstance(self.when, tuple):
            time = f"{self.when[0]:.3f} to {self.when[1]:.3f} s"
        else:
            time = f"{self.when:.3f} s"
        fields = "".join(f" {name}={_value(value)}" for name, value in self._fields.items())
        return f"{time:>9}  {self.name}{fields}"

    def __repr__(self) -> str:
        fields = "".join(f", {name}={_value(value)}" for name, value in self._fields.items())
        return f"at({self.when}, {self.name!r}{fields})"


class Pair(NamedTuple):
    """An expected event and the one that was told in its place; one of both may be missing."""

    expected: at | None
    told: Event | None
    wrong: str
    """ "" when it is as expected"""


class sequence:  # stands where a list of events would
    """What a client is to be told, to be compared with its `events`: `assert client.events == sequence(…)`.

    expected  events in their order, each an `at`
    since     only events after this moment count, and times count from it (seconds on the clock of
              `Event.time`); None: all events, and times as the clock has them
    late      seconds that an event may be late; never early
    gaps      True: other events may come before, between and behind them
    ignore    names of events that are passed over

    ValueError: an event of that name does not exist, or late is negative. TypeError: what is
    expected is no `at`.
    """

    __hash__ = None  # type: ignore[assignment]  # it equals lists, which have no hash

    def __init__(
        self,
        *expected: at,
        since: float | None = None,
        late: float = LATE,
        gaps: bool = False,
        ignore: Iterable[str] = (),
    ) -> None:
        for one in expected:
            if not isinstance(one, at):
                raise TypeError(f"a sequence is of at(…), not of {one!r}")
        if late < 0:
            raise ValueError(f"late is {late}; it is at least 0")
        self._expected = expected
        self._since = since
        self._late = late
        self._gaps = gaps
        self._ignore = frozenset([ignore] if isinstance(ignore, str) else ignore)
        for name in self._ignore:
            check_event_name(name)

    def __eq__(self, events: object) -> bool:
        if not isinstance(events, (list, tuple)):
            return NotImplemented
        return all(not pair.wrong for pair in self._pairs(events))

    def explain(self, events: Sequence[Event]) -> list[str]:
        """How events differ from what is expected, a line for each event; [] when they do not.

        Lines begin with a blank where it is as expected, with ! where an event is not quite the
        one, - where it did not come, + where it was not expected.
        """
        pairs = self._pairs(events)
        bad = sum(bool(pair.wrong) for pair in pairs)
        if not bad:
            return []
        as_expected = sum(not pair.wrong and pair.expected is not None for pair in pairs)
        times = "" if self._since is None else f"; times count from {self._since:.3f} s"
        head = f"{as_expected} of {len(self._expected)} expected events came as expected{times}"
        return [head, "", *_fewer(self._lines(pairs))]

    def _lines(self, pairs: Sequence[Pair]) -> Iterator[str]:
        for pair in pairs:
            if pair.told is None:
                yield f"- {pair.expected}  <- {pair.wrong}"
            elif pair.expected is None:
                if pair.wrong:
                    yield f"+ {self._told(pair.told)}  <- {pair.wrong}"
            elif pair.wrong:
                yield f"! {self._told(pair.told)}"
                yield f"      expected {str(pair.expected).strip()}  <- {pair.wrong}"
            else:
                yield f"  {self._told(pair.told)}"

    def _told(self, event: Event) -> str:
        fields = "".join(
            f" {name}={_value(getattr(event, name))}"
            for name in EVENT_FIELDS[event.name]
            if name not in ("token", "stats")
        )
        return f"{event.time - (self._since or 0.0):>7.3f} s  {event.name}{fields}"

    def _pairs(self, events: Sequence[Event]) -> list[Pair]:
        told = [
            event
            for event in events
            if event.name not in self._ignore and (self._since is None or event.time > self._since)
        ]
        return self._with_gaps(told) if self._gaps else self._side_by_side(told)

    def _pair(self, expected: at, told: Event) -> Pair:
        return Pair(expected, told, expected.differs(told, self._since or 0.0, self._late))

    def _with_gaps(self, told: Sequence[Event]) -> list[Pair]:
        """Each expected event beside the first that fits behind the one before."""
        pairs: list[Pair] = []
        start = 0
        for one in self._expected:
            since = self._since or 0.0
            found = (i for i in range(start, len(told)) if one.fits(told[i], since, self._late))
            place = next(found, None)
            if place is None:
                named = [event for event in told[start:] if event.name == one.name]
                pairs.append(
                    self._pair(one, named[0]) if named else Pair(one, None, "did not come")
                )
                continue
            pairs += [Pair(None, event, "") for event in told[start:place]]
            pairs.append(Pair(one, told[place], ""))
            start = place + 1
        return pairs

    def _side_by_side(self, told: Sequence[Event]) -> list[Pair]:
        """Events of the same names beside each other, as far as their order allows."""
        pairs: list[Pair] = []
        names = [one.name for one in self._expected], [event.name for event in told]
        matcher = difflib.SequenceMatcher(None, *names, autojunk=False)
        for kind, low, high, first, last in matcher.get_opcodes():
            if kind == "equal":
                pairs += map(self._pair, self._expected[low:high], told[first:last])
            else:
                pairs += [Pair(one, None, "did not come") for one in self._expected[low:high]]
                pairs += [Pair(None, event, "not expected") for event in told[first:last]]
        return pairs

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self._expected))
        return f"sequence({inside})"


def _value(value: object) -> str:
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else repr(value)


def _fewer(lines: Iterable[str]) -> list[str]:
    """What differs, and what lies around it."""
    lines = list(lines)
    if len(lines) <= LINES_MAX:
        return lines
    near = {
        other
        for i, line in enumerate(lines)
        if not line.startswith("  ")
        for other in range(i - 2, i + 3)
    }
    kept: list[str] = []
    for i, line in enumerate(lines):
        if i in near:
            kept.append(line)
        elif kept[-1:] != ["  …"]:
            kept.append("  …")
    if len(kept) > LINES_MAX:
        kept = [*kept[:LINES_MAX], f"  … and {len(kept) - LINES_MAX} more lines"]
    return kept
