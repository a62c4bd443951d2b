"""Clients for asyncio, real and simulated. All clients of one event loop share a runtime.

A real one has one descriptor, which the loop watches; a `SimulationLoop` lets a simulation's time pass while it waits.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .client import url_list
from .errors import JoinError
from .events import Event
from .handles import after_fork
from .link import SIMULATED_DELAY
from .member import Member
from .numbers import State
from .options import HISTORY
from .runtime import Runtime
from .simulated_loop import SimulationLoop, run
from .waiting import Cursor, Wanted

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Unpack

    from .options import ClientOptions

__all__ = ["Client", "SimulationLoop", "run"]

AT_ONCE = 500  # clients whose events are taken in before the loop has its turn again


class _Hub:
    """One event loop's runtime, watched while the loop has clients.

    Real runtimes are used again, by this loop or another, since freeing one may wait. A simulated one is its loop's own
    to look after.
    """

    _of: ClassVar[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub]] = (
        weakref.WeakKeyDictionary()
    )
    _idle: ClassVar[list[Runtime]] = []
    _lock = threading.Lock()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._clients = 0
        self._runtime: Runtime | None = None
        self._fd = -1

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> _Hub:
        with cls._lock:
            hub = cls._of.get(loop)
            if hub is None or (hub._runtime is not None and hub._runtime._is_closed()):
                hub = cls._of[loop] = cls(loop)
            return hub

    def enter(self, loop: asyncio.AbstractEventLoop) -> Runtime:
        if self._runtime is None:
            if isinstance(loop, SimulationLoop):
                self._runtime = loop.simulation._runtime
            else:
                self._runtime = self._watched(loop)
        self._clients += 1
        return self._runtime

    def _watched(self, loop: asyncio.AbstractEventLoop) -> Runtime:
        with self._lock:
            idle = [runtime for runtime in self._idle if not runtime._is_closed()]
            runtime = idle.pop() if idle else Runtime()
            self._idle[:] = idle
        self._fd = runtime._event_fd()
        loop.add_reader(self._fd, self._readable)
        return runtime

    def leave(self) -> None:
        self._clients -= 1
        runtime, loop = self._runtime, self._loop()
        if self._clients == 0 and runtime is not None:
            self._runtime = None
            if self._fd < 0:
                return
            if loop is not None and not loop.is_closed():
                loop.remove_reader(self._fd)
            self._fd = -1
            with self._lock:
                self._idle.append(runtime)

    def _readable(self) -> None:
        for _ in range(AT_ONCE):  # what is left keeps the descriptor readable
            if self._runtime is None or (member := self._runtime._next_ready()) is None:
                break
            member._drain()


def _forget_hubs() -> None:
    _Hub._of.clear()
    _Hub._idle.clear()
    _Hub._lock = threading.Lock()


after_fork.append(_forget_hubs)


class Client(Member):
    """One user in one channel at a time, for asyncio. An async context manager; use it on the loop that it was made in.

    On a `SimulationLoop` it lives in the loop's simulation, with a link of its own as those of
    `Simulation.client`; else it is real.

    Options as those of `rejoin.Client`, and these as there: `state`, `last_heard`, `stats`, `link`,
    `on` and `listener` (functions run in the loop, what they raise goes to the loop's exception
    handler), `renew_token`, `set_client_role`, `network_changed`, `create_data_stream`,
    `send_stream_message`.

    RuntimeError: no event loop is running here. TypeError, RejoinError: as `rejoin.Client`.
    """

    def __init__(
        self,
        url: str | None = None,
        uid: int = 0,
        *,
        urls: Sequence[str] = (),
        **options: Unpack[ClientOptions],
    ) -> None:
        given: dict[str, Any] = dict(options)
        self._loop = asyncio.get_running_loop()
        self._hub: _Hub | None = _Hub.of(self._loop)
        runtime = self._hub.enter(self._loop)
        simulated = isinstance(self._loop, SimulationLoop)
        try:
            super().__init__(
                runtime,
                url_list(url, urls),
                uid,
                given,
                link_delay=SIMULATED_DELAY if simulated else 0.0,
                history=None if simulated else HISTORY,
            )
        except BaseException:
            self._leave_hub()
            raise
        self._read = Cursor(self._history)
        self._waits = Cursor(self._history)
        self._changed: list[asyncio.Future[None]] = []  # of those who wait for the next event
        if isinstance(self._loop, SimulationLoop):
            self._loop.simulation._keep(self)

    async def join(self, channel: str, token: str | None = None, uid: int | None = None) -> Event:
        """Join a channel and return its `did_join_channel`.

        It goes on trying as long as the library does, 20 minutes (N-5); `asyncio.wait_for` bounds
        it, and a cancelled join leaves again.

        channel  1 to 64 bytes of the channel alphabet
        token    printable ASCII, up to 4,096 characters; None where the app is in testing mode
        uid      1 to 2^32-1, 0 lets the edge choose; None: the one given when the client was made

        JoinError: it ended without success, with the reason (S-6, S-7, S-26). Other RejoinErrors:
        as `rejoin.Client.join`.
        """
        self._drain()
        place = Cursor(self._history, self._history.last)
        self._join(channel, token, uid)
        self._waits = place.copy()
        try:
            while True:
                self._drain()
                while (event := place.next()) is not None:
                    if event.name == "did_join_channel":
                        self._waits.skip_to(event.sequence)
                        return event
                    if event.state in (State.FAILED, State.DISCONNECTED):
                        assert event.reason is not None
                        raise JoinError(event.reason, channel)
                await self._more(place)
        except asyncio.CancelledError:
            if self._handle.pointer is not None:
                self._leave()
            raise

    async def leave(self) -> Event | None:
        """Leave, or stop trying to join, and return `did_leave_channel` (S-25 to S-28).

        None: there was nothing to leave (S-29).

        Does not wait for the network.
        """
        self._drain()
        place = Cursor(self._history, self._history.last)
        if self.state is State.DISCONNECTED:
            return None
        self._leave()
        self._drain()
        return place.find(Wanted("did_leave_channel", {}))

    async def wait_for(self, name: str, timeout: float | None = None, **fields: Any) -> Event:
        """Wait for the next event of a name, and with the given values in its fields.

        Events are looked at in their order, each once, starting after the last `join`'s; those
        before the one waited for are passed over. Two waits at a time each look at all of them.

        TimeoutError: it did not come within `timeout` seconds (None: wait for ever). ValueError or
        TypeError: there is no such event or field. RejoinError NOT_INITIALIZED: the client is
        closed.
        """
        wanted = Wanted(name, fields)
        place = self._waits.copy()
        end = None if timeout is None else self._loop.time() + timeout
        while True:
            self._drain()
            if (event := place.find(wanted)) is not None:
                self._waits.skip_to(event.sequence)
                return event
            rest = None if end is None else end - self._loop.time()
            if rest is not None and rest <= 0:
                raise TimeoutError(
                    f"no {wanted} within {timeout:g} s; the state is {self.state.name}"
                )
            await self._more(place, rest)

    async def events(self) -> AsyncIterator[Event]:
        """Every event once, in order, from the client's first: `async for event in client.events()`.

        A later loop goes on where the last one ended; two at a time share the events. It ends when
        the client is closed. Who falls behind by more than `history` events sees `events_dropped`.
        """
        while True:
            self._drain()
            while (event := self._read.next()) is not None:
                yield event
            if self._handle.pointer is None:
                return
            await self._more(self._read)

    @property
    def history(self) -> list[Event]:
        """All events so far, oldest first, as `rejoin.Client.events`."""
        return self._all_events()

    def close(self) -> None:
        """Free the client: it leaves, without events (S-30). Never waits; a second time is nothing."""
        super().close()
        self._wake()
        self._leave_hub()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _drain(self) -> list[Event]:
        events = super()._drain()
        if events:
            self._wake()
            if self._functions:
                self._loop.call_soon(self._tell_in_loop)
        return events

    def _tell_in_loop(self) -> None:
        try:
            self._tell()
        except BaseException:
            self._loop.call_soon(self._tell_in_loop)  # what is left, after this has been heard of
            raise

    def _wake(self) -> None:
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not self._loop.is_closed():
                _settle(future)

    async def _more(self, place: Cursor, timeout: float | None = None) -> None:
        """Wait until there is something behind this place, or the time is over. RejoinError: the client is closed."""
        with self._handle.lock:
            self._handle.get()
        if place.is_at_end():
            future: asyncio.Future[None] = self._loop.create_future()
            self._changed.append(future)
            late = None if timeout is None else self._loop.call_later(timeout, _settle, future)
            try:
                await future
            finally:
                if late is not None:
                    late.cancel()
                if future in self._changed:
                    self._changed.remove(future)

    def _leave_hub(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            hub.leave()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
