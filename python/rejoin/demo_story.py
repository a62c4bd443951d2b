"""The demo's story: two members, UID 1's uplink is cut, and what both are told, from T0 to T7."""

from __future__ import annotations

from dataclasses import dataclass, field

from .demo_stage import CHANNEL, Stage
from .events import Event
from .numbers import State
from .record import Deed

PAUSE = 1.0  # seconds between what UID 2 does and what UID 1 does, and before joining again
SETTLE = 2.0  # seconds between joining and the cut, so that beats have gone to and fro


@dataclass
class Take:
    """What was seen when the story was played: moments in seconds on the stage's own clock."""

    name: str
    late: float
    """seconds that a moment may be late"""
    moments: dict[str, float] = field(default_factory=dict)
    """T0 to T7 and what follows; one that is missing did not come"""
    told: dict[str, float] = field(default_factory=dict)
    """when the app had the event of each moment in its hands"""
    called: float = 0.0
    """when UID 1 called join"""
    origin: float = 0.0
    """O: UID 1's last proof before the cut"""
    heard: float = 0.0
    """when the edge last heard UID 1"""
    peer_delay: float = 0.0
    """how long the link needs from the edge to UID 2"""
    expected: tuple[str, ...] = ()
    """the moments that belong to this take"""
    events: dict[int, list[Event]] = field(default_factory=dict)
    """all events, by uid"""
    deeds: dict[int, list[Deed]] = field(default_factory=dict)
    """what was done to each, by uid"""

    @property
    def is_whole(self) -> bool:
        return all(moment in self.moments for moment in self.expected)


def play(stage: Stage) -> Take:
    """Play the story; it ends early where something does not come that it needs to go on."""
    take = Take(stage.name, stage.late)
    take.peer_delay = stage.two.link.down.delay
    take.expected = ("T0", "T1", "T2", "T3", "T4", "T5", "T6") + (
        ("T7", "left", "again") if stage.plays_to_the_end else ("healed", "rejoined")
    )
    if _join(stage, take) and _cut(stage, take) and _notice(stage, take):
        if stage.plays_to_the_end:
            _give_up(stage, take)
        else:
            _heal(stage, take)
    for uid, client in ((1, stage.one), (2, stage.two)):
        take.events[uid] = client.events
        take.deeds[uid] = client._record.deeds()
    return take


def _join(stage: Stage, take: Take) -> bool:
    """T0 to T2: UID 2 is there already when UID 1 joins."""
    one, two = stage.one, stage.two
    two.join(CHANNEL)
    if not stage.until("UID 2 to join", 5, lambda: two.state is State.CONNECTED):
        return False
    stage.wait(PAUSE)
    take.called = stage.now
    one.join(CHANNEL)
    return (
        _moment(stage, take, "T0", 1, "connection_changed", 1, state=State.CONNECTING)
        and _moment(stage, take, "T1", 1, "did_join_channel", 5)
        and _moment(stage, take, "T2", 2, "user_joined", 5, uid=1)
    )


def _cut(stage: Stage, take: Take) -> bool:
    """T3: UID 1's uplink, right after a proof arrived."""
    one = stage.one
    stage.wait(SETTLE)
    before = one.last_heard
    if not stage.until("a proof", 5, lambda: one.last_heard != before):
        return False
    one.link.cut(up=True)
    stage.cut_at = stage.now
    _reached(stage, take, "T3", stage.cut_at)
    return True


def _notice(stage: Stage, take: Take) -> bool:
    """T4 to T6: noticed, lost, and told to the other."""
    one, edge = stage.one, stage.edge
    if not _moment(
        stage,
        take,
        "T4",
        1,
        "connection_changed",
        7,
        state=State.RECONNECTING,
        old_state=State.CONNECTED,
    ):
        return False
    take.origin = one.last_heard or 0.0
    take.heard = edge.last_heard(CHANNEL, 1) or 0.0
    return _moment(stage, take, "T5", 1, "connection_lost", 9) and _moment(
        stage, take, "T6", 2, "user_offline", 14, uid=1
    )


def _heal(stage: Stage, take: Take) -> bool:
    """The uplink comes back, and UID 1 with it."""
    stage.one.link.heal()
    _reached(stage, take, "healed", stage.now)
    return _moment(stage, take, "rejoined", 1, "did_rejoin_channel", 20)


def _give_up(stage: Stage, take: Take) -> bool:
    """T7: 20 minutes; then the app has to leave and to join again."""
    one = stage.one
    if not _moment(stage, take, "T7", 1, "connection_changed", 1300, state=State.FAILED):
        return False
    one.link.heal()
    stage.wait(PAUSE)
    one.leave()
    one.join(CHANNEL)
    _reached(stage, take, "left", stage.now)
    return _moment(stage, take, "again", 1, "did_join_channel", 5, after=take.moments["left"])


def _moment(
    stage: Stage,
    take: Take,
    moment: str,
    at: int,
    name: str,
    limit: float,
    after: float = 0.0,
    **fields: object,
) -> bool:
    """Wait for the event at UID `at` that makes a moment, and note its time."""
    client = stage.one if at == 1 else stage.two

    def found() -> Event | None:
        for event in client.events:
            if (
                event.name == name
                and event.time >= after
                and all(getattr(event, field) == value for field, value in fields.items())
            ):
                return event
        return None

    if not stage.until(f"{moment} ({name} at UID {at})", limit, found):
        return False
    take.told[moment] = stage.now
    event = found()
    assert event is not None
    _reached(stage, take, moment, event.time)
    return True


def _reached(stage: Stage, take: Take, moment: str, time: float) -> None:
    take.moments[moment] = time
    stage.audience.moment(stage, moment)
