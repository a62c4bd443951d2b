"""A scenario as the text of a file, which `reading` reads to the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from . import words
from .model import Action, Scenario, Value


def write(scenario: Scenario) -> str:
    """The text of a file that says the same; what must come is not in it."""
    return "".join(line.rstrip() + "\n" for line in _lines(scenario))


def _lines(scenario: Scenario) -> Iterator[str]:
    yield f"title  {scenario.title}"
    if scenario.rows:
        yield " ".join(["rows  ", *scenario.rows])
    yield " ".join(["worlds", *scenario.worlds])
    yield f"seed   {scenario.seed}"
    if scenario.invariants:
        yield "invariants"
    if scenario.heals is not None:
        yield f"heals  {scenario.heals:g}"
    yield ""
    for token in scenario.tokens.values():
        yield " ".join(["token", token.name, *_pairs(token.options)])
    for edge in scenario.edges.values():
        yield " ".join(["edge", edge.name, *_pairs(edge.options)])
    for client in scenario.clients.values():
        known = {"edge": ",".join(client.edges), "uid": client.uid, **client.options}
        yield " ".join(["client", client.name, *_pairs(known)])
    yield ""
    for timed in scenario.steps:
        yield f"{timed.time:g} {_action(timed.action)}"
    yield f"{scenario.end:g} end"


def _pairs(values: Mapping[str, Value]) -> list[str]:
    return [f"{key}={shlex.quote(str(value))}" for key, value in values.items()]


def _action(action: Action) -> str:
    verbs = {**words.CLIENT_VERBS, **words.EDGE_VERBS, **words.WORLD_VERBS}
    verb = verbs[action.verb]
    values = dict(action.values)
    said = [action.actor, action.verb]
    said += [shlex.quote(str(values.pop(place))) for place in verb.places if place in values]
    said += [flag for flag in verb.flags if values.pop(flag, 0)]
    said += _pairs(values)
    if action.result is None:
        said += ["is", "*"]
    elif action.result != (0,) or verb.asks:
        said += ["is", *map(str, action.result)]
    return " ".join(said)
