"""Runtimes: what moves packets and time for the clients and edges that live in them."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from . import _rejoin, arguments
from .errors import status_error
from .handles import Closing, Handle, after_fork
from .options import CLIENT_NAMES, EDGE_NAMES

if TYPE_CHECKING:
    from .member import Member


class Runtime(Closing):
    """A real runtime: one thread of the library, with sockets and the clock that counts time asleep.

    Clients share one runtime unless they are given another; each `Edge` has its own. Any thread may
    use it.

    RejoinError: RESOURCE_LIMITED (memory, threads, descriptors).
    """

    def __init__(self) -> None:
        self._start(simulated=0, seed=0, wall_ns=0)

    def _start(self, simulated: int, seed: int, wall_ns: int) -> None:
        made = _rejoin.runtime_new(simulated, seed, wall_ns)
        if isinstance(made, int):
            raise status_error(made, _rejoin.rj_runtime_error_text(None), {"wall_ns": "wall"})
        self._handle = Handle(
            "runtime", made, _rejoin.rj_runtime_free, _rejoin.rj_runtime_error_text
        )
        self._members: dict[int, weakref.ref[Member]] = {}  # by the address of their handle

    @property
    def now(self) -> float:
        """Seconds on the clock of every event's time here."""
        with self._handle.lock:
            return _rejoin.rj_runtime_now(self._handle.get()) / 1e9

    def close(self) -> None:
        """Free it; waits up to 200 ms for the goodbyes of clients that have left. Close its clients and edges first."""
        self._handle.close()

    def __repr__(self) -> str:
        return f"<rejoin.{type(self).__qualname__} {'closed' if self._is_closed() else 'open'}>"

    # ---- for the clients and edges of this package

    def _make_client(self, member: Member, values: dict[str, Any]) -> Handle:
        with self._handle.lock:
            made = _rejoin.client_new(self._handle.get(), **values)
            if isinstance(made, int):
                text = _rejoin.rj_runtime_error_text(self._handle.get())
                raise status_error(made, text, CLIENT_NAMES)
        handle = Handle("client", made, _rejoin.rj_client_free, _rejoin.rj_client_error_text)
        self._members[int(made)] = weakref.ref(member)
        return handle

    def _make_edge(self, values: dict[str, Any]) -> Handle:
        with self._handle.lock:
            made = _rejoin.edge_new(self._handle.get(), **values)
            if isinstance(made, int):
                text = _rejoin.rj_runtime_error_text(self._handle.get())
                raise status_error(made, text, EDGE_NAMES)
        return Handle("edge", made, _rejoin.rj_edge_free, _rejoin.rj_edge_error_text)

    def _forget_client(self, address: int) -> None:
        self._members.pop(address, None)

    def _next_ready(self) -> Member | None:
        """The next client that has events; those that are gone meanwhile are passed over."""
        while True:
            with self._handle.lock:
                address = _rejoin.next_ready(self._handle.get())
            if address == 0:
                return None
            reference = self._members.get(address)
            member = reference() if reference is not None else None
            if member is not None:
                return member

    def _event_fd(self) -> int:
        with self._handle.lock:
            return self._handle.check(_rejoin.rj_runtime_event_fd(self._handle.get()))


class SimulatedRuntime(Runtime):
    """A virtual network in virtual time; `Simulation` has one."""

    def __init__(self, seed: int, wall: float | None) -> None:
        wall_ns = 0 if wall is None else arguments.nanoseconds("wall", wall)
        self._start(1, arguments.whole("seed", seed, 2**64 - 1), wall_ns)

        self._untold: dict[Member, None] = {}  # whose functions have not heard everything, in order

    def now_ns(self) -> int:
        with self._handle.lock:
            return _rejoin.rj_runtime_now(self._handle.get())

    def step_wall(self, step_ns: int) -> None:
        """Set the wall clock by so much."""
        with self._handle.lock:
            self._handle.check(
                _rejoin.rj_runtime_step_wall(self._handle.get(), step_ns), {"step_ns": "seconds"}
            )

    def run(self, until_ns: int) -> bool:
        """Let time pass to `until_ns` or to the first tick in which an event waits; True: it stopped for events."""
        with self._handle.lock:
            status = _rejoin.rj_runtime_run(self._handle.get(), until_ns, 1)
            return self._handle.check(status) == 1


_shared: Runtime | None = None
_shared_lock = threading.Lock()


def _share_anew() -> None:
    global _shared, _shared_lock
    _shared, _shared_lock = None, threading.Lock()


after_fork.append(_share_anew)


def shared() -> Runtime:
    """The runtime of all clients that were given none; it lives until the interpreter ends."""
    global _shared
    with _shared_lock:
        if _shared is None or _shared._is_closed():
            _shared = Runtime()
        return _shared
