"""An edge: the server that clients join channels at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _rejoin, arguments
from .errors import status_error
from .handles import Closing, Handle
from .kicks import SECONDS, Kick, duration, named_uid
from .numbers import Status
from .options import edge_arguments
from .record import Record
from .runtime import Runtime

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import EdgeOptions


class EdgeBase:
    """What a real edge and a simulated one have. Any thread may use it."""

    def __init__(
        self,
        runtime: Runtime,
        options: dict[str, Any],
        listen: str | None = None,
        data_dir: str | None = None,
    ) -> None:
        self._runtime = runtime
        self._handle: Handle = runtime._make_edge(edge_arguments(options, listen, data_dir))
        self._record = Record(lambda: runtime.now)

    @property
    def url(self) -> str:
        """For clients: "rejoin://127.0.0.1:40123"; a wildcard address shows as a loopback one."""
        with self._handle.lock:
            return _rejoin.rj_edge_url(self._handle.get())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate in hex: the clients' option `fingerprint`."""
        with self._handle.lock:
            return _rejoin.rj_edge_fingerprint(self._handle.get())

    @property
    def now(self) -> float:
        """Seconds on the clock of `last_heard`."""
        return self._runtime.now

    def channels(self, app_id: str = "") -> list[str]:
        """The names of an app's channels. An empty one is forgotten after 10 s (N-7)."""
        app_id = arguments.text("app_id", app_id)
        with self._handle.lock:
            names = _rejoin.edge_channels(self._handle.get(), app_id)
            if isinstance(names, int):
                raise self._error(names)
            return names

    def members(self, channel: str, app_id: str = "") -> list[int]:
        """The uids of a channel's members, ascending; none where there is no such channel."""
        channel = arguments.text("channel", channel, Status.INVALID_CHANNEL_NAME)
        app_id = arguments.text("app_id", app_id)
        with self._handle.lock:
            uids = _rejoin.edge_members(self._handle.get(), app_id, channel)
            if isinstance(uids, int):
                raise self._error(uids)
            return uids

    def last_heard(self, channel: str, uid: int, app_id: str = "") -> float | None:
        """When this edge last heard a member, in seconds on `now`'s clock; None: it is not a member.

        The others are told `user_offline` 20 s after it (N-4, P-4).
        """
        channel = arguments.text("channel", channel, Status.INVALID_CHANNEL_NAME)
        app_id = arguments.text("app_id", app_id)
        uid = arguments.uid(uid)
        with self._handle.lock:
            heard = _rejoin.rj_edge_last_heard(self._handle.get(), app_id, channel, uid)
        return heard / 1e9 if heard else None

    def kick(
        self,
        channel: str | None = None,
        uid: int | None = None,
        ip: str | None = None,
        seconds: float = SECONDS,
        app_id: str = "",
    ) -> int:
        """Remove every member that fits all that is named, now, and keep it out for a time (A-1).

        The members get FAILED with BANNED_BY_SERVER and do not retry (S-15); the others see them
        quit (P-8). At least one of the three is named: channel and uid = that user there; uid =
        that user in all channels; channel = everyone there; ip = that address in all channels.

        ip       numeric IPv4 or IPv6
        seconds  how long joins and rejoins that fit are refused with BANNED_BY_SERVER, up to 86,400;
                 0: not at all, those that were removed may join again at once

        Returns the kick's id, for `lift_kick` and `change_kick`; 0 where seconds is 0. The same once
        more keeps its id and gets the new time. Kicks survive `restart` and, with a data_dir, the
        process.

        RejoinError INVALID_ARGUMENT, INVALID_CHANNEL_NAME, INVALID_USER_ID name the argument and its
        rule; RESOURCE_LIMITED: there are 1,000,000 kicks already.
        """
        app_id = arguments.text("app_id", app_id)
        if channel is not None:
            channel = arguments.text("channel", channel, Status.INVALID_CHANNEL_NAME)
        number = named_uid(uid)
        ip = arguments.optional_text("ip", ip)
        lasts = duration(seconds)
        named = {"UID": number or None, "in": channel, "at": ip}
        whom = " ".join(f"{word} {value}" for word, value in named.items() if value is not None)
        with self._handle.lock, self._record.call("kick", f"{whom}, {seconds:g} s"):
            answer = _rejoin.edge_kick(self._handle.get(), app_id, channel, number, ip, lasts)
            if isinstance(answer, int):
                raise self._error(answer)
            return answer[0]

    def kicks(self) -> list[Kick]:
        """The kicks that are in force, oldest first."""
        with self._handle.lock:
            rows = _rejoin.edge_kicks(self._handle.get())
            if isinstance(rows, int):
                raise self._error(rows)
        return [Kick(*row[:5], row[5] / 1e9) for row in rows]

    def change_kick(self, kick: int | Kick, seconds: float) -> None:
        """Let a kick, given as such or by its id, last so many seconds from now on; 0 lifts it.

        RejoinError INVALID_ARGUMENT: there is no such kick, or it is over; or seconds is not 0 to 86,400.
        """
        number = kick.id if isinstance(kick, Kick) else arguments.whole("id", kick, 2**64 - 1)
        lasts = duration(seconds)
        with self._handle.lock:
            status = _rejoin.rj_edge_change_kick(self._handle.get(), number, lasts)
            self._handle.check(status, {"id": "id"})

    def lift_kick(self, kick: int | Kick) -> None:
        """End a kick, given as such or by its id: whom it named may join again.

        RejoinError INVALID_ARGUMENT: there is no such kick, or it is over.
        """
        self.change_kick(kick, 0)

    @property
    def counters(self) -> dict[str, int]:
        """What it has now (members, channels, connections, handshakes, kicks), and what it counted since it was
        started or restarted: joins, rejoins, takeovers, leaves, drops, expiries, kicked, refusals, busy,
        protocol_errors, datagrams_in, datagrams_out, retries, resets."""
        with self._handle.lock:
            answer = _rejoin.edge_counters(self._handle.get())
            if isinstance(answer, int):
                raise self._error(answer)
            return answer

    def drain(self, seconds: float) -> int:
        """Empty it (A-4): nobody new is let in, and the members are told to move, spread evenly over the time.

        A member with other urls, or in a cluster, tries other edges while its connection goes on, and
        moves without a change of its state. One that finds no other edge stays, and is kept. Once more
        begins anew with those that are still here; `restart` ends it.

        seconds  0 (all at once) to 86,400

        Returns how many members will be told.

        RejoinError INVALID_ARGUMENT: seconds is out of range; INVALID_STATE: the edge is down.
        """
        duration_ns = arguments.nanoseconds("seconds", seconds)
        with self._handle.lock:
            return self._handle.check(
                _rejoin.rj_edge_drain(self._handle.get(), duration_ns), {"duration_ns": "seconds"}
            )

    def crash(self) -> None:
        """Die without a word: all but certificate, keys and kicks is lost, nothing answers.

        RejoinError INVALID_STATE: it is down already.
        """
        with self._handle.lock:
            self._handle.check(_rejoin.rj_edge_crash(self._handle.get()))
            self._record.did("edge.crash", "", {"edge": "down"})

    def restart(self) -> None:
        """Come back at the same address with the same certificate; one that is up stops first (SPEC section 5).

        RejoinError REFUSED: the address is taken.
        """
        with self._handle.lock:
            self._handle.check(_rejoin.rj_edge_restart(self._handle.get()))
            self._record.did("edge.restart", "", {"edge": ""})

    def pause(self, seconds: float) -> None:
        """Let its loop stand still for a time from now on, as on a machine that is too busy.

        Datagrams wait in its socket. After more than 1 s it reads them first and adds the gap to
        every `last_heard`: nobody is dropped for it (section 2). `crash` and `restart` end it.

        seconds  more than 0

        RejoinError INVALID_ARGUMENT; INVALID_STATE: it is down; NOT_SUPPORTED: not on this runtime.
        """
        span_ns = arguments.nanoseconds("seconds", seconds, least=1e-9)
        with self._handle.lock:
            self._handle.check(_rejoin.rj_edge_pause(self._handle.get(), span_ns))
            self._record.did("edge.pause", f"{seconds:g} s", {"edge": "paused"}, lasts=seconds)

    def close(self) -> None:
        """Stop it: its members hear "restarting" (S-9). Never waits; a second time is nothing."""
        with self._handle.lock:
            if self._handle.pointer is not None:
                self._record.did("close")
                self._handle.close()

    def _error(self, status: int) -> Exception:
        text = _rejoin.rj_edge_error_text(self._handle.get())
        return status_error(status, text, {name: name for name in ("app_id", "channel", "ip")})

    def __repr__(self) -> str:
        gone = self._handle.pointer is None
        return (
            f"<{type(self).__module__}.{type(self).__qualname__} {'closed' if gone else self.url}>"
        )


class Edge(Closing, EdgeBase):
    """A real edge: QUIC on a UDP socket, with a thread of its own. A context manager.

    listen    udp://ADDRESS:PORT, port 0 = a free one, [::] = every address of both families; None: a
              free port on 127.0.0.1
    data_dir  where certificate, keys and kicks are kept, made when missing, this edge's alone; None: kept in memory
    options   see `EdgeOptions`

    TypeError: an option that does not exist. RejoinError: INVALID_ARGUMENT (the option and its
    rule), REFUSED (the address is in use or not ours), FAILED (certificate or key files).
    """

    def __init__(
        self,
        listen: str | None = None,
        *,
        data_dir: str | None = None,
        **options: Unpack[EdgeOptions],
    ) -> None:
        values: dict[str, Any] = dict(options)
        runtime = Runtime()
        try:
            super().__init__(runtime, values, listen, data_dir)
        except BaseException:
            runtime.close()
            raise

    def close(self) -> None:
        """Stop it: its members hear "restarting" (S-9). A second time is nothing."""
        self._handle.close()
        self._runtime.close()
