"""Networks that change, devices that sleep, edges that stand still, clocks that are set."""

from __future__ import annotations

import random

import pytest
import rejoin
from rejoin import Network, OfflineReason, Reason, RejoinError, State, Status, token
from story import DELAY, TICK, assert_events, assert_told, cut_after_proof, joined, names, since

INTERRUPTED = ("connection_changed", State.RECONNECTING, Reason.INTERRUPTED)
MOVED = ("connection_changed", State.RECONNECTING, Reason.CLIENT_IP_ADDRESS_CHANGED)
FORGOTTEN = ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT)
BACK = ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS)
REJOINED = ("did_rejoin_channel", "demo", 1)
GAVE_UP = ("connection_changed", State.FAILED, Reason.JOIN_FAILED)


def pair(sim, **options):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2, **options)
    return edge, one, two


def after_proof(sim, client):
    """Run until a proof arrives, and return when that was."""
    before = client.last_heard
    sim.run_until(lambda: client.last_heard != before, limit=5, every=TICK)
    return client.last_heard


def attempts(client, begin, outcome="STARTED"):
    return [
        event.time
        for event in since(client, begin)
        if event.name == "attempt" and event.outcome.name == outcome
    ]


# ---- S-10: from CONNECTED


@pytest.mark.parametrize("overlap", [0.0, 0.005, 0.5, 30.0])
def test_a_move_between_good_networks_is_no_outage(sim, overlap):  # S-10
    edge, one, two = pair(sim)
    began = sim.now
    one.link.change_address(network=Network.MOBILE_4G, overlap=overlap)
    sim.run(0.2)
    assert one.last_heard > began + 2 * DELAY - TICK  # the new path proved itself at once
    sim.run(60)
    assert_told(since(one, began - TICK), ("network_changed", Network.MOBILE_4G))
    assert since(two, began) == []
    assert sim.now - edge.last_heard("demo", 1) <= 1.3 + 2 * DELAY


def test_a_dead_new_network_is_told_as_the_cause(sim):  # S-10 N-2
    _, one, _ = pair(sim)
    heard = after_proof(sim, one)
    one.link.change_address(network="wifi", dead=True)
    sim.run(15)
    assert one.last_heard == heard
    assert_events(
        one,
        since=heard - TICK,
        expect=[
            (TICK, "network_changed", Network.WIFI),
            (4.0 + TICK, *MOVED),
            (10.0 + TICK, "connection_lost"),
        ],
    )


def test_a_dead_new_network_and_a_cable_back(sim):  # S-10 S-13
    _, one, two = pair(sim, attempts=True)
    heard = after_proof(sim, one)
    one.link.change_address(network=Network.WIFI, dead=True)
    sim.run(6)
    one.link.change_address("10.1.0.0:40000", network=Network.LAN)  # where it began
    back = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=1)
    assert sim.now - back <= 4 * DELAY + 2 * TICK  # a round trip, with the attempt or without it
    assert attempts(one, back - TICK)[0] == pytest.approx(back, abs=TICK)
    sim.run(20)
    assert_told(
        [event for event in since(one, heard - TICK) if event.name != "attempt"],
        ("network_changed", Network.WIFI),
        MOVED,
        ("network_changed", Network.LAN),
        BACK,
        REJOINED,
    )
    assert since(two, heard) == []


def test_a_cut_after_a_move_that_worked_is_an_interruption(sim):  # S-8 S-10
    _, one, _ = pair(sim)
    one.link.change_address()
    sim.run(3)
    heard = cut_after_proof(sim, one)
    sim.run(5)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED)])


def test_a_hint_without_a_new_address(sim):  # S-10
    edge, one, _ = pair(sim)
    began = sim.now
    one.network_changed("lan")
    sim.run(2 * DELAY + TICK)
    assert one.last_heard == pytest.approx(began + 2 * DELAY, abs=TICK)  # it asked at once
    heard = cut_after_proof(sim, one)
    sim.run(5)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED)])  # that hint is long past
    assert edge.members("demo") == [1, 2]


def test_a_hint_into_the_silence(sim):  # S-10 N-2
    _, one, _ = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(2)
    one.network_changed(Network.MOBILE_5G)
    sim.run(3)
    assert_events(
        one, since=heard, expect=[(2.0, "network_changed", Network.MOBILE_5G), (4.0, *MOVED)]
    )


