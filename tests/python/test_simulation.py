"""The simulator itself: time, seeds, order, and what may be asked of it."""

from __future__ import annotations

import gc

import pytest
import rejoin
from rejoin import RejoinError, State, Status
from story import TICK, cut_after_proof, joined


def story(seed):
    """A long outage and its end, as a log of everything told."""
    with rejoin.Simulation(seed=seed, wall=1_700_000_000) as sim:
        edge = sim.edge()
        one, two = joined(sim, edge, 1, 2, attempts=True)
        one.link.set(up={"loss": 0.2})
        sim.run(20)
        one.link.cut()
        sim.run(100)
        one.link.heal()
        sim.run(30)
        edge.crash()
        sim.run(3)
        edge.restart()
        sim.run(30)
        return [repr(event) for client in (one, two) for event in client.events]


def test_one_seed_one_story():
    assert story(3) == story(3)


def test_another_seed_another_story():
    assert story(3) != story(4)


def test_time_passes_in_ticks(sim):
    assert sim.now == 0
    for seconds in (0.1, 0.2, 0.3):
        sim.run(seconds)
    assert sim.now == pytest.approx(0.6, abs=1e-9)
    sim.run(0.0005)
    assert sim.now == pytest.approx(0.601, abs=1e-9)
    sim.run(0)
    assert sim.now == pytest.approx(0.601, abs=1e-9)
    with pytest.raises(ValueError, match="time cannot pass by -1 s"):
        sim.run(-1)


def test_20_healthy_minutes_are_beats_and_no_more(sim):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    sim.run(10)
    before, packets = (one.events, two.events), edge.counters
    sim.run(1200)
    assert (one.events, two.events) == before
    beats = 2 * 1200 / 1.3
    for way in ("datagrams_in", "datagrams_out"):
        assert edge.counters[way] - packets[way] <= 3 * beats


def test_run_until_asks_first_and_in_each_tick_with_events(sim):
    one = sim.client(sim.edge(), uid=1)
    assert sim.run_until(lambda: True) is True
    assert sim.now == 0
    one.join("demo")
    assert sim.run_until(lambda: one.state is State.CONNECTED, limit=5) is True
    assert sim.now == one.events[-1].time


def test_run_until_says_what_did_not_come(sim):
    one = sim.client(sim.edge(), uid=1)
    with pytest.raises(TimeoutError, match=r"not so after 5 s of virtual time \(now 5.000 s\)"):
        sim.run_until(lambda: one.state is State.CONNECTED, limit=5)
    assert sim.now == 5


def test_run_until_can_look_without_events(sim):
    asked = []
    with pytest.raises(TimeoutError):
        sim.run_until(lambda: asked.append(sim.now), limit=0.01, every=TICK)
    assert asked == pytest.approx([i * TICK for i in range(11)])
    with pytest.raises(ValueError, match="a tick is"):
        sim.run_until(lambda: True, every=0.0001)


def test_functions_hear_events_at_their_ticks(sim):
    edge = sim.edge()
    one, two = sim.client(edge, uid=1), sim.client(edge, uid=2)
    heard = []

    @one.listener("user_joined")
    def greet(event):
        heard.append((sim.now, event.time, event.uid))
        one.leave()

    one.join("demo")
    sim.run(1)
    two.join("demo")
    sim.run(5)
    ((now, at, uid),) = heard
    assert now == at
    assert uid == 2
    assert one.state is State.DISCONNECTED


def test_what_a_function_raises_comes_out_of_run_and_nothing_is_lost(sim):
    one = sim.client(sim.edge(), uid=1)
    heard = []

    def fail(event):
        heard.append(event.name)
        if event.name == "did_join_channel":
            raise ZeroDivisionError

    one.on(None, fail)
    one.on("did_join_channel", lambda event: heard.append("second"))
    one.join("demo")
    with pytest.raises(ZeroDivisionError):
        sim.run(5)
    assert sim.now < 1
    sim.run(5)
    assert heard == ["connection_changed", "connection_changed", "did_join_channel", "second"]


