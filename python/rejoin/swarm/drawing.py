"""Random scenarios: one per seed, and always the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable

from ..scenario.model import Action, Node, Scenario, Timed, Token, Value

EDGE = "home"
CLUSTER = "cluster"
APP, CERTIFICATE = "shop", "secret"
CHANNELS = ("a", "b")
SETTLED_AFTER = 60.0
"""seconds after the heal in which all must be well again: 20 s of silence, 13 s of waiting, and more"""


@dataclass(frozen=True)
class Size:
    """How large scenarios may get."""

    members: int = 8
    steps: int = 60
    seconds: float = 300.0
    edges: int = 1
    """of one cluster where there are several"""


def draw(seed: int, size: Size | None = None) -> Scenario:
    """The scenario of a seed."""
    return _Drawing(seed, size or Size()).scenario


class _Drawing:
    def __init__(self, seed: int, size: Size) -> None:
        self.random = random.Random(seed)
        self.scenario = Scenario(
            path=f"swarm seed {seed}",
            title=f"Drawn by the swarm from seed {seed}",
            worlds=("sim",),
            seed=seed,
            invariants=True,
        )
        self.tokens = self.random.random() < 0.3
        self.edge_kinds = EDGE_KINDS if size.edges == 1 else {**EDGE_KINDS, **CLUSTER_KINDS}
        self.nodes(self.random.randint(2, size.members), size.edges)
        healed = round(self.random.uniform(20, size.seconds), 1)
        self.now, self.healed = 0.0, healed
        self.said, self.talks = 0, self.random.random() < 0.5
        self.reliable = {name for name in self.scenario.clients if self.random.random() < 0.8}
        self.steps(self.random.randint(5, size.steps), healed)
        self.scenario.heals = healed
        self.scenario.end = healed + SETTLED_AFTER

    def nodes(self, count: int, edge_count: int) -> None:
        edge: dict[str, Value] = {"app": f"{APP}:{CERTIFICATE}"} if self.tokens else {}
        if edge_count > 1:
            edge["cluster"] = CLUSTER
        edges = [EDGE, *(f"edge{number}" for number in range(2, edge_count + 1))]
        self.scenario.edges = {name: Node(name, 0, dict(edge)) for name in edges}
        uids = self.random.choice((count, count, max(1, count // 2)))  # fewer: some share one
        for number in range(1, count + 1):
            options: dict[str, Value] = {}
            if self.tokens:
                options["app_id"] = APP
            if self.random.random() < 0.5:
                options["dialect"] = 4
            if self.random.random() < 0.2:
                options["give_up"] = self.random.choice((15, 30, 60))
            if self.random.random() < 0.3:
                options["peer_interruptions"] = 1
            if self.random.random() < 0.2:
                options["attempts"] = 1
            uid = self.random.randint(1, uids) if uids < count else number
            name = f"m{number}"
            known = (EDGE,) if edge_count == 1 else self.some_edges()
            self.scenario.clients[name] = Node(name, 0, options, known, uid)
        if self.tokens:
            tokens: dict[str, dict[str, Value]] = {
                "good": {},
                "short": {"join": self.random.randint(20, 90)},
                "old": {"issued_at": -7200},
                "forged": {"certificate": "wrong"},
            }
            for name, given in tokens.items():
                channel = {"channel": CHANNELS[0]} if name != "forged" else {"channel": "b"}
                usual: dict[str, Value] = {"app_id": APP, "certificate": CERTIFICATE, **channel}
                self.scenario.tokens[name] = Token(name, 0, {**usual, **given})

    def some_edges(self) -> tuple[str, ...]:
        """Those that a member knows, the one that it tries first at the front."""
        edges = list(self.scenario.edges)
        return tuple(self.random.sample(edges, self.random.randint(1, len(edges))))

    def an_edge(self) -> str:
        edges = list(self.scenario.edges)
        return edges[0] if len(edges) == 1 else self.random.choice(edges)

    # ---- what happens

    def steps(self, count: int, healed: float) -> None:
        kinds = {
            kind: self.random.random() ** 2
            for kind in (*MEMBER_KINDS, *self.edge_kinds)
            if kind == "join" or self.random.random() < 0.4
        }
        kinds["join"] = 1.0
        times = sorted(round(self.random.uniform(0, healed), 3) for _ in range(count))
        for time in times:
            self.now = time
            (kind,) = self.random.choices(list(kinds), list(kinds.values()))
            name = self.random.choice(list(self.scenario.clients))
            of_edge = self.edge_kinds.get(kind)
            act = MEMBER_KINDS[kind](self, name) if of_edge is None else of_edge(self)
            actions = [act, *self.talk(name, kind == "join")]
            self.scenario.steps += [Timed(time, one) for one in actions]
        drained = {act.actor for act in self.acts() if act.verb == "drain"}
        for edge in sorted(drained):  # else nobody new would be let in for ever
            self.scenario.steps.append(Timed(healed, self.act(edge, "restart")))

    def acts(self) -> list[Action]:
        return [timed.action for timed in self.scenario.steps]

    def act(self, actor: str, verb: str, **values: Value) -> Action:
        return Action(0, actor, verb, values, None)

    def join(self, name: str) -> Action:
        if self.random.random() < 0.05:
            return self.act(name, "join", channel=self.random.choice(("no/slash", "x" * 65)))
        values: dict[str, Value] = {"channel": self.random.choice((*CHANNELS[:1] * 4, CHANNELS[1]))}
        if self.tokens:
            values["token"] = self.a_token()
        return self.act(name, "join", **values)

    def a_token(self) -> str:
        return self.random.choice(("good", "good", "good", "short", "old", "forged"))

    def renew(self, name: str) -> Action:
        if not self.tokens:
            return self.act(name, "state")
        return self.act(name, "renew", token=self.a_token())

    def cut(self, name: str) -> Action:
        way = self.random.choice(({}, {}, {"up": 1}, {"down": 1}))
        return self.act(name, "cut", **way)

    def link(self, name: str) -> Action:
        drawn: dict[str, Value] = {}
        for fault, most in FAULTS.items():
            if self.random.random() < 0.3:
                drawn[fault] = round(self.random.random() ** 2 * most, 4)
        if self.random.random() < 0.1:
            drawn["rate"] = self.random.choice((500, 2_000, 10_000))
        if self.random.random() < 0.05:
            drawn["mtu"] = self.random.choice((300, 1_200))
        way = self.random.choice(({}, {"up": 1}, {"down": 1}))
        if "down" not in way and self.random.random() < 0.1:
            drawn["nat_idle"] = self.random.choice((0.5, 1, 3, 30))
        return self.act(name, "link", **way, **(drawn or {"loss": 0.1}))

    def move(self, name: str) -> Action:
        overlap = self.random.choice((0, 0, 2, 10))
        return self.act(name, "move", network=self.random.randint(1, 6), overlap=overlap)

    def suspend(self, name: str) -> Action:
        seconds = self.random.choice((1, 3, 5, 12, 25, 90))
        awake = max(0.1, round(self.healed - self.now, 1))  # by the heal, so that it can get well
        return self.act(name, "suspend", seconds=min(seconds, awake))

    def talk(self, name: str, joins: bool) -> list[Action]:
        """Who joins makes a stream, always of the same kind, and all send now and then.

        Each message is another one, and greater than all before it.
        """
        if not self.talks:
            return []
        actions = []
        if joins:
            silent = self.random.random() < 0.1
            kind: dict[str, Value] = {"reliable": 1} if name in self.reliable else {}
            actions += [] if silent else [self.act(name, "stream", **kind)]
        for speaker in self.scenario.clients:
            if self.random.random() < 0.3:
                self.said += 1
                actions.append(self.act(speaker, "send", stream=1, data=f"{self.said:04}"))
        return actions

    def kick(self) -> Action:
        seconds = self.random.choice((0, 0, 5, 30))
        if self.random.random() < 0.2:
            return self.act(self.an_edge(), "kick", channel=CHANNELS[0], seconds=seconds)
        client = self.random.choice(list(self.scenario.clients.values()))
        return self.act(self.an_edge(), "kick", uid=client.uid, seconds=seconds)

    # ---- what happens to buses

    def cut_bus(self) -> Action:
        way = self.random.choice(({}, {}, {"told": 1}, {"up": 1}, {"down": 1}))
        return self.act(self.an_edge(), "cut", **way)

    def bus(self) -> Action:
        drawn: dict[str, Value] = {
            fault: round(self.random.random() ** 2 * most, 4)
            for fault, most in BUS_FAULTS.items()
            if self.random.random() < 0.4
        }
        way = self.random.choice(({}, {"up": 1}, {"down": 1}))
        return self.act(self.an_edge(), "bus", **way, **(drawn or {"loss": 0.1}))


FAULTS = {
    "loss": 0.6,
    "burst": 8,
    "delay": 3.0,
    "jitter": 2.0,
    "duplicate": 0.5,
    "reorder": 0.5,
    "corrupt": 0.5,
}
MEMBER_KINDS: dict[str, Callable[[_Drawing, str], Action]] = {
    "join": _Drawing.join,
    "leave": lambda drawing, name: drawing.act(name, "leave"),
    "renew": _Drawing.renew,
    "cut": _Drawing.cut,
    "heal": lambda drawing, name: drawing.act(name, "heal"),
    "link": _Drawing.link,
    "rebind": lambda drawing, name: drawing.act(
        name, "rebind", **({"address": 1} if drawing.random.random() < 0.5 else {})
    ),
    "move": _Drawing.move,
    "network": lambda drawing, name: drawing.act(
        name, "network", network=drawing.random.randint(-1, 7)
    ),
    "suspend": _Drawing.suspend,
    "role": lambda drawing, name: drawing.act(name, "role", role=drawing.random.randint(0, 3)),
    "free": lambda drawing, name: drawing.act(name, "free"),
}
EDGE_KINDS: dict[str, Callable[[_Drawing], Action]] = {
    "crash": lambda drawing: drawing.act(drawing.an_edge(), "crash"),
    "restart": lambda drawing: drawing.act(drawing.an_edge(), "restart"),
    "pause": lambda drawing: drawing.act(
        drawing.an_edge(), "pause", seconds=drawing.random.choice((0.5, 2, 8, 30))
    ),
    "kick": _Drawing.kick,
    "step": lambda drawing: drawing.act(
        "wall", "step", seconds=drawing.random.choice((-86_400, -60, 60, 86_400))
    ),
}
BUS_FAULTS = {
    "loss": 0.8,
    "burst": 8,
    "delay": 2.0,
    "jitter": 2.0,
    "duplicate": 0.5,
    "reorder": 0.5,
}
CLUSTER_KINDS: dict[str, Callable[[_Drawing], Action]] = {
    "bus.cut": _Drawing.cut_bus,
    "bus.heal": lambda drawing: drawing.act(drawing.an_edge(), "heal"),
    "bus": _Drawing.bus,
    "side": lambda drawing: drawing.act(
        drawing.an_edge(), "side", side=drawing.random.randint(0, 2)
    ),
    "drain": lambda drawing: drawing.act(
        drawing.an_edge(), "drain", seconds=drawing.random.choice((0, 5, 20))
    ),
}
"""what happens to the edges of a cluster besides"""
