"""A client's network, to be made worse in each direction: simulated links and real sockets alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

from . import _rejoin, arguments
from .errors import unknown_name
from .handles import Handle
from .numbers import Network
from .record import Record

UP, DOWN = _rejoin.RJ_DIRECTION_UP, _rejoin.RJ_DIRECTION_DOWN
SIMULATED_DELAY = 0.010
"""seconds that a simulated link needs in each direction unless told otherwise; a real client's adds none"""


class Faults(NamedTuple):
    """How one direction misbehaves; 0 in a field: not in that way.

    A datagram meets the faults in the order blackhole, mtu, loss, rate, delay, duplicate, reorder,
    corrupt.
    """

    loss: float = 0.0
    """the share of datagrams that is lost, 0 to 1"""
    delay: float = 0.0
    """seconds, 0 to 60; on a real socket it comes on top"""
    blackhole: bool = False
    """nothing arrives"""
    jitter: float = 0.0
    """seconds, 0 to 60: each datagram needs up to so much longer; none overtakes another by it"""
    burst: float = 0.0
    """losses come in runs of so many datagrams on average; 0 or 1: each by itself. The share stays `loss`"""
    duplicate: float = 0.0
    """the share that arrives twice, 0 to 1"""
    reorder: float = 0.0
    """the share that is held back by up to 0.1 s, and overtaken, 0 to 1"""
    corrupt: float = 0.0
    """the share that arrives with one bit turned over, 0 to 1"""
    rate: int = 0
    """bytes a second that the link carries, up to 2^30; 0: any number"""
    queue: int = 0
    """bytes that wait for their turn at that rate; what comes then is lost. 0: 65,536"""
    mtu: int = 0
    """bytes of the largest datagram that passes, up to 65,535; 0: any. Connections need 1,200"""
    nat_idle: float = 0.0
    """seconds, 0 to 3,600, `up` only: a NAT next to the client forgets its mapping when nothing went up for
    so long. Then what comes down is lost, until the next datagram up makes another mapping, with
    another port, as `rebind`. What the link loses on its way up keeps no mapping. 0: never forgotten"""


SHARES = ("loss", "duplicate", "reorder", "corrupt")
TIMES = ("delay", "jitter", "nat_idle")
FAULT_NAMES = {f"{name}_ns" if name in TIMES else name: name for name in Faults._fields}
"""what the library's texts call a fault, and what it is called here"""


def _span(seconds: float) -> str:
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def differences(faults: Faults, usual: Faults) -> str:
    """What is not as usual, in a few words: "cut", or "loss 30 %, delay 50 ms"; "" when nothing is."""
    words = []
    for name, value, normal in zip(faults._fields, faults, usual):
        if value == normal:
            continue
        if name == "blackhole":
            return "cut"
        if name in SHARES:
            words.append(f"{name} {value * 100:g} %")
        elif name in TIMES:
            words.append(f"{name} {_span(value)}")
        else:
            words.append(f"{name} {value:g}")
    return ", ".join(words)


class FaultSettings(TypedDict, total=False):
    """What `Link.set` takes for a direction; what is not named stays. `Faults` says what each is."""

    loss: float
    delay: float
    blackhole: bool
    jitter: float
    burst: float
    duplicate: float
    reorder: float
    corrupt: float
    rate: int
    queue: int
    mtu: int
    nat_idle: float


class NetworkSettings(TypedDict, total=False):
    """What a step of `Link.follow` takes: what is not named is no fault."""

    up: FaultSettings
    down: FaultSettings
    move: Network | int | str
    """the client's own address changes now, to a network of this type"""
    overlap: float
    """seconds in which the old address works, too, up to 3,600"""


STEP_NAMES = {"at_ns": "time", "overlap_ns": "overlap", "network": "move", "count": "profile"}


NETWORK_PROFILES = (
    "3g",
    "lift",
    "train-tunnel",
    "hotel-wifi",
    "wifi-to-cellular",
    "uplink-dies",
    "flapping",
)
"""the ready networks that `Link.follow` knows"""


