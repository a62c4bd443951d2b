"""The swarm: what it draws, what it watches, and how it shrinks."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import os
import re
import subprocess
import sys

import pytest
from rejoin import State
from rejoin.__main__ import main
from rejoin.link import Faults
from rejoin.scenario import Recording, parse, play
from rejoin.scenario.model import Scenario
from rejoin.scenario.playing import Watcher
from rejoin.scenario.recording import Heard, fields_of, result_line
from rejoin.scenario.writing import write
from rejoin.swarm import command, draw, invariants, shrink, violations, watch
from rejoin.swarm.drawing import Size
from rejoin.swarm.invariants import rules

SEEDS = range(1, 61)


@pytest.mark.parametrize("start", range(0, 1000, 50))
def test_a_bounded_swarm(start):
    """R-1 R-2 R-3 R-4 R-6 N-2 N-3 N-5 P-2 P-4 P-9 P-10 D-4 and section 5, over random scenarios."""
    found = {seed: violations(draw(seed)) for seed in range(start, start + 50)}
    failed = {seed: list(map(str, broken)) for seed, broken in found.items() if broken}
    assert failed == {}, f"python -m rejoin swarm --start {min(failed)} --seeds 1 shrinks the first"


CLUSTER = Size(edges=3)


@pytest.mark.parametrize("start", range(0, 600, 60))
def test_a_bounded_swarm_of_clusters(start):
    """The same at three edges whose bus fails, too: in the end all rosters are equal everywhere."""
    found = {seed: violations(draw(seed, CLUSTER)) for seed in range(start, start + 60)}
    assert {seed: list(map(str, broken)) for seed, broken in found.items() if broken} == {}


CUT_OFF = """
worlds sim
invariants
heals  20
edge home cluster=c
edge away cluster=c
client m1 edge=home uid=1
client m2 edge=away uid=2
0  m1 join a
0  m2 join a
{} away cut
60 end
"""


def test_rosters_that_differ_between_edges_are_seen():
    assert violations(parse(CUT_OFF.format(10))) == []
    assert rules(violations(parse(CUT_OFF.format(30)))) == {"heal"}


TWICE = """
worlds sim
invariants
heals  20
edge home cluster=c
edge away cluster=c
client m1 edge=home uid=1
client m2 edge=away uid=1
10 away cut
{0} m1 join a
{1} m2 join a
21 away cut
60 end
"""


def test_one_uid_that_is_at_two_edges_is_seen():
    assert violations(parse(TWICE.replace("21 away cut\n", "").format(15, 16))) == []
    assert "one session" in rules(violations(parse(TWICE.format(25, 26))))


def test_a_seed_draws_one_scenario():
    assert draw(5) == draw(5)
    assert draw(5, CLUSTER) == draw(5, CLUSTER)
    assert write(draw(5)) != write(draw(6))


def test_the_swarm_draws_every_fault():
    drawn = {
        name
        for seed in SEEDS
        for step in draw(seed).steps
        if step.action.verb == "link"
        for name in step.action.values
    }
    assert drawn == (set(Faults._fields) | {"up", "down"}) - {"blackhole", "queue"}  # `cut` has it


# ---- one seed, one event log


def test_one_seed_gives_one_event_log():
    """Byte for byte, also in a process that orders its sets in another way."""
    seeds = range(1, 13)
    here = [watch(draw(seed)).digest for seed in seeds]
    assert [watch(draw(seed)).digest for seed in seeds] == here
    assert len(set(here)) == len(seeds)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in here)
    command = [sys.executable, "-m", "rejoin", "swarm", "--seeds", "12", "--jobs", "2", "--hash"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    *lines, played, total = done.stdout.splitlines()
    assert lines == [f"seed {seed}: {digest}" for seed, digest in zip(seeds, here)]
    assert played.endswith(": none failed")
    of_all = hashlib.sha256(b"".join(map(bytes.fromhex, here))).hexdigest()
    assert total == f"event logs: sha256 {of_all}"


def test_an_event_log_is_its_events_and_answers_in_their_order():
    recording = play(parse(OUTAGE))
    lines = [event.line() for events in recording.events.values() for event in events]
    lines += [result_line(index, result) for index, result in recording.results.items()]
    again = Recording.parse(lines)
    assert again.events == {name: told for name, told in recording.events.items() if told}
    assert again.results == recording.results

    log = hashlib.sha256()

    class Listening(Watcher):
        """Tells events and answers in the order in which they came."""

        def begin(self, player):
            self.player = player

        def heard(self, name, event):
            heard = Heard(
                name,
                round(event.time * 1e9),
                self.player.since(self.player.clients[name].last_heard),
                event.name,
                fields_of(event),
            )
            log.update(heard.line().encode())

        def done(self, step):
            result = self.player.recording.results[step.index]
            log.update(result_line(step.index, result).encode())

    assert play(parse(OUTAGE), watcher=Listening()).digest == recording.digest
    assert log.hexdigest() == recording.digest
    late = OUTAGE.replace("5  m3 leave", "5.001 m3 leave")
    assert play(parse(late)).digest != recording.digest


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


@pytest.mark.parametrize("size", [Size(), CLUSTER])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_is_read_again(seed, size):
    scenario = draw(seed, size)
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


def test_who_does_nothing_is_left_out():
    text = OUTAGE.replace("0  m1 join a\n", "").replace("10 m1 cut", "45 m2 cut")
    text = text.replace("edge home\n", "edge home\ntoken spare app_id=a certificate=b channel=a\n")
    spoiled = parse(text)
    shorter, _ = shrink(spoiled, violations(spoiled))
    assert list(shorter.clients) == ["m2"]
    assert shorter.tokens == {}


def test_the_command(tmp_path, capsys):
    assert main(["swarm", "--seeds", "4", "--jobs", "1", "--save", str(tmp_path)]) == 0
    assert "4 seeds in" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_command_saves_what_fails(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(invariants, "INTERRUPTED", 4.05)
    given = ["swarm", "--seeds", "8", "--jobs", "1", "--save", str(tmp_path)]
    assert main(given) == 1
    saved = sorted(tmp_path.glob("*.scenario"))
    assert saved
    out = capsys.readouterr().out
    assert f"to see it again: python -m rejoin play {saved[0]}\n" in out
    assert main(["play", str(saved[0])]) == 1  # the file alone shows it again
    out = capsys.readouterr().out
    assert "from its time (timer)" in out
    monkeypatch.undo()
    assert main(["play", str(saved[0])]) == 0


def test_the_command_draws_what_fails(tmp_path, capsys, monkeypatch):
    """A failing seed's timeline: on the terminal, within bounds, and beside its file."""
    folder = tmp_path / "of mine"
    monkeypatch.setattr(invariants, "INTERRUPTED", 4.05)
    monkeypatch.setattr(command, "ROWS", 3)
    assert main(["swarm", "--seeds", "1", "--jobs", "1", "--save", str(folder)]) == 1
    out = capsys.readouterr().out
    scenario, svg, page = (folder / f"seed-1.{form}" for form in ("scenario", "svg", "html"))
    assert sorted(folder.iterdir()) == sorted((scenario, svg, page))
    assert f"the timeline: {svg}, {page}\n" in out
    assert f"to see it again: python -m rejoin play '{scenario}'\n" in out
    broken = scenario.read_text().splitlines()[0].removeprefix("# ")
    assert broken.endswith("(timer)")
    who, text = broken.split("  ")[1].removesuffix(" (timer)").split(": ", 1)
    for drawn in (out, svg.read_text(), page.read_text()):
        assert f"{who}, UID" in drawn  # lanes are called as in the file
        assert text in html.unescape(drawn)  # and what broke is pointed out
    assert "CONNECTED" in out
    happened = out[out.index("nothing happened") : out.index("steps of")]
    assert 1 <= len(re.findall(r"(?m)^ *(\d+ min )?[0-9.]+ s  ", happened)) <= 3
    assert "more: " in happened


WRONG = {
    ("--seeds", "0"): "'0' is not a whole number from 1 up",
    ("--seeds", "many"): "'many' is not a whole number from 1 up",
    ("--start", "-1"): "'-1' is not a whole number from 0 up",
    ("--members", "1"): "'1' is not a whole number from 2 up",
    ("--steps", "4"): "'4' is not a whole number from 5 up",
    ("--seconds", "nan"): "'nan' is not a number from 20 up",
    ("--jobs", "0"): "'0' is not a whole number from 1 up",
}


@pytest.mark.parametrize("option", WRONG)
def test_a_number_out_of_its_range(option, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["swarm", *option])
    assert caught.value.code == 2
    assert f"argument {option[0]}: {WRONG[option]}" in capsys.readouterr().err