def test_no_network_at_all(sim):  # S-10 N-2
    _, one, _ = pair(sim, attempts=True)
    heard = cut_after_proof(sim, one)
    one.network_changed(Network.DISCONNECTED)
    sim.run(3.9)
    assert_told(since(one, heard - TICK), ("network_changed", Network.DISCONNECTED))
    sim.run(0.2)
    assert (one.events[-1].name, one.state) != ("network_changed", State.CONNECTED)
    one.link.heal()
    one.network_changed(Network.LAN)
    sim.run(0.1)
    assert one.state is State.CONNECTED
    told = [event for event in since(one, heard - TICK) if event.name != "attempt"]
    assert_told(
        told,
        ("network_changed", Network.DISCONNECTED),
        INTERRUPTED,
        ("network_changed", Network.LAN),
        BACK,
        REJOINED,
    )


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.3])
def test_ten_moves_in_a_second_leave_it_connected(sim, delay):  # S-10
    edge, one, two = pair(sim)
    one.link.set(up={"delay": delay}, down={"delay": delay})
    sim.run(5)
    began = sim.now
    for _ in range(10):
        one.link.change_address(network=Network.WIFI)
        sim.run(0.1)
    sim.run(30)
    assert_told(since(one, began - TICK), *[("network_changed", Network.WIFI)] * 10)
    assert since(two, began) == []
    assert sim.now - edge.last_heard("demo", 1) <= 1.3 + 2 * delay


def test_flapping_between_two_networks(sim):  # S-10
    _, one, two = pair(sim)
    began = sim.now
    for turn in range(60):
        one.link.change_address(f"192.0.2.{1 + turn % 2}:5000", overlap=0.2)
        sim.run(0.9)
    sim.run(10)
    assert set(names(since(one, began - TICK))) == {"network_changed"}
    assert since(two, began) == []


def test_a_move_right_after_the_join(sim):  # S-10 S-3
    edge = sim.edge()
    for uid in range(1, 60):
        one = sim.client(edge, uid=uid)
        one.join("demo")
        sim.run_until(lambda one=one: one.state is State.CONNECTED, limit=1)
        sim.run((uid - 1) * TICK)
        began = sim.now
        one.link.change_address()
        sim.run(1.5)
        assert one.last_heard > began
        assert "connection_changed" not in names(since(one, began))
        one.leave()
        sim.run(1)


# ---- S-10: from the other states


def test_a_network_while_joining_starts_an_attempt_at_once(sim):  # S-7 S-10
    edge = sim.edge()
    one = sim.client(edge, uid=1, attempts=True)
    one.link.cut()
    one.join("demo")
    sim.run(2)
    one.link.heal()
    one.link.change_address(network=Network.MOBILE_4G)
    changed = sim.now
    sim.run(1)
    assert one.state is State.CONNECTED
    assert attempts(one, changed - TICK) == [pytest.approx(changed, abs=TICK)]
    assert attempts(one, changed - TICK, "ABANDONED") == [pytest.approx(changed, abs=TICK)]
    joined_at = next(event.time for event in one.events if event.name == "did_join_channel")
    assert joined_at - changed <= 4 * DELAY + 2 * TICK
    sim.run(10)
    assert names(one.events).count("did_join_channel") == 1


def test_from_cable_to_wifi_in_an_outage(sim):  # S-10 S-13
    _, one, two = pair(sim, attempts=True)
    heard = cut_after_proof(sim, one)
    sim.run(12)
    one.link.heal()
    one.link.change_address(network=Network.WIFI)
    changed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=1)
    assert sim.now - changed <= 4 * DELAY + 2 * TICK
    sim.run(30)
    assert_told(
        [event for event in since(one, heard) if event.name != "attempt"],
        INTERRUPTED,
        ("connection_lost",),
        ("network_changed", Network.WIFI),
        BACK,
        REJOINED,
    )
    assert since(two, heard) == []


def test_flapping_starts_one_attempt_a_second(sim):  # S-10
    _, one, _ = pair(sim, attempts=True)
    cut_after_proof(sim, one)
    sim.run(6)
    began = sim.now
    for _ in range(50):
        one.link.change_address(network=Network.MOBILE_3G)
        sim.run(0.1)
    starts = attempts(one, began - TICK)
    assert starts[0] == pytest.approx(began, abs=TICK)
    assert all(after - before >= 1 - 1e-9 for before, after in zip(starts, starts[1:]))
    assert len(starts) == 5
    assert names(since(one, began - TICK)).count("network_changed") == 50


