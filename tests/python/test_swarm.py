"""The swarm: what it draws, what it watches, and how it shrinks."""

from __future__ import annotations

import dataclasses

import pytest
from rejoin import State
from rejoin.__main__ import main
from rejoin.scenario import parse
from rejoin.scenario.model import Scenario
from rejoin.scenario.writing import write
from rejoin.swarm import draw, invariants, shrink, violations
from rejoin.swarm.invariants import rules

SEEDS = range(1, 61)


@pytest.mark.parametrize("start", range(0, 600, 60))
def test_a_bounded_swarm(start):
    """R-1 R-2 R-3 R-4 R-6 N-2 N-3 N-5 P-2 P-4 P-9 P-10 D-4 and section 5, over random scenarios."""
    found = {seed: violations(draw(seed)) for seed in range(start, start + 60)}
    assert {seed: list(map(str, broken)) for seed, broken in found.items() if broken} == {}


def test_a_seed_draws_one_scenario():
    assert draw(5) == draw(5)
    assert write(draw(5)) != write(draw(6))


def without_places(scenario: Scenario) -> Scenario:
    """As `scenario`, without the lines and the path that only a file has."""

    def bare(thing):
        return dataclasses.replace(thing, line=0)

    return dataclasses.replace(
        scenario,
        path="",
        rows=(),
        edges={name: bare(node) for name, node in scenario.edges.items()},
        clients={name: bare(node) for name, node in scenario.clients.items()},
        tokens={name: bare(token) for name, token in scenario.tokens.items()},
        steps=[dataclasses.replace(step, action=bare(step.action)) for step in scenario.steps],
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_is_read_again(seed):
    scenario = draw(seed)
    assert without_places(parse(write(scenario))) == without_places(scenario)


OUTAGE = """
title  An outage
worlds sim
invariants
heals  40
edge home
client m1 edge=home uid=1
client m2 edge=home uid=2
client m3 edge=home uid=3
0  m1 join a
0  m2 join a
0  m3 join a
5  m3 leave
10 m1 cut
41 m2 role audience
60 end
"""


def test_nothing_is_wrong_with_an_outage():
    assert violations(parse(OUTAGE)) == []


def knows_somebody_already(patch):
    joined = invariants.Invariants.joined

    def bent(watch, name, member, event):
        joined(watch, name, member, event)
        member.peers.add(2)

    patch.setitem(invariants.RULES, "did_join_channel", bent)


def knows_nobody_at_the_edge(patch):
    patch.setattr(invariants, "AGREED_AFTER", 1.0)
    patch.setattr(invariants.Invariants, "is_known", lambda self, member: False)


# What the watch must see: each a rule of the contract bent by a little, and the rule that is broken then.
BENT = {
    "interrupted": ("timer", lambda patch: patch.setattr(invariants, "INTERRUPTED", 4.05)),
    "offline": ("timer", lambda patch: patch.setattr(invariants, "OFFLINE", 19.9)),
    "table": (
        "table",
        lambda patch: patch.delitem(invariants.CHANGES, (State.CONNECTED, State.RECONNECTING)),
    ),
    "roster": ("roster", knows_somebody_already),
    "busy": ("busy", lambda patch: patch.setattr(invariants, "DATAGRAMS_MAX", 0.1)),
    "agreement": ("agreement", knows_nobody_at_the_edge),
}


@pytest.mark.parametrize("bent", BENT)
def test_the_watch_sees_what_is_wrong(monkeypatch, bent):
    rule, bend = BENT[bent]
    bend(monkeypatch)
    assert rule in rules(violations(parse(OUTAGE)))


def test_the_watch_sees_who_is_not_well_at_the_end():
    never_healed = OUTAGE.replace("10 m1 cut", "45 m1 cut")
    found = violations(parse(never_healed))
    assert rules(found) == {"heal"}
    assert "still RECONNECTING" in str(found[0])


def test_a_failing_seed_is_shrunk():
    spoiled = parse(OUTAGE.replace("10 m1 cut", "45 m1 cut"))
    shorter, found = shrink(spoiled, violations(spoiled))
    assert [(step.action.actor, step.action.verb) for step in shorter.steps] == [
        ("m1", "join"),
        ("m1", "cut"),
    ]
    assert rules(found) == {"heal"}
    assert list(shorter.clients) == ["m1"]


def test_the_command(tmp_path, capsys):
    assert main(["swarm", "--seeds", "4", "--jobs", "1", "--save", str(tmp_path)]) == 0
    assert "4 seeds in" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_command_saves_what_fails(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(invariants, "INTERRUPTED", 4.05)
    given = ["swarm", "--seeds", "8", "--jobs", "1", "--save", str(tmp_path)]
    assert main(given) == 1
    saved = sorted(tmp_path.iterdir())
    assert saved
    assert f"python -m rejoin play {saved[0]}" in capsys.readouterr().out
    assert main(["play", str(saved[0])]) == 1  # the file alone shows it again
    out = capsys.readouterr().out
    assert "from its time (timer)" in out
    monkeypatch.undo()
    assert main(["play", str(saved[0])]) == 0
