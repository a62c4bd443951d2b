"""Leaving in every state, and freeing."""

from __future__ import annotations

from rejoin import OfflineReason, Reason, State
from story import DELAY, TICK, assert_events, assert_told, cut_after_proof, joined, names, since

LEFT = (
    ("connection_changed", State.DISCONNECTED, Reason.LEAVE_CHANNEL),
    ("did_leave_channel",),
)


def test_leaving_is_done_at_once_and_told_to_the_others(sim):  # S-25 P-2
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    began = sim.now
    one.leave()
    assert one.state is State.DISCONNECTED
    assert_told(one.events[-2:], *LEFT)
    sim.run(1)
    assert_told(since(two, began), ("user_offline", 1, OfflineReason.QUIT))
    assert since(two, began)[0].time - began <= 2 * DELAY + 2 * TICK
    assert edge.members("demo") == [2]


def test_leaving_tells_the_stay_in_numbers(sim):  # S-25
    one, _ = joined(sim, sim.edge(), 1, 2)
    sim.run(10)
    now = one.stats
    assert now.members == 1
    one.leave()
    stats = one.events[-1].stats
    began = next(event.time for event in one.events if event.name == "did_join_channel")
    assert abs(stats.duration - (sim.now - began)) < 0.1
    assert stats.outages == 0
    assert stats.outage == 0
    assert stats.attempts == 1
    assert stats.packets_sent > 5
    assert stats.packets_received > 5
    assert stats.bytes_sent > 0
    assert abs(stats.round_trip_ms - 2000 * DELAY) <= 2


def test_leaving_while_joining_ends_the_join(sim):  # S-26
    for wait in (0, 0.005, 0.015, 0.025, 0.035, 0.039):  # also with the answer under way
        edge = sim.edge()
        (two,) = joined(sim, edge, 2)
        one = sim.client(edge, uid=1)
        one.join("demo")
        sim.run(wait)
        assert one.state is State.CONNECTING
        one.leave()
        assert one.state is State.DISCONNECTED
        sim.run(30)
        assert_told(one.events[1:], *LEFT)
        assert edge.members("demo") == [2]
        assert names(two.events)[-1] in ("did_join_channel", "user_offline")


def test_leaving_before_the_edge_was_asked_is_told_to_nobody(sim):  # S-26
    edge = sim.edge()
    (two,) = joined(sim, edge, 2)
    began = sim.now
    one = sim.client(edge, uid=1)
    one.join("demo")
    sim.run(0.5 * DELAY)
    one.leave()
    sim.run(30)
    assert since(two, began) == []


def test_a_late_request_of_an_earlier_stay_ends_nothing(sim):  # R-6 S-26 P-2
    for wait in (0, 0.1, 0.4):
        edge = sim.edge()
        (two,) = joined(sim, edge, 2)
        began = sim.now
        one = sim.client(edge, uid=1)
        one.join("demo")
        sim.run(1.5 * DELAY)
        one.link.cut(up=True)  # the request is lost, and will be sent again after the second join's
        sim.run(DELAY + wait)
        one.leave()
        one.link.heal()
        one.join("demo")
        sim.run(30)
        assert one.state is State.CONNECTED
        assert_told(since(two, began), ("user_joined", 1))


def test_a_leave_that_cannot_be_heard_is_told_after_20_seconds(sim):  # S-27 P-4 N-4
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    heard_by_edge = edge.last_heard("demo", 1)
    one.leave()
    assert_told(since(one, heard)[1:], *LEFT)
    sim.run(30)
    assert_events(
        two,
        since=heard_by_edge + DELAY,
        expect=[(20.0, "user_offline", 1, OfflineReason.DROPPED)],
    )


def test_leaving_when_nowhere_is_nothing(sim):  # S-29
    one = sim.client(sim.edge(), uid=1)
    one.leave()
    sim.run(1)
    assert one.events == []


def test_leave_and_join_again_is_quit_then_joined(sim):  # P-2
    one, two = joined(sim, sim.edge(), 1, 2)
    began = sim.now
    one.leave()
    one.join("demo")
    sim.run(2)
    assert one.state is State.CONNECTED
    assert_told(since(two, began), ("user_offline", 1, OfflineReason.QUIT), ("user_joined", 1))


def test_freeing_is_leaving_without_events(sim):  # S-30 R-5
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    before, began = one.events, sim.now
    one.close()
    one.close()  # a second time is nothing
    sim.run(1)
    assert one.events == before
    assert one.state is State.DISCONNECTED
    assert_told(since(two, began), ("user_offline", 1, OfflineReason.QUIT))


def test_an_empty_channel_is_forgotten_after_10_seconds(sim):  # N-7
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    assert edge.channels() == ["demo"]
    one.leave()
    sim.run(9)
    assert edge.channels() == ["demo"]
    sim.run(2)
    assert edge.channels() == []


def test_a_hundred_stays_leave_nothing_behind(sim):  # S-25 N-7
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    for _ in range(100):
        one.join("demo")
        sim.run(0.2)
        assert one.state is State.CONNECTED
        one.leave()
    sim.run(30)
    assert edge.channels() == []
    assert names(one.events).count("did_join_channel") == 100
