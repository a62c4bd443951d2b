"""Very many events: none lost, in order, and soon in Python."""

from __future__ import annotations

import rejoin
from story import joined


def test_100000_events_arrive():
    with rejoin.Simulation(seed=1) as sim:
        (one,) = joined(sim, sim.edge(), 1, stats=True, timers={"stats": 0.001})
        sim.run(100)
        events = one.events
        assert len(events) > 100_000
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert sum(event.name == "stats" for event in events) > 99_000
        assert "events_dropped" not in {event.name for event in events}


def test_undrained_state_events_are_all_kept():
    with rejoin.Simulation(seed=1) as sim:
        one = sim.client(sim.edge(), uid=1)
        for _ in range(10_000):
            one.join("demo")
            one.leave()
        events = one.events
        assert len(events) == 30_000
        assert [event.sequence for event in events] == list(range(1, 30_001))


def test_too_many_data_events_are_counted():
    with rejoin.Simulation(seed=1) as sim:
        (one,) = joined(sim, sim.edge(), 1, stats=True, timers={"stats": 0.001})
        before = one.events[-1].sequence
        runtime = sim._runtime
        # Past the simulation's own draining: time passes, and nobody looks.
        rejoin._rejoin.rj_runtime_run(runtime._handle.get(), runtime.now_ns() + 10**9, 0)
        new = [event for event in one.events if event.sequence > before]
        dropped = [event for event in new if event.name == "events_dropped"]
        assert len(dropped) == 1
        assert dropped[0].count + len(new) - 1 >= 990
