"""What the demo shows while it plays: events as they come, moments as they are reached, and what is waited for."""

from __future__ import annotations

import sys
import time

from .demo_picture import STOPS
from .demo_stage import Stage
from .events import Event
from .timeline.words import detail

PROGRESS_EVERY = 0.1  # seconds, on a terminal; elsewhere each new wait is one line
HEAD = "        time since T3   UID 1                                        UID 2"
COLUMN = 45

MOMENTS = {
    **STOPS,
    "healed": "the uplink is healed",
    "rejoined": "UID 1 is back",
    "left": "UID 1 has left and joins again",
    "again": "UID 1 is in the channel again",
}


class Screen:
    """Prints to standard output."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._waits_for = ""
        self._next = 0.0

    def say(self, text: str = "") -> None:
        self._clear()
        print(text, flush=True)

    def event(self, stage: Stage, uid: int, event: Event) -> None:
        """A line with its time since the cut, in its user's column."""
        what = f"{event.name} {detail(event)}".rstrip()
        if event.state is not None:
            what += f" -> {event.state.name}"
        self.say(f"{_since_cut(stage, event.time):>21}   {'' if uid == 1 else ' ' * COLUMN}{what}")

    def moment(self, stage: Stage, name: str) -> None:
        label = name if name in STOPS else ""
        self.say(f"  {label:2} -- {MOMENTS[name]}")

    def waiting(self, stage: Stage, what: str) -> None:
        now = time.monotonic()
        if self._is_terminal:
            if now >= self._next:
                self._next = now + PROGRESS_EVERY
                self._clear()
                sys.stdout.write(f"{_since_cut(stage, stage.now):>21}   … waiting for {what}")
                sys.stdout.flush()
        elif what != self._waits_for:
            self.say(f"{'':21}   … waiting for {what}")
        self._waits_for = what

    def _clear(self) -> None:
        if self._is_terminal:
            sys.stdout.write("\r\033[K")


def _since_cut(stage: Stage, time: float) -> str:
    return "" if stage.cut_at is None else f"{time - stage.cut_at:+.3f} s"
