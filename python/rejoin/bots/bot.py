"""What a script derives its bot from: one user in one channel, who does what `run` says."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..events import Event
from ..options import ClientOptions

if TYPE_CHECKING:
    from ..aio import Client
    from .seat import Seat


class Bot:
    """One bot. A script derives its own from it and says what it does in `run`.

    A load makes each with no arguments, gives it what stands below, and awaits its `run`. What
    `run`, or a function that hears events, raises ends this bot alone; it is counted and reported.

    A method `on_user_joined`, or `on_` and another event's name, is called for each event of that
    name, and `on_event` for all: in their order, one at a time, beside `run`. It may be a plain or
    an async function.

    All bots share one thread: what takes its time is awaited.
    """

    number: int
    """0, 1, 2 and so on"""
    uid: int
    """the load's first uid and its number"""
    channel: str
    """where `join` joins"""
    client: Client
    """its own, not joined yet; with all its calls, its `state` and its `link`"""
    _seat: Seat

    async def run(self) -> None:
        """What the bot does; its client is closed afterwards. Of this class: join, and stay."""
        await self.join()
        await self.stay()

    def client_options(self) -> ClientOptions:
        """Options of its client, beside those of the load and before them; asked for before `client` is there."""
        return {}

    def token(self) -> str | None:
        """The token that `join` takes: made with the load's certificate, where it has one."""
        return self._seat.token()

    # ---- what it may call

    async def join(self, channel: str | None = None, token: str | None = None) -> Event:
        """Join, and return `did_join_channel`; see `rejoin.aio.Client.join`.

        channel  None: the bot's own
        token    None: what `token` says

        JoinError: the edge refuses. A bot that lets it pass is counted as refused, not as a script that raised.
        """
        return await self.client.join(channel or self.channel, token or self.token())

    async def leave(self) -> Event | None:
        """Leave, and return `did_leave_channel`; see `rejoin.aio.Client.leave`."""
        return await self.client.leave()

    async def stay(self) -> None:
        """Do nothing more, until the load ends."""
        await asyncio.get_running_loop().create_future()

    async def sleep(self, seconds: float) -> None:
        """Wait. The load's time scale multiplies it, as it does the library's timers."""
        await asyncio.sleep(seconds * self._seat.time_scale)

    async def wait_for(self, name: str, timeout: float | None = None, **fields: Any) -> Event:
        """Wait for the next event of a name; see `rejoin.aio.Client.wait_for`.

        timeout  seconds, which the load's time scale multiplies; None: until the load ends

        TimeoutError: it did not come.
        """
        if timeout is not None:
            timeout *= self._seat.time_scale
        return await self.client.wait_for(name, timeout, **fields)

    @property
    def now(self) -> float:
        """Seconds since the load began, real or virtual."""
        return self._seat.now

    @cached_property
    def random(self) -> random.Random:
        """Its own; the load's seed and its number decide what it draws."""
        return random.Random(f"{self._seat.seed}/{self.number}")

    @cached_property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """Writes to the logger `rejoin.bots`, which the command's --log writes to a file, with the bot's number."""
        return _Log(logging.getLogger("rejoin.bots"), {"number": self.number})

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} {getattr(self, 'number', '')} in {getattr(self, 'channel', '')!r}>"


if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _Log(_Adapter):
    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        assert self.extra is not None
        return f"bot {self.extra['number']}: {msg}", kwargs
