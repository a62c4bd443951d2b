"""Scenario files, read (docs/scenarios.md says what they look like)."""

from __future__ import annotations

import enum
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import unknown_name
from ..events import EVENT_FIELDS
from ..link import NETWORK_PROFILES
from ..numbers import OfflineReason
from ..options import CLIENT_TIMERS, EDGE_TIMERS
from . import words
from .model import (
    Action,
    Expected,
    Gap,
    Group,
    Hook,
    Item,
    Node,
    Scenario,
    ScenarioError,
    Timed,
    Token,
    Value,
    When,
)

ANY = When(0.0, float("inf"))
NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
SM = re.compile(r"SM\((\w+),(\w+)\)\Z")
NODES_MAX = 100_000


def read(path: str | Path) -> Scenario:
    """Read a file. ScenarioError: its line and what is wrong there; OSError."""
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(str(path), line, "this is no text in UTF-8") from None
    return parse(text, str(path))


def parse(text: str, path: str = "scenario") -> Scenario:
    """Read a text. ScenarioError names the line, what is wrong and the nearest right name."""
    reader = _Reader(path)
    for number, line in enumerate(text.splitlines(), 1):
        reader.take(number, line)
    return reader.finish()


class _Reader:
    def __init__(self, path: str) -> None:
        self.scenario = Scenario(path)
        self.line = 1
        self.healed_at = 0  # the line of `heals`
        self.targets: list[str] = []  # of `expect`
        self.group: list[Expected] | None = None
        self.group_line = 0

    def error(self, text: str) -> ScenarioError:
        return ScenarioError(self.scenario.path, self.line, text)

    # ---- lines

    def take(self, number: int, line: str) -> None:
        self.line = number
        head, _, rest = line.strip().partition(" ")
        if head == "title":  # a sentence, with whatever quotes it has
            self.scenario.title = rest.strip()
            return
        try:
            tokens = shlex.split(line, comments=True)
        except ValueError as error:
            raise self.error(f"the quotes do not fit: {error}") from None
        if not tokens:
            return
        first = tokens[0]
        if first in HEADERS:
            self.leave_expect()
            HEADERS[first](self, tokens[1:])
        elif self.targets:
            self.take_expected(tokens)
        elif re.match(r"[-+.]?\d", first):
            self.take_step(tokens)
        else:
            raise self.error(unknown_name("line", first, HEADERS))

    def finish(self) -> Scenario:
        self.leave_expect()
        scenario = self.scenario
        if not scenario.edges:
            raise self.error("there is no edge; make one with a line such as: edge home")
        clustered = next(
            (edge for edge in scenario.edges.values() if "cluster" in edge.options), None
        )
        if clustered is not None and scenario.worlds != ("sim",):
            self.line = clustered.line
            raise self.error("only the simulator has clusters; say so with a line: worlds sim")
        if not scenario.end:
            raise self.error("there is no end; say when with a line such as: 60 end")
        late = next((step for step in scenario.steps if step.time > scenario.end), None)
        if late is not None:
            self.line = late.action.line
            raise self.error(f"{late.time:g} is after the end, {scenario.end:g}")
        if scenario.heals is not None and scenario.heals > scenario.end:
            self.line = self.healed_at
            raise self.error(f"heals is {scenario.heals:g}, after the end, {scenario.end:g}")
        scenario.steps.sort(key=lambda step: step.time)  # keeps the order of one moment
        return scenario

    def leave_expect(self) -> None:
        if self.group is not None:
            self.line = self.group_line
            raise self.error("this { has no }")
        self.targets = []

    # ---- the head

    def rows(self, tokens: list[str]) -> None:
        self.scenario.rows = tuple(tokens)

    def worlds(self, tokens: list[str]) -> None:
        for token in tokens:
            self.choose("world", token, ("sim", "real"))
        if not tokens:
            raise self.error("worlds needs sim, real or both")
        self.scenario.worlds = tuple(tokens)

    def scale(self, tokens: list[str]) -> None:
        value = self.number("scale", self.only("scale", tokens))
        if not 0.001 <= value <= 1000:
            raise self.error(f"scale is {value:g}; it goes from 0.001 to 1000")
        self.scenario.scale = value

    def seed(self, tokens: list[str]) -> None:
        seed = self.scenario.seed = self.whole("seed", self.only("seed", tokens))
        if not 0 <= seed < 2**64:
            raise self.error(f"seed is {seed}; it goes from 0 to 2^64-1")

    def wall(self, tokens: list[str]) -> None:
        wall = self.scenario.wall = self.whole("wall", self.only("wall", tokens))
        if not 0 <= wall <= 2**33:
            raise self.error(f"wall is {wall}; it goes from 0 to 2^33, in seconds since 1970")

    def invariants(self, tokens: list[str]) -> None:
        if tokens:
            raise self.error("invariants stands alone")
        self.scenario.invariants = True

    def heals(self, tokens: list[str]) -> None:
        self.scenario.heals = self.number("heals", self.only("heals", tokens))
        self.healed_at = self.line

    def token(self, tokens: list[str]) -> None:
        name = self.new_name("token", tokens, self.scenario.tokens)
        options = self.options("option of a token", tokens[1:], words.TOKEN_OPTIONS)
        self.scenario.tokens[name] = Token(name, self.line, options)

    def edge(self, tokens: list[str]) -> None:
        name = self.new_node(tokens)
        options = self.options("option of an edge", tokens[1:], words.EDGE_OPTIONS)
        self.scenario.edges[name] = Node(name, self.line, options)

    def client(self, tokens: list[str]) -> None:
        name = self.new_node(tokens)
        options = self.options("option of a client", tokens[1:], words.CLIENT_OPTIONS)
        edges = tuple(str(options.pop("edge", "")).split(","))
        if edges == ("",):
            raise self.error("a client needs an edge: edge=NAME")
        for edge in edges:
            self.choose("edge", edge, self.scenario.edges)
        uid, count = int(options.pop("uid", 0)), int(options.pop("count", 0))
        if not 0 <= count <= NODES_MAX:
            raise self.error(f"count is {count}; it goes from 1 to {NODES_MAX}")
        for i in range(count or 1):
            own = f"{name}{i + 1}" if count else name
            if own in self.scenario.clients:
                raise self.error(f"there are two clients {own}")
            node = Node(own, self.line, options, edges, uid + i if uid else 0)
            self.scenario.clients[own] = node

    def new_node(self, tokens: list[str]) -> str:
        name = self.new_name("node", tokens, {**self.scenario.edges, **self.scenario.clients})
        if name == words.WALL or name in HEADERS:
            raise self.error(f"{name!r} means something else; take another name")
        return name

    def new_name(self, what: str, tokens: list[str], taken: Mapping[str, object]) -> str:
        if not tokens:
            raise self.error(f"the {what} needs a name")
        if not NAME.match(tokens[0]):
            raise self.error(f"{tokens[0]!r} is no name: small letters, digits and _")
        if tokens[0] in taken:
            raise self.error(f"there are two called {tokens[0]!r}")
        return tokens[0]

    # ---- what is done

    def take_step(self, tokens: list[str]) -> None:
        time = self.number("time", tokens[0])
        if tokens[1:] == ["end"]:
            self.scenario.end = time
            return
        for action in self.actions(tokens[1:]):
            self.scenario.steps.append(Timed(time, action))

    def on(self, tokens: list[str]) -> None:
        """on CLIENT EVENT [FIELD…] : ACTOR VERB …"""
        if ":" not in tokens or len(tokens) < 2:
            raise self.error("it reads: on CLIENT EVENT : ACTOR VERB …")
        colon = tokens.index(":")
        for client in self.clients(tokens[0]):
            event = self.event(tokens[1:colon], ANY)
            for action in self.actions(tokens[colon + 1 :]):
                self.scenario.hooks.append(Hook(client, event, action))

    def actions(self, tokens: list[str]) -> list[Action]:
        if len(tokens) < 2:
            raise self.error("an actor and what it does are needed, such as: 5 one leave")
        scenario = self.scenario
        actor, name, rest = tokens[0], tokens[1], tokens[2:]
        if actor in scenario.edges:
            verbs, actors = words.EDGE_VERBS, [actor]
        elif actor == words.WALL:
            verbs, actors = words.WORLD_VERBS, [actor]
        else:
            verbs, actors = words.CLIENT_VERBS, self.clients(actor)
        self.choose(f"action of {actor}", name, verbs)
        verb = verbs[name]
        result = self.result(verb, rest)
        values = self.values(name, verb, rest)
        return [Action(self.line, actor, name, values, result) for actor in actors]

    def result(self, verb: words.Verb, tokens: list[str]) -> tuple[int, ...] | None:
        """What stands behind `is`; taken off the tokens."""
        if "is" not in tokens:
            if verb.asks:
                raise self.error(
                    "what must be seen stands behind is, such as: 5 one state is connected"
                )
            return (0,)
        at = tokens.index("is")
        answer = tokens[at + 1 :]
        del tokens[at:]
        if answer == ["*"]:
            return None
        if verb.asks and not verb.needed:
            return (self.enumerated("state", self.only("is", answer)),)
        if verb.asks:
            return tuple(self.whole("uid", token) for token in answer)
        return (self.enumerated("status", self.only("is", answer)),)

    def values(self, name: str, verb: words.Verb, tokens: Sequence[str]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        places = list(verb.places)
        for token in tokens:
            key, equals, text = token.partition("=")
            if equals and key in values:
                raise self.error(f"{key} is given twice")
            if token in verb.flags:
                values[token] = 1
            elif equals and key in (*verb.names, *verb.places):
                values[key] = self.value(key, text)
            elif places and not (equals and NAME.match(key)):
                place = places.pop(0)
                values[place] = self.value(place, token)
            else:
                known = (*verb.flags, *(f"{key}=" for key in verb.names))
                wrong = f"{key}=" if equals else token
                raise self.error(
                    unknown_name(f"word of {name}", wrong, known)
                    if known
                    else f"{name} takes no {token!r}"
                )
        missing = [place for place in verb.places[: verb.needed] if place not in values]
        if missing:
            raise self.error(f"{name} needs a {missing[0]}")
        if "token" in values:
            self.choose("token", str(values["token"]), self.scenario.tokens)
        if name == "follow" and values:
            profile = str(values["name"]).replace(" ", "-").replace("_", "-")
            self.choose("network profile", profile, NETWORK_PROFILES)
        if values.get("nat_idle") and "down" in values and "up" not in values:
            raise self.error("nat_idle is of the way up: a NAT counts what goes up")
        return values

    # ---- what must come

    def expect(self, tokens: list[str]) -> None:
        self.targets = self.clients(self.only("expect", tokens))
        for client in self.targets:
            if client in self.scenario.expected:
                raise self.error(f"{client} is expected of twice")
            self.scenario.expected[client] = []

    def take_expected(self, tokens: list[str]) -> None:
        if tokens == ["{"]:
            if self.group is not None:
                raise self.error("groups do not nest")
            self.group, self.group_line = [], self.line
        elif tokens == ["}"]:
            if self.group is None:
                raise self.error("there is no { before this }")
            self.add(Group(self.group_line, tuple(self.group)))
            self.group = None
        elif tokens == ["..."]:
            if self.group is not None:
                raise self.error("... has no place in a group")
            self.add(Gap(self.line))
        else:
            event = self.event(tokens[1:], self.when(tokens[0]))
            if self.group is None:
                self.add(event)
            else:
                self.group.append(event)

    def add(self, item: Item) -> None:
        for client in self.targets:
            self.scenario.expected[client].append(item)

    def when(self, text: str) -> When:
        if text == "*":
            return ANY
        base, plus, rest = text.partition("+")
        if plus:
            self.choose("start of a time", base, ("O", "H"))
        else:
            base, rest = "", text
        first, tilde, last = rest.partition("~")
        begin = self.number("time", first)
        end = self.number("time", last) if tilde else begin
        if end < begin:
            raise self.error(f"{text} ends before it begins")
        return When(begin, end, base)

    def event(self, tokens: Sequence[str], when: When) -> Expected:
        if not tokens:
            raise self.error("an event is needed")
        short = SM.match(tokens[0])
        if short:
            fields: dict[str, Value] = {
                "state": self.enumerated("state", short[1]),
                "reason": self.enumerated("reason", short[2]),
            }
            return Expected(self.line, when, "connection_changed", fields)
        name = tokens[0]
        self.choose("event", name, EVENT_FIELDS)
        places, fields = list(words.PLACES[name]), {}
        for token in tokens[1:]:
            key, equals, text = token.partition("=")
            if not (equals and key in EVENT_FIELDS[name]):
                if not places:
                    raise self.error(f"{name} has no place for {token!r}")
                key, text = places.pop(0), token
            elif key in places:
                places.remove(key)
            kind = OfflineReason if (name, key) == ("user_offline", "reason") else None
            fields[key] = self.value(key, text, kind)
        return Expected(self.line, when, name, fields)

    # ---- words and numbers

    def clients(self, pattern: str) -> list[str]:
        if pattern.endswith("*"):
            found = [name for name in self.scenario.clients if name.startswith(pattern[:-1])]
            if not found:
                raise self.error(f"no client's name begins with {pattern[:-1]!r}")
            return found
        self.choose("client or edge", pattern, [*self.scenario.clients, *self.scenario.edges])
        if pattern in self.scenario.edges:
            raise self.error(f"{pattern} is an edge; a client is needed here")
        return [pattern]

    def choose(self, what: str, word: str, known: Iterable[str]) -> None:
        known = list(known)
        if word not in known:
            if not known:
                raise self.error(f"there is no {what} {word!r}")
            raise self.error(unknown_name(what, word, known))

    def only(self, what: str, tokens: Sequence[str]) -> str:
        if len(tokens) != 1:
            raise self.error(f"{what} takes one word")
        return tokens[0]

    def options(self, what: str, tokens: Sequence[str], known: Sequence[str]) -> dict[str, Value]:
        options: dict[str, Value] = {}
        for token in tokens:
            key, equals, text = token.partition("=")
            if not equals:
                raise self.error(f"{token!r} is no {what}; they read NAME=VALUE")
            self.choose(what, key, known)
            if key in options:
                raise self.error(f"{key} is given twice")
            options[key] = self.value(key, text)
        return options

    def value(self, key: str, text: str, kind: type[enum.IntEnum] | None = None) -> Value:
        if key in TEXTS:
            return text
        if kind or key in words.NUMBERS:
            return self.enumerated(key, text, kind)
        if key in REALS:
            return self.number(key, text)
        return self.whole(key, text)

    def number(self, what: str, text: str) -> float:
        signed = what in ("seconds", "issued_at")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not (-1e9 if signed else 0) <= value < 1e9:
            rule = "a number" if signed else "a number from 0 up"
            raise self.error(f"{what} is {text!r}; it is {rule}")
        return value

    def whole(self, what: str, text: str) -> int:
        try:
            return int(text, 0)
        except ValueError:
            raise self.error(f"{what} is {text!r}; it is a whole number") from None

    def enumerated(self, key: str, text: str, kind: type[enum.IntEnum] | None = None) -> int:
        kind = kind or words.NUMBERS[key]
        if re.match(r"-?\d+\Z", text):
            return int(text)
        names = {name.lower(): number for name, number in kind.__members__.items()}
        for name in (text.lower(), f"{key}_{text.lower()}"):
            if name in names:
                return int(names[name])
        self.choose(key, text.lower(), names)
        raise AssertionError


TEXTS = frozenset(
    (
        "channel",
        "token",
        "data",
        "name",
        "app",
        "app_id",
        "edge",
        "channel_pattern",
        "cluster",
        "certificate",
        "text",
        "version",
    )
)
REALS = frozenset(
    (
        *words.SECONDS,
        *CLIENT_TIMERS,
        *EDGE_TIMERS,
        *("loss", "burst", "duplicate", "reorder", "corrupt", "issued_at"),
    )
)
HEADERS = {
    name: getattr(_Reader, name)
    for name in (
        "rows",
        "worlds",
        "scale",
        "seed",
        "wall",
        "invariants",
        "heals",
        "token",
        "edge",
        "client",
        "on",
        "expect",
    )
}