@pytest.mark.parametrize("fail", [False, True])
def test_a_network_matters_not_outside_of_a_channel(sim, fail):  # S-10
    edge = sim.edge()
    one = sim.client(edge, uid=1, attempts=True)
    if fail:
        edge.kick("demo", seconds=60)
        one.join("demo")
        sim.run(1)
    state = one.state
    began = sim.now
    one.link.change_address(network=Network.LAN)
    one.network_changed(Network.UNKNOWN)
    sim.run(30)
    assert_told(
        since(one, began - TICK),
        ("network_changed", Network.LAN),
        ("network_changed", Network.UNKNOWN),
    )
    assert one.state is state


def test_a_goodbye_moves_with_the_client(sim):  # S-25 S-10 P-2
    edge, one, two = pair(sim)
    began = sim.now
    one.leave()
    one.link.change_address()
    sim.run(1)
    assert edge.members("demo") == [2]
    assert_told(since(two, began), ("user_offline", 1, OfflineReason.QUIT))


@pytest.mark.parametrize("network", [-2, 7, 99])
def test_a_network_that_does_not_exist(sim, network):  # S-10
    one = sim.client(sim.edge(), uid=1)
    with pytest.raises(RejoinError, match="between -1") as raised:
        one.network_changed(network)
    assert (raised.value.status, raised.value.argument) == (Status.INVALID_ARGUMENT, "network")
    assert one.events == []


# ---- NATs


@pytest.mark.parametrize("address", [False, True])
def test_a_nat_that_rebinds_is_not_noticed(sim, address):  # S-10 N-2
    edge, one, two = pair(sim)
    began = sim.now
    for _ in range(20):
        one.link.rebind(address=address)
        sim.run(1.7)
        assert sim.now - edge.last_heard("demo", 1) <= 1.3 + 2 * DELAY
        assert sim.now - one.last_heard <= 1.3 + 6 * DELAY
    assert since(one, began) == since(two, began) == []
    two.leave()
    sim.run(2)  # what the edge has to say arrives
    assert_told(since(one, began), ("user_offline", 2, OfflineReason.QUIT))


def test_a_nat_that_rebinds_in_an_outage(sim):  # S-13 P-3
    _, one, two = pair(sim)
    heard = cut_after_proof(sim, one)
    sim.run(7)
    one.link.rebind(address=True)
    one.link.heal()
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=2)
    assert sim.now - healed <= 1.3 + 4 * DELAY + TICK
    sim.run(10)
    assert_told(since(one, heard), INTERRUPTED, BACK, REJOINED)
    assert since(two, heard) == []


def test_clients_behind_one_address_stay_apart(sim):
    edge = sim.edge()
    clients = joined(sim, edge, *range(1, 9))
    began = sim.now
    for client in clients:
        client.link.rebind(address="198.51.100.1")
    sim.run(5)
    for client in clients[::2]:
        client.link.rebind()
    sim.run(20)
    assert all(since(client, began) == [] for client in clients)
    edge.kick(ip="198.51.100.1")  # the edge sees where they are
    sim.run(1)
    assert edge.members("demo") == []


def test_an_address_that_cannot_be_had(sim):
    _, one, two = pair(sim)
    two.link.change_address("192.0.2.1:5000")
    for call in (one.link.change_address, lambda text: one.link.rebind(address=text)):
        for text, status in (
            ("192.0.2.1:5000", Status.REFUSED),
            ("10.0.0.1", Status.REFUSED),
            ("::1", Status.REFUSED),
            ("somewhere", Status.INVALID_ARGUMENT),
            ("", Status.INVALID_ARGUMENT),
        ):
            with pytest.raises(RejoinError) as raised:
                call(text)
            assert raised.value.status is status
    for wrong in ({"network": 0}, {"network": 9}, {"overlap": -1.0}, {"overlap": 4000.0}):
        with pytest.raises(RejoinError) as raised:
            one.link.change_address(**wrong)
        assert raised.value.status is Status.INVALID_ARGUMENT
        assert raised.value.argument == next(iter(wrong))
    began = sim.now
    sim.run(10)
    assert since(one, began - TICK) == []  # nothing of it happened


