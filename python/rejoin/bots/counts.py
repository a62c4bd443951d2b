"""What a load counts: in which state how many bots are, how long joins took, what happened how often."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from ..events import Event
from ..numbers import State

PHASES = ("connected", "connecting", "reconnecting", "failed", "disconnected")
"""what a bot that runs may be in, by the state of its client"""
PHASE_OF = {
    State.CONNECTED: "connected",
    State.CONNECTING: "connecting",
    State.RECONNECTING: "reconnecting",
    State.FAILED: "failed",
    State.DISCONNECTED: "disconnected",
}
PER_DECADE = 100  # buckets of a distribution: each 2.3 % wide
SAMPLES_MAX = 1200  # then every other one is forgotten, and they come half as often


class Distribution:
    """How long something took: any number of times, to 1.2 %, in little room."""

    def __init__(self) -> None:
        self.count = 0
        self.least = math.inf
        self.most = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        seconds = max(seconds, 1e-6)
        self.count += 1
        self.least = min(self.least, seconds)
        self.most = max(self.most, seconds)
        self._buckets[math.floor(math.log10(seconds) * PER_DECADE)] += 1

    def percentile(self, share: float) -> float | None:
        """The time that this share of them did not exceed; None: there was none.

        share  0 to 1
        """
        wanted = max(1, math.ceil(self.count * share))
        passed = 0
        for bucket, count in sorted(self._buckets.items()):
            passed += count
            if passed >= wanted:
                middle: float = 10.0 ** ((bucket + 0.5) / PER_DECADE)
                return min(max(middle, self.least), self.most)
        return None

    def buckets(self, per_decade: int) -> list[tuple[float, float, int]]:
        """(from, to, how many), ascending, without gaps; `per_decade` divides PER_DECADE."""
        width = PER_DECADE // per_decade
        coarse: Counter[int] = Counter()
        for bucket, count in self._buckets.items():
            coarse[bucket // width] += count
        if not coarse:
            return []
        return [
            (10.0 ** (b / per_decade), 10.0 ** ((b + 1) / per_decade), coarse[b])
            for b in range(min(coarse), max(coarse) + 1)
        ]


class Sample(NamedTuple):
    """How it was at one moment."""

    time: float
    """seconds since the load began"""
    started: int
    ended: int
    phases: tuple[int, ...]
    """how many are in each of PHASES"""
    joins: int
    """so far"""
    events: int
    """so far"""


class Failure(NamedTuple):
    """What scripts raised in one place."""

    what: str
    """such as "ValueError: no such thing" of the first"""
    where: str
    """FILE:LINE"""
    bots: int
    bot: int
    """the number of the first"""
    traceback: str
    """of the first; "" where others were kept instead"""


class Tally:
    """The counts of one load."""

    TRACEBACKS = 5  # of so many places the first traceback is kept
    PLACES = 1000  # beyond: counted as one

    def __init__(self) -> None:
        self.phases: dict[str, int] = dict.fromkeys(PHASES, 0)
        self.started = 0
        self.ended = 0  # by themselves
        self.refused = 0
        self.raised = 0
        self.joined_once = 0  # bots that have been in their channel
        self.all_joined_at: float | None = None
        self.events: Counter[str] = Counter()
        self.event_count = 0
        self.failed: Counter[str] = Counter()  # by the reason's name
        self.interrupted: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.joins = Distribution()
        self.rejoins = Distribution()
        self.failures: dict[tuple[str, str], Failure] = {}
        self.samples: list[Sample] = []
        self.sample_every = 0.1

    @property
    def gone(self) -> int:
        """Bots that do not run any more."""
        return self.ended + self.refused + self.raised

    def phase(self, old: str | None, new: str | None) -> None:
        """A bot went from one phase to another; None: it did not run yet, or does not any more."""
        if old is not None:
            self.phases[old] -= 1
        if new is not None:
            self.phases[new] += 1

    def heard(self, events: list[Event]) -> None:
        """Events came."""
        self.event_count += len(events)
        for event in events:
            self.events[event.name] += 1
            if event.state is State.RECONNECTING and event.old_state is State.CONNECTED:
                self.interrupted[_reason(event)] += 1
            elif event.state is State.FAILED:
                self.failed[_reason(event)] += 1

    def failure(self, what: str, where: str, bot: int, trace: str) -> None:
        """A script raised."""
        key = (what.partition(":")[0], where)
        if key not in self.failures and len(self.failures) >= self.PLACES:
            key = ("others", "")
        known = self.failures.get(key)
        if known is not None:
            self.failures[key] = known._replace(bots=known.bots + 1)
        else:
            kept = trace if len(self.failures) < self.TRACEBACKS else ""
            self.failures[key] = Failure(what, where, 1, bot, kept)

    def sample(self, time: float) -> Sample:
        """How it is now; kept, unless the last one is so young that there would be too many."""
        now = Sample(
            time,
            self.started,
            self.gone,
            tuple(self.phases.values()),
            self.joins.count,
            self.event_count,
        )
        if not self.samples or time - self.samples[-1].time >= self.sample_every * 0.9:
            self.samples.append(now)
            if len(self.samples) > SAMPLES_MAX:
                del self.samples[1::2]
                self.sample_every *= 2
        return now


def _reason(event: Event) -> str:
    return "" if event.reason is None else event.reason.name
