"""Outages: noticed, lost, given up; and the ways back."""

from __future__ import annotations

import pytest
from rejoin import OfflineReason, Reason, State
from story import DELAY, TICK, assert_events, assert_told, cut_after_proof, joined, names, since


def pair(sim, **options):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2, **options)
    return edge, one, two


@pytest.mark.parametrize(
    "direction", [{"up": True}, {"down": True}, {}], ids=["up", "down", "both"]
)
def test_a_cut_is_noticed_and_lost(sim, direction):  # S-8 S-11 N-2 N-3
    _, one, _ = pair(sim)
    heard = cut_after_proof(sim, one, **direction)
    sim.run(15)
    assert one.last_heard == heard
    assert_events(
        one,
        since=heard,
        expect=[
            (4.0, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (10.0, "connection_lost"),
        ],
    )


def test_a_cut_uplink_is_told_to_the_others(sim):  # P-4 N-4
    edge, one, two = pair(sim)
    cut_after_proof(sim, one, up=True)
    sim.run(1)
    heard_by_edge = edge.last_heard("demo", 1)
    sim.run(25)
    assert_events(
        two,
        since=heard_by_edge + DELAY,
        expect=[(20.0, "user_offline", 1, OfflineReason.DROPPED)],
    )
    assert edge.members("demo") == [2]
    assert edge.last_heard("demo", 1) is None


def test_after_20_minutes_it_gives_up(sim):  # S-12 N-5
    _, one, _ = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run_until(lambda: one.state is State.FAILED, limit=1300)
    last = one.events[-1]
    assert (last.state, last.reason) == (State.FAILED, Reason.JOIN_FAILED)
    assert 0 <= last.time - heard - 1200 <= TICK + 1e-9
    one.link.heal()
    sim.run(60)
    assert one.events[-1] == last  # terminal


def test_a_short_gap_is_not_told(sim):  # N-2 P-3
    _, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(2.5)
    one.link.heal()
    sim.run(10)
    assert since(one, heard) == since(two, heard) == []


def test_beats_prove_life_every_1300_ms(sim):  # N-1
    _, one, _ = pair(sim)
    proofs = [one.last_heard]
    for _ in range(4):
        sim.run_until(lambda: one.last_heard != proofs[-1], limit=2, every=TICK)
        proofs.append(one.last_heard)
    gaps = [after - before for before, after in zip(proofs[1:], proofs[2:])]
    assert gaps == pytest.approx([1.3] * 3, abs=2 * TICK)


def test_the_old_connection_comes_back_within_a_beat(sim):  # S-13 P-3 R-3
    _, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    one.link.heal()
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=13)
    assert sim.now - healed <= 1.3 + 2 * DELAY + TICK
    sim.run(5)
    assert_told(
        since(one, heard),
        ("connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
    )
    assert since(two, heard) == []


def test_elapsed_of_a_rejoin_counts_from_reconnecting(sim):  # S-13
    _, one, _ = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(8)
    one.link.heal()
    sim.run(10)
    noticed, _, rejoined = since(one, heard)[:3]
    assert rejoined.elapsed == pytest.approx((rejoined.time - noticed.time) * 1000, abs=1)


def test_dialect_4x_tells_lost_and_rejoined(sim):  # S-11 S-13
    _, one, _ = pair(sim, dialect="4x")
    began = one.events[0].time
    heard = cut_after_proof(sim, one)
    sim.run(12)
    assert_events(
        one,
        since=heard,
        expect=[
            (4.0, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (10.0, "connection_changed", State.RECONNECTING, Reason.LOST),
            (10.0, "connection_lost"),
        ],
    )
    one.link.heal()
    sim.run(13.5)
    assert_told(
        since(one, heard)[3:],
        ("connection_changed", State.CONNECTED, Reason.REJOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
    )
    rejoined = one.events[-1]
    assert rejoined.elapsed == pytest.approx((rejoined.time - began) * 1000, abs=1)


def test_after_20_seconds_all_is_told_and_told_back(sim):  # P-4 P-5 P-9 S-13
    _, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(30)
    assert_events(
        one,
        since=heard,
        expect=[
            (4.0, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (10.0, "connection_lost"),
            (20.0, "user_offline", 2, OfflineReason.DROPPED),
        ],
    )
    one.link.heal()
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=13.5)
    sim.run(1)
    assert_told(
        since(one, healed),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
        ("user_joined", 2),
    )
    assert_told(since(two, heard), ("user_offline", 1, OfflineReason.DROPPED), ("user_joined", 1))


def test_one_outage_is_lost_once(sim):  # N-3
    _, one, _ = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(300)
    assert names(since(one, heard)).count("connection_lost") == 1


def test_a_restarted_edge_is_noticed_and_nobody_else_is_told(sim):  # S-9 P-10
    edge, one, two = pair(sim)
    began = sim.now
    edge.crash()
    edge.restart()
    sim.run(30)
    for client in (one, two):
        assert_told(
            since(client, began),
            ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
            ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
            ("did_rejoin_channel", "demo", client.uid),
        )
    assert edge.members("demo") == [1, 2]


def test_an_edge_that_says_goodbye_is_noticed_at_once(sim):  # S-9
    edge, one, _ = pair(sim)
    began = sim.now
    edge.restart()
    sim.run(0.1)
    changed = since(one, began)[0]
    assert (changed.state, changed.reason) == (State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT)
    sim.run(5)
    assert one.state is State.CONNECTED


def test_a_peer_that_left_meanwhile_is_told_after_the_rejoin(sim):  # P-10
    edge, one, two = pair(sim)
    joined(sim, edge, 3)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    two.leave()
    joined(sim, edge, 4)
    one.link.heal()
    sim.run(10)
    assert_told(
        since(one, heard),
        ("connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
        ("user_offline", 2, OfflineReason.QUIT),
        ("user_joined", 4),
    )


def test_a_peer_that_left_and_came_back_meanwhile_is_not_told(sim):  # P-10
    _, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    two.leave()
    sim.run(1)
    two.join("demo")
    sim.run(1)
    one.link.heal()
    sim.run(10)
    assert not [event for event in since(one, heard) if event.name.startswith("user_")]


def test_a_rejoin_against_a_newer_join_is_refused(sim):  # S-14 S-16 P-3
    edge, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    newer = sim.client(edge, uid=1)
    newer.join("demo")
    sim.run(2)
    assert newer.state is State.CONNECTED
    one.link.heal()
    sim.run(15)
    assert_told(
        since(one, heard),
        ("connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
        ("connection_changed", State.FAILED, Reason.SAME_UID_LOGIN),
    )
    assert newer.state is State.CONNECTED
    assert since(two, heard) == []


def test_loss_alone_is_no_outage(sim):  # N-1 N-2
    _, one, two = pair(sim)
    began = sim.now
    one.link.set(up={"loss": 0.3, "delay": 0.05}, down={"loss": 0.3})
    sim.run(60)
    assert one.last_heard > sim.now - 4
    assert since(two, began) == []


def test_a_lost_close_is_no_second_outage(sim):  # S-9 S-13
    """When the old connection comes back first, the edge does not close it for the attempt's."""
    one, two = joined(sim, sim.edge(), 1, 2)
    for client in (one, two):
        client.link.set(up={"loss": 0.45, "delay": 0.04}, down={"loss": 0.45, "delay": 0.06})
    sim.run(3600)
    for client in (one, two):
        reasons = {event.reason for event in client.events if event.state is State.RECONNECTING}
        assert reasons == {Reason.INTERRUPTED}


def test_timers_can_be_set(sim):  # N-2 N-3 N-4 N-5
    edge = sim.edge(timers={"offline": 2.0})
    timers = {"beat": 0.2, "interrupted": 0.5, "lost": 1.0, "offline": 2.0, "give_up": 5.0}
    one, two = joined(sim, edge, 1, 2, timers=timers)
    heard = cut_after_proof(sim, one, up=True)
    sim.run(8)
    assert_events(
        one,
        since=heard,
        expect=[
            (0.5, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (1.0, "connection_lost"),
            (2.0, "user_offline", 2, OfflineReason.DROPPED),
            (5.0, "connection_changed", State.FAILED, Reason.JOIN_FAILED),
        ],
    )
    assert_told(since(two, heard), ("user_offline", 1, OfflineReason.DROPPED))


def test_one_time_scale_for_all(sim):  # N-2 N-3 N-4 N-5
    edge = sim.edge(time_scale=0.1)
    (one,) = joined(sim, edge, 1, time_scale=0.1)
    heard = cut_after_proof(sim, one)
    sim.run(130)
    assert_events(
        one,
        since=heard,
        expect=[
            (0.4, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (1.0, "connection_lost"),
            (120.0, "connection_changed", State.FAILED, Reason.JOIN_FAILED),
        ],
    )
