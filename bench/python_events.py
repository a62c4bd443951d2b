"""How long an event takes into Python: from the library's queue to an Event, in microseconds (goal: at most 1).

./dev python bench/python_events.py
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable

import rejoin

GOAL = 1.0  # microseconds


def state_events(client: rejoin.SimulatedClient, count: int) -> None:
    """connection_changed twice and did_leave_channel, again and again."""
    for _ in range(count // 3):
        client.join("demo")
        client.leave()


def measure(
    sim: rejoin.Simulation, fill: Callable[[rejoin.SimulatedClient, int], None], count: int
) -> float:
    """Microseconds per event to drain a queue of `count`."""
    client = sim.client(sim.edge(), uid=1)
    fill(client, count)
    gc.collect()
    began = time.perf_counter()
    events = rejoin._rejoin.drain(client._handle.get())
    spent = time.perf_counter() - began
    assert len(events) == count // 3 * 3, "an event was lost"
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    client.close()
    return spent / len(events) * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--events", type=int, default=100_000, help="in each run (default %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=7, help="(default %(default)s)")
    parser.add_argument("--build", help="not used: the installed package is measured")
    given = parser.parse_args()
    with rejoin.Simulation(seed=1) as sim:
        runs = [measure(sim, state_events, given.events) for _ in range(given.runs)]
    median = statistics.median(runs)
    print(
        f"{given.events} events, {given.runs} runs: {median:.3f} µs an event "
        f"(best {min(runs):.3f}, worst {max(runs):.3f}); goal {GOAL:g} µs"
    )
    return 0 if median <= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