def test_a_simulation_does_not_run_inside_itself(sim):
    one = sim.client(sim.edge(), uid=1)
    one.on("connection_changed", lambda event: sim.run(1))
    one.join("demo")
    with pytest.raises(RejoinError) as caught:
        sim.run(1)
    assert caught.value.status is Status.INVALID_STATE


def test_state_can_be_asked_inside_a_function(sim):  # S-24 R-1
    one = sim.client(sim.edge(), uid=1)
    seen = []
    one.on("connection_changed", lambda event: seen.append((event.state, one.state)))
    one.join("demo")
    sim.run(1)
    assert seen == [(state, state) for state in (State.CONNECTING, State.CONNECTED)]


def test_closed_inside_a_function_that_was_the_last(sim):
    one = sim.client(sim.edge(), uid=1)
    heard = []

    def close(event):
        heard.append(event.name)
        one.close()

    one.on(None, close)
    one.on(None, lambda event: heard.append("never"))
    one.join("demo")
    sim.run(5)
    assert heard == ["connection_changed"]


def test_off_ends_it(sim):
    one = sim.client(sim.edge(), uid=1)
    heard = []
    one.on(None, heard.append)
    one.off(heard.append)
    one.join("demo")
    sim.run(1)
    assert heard == []
    with pytest.raises(ValueError, match="was not given to on"):
        one.off(heard.append)


def test_what_came_before_on_is_not_told_again(sim):
    one = sim.client(sim.edge(), uid=1)
    one.join("demo")
    heard = []
    one.on(None, heard.append)
    sim.run(1)
    assert [event.sequence for event in heard] == [2, 3]


def test_a_simulation_keeps_its_clients_alive(sim):
    edge = sim.edge()
    sim.client(edge, uid=1).join("demo")
    gc.collect()
    sim.run(1)
    assert edge.members("demo") == [1]


def test_members_of_many_pages(sim):
    edge = sim.edge()
    for uid in range(1, 301):
        sim.client(edge, uid=uid).join("demo")
    sim.run(5)
    assert edge.members("demo") == list(range(1, 301))


def test_a_closed_simulation_says_so():
    sim = rejoin.Simulation()
    one = sim.client(sim.edge(), uid=1)
    one.join("demo")
    sim.close()
    sim.close()
    assert len(one.events) == 1
    with pytest.raises(RejoinError, match="this runtime is closed"):
        sim.run(1)
    with pytest.raises(RejoinError, match="this client is closed"):
        one.join("demo")


def test_a_simulation_that_was_not_closed_says_so_once():
    sim = rejoin.Simulation()
    client = sim.client(sim.edge(), uid=1)
    with pytest.warns(ResourceWarning, match="was not closed") as caught:
        del sim
    assert len(caught) == 1
    assert client.state is State.DISCONNECTED


def test_heal_leaves_loss_and_delay(sim):
    one = sim.client(sim.edge(), uid=1)
    one.link.set(up={"loss": 0.3, "delay": 0.05}, down={"delay": 0.02})
    one.link.cut(up=True)
    assert one.link.up == rejoin.link.Faults(loss=0.3, delay=0.05, blackhole=True)
    assert one.link.down == rejoin.link.Faults(delay=0.02)
    one.link.heal()
    assert one.link.up == rejoin.link.Faults(loss=0.3, delay=0.05)


def test_delay_is_felt(sim):
    one = sim.client(sim.edge(), uid=1)
    one.link.set(up={"delay": 0.1}, down={"delay": 0.2})
    one.join("demo")
    sim.run(2)
    assert one.events[-1].elapsed == pytest.approx(600, abs=5)


def test_last_heard_is_none_before_the_first_proof(sim):
    one = sim.client(sim.edge(), uid=1)
    assert one.last_heard is None
    heard = None
    one.join("demo")
    sim.run(2)
    heard = one.last_heard
    assert heard is not None
    assert cut_after_proof(sim, one) > heard
