"""A client over real QUIC, for programs with threads."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import _rejoin
from .events import Event
from .handles import Closing
from .member import SyncMember
from .options import HISTORY
from .runtime import Runtime, shared
from .waiting import Cursor, Wanted

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import ClientOptions

LOOK_EVERY = 0.1  # seconds; so soon a waiting thread sees that another one closed the client or took its events


def url_list(url: str | None, urls: Sequence[str]) -> list[str]:
    """All urls that a client was given."""
    if isinstance(urls, str):
        raise TypeError("urls is a list of str; one alone is given as url")
    return ([] if url is None else [url]) + list(urls)


class Client(Closing, SyncMember):
    """One user in one channel at a time, over real QUIC.

    Calls return at once; what came of them arrives as events. They are taken in when you look: at
    `events`, in `wait_for` and in `dispatch`. A context manager; any thread may use it.

    url      rejoin://host[:port] of the edge (`Edge.url`); or
    urls     1 to 8 of them, tried in turn, and with them the other edges that an edge of a
             cluster hands out
    uid      1 to 2^32-1; 0 lets the edge choose, `did_join_channel` then tells which
    runtime  one of your own; else the one that all such clients share
    options  see `ClientOptions`

    TypeError: an option that does not exist. RejoinError: INVALID_ARGUMENT (the option and its
    rule), INVALID_USER_ID, RESOURCE_LIMITED.
    """

    def __init__(
        self,
        url: str | None = None,
        uid: int = 0,
        *,
        urls: Sequence[str] = (),
        runtime: Runtime | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        given: dict[str, Any] = dict(options)
        super().__init__(runtime or shared(), url_list(url, urls), uid, given, history=HISTORY)
        self._waits = Cursor(self._history)

    def _join(self, channel: str, token: str | None, uid: int | None) -> None:
        with self._handle.lock:
            self._drain()
            before = self._history.last
            super()._join(channel, token, uid)
            self._waits.skip_to(before)

    def wait_for(self, name: str, timeout: float | None = None, **fields: Any) -> Event:
        """Wait for the next event of a name, and with the given values in its fields.

        Events are looked at in their order, each once, starting at the last `join`; those before
        the one waited for are passed over (they stay in `events`). Functions given to `on` hear
        them meanwhile, on this thread.

        name     such as "did_join_channel"
        timeout  seconds; None: for ever
        fields   such as uid=2 or state=State.FAILED

        TimeoutError: it did not come. ValueError or TypeError: there is no such event or field.
        RejoinError: INVALID_STATE inside a function given to `on`, NOT_INITIALIZED once the client
        is closed.
        """
        self._check_not_telling("wait_for")
        wanted = Wanted(name, fields)
        deadline = None if timeout is None else time.monotonic() + timeout
        place = self._waits.copy()
        while True:
            self._drain()
            self._tell()
            with self._handle.lock:
                event = place.find(wanted)
                if event is not None:
                    self._waits.skip_to(event.sequence)
                    return event
            if not self._wait(deadline):
                raise TimeoutError(
                    f"no {wanted} within {timeout:g} s; the state is {self.state.name}"
                )

    def dispatch(self, timeout: float | None = 0.0) -> int:
        """Call the functions given to `on` for the events that wait, on this thread.

        timeout  seconds to wait for the first event; None: for ever

        Returns how many events were told. RejoinError: INVALID_STATE inside such a function,
        NOT_INITIALIZED once the client is closed. What a function raises passes through; the events
        after it are told by the next call.
        """
        self._check_not_telling("dispatch")
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self._drain()
            told = self._tell()
            if told or not self._wait(deadline):
                return told

    def _wait(self, deadline: float | None) -> bool:
        """Wait until events may be there; False: the deadline has passed. Lets other threads run."""
        with self._handle.lock:
            fd = self._handle.check(_rejoin.rj_client_event_fd(self._handle.get()))
        rest = LOOK_EVERY
        if deadline is not None:
            rest = min(rest, deadline - time.monotonic())
            if rest <= 0:
                return False
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.poll(rest * 1000)
        return True
