"""Random scenarios: one per seed, and always the same one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable

from ..scenario.model import Action, Node, Scenario, Timed, Token, Value

EDGE = "home"
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
        self.nodes(self.random.randint(2, size.members))
        healed = round(self.random.uniform(20, size.seconds), 1)
        self.now, self.healed = 0.0, healed
        self.said, self.talks = 0, self.random.random() < 0.5
        self.reliable = {name for name in self.scenario.clients if self.random.random() < 0.8}
        self.steps(self.random.randint(5, size.steps), healed)
        self.scenario.heals = healed
        self.scenario.end = healed + SETTLED_AFTER

    def nodes(self, count: int) -> None:
        edge: dict[str, Value] = {"app": f"{APP}:{CERTIFICATE}"} if self.tokens else {}
        self.scenario.edges[EDGE] = Node(EDGE, 0, edge)
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
            self.scenario.clients[name] = Node(name, 0, options, (EDGE,), uid)
        if self.tokens:
            tokens: dict[str, dict[str, Value]] = {
                "good": {},
                "short": {"join": self.random.randint(20, 90)},
                "old": {"issued_at": -7200},
                "forged": {"certificate": "wrong"},
            }
            for name, given in tokens.items():
                channel = {"channel": CHANNELS[0]} if name != "forged" else {"channel": "b"}
                known: dict[str, Value] = {"app_id": APP, "certificate": CERTIFICATE, **channel}
                self.scenario.tokens[name] = Token(name, 0, {**known, **given})

    # ---- what happens

    def steps(self, count: int, healed: float) -> None:
        kinds = {
            kind: self.random.random() ** 2
            for kind in (*MEMBER_KINDS, *EDGE_KINDS)
            if kind == "join" or self.random.random() < 0.4
        }
        kinds["join"] = 1.0
        times = sorted(round(self.random.uniform(0, healed), 3) for _ in range(count))
        for time in times:
            self.now = time
            (kind,) = self.random.choices(list(kinds), list(kinds.values()))
            name = self.random.choice(list(self.scenario.clients))
            act = EDGE_KINDS[kind](self) if kind in EDGE_KINDS else MEMBER_KINDS[kind](self, name)
            actions = [act, *self.talk(name, kind == "join")]
            self.scenario.steps += [Timed(time, one) for one in actions]

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
            return self.act(EDGE, "kick", channel=CHANNELS[0], seconds=seconds)
        client = self.random.choice(list(self.scenario.clients.values()))
        return self.act(EDGE, "kick", uid=client.uid, seconds=seconds)


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
    "crash": lambda drawing: drawing.act(EDGE, "crash"),
    "restart": lambda drawing: drawing.act(EDGE, "restart"),
    "pause": lambda drawing: drawing.act(
        EDGE, "pause", seconds=drawing.random.choice((0.5, 2, 8, 30))
    ),
    "kick": _Drawing.kick,
    "step": lambda drawing: drawing.act(
        "wall", "step", seconds=drawing.random.choice((-86_400, -60, 60, 86_400))
    ),
}
