"""What each fault of a link does to a member, in the simulator and on a real socket."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import State


def joined(sim, **options):
    edge = sim.edge()
    one = sim.client(edge, uid=1, **options)
    one.join("demo")
    sim.run(5)
    assert one.state is State.CONNECTED
    return edge, one


def states(client):
    return [event.state for event in client.events if event.name == "connection_changed"]


@pytest.mark.parametrize(
    "faults",
    [
        {"loss": 0.05, "burst": 2},
        {"delay": 0.2, "jitter": 0.3},
        {"duplicate": 0.5},
        {"reorder": 0.3},
        {"corrupt": 0.2},
        {"rate": 2_000},
        {"mtu": 1_200},
    ],
    ids=lambda faults: "+".join(faults),
)
def test_a_member_lives_with_it(sim, faults):  # N-1 N-2
    _edge, one = joined(sim)
    one.link.set(up=faults, down=faults)
    sim.run(600)
    assert states(one) == [State.CONNECTING, State.CONNECTED]


def test_nothing_whole_arrives(sim):  # S-8 S-11: every packet is damaged: as if there were no path
    _edge, one = joined(sim)
    one.link.set(down={"corrupt": 1.0})
    sim.run(30)
    assert states(one)[2:] == [State.RECONNECTING]
    assert [event.name for event in one.events].count("connection_lost") == 1


def test_a_join_through_everything(sim):  # S-3
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    bad = {
        "loss": 0.1,
        "burst": 2,
        "delay": 0.08,
        "jitter": 0.1,
        "duplicate": 0.2,
        "reorder": 0.2,
        "corrupt": 0.1,
        "rate": 8_000,
    }
    one.link.set(up=bad, down=bad)
    one.join("demo")
    sim.run_until(lambda: one.state is State.CONNECTED, limit=60)


def test_no_handshake_fits_a_small_mtu(sim):  # S-7
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.link.set(up={"mtu": 1_199})
    one.join("demo")
    sim.run(60)
    assert one.state is State.CONNECTING
    one.link.set(up={"mtu": 0})
    sim.run_until(lambda: one.state is State.CONNECTED, limit=20)


def test_a_small_mtu_after_the_join_lets_beats_pass(sim):  # N-1
    _edge, one = joined(sim)
    one.link.set(up={"mtu": 200}, down={"mtu": 200})
    sim.run(120)
    assert states(one) == [State.CONNECTING, State.CONNECTED]


def test_a_queue_at_a_slow_rate_is_delay(sim):
    _edge, one = joined(sim)
    one.link.set(up={"rate": 100})  # a beat takes about half a second
    sim.run(30)
    assert one.stats.round_trip_ms > 200


def test_duplicates_are_counted_once(sim):
    edge, one = joined(sim)
    two = sim.client(edge, uid=2)
    two.link.set(up={"duplicate": 1.0}, down={"duplicate": 1.0})
    for _ in range(20):
        two.join("demo")
        sim.run(2)
        two.leave()
        sim.run(2)
    names = [event.name for event in one.events if event.name.startswith("user_")]
    assert names == ["user_joined", "user_offline"] * 20


def log(seed):
    with rejoin.Simulation(seed=seed) as sim:
        edge = sim.edge()
        clients = [sim.client(edge, uid=uid) for uid in range(1, 6)]
        for client in clients:
            bad = {"loss": 0.2, "burst": 4, "jitter": 0.2, "reorder": 0.2, "corrupt": 0.1}
            client.link.set(up=bad, down=bad)
            client.join("demo")
        sim.run(300)
        return [[repr(event) for event in client.events] for client in clients]


def test_the_seed_decides_everything():
    assert log(3) == log(3)
    assert log(3) != log(4)


def test_faults_on_a_real_socket(real_edge):  # S-3
    with rejoin.Client(real_edge.url, uid=1, fingerprint=real_edge.fingerprint) as one:
        bad = {"delay": 0.01, "jitter": 0.02, "duplicate": 0.5, "reorder": 0.2, "corrupt": 0.1}
        one.link.set(up=bad, down=bad)
        one.join("demo")
        one.wait_for("did_join_channel", timeout=20)
