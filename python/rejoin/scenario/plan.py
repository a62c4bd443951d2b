"""A scenario's steps for one world, with nothing left to look up: what players of every language play.

As text, a line per thing, its words separated by tabs:

    world  sim|real      seed  NUMBER      wall  SECONDS since 1970      end  NS
    edge   NAME  OPTION=VALUE …
    client NAME  OPTION=VALUE …
    watch  EDGE  CHANNEL  UID                             tell when the edge last heard it, as that changes
    at     NS    INDEX  ACTOR  VERB  NAME=VALUE …
    on     CLIENT  EVENT  FIELD=VALUE …  then  INDEX  ACTOR  VERB  NAME=VALUE …

Times are whole nanoseconds from the beginning and spans whole nanoseconds, both scaled already; what
is true is 1. Values have no tabs or line ends: they stand as \\t, \\n and \\\\.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .. import token as tokens
from ..bus import USUAL as USUAL_BUS
from ..errors import RejoinError
from ..link import SIMULATED_DELAY, Faults
from ..options import CLIENT_TIMERS, EDGE_TIMERS
from . import words
from .model import (
    Action,
    Expected,
    Group,
    Node,
    Scenario,
    ScenarioError,
    Timed,
    Token,
    Value,
)
from .recording import escape

Values = dict[str, Value]
DIRECTIONS = {"up": 1, "down": 2}
NOT_THERE = {("down", "nat_idle")}
"""faults that one direction alone has"""


@dataclass
class _Bus:
    """How an edge's way to its bus is."""

    ways: dict[str, Faults] = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, USUAL_BUS))
    side: int = 0
    gone: bool = False


@dataclass(frozen=True)
class Step:
    """One thing that is done."""

    index: int
    actor: str
    verb: str
    values: Values
    action: Action


@dataclass
class Plan:
    """What a player plays; times in nanoseconds."""

    scenario: Scenario
    world: str
    scale: float
    seed: int
    wall: int
    end: int
    edges: dict[str, Values] = field(default_factory=dict)
    clients: dict[str, Values] = field(default_factory=dict)
    watches: list[tuple[str, str, int]] = field(default_factory=list)
    steps: list[tuple[int, Step]] = field(default_factory=list)
    hooks: list[tuple[str, Expected, Step]] = field(default_factory=list)

    @classmethod
    def of(cls, scenario: Scenario, world: str = "sim", scale: float | None = None) -> Plan:
        """The plan of a scenario for "sim" or "real".

        scale  of all times in the real world; None: the file's

        ScenarioError: the file is not for that world, or a token of it cannot be made.
        """
        return _Planner(scenario, world, scale).plan

    def __str__(self) -> str:
        return "".join("\t".join(map(escape, line)) + "\n" for line in self._lines())

    def _lines(self) -> Iterator[list[str]]:
        yield ["world", self.world]
        yield ["seed", str(self.seed)]
        yield ["wall", str(self.wall)]
        yield ["end", str(self.end)]
        for name, values in self.edges.items():
            yield ["edge", name, *_pairs(values)]
        for name, values in self.clients.items():
            yield ["client", name, *_pairs(values)]
        for edge, channel, uid in self.watches:
            yield ["watch", edge, channel, str(uid)]
        for client, event, step in self.hooks:
            pairs = _pairs(event.fields)
            yield ["on", client, event.name, *pairs, "then", *_step(step)]
        for at, step in self.steps:
            yield ["at", str(at), *_step(step)]


def _pairs(values: Mapping[str, Value]) -> list[str]:
    return [f"{key}={value}" for key, value in values.items()]


def _step(step: Step) -> list[str]:
    return [str(step.index), step.actor, step.verb, *_pairs(step.values)]


