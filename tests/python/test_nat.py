"""A NAT whose mapping lapses when nothing goes up through it (`nat_idle`)."""

from __future__ import annotations

import time

import pytest
import rejoin
from rejoin import Reason, State
from rejoin.timeline import Timeline
from story import DELAY, TICK, assert_told, joined, since

BEAT = 1.3


def idle_for(sim, client, seconds):
    """Run until the client has sent nothing for so long, less than a beat: right after one it is quiet soon."""
    before = client.last_heard
    sim.run_until(lambda: client.last_heard != before, limit=5, every=TICK)
    sim.run(seconds + 5 * DELAY)


@pytest.mark.parametrize("nat_idle", [0.1, 1.0, 1.2])
def test_nobody_is_offline_behind_a_nat_that_forgets(sim, nat_idle):  # P-3 P-4 N-1 N-4 S-8
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2, peer_interruptions=True)
    one.link.set(up={"nat_idle": nat_idle})
    began = sim.now
    for _ in range(600):
        sim.run(0.1)
        assert sim.now - edge.last_heard("demo", 1) <= BEAT + DELAY + TICK
        assert sim.now - one.last_heard <= BEAT + 2 * DELAY + TICK
    assert since(one, began) == since(two, began) == []
    assert one.state is State.CONNECTED


def test_what_comes_down_waits_for_the_next_beat(sim):  # P-2 N-1
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    one.link.set(up={"nat_idle": 1.0})
    idle_for(sim, one, 1.0)
    left = sim.now
    two.leave()
    sim.run(3)
    (heard,) = since(one, left)
    (at_once,) = since(three, left)
    assert heard.name == at_once.name == "user_offline"
    assert at_once.time <= left + 2 * DELAY + TICK
    assert left + 0.1 < heard.time < left + BEAT + 1


def test_a_call_makes_a_mapping_at_once(sim):
    """Whatever goes up does, not only a beat. D-3"""
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    streams = [client.create_data_stream(reliable=True, ordered=True) for client in (one, two)]
    one.link.set(up={"nat_idle": 1.0})
    idle_for(sim, one, 1.0)
    asked = sim.now
    one.send_stream_message(streams[0], b"hello?")
    sim.run(0.03)
    two.send_stream_message(streams[1], b"here!")
    sim.run(0.03)
    assert [event.data for event in since(two, asked)] == [b"hello?"]
    assert [event.data for event in since(one, asked)] == [b"here!"]


def test_no_join_where_it_forgets_before_the_answer(sim):  # S-7
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.link.set(up={"nat_idle": 1.5 * DELAY})
    one.join("demo")
    sim.run(12)
    assert_told(
        one.events,
        ("connection_changed", State.CONNECTING, Reason.CONNECTING),
        ("connection_lost",),
    )
    one.link.set(up={"nat_idle": 3 * DELAY})
    sim.run_until(lambda: one.state is State.CONNECTED, limit=13)
    assert one.state is State.CONNECTED


def test_a_network_over_time_may_have_one(sim):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    one.link.follow([(0, {"up": {"nat_idle": 1.0}}), (60, {})])
    idle_for(sim, one, 1.0)
    left = sim.now
    two.leave()
    sim.run(3)
    (heard,) = since(one, left)
    assert heard.time > left + 0.1


def test_both_worlds_have_it(real_edge):
    """Over real QUIC the client takes another socket, and the edge another address of it."""
    with rejoin.Client(
        real_edge.url, uid=1, fingerprint=real_edge.fingerprint, timers={"beat": 0.2}
    ) as one:
        one.link.set(up={"nat_idle": 0.1})
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        for _ in range(3):
            before, deadline = one.last_heard, time.monotonic() + 10
            while one.last_heard <= before + 0.1 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert one.last_heard > before + 0.1
        assert one.state is State.CONNECTED
        assert [event.name for event in one.events] == ["connection_changed"] * 2 + [
            "did_join_channel"
        ]


def test_timelines_show_it(sim):
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    one.link.set(up={"nat_idle": 30.0})
    sim.run(5)
    one.link.set(up={"nat_idle": 0.0})
    sim.run(5)
    (lane,) = [lane for lane in Timeline.of(sim).lanes if lane.title == "UID 1"]
    (span,) = lane.spans
    assert span.label == "uplink nat_idle 30 s"
    assert (span.start, span.end) == (pytest.approx(sim.now - 10), pytest.approx(sim.now - 5))
