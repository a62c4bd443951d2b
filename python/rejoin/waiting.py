"""Which event a wait is for: by name and by the values of fields, each event looked at once and in order."""

from __future__ import annotations

from typing import Any

from . import arguments
from .events import EVENT_FIELDS, Event, check_event_name
from .history import History


class Wanted:
    """An event's name and what its fields are to be."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        check_event_name(name)
        arguments.check_names(f"field of {name}", fields, EVENT_FIELDS[name])
        self.name = name
        self._fields = fields

    def fits(self, event: Event) -> bool:
        return event.name == self.name and all(
            getattr(event, field) == value for field, value in self._fields.items()
        )

    def __str__(self) -> str:
        fields = ", ".join(f"{field}={value!r}" for field, value in self._fields.items())
        return self.name + (f" with {fields}" if fields else "")


class Cursor:
    """A place in a history; what lies before it is never looked at again."""

    def __init__(self, history: History, passed: int = 0) -> None:
        self._history = history
        self._passed = passed

    def copy(self) -> Cursor:
        return Cursor(self._history, self._passed)

    def is_at_end(self) -> bool:
        return self._passed >= self._history.last

    def skip_to(self, sequence: int) -> None:
        """Pass over everything up to this event."""
        self._passed = max(self._passed, sequence)

    def next(self) -> Event | None:
        """The next event; where some were forgotten meanwhile, first `events_dropped`, which says how many."""
        event = self._history.after(self._passed)
        if event is None:
            return None
        gap = event.sequence - self._passed - 1
        if gap:
            self._passed = event.sequence - 1
            return Event("events_dropped", event.time, event.sequence - 1, count=gap)
        self._passed = event.sequence
        return event

    def find(self, wanted: Wanted) -> Event | None:
        """The next event that fits, passing over those before it."""
        while (event := self.next()) is not None:
            if wanted.fits(event):
                return event
        return None