class _Planner:
    def __init__(self, scenario: Scenario, world: str, scale: float | None) -> None:
        if world not in scenario.worlds:
            text = f"this scenario is for {' and '.join(scenario.worlds)}, not for {world}"
            raise ScenarioError(scenario.path, 1, text)
        self.scenario = scenario
        self.simulated = world == "sim"
        self.scale = 1.0 if self.simulated else scale or scenario.scale
        wall = scenario.wall if self.simulated else int(time.time())
        self.plan = Plan(scenario, world, self.scale, scenario.seed, wall, self.ns(scenario.end))
        self.count = 0
        self.faults = {
            name: {
                direction: Faults(delay=SIMULATED_DELAY if self.simulated else 0.0)
                for direction in DIRECTIONS
            }
            for name in scenario.clients
        }
        self.buses = {name: _Bus() for name in scenario.edges}
        self.tokens = {token.name: self.token(token) for token in scenario.tokens.values()}
        for node in scenario.edges.values():
            self.plan.edges[node.name] = self.edge(node)
        for node in scenario.clients.values():
            self.plan.clients[node.name] = self.client(node)
        for timed in [*scenario.steps, *self.healing()]:
            for step in self.steps(timed.action):
                self.plan.steps.append((self.ns(timed.time), step))
        self.plan.steps.sort(key=lambda step: step[0])
        for hook in scenario.hooks:
            for step in self.steps(hook.action):
                self.plan.hooks.append((hook.client, hook.event, step))
        self.watch()

    def healing(self) -> Iterator[Timed]:
        """What `heals` means for the nodes of this scenario."""
        time = self.scenario.heals
        if time is None:
            return
        down: dict[str, bool] = {}
        for timed in self.scenario.steps:
            if timed.time <= time and timed.action.verb in ("crash", "restart"):
                down[timed.action.actor] = timed.action.verb == "crash"
        for edge in self.scenario.edges:
            if down.get(edge):
                yield Timed(time, Action(0, edge, "restart", {}, None))
            if "cluster" in self.scenario.edges[edge].options:
                yield Timed(time, Action(0, edge, "heal", {}, None))
                yield Timed(time, Action(0, edge, "bus", {**USUAL_BUS._asdict()}, None))
        well: Values = {**Faults(delay=SIMULATED_DELAY if self.simulated else 0.0)._asdict()}
        for client in self.scenario.clients:
            yield Timed(time, Action(0, client, "link", well, None))

    def ns(self, seconds: Value) -> int:
        return round(float(seconds) * self.scale * 1e9)

    def token(self, token: Token) -> str:
        given = dict(token.options)
        if "text" in given:
            return str(given["text"])
        try:
            expire = int(given.get("expire", tokens.EXPIRE))
            join = int(given.get("join", expire))
            return tokens.build(
                str(given.get("app_id", "")),
                str(given.get("certificate", "")),
                str(given.get("channel", "")),
                int(given.get("uid", 0)),
                expire=expire,
                privileges={"join": join},
                version=str(given.get("version", "007")),
                issued_at=self.plan.wall + float(given.get("issued_at", 0)),
                salt=1,
            )
        except (ValueError, RejoinError) as error:
            text = error.text if isinstance(error, RejoinError) else str(error)
            raise ScenarioError(self.scenario.path, token.line, text) from None

    def timers(self, given: Mapping[str, Value], names: tuple[str, ...]) -> Values:
        return {f"{name}_ns": self.ns(given[name]) for name in names if name in given}

    def edge(self, node: Node) -> Values:
        given = node.options
        values: Values = {} if self.simulated else {"time_scale": self.scale}
        values.update(self.timers(given, EDGE_TIMERS))
        values.update({key: given[key] for key in given if key not in EDGE_TIMERS})
        return values

    def client(self, node: Node) -> Values:
        given = node.options
        values: Values = {"edge": ",".join(node.edges), "uid": node.uid}
        if not self.simulated:
            values["time_scale"] = self.scale
        values.update(self.timers(given, CLIENT_TIMERS))
        values.update({key: given[key] for key in given if key not in CLIENT_TIMERS})
        return values

    def steps(self, action: Action) -> Iterator[Step]:
        values = dict(action.values)
        if action.actor in self.buses and action.verb in words.BUS_VERBS:
            yield self.step(action, "bus", self.bus(self.buses[action.actor], action.verb, values))
            return
        if action.verb in ("cut", "heal", "link"):
            for direction, faults in self.links(action, values):
                yield self.step(action, "faults", {"direction": direction, **faults})
            return
        if "token" in values:
            values["token"] = self.tokens[str(values["token"])]
        if "data" in values:
            values["data"] = str(values["data"]).encode().hex()
        for key in words.SECONDS & values.keys():
            unscaled = action.verb in ("kick", "step")  # which no time scale touches
            span = float(values.pop(key))
            values[f"{key}_ns"] = round(span * 1e9) if unscaled else self.ns(span)
        yield self.step(action, action.verb, values)

    def step(self, action: Action, verb: str, values: Values) -> Step:
        self.count += 1
        return Step(self.count, action.actor, verb, values, action)

    def links(self, action: Action, values: Values) -> Iterator[tuple[int, Values]]:
        """All faults of each direction that the action names: players need not remember them."""
        named = [name for name in DIRECTIONS if values.pop(name, 0)] or list(DIRECTIONS)
        if action.verb != "link":
            values = {"blackhole": int(action.verb == "cut")}
        for name in named:
            own = {key: value for key, value in values.items() if (name, key) not in NOT_THERE}
            faults = self.faults[action.actor][name]._replace(**cast(Any, own))
            self.faults[action.actor][name] = faults
            yield DIRECTIONS[name], self.direction(faults)

    def direction(self, faults: Faults) -> Values:
        given: Values = {}
        for key, value in faults._asdict().items():
            if key in words.SECONDS:
                given[f"{key}_ns"] = self.ns(value)
            else:
                given[key] = int(value) if isinstance(value, bool) else value
        return given

    def bus(self, bus: _Bus, verb: str, values: Values) -> Values:
        """How all of the edge's way to its bus is from now on."""
        named = [name for name in DIRECTIONS if values.pop(name, 0)]
        if verb == "side":
            bus.side = int(values["side"])
        elif values.get("told", 0):
            bus.gone = True
        else:
            if verb != "bus":
                values = {"blackhole": int(verb == "cut")}
            for name in named or DIRECTIONS:
                bus.ways[name] = bus.ways[name]._replace(**cast(Any, values))
        if verb == "heal" and not named:
            bus.side, bus.gone = 0, False
        given: Values = {"gone": int(bus.gone), "side": bus.side}
        for name, faults in bus.ways.items():
            for key, value in self.direction(faults).items():
                if key.removesuffix("_ns") in words.BUS_FAULTS:
                    given[f"{name}_{key}"] = value
        return given

    def watch(self) -> None:
        """Peers whose offline is expected some time after the edge last heard them."""
        seen = dict.fromkeys(
            (edge, channel, event)
            for client, items in self.scenario.expected.items()
            for item in items
            for one in (item.events if isinstance(item, Group) else (item,))
            if isinstance(one, Expected) and one.when.base == "H"
            for event in [int(one.fields.get("uid", 0))]
            for edge in self.scenario.clients[client].edges
            for channel in self.channels(client)
        )
        self.plan.watches = list(seen)

    def channels(self, client: str) -> list[str]:
        return [
            str(timed.action.values["channel"])
            for timed in self.scenario.steps
            if timed.action.actor == client and timed.action.verb == "join"
        ]
