"""What is always true, whatever members do and networks suffer; and what is true once all has healed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import RejoinError
from ..events import Event
from ..numbers import OfflineReason, Reason, State
from ..scenario.model import Scenario
from ..scenario.plan import Plan
from ..scenario.playing import Watcher, play
from ..timeline import Stop

if TYPE_CHECKING:
    from ..scenario.plan import Step
    from ..scenario.playing import Player

TICK = 0.0011
INTERRUPTED, LOST, OFFLINE, GIVE_UP = 4.0, 10.0, 20.0, 1200.0
AGREED_AFTER = INTERRUPTED + 6.0
"""seconds in which a member that the edge does not know must notice: N-2 after the last proof, which may
have been on its way for as long as the slowest link that is drawn (delay and jitter)"""
DATAGRAMS_MAX = 200
"""a second and member that an edge may hear and send on average over `BUSY_FOR`: more is a busy loop"""
BUSY_FOR = 10.0
STOP_WIDTH = 72
"""characters of what a picture says of a broken rule"""

REFUSALS = {3, 6, 7, 8, 9, 10, 19, 20, 22, 24}
S = State
CHANGES: dict[tuple[State, State], set[int]] = {
    (S.DISCONNECTED, S.CONNECTING): {0},
    (S.CONNECTING, S.CONNECTED): {1},
    (S.CONNECTING, S.FAILED): (REFUSALS - {19}) | {4},
    (S.CONNECTING, S.DISCONNECTED): {5},
    (S.CONNECTED, S.RECONNECTING): {2, 13, 14},
    (S.CONNECTED, S.FAILED): {3, 9, 19},
    (S.CONNECTED, S.DISCONNECTED): {5},
    (S.RECONNECTING, S.RECONNECTING): {16},
    (S.RECONNECTING, S.CONNECTED): {1, 15},
    (S.RECONNECTING, S.FAILED): REFUSALS | {4},
    (S.RECONNECTING, S.DISCONNECTED): {5},
    (S.FAILED, S.DISCONNECTED): {5},
    (S.FAILED, S.CONNECTING): {12},
}
"""the transitions of SPEC sections 1 and 3, and their reasons"""


@dataclass(frozen=True)
class Violation:
    """Something that is never true was."""

    time: float
    who: str
    rule: str
    """which one, in a word"""
    text: str

    def __str__(self) -> str:
        return f"{self.time:.3f}  {self.who}: {self.text} ({self.rule})"


@dataclass
class _Member:
    """What a client has told so far."""

    dialect: int
    give_up: float
    state: State = State.DISCONNECTED
    channel: str = ""
    uid: int = 0
    joined_at: float = 0.0
    peers: set[int] = field(default_factory=set)
    lost_told: float | None = None
    asleep: list[tuple[float, float]] = field(default_factory=list)
    strange_since: float | None = None
    sequence: int = 0
    freed: bool = False
    messages: set[bytes] = field(default_factory=set)
    newest: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """the last message of each stream of a peer, by uid and stream"""


class Invariants(Watcher):
    """Watches them while a plan is played in the simulator; `violations` has what it saw."""

    every = 0.5

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.members: dict[str, _Member] = {}
        self.busy_since = 0.0
        self.datagrams: dict[str, int] = {}
        self.unordered: set[tuple[int, int]] = set()
        """streams that are or were unreliable, by uid and number"""

    def begin(self, player: Player) -> None:
        self.player = player
        for name, values in player.plan.clients.items():
            give_up = float(values.get("give_up_ns", GIVE_UP * 1e9)) / 1e9
            if len(player.edges) > 1 and self.is_shared(int(values["uid"])):
                # in a partition both speak, and each is heard by its own side first
                self.unordered |= {(int(values["uid"]), number) for number in range(1, 6)}
            self.members[name] = _Member(int(values.get("dialect", 3)), give_up)

    def is_shared(self, uid: int) -> bool:
        return sum(int(values["uid"]) == uid for values in self.player.plan.clients.values()) > 1

    @property
    def now(self) -> float:
        return self.player.now() / 1e9

    def stops(self) -> list[Stop]:
        texts = [f"{broken.who}: {broken.text}" for broken in self.violations]
        return [
            Stop(broken.time, f"!{number}", textwrap.shorten(text, STOP_WIDTH, placeholder=" …"))
            for number, (broken, text) in enumerate(zip(self.violations, texts), 1)
        ]

    def broken(self, who: str, rule: str, text: str, time: float | None = None) -> None:
        self.violations.append(Violation(self.now if time is None else time, who, rule, text))

    # ---- each event

    def heard(self, name: str, event: Event) -> None:
        member = self.members[name]
        if event.sequence != member.sequence + 1:
            self.broken(name, "order", f"event {event.sequence} follows {member.sequence}")
        member.sequence = event.sequence
        rule = RULES.get(event.name)
        if rule is not None:
            rule(self, name, member, event)

    def changed(self, name: str, member: _Member, event: Event) -> None:
        old, new, reason = event.old_state, event.state, event.reason
        assert old is not None
        assert new is not None
        assert reason is not None
        where = f"{old.name} to {new.name} with {int(reason)}"
        if old is not member.state:
            self.broken(name, "table", f"{where}, but it was {member.state.name}", event.time)
        if int(reason) not in CHANGES.get((old, new), ()):
            self.broken(name, "table", f"{where} is not in the table", event.time)
        if int(reason) in (12, 15, 16) and member.dialect != 4:
            self.broken(name, "table", f"reason {int(reason)} in dialect 3x", event.time)
        if (old, new, int(reason)) in ((S.RECONNECTING, S.CONNECTED, 1),) and member.dialect == 4:
            self.broken(name, "table", "JOIN_SUCCESS for a rejoin in dialect 4x", event.time)
        member.state = new
        if new in (State.FAILED, State.DISCONNECTED, State.CONNECTING):
            member.peers.clear()
        if new is State.CONNECTING:
            member.joined_at, member.lost_told = event.time, None
        if new is State.CONNECTED:
            member.lost_told = None
        if new is State.RECONNECTING and reason in (
            Reason.INTERRUPTED,
            Reason.CLIENT_IP_ADDRESS_CHANGED,
        ):
            self.punctual(name, member, event, INTERRUPTED)
        if reason == Reason.LOST:
            self.punctual(name, member, event, LOST)
        if new is State.FAILED and reason == Reason.JOIN_FAILED:
            begun = member.joined_at if old is State.CONNECTING else None
            self.punctual(name, member, event, member.give_up, begun)

    def punctual(
        self, name: str, member: _Member, event: Event, after: float, start: float | None = None
    ) -> None:
        """A timer's event comes at its time, or when its device wakes up (SPEC section 2)."""
        if start is None:
            start = self.player.clients[name].last_heard
            if start is None:
                self.broken(name, "timer", f"{event.name} without any proof before", event.time)
                return
        due = start + after
        late = event.time - due
        asleep = any(
            begin <= due + TICK and event.time <= end + 0.1 for begin, end in member.asleep
        )
        if late < -TICK or (late > TICK and not asleep):
            self.broken(
                name,
                "timer",
                f"{event.name} {event.reason or ''} came {late:+.3f} s from its time",
                event.time,
            )

    def joined(self, name: str, member: _Member, event: Event) -> None:
        member.channel, member.uid = event.channel or "", event.uid or 0
        if member.state is not State.CONNECTED:
            self.broken(name, "R-3", f"{event.name} in {member.state.name}", event.time)

    def lost(self, name: str, member: _Member, event: Event) -> None:
        if member.state not in (State.CONNECTING, State.RECONNECTING):
            self.broken(name, "timer", f"connection_lost in {member.state.name}", event.time)
        if member.lost_told is not None:
            self.broken(name, "timer", "connection_lost twice in one outage", event.time)
        member.lost_told = event.time
        begun = member.joined_at if member.state is State.CONNECTING else None
        self.punctual(name, member, event, LOST, begun)

    def user_joined(self, name: str, member: _Member, event: Event) -> None:
        assert event.uid is not None
        if event.uid in member.peers:
            self.broken(name, "roster", f"{event.uid} joined twice", event.time)
        if event.uid == member.uid:
            self.broken(name, "roster", "it saw itself join", event.time)
        if member.state is not State.CONNECTED:
            self.broken(name, "roster", f"user_joined in {member.state.name}", event.time)
        member.peers.add(event.uid)

    def user_offline(self, name: str, member: _Member, event: Event) -> None:
        assert event.uid is not None
        if event.uid not in member.peers:
            self.broken(name, "roster", f"{event.uid} went without having come", event.time)
        member.peers.discard(event.uid)
        if member.state is State.RECONNECTING:
            if event.reason != OfflineReason.DROPPED:
                self.broken(name, "roster", f"{event.uid} quit during the outage", event.time)
            self.punctual(name, member, event, OFFLINE)

    def message(self, name: str, member: _Member, event: Event) -> None:
        """Each at most once, and those of a stream in order where it is reliable (D-4)."""
        assert event.uid is not None
        assert event.stream_id is not None
        assert event.data is not None
        if event.data in member.messages:
            self.broken(name, "messages", f"{event.data!r} came twice", event.time)
        member.messages.add(event.data)
        if member.state is not State.CONNECTED:
            self.broken(name, "messages", f"{event.data!r} in {member.state.name}", event.time)
        if (event.uid, event.stream_id) not in self.unordered:
            newest = member.newest.get((event.uid, event.stream_id), b"")
            if event.data < newest:
                self.broken(name, "messages", f"{event.data!r} after {newest!r}", event.time)
            member.newest[event.uid, event.stream_id] = event.data

    def dropped(self, name: str, member: _Member, event: Event) -> None:
        self.broken(name, "queue", f"{event.count} events were dropped", event.time)

    # ---- each step, each look

    def done(self, step: Step) -> None:
        if step.actor in self.members:
            member = self.members[step.actor]
            if step.verb == "suspend":
                span = float(step.values["seconds_ns"]) / 1e9
                begin = self.now
                if member.asleep and member.asleep[-1][1] > begin:  # it takes that one's place
                    begin = member.asleep.pop()[0]
                member.asleep.append((begin, self.now + span))
            elif step.verb == "stream" and not step.values.get("reliable"):
                uid = self.player.plan.scenario.clients[step.actor].uid
                self.unordered |= {(uid, number) for number in range(1, 6)}
            elif step.verb == "free":
                member.freed = True
                member.peers.clear()

    def look(self) -> None:
        now = self.now
        for name, member in self.members.items():
            self.agreed(name, member, now)
        if now - self.busy_since >= BUSY_FOR:
            self.not_busy(now)

    def agreed(self, name: str, member: _Member, now: float) -> None:
        """Nobody is CONNECTED for longer than N-2 without the edge agreeing."""
        asleep = any(begin <= now <= end + AGREED_AFTER for begin, end in member.asleep)
        if member.freed or member.state is not State.CONNECTED or asleep or self.is_known(member):
            member.strange_since = None
        elif member.strange_since is None:
            member.strange_since = now
        elif now - member.strange_since > AGREED_AFTER:
            self.broken(
                name,
                "agreement",
                f"CONNECTED for {now - member.strange_since:.1f} s, unknown to the edge",
            )
            member.strange_since = None

    def is_known(self, member: _Member) -> bool:
        try:
            return member.uid in self.edge_members(member.channel)
        except RejoinError:  # it is down
            return False

    def edge_members(self, channel: str) -> set[int]:
        """Of all apps that a scenario may have, at whatever edge."""
        return {uid for name in self.player.edges for uid in self.members_at(name, channel)}

    def members_at(self, edge: str, channel: str) -> set[int]:
        """Whom the edge knows, its own members and those of others."""
        apps = {str(values.get("app_id", "")) for values in self.player.plan.clients.values()}
        uids: list[int] = []
        for app in apps or {""}:
            uids += self.player.edges[edge].members(channel, app)
        if len(uids) != len(set(uids)):
            self.broken(edge, "one session", f"a uid is twice in {channel}: {uids}")
        return set(uids)

    def not_busy(self, now: float) -> None:
        most = DATAGRAMS_MAX * (now - self.busy_since) * len(self.members)
        for name, edge in self.player.edges.items():
            counters = edge.counters
            datagrams = counters["datagrams_in"] + counters["datagrams_out"]
            more = datagrams - self.datagrams.get(name, 0)
            if more > most:
                self.broken(name, "busy", f"{more} datagrams in {BUSY_FOR} s")
            self.datagrams[name] = datagrams
        self.busy_since = now

    # ---- once all has healed

    def end(self) -> None:
        """All rosters are equal, and nobody is on the way."""
        if self.player.plan.scenario.heals is None:
            return
        there: dict[str, list[int]] = {}
        for name, member in self.members.items():
            if member.freed:
                continue
            if member.state in (State.CONNECTING, State.RECONNECTING):
                self.broken(name, "heal", f"still {member.state.name}")
            elif member.state is State.CONNECTED:
                there.setdefault(member.channel, []).append(member.uid)
                self.healed(name, member)
        for channel in {channel for edge in self.player.edges for channel in self.channels(edge)}:
            own = there.get(channel, [])
            for edge in self.player.edges:
                known = self.members_at(edge, channel)
                if ghosts := known - set(own):
                    self.broken(edge, "heal", f"{sorted(ghosts)} in {channel} are nobody's")
                if known and known != self.edge_members(channel):
                    self.broken(edge, "heal", f"it has {sorted(known)} in {channel}, others more")
        for channel, uids in there.items():
            if len(uids) != len(set(uids)):
                self.broken("edges", "one session", f"more than one is in {channel}: {uids}")

    def healed(self, name: str, member: _Member) -> None:
        """The member sees whom the edges know."""
        known = self.edge_members(member.channel)
        if member.uid not in known:
            self.broken(name, "heal", f"the edge does not know {member.uid}")
        if member.peers != known - {member.uid}:
            self.broken(
                name, "heal", f"it sees {sorted(member.peers)}, the edge has {sorted(known)}"
            )

    def channels(self, edge: str) -> set[str]:
        """Of all apps that a scenario may have."""
        apps = {str(values.get("app_id", "")) for values in self.player.plan.clients.values()}
        return {channel for app in apps for channel in self.player.edges[edge].channels(app)}


RULES = {
    "connection_changed": Invariants.changed,
    "did_join_channel": Invariants.joined,
    "did_rejoin_channel": Invariants.joined,
    "connection_lost": Invariants.lost,
    "user_joined": Invariants.user_joined,
    "user_offline": Invariants.user_offline,
    "stream_message": Invariants.message,
    "events_dropped": Invariants.dropped,
}


@dataclass(frozen=True)
class Outcome:
    """What a play in the simulator showed."""

    violations: list[Violation]
    digest: str
    """SHA-256 of its event log"""


def watch(scenario: Scenario | Plan) -> Outcome:
    """Play a scenario in the simulator and watch it."""
    watcher = Invariants()
    recording = play(scenario, watcher=watcher)
    return Outcome(watcher.violations, recording.digest)


def violations(scenario: Scenario | Plan) -> list[Violation]:
    """Play a scenario in the simulator and return what was not as it must be."""
    return watch(scenario).violations


def rules(found: Iterable[Violation]) -> set[str]:
    """The rules that were broken."""
    return {violation.rule for violation in found}
