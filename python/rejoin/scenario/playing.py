"""Plays a plan with the package's own clients and edges, in the simulator or over real QUIC."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Callable, cast

from ..client import Client
from ..edge import Edge, EdgeBase
from ..errors import RejoinError
from ..events import Event
from ..link import DOWN, UP
from ..member import SyncMember
from ..numbers import Status
from ..options import CLIENT_TIMERS, EDGE_LIMITS, EDGE_TIMERS
from ..simulation import SimulatedClient, SimulatedEdge, Simulation
from ..timeline import Stop
from .model import Expected, Scenario, ScenarioError, Value
from .plan import Plan, Step, Values
from .recording import Heard, Recording, fields_of, result_line

LOOK_EVERY = 0.002  # seconds of real time between two looks at everything
WATCH_EVERY = 0.25  # seconds of virtual time between two looks at what is watched


class Watcher:
    """Looks on while a plan is played in the simulator."""

    every = float("inf")
    """seconds of virtual time between two looks, at most"""

    def begin(self, player: Player) -> None:
        """All nodes are there, and nothing has happened."""

    def heard(self, name: str, event: Event) -> None:
        """Client `name` hears an event, before the scenario's own callbacks."""

    def done(self, step: Step) -> None:
        """A step was done."""

    def look(self) -> None:
        """Time has passed."""

    def end(self) -> None:
        """The plan has ended; the nodes are still there."""

    def stops(self) -> list[Stop]:
        """Moments that a picture shall point out, in seconds since the beginning."""
        return []


def play(
    scenario: Scenario | Plan,
    world: str = "sim",
    scale: float | None = None,
    watcher: Watcher | None = None,
) -> Recording:
    """Play a scenario, or a plan of it, and return what was heard.

    world    "sim" or "real"
    scale    of all times in the real world; None: the file's
    watcher  looks on

    ScenarioError: the file is not for that world. What a call answers, also an error, is recorded.
    """
    plan = scenario if isinstance(scenario, Plan) else Plan.of(scenario, world, scale)
    with ExitStack() as stack:
        kind = _Simulated if plan.world == "sim" else _Real
        player: Player = kind(plan, stack, watcher or Watcher())
        player.watcher.begin(player)
        player.run()
        player.watcher.end()
        player.recording.digest = player.log.hexdigest()
        return player.recording


@contextmanager
def _told_of(scenario: Scenario, line: int) -> Iterator[None]:
    """What the library refuses is an error of this line."""
    try:
        yield
    except RejoinError as error:
        raise ScenarioError(scenario.path, line, error.text) from error


def _timers(values: Values, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(values[f"{name}_ns"]) / 1e9 for name in names if f"{name}_ns" in values}


def edge_options(values: Values) -> dict[str, Any]:
    """The options of an edge, as a plan has them."""
    options: dict[str, Any] = {
        key: values[key] for key in ("time_scale", "channel_pattern", "cluster") if key in values
    }
    if "app" in values:
        options["apps"] = dict(_app(app) for app in str(values["app"]).split(","))
    options["timers"] = _timers(values, EDGE_TIMERS)
    options["limits"] = {name: int(values[name]) for name in EDGE_LIMITS if name in values}
    return options


def _app(text: str) -> tuple[str, Any]:
    app_id, *certificates = text.split(":")
    return app_id, tuple(certificates) or None


def client_options(values: Values) -> dict[str, Any]:
    """The options of a client, as a plan has them."""
    names = ("app_id", "role", "profile", "dialect", "time_scale")
    options: dict[str, Any] = {name: values[name] for name in names if name in values}
    for name in ("peer_interruptions", "attempts"):
        options[name] = bool(values.get(name, 0))
    options["stats"] = bool(values.get("stats_events", 0))
    options["timers"] = _timers(values, CLIENT_TIMERS)
    return options