# ---- S-9


@pytest.mark.parametrize("moves", [False, True])
def test_a_restarted_edge_and_a_client_that_moves(sim, moves):  # S-9 S-10
    edge, one, two = pair(sim)
    began = sim.now
    edge.crash()
    edge.restart()
    if moves:
        one.link.change_address()
    else:
        one.link.rebind(address=True)
    sim.run(30)
    told = [event for event in since(one, began - TICK) if event.name != "network_changed"]
    assert_told(told, FORGOTTEN, BACK, REJOINED)
    assert_told(since(two, began), FORGOTTEN, BACK, ("did_rejoin_channel", "demo", 2))


def test_a_reset_that_is_lost(sim):  # S-9 S-8 S-13
    edge, one, _ = pair(sim)
    heard = cut_after_proof(sim, one, down=True)
    edge.crash()
    edge.restart()
    sim.run(6)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED)])
    one.link.heal()  # the next beat's reset comes in state 4: no SM, and an attempt at once
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=2)
    assert sim.now - healed <= 1.3 + 6 * DELAY + TICK
    sim.run(20)
    assert_told(since(one, heard), INTERRUPTED, BACK, REJOINED)


def test_an_edge_that_is_gone_is_no_cause_to_hurry(sim):  # S-8 S-9
    """A crash answers nothing, as a port that nobody listens at: ICMP would say so, and changes nothing."""
    edge, one, _ = pair(sim)
    heard = after_proof(sim, one)
    edge.crash()
    sim.run(12)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED), (10.0, "connection_lost")])


# ---- sleep


def test_thirty_minutes_asleep(sim):  # S-8 S-11 S-12 P-4 P-9 N-2 N-3 N-4 N-5
    edge, one, two = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(1800)
    began = sim.now
    sim.run(60)
    assert one.state is State.CONNECTED
    assert since(one, heard) == []
    assert_told(since(two, heard), ("user_offline", 1, OfflineReason.DROPPED))
    sim.run(1740)
    assert_events(
        one,
        since=began,
        expect=[
            (1800.0, *INTERRUPTED),
            (1800.0, "connection_lost"),
            (1800.0, "user_offline", 2, OfflineReason.DROPPED),
            (1800.0, *GAVE_UP),
        ],
    )
    sim.run(60)
    assert edge.members("demo") == [2]


def test_thirty_minutes_asleep_in_the_other_dialect(sim):  # S-11 S-12
    _, one, _ = pair(sim, dialect="4x")
    after_proof(sim, one)
    one.suspend(1800)
    began = sim.now
    sim.run(1800)
    assert_told(
        since(one, began),
        INTERRUPTED,
        ("connection_changed", State.RECONNECTING, Reason.LOST),
        ("connection_lost",),
        ("user_offline", 2, OfflineReason.DROPPED),
        GAVE_UP,
    )


def test_a_nap_is_not_noticed(sim):  # N-2
    edge, one, two = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(2.5)
    sim.run(10)
    assert since(one, heard) == since(two, heard) == []
    assert edge.last_heard("demo", 1) > sim.now - 1.5


def test_a_short_sleep_that_is_silence_all_the_same(sim):  # S-8 N-2
    """3 s are no sleep of 4 s; but the silence before them counts."""
    _, one, _ = pair(sim)
    heard = after_proof(sim, one)
    sim.run(1.25)
    one.suspend(3)
    sim.run(3)
    assert since(one, heard) == []  # packets first, and there is none
    sim.run(0.5)
    assert_events(
        one,
        since=heard,
        expect=[(4.25, *INTERRUPTED), (4.25 + 2 * DELAY, *BACK), (4.25 + 2 * DELAY, *REJOINED)],
        late=3 * TICK,
    )


def test_five_seconds_asleep(sim):  # S-8 S-13 N-2
    _, one, two = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(5)
    sim.run(5)
    assert_events(one, since=heard, expect=[(5.0, *INTERRUPTED)], late=2 * TICK)
    sim.run(5)
    assert_told(since(one, heard), INTERRUPTED, BACK, REJOINED)
    back = one.events[-1].time
    assert back - heard <= 5 + 2 * DELAY + 3 * TICK  # the beat that was overdue came first
    assert since(two, heard) == []


