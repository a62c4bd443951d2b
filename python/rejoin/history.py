"""The events that one client has told so far, in order; bounded where the client is a real one."""

from __future__ import annotations

from .events import Event


class History:
    """Keeps the newest `limit` events (None: all) and finds them by their sequence numbers.

    Not locked: whoever adds holds the client's lock.
    """

    __slots__ = ("_events", "_limit", "last")

    def __init__(self, limit: int | None) -> None:
        self._events: list[Event] = []
        self._limit = limit
        self.last = 0
        """the sequence number of the newest event; 0: there was none yet"""

    def add(self, events: list[Event]) -> None:
        """Append. Twice the limit may be held, so that forgetting is cheap, and what came together is
        kept together until more comes, so that who waited sees all of it."""
        if not events:
            return
        if self._limit is not None and len(self._events) >= 2 * self._limit:
            del self._events[: -self._limit]
        self._events += events
        self.last = events[-1].sequence

    def all(self) -> list[Event]:
        """A new list of what is kept, oldest first."""
        return self._events.copy() if self._limit is None else self._events[-self._limit :]

    def after(self, sequence: int) -> Event | None:
        """The first kept event with a greater sequence number; None: there is none yet.

        When events between were forgotten, the answer's own number tells how many.
        """
        if sequence >= self.last:
            return None
        first = self._events[0].sequence
        return self._events[max(0, sequence + 1 - first)]
