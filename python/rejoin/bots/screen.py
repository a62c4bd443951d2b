"""What a load shows while it runs: a small table that is drawn anew on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .counts import PHASES, Sample, Tally
from .plan import Plan
from .words import duration
from .world import Look

DRAW_EVERY = 0.2  # seconds of real time
LINE_EVERY = 5.0
BAR = 40  # columns
EIGHTHS = " ▏▎▍▌▋▊▉█"
COLOURS = {  # of a terminal, beside the words and numbers that say the same
    "connected": "34",
    "connecting": "36",
    "reconnecting": "33",
    "failed": "31",
    "disconnected": "90",
}


class NoScreen:
    """Shows nothing."""

    def show(self, plan: Plan, tally: Tally, now: Sample, look: Look | None) -> None:
        """How it is now."""

    def say(self, text: str) -> None:
        """A line that stays."""

    def close(self) -> None:
        """Nothing more comes; what was drawn is wiped away."""


class Screen(NoScreen):
    """Shows it on standard output, or another stream."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._is_terminal = self._out.isatty()
        self._next = 0.0
        self._drawn = 0  # lines
        self._before: tuple[float, Sample] | None = None
        self._rates = (0.0, 0.0)

    def show(self, plan: Plan, tally: Tally, now: Sample, look: Look | None) -> None:
        real = time.monotonic()
        if real < self._next:
            return
        self._next = real + (DRAW_EVERY if self._is_terminal else LINE_EVERY)
        self._measure(now)
        if self._is_terminal:
            self._draw(_table(plan, tally, now, look, self._rates))
        else:
            self._out.write(_line(plan, tally, now) + "\n")
            self._out.flush()

    def _measure(self, now: Sample) -> None:
        """Joins and events a second, over a second at least, in the time of the load."""
        if self._before is None:
            self._before = (now.time, now)
        since, before = self._before
        if now.time - since >= 1.0:
            passed = now.time - since
            self._rates = (
                (now.joins - before.joins) / passed,
                (now.events - before.events) / passed,
            )
            self._before = (now.time, now)

    def _draw(self, lines: list[str]) -> None:
        self._wipe()
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()
        self._drawn = len(lines)

    def _wipe(self) -> None:
        if self._drawn:
            self._out.write(f"\033[{self._drawn}A\033[J")
            self._drawn = 0

    def say(self, text: str) -> None:
        self._wipe()
        self._out.write(text + "\n")
        self._out.flush()

    def close(self) -> None:
        self._wipe()
        self._out.flush()


def _table(
    plan: Plan, tally: Tally, now: Sample, look: Look | None, rates: tuple[float, float]
) -> list[str]:
    percent = [duration(tally.joins.percentile(share)) for share in (0.5, 0.9, 0.99)]
    lines = [
        f"{now.time:7.1f} s   {now.started:,} of {plan.count:,} started, {now.ended:,} ended"
        f"   {rates[0]:,.0f} joins/s   {rates[1]:,.0f} events/s",
    ]
    for phase, count in zip(PHASES, now.phases):
        bar = _bar(count / plan.count)
        lines.append(f"  {phase:<13}\033[{COLOURS[phase]}m{bar}\033[0m {count:>9,}")
    lines.append(f"  join         p50 {percent[0]}   p90 {percent[1]}   p99 {percent[2]}")
    if tally.raised or tally.refused:
        lines.append(f"  {tally.raised:,} raised, {tally.refused:,} refused")
    if look is not None:
        counters = look["counters"]
        lines.append(
            f"  edge         {counters['members']:,} members   {counters['handshakes']:,} handshakes under way"
            f"   {counters['busy']:,} answered busy"
        )
    return lines


def _bar(share: float) -> str:
    eighths = round(min(1.0, share) * BAR * 8)
    if share > 0:
        eighths = max(1, eighths)  # one of many is seen
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(BAR)


def _line(plan: Plan, tally: Tally, now: Sample) -> str:
    phases = ", ".join(f"{count:,} {phase}" for phase, count in zip(PHASES, now.phases) if count)
    return (
        f"{now.time:7.1f} s  {now.started:,} of {plan.count:,} started: {phases or 'none'}; {now.ended:,} ended"
        f"; join p50 {duration(tally.joins.percentile(0.5))}, p99 {duration(tally.joins.percentile(0.99))}"
    )