class Player:
    """What both worlds share: the nodes, what is done, and what is written down."""

    edges: dict[str, Any]
    clients: dict[str, Any]

    def __init__(self, plan: Plan, watcher: Watcher) -> None:
        self.plan = plan
        self.watcher = watcher
        self.recording = Recording(events={name: [] for name in plan.clients})
        self.log = hashlib.sha256()
        self.hooks = list(plan.hooks)
        self.origin = 0
        self.samples: dict[tuple[str, str, int], float | None] = {}

    def make_nodes(self, edge: Callable[..., EdgeBase], client: Callable[..., SyncMember]) -> None:
        """Make all edges and clients, in the plan's order. ScenarioError: one cannot be made."""
        scenario = self.plan.scenario
        self.edges, self.clients = {}, {}
        for name, values in self.plan.edges.items():
            with _told_of(scenario, scenario.edges[name].line):
                self.edges[name] = edge(**edge_options(values))
        for name, values in self.plan.clients.items():
            edges = [self.edges[known] for known in str(values["edge"]).split(",")]
            with _told_of(scenario, scenario.clients[name].line):
                self.clients[name] = client(
                    urls=[known.url for known in edges],
                    uid=int(values["uid"]),
                    fingerprint=[known.fingerprint for known in edges],
                    **client_options(values),
                )
            self.clients[name].on(None, self.hear(name))

    def run(self) -> None:
        raise NotImplementedError

    def now(self) -> int:
        """Nanoseconds since the beginning."""
        raise NotImplementedError

    def run_to_draw(self) -> Simulation | list[SyncMember | EdgeBase]:
        """What `Timeline.of` takes: the nodes in the plan's order."""
        return [*self.edges.values(), *self.clients.values()]

    def since(self, seconds: float | None) -> int:
        return -1 if seconds is None else round(seconds * 1e9) - self.origin

    def hear(self, name: str) -> Callable[[Event], None]:
        client = self.clients[name]

        def heard(event: Event) -> None:
            self.watch()
            self.watcher.heard(name, event)
            told = Heard(
                name,
                self.since(event.time),
                self.since(client.last_heard),
                event.name,
                fields_of(event),
            )
            self.recording.events[name].append(told)
            self.log.update(told.line().encode())
            for hook in [hook for hook in self.hooks if hook[0] == name]:
                if fits(hook[1], event.name, fields_of(event)):
                    self.hooks.remove(hook)
                    self.do(hook[2])

        return heard

    def watch(self) -> None:
        for key in self.plan.watches:
            edge, channel, uid = key
            try:
                heard = self.edges[edge].last_heard(channel, uid)
            except RejoinError:  # it is down
                continue
            if heard is not None and heard != self.samples.get(key):
                self.samples[key] = heard
                samples = self.recording.last_heard.setdefault(uid, [])
                samples.append((self.now(), self.since(heard)))

    # ---- what is done

    def do(self, step: Step) -> None:
        self.watch()
        try:
            answer = self.actions(step)(step.values)
        except RejoinError as error:
            answer = int(error.status)
            self.recording.errors[step.index] = error.text
        if step.verb in ("state", "members"):
            result = tuple(answer) if isinstance(answer, list) else (int(answer),)
        else:
            result = (answer if isinstance(answer, int) and answer < 0 else 0,)
        self.recording.results[step.index] = result
        self.log.update(result_line(step.index, result).encode())
        self.watcher.done(step)

    def actions(self, step: Step) -> Callable[[Values], Any]:
        if step.actor in self.clients:
            return client_action(self.clients[step.actor], step.verb)
        if step.actor in self.edges:
            return edge_action(self.edges[step.actor], step.verb)
        return self.step_wall

    def step_wall(self, values: Values) -> None:
        raise RejoinError(Status.NOT_SUPPORTED, None, "the wall clock is the system's")


def client_action(client: SyncMember, verb: str) -> Callable[[Values], Any]:
    """What a client does for a verb."""

    def join(values: Values) -> None:
        uid = values.get("uid")
        token = values.get("token")
        client.join(
            str(values["channel"]),
            None if token is None else str(token),
            None if uid is None else int(uid),
        )

    def faults(values: Values) -> None:
        link = _faults(values)
        del link["direction"]
        if values["direction"] == UP:
            client.link.set(up=link)  # type: ignore[arg-type]
        if values["direction"] == DOWN:
            client.link.set(down=link)  # type: ignore[arg-type]

    def stream(values: Values) -> None:
        on = bool(values.get("reliable", 0))
        client.create_data_stream(reliable=on, ordered=on)

    def send(values: Values) -> None:
        client.send_stream_message(int(values["stream"]), bytes.fromhex(str(values["data"])))

    def move(values: Values) -> None:
        client.link.change_address(
            network=int(values.get("network", -1)),
            overlap=float(values.get("overlap_ns", 0)) / 1e9,
            dead=bool(values.get("dead", 0)),
        )

    return {
        "join": join,
        "leave": lambda _values: client.leave(),
        "renew": lambda values: client.renew_token(str(values["token"])),
        "role": lambda values: client.set_client_role(int(values["role"])),
        "network": lambda values: client.network_changed(int(values["network"])),
        "faults": faults,
        "follow": lambda values: client.link.follow(str(values["name"]) if values else None),
        "rebind": lambda values: client.link.rebind(address=bool(values.get("address", 0))),
        "move": move,
        "suspend": lambda values: cast(SimulatedClient, client).suspend(
            float(values["seconds_ns"]) / 1e9
        ),
        "stream": stream,
        "send": send,
        "free": lambda _values: client.close(),
        "state": lambda _values: client.state,
    }[verb]


