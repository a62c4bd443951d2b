"""Be in a channel, and know what happens when the network goes bad.

`Client` joins channels at an edge over QUIC and tells in events and states how its connection
fares; `Edge` is the server; `Simulation` has both in virtual time; `rejoin.aio` has clients for
asyncio. `rejoin.timeline` draws what happened, `rejoin.testing` says what should have.

Times are seconds as float on one clock, `elapsed` is in milliseconds. A call that fails raises
`RejoinError`.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from . import _rejoin, aio, token
from .bus import Bus
from .client import Client
from .edge import Edge
from .errors import JoinError, RejoinError
from .events import EVENT_FIELDS, Event, Stats
from .kicks import Kick
from .link import Faults, Link
from .numbers import (
    AttemptOutcome,
    Dialect,
    EventKind,
    Network,
    OfflineReason,
    Privilege,
    Profile,
    Reason,
    Role,
    State,
    Status,
)
from .options import ClientOptions, EdgeOptions
from .runtime import Runtime
from .simulation import SimulatedClient, SimulatedEdge, Simulation

if TYPE_CHECKING:
    from . import testing, timeline

_rejoin.bind_types(Event, Stats, (State, Reason, OfflineReason, Network, Role, AttemptOutcome))

__version__: str = _rejoin.rj_version()

__all__ = [
    "EVENT_FIELDS",
    "AttemptOutcome",
    "Bus",
    "Client",
    "ClientOptions",
    "Dialect",
    "Edge",
    "EdgeOptions",
    "Event",
    "EventKind",
    "Faults",
    "JoinError",
    "Kick",
    "Link",
    "Network",
    "OfflineReason",
    "Privilege",
    "Profile",
    "Reason",
    "RejoinError",
    "Role",
    "Runtime",
    "SimulatedClient",
    "SimulatedEdge",
    "Simulation",
    "State",
    "Stats",
    "Status",
    "aio",
    "testing",
    "timeline",
    "token",
]


def __getattr__(name: str) -> ModuleType:
    """Modules that few programs need are imported when they are asked for."""
    if name in ("testing", "timeline"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
