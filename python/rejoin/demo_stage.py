"""Where the demo's story is played: over real QUIC on loopback in real time, or in the simulator."""

from __future__ import annotations

import time
from typing import Callable, Protocol, Union

from .client import Client
from .edge import Edge
from .events import Event
from .numbers import State
from .simulation import TICK, SimulatedClient, SimulatedEdge, Simulation

AnyClient = Union[Client, SimulatedClient]
AnyEdge = Union[Edge, SimulatedEdge]

CHANNEL = "demo"
LOOK_EVERY = 0.001  # seconds between two looks in real time; the events carry their own times


class Audience(Protocol):
    """Who is told what happens on a stage, while it happens."""

    def event(self, stage: Stage, uid: int, event: Event) -> None:
        """An event came."""

    def moment(self, stage: Stage, name: str) -> None:
        """A moment of the story was reached."""

    def waiting(self, stage: Stage, what: str) -> None:
        """Time passes until something is so."""


class Stage:
    """An edge and two members, UID 1 and UID 2, and time that passes until something is so."""

    name: str
    """as the table's head says it"""
    late: float
    """seconds that a moment may be late; it may never be early"""
    plays_to_the_end: bool
    """whether it can wait for the 20 minutes of T7"""

    def __init__(self, edge: AnyEdge, one: AnyClient, two: AnyClient, audience: Audience) -> None:
        self.edge, self.one, self.two = edge, one, two
        self.audience = audience
        self.cut_at: float | None = None
        """T3, once it was"""
        self._told = {1: 0, 2: 0}

    @property
    def now(self) -> float:
        return self.one.now

    def until(self, what: str, limit: float, predicate: Callable[[], object]) -> bool:
        """Let time pass until it is so; False: it was not within the limit, in seconds."""
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        self.until("", seconds, lambda: False)

    def look(self) -> None:
        """Tell the events that came since the last look, in the order of their times."""
        new = []
        for uid, client in ((1, self.one), (2, self.two)):
            events = client.events
            new += [(event.time, uid, event) for event in events[self._told[uid] :]]
            self._told[uid] = len(events)
        for _, uid, event in sorted(new, key=lambda entry: entry[:2]):
            self.audience.event(self, uid, event)

    def close(self) -> None:
        for thing in (self.one, self.two, self.edge):
            thing.close()


class RealStage(Stage):
    """An edge and two clients with QUIC between them, each side with a thread of its own."""

    name = "over QUIC"
    late = 0.050
    plays_to_the_end = False

    def __init__(self, audience: Audience) -> None:
        edge = Edge()
        try:
            one = Client(edge.url, uid=1, fingerprint=edge.fingerprint)
            two = Client(edge.url, uid=2, fingerprint=edge.fingerprint)
        except BaseException:
            edge.close()
            raise
        super().__init__(edge, one, two, audience)

    def until(self, what: str, limit: float, predicate: Callable[[], object]) -> bool:
        end = time.monotonic() + limit
        while not predicate():
            rest = end - time.monotonic()
            if rest <= 0:
                return False
            if what:
                self.audience.waiting(self, what)
            time.sleep(min(rest, LOOK_EVERY))
            self.look()
        self.look()
        return True


class SimulatedStage(Stage):
    """The same in virtual time, on links that need 10 ms in each direction."""

    name = "simulated"
    late = TICK
    plays_to_the_end = True

    def __init__(self, audience: Audience, seed: int = 1) -> None:
        self._simulation = Simulation(seed=seed)
        edge = self._simulation.edge()
        one, two = (self._simulation.client(edge, uid=uid) for uid in (1, 2))
        super().__init__(edge, one, two, audience)

    def until(self, what: str, limit: float, predicate: Callable[[], object]) -> bool:
        # What changes without an event, such as last_heard, is looked at in every tick; while
        # nothing but a long wait is left, only the ticks in which events come are.
        every = TICK if self.one.state is State.CONNECTED else None
        try:
            self._simulation.run_until(predicate, limit, every)
        except TimeoutError:
            return False
        finally:
            self.look()
        return True

    def close(self) -> None:
        self._simulation.close()
