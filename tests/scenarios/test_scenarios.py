"""Every scenario file, played in the simulator and, with a time scale, over real QUIC."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from rejoin.scenario import Plan, Recording, check, play, read

FILES = sorted(Path(__file__).parent.glob("*.scenario"))
SCENARIOS = {path.stem: read(path) for path in FILES}
REAL = [name for name, scenario in SCENARIOS.items() if "real" in scenario.worlds]
AT_ONCE = 8  # real plays; most of their time they wait
ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REJOIN_BUILD_DIR", ROOT / "build" / "debug"))
PLAYERS = {
    "c": [BUILD / "tests" / "scenarios" / "scenario_player"],
    "objc": [BUILD / "tests" / "scenarios" / "scenario_player_objc"],
}
"""by language the command that plays a plan: standard input to standard output"""


def played_by(language: str, plan: Plan) -> Recording:
    command = list(map(str, PLAYERS[language]))
    if language == "objc" and not Path(command[0]).exists() and os.environ.get("CI") != "true":
        pytest.skip("there is no GNUstep here, so no player in Objective-C")
    done = subprocess.run(
        command, input=str(plan), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    recording = Recording.parse(done.stdout.splitlines())
    for client in plan.clients:
        recording.events.setdefault(client, [])
    return recording


@pytest.mark.parametrize("name", SCENARIOS)
def test_in_the_simulator(name):
    plan = Plan.of(SCENARIOS[name])
    assert check(plan, play(plan)) == []


@cache
def real_plays() -> dict[str, Future[tuple[Plan, Recording]]]:
    """All of them, begun; they go on side by side."""
    pool = ThreadPoolExecutor(AT_ONCE)

    def one(name: str) -> tuple[Plan, Recording]:
        plan = Plan.of(SCENARIOS[name], "real")
        return plan, play(plan)

    plays = {name: pool.submit(one, name) for name in REAL}
    pool.shutdown(wait=False)
    return plays


@pytest.mark.parametrize("name", REAL)
def test_over_real_quic(name):
    plan, recording = real_plays()[name].result(timeout=120)
    assert check(plan, recording) == []


def told(recording: Recording) -> dict[str, list[tuple[int, str, dict[str, int | float | str]]]]:
    """Each client's events with their times. When a player looks at them is its own affair."""
    return {
        client: [(event.time, event.name, event.fields) for event in events]
        for client, events in recording.events.items()
    }


@pytest.mark.parametrize("language", PLAYERS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_language_hears_the_same(name, language):
    """In the simulator to the nanosecond: the players make their nodes in one order."""
    plan = Plan.of(SCENARIOS[name])
    recording = played_by(language, plan)
    assert check(plan, recording) == []
    assert told(recording) == told(play(plan))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_seed_gives_the_same_log(name):
    """Byte for byte."""
    scenario = SCENARIOS[name]
    first, second = play(scenario), play(scenario)
    assert repr(first) == repr(second)


def test_there_are_enough():
    assert len(FILES) >= 40
    assert len(REAL) >= 20


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_says_what_it_is_about(name):
    scenario = SCENARIOS[name]
    assert scenario.title
    assert scenario.rows
    assert scenario.expected
