"""What happened, as a client tells it: one class for all events, and the statistics that some carry."""

from __future__ import annotations

from typing import NamedTuple

from .numbers import (
    AttemptOutcome,
    EventKind,
    Network,
    OfflineReason,
    Reason,
    Role,
    State,
)


class Stats(NamedTuple):
    """A stay in numbers (SPEC section 8), counted since the join.

    Times are seconds, but for the round-trip time.
    """

    duration: float
    """in the channel, so far"""
    members: int
    """peers that are visible now"""
    outages: int
    outage: float
    """all outages together, each from its last proof that the path worked (`last_heard`)"""
    attempts: int
    """to join and to rejoin"""
    round_trip_ms: float | None
    """smoothed, in milliseconds; None: not known yet"""
    bytes_sent: int
    bytes_received: int
    packets_sent: int
    packets_received: int
    packets_lost: int


class Event(NamedTuple):
    """One event (SPEC section 10). What an event of its name does not have is None."""

    name: str
    """such as "user_joined"; EVENT_FIELDS lists them all"""
    time: float
    """seconds on the clock of its client's runtime (`Simulation.now`, `Client.now`)"""
    sequence: int
    """1, 2, 3 and so on for each client"""
    old_state: State | None = None
    state: State | None = None
    reason: Reason | OfflineReason | None = None
    """of user_offline an OfflineReason, else a Reason"""
    uid: int | None = None
    elapsed: int | None = None
    """milliseconds since the join call; did_rejoin_channel in dialect 3x: since RECONNECTING"""
    channel: str | None = None
    token: str | None = None
    code: int | None = None
    """of renew_token_result (S-20): 0 is success"""
    network: Network | None = None
    old_role: Role | None = None
    role: Role | None = None
    stream_id: int | None = None
    data: bytes | None = None
    missed: int | None = None
    """messages; 0: unknown how many"""
    count: int | None = None  # type: ignore[assignment]  # it hides tuple.count
    """events that were dropped"""
    number: int | None = None
    """an attempt's, from 1 in each stay"""
    outcome: AttemptOutcome | None = None
    next_delay: float | None = None
    """seconds until the next attempt; None: none is planned"""
    stats: Stats | None = None

    @property
    def kind(self) -> EventKind:
        """The event's name as a number."""
        return EventKind[self.name.upper()]

    def __repr__(self) -> str:
        fields = [
            f"{field}={value!r}"
            for field, value in zip(self._fields[3:], self[3:])
            if value is not None
        ]
        return (
            f"<{self.name} #{self.sequence} at {self.time:.3f}{''.join(' ' + f for f in fields)}>"
        )


EVENT_FIELDS: dict[str, tuple[str, ...]] = {
    "connection_changed": ("old_state", "state", "reason"),
    "did_join_channel": ("channel", "uid", "elapsed"),
    "did_rejoin_channel": ("channel", "uid", "elapsed"),
    "did_leave_channel": ("stats",),
    "stats": ("stats",),
    "connection_lost": (),
    "request_token": (),
    "user_joined": ("uid", "elapsed"),
    "user_offline": ("uid", "reason"),
    "user_interrupted": ("uid",),
    "user_resumed": ("uid",),
    "token_privilege_will_expire": ("token",),
    "renew_token_result": ("token", "code"),
    "network_changed": ("network",),
    "client_role_changed": ("old_role", "role"),
    "client_role_change_failed": ("reason", "role"),
    "stream_message": ("uid", "stream_id", "data"),
    "stream_message_error": ("uid", "stream_id", "missed"),
    "events_dropped": ("count",),
    "attempt": ("number", "outcome", "next_delay"),
}
"""The fields that each event has, beside name, time and sequence."""


def check_event_name(name: str) -> None:
    """Raise ValueError, with the nearest right name, when there is no such event."""
    from .errors import unknown_name

    if name not in EVENT_FIELDS:
        raise ValueError(unknown_name("event", name, EVENT_FIELDS))
