"""The words of scenario files: what actors can do, and what options nodes have."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .. import numbers
from ..events import EVENT_FIELDS
from ..link import Faults
from ..options import CLIENT_TIMERS, EDGE_LIMITS, EDGE_TIMERS

NUMBERS: dict[str, type[enum.IntEnum]] = {
    "state": numbers.State,
    "old_state": numbers.State,
    "reason": numbers.Reason,
    "role": numbers.Role,
    "old_role": numbers.Role,
    "network": numbers.Network,
    "profile": numbers.Profile,
    "dialect": numbers.Dialect,
    "outcome": numbers.AttemptOutcome,
    "status": numbers.Status,
}
"""fields that may be given by name"""


@dataclass(frozen=True)
class Verb:
    """What an actor can do.

    places   the names of what stands behind the verb without a name, in order
    names    what may be given as name=value
    flags    words that are there or not
    needed   how many of the places must be there
    asks     it looks at something; what stands behind `is` is what must be seen
    """

    places: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    needed: int = 0
    asks: bool = False


FAULTS = Faults._fields
BUS_FAULTS = ("loss", "delay", "blackhole", "jitter", "burst", "duplicate", "reorder")
SECONDS = frozenset({"seconds", "overlap", "delay", "jitter", "nat_idle"})
"""values that are times, and so scaled"""

CLIENT_VERBS = {
    "join": Verb(("channel",), ("token", "uid"), needed=1),
    "leave": Verb(),
    "renew": Verb(("token",), needed=1),
    "role": Verb(("role",), needed=1),
    "network": Verb(("network",), needed=1),
    "cut": Verb(flags=("up", "down")),
    "heal": Verb(flags=("up", "down")),
    "link": Verb(names=FAULTS, flags=("up", "down")),
    "follow": Verb(("name",)),
    "rebind": Verb(flags=("address",)),
    "move": Verb(names=("network", "overlap"), flags=("dead",)),
    "suspend": Verb(("seconds",), needed=1),
    "stream": Verb(flags=("reliable",)),
    "send": Verb(("stream", "data"), needed=2),
    "free": Verb(),
    "state": Verb(asks=True),
}
BUS_VERBS = {
    "cut": Verb(flags=("up", "down", "told")),
    "heal": Verb(flags=("up", "down")),
    "bus": Verb(names=BUS_FAULTS, flags=("up", "down")),
    "side": Verb(("side",), needed=1),
}
"""what happens to an edge's way to the bus of its cluster"""
EDGE_VERBS = {
    "crash": Verb(),
    "restart": Verb(),
    "pause": Verb(("seconds",), needed=1),
    "drain": Verb(("seconds",), needed=1),
    "kick": Verb(names=("channel", "uid", "seconds", "app_id")),
    "members": Verb(("channel",), ("app_id",), needed=1, asks=True),
    **BUS_VERBS,
}
WORLD_VERBS = {"step": Verb(("seconds",), needed=1)}
WALL = "wall"
"""the actor that is neither a client nor an edge"""

CLIENT_OPTIONS = (
    "edge",
    "uid",
    "count",
    "app_id",
    "role",
    "profile",
    "dialect",
    *CLIENT_TIMERS,
    "stats_events",
    "peer_interruptions",
    "attempts",
)
EDGE_OPTIONS = ("app", *EDGE_TIMERS, *EDGE_LIMITS, "channel_pattern", "cluster")
TOKEN_OPTIONS = (
    "app_id",
    "certificate",
    "channel",
    "uid",
    "expire",
    "join",
    "issued_at",
    "version",
    "text",
)

PLACES = {
    name: tuple(
        field
        for field in fields
        if field not in ("old_state", "elapsed", "stats", "next_delay", "old_role")
    )
    for name, fields in EVENT_FIELDS.items()
}
"""the fields of an event that may stand without their names, in order"""
