"""The stay in numbers: when it is told, and what it counts."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import State
from story import DELAY, TICK, cut_after_proof, joined


def told(client) -> list[rejoin.Event]:
    return [event for event in client.events if event.name == "stats"]


def test_every_two_seconds_when_asked_for(sim):  # N-8
    edge = sim.edge()
    (one,) = joined(sim, edge, 1, stats=True)
    (two,) = joined(sim, edge, 2)
    began = next(event.time for event in one.events if event.name == "did_join_channel")
    sim.run(began + 10.5 - sim.now)
    times = [event.time - began for event in told(one)]
    assert times == pytest.approx([2, 4, 6, 8, 10], abs=TICK)
    assert told(two) == []


def test_it_goes_on_in_an_outage_and_ends_with_the_stay(sim):  # N-8
    (one,) = joined(sim, sim.edge(), 1, stats=True)
    sim.run(12)
    heard = cut_after_proof(sim, one)
    sim.run(20)
    assert one.state is State.RECONNECTING
    during = [event for event in told(one) if event.time > heard + 4]
    assert len(during) in (7, 8)
    for event in during:
        assert event.stats.outages == 1
        assert event.stats.outage == pytest.approx(event.time - heard, abs=TICK)
    one.leave()
    count = len(told(one))
    sim.run(10)
    assert len(told(one)) == count


def test_its_timer_and_the_scale(sim):  # N-8
    edge, slow = sim.edge(), sim.edge(time_scale=3.0)
    (one,) = joined(sim, edge, 1, stats=True, timers={"stats": 0.25})
    (two,) = joined(sim, slow, 2, stats=True, time_scale=3.0)
    sim.run(12)
    for client, every in ((one, 0.25), (two, 6.0)):
        times = [event.time for event in told(client)]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        assert gaps
        assert gaps == pytest.approx([every] * len(gaps), abs=TICK)


def test_what_it_counts_over_several_connections(sim):  # N-8 S-25
    edge = sim.edge()
    one, _, three = joined(sim, edge, 1, 2, 3, attempts=True)
    sim.run(12)
    before = one.stats
    assert (before.members, before.outages, before.outage, before.attempts) == (2, 0, 0, 1)
    assert before.round_trip_ms == pytest.approx(2000 * DELAY, abs=2)
    assert before.packets_lost == 0
    began = next(event.time for event in one.events if event.name == "did_join_channel")
    assert before.duration == pytest.approx(sim.now - began, abs=TICK)

    outages = []
    for length in (6, 30):
        heard = cut_after_proof(sim, one)
        sim.run(length)
        one.link.heal()
        sim.run_until(lambda: one.state is State.CONNECTED, limit=30)
        outages.append(one.events[-1].time - heard)
        back = next(
            event.time for event in reversed(one.events) if event.name == "did_rejoin_channel"
        )
        outages[-1] = back - heard
        sim.run(12)
    three.leave()
    sim.run(1)
    after = one.stats
    assert (after.members, after.outages) == (1, 2)
    assert after.outage == pytest.approx(sum(outages), abs=2 * TICK)
    started = [e for e in one.events if e.name == "attempt" and e.outcome.name == "STARTED"]
    assert after.attempts == len(started) > 2
    assert after.duration == pytest.approx(sim.now - began, abs=TICK)
    for field in ("bytes_sent", "bytes_received", "packets_sent", "packets_received"):
        assert getattr(after, field) > getattr(before, field)
    assert after.packets_lost > 0  # beats of the outages
    one.leave()
    left = one.events[-1]
    assert left.name == "did_leave_channel"
    assert left.stats.attempts == after.attempts
    assert left.stats.bytes_sent >= after.bytes_sent
    one.join("demo")
    sim.run(1)
    assert (one.stats.attempts, one.stats.outages) == (1, 0)
    assert one.stats.bytes_sent < before.bytes_sent + 5000


def test_messages_are_in_the_bytes(sim):  # N-8
    one, two = joined(sim, sim.edge(), 1, 2)
    sim.run(1)
    sent, received = one.stats.bytes_sent, two.stats.bytes_received
    stream = one.create_data_stream()
    for _ in range(20):
        one.send_stream_message(stream, b"x" * 1000)
    sim.run(1)
    assert 20_000 < one.stats.bytes_sent - sent < 25_000
    assert 20_000 < two.stats.bytes_received - received < 25_000


def test_over_a_real_socket(real_edge):  # N-8
    with rejoin.Client(
        real_edge.url,
        uid=1,
        fingerprint=real_edge.fingerprint,
        stats=True,
        timers={"stats": 0.05, "beat": 0.02},
    ) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        for _ in range(3):
            event = one.wait_for("stats", timeout=5)
        assert event.stats.packets_sent > 3
        assert event.stats.bytes_received > 1000
        assert event.stats.duration > 0.1
        one.leave()
        assert one.wait_for("did_leave_channel", timeout=5).stats.duration >= event.stats.duration
