"""The bus between the edges of a simulated cluster, to be made worse for each of them."""

from __future__ import annotations

from . import _rejoin, arguments
from .handles import Handle
from .link import FAULT_NAMES, Faults, FaultSettings, differences, values
from .record import Record

BUS_DELAY = 0.001
"""seconds that a message needs up to the bus, and down again, unless told otherwise"""
USUAL = Faults(delay=BUS_DELAY)


class Bus:
    """One edge's way to the bus of its cluster. Any thread; messages that are on their way stay on their way.

    Of the faults of a direction `corrupt`, `rate`, `queue` and `mtu` are no faults of a bus. They stay
    over the edge's crash and restart.
    """

    def __init__(self, handle: Handle, record: Record) -> None:
        self._handle = handle
        self._record = record
        self._up = self._down = USUAL
        self._side = 0
        self._gone = False

    @property
    def up(self) -> Faults:
        """From the edge to the bus."""
        return self._up

    @property
    def down(self) -> Faults:
        """From the bus to the edge."""
        return self._down

    @property
    def side(self) -> int:
        """Messages pass only between edges of one side; 0 at first."""
        return self._side

    @property
    def gone(self) -> bool:
        """The edge knows that it cannot reach the bus: `cut(told=True)`."""
        return self._gone

    def cut(self, *, up: bool = False, down: bool = False, told: bool = False) -> None:
        """Let no message through, in the direction named or, when none is, in both.

        told  True: the edge is told, as where the bus's server is down; both directions. Else it finds
              out by silence alone

        ValueError: told for one direction alone. RejoinError INVALID_STATE: the edge has no cluster.
        """
        if told:
            if up or down:
                raise ValueError("told is for both directions; name none")
            self.set(gone=True)
        else:
            both = not up and not down
            self.set(
                up={"blackhole": True} if up or both else None,
                down={"blackhole": True} if down or both else None,
            )

    def heal(self, *, up: bool = False, down: bool = False) -> None:
        """Undo `cut`, in the direction named; when none is, in both, and a partition, too. Loss and delay stay.

        RejoinError INVALID_STATE: the edge has no cluster.
        """
        both = not up and not down
        self._apply(
            self._up._replace(blackhole=False) if up or both else self._up,
            self._down._replace(blackhole=False) if down or both else self._down,
            0 if both else self._side,
            gone=self._gone and not both,
        )

    def set(
        self,
        up: FaultSettings | None = None,
        down: FaultSettings | None = None,
        *,
        side: int | None = None,
        gone: bool | None = None,
    ) -> None:
        """Change faults by name, in each direction that is given; what is not given stays.

        up, down  the names and their ranges are those of `Faults`
        side      up to 2^32-1; edges whose side is another one are not heard and do not hear, and nobody
                  tells them. `Simulation.partition` sets it for groups
        gone      True: it cannot be reached, and the edge knows

        TypeError: a name that does not exist. RejoinError INVALID_ARGUMENT: a value out of its range;
        INVALID_STATE: the edge has no cluster.
        """
        for given in (up, down):
            arguments.check_names("fault", given or {}, Faults._fields)
        self._apply(
            self._up._replace(**(up or {})),
            self._down._replace(**(down or {})),
            self._side if side is None else arguments.whole("side", side, 2**32 - 1),
            gone=self._gone if gone is None else bool(gone),
        )

    def _apply(self, up: Faults, down: Faults, side: int, *, gone: bool) -> None:
        taken = values(up), values(down)
        with self._handle.lock:
            self._handle.check(
                _rejoin.set_bus_faults(self._handle.get(), int(gone), side, *taken), FAULT_NAMES
            )
            before = self._condition()
            self._up, self._down, self._side, self._gone = up, down, side, gone
            now = self._condition()
            if now != before:
                what = "bus.set" if now else "bus.heal"
                self._record.did(what, now.removeprefix("bus "), {"bus": now})

    def _condition(self) -> str:
        """What is not as usual, in a few words; "" when nothing is."""
        if self._gone:
            return "bus gone"
        ways = {
            name: differences(faults, USUAL)
            for name, faults in (("up", self._up), ("down", self._down))
        }
        if ways["up"] == ways["down"]:
            words = [ways["up"]]
        else:
            words = [f"{name} {text}" for name, text in ways.items() if text]
        words.append(f"side {self._side}" if self._side else "")
        text = ", ".join(word for word in words if word)
        return f"bus {text}" if text else ""

    def __repr__(self) -> str:
        return f"<Bus up={self.up} down={self.down} side={self.side}{' gone' if self.gone else ''}>"