def test_fifteen_seconds_asleep(sim):  # S-8 S-11 S-13 P-3
    _, one, two = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(15)
    sim.run(20)
    assert_told(since(one, heard), INTERRUPTED, ("connection_lost",), BACK, REJOINED)
    assert since(two, heard) == []


def test_twenty_five_seconds_asleep(sim):  # P-4 P-5 P-9 S-13
    _, one, two = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(25)
    sim.run(40)
    assert_told(
        since(one, heard),
        INTERRUPTED,
        ("connection_lost",),
        ("user_offline", 2, OfflineReason.DROPPED),
        BACK,
        REJOINED,
        ("user_joined", 2),
    )
    assert_told(since(two, heard), ("user_offline", 1, OfflineReason.DROPPED), ("user_joined", 1))


@pytest.mark.parametrize("sleeps", [False, True])
def test_overdue_timers_run_before_the_packets_of_that_moment(sim, sleeps):  # N-2 S-8 S-13
    """A proof that comes in the very tick of the morning does not hide the outage; one in the tick of N-2 does."""
    edge, one, _ = pair(sim)
    heard = after_proof(sim, one)
    wait = 6.0 if sleeps else 4.0 - 1.3
    one.link.set(down={"delay": wait})
    sim.run_until(lambda: edge.last_heard("demo", 1) > heard, limit=2, every=TICK)
    arrives = edge.last_heard("demo", 1) + wait  # what answers the beat that it heard
    if sleeps:
        one.suspend(arrives - sim.now)
    sim.run(arrives - sim.now)
    assert one.last_heard == pytest.approx(arrives, abs=TICK / 2)
    if sleeps:
        assert_events(
            one,
            since=heard,
            expect=[(arrives - heard, *row) for row in (INTERRUPTED, BACK, REJOINED)],
        )
    else:
        assert since(one, heard) == []


def test_asleep_while_joining(sim):  # S-7 N-3 R-6
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.join("demo")
    sim.run(0.015)
    one.suspend(12)
    sim.run(11)
    assert edge.members("demo") == []  # the handshake waits for the device
    sim.run(30)
    assert_told(
        one.events,
        ("connection_changed", State.CONNECTING, Reason.CONNECTING),
        ("connection_lost",),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_join_channel", "demo", 1),
    )
    assert one.events[1].time == pytest.approx(12.015, abs=TICK)


def test_asleep_until_it_is_too_late_to_join(sim):  # S-7 N-3 N-5
    one = sim.client(sim.edge(), uid=1)
    one.link.cut()
    one.join("demo")
    sim.run(1)
    one.suspend(3600)
    sim.run(3600)
    assert_told(one.events[1:], ("connection_lost",), GAVE_UP)


def test_two_asleep_at_once(sim):  # P-3 P-4 P-9
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    began = sim.now
    one.suspend(30)
    two.suspend(10)
    sim.run(60)
    assert [event.uid for event in since(three, began)] == [1, 1]
    assert names(since(three, began)) == ["user_offline", "user_joined"]
    assert_told(
        since(two, began),
        INTERRUPTED,
        ("connection_lost",),  # 10 s since O, which lies before the sleep
        BACK,
        ("did_rejoin_channel", "demo", 2),
        ("user_offline", 1, OfflineReason.DROPPED),
        ("user_joined", 1),
    )
    assert one.state is two.state is State.CONNECTED
    assert edge.members("demo") == [1, 2, 3]


def test_a_network_that_changes_in_its_sleep_is_told_in_the_morning(sim):  # S-10 S-13
    _, one, _ = pair(sim)
    heard = after_proof(sim, one)
    one.suspend(8)
    sim.run(3)
    one.link.change_address(network=Network.MOBILE_5G)
    sim.run(2)
    assert since(one, heard) == []
    sim.run(10)
    assert_told(
        since(one, heard), INTERRUPTED, ("network_changed", Network.MOBILE_5G), BACK, REJOINED
    )


def test_calls_in_its_sleep(sim):  # S-25 S-24
    edge, one, two = pair(sim)
    began = sim.now
    one.suspend(5)
    one.leave()
    assert one.state is State.DISCONNECTED
    sim.run(4.9)
    assert edge.members("demo") == [1, 2]
    sim.run(1)
    assert_told(since(two, began), ("user_offline", 1, OfflineReason.QUIT))
    gone = sim.client(edge, uid=3)
    gone.join("demo")
    sim.run(1)
    gone.suspend(5)
    gone.close()  # S-30
    sim.run(6)
    assert edge.members("demo") == [2]