def _known_profile(name: str) -> str:
    wanted = name.replace(" ", "-").replace("_", "-")
    if wanted not in NETWORK_PROFILES:
        text = unknown_name("network profile", name, NETWORK_PROFILES)
        raise arguments.invalid("profile", text)
    return wanted


def values(faults: Faults) -> tuple[Any, ...]:
    """As the library takes them, in its order."""
    return (
        bool(faults.blackhole),
        arguments.real("loss", faults.loss),
        arguments.nanoseconds("delay", faults.delay),
        arguments.nanoseconds("jitter", faults.jitter),
        arguments.real("burst", faults.burst),
        arguments.real("duplicate", faults.duplicate),
        arguments.real("reorder", faults.reorder),
        arguments.real("corrupt", faults.corrupt),
        arguments.whole("rate", faults.rate, 2**30),
        arguments.whole("queue", faults.queue, 2**30),
        arguments.whole("mtu", faults.mtu, 65535),
        arguments.nanoseconds("nat_idle", faults.nat_idle),
    )


def _step(time: float, settings: NetworkSettings) -> tuple[Any, ...]:
    arguments.check_names("setting", settings, NetworkSettings.__annotations__)
    directions = []
    for given in (settings.get("up", {}), settings.get("down", {})):
        arguments.check_names("fault", given, Faults._fields)
        directions.append(values(Faults(**given)))
    moves = "move" in settings
    network = arguments.number("move", Network, settings["move"]) if moves else 0
    overlap = arguments.nanoseconds("overlap", settings.get("overlap", 0.0))
    return (arguments.nanoseconds("time", time), int(moves), network, overlap, *directions)


