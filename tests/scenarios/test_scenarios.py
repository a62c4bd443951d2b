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
    "c": BUILD / "tests" / "scenarios" / "scenario_player",
    "objc": BUILD / "tests" / "scenarios" / "scenario_player_objc",
    "swift": BUILD.parent / "swift" / "debug" / "scenario-player",
}
"""by language the program that plays a plan: standard input to standard output"""
NEEDS = {"objc": "GNUstep", "swift": "Swift 6 toolchain"}
"""what a language needs that not every machine has; with CI=true it must"""


def played_by(language: str, plan: Plan) -> Recording:
    program = PLAYERS[language]
    if language in NEEDS and not program.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"there is no {NEEDS[language]} here, so no player in {language}")
    places = [str(BUILD / "abi"), os.environ.get("LD_LIBRARY_PATH", "")]
    done = subprocess.run(
        [str(program)],
        input=str(plan),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, places))},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    recording = Recording.parse(done.stdout.splitlines())
    for client in plan.clients:
        recording.events.setdefault(client, [])
    return recording


@cache
def simulated(name: str) -> tuple[Plan, Recording]:
    """A play in Python, which those in the other languages are held against."""
    plan = Plan.of(SCENARIOS[name])
    return plan, play(plan)


@pytest.mark.parametrize("name", SCENARIOS)
def test_in_the_simulator(name):
    plan, recording = simulated(name)
    assert check(plan, recording) == []


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
    plan, in_python = simulated(name)
    recording = played_by(language, plan)
    assert check(plan, recording) == []
    assert told(recording) == told(in_python)


@pytest.mark.parametrize("language", PLAYERS)
def test_every_language_plays_over_real_quic(language):
    plan = Plan.of(SCENARIOS["short-outage"], "real")
    assert check(plan, played_by(language, plan)) == []


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