def test_a_sleep_ends_when_the_last_call_says(sim):
    _, one, _ = pair(sim)
    after_proof(sim, one)
    one.suspend(1000)
    sim.run(1)
    one.suspend(4)
    began = sim.now
    sim.run(5)
    assert since(one, began)[0].time == pytest.approx(began + 4, abs=TICK)
    with pytest.raises(RejoinError) as raised:
        one.suspend(0)
    assert (raised.value.status, raised.value.argument) == (Status.INVALID_ARGUMENT, "seconds")


# ---- an edge that stands still


@pytest.mark.parametrize("span", [0.5, 1.5, 2.5])
def test_a_short_standstill_is_not_noticed(sim, span):  # N-2 N-4
    edge, one, two = pair(sim)
    began = after_proof(sim, one)
    edge.pause(span)
    sim.run(10)
    assert since(one, began) == since(two, began) == []


@pytest.mark.parametrize("span", [18.0, 25.0, 300.0])
def test_a_long_standstill_drops_nobody(sim, span):  # N-4 S-13 P-9 P-10
    edge, one, two = pair(sim)
    began = sim.now
    edge.pause(span)
    sim.run(span + 15)
    assert edge.members("demo") == [1, 2]
    assert edge.counters["drops"] == 0
    for client in (one, two):
        assert client.state is State.CONNECTED
        offline = [event for event in since(client, began) if event.name == "user_offline"]
        assert len(offline) == (span > 20)  # by its own clock alone (P-9)


def test_who_was_silent_before_a_standstill_has_the_rest_of_its_time(sim):  # N-4 P-4
    edge, one, two = pair(sim)
    cut_after_proof(sim, one)
    sim.run(1)
    heard = edge.last_heard("demo", 1)
    edge.pause(10)
    sim.run(40)
    offline = [event for event in since(two, heard) if event.name == "user_offline"]
    assert_told(offline, ("user_offline", 1, OfflineReason.DROPPED))
    assert offline[0].time == pytest.approx(heard + 10 + 20 + DELAY, abs=3 * TICK)


def test_a_standstill_ends_with_the_edge(sim):  # S-9
    edge, one, _ = pair(sim)
    began = sim.now
    edge.pause(100)
    sim.run(1)
    edge.restart()
    sim.run(5)
    assert_told(since(one, began), FORGOTTEN, BACK, REJOINED)
    edge.crash()
    with pytest.raises(RejoinError) as raised:
        edge.pause(1)
    assert raised.value.status is Status.INVALID_STATE


# ---- the wall clock

CERTIFICATE = "5e0f3c2b1a9d8e7f6a5b4c3d2e1f0a9b"
APP = "0123456789abcdef0123456789abcdef"
HOUR = 3600.0


def with_tokens(wall=1_700_000_000, **options):
    sim = rejoin.Simulation(seed=7, wall=wall)
    edge = sim.edge(apps={APP: CERTIFICATE})
    one = sim.client(edge, uid=1, app_id=APP, **options)
    return sim, edge, one


def a_token(issued_at, expire=36000, join=0):
    """expire, join: seconds"""
    return token.build(
        APP,
        CERTIFICATE,
        channel="demo",
        uid=1,
        issued_at=issued_at,
        expire=expire,
        privileges={"join": join},
    )


@pytest.mark.parametrize("step", [-86400.0, -30.0, 30.0, 86400.0])
def test_steps_of_the_wall_clock_change_no_timer(sim, step):  # N-1 N-2 N-3 N-4
    edge, one, two = pair(sim)
    began = sim.now
    sim.step_wall(step)
    sim.run(30)
    assert since(one, began) == since(two, began) == []
    heard = cut_after_proof(sim, one)
    sim.run(1)
    sim.step_wall(-step)
    by_edge = edge.last_heard("demo", 1)
    sim.run(30)
    assert_events(
        one,
        since=heard,
        expect=[
            (4.0, *INTERRUPTED),
            (10.0, "connection_lost"),
            (20.0, "user_offline", 2, OfflineReason.DROPPED),
        ],
    )
    assert_events(
        two, since=by_edge + DELAY, expect=[(20.0, "user_offline", 1, OfflineReason.DROPPED)]
    )
    one.link.heal()
    sim.run(15)
    assert one.state is State.CONNECTED  # tickets of another time, too


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_privilege_ends_when_it_would_have(step):  # S-17 S-18 N-6
    sim, _, one = with_tokens()
    with sim:
        one.join("demo", a_token(1_700_000_000, join=100))
        sim.run(1)
        sim.step_wall(step)
        sim.run(110)
        warned, failed = (
            next(event for event in one.events if event.name == name)
            for name in ("token_privilege_will_expire", "request_token")
        )
        assert warned.time == pytest.approx(70, abs=0.1)
        assert failed.time == pytest.approx(100, abs=0.1)
        assert one.state is State.FAILED


