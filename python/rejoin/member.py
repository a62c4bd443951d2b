"""What every client has, whoever drives it: calls, state, the events so far and the functions that hear them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Callable, TypeVar

from . import _rejoin, arguments
from .errors import RejoinError, status_error
from .events import Event, Stats, check_event_name
from .handles import Closeable
from .history import History
from .link import Link
from .numbers import Network, Role, State, Status
from .options import client_arguments, history_limit
from .record import Record
from .runtime import Runtime

Function = Callable[[Event], object]
FunctionT = TypeVar("FunctionT", bound=Function)


class Member(Closeable):
    """One user in one channel at a time; the base of `Client`, `aio.Client` and a simulation's clients.

    Any thread may use it, also inside a function given to `on`.
    """

    def __init__(
        self,
        runtime: Runtime,
        urls: Sequence[str],
        uid: int,
        options: dict[str, Any],
        link_delay: float = 0.0,
        history: int | None = None,
    ) -> None:
        self.uid = arguments.uid(uid)
        """the uid that `join` takes when it is given none; 0: the edge chooses"""
        limit = history_limit(options, history)
        self._history = History(limit)
        self._runtime = runtime
        self._handle = runtime._make_client(self, client_arguments(urls, options))
        self._address = int(self._handle.get())
        self._record = Record(lambda: runtime.now, limit)
        self.link = Link(self._handle, link_delay, self._record)
        """the client's network, to cut and to heal"""
        self._functions: list[tuple[str | None, Function]] = []
        self._told = 0  # the sequence number up to which functions have heard
        self._left: list[
            tuple[Function, Event]
        ] = []  # for the other functions, when one has raised
        self._telling: int | None = None  # the thread that runs them

    # ---- calls

    def _join(self, channel: str, token: str | None, uid: int | None) -> None:
        channel = arguments.text("channel", channel, Status.INVALID_CHANNEL_NAME)
        token = arguments.optional_text("token", token)
        uid = self.uid if uid is None else arguments.uid(uid)
        with self._handle.lock, self._record.call("join", channel):
            status = _rejoin.rj_client_join_channel(self._handle.get(), token, channel, uid)
            self._handle.check(status, {"token": "token"})

    def _leave(self) -> None:
        with self._handle.lock, self._record.call("leave"):
            self._handle.check(_rejoin.rj_client_leave_channel(self._handle.get()))

    def renew_token(self, token: str) -> None:
        """Give a new token (S-20 to S-23).

        In CONNECTED it goes to the edge and the event `renew_token_result` tells what it said; else
        it is kept for the next attempt.

        token  printable ASCII, 1 to 4,096 characters

        RejoinError: INVALID_ARGUMENT (empty or malformed), INVALID_STATE (FAILED for another reason
        than TOKEN_EXPIRED, and in dialect 3x FAILED at all).
        """
        token = arguments.text("token", token)
        with self._handle.lock, self._record.call("renew_token"):
            status = _rejoin.rj_client_renew_token(self._handle.get(), token)
            self._handle.check(status, {"token": "token"})

    def set_client_role(self, role: Role | int | str) -> None:
        """Ask for another role (S-31); `client_role_changed` or `client_role_change_failed` tells.

        RejoinError INVALID_ARGUMENT: not a role.
        """
        number = arguments.number("role", Role, role)
        with self._handle.lock, self._record.call("set_client_role", Role(number).name):
            self._handle.check(
                _rejoin.rj_client_set_client_role(self._handle.get(), number), {"role": "role"}
            )

    def network_changed(self, network: Network | int | str) -> None:
        """Tell the client that its network is another one now, or has another address (S-10).

        The event `network_changed` comes in every state. CONNECTED migrates the connection and stays,
        or goes RECONNECTING with CLIENT_IP_ADDRESS_CHANGED where that does not succeed in time;
        CONNECTING and RECONNECTING start an attempt at once, at most one a second. DISCONNECTED says
        that there is no network, and nothing but the event follows.

        network  Network.UNKNOWN where you cannot tell

        RejoinError INVALID_ARGUMENT: not a network.
        """
        number = arguments.number("network", Network, network)
        with (
            self._handle.lock,
            self._record.call("network_changed", _rejoin.rj_network_name(number)),
        ):
            self._handle.check(
                _rejoin.rj_client_network_changed(self._handle.get(), number),
                {"network": "network"},
            )

    def create_data_stream(self, reliable: bool = True, ordered: bool = True) -> int:
        """Create a stream for messages to all others of the channel, and return its id (D-1).

        It lives as long as this stay: after leaving or FAILED its id means nothing.

        reliable, ordered  both True: each message exactly once and in order, also over a rejoin
                           within 20 s. Both False: at most once, not later than 1 s (D-4)

        RejoinError, looked at in this order: INVALID_ARGUMENT (only one of the two), NOT_IN_CHANNEL
        in DISCONNECTED and FAILED, TOO_MANY_DATA_STREAMS (there are 5), NO_PERMISSION (audience in
        the live broadcasting profile).
        """
        with self._handle.lock:
            return self._handle.check(
                _rejoin.create_data_stream(self._handle.get(), bool(reliable), bool(ordered)),
                {"reliable": "reliable"},
            )

    def send_stream_message(self, stream_id: int, data: bytes | bytearray | memoryview) -> None:
        """Send a message on a stream; the others get it as `stream_message` (D-2, D-3).

        In RECONNECTING a reliable message waits for the rejoin, and an unreliable one is discarded.
        What waits when the client comes back after more than 20 s is lost; the receivers get
        `stream_message_error` before the stream's next message (D-5).

        stream_id  from `create_data_stream` of this stay
        data       1 to 1,024 bytes, copied

        TypeError: data is not bytes. RejoinError, looked at in this order: SIZE_TOO_LARGE (not 1 to
        1,024 bytes), NOT_IN_CHANNEL in any state but CONNECTED and RECONNECTING, INVALID_ARGUMENT
        (no such stream), NO_PERMISSION (audience in the live broadcasting profile, or asked to
        become that), BITRATE_LIMIT (more than 60 messages or 30,720 bytes in some second, 64
        messages wait already while RECONNECTING, or 1,024 of them or 512 KiB are not known to have
        reached the edge).
        """
        number = arguments.whole("stream_id", stream_id, arguments.UID_MAX)
        copied = arguments.data("data", data)
        with self._handle.lock:
            status = _rejoin.send_stream_message(self._handle.get(), number, copied)
            self._handle.check(status, {"stream_id": "stream_id"})

    # ---- what is known

    @property
    def state(self) -> State:
        """The state of the last `connection_changed`, told or not (R-1).

        Never waits or fails (S-24): a closed client is DISCONNECTED.
        """
        with self._handle.lock:
            pointer = self._handle.pointer
            if pointer is None:
                return State.DISCONNECTED
            return State(_rejoin.rj_client_connection_state(pointer))

    @property
    def last_heard(self) -> float | None:
        """When the last proof came that the path works both ways, in seconds on the runtime's clock.

        During an outage that is its start O, which all of its times count from. None: there was
        none yet.
        """
        with self._handle.lock:
            heard = _rejoin.rj_client_last_heard(self._handle.get())
        return heard / 1e9 if heard else None

    @property
    def stats(self) -> Stats:
        """The stay so far in numbers. RejoinError NOT_IN_CHANNEL in DISCONNECTED and FAILED."""
        with self._handle.lock:
            stats = _rejoin.client_stats(self._handle.get())
            if isinstance(stats, int):
                raise status_error(stats, _rejoin.rj_client_error_text(self._handle.get()))
            return stats

    @property
    def now(self) -> float:
        """Seconds on the clock of the events' times."""
        return self._runtime.now

    def _all_events(self) -> list[Event]:
        self._drain()
        with self._handle.lock:
            return self._history.all()

    # ---- functions that hear events

    def on(self, name: str | None, function: Function) -> None:
        """Have `function(event)` called for each event of this name (None: for all) that comes from now on.

        It runs on your thread: inside `wait_for` and `dispatch` of a `Client`, `run` and
        `run_until` of a `Simulation`, in the loop of an `aio.Client`. What it raises comes out
        there; the events after it are kept for the next time.

        ValueError: there is no such event. TypeError: what is given is no function.
        """
        if name is not None:
            check_event_name(name)
        arguments.function("function", function)
        self._drain()
        with self._handle.lock:
            if not self._functions:
                self._told = self._history.last
            self._functions.append((name, function))

    def listener(self, name: str | None = None) -> Callable[[FunctionT], FunctionT]:
        """`on` as a decorator: `@client.listener("user_joined")`."""

        def decorate(function: FunctionT) -> FunctionT:
            self.on(name, function)
            return function

        return decorate

    def off(self, function: Function) -> None:
        """Have it not called any more. ValueError: it was not given to `on`."""
        with self._handle.lock:
            kept = [entry for entry in self._functions if entry[1] != function]
            if len(kept) == len(self._functions):
                raise ValueError(f"{function!r} was not given to on()")
            self._functions = kept
            self._left = [entry for entry in self._left if entry[0] != function]

    def _check_not_telling(self, call: str) -> None:
        if self._telling == threading.get_ident():
            raise RejoinError(
                Status.INVALID_STATE,
                None,
                f"{call} may not be called inside a function given to on()",
            )

    def _tell(self) -> int:
        """Call the functions for what they have not heard; how many events that were. Their exceptions pass through."""
        if not self._functions and not self._left:
            return 0
        with self._handle.lock:
            if (
                self._telling is not None
            ):  # another thread is at it, and goes on until there is none left
                return 0
            self._telling = threading.get_ident()
        told = 0
        try:
            while (
                self._handle.pointer is not None
            ):  # closed inside a function, that call was the last
                with self._handle.lock:
                    if not self._left:
                        event = self._history.after(self._told)
                        if event is None:
                            break
                        self._told = event.sequence
                        told += 1
                        self._left = [
                            (function, event)
                            for name, function in self._functions
                            if name is None or name == event.name
                        ]
                        continue
                    function, event = self._left.pop(0)
                function(event)
        finally:
            self._telling = None
        return told

    # ---- events out of the library

    def _drain(self) -> list[Event]:
        """Take the events that wait into the history, and return them; nothing once the client is closed."""
        with self._handle.lock:
            if self._handle.pointer is None:
                return []
            events = _rejoin.drain(self._handle.pointer)
            self._history.add(events)
            return events

    # ---- the end

    def close(self) -> None:
        """Free the client: it leaves, without events (S-30). Never waits; a second time is nothing. Any thread."""
        with self._handle.lock:
            if self._handle.pointer is not None:
                self._drain()
                self._record.did("close")
                self._runtime._forget_client(
                    self._address
                )  # before another client can get the address
                self._handle.close()

    def __repr__(self) -> str:
        where = "closed" if self._handle.pointer is None else self.state.name
        return f"<{type(self).__module__}.{type(self).__qualname__} uid={self.uid} {where}>"


class SyncMember(Member):
    """A member for programs without an event loop; the base of `Client` and of a simulation's clients."""

    def join(self, channel: str, token: str | None = None, uid: int | None = None) -> None:
        """Ask to join a channel. Returns at once; the outcome comes as events (S-1 to S-7).

        channel  1 to 64 bytes of the channel alphabet
        token    printable ASCII, up to 4,096 characters; None where the app is in testing mode
        uid      1 to 2^32-1, 0 lets the edge choose; None: the one given when the client was made

        RejoinError: INVALID_CHANNEL_NAME, INVALID_USER_ID, INVALID_ARGUMENT (the token) (S-2),
        JOIN_CHANNEL_REJECTED in any state but DISCONNECTED (S-4, S-5).
        """
        self._join(channel, token, uid)

    def leave(self) -> None:
        """Leave, or stop trying to join (S-25 to S-29).

        DISCONNECTED on return; the goodbye goes on in the background.
        """
        self._leave()

    @property
    def events(self) -> list[Event]:
        """All events so far, oldest first, as a list of your own; also after `close`.

        Of a real client the newest 100,000, or what `history` says.
        """
        return self._all_events()