class Link:
    """One client's way to its edge. Any thread; datagrams that are on their way stay on their way."""

    def __init__(self, handle: Handle, delay: float, record: Record) -> None:
        self._handle = handle
        self._usual = Faults(delay=delay)
        self._faults = {UP: self._usual, DOWN: self._usual}
        self._record = record

    @property
    def up(self) -> Faults:
        """From the client to the edge."""
        return self._faults[UP]

    @property
    def down(self) -> Faults:
        """From the edge to the client."""
        return self._faults[DOWN]

    def cut(self, *, up: bool = False, down: bool = False) -> None:
        """Let nothing through, in the direction named or, when none is, in both."""
        both = not up and not down
        self.set(
            up={"blackhole": True} if up or both else None,
            down={"blackhole": True} if down or both else None,
        )

    def heal(self, *, up: bool = False, down: bool = False) -> None:
        """Undo `cut`, in the direction named or, when none is, in both; loss and delay stay."""
        both = not up and not down
        self.set(
            up={"blackhole": False} if up or both else None,
            down={"blackhole": False} if down or both else None,
        )

    def set(self, up: FaultSettings | None = None, down: FaultSettings | None = None) -> None:
        """Change faults by name, in each direction that is given.

        The names and their ranges are those of `Faults`.

        TypeError: a name that does not exist. RejoinError INVALID_ARGUMENT: a value out of its
        range.
        """
        before = self._faults.copy()
        try:
            for direction, given in ((UP, up), (DOWN, down)):
                if given is not None:
                    arguments.check_names("fault", given, Faults._fields)
                    self._apply(direction, self._faults[direction]._replace(**given))
        finally:
            self._note(before)

    def follow(
        self,
        profile: str | Sequence[tuple[float, NetworkSettings]] | None,
        repeat: float = 0.0,
    ) -> None:
        """Let the link follow a network over time, from now on and beside the faults of `set`.

        profile  a ready one by name, of `NETWORK_PROFILES` (docs/networks.md has their numbers); or
                 steps: (seconds since it began, ascending from 0, the settings from then on), up to
                 1,024; None: none any more
        repeat   seconds after which own steps begin anew, more than the last one's time; 0: it stays

        A step that falls due while a simulated device sleeps is taken when it wakes. Times are not scaled.

        TypeError: a name that does not exist. RejoinError INVALID_ARGUMENT: there is no such profile, or
        a value out of its range.
        """
        if profile is None or isinstance(profile, str):
            name = None if profile is None else _known_profile(arguments.text("profile", profile))
            with self._handle.lock:
                status = _rejoin.rj_client_follow_network(self._handle.get(), name)
                self._handle.check(status, {"name": "profile"})
        else:
            steps = [_step(time, settings) for time, settings in profile]
            again = arguments.nanoseconds("repeat", repeat)
            with self._handle.lock:
                status = _rejoin.follow_steps(self._handle.get(), steps, again)
                self._handle.check(status, {"repeat_ns": "repeat", **STEP_NAMES, **FAULT_NAMES})
            name = "own steps"
        self._record.did("link.follow", name or "nothing")

    # ---- networks that change

    def rebind(self, *, address: bool | str = False) -> None:
        """Let a NAT on the way forget its mapping: the edge sees another port, and nobody tells the client.

        address  True: another address, too; or the one that the edge shall see, as "192.0.2.7" or
                 "192.0.2.7:4000"

        What is on its way to the old place is lost. The connection goes on with the client's next
        packet; the app hears nothing.

        RejoinError INVALID_ARGUMENT: not a numeric address; REFUSED: it is taken, or cannot be used
        here; NOT_SUPPORTED: not on this runtime.
        """
        what = _rejoin.RJ_REBIND_PORT if address is False else _rejoin.RJ_REBIND_ADDRESS
        text = None if isinstance(address, bool) else arguments.text("address", address)
        with self._handle.lock:
            self._handle.check(
                _rejoin.rj_client_rebind(self._handle.get(), what, text), {"address": "address"}
            )
            self._record.did("link.rebind", "port" if address is False else text or "address")

    def change_address(
        self,
        address: str | None = None,
        *,
        network: Network | int | str = Network.UNKNOWN,
        overlap: float = 0.0,
        dead: bool = False,
    ) -> None:
        """Take another interface: the client's own address changes, and the client is told (S-10).

        address  the new one, as "192.0.2.7" or "192.0.2.7:4000"; None: any
        network  the kind of the new network, for `network_changed`; not DISCONNECTED
        overlap  seconds in which the old address works, too, up to 3,600; 0: a hard swap
        dead     True: over the new address nothing ever passes, as behind a login page

        The faults of the link stay as they are.

        RejoinError INVALID_ARGUMENT names the argument; REFUSED: the address is taken (it may be the
        client's own), or cannot be used here; NOT_SUPPORTED: not on this runtime.
        """
        number = arguments.number("network", Network, network)
        overlap_ns = arguments.nanoseconds("overlap", overlap)
        text = arguments.optional_text("address", address)
        names = {"network": "network", "overlap_ns": "overlap", "address": "address"}
        with self._handle.lock:
            self._handle.check(
                _rejoin.change_address(self._handle.get(), number, overlap_ns, bool(dead), text),
                names,
            )
            detail = f"{Network(number).name} {text or ''}".strip()
            self._record.did(
                "link.change_address", detail, {"network": "dead network" if dead else ""}
            )

    def _apply(self, direction: int, faults: Faults) -> None:
        taken = values(faults)
        with self._handle.lock:
            self._handle.check(
                _rejoin.set_faults(self._handle.get(), direction, taken), FAULT_NAMES
            )
            self._faults[direction] = faults

    def _note(self, before: dict[int, Faults]) -> None:
        """Have the record say what the directions that have changed are like now."""
        now = {
            name: differences(self._faults[direction], self._usual)
            for name, direction in (("up", UP), ("down", DOWN))
            if self._faults[direction] != before[direction]
        }
        told = set(now.values())
        if told == {"cut"}:
            self._record.did("link.cut", " and ".join(now), now)
        elif told == {""}:
            self._record.did("link.heal", " and ".join(now), now)
        elif told:
            detail = "; ".join(f"{name}: {text or 'as usual'}" for name, text in now.items())
            self._record.did("link.set", detail, now)

    def __repr__(self) -> str:
        return f"<Link up={self.up} down={self.down}>"
