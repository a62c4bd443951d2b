"""asyncio in virtual time: an event loop that lets a simulation's time pass while it waits."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    from .simulation import Simulation

T = TypeVar("T")

AT_ONCE_NS = 60 * 10**9  # virtual time in one call of the library, so that Ctrl-C is heard
LIMIT_NS = 24 * 3600 * 10**9
"""virtual time without a timer or an event after which a loop says that it waits in vain; asyncio never waits longer
for a timer"""


class SimulationLoop(asyncio.SelectorEventLoop):
    """An event loop in a simulation's time: `asyncio.sleep(1200)` takes as long as what happens meanwhile.

    `rejoin.aio.Client`s that are made on it live in the simulation. `time()` is `Simulation.now`.
    Its callbacks run in an order that the seed and the program decide. Real descriptors are looked
    at between ticks, without waiting for them; what is given to an executor runs at once, and no
    time passes.

    simulation  whose time it is; while the loop runs, nobody else can run it

    `rejoin.aio.run` makes one, and is all that most programs need.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        """whose time it is"""
        super().__init__(_Selector(simulation))

    def time(self) -> float:
        """Virtual seconds since the simulation's start."""
        return self.simulation.now

    def run_forever(self) -> None:
        """Run until `stop`. RejoinError INVALID_STATE: the simulation is running already."""
        with self.simulation._alone():
            super().run_forever()

    def run_in_executor(  # type: ignore[override]  # typeshed has it as a coroutine in some versions
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Call the function now, on this thread, so that every run is the same; the executor is not used."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Selector(selectors.DefaultSelector):
    """Waits in virtual time."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        told = self._simulation._look()  # what calls have brought about
        if ready or told or (timeout is not None and timeout <= 0):
            return ready
        runtime = self._simulation._runtime
        now = runtime.now_ns()
        end = now + (LIMIT_NS if timeout is None else max(1, round(timeout * 1e9)))
        while now < end:
            if runtime.run(min(end, now + AT_ONCE_NS)):
                self._simulation._look()
                return super().select(0)
            ready = super().select(0)
            if ready:
                return ready
            now = runtime.now_ns()
        if timeout is None:
            raise RuntimeError(
                "for a day of virtual time there was neither an event nor a timer: every task waits in vain"
            )
        return ready


def run(main: Coroutine[Any, Any, T], simulation: Simulation) -> T:
    """Run a coroutine to its end in a simulation's time, as `asyncio.run` does in real time.

    Tasks that are left are cancelled. Returns what it returns; what it raises passes through.

    RejoinError INVALID_STATE: the simulation is running already. RuntimeError: another loop runs on
    this thread; or a day of virtual time passed without an event or a timer.
    """
    try:
        with simulation._alone():
            loop = SimulationLoop(simulation)
    except BaseException:
        main.close()
        raise
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        try:
            _cancel_all(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = sorted(
        asyncio.all_tasks(loop), key=lambda task: (len(task.get_name()), task.get_name())
    )
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {
                    "message": "a task that was left raised when it was cancelled",
                    "exception": task.exception(),
                    "task": task,
                }
            )
