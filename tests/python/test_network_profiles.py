"""Links that follow a network over time."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import RejoinError, State, Status, _rejoin
from rejoin.link import NETWORK_PROFILES


def joined(sim, **options):
    edge = sim.edge()
    one = sim.client(edge, uid=1, **options)
    one.join("demo")
    sim.run(1)
    assert one.state is State.CONNECTED
    return edge, one


def changes(client):
    return [
        (int(event.state), int(event.reason))
        for event in client.events
        if event.name == "connection_changed"
    ]


# What each gives a member that follows it for five minutes: S-8 S-10 S-11 S-13
EXPECTED = {
    "3g": [],
    "lift": [(4, 2), (3, 1)],
    "train-tunnel": [(4, 2), (3, 1)] * 2,
    "hotel-wifi": [],
    "wifi-to-cellular": [],
    "uplink-dies": [(4, 2), (3, 1)],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_ready_profile(sim, name):
    _edge, one = joined(sim)
    one.link.follow(name)
    sim.run(300)
    assert changes(one)[2:] == EXPECTED[name]
    assert one.state is State.CONNECTED


def test_flapping(sim):  # S-8 S-13
    _edge, one = joined(sim)
    one.link.follow("flapping")
    sim.run(120)
    told = changes(one)[2:]
    assert len(told) >= 10
    assert set(told) == {(4, 2), (3, 1)}


def test_the_move_is_told(sim):  # S-10
    _edge, one = joined(sim)
    one.link.follow("wifi-to-cellular")
    sim.run(60)
    assert [event.network for event in one.events if event.name == "network_changed"] == [
        rejoin.Network.MOBILE_4G
    ]


def test_the_names():
    assert (*EXPECTED, "flapping") == NETWORK_PROFILES


def test_the_library_has_these_names_and_no_others(sim):
    _edge, one = joined(sim)
    with pytest.raises(RejoinError) as caught:
        one._handle.check(_rejoin.rj_client_follow_network(one._handle.get(), "none"))
    assert caught.value.text.endswith("there are: " + ", ".join(NETWORK_PROFILES))


def test_own_steps_come_and_repeat(sim):
    edge, one = joined(sim)
    one.link.follow([(0, {"up": {"blackhole": True}}), (6, {})], repeat=30)
    sim.run(20)
    told = []
    for _ in range(3):
        sim.run(30)
        told.append(len(changes(one)))
    assert told[1] - told[0] == told[2] - told[1] == 2  # away and back, each time
    assert edge.members("demo") == [1]


def test_it_ends(sim):
    _edge, one = joined(sim)
    one.link.follow([(0, {"up": {"blackhole": True}})])
    one.link.follow(None)
    sim.run(30)
    assert changes(one)[2:] == []


def test_it_stands_beside_the_faults_of_set(sim):
    _edge, one = joined(sim)
    one.link.follow([(0, {}), (5, {"down": {"delay": 0.2}})])
    one.link.cut()
    sim.run(20)
    assert one.state is State.RECONNECTING
    one.link.heal()
    sim.run(20)
    assert one.state is State.CONNECTED
    assert one.stats.round_trip_ms > 200


def test_a_sleeping_device_takes_the_steps_when_it_wakes(sim):
    _edge, one = joined(sim)
    one.link.follow([(0, {}), (2, {"move": "mobile_4g"}), (4, {"up": {"loss": 0.01}})])
    one.suspend(10)
    sim.run(30)
    assert [event.name for event in one.events].count("network_changed") == 1
    assert one.state is State.CONNECTED


@pytest.mark.parametrize(
    ("steps", "argument", "text"),
    [
        ([(1, {})], "time", "the first step is at 0"),
        ([(0, {}), (5, {}), (5, {})], "time", "at_ns of step 2"),
        ([(0, {"up": {"loss": 2.0}})], "loss", "loss is 2"),
        ([(0, {"move": "disconnected"})], "move", "network of step 0"),
        ([(0, {"move": "wifi", "overlap": 3601.0})], "overlap", "overlap_ns of step 0"),
    ],
)
def test_bad_steps(sim, steps, argument, text):
    _edge, one = joined(sim)
    with pytest.raises(RejoinError, match=text) as caught:
        one.link.follow(steps)
    assert caught.value.status == Status.INVALID_ARGUMENT
    assert caught.value.argument == argument


def test_bad_names(sim):
    _edge, one = joined(sim)
    with pytest.raises(RejoinError, match="did you mean 'train-tunnel'"):
        one.link.follow("train-tunel")
    with pytest.raises(TypeError, match="did you mean 'overlap'"):
        one.link.follow([(0, {"overlapp": 1.0})])
    with pytest.raises(TypeError, match="did you mean 'loss'"):
        one.link.follow([(0, {"up": {"los": 1.0}})])
    with pytest.raises(RejoinError, match="repeat_ns is 1000000000"):
        one.link.follow([(0, {}), (5, {})], repeat=1.0)


def test_on_a_real_socket(real_edge):  # S-8 S-13
    with rejoin.Client(
        real_edge.url,
        uid=1,
        fingerprint=real_edge.fingerprint,
        timers={"interrupted": 0.5, "beat": 0.1},
    ) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        one.link.follow([(0, {}), (0.3, {"up": {"blackhole": True}}), (1.5, {})])
        one.wait_for("connection_changed", timeout=5, state=State.RECONNECTING)
        one.wait_for("did_rejoin_channel", timeout=10)