def test_a_token_is_checked_anew_by_the_clock_as_it_is(sim):  # S-14 S-19
    sim, _, one = with_tokens()
    with sim:
        one.join("demo", a_token(1_700_000_000, expire=600))
        sim.run(1)
        sim.step_wall(HOUR)
        sim.run(60)
        assert one.state is State.CONNECTED  # S-19: nothing now
        sim.step_wall(-HOUR)
        one.link.cut()
        sim.run(25)
        one.link.heal()
        sim.run(15)
        assert one.state is State.CONNECTED  # it is valid again
        sim.step_wall(HOUR)
        one.link.cut()
        sim.run(25)
        one.link.heal()
        sim.run(15)
        assert (one.state, one.events[-2].reason) == (State.FAILED, Reason.TOKEN_EXPIRED)


def test_the_newer_join_wins_whatever_the_clock_says(sim):  # S-16
    edge, one, _ = pair(sim)
    cut_after_proof(sim, one)
    sim.run(1)
    sim.step_wall(-HOUR)
    newer = sim.client(edge, uid=1)
    newer.join("demo")
    sim.run(2)
    assert newer.state is State.CONNECTED
    one.link.heal()
    sim.run(15)
    assert (one.state, one.events[-1].reason) == (State.FAILED, Reason.SAME_UID_LOGIN)
    assert newer.state is State.CONNECTED


def test_a_clock_that_cannot_be():
    with rejoin.Simulation(seed=1, wall=2**31) as sim:
        for step in (-(2**31) - 1, 2.0**33, 2.0**34, float("nan"), float("inf")):
            with pytest.raises(RejoinError) as raised:
                sim.step_wall(step)
            assert raised.value.status is Status.INVALID_ARGUMENT
        sim.step_wall(-(2**31))


# ---- all of it at once


def mad(seed):
    """Members whose networks do whatever networks do; then they rest."""
    with rejoin.Simulation(seed=seed, wall=1_700_000_000) as sim:
        edge = sim.edge()
        clients = joined(sim, edge, *range(1, 6))
        draw = random.Random(seed)
        for _ in range(150):
            client = draw.choice(clients)
            draw.choice(
                [
                    client.link.rebind,
                    lambda client=client: client.link.rebind(address=True),
                    lambda client=client: client.link.change_address(
                        overlap=draw.choice([0, 0.1, 5])
                    ),
                    client.link.cut,
                    client.link.heal,
                    client.link.heal,
                    lambda client=client: client.suspend(draw.choice([0.5, 3, 8, 30])),
                    lambda: edge.pause(draw.choice([0.2, 2, 6])),
                    lambda: sim.step_wall(draw.choice([-5000, 5000])),
                    lambda client=client: client.network_changed(draw.choice([0, 1, 2])),
                ]
            )()
            sim.run(draw.choice([0.01, 0.2, 1, 5]))
        for client in clients:
            client.link.heal()
        sim.run(60)
        assert all(client.state is State.CONNECTED for client in clients)
        assert edge.members("demo") == [1, 2, 3, 4, 5]
        for client in clients:  # joined and offline alternate, and in the end all are there
            here = set()
            for event in client.events:
                if event.name == "user_joined":
                    assert event.uid not in here
                    here.add(event.uid)
                elif event.name == "user_offline":
                    here.remove(event.uid)
            assert here == {1, 2, 3, 4, 5} - {client.uid}
        return [repr(event) for client in clients for event in client.events]


@pytest.mark.parametrize("seed", range(12))
def test_mad_networks_come_to_rest(seed):  # S-9 S-10 S-13 P-9 P-10
    assert mad(seed) == mad(seed)
