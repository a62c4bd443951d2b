"""A bot's place in a load: makes it, runs it, hears its events, and ends it when it is over or raises."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import aio
from ..errors import JoinError
from ..events import Event
from ..numbers import State
from .counts import PHASE_OF
from .script import where

if TYPE_CHECKING:
    from .bot import Bot
    from .load import Load

HISTORY = 64  # events that a bot's client keeps, at most twice that


class BotClient(aio.Client):
    """A client that tells its seat what happened as soon as it is known, and when join was called."""

    def __init__(self, seat: Seat, urls: list[str], uid: int, options: dict[str, Any]) -> None:
        self._seat = seat
        self.asked = 0.0  # when join was called
        super().__init__(None, uid, urls=urls, **options)

    def _join(self, channel: str, token: str | None, uid: int | None) -> None:
        self.asked = self.now
        super()._join(channel, token, uid)

    def _drain(self) -> list[Event]:
        events = super()._drain()
        if events:
            self._seat.hear(events)
        return events


class Seat:
    """One bot's. Used on the load's loop."""

    __slots__ = (
        *("_bot", "_client", "_error", "_load", "_phase", "_task", "_teller", "_telling"),
        *("_interrupted_at", "_joined", "_untold", "number"),
    )

    def __init__(self, load: Load, number: int) -> None:
        self.number = number
        self._load = load
        self._bot: Bot | None = None
        self._client: BotClient | None = None
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None  # that a function for events raised
        self._phase: str | None = None
        self._untold: deque[Event] = deque()
        self._telling = False
        self._teller: asyncio.Task[None] | None = None
        self._interrupted_at = 0.0
        self._joined = False

    # ---- what a bot asks

    @property
    def time_scale(self) -> float:
        return self._load.plan.time_scale

    @property
    def seed(self) -> int:
        return self._load.plan.seed

    @property
    def now(self) -> float:
        return self._load.now

    def token(self) -> str | None:
        bot = self._bot
        assert bot is not None
        return self._load.plan._token(bot.channel, bot.uid)

    # ---- its life

    def begin(self) -> None:
        """Make the bot and let it run."""
        self._task = self._load.loop.create_task(self._play())

    def stop(self) -> None:
        """End it, as the load is over."""
        if self._task is not None:
            self._task.cancel()

    @property
    def task(self) -> asyncio.Task[None] | None:
        return self._task

    async def _play(self) -> None:
        load = self._load
        load.tally.started += 1
        try:
            await self._make().run()
            load.tally.ended += 1
        except asyncio.CancelledError as error:
            if self._error is not None:
                self._raised(self._error)
            elif not load.is_over:
                self._raised(error)  # the script cancelled itself
        except (Exception, SystemExit) as error:
            self._raised(error)
        finally:
            self._close()
            load.gone(self)

    def _make(self) -> Bot:
        load, plan = self._load, self._load.plan
        self._bot = bot = load.script.bot()
        bot._seat = self
        bot.number = self.number
        bot.uid = plan.first_uid + self.number
        bot.channel = plan._channel_of(self.number)
        options = {"history": HISTORY, **load.client_options(), **bot.client_options()}
        self._client = bot.client = client = BotClient(self, load.urls, bot.uid, options)
        self._enter("disconnected")
        if plan.network is not None:
            client.link.follow(plan.network)
        return bot

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
        if self._teller is not None:
            self._teller.cancel()
        self._enter(None)
        self._untold.clear()
        self._bot = None

    def _raised(self, error: BaseException) -> None:
        tally = self._load.tally
        if isinstance(error, JoinError):
            tally.refused += 1
            tally.refusals[error.reason.name] += 1
            return
        tally.raised += 1
        what = "".join(traceback.format_exception_only(type(error), error)).strip()
        trace = ""
        if len(tally.failures) < tally.TRACEBACKS:
            frames = error.__traceback__
            if frames is not None and frames.tb_next is not None:
                frames = frames.tb_next  # the first is this file's
            trace = "".join(traceback.format_exception(type(error), error, frames))
        tally.failure(what, where(error), self.number, trace)

    def _fail(self, error: BaseException) -> None:
        """A function for events raised: the bot ends."""
        if self._error is None and self._task is not None:
            self._error = error
            self._task.cancel()

    def _enter(self, phase: str | None) -> None:
        self._load.tally.phase(self._phase, phase)
        self._phase = phase

    # ---- its events

    def hear(self, events: Sequence[Event]) -> None:
        """They came, and are counted; the bot's own functions hear them in the loop's next round."""
        load = self._load
        load.tally.heard(list(events))
        for event in events:
            if event.state is not None:
                self._enter(PHASE_OF.get(event.state, "disconnected"))
                if event.state is State.RECONNECTING and event.old_state is State.CONNECTED:
                    self._interrupted_at = event.time
            elif event.name == "did_join_channel":
                client = self._client
                if client is not None:
                    load.tally.joins.add(event.time - client.asked)
                if not self._joined:
                    self._joined = True
                    load.joined(self)
            elif event.name == "did_rejoin_channel":
                load.tally.rejoins.add(event.time - self._interrupted_at)
        if load.script.hears:
            self._untold.extend(events)
            if not self._telling:
                self._telling = True
                if load.script.awaits:
                    self._teller = load.loop.create_task(self._tell_and_await())
                else:
                    load.loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        while self._untold and self._bot is not None:
            event = self._untold.popleft()
            for function in self._load.script.heard_by(event.name):
                try:
                    function(self._bot, event)
                except (Exception, SystemExit) as error:
                    self._fail(error)
                    return

    async def _tell_and_await(self) -> None:
        try:
            while self._untold and self._bot is not None:
                event = self._untold.popleft()
                for function in self._load.script.heard_by(event.name):
                    answer = function(self._bot, event)
                    if asyncio.iscoroutine(answer):
                        await answer
        except (Exception, SystemExit) as error:
            self._fail(error)
        finally:
            self._telling = False
