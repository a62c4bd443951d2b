"""What the contract says of one client's connection, sections 1 to 3 and 5, as a person would retell it.

No table: one method per thing that can happen. Written from the text alone; test_model.py holds the library against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DISCONNECTED, CONNECTING, CONNECTED, RECONNECTING, FAILED = range(1, 6)
OK, INVALID_STATE, JOIN_CHANNEL_REJECTED = 0, -8, -17

MS = 1_000_000
S = 1000 * MS
INTERRUPTED, LOST, OFFLINE, GIVE_UP = 4 * S, 10 * S, 20 * S, 1200 * S  # N-2, N-3, N-4, N-5

# Section 1: with which reasons an edge refuses a join (S-6), a rejoin (S-14), and removes a user (S-15, S-16, S-18).
JOIN_REFUSALS = (3, 6, 7, 8, 9, 10, 20, 22, 24)
REJOIN_REFUSALS = (*JOIN_REFUSALS, 19)
REMOVALS = {3: "S-15", 19: "S-16", 9: "S-18"}


@dataclass
class Outcome:
    """What one thing did. Without a row of the contract: nothing."""

    row: str | None = None
    sm: tuple[int, int] | None = None
    status: int = OK
    do: set[str] = field(default_factory=set)


NOTHING = Outcome(status=INVALID_STATE)


class Member:
    def __init__(self, dialect: int) -> None:
        self.is_4x = dialect == 4
        self.state = DISCONNECTED
        self.reason = 5  # as after a leave
        self.joined_at = 0
        self.outage_start = 0  # O: the last proof, while in 3; fixed in 4
        self.lost_told = False
        self.peers_lost = False
        self.new_path = False  # a new path is not validated yet

    # ---- what every SM does (R-1, R-2) ----

    def become(self, row: str, state: int, reason: int, *do: str, status: int = OK) -> Outcome:
        assert (state, reason) != (self.state, self.reason)
        self.state, self.reason = state, reason
        return Outcome(row, (state, reason), status, set(do))

    def stay(self, row: str, *do: str, status: int = OK) -> Outcome:
        return Outcome(row, None, status, set(do))

    def fail(self, row: str, reason: int) -> Outcome:
        """Terminal: no retry; the roster goes without events (section 4). With 9 the app is asked for a token."""
        do = ["stop-attempts", "close-connections", "clear-roster"]
        if reason == 9:
            do.append("request_token")
        return self.become(row, FAILED, reason, *do)

    def begin_stay(self, now: int) -> None:
        self.joined_at = now
        self.outage_start = 0
        self.lost_told = self.peers_lost = self.new_path = False

    def enter_channel(self, now: int) -> None:
        self.outage_start = now
        self.lost_told = self.peers_lost = False

    # ---- calls of the app ----

    def join(self, argument: int, now: int) -> Outcome:
        if self.state == DISCONNECTED:
            self.begin_stay(now)
            return self.become("S-1", CONNECTING, 0, "start-stay", "attempt-at-once")
        return self.stay("S-5" if self.state == FAILED else "S-4", status=JOIN_CHANNEL_REJECTED)

    def leave(self, argument: int, now: int) -> Outcome:
        if self.state == DISCONNECTED:
            return self.stay("S-29")
        row = {CONNECTED: "S-25", CONNECTING: "S-26", RECONNECTING: "S-27", FAILED: "S-28"}
        do = ["did_leave_channel", "clear-roster"]
        if self.state != FAILED:  # there may be a session to say goodbye to
            do += ["goodbye", "stop-attempts"]
        return self.become(row[self.state], DISCONNECTED, 5, *do)

    def renew_token(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTED:
            return self.stay("S-20", "send-token")
        if self.state != FAILED:
            return self.stay("S-21", "keep-token")
        if self.is_4x and self.reason == 9:
            self.begin_stay(now)  # "then as a join"
            return self.become(
                "S-22", CONNECTING, 12, "start-stay", "attempt-at-once", "keep-token"
            )
        return self.stay("S-22", status=INVALID_STATE)

    def set_role(self, argument: int, now: int) -> Outcome:
        return self.stay("S-31", "send-role" if self.state == CONNECTED else "keep-role")

    # ---- what comes from the edge and the network ----

    def accepted(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTING:
            self.enter_channel(now)
            return self.become("S-3", CONNECTED, 1, "did_join_channel")
        if self.state == RECONNECTING:
            return self.rejoined(now)
        if self.state == CONNECTED:  # it was told to move, and another edge took it: no SM
            self.outage_start = now
            return self.stay("A-4")
        return NOTHING

    def rejoined(self, now: int) -> Outcome:
        self.enter_channel(now)
        reason = 15 if self.is_4x else 1
        return self.become("S-13", CONNECTED, reason, "did_rejoin_channel", "end-outage")

    def proof(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTED:
            self.outage_start = now
            return self.stay("N-2")
        return self.rejoined(now) if self.state == RECONNECTING else NOTHING

    def refused(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTING:
            return self.fail("S-6", argument)
        return self.fail("S-14", argument) if self.state == RECONNECTING else NOTHING

    def refused_with_an_older_token(self, argument: int, now: int) -> Outcome:
        if self.state in (CONNECTING, RECONNECTING):
            return self.stay("S-21", "attempt-at-once")
        return NOTHING

    def removed(self, argument: int, now: int) -> Outcome:
        if self.state in (CONNECTED, RECONNECTING):
            return self.fail(REMOVALS[argument], argument)
        return NOTHING

    def unknown_to_the_edge(self, argument: int, now: int) -> Outcome:
        do = ("drop-old-connection", "attempt-at-once")
        if self.state == CONNECTED:
            return self.become("S-9", RECONNECTING, 14, *do)
        return self.stay("S-9", *do) if self.state == RECONNECTING else NOTHING

    def network_changed(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTED:
            return self.stay("S-10", "migrate")
        if self.state in (CONNECTING, RECONNECTING):
            return self.stay("S-10", "attempt-at-once")
        return self.stay("S-10")

    # ---- the timers of section 2 ----

    def silence(self, argument: int, now: int) -> Outcome:
        if self.state != CONNECTED:
            return NOTHING
        return self.become("S-8", RECONNECTING, 2, "attempt-soon")

    def silence_on_a_new_path(self, argument: int, now: int) -> Outcome:
        if self.state != CONNECTED:
            return NOTHING
        return self.become("S-10", RECONNECTING, 13, "attempt-at-once")

    def lost(self, argument: int, now: int) -> Outcome:
        if self.state not in (CONNECTING, RECONNECTING):
            return NOTHING
        self.lost_told = True
        if self.state == CONNECTING:
            return self.stay("S-7", "connection_lost")
        if self.is_4x and self.reason != 16:
            return self.become("S-11", RECONNECTING, 16, "connection_lost")
        return self.stay("S-11", "connection_lost")

    def peers_lost_timer(self, argument: int, now: int) -> Outcome:
        if self.state != RECONNECTING:
            return NOTHING
        self.peers_lost = True
        return self.stay("P-9", "drop-old-connection", "drop-peers")

    def give_up(self, argument: int, now: int) -> Outcome:
        if self.state == CONNECTING:
            return self.fail("S-7", 4)
        return self.fail("S-12", 4) if self.state == RECONNECTING else NOTHING

    def timers(self) -> list[tuple[int, str]]:
        """All that run, with the moment they are due."""
        if self.state == CONNECTING:
            running = [(self.joined_at + GIVE_UP, "give up")]
            if not self.lost_told:
                running.append((self.joined_at + LOST, "lost"))
            return running
        start = self.outage_start
        if self.state == CONNECTED:
            return [(start + INTERRUPTED, "silence on a new path" if self.new_path else "silence")]
        if self.state == RECONNECTING:
            running = [(start + GIVE_UP, "give up")]
            if not self.lost_told:
                running.append((start + LOST, "lost"))
            if not self.peers_lost:
                running.append((start + OFFLINE, "peers lost"))
            return running
        return []

    def deadline(self) -> int | None:
        return min((due for due, _ in self.timers()), default=None)

    def happen(self, name: str, argument: int, now: int) -> Outcome:
        method = "peers_lost_timer" if name == "peers lost" else name.replace(" ", "_")
        return getattr(self, method)(argument, now)

    def wake(self, now: int) -> Outcome | None:
        due, name = min(self.timers(), default=(now + 1, ""))
        return self.happen(name, 0, now) if due <= now else None


class Attempts:
    """Section 5: when an attempt comes. Chance is not retold: the methods say between which times it may be."""

    BASE, CAP, JITTER, TIMEOUT, RESET, FORCED_EVERY = S // 2, 8 * S, S // 2, 5 * S, 10 * S, 1 * S

    def __init__(self) -> None:
        self.forced_at: int | None = None
        self.stay()

    def stay(self) -> None:
        self.number = 0
        self.n = 0
        self.running_until: int | None = None
        self.planned: tuple[int, int] | None = None  # between
        self.forced_at = None

    def backoff(self) -> int:
        return min(self.CAP, self.BASE * 2**self.n)

    def plan_now(self, now: int) -> None:
        self.planned = (now, now)

    def plan_soon(self, now: int) -> None:
        self.planned = (now, now + (self.JITTER if self.n == 0 else self.backoff()))

    def force(self, now: int) -> bool:
        """Whether the attempt under way is to be abandoned."""
        allowed = now if self.forced_at is None else self.forced_at + self.FORCED_EVERY
        if allowed > now:
            if self.planned is None or self.planned[0] > allowed:
                self.planned = (allowed, allowed)
            return False
        abandoned = self.running_until is not None
        self.running_until = None
        self.forced_at = now
        self.planned = (now, now)
        return abandoned

    def started(self, now: int) -> None:
        self.number += 1
        self.planned = None
        self.running_until = now + self.TIMEOUT

    def failed(self, now: int) -> None:
        self.running_until = None
        self.planned = (now, now + self.backoff())
        self.n += 1

    def busy(self, now: int, retry_after: int) -> None:
        self.running_until = None
        self.planned = (now + retry_after, now + retry_after + self.JITTER)

    def stop(self) -> None:
        self.running_until = self.planned = None

    def outage(self, connected_since: int, now: int) -> None:
        if now - connected_since >= self.RESET:
            self.n = 0