def _faults(values: Values) -> Values:
    """Times in seconds, as calls take them."""
    return {
        key.removesuffix("_ns"): float(value) / 1e9 if key.endswith("_ns") else value
        for key, value in values.items()
    }


def edge_action(edge: EdgeBase, verb: str) -> Callable[[Values], Any]:
    """What an edge does for a verb."""

    def kick(values: Values) -> None:
        uid = values.get("uid")
        options: dict[str, Any] = {}
        if "seconds_ns" in values:
            options["seconds"] = float(values["seconds_ns"]) / 1e9
        edge.kick(
            channel=None if "channel" not in values else str(values["channel"]),
            uid=None if uid is None else int(uid),
            app_id=str(values.get("app_id", "")),
            **options,
        )

    def bus(values: Values) -> None:
        faults = _faults(values)
        ways: dict[str, Any] = {
            way: {key[len(way) + 1 :]: faults[key] for key in faults if key.startswith(f"{way}_")}
            for way in ("up", "down")
        }
        cast(SimulatedEdge, edge).bus.set(
            **ways, side=int(values["side"]), gone=bool(values["gone"])
        )

    return {
        "bus": bus,
        "crash": lambda _values: edge.crash(),
        "restart": lambda _values: edge.restart(),
        "pause": lambda values: edge.pause(float(values["seconds_ns"]) / 1e9),
        "drain": lambda values: edge.drain(float(values["seconds_ns"]) / 1e9),
        "kick": kick,
        "members": lambda values: edge.members(
            str(values["channel"]), str(values.get("app_id", ""))
        ),
    }[verb]


def fits(expected: Expected, name: str, fields: Values) -> bool:
    """An event is the one that is meant: its name, and the fields that were given."""
    return expected.name == name and all(
        fields.get(key) == as_heard(key, value) for key, value in expected.fields.items()
    )


def as_heard(key: str, value: Value) -> Value:
    """A field of a scenario file as recordings have it."""
    return str(value).encode().hex() if key == "data" else value


class _Simulated(Player):
    def __init__(self, plan: Plan, stack: ExitStack, watcher: Watcher) -> None:
        super().__init__(plan, watcher)
        self.sim = stack.enter_context(Simulation(plan.seed, wall=plan.wall))
        self.make_nodes(self.sim.edge, self.sim.client)

    def now(self) -> int:
        return round(self.sim.now * 1e9)

    def run_to_draw(self) -> Simulation:
        return self.sim

    def run(self) -> None:
        for at, step in self.plan.steps:
            self.run_until(at)
            self.do(step)
        self.run_until(self.plan.end)

    def run_until(self, at: int) -> None:
        while (rest := at / 1e9 - self.sim.now) > 1e-9:
            every = min(WATCH_EVERY if self.plan.watches else rest, self.watcher.every)
            self.sim.run(min(rest, every))
            self.watch()
            self.watcher.look()

    def step_wall(self, values: Values) -> None:
        self.sim.step_wall(float(values["seconds_ns"]) / 1e9)


class _Real(Player):
    def __init__(self, plan: Plan, stack: ExitStack, watcher: Watcher) -> None:
        super().__init__(plan, watcher)
        self.make_nodes(
            lambda **options: stack.enter_context(Edge(**options)),
            lambda **options: stack.enter_context(Client(**options)),
        )
        self.clock: EdgeBase = next(iter(self.edges.values()))  # its clock is everybody's

    def now(self) -> int:
        return round(self.clock.now * 1e9) - self.origin

    def run(self) -> None:
        self.origin = self.now()
        for at, step in self.plan.steps:
            self.run_until(at)
            self.do(step)
        self.run_until(self.plan.end)

    def run_until(self, at: int) -> None:
        while True:
            for client in self.clients.values():
                try:
                    client.dispatch(0.0)
                except RejoinError:  # it was freed
                    continue
            self.watch()
            rest = at / 1e9 - self.now() / 1e9
            if rest <= 0:
                return
            time.sleep(min(rest, LOOK_EVERY))
