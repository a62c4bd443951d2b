"""Every scenario file, played in the simulator and, with a time scale, over real QUIC."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from rejoin.scenario import Plan, Recording, check, play, read

FILES = sorted(Path(__file__).parent.glob("*.scenario"))
SCENARIOS = {path.stem: read(path) for path in FILES}
REAL = [name for name, scenario in SCENARIOS.items() if "real" in scenario.worlds]
AT_ONCE = 8  # real plays; most of their time they wait


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
