"""A network in virtual time: the real protocol and the real TLS, and twenty minutes pass in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable

from . import _rejoin, arguments
from .arguments import SECONDS_MAX
from .bus import Bus
from .client import url_list
from .edge import EdgeBase
from .errors import RejoinError
from .events import Event
from .handles import Closing
from .link import SIMULATED_DELAY
from .member import Member, SyncMember
from .numbers import Status
from .record import Record
from .runtime import Runtime, SimulatedRuntime

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import ClientOptions, EdgeOptions

TICK = 0.001
"""seconds; what happens in a simulation happens at a tick"""
AT_ONCE = 60.0  # virtual seconds in one call of the library, so that Ctrl-C is heard


class SimulatedEdge(EdgeBase):
    """An edge in a simulation; `Simulation.edge` makes it."""

    bus: Bus
    """its way to the bus of its cluster"""

    def __init__(self, runtime: Runtime, options: dict[str, Any]) -> None:
        super().__init__(runtime, options)
        self.bus = Bus(self._handle, self._record)


class SimulatedClient(SyncMember):
    """A client in a simulation; `Simulation.client` makes it.

    What comes of its calls comes while the simulation runs.
    """

    def _drain(self) -> list[Event]:
        events = super()._drain()
        if events and self._functions:
            self._simulated._untold[self] = None
        return events

    def suspend(self, seconds: float) -> None:
        """Let its device sleep for a time from now on: the clock runs on, and of the client nothing does.

        What comes for it is lost, and a network that changes is told when it wakes. After 4 s or more
        its overdue timers run first then, each once, in due order, with their ordinary events
        (section 2). Calls are carried out meanwhile, and what they send leaves when it wakes.

        seconds  more than 0

        RejoinError INVALID_ARGUMENT.
        """
        span_ns = arguments.nanoseconds("seconds", seconds, least=1e-9)
        with self._handle.lock:
            self._handle.check(_rejoin.rj_client_suspend(self._handle.get(), span_ns))
            self._record.did("suspend", f"{seconds:g} s", {"client": "suspended"}, lasts=seconds)

    @property
    def _simulated(self) -> SimulatedRuntime:
        assert isinstance(self._runtime, SimulatedRuntime)
        return self._runtime


class Simulation(Closing):
    """Edges and clients in a virtual network. One thread at a time; a context manager.

    Nothing moves but inside `run` and `run_until`. The same seed gives the same events at the same
    times.

    seed  0 to 2^64-1: decides everything random
    wall  the wall clock at its start, in seconds since 1970; None: now

    RejoinError INVALID_ARGUMENT names the argument and its rule.
    """

    def __init__(self, seed: int = 0, wall: float | None = None) -> None:
        self._runtime = runtime = SimulatedRuntime(seed, wall)
        self._handle = runtime._handle
        self.seed = seed
        """what it was made with"""
        self._record = Record(lambda: runtime.now)
        self._things: list[Member | SimulatedEdge] = []
        self._tidy_at = 64
        self._running = False

    # ---- what lives in it

    def edge(self, **options: Unpack[EdgeOptions]) -> SimulatedEdge:
        """A new edge; see `EdgeOptions`.

        TypeError: an option that does not exist. RejoinError INVALID_ARGUMENT names the option and
        its rule.
        """
        values: dict[str, Any] = dict(options)
        edge = SimulatedEdge(self._runtime, values)
        self._keep(edge)
        return edge

    def client(
        self,
        edge: EdgeBase | Sequence[EdgeBase] | None = None,
        uid: int = 0,
        *,
        urls: Sequence[str] = (),
        **options: Unpack[ClientOptions],
    ) -> SimulatedClient:
        """A new client, with a link of its own that needs 10 ms in each direction.

        edge     whose url it takes, before those of urls; or several, tried in this order
        urls     of more edges, 1 to 8 in all; without a fingerprint it takes those of this simulation's edges
        uid      1 to 2^32-1; 0 lets the edge choose
        options  see `ClientOptions`

        TypeError: an option that does not exist. RejoinError INVALID_ARGUMENT names the option and
        its rule.
        """
        edges = [edge] if isinstance(edge, EdgeBase) else list(edge or ())
        for one in edges:
            if not isinstance(one, EdgeBase):
                raise TypeError(f"edge is an edge of this simulation, or several, not {one!r}")
        values: dict[str, Any] = dict(options)
        all_urls = [*(one.url for one in edges), *url_list(None, urls)]
        if "ca_file" not in values:
            values.setdefault("fingerprint", self._fingerprints(all_urls) or None)
        client = SimulatedClient(self._runtime, all_urls, uid, values, link_delay=SIMULATED_DELAY)
        self._keep(client)
        return client

    def partition(self, *groups: Iterable[SimulatedEdge]) -> None:
        """Let only those edges of a cluster hear each other that are in one group. Nobody tells them.

        Edges that are in no group are one more. Without groups all hear each other again; other
        faults of their buses stay.

        ValueError: an edge is in two groups. RejoinError INVALID_STATE: one has no cluster.
        """
        sides: dict[SimulatedEdge, int] = {}
        for number, group in enumerate(groups, 1):
            for edge in group:
                if edge in sides:
                    raise ValueError(f"{edge!r} is in two groups")
                sides[edge] = number
        others = [
            thing
            for thing in self._things
            if isinstance(thing, SimulatedEdge)
            and thing._handle.pointer is not None
            and thing.bus.side != 0
        ]
        for edge in {**dict.fromkeys(others), **sides}:
            edge.bus.set(side=sides.get(edge, 0))

    def _fingerprints(self, urls: Sequence[str]) -> list[str]:
        """Of those edges of this simulation that a client is to know."""
        edges = [
            thing
            for thing in self._things
            if isinstance(thing, SimulatedEdge) and thing._handle.pointer is not None
        ]
        return [edge.fingerprint for edge in edges if edge.url in urls]

    def _keep(self, thing: Member | SimulatedEdge) -> None:
        """Keep it alive while the simulation is; those that were closed meanwhile are let go now and then."""
        self._things.append(thing)
        if len(self._things) > self._tidy_at:
            self._things = [kept for kept in self._things if kept._handle.pointer is not None]
            self._tidy_at = 2 * len(self._things) + 64

    # ---- time

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forwards, or backwards where seconds is negative; `now` runs on.

        Only what is checked anew sees it, such as the token of the next join (sections 2 and 6).

        RejoinError INVALID_ARGUMENT: the clock would leave the years 1970 to 2262.
        """
        step = arguments.real("seconds", seconds)
        if abs(step) > SECONDS_MAX:
            raise arguments.invalid("seconds", f"seconds is {seconds}; it goes to 2^33 either way")
        self._runtime.step_wall(round(step * 1e9))
        self._record.did("step_wall", f"{seconds:+g} s")

    @property
    def now(self) -> float:
        """Virtual seconds since its start."""
        return self._runtime.now

    def run(self, seconds: float) -> None:
        """Let virtual time pass. Functions given to `on` run at the ticks in which their events come.

        RejoinError INVALID_STATE: inside such a function. What a function raises ends the run at
        that tick and passes through; the events after it are told by the next run.
        """
        self._run(seconds, None, None)

    def run_until(
        self,
        predicate: Callable[[], object],
        limit: float = 3600.0,
        every: float | None = None,
    ) -> bool:
        """Let virtual time pass until the predicate is true, and return True.

        It is asked before anything moves, after each tick in which events came, and at the end.

        limit  seconds of virtual time
        every  ask it at least so often (seconds), for what changes without an event; at least a tick, 0.001

        TypeError: the predicate is no function. TimeoutError: it was not true when the limit was reached. Else as
        `run`.
        """
        arguments.function("predicate", predicate)
        if every is not None and every < TICK:
            raise ValueError(f"every is {every}; a tick is {TICK} s, and nothing happens between")
        if self._run(limit, predicate, every):
            return True
        raise TimeoutError(
            f"not so after {limit:g} s of virtual time (now {self.now:.3f} s): {_name(predicate)}"
        )

    def _run(
        self,
        seconds: float,
        predicate: Callable[[], object] | None,
        every: float | None,
    ) -> bool:
        if not isinstance(seconds, (int, float)):
            raise TypeError(f"seconds is a number, not {seconds!r}")
        if not 0 <= seconds <= SECONDS_MAX:
            raise ValueError(f"time cannot pass by {seconds} s")
        with self._alone():
            end = self._runtime.now_ns() + round(seconds * 1e9)
            step = round(min(AT_ONCE, every or AT_ONCE) * 1e9)
            self._look()
            while predicate is None or not predicate():
                now = self._runtime.now_ns()
                if now >= end:
                    return False
                if self._runtime.run(min(end, now + step)):
                    self._look()
            return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """It is being run. RejoinError INVALID_STATE: it was already."""
        if self._running:
            raise RejoinError(
                Status.INVALID_STATE,
                None,
                "this simulation is already running; it cannot run inside itself",
            )
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def _look(self) -> bool:
        """Take in the events of this tick, then let the functions hear them; whether there were events."""
        any_ready = False
        while (member := self._runtime._next_ready()) is not None:
            member._drain()
            any_ready = True
        untold = self._runtime._untold
        while untold:
            first = next(iter(untold))
            first._tell()  # when a function raises, the member stays for the next time
            untold.pop(first, None)
        return any_ready

    # ---- the end

    def close(self) -> None:
        """Free it with everything that lives in it; a second time is nothing. Its clients keep their `events`."""
        for thing in reversed(self._things):
            thing.close()
        self._runtime.close()

    def __repr__(self) -> str:
        if self._is_closed():
            return "<rejoin.Simulation closed>"
        return f"<rejoin.Simulation at {self.now:.3f} s, {len(self._things)} nodes>"


def _name(predicate: Callable[[], object]) -> str:
    code = getattr(predicate, "__code__", None)
    if code is None:
        return repr(predicate)
    return f"{predicate.__qualname__}, line {code.co_firstlineno} of {code.co_filename}"
