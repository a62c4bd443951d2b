"""A load: starts the bots at their pace, watches them, and ends them."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import closing, suppress
from typing import Any

from .. import aio
from ..simulation import SimulatedEdge, Simulation
from .bot import Bot
from .counts import Tally
from .plan import Plan
from .report import Process, Report
from .screen import NoScreen, Screen
from .script import Script
from .seat import Seat
from .usage import memory, processor_time
from .world import Look, World, world_of

LOOK_EVERY = 1.0  # seconds between two looks at the edge
END_WAIT = 5.0  # seconds that bots have to end in, once they were told
AT_ONCE = 0.005  # seconds of starting bots in one go when the ramp is late; then the others have their turn


class Load:
    """One run of a plan in a world. Used once.

    RejoinError, TypeError: the options of the clients are wrong. ScriptError: the bot cannot be used.
    """

    def __init__(self, bot: type[Bot], plan: Plan, world: World, screen: NoScreen) -> None:
        self.script = Script(bot)
        self.plan = plan
        self.tally = Tally()
        self.is_over = False
        self.loop: asyncio.AbstractEventLoop
        self._world = world
        self._screen = screen
        self._seats: dict[int, Seat] = {}  # of those that run
        self._began = 0.0
        self._ended = 0.0
        self._over: asyncio.Future[str]
        self._late = 0.0  # by how much our loop was late at most
        self._look: Look | None = None
        self._client_options = plan._client_options()
        if world.fingerprint is not None:
            self._client_options["fingerprint"] = world.fingerprint

    # ---- what seats ask and tell

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return self.loop.time() - self._began

    @property
    def urls(self) -> list[str]:
        """The edge's."""
        return self._world.urls

    def client_options(self) -> dict[str, Any]:
        """What all clients are made with."""
        return self._client_options

    def joined(self, seat: Seat) -> None:
        """A bot is in its channel for the first time."""
        tally = self.tally
        tally.joined_once += 1
        if tally.joined_once == self.plan.count:
            tally.all_joined_at = self.now

    def gone(self, seat: Seat) -> None:
        """A bot has ended."""
        self._seats.pop(seat.number, None)
        if self.tally.gone == self.plan.count:
            self._end("every bot has ended")

    # ---- the run

    def run(self) -> Report:
        """Run it to its end; Ctrl-C ends it, too."""
        return self._world.run(self._run())

    async def _run(self) -> Report:
        self.loop = asyncio.get_running_loop()
        self._over = self.loop.create_future()
        self._try_options()
        cpu, held, look = processor_time(), memory(), self._world.look()
        self._began = self.loop.time()
        heard = self._hear_interrupt()
        watcher = self.loop.create_task(self._watch())
        ramp = self.loop.create_task(self._ramp())
        try:
            first: list[asyncio.Future[Any]] = [ramp, self._over]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if ramp.done():
                ramp.result()
                await asyncio.wait({self._over}, timeout=self.plan.duration)
            self._end("its time is over")
            watcher.cancel()
            self._ended = self.now
            self.tally.sample(self._ended)
            with suppress(RuntimeError):  # an edge that died tells nothing; the bots' part stands
                self._look = self._world.look()
            report = self._report(cpu, held, look)
        finally:
            self.is_over = True
            ramp.cancel()
            watcher.cancel()
            self._screen.close()
            await self._end_all()
            if heard:
                self.loop.remove_signal_handler(signal.SIGINT)
        return report

    def _try_options(self) -> None:
        """What is wrong with the options is wrong for all: better said once, before anything starts."""
        options = self._client_options
        with closing(aio.Client(urls=self._world.urls, **options)) as client:
            if self.plan.network is not None:
                client.link.follow(self.plan.network)

    def _hear_interrupt(self) -> bool:
        """Let Ctrl-C end it; whether that could be done."""
        if threading.current_thread() is not threading.main_thread():
            return False
        with suppress(NotImplementedError, RuntimeError):
            self.loop.add_signal_handler(signal.SIGINT, self._end, "it was stopped")
            return True
        return False

    def _end(self, why: str) -> None:
        if not self._over.done():
            self._over.set_result(why)

    async def _ramp(self) -> None:
        plan, turn = self.plan, self.loop.time()
        for number in range(plan.count):
            wait = self._began + number / plan.rate - self.loop.time()
            if wait > 0 or self.loop.time() - turn > AT_ONCE:
                await asyncio.sleep(max(0.0, wait))
                turn = self.loop.time()
            seat = self._seats[number] = Seat(self, number)
            seat.begin()

    async def _watch(self) -> None:
        """Samples, the screen, how late our loop is, and looks at the edge."""
        due, look_due = self.loop.time(), self.loop.time() + LOOK_EVERY
        while True:
            self._late = max(self._late, self.loop.time() - due)
            self._screen.show(self.plan, self.tally, self.tally.sample(self.now), self._look)
            if self.loop.time() >= look_due:
                look_due = self.loop.time() + LOOK_EVERY
                try:
                    self._look = await self.loop.run_in_executor(None, self._world.look)
                except RuntimeError as error:
                    self._end(str(error))
                    return
            due = self.loop.time() + self.tally.sample_every
            await asyncio.sleep(self.tally.sample_every)

    async def _end_all(self) -> None:
        """Tell all bots that it is over, and wait for them a while."""
        seats = list(self._seats.values())
        tasks = [seat.task for seat in seats if seat.task is not None]
        for seat in seats:
            seat.stop()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=END_WAIT)
            if left:
                self._screen.say(f"{len(left)} bots did not end within {END_WAIT:g} s")

    def _report(self, cpu: float, held: int, look: Look | None) -> Report:
        return Report._of(
            plan=self.plan,
            script=self.script.bot.__name__,
            where=self._world.where,
            simulated=self._world.is_simulated,
            why_over=self._over.result(),
            seconds=self._ended,
            tally=self.tally,
            late=self._late,
            bots_process=Process(processor_time() - cpu, memory(), memory() - held),
            before=look,
            after=self._look,
        )


def run(
    bot: type[Bot] = Bot,
    *,
    simulated: bool = False,
    simulation: Simulation | None = None,
    edge: SimulatedEdge | None = None,
    show: bool = False,
    **plan: Any,
) -> Report:
    """Run many bots, and report how they fared.

    bot         the class that each bot is one of
    simulated   in virtual time; else for real
    simulation  in this one, which then goes on from its present time; it is not closed
    edge        in that simulation; None: a new one
    show        print the live view to standard output
    plan        what `Plan` has: count, channel_size, rate, duration, seed, network, time_scale, urls and so on

    RejoinError, TypeError: an option is wrong. ScriptError: the class is none for bots.
    """
    asked = Plan(**plan)
    world = world_of(asked, simulated, simulation, edge)
    try:
        return Load(bot, asked, world, Screen() if show else NoScreen()).run()
    finally:
        world.close()
