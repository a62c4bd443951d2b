"""What a scenario file says, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from ..errors import RejoinError
from ..numbers import Status

Value = Union[int, float, str]


class ScenarioError(RejoinError):
    """A scenario file says something that no player knows.

    path, line  where
    """

    def __init__(self, path: str, line: int, text: str) -> None:
        self.path = path
        self.line = line
        super().__init__(Status.INVALID_ARGUMENT, None, f"{path}:{line}: {text}")
        self.args = (path, line, text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Node:
    """An edge or a client, with its options as the file gives them."""

    name: str
    line: int
    options: dict[str, Value]
    edges: tuple[str, ...] = ()
    """of a client: those it knows, tried in turn"""
    uid: int = 0


@dataclass(frozen=True)
class Token:
    """A token that the file names."""

    name: str
    line: int
    options: dict[str, Value]


@dataclass(frozen=True)
class Action:
    """One thing that is done."""

    line: int
    actor: str
    verb: str
    values: dict[str, Value]
    result: tuple[int, ...] | None = (0,)
    """what the call must answer: its status, or what it looks at; None: whatever it says"""


@dataclass(frozen=True)
class Timed:
    """An action and its moment, in seconds."""

    time: float
    action: Action


@dataclass(frozen=True)
class Hook:
    """An action that is done inside the callback of the first event that fits."""

    client: str
    event: Expected
    action: Action


@dataclass(frozen=True)
class When:
    """The times at which an event may come, in seconds: from `first` to `last` after `base`."""

    first: float
    last: float
    base: str = ""
    """"": the beginning; "O": the start of the outage; "H": when the edge last heard the peer"""

    @property
    def exact(self) -> bool:
        return self.first == self.last

    def __str__(self) -> str:
        if self.last == float("inf"):
            return "at any time"
        sign = f"{self.base}+" if self.base else ""
        return f"at {sign}{self.first:g}" + ("" if self.exact else f"~{self.last:g}")


@dataclass(frozen=True)
class Expected:
    """An event that must come."""

    line: int
    when: When
    name: str
    fields: dict[str, Value]

    def __str__(self) -> str:
        return f"{shown(self.name, self.fields)} {self.when}"


@dataclass(frozen=True)
class Gap:
    """Any events, also none."""

    line: int


@dataclass(frozen=True)
class Group:
    """Events that must come here, in any order."""

    line: int
    events: tuple[Expected, ...]


Item = Union[Expected, Group, Gap]


@dataclass
class Scenario:
    """A whole file."""

    path: str
    title: str = ""
    rows: tuple[str, ...] = ()
    worlds: tuple[str, ...] = ("sim", "real")
    scale: float = 0.1
    """of all times in the real world"""
    seed: int = 1
    wall: int = 1_700_000_000
    """the simulation's wall clock at its start"""
    end: float = 0.0
    invariants: bool = False
    """what is always true is watched (rejoin.swarm)"""
    heals: float | None = None
    """when all links get well, and edges that are down come back; with `invariants`, at the end all is well"""
    edges: dict[str, Node] = field(default_factory=dict)
    clients: dict[str, Node] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    steps: list[Timed] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    expected: dict[str, list[Item]] = field(default_factory=dict)


def shown(name: str, fields: dict[str, Value]) -> str:
    """An event as scenario files write it."""
    if name == "connection_changed" and {"state", "reason"} <= fields.keys():
        return f"SM({fields['state']},{fields['reason']})"
    return " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
