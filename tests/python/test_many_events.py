"""Very many events: none lost, in order, and soon in Python."""

from __future__ import annotations

import gc

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


def test_the_garbage_collector_looks_at_no_event():
    with rejoin.Simulation(seed=1) as sim:
        one, two = joined(sim, sim.edge(), 1, 2, stats=True, timers={"stats": 0.5})
        two.leave()
        sim.run(5)
        events = one.events + two.events
        assert len({event.name for event in events}) > 5
        assert not any(gc.is_tracked(event) or gc.is_tracked(event.stats) for event in events)


def test_what_an_event_does_not_have_is_none():
    with rejoin.Simulation(seed=1) as sim:
        one, two = joined(sim, sim.edge(), 1, 2, stats=True, attempts=True)
        stream = two.create_data_stream()
        two.send_stream_message(stream, b"hello")
        one.network_changed("wifi")
        one.set_client_role("audience")
        sim.run(5)
        two.leave()
        sim.run(5)
        one.leave()
        for event in one.events:  # taken in few drains, each event after others
            has = {"name", "time", "sequence", *rejoin.EVENT_FIELDS[event.name]}
            for field, value in event._asdict().items():
                assert field in has or value is None, (event, field)


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
