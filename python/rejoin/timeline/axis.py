"""Where each moment lies: short times get room, a long time in which nothing happens is broken off."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

QUIET = 30.0  # seconds; a time without anything in it is not broken off below that
STEPS = (
    *(864000.0, 86400.0, 43200.0, 21600.0, 10800.0, 3600.0, 1800.0, 600.0, 300.0, 60.0, 30.0, 10.0),
    *(5.0, 1.0, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001),
)
"""seconds between ticks; each divides the one before it"""
TICKS_MAX = 1000  # of one step between two coarser ticks; never so many fit
MOMENTS_MAX = 1000  # that get room of their own
EPSILON = 1e-9


@dataclass(frozen=True)
class Break:
    """A quiet time that is left out."""

    start: float
    end: float
    low: float
    """where it begins on the axis"""
    high: float
    """and where it ends"""


@dataclass(frozen=True)
class Axis:
    """Times to places, straight between knots."""

    knots: Sequence[tuple[float, float]]
    """(time, place), both ascending"""
    breaks: Sequence[Break] = ()

    @property
    def length(self) -> float:
        return self.knots[-1][1]

    def place(self, time: float) -> float:
        """Where a time lies; before the first knot at its place, behind the last one at that."""
        i = bisect.bisect_right(self.knots, (time, float("inf")))
        if i == 0:
            return self.knots[0][1]
        before, at = self.knots[i - 1]
        if i == len(self.knots):
            return at
        after, to = self.knots[i]
        return at + (to - at) * (time - before) / (after - before)

    def ticks(self, apart: float) -> list[tuple[float, float]]:
        """Round times and their places, nowhere closer together than `apart`, none in a break."""
        found: list[tuple[float, float]] = []
        start = self.knots[0][0]
        for end, after in [*((b.start, b.end) for b in self.breaks), (self.knots[-1][0], 0.0)]:
            found += self._ticks_between(start, end, apart, [place for _, place in found[-1:]])
            start = after
        return found

    def landings(self) -> list[tuple[float, float]]:
        """The first moment behind each break, and its place; a label for it tells where time goes on."""
        return [self.knots[bisect.bisect(self.knots, (gap.end, gap.high))] for gap in self.breaks]

    def _ticks_between(
        self, start: float, end: float, apart: float, taken: list[float]
    ) -> list[tuple[float, float]]:
        """Between two ticks those of a finer step are taken where all of them fit.

        taken  the place of the last tick before the start, if any
        """
        chosen: list[float] = []
        for step in STEPS:
            bounds = [start, *chosen, end]
            for left, right in zip(bounds, bounds[1:]):
                inner = [t for t in multiples(step, left, right) if t not in chosen]
                places = [self.place(t) for t in inner]
                before = [self.place(left)] if left in chosen else taken
                behind = [self.place(right)] if right in chosen else []
                around = [*before, *places, *behind]
                if inner and all(b - a >= apart for a, b in zip(around, around[1:])):
                    chosen = sorted({*chosen, *inner})
        return [(t, self.place(t)) for t in chosen]


def multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of a step from low to high, both included; none when there are too many."""
    first, last = math.ceil(low / step - EPSILON), math.floor(high / step + EPSILON)
    if last - first > TICKS_MAX:
        return []
    return [round(n * step, 3) for n in range(first, last + 1)]


def quiet_limit(moments: Sequence[float]) -> float:
    """How long nothing may happen before that time is broken off: longer than all shorter gaps together."""
    passed = 0.0
    for gap in sorted(b - a for a, b in zip(moments, moments[1:])):
        if gap > QUIET and gap > passed > 0:
            return gap * (1 - 1e-9)
        passed += gap
    return float("inf")


def lay_out(
    moments: Sequence[float],
    per_second: float,
    room: Callable[[float], float],
    quiet: float,
    torn: float,
) -> Axis:
    """The axis over these moments, ascending, at least one.

    per_second  the length of a second
    room        how much a moment needs at least before the next one
    quiet       a longer gap is broken off
    torn        the length of a break
    """
    at = 0.0
    knots, breaks = [(moments[0], at)], []
    for before, moment in zip(moments, moments[1:]):
        passed, least = moment - before, room(before)
        if passed > quiet:
            lead = min(passed / 4, least / per_second)  # seconds that are drawn on each side
            low, high = at + least, at + least + torn
            knots += [(before + lead, low), (moment - lead, high)]
            breaks.append(Break(before + lead, moment - lead, low, high))
            at = high + lead * per_second
        else:
            at += max(least, passed * per_second)
        knots.append((moment, at))
    return Axis(knots, breaks)


def fit(moments: Sequence[float], length: float, least: float, torn: float) -> Axis:
    """The axis of a given length.

    least  between two moments, or less when there are too many of them
    torn   the length of a break
    """
    moments = _some(moments)
    quiet = quiet_limit(moments)
    gaps = len(moments) - 1
    broken = sum(b - a > quiet for a, b in zip(moments, moments[1:]))
    torn = min(torn, length / 3 / broken) if broken else torn
    least = min(least, (length - broken * torn) / gaps / 2)
    low, high = 1e-9, length / max(1e-9, moments[-1] - moments[0]) * 1e6
    for _ in range(80):  # the scale at which it has this length
        middle = (low * high) ** 0.5
        if lay_out(moments, middle, lambda _: least, quiet, torn).length < length:
            low = middle
        else:
            high = middle
    axis = lay_out(moments, low, lambda _: least, quiet, torn)
    stretch = length / axis.length
    return Axis(
        [(time, place * stretch) for time, place in axis.knots],
        [Break(b.start, b.end, b.low * stretch, b.high * stretch) for b in axis.breaks],
    )


def _some(moments: Sequence[float]) -> list[float]:
    """At least two, and of very many only so many as can be told apart."""
    if not moments:
        return [0.0, 1.0]
    first, last = moments[0], moments[-1]
    if last - first < EPSILON:
        return [first, first + 1.0]
    if len(moments) <= MOMENTS_MAX:
        return list(moments)
    apart = (last - first) / MOMENTS_MAX / 10
    kept = [first]
    for moment in moments:
        if moment - kept[-1] > apart:
            kept.append(moment)
    if kept[-1] != last:
        kept.append(last)
    return kept
