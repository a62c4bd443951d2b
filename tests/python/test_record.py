"""What was done to clients, links and edges is kept with its time, for pictures."""

from __future__ import annotations

import pytest
import rejoin
from rejoin.record import LIMIT, Record
from story import joined


def deeds(thing):
    return [(deed.time, deed.what, deed.detail, deed.conditions) for deed in thing._record.deeds()]


def test_calls_are_kept_with_the_time_at_which_they_began(sim):
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.join("demo")
    sim.run(2)
    one.set_client_role("audience")
    one.leave()
    one.close()
    assert deeds(one) == [
        (0.0, "join", "demo", {}),
        (2.0, "set_client_role", "AUDIENCE", {}),
        (2.0, "leave", "", {}),
        (2.0, "close", "", {}),
    ]
    assert not any(deed.is_fault for deed in one._record.deeds())


def test_a_refused_call_says_so(sim):
    one = sim.client(sim.edge(), uid=1)
    one.join("demo")
    with pytest.raises(rejoin.RejoinError):
        one.join("other")
    assert deeds(one)[-1] == (0.0, "join", "other refused: JOIN_CHANNEL_REJECTED", {})


def test_a_token_is_never_kept(sim):
    one = sim.client(sim.edge(), uid=1)
    one.renew_token("very-secret")
    one.join("demo", token="very-secret")
    assert "very-secret" not in repr(one._record.deeds())


def test_a_links_faults_are_kept_for_the_directions_that_changed(sim):
    one = sim.client(sim.edge(), uid=1)
    one.link.cut(up=True)
    one.link.cut()
    one.link.heal()
    one.link.set(up={"loss": 0.3, "delay": 0.25})
    one.link.set(down={"loss": 0.0})  # as it is already
    one.link.set(up={"loss": 0.0, "delay": 0.010})
    assert [row[1:] for row in deeds(one)] == [
        ("link.cut", "up", {"up": "cut"}),
        ("link.cut", "down", {"down": "cut"}),
        ("link.heal", "up and down", {"up": "", "down": ""}),
        ("link.set", "up: loss 30 %, delay 250 ms", {"up": "loss 30 %, delay 250 ms"}),
        ("link.heal", "up", {"up": ""}),
    ]
    assert all(deed.is_fault for deed in one._record.deeds())


def test_one_direction_may_be_healed_while_the_other_is_cut(sim):
    one = sim.client(sim.edge(), uid=1)
    one.link.cut(up=True)
    one.link.set(up={"blackhole": False}, down={"blackhole": True})
    assert deeds(one)[-1][1:] == (
        "link.set",
        "up: as usual; down: cut",
        {"up": "", "down": "cut"},
    )


def test_what_was_set_before_an_error_is_kept(sim):
    one = sim.client(sim.edge(), uid=1)
    with pytest.raises(rejoin.RejoinError):
        one.link.set(up={"loss": 0.5}, down={"loss": 2.0})
    assert one.link.up.loss == 0.5
    assert deeds(one)[-1][1:] == ("link.set", "up: loss 50 %", {"up": "loss 50 %"})


def test_an_edges_fate_is_kept(sim):
    edge = sim.edge()
    joined(sim, edge, 1)
    edge.kick(channel="demo", uid=1, seconds=60)
    edge.crash()
    with pytest.raises(rejoin.RejoinError):
        edge.crash()
    edge.restart()
    edge.close()
    assert [row[1:] for row in deeds(edge)] == [
        ("kick", "UID 1 in demo, 60 s", {}),
        ("edge.crash", "", {"edge": "down"}),
        ("edge.restart", "", {"edge": ""}),
        ("close", "", {}),
    ]


def test_it_is_bounded_and_counts_what_is_forgotten():
    time = 0.0
    record = Record(lambda: time)
    for number in range(LIMIT + 3):
        record.did("link.rebind", str(number))
    assert len(record.deeds()) == LIMIT
    assert record.deeds()[0].detail == "3"
    assert record.forgotten == 3


def test_a_client_whose_runtime_was_closed_first_can_still_be_closed():
    runtime = rejoin.Runtime()
    client = rejoin.Client("rejoin://127.0.0.1:1", uid=1, runtime=runtime)
    runtime.close()
    client.close()
    assert client._record.deeds()[-1].what == "close"


def test_networks_sleep_and_standstill(sim):
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.network_changed("lan")
    one.link.rebind()
    one.link.rebind(address="192.0.2.1")
    one.link.change_address(network="wifi", dead=True)
    one.link.change_address("192.0.2.2")
    one.suspend(5)
    edge.pause(1.5)
    sim.step_wall(-60)
    deeds = [(deed.what, deed.detail, deed.conditions, deed.lasts) for deed in one._record.deeds()]
    assert deeds == [
        ("network_changed", "lan", {}, None),
        ("link.rebind", "port", {}, None),
        ("link.rebind", "192.0.2.1", {}, None),
        ("link.change_address", "WIFI", {"network": "dead network"}, None),
        ("link.change_address", "UNKNOWN 192.0.2.2", {"network": ""}, None),
        ("suspend", "5 s", {"client": "suspended"}, 5),
    ]
    assert edge._record.deeds()[-1][1:] == ("edge.pause", "1.5 s", {"edge": "paused"}, 1.5)
    assert sim._record.deeds()[-1][1:] == ("step_wall", "-60 s", {}, None)
