"""What was done to a client, its link, an edge or a simulation, and when: a timeline's calls and faults."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Callable, NamedTuple

from .errors import RejoinError

LIMIT = 10_000  # deeds that a record keeps; older ones are forgotten, and counted


class Deed(NamedTuple):
    """One thing that was done."""

    time: float
    """seconds on the clock of the events' times"""
    what: str
    """a call, such as "join", or with a dot in it a fault, such as "link.cut" or "edge.crash" """
    detail: str
    conditions: dict[str, str]
    """how it is from now on, by what it is about: {"up": "cut"}; "" means as it should be"""
    lasts: float | None
    """seconds after which the conditions end by themselves; None: they stay"""

    @property
    def is_fault(self) -> bool:
        """Whether it was done to it; else it was the app's or an operator's call."""
        return "." in self.what


class Record:
    """The newest deeds of one thing, with their times. Any thread.

    clock  tells the time in seconds
    limit  how many are kept; None: 10,000, and never more
    """

    __slots__ = ("_clock", "_deeds", "_done", "_last", "began")

    def __init__(self, clock: Callable[[], float], limit: int | None = None) -> None:
        self._clock = clock
        self._deeds: deque[Deed] = deque(maxlen=min(LIMIT, limit or LIMIT))
        self._done = 0
        self.began = self._last = clock()
        """when the thing was made"""

    def did(
        self,
        what: str,
        detail: str = "",
        conditions: Mapping[str, str] | None = None,
        lasts: float | None = None,
    ) -> None:
        """Note something that was done now.

        A fault that lasts is one line: `did("edge.pause", "5 s", {"edge": "paused"}, lasts=5)`; so
        is one that stays until another deed says otherwise: `did("edge.crash", "", {"edge":
        "down"})`, and then `did("edge.restart", "", {"edge": ""})`.

        what        as `Deed.what`
        detail      more about it, in a few words
        conditions  as `Deed.conditions`
        lasts       seconds that the conditions last; None: until told otherwise
        """
        self._add(self._now(), what, detail, dict(conditions or {}), lasts)

    @contextmanager
    def call(self, what: str, detail: str = "") -> Iterator[None]:
        """Note a call with the time at which it began; when it is refused, also the status."""
        time = self._now()
        try:
            yield
        except RejoinError as error:
            self._add(time, what, f"{detail} refused: {error.status.name}".strip(), {}, None)
            raise
        self._add(time, what, detail, {}, None)

    def _now(self) -> float:
        with suppress(
            RejoinError
        ):  # the runtime may be closed first; then this is a last deed, a close
            self._last = self._clock()
        return self._last

    def _add(
        self, time: float, what: str, detail: str, conditions: dict[str, str], lasts: float | None
    ) -> None:
        self._deeds.append(Deed(time, what, detail, conditions, lasts))
        self._done += 1

    def deeds(self) -> list[Deed]:
        """A new list of what is kept, oldest first."""
        return list(self._deeds)

    @property
    def forgotten(self) -> int:
        """How many deeds are not kept any more."""
        return self._done - len(self._deeds)
