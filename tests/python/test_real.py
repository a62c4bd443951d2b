"""Clients and an edge over real QUIC on loopback, on real threads and in real time."""

from __future__ import annotations

import threading
import time

import pytest
import rejoin
from rejoin import Network, OfflineReason, Reason, RejoinError, State, Status
from story import assert_told, names

QUICK = {
    "beat": 0.1,
    "interrupted": 0.4,
    "lost": 0.8,
    "offline": 1.2,
    "give_up": 60.0,
}


def client(edge, uid, **options):
    return rejoin.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, **options)


def test_two_members_meet(real_edge):  # S-1 S-3 S-25 P-1 P-2
    with client(real_edge, 1) as one, client(real_edge, 2) as two:
        one.join("demo")
        event = one.wait_for("did_join_channel", timeout=2)
        assert (event.channel, event.uid) == ("demo", 1)
        assert 0 <= event.elapsed <= 200
        two.join("demo")
        assert one.wait_for("user_joined", timeout=2).uid == 2
        assert two.wait_for("user_joined", timeout=2).uid == 1
        assert real_edge.members("demo") == [1, 2]
        assert real_edge.channels() == ["demo"]
        two.leave()
        offline = one.wait_for("user_offline", timeout=2, uid=2)
        assert offline.reason is OfflineReason.QUIT
        assert names(two.events)[-1] == "did_leave_channel"
        stats = one.stats
        assert stats.members == 0
        assert stats.bytes_sent > 0


def test_all_runtimes_have_one_clock(real_edge):
    with client(real_edge, 1) as one:
        assert one.now == pytest.approx(real_edge.now, abs=0.05)
        one.join("demo")
        one.wait_for("did_join_channel", timeout=2)
        assert one.last_heard == pytest.approx(real_edge.last_heard("demo", 1), abs=0.2)


def test_an_outage_on_a_real_socket():  # S-8 S-11 S-13 P-4 P-5 P-9 N-1 N-2 N-3 N-4
    with rejoin.Edge(timers={"offline": 1.2}) as edge:
        with client(edge, 1, timers=QUICK) as one, client(edge, 2, timers=QUICK) as two:
            two.join("demo")
            two.wait_for("did_join_channel", timeout=2)
            one.join("demo")
            one.wait_for("user_joined", timeout=2)
            before = one.last_heard
            while one.last_heard == before:
                time.sleep(0.001)
            one.link.cut(up=True)
            noticed = one.wait_for("connection_changed", timeout=2)
            assert (noticed.state, noticed.reason) == (State.RECONNECTING, Reason.INTERRUPTED)
            heard = one.last_heard
            heard_by_edge = edge.last_heard("demo", 1)
            lost = one.wait_for("connection_lost", timeout=2)
            offline = two.wait_for("user_offline", timeout=2)
            assert (offline.uid, offline.reason) == (1, OfflineReason.DROPPED)
            # Never early; late by what a busy machine may need.
            assert 0.4 <= noticed.time - heard <= 0.5
            assert 0.8 <= lost.time - heard <= 0.9
            assert 1.2 <= offline.time - heard_by_edge <= 1.3
            one.link.heal()
            rejoined = one.wait_for("did_rejoin_channel", timeout=15)
            assert rejoined.uid == 1
            assert two.wait_for("user_joined", timeout=2).uid == 1


def test_a_crash_and_a_restart(real_edge):  # S-9
    with client(real_edge, 1, timers=QUICK) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=2)
        real_edge.crash()
        with pytest.raises(RejoinError) as caught:
            real_edge.crash()
        assert caught.value.status is Status.INVALID_STATE
        real_edge.restart()
        changed = one.wait_for("connection_changed", timeout=5)
        assert (changed.state, changed.reason) == (
            State.RECONNECTING,
            Reason.KEEP_ALIVE_TIMEOUT,
        )
        one.wait_for("did_rejoin_channel", timeout=10)
        assert real_edge.members("demo") == [1]


def test_an_edge_that_closes_says_so():  # S-9
    with rejoin.Edge() as edge:
        one = client(edge, 1)
        one.join("demo")
        one.wait_for("did_join_channel", timeout=2)
    with one:
        changed = one.wait_for("connection_changed", timeout=2)
        assert (changed.state, changed.reason) == (
            State.RECONNECTING,
            Reason.KEEP_ALIVE_TIMEOUT,
        )


def test_wait_for_passes_over_and_starts_at_the_join(real_edge):
    with client(real_edge, 1) as one:
        for _ in range(3):
            one.join("demo")
            one.wait_for("did_join_channel", timeout=2)  # never that of an earlier stay
            assert one.state is State.CONNECTED
            one.leave()
        assert names(one.events).count("did_join_channel") == 3
        one.wait_for("did_leave_channel", timeout=1)
        with pytest.raises(
            TimeoutError, match=r"no connection_changed within 0.05 s; the state is DISC"
        ):
            one.wait_for("connection_changed", timeout=0.05)


def test_wait_for_wants_fields(real_edge):
    with client(real_edge, 1) as one:
        one.join("demo")
        event = one.wait_for("connection_changed", timeout=2, state=State.CONNECTED)
        assert event.reason is Reason.JOIN_SUCCESS
        with pytest.raises(ValueError, match="did you mean 'did_join_channel'"):
            one.wait_for("did_join_chanel")
        with pytest.raises(TypeError, match="did you mean 'state'"):
            one.wait_for("connection_changed", stat=1)


def test_waiting_lets_others_run_and_ends_when_closed(real_edge):
    one = client(real_edge, 1)
    caught = []

    def wait():
        try:
            one.wait_for("did_join_channel")
        except RejoinError as error:
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    began = time.monotonic()
    one.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert time.monotonic() - began < 1
    assert caught[0].status is Status.NOT_INITIALIZED
    assert "closed" in str(caught[0])


def test_two_threads_wait_for_different_events(real_edge):
    with client(real_edge, 1) as one:
        found = []
        threads = [
            threading.Thread(
                target=lambda name=name: found.append(one.wait_for(name, timeout=5).name)
            )
            for name in ("did_join_channel", "connection_changed")
        ]
        for thread in threads:
            thread.start()
        one.join("demo")
        for thread in threads:
            thread.join()
        assert sorted(found) == ["connection_changed", "did_join_channel"]


def test_functions_run_on_the_users_thread(real_edge):
    with client(real_edge, 1) as one:
        heard = []

        @one.listener()
        def hear(event):
            heard.append((event.name, threading.get_ident()))

        one.join("demo")
        while "did_join_channel" not in [name for name, _ in heard]:
            assert one.dispatch(timeout=2) > 0
        assert {ident for _, ident in heard} == {threading.get_ident()}
        assert one.dispatch() == 0


def test_functions_run_while_waiting(real_edge):
    with client(real_edge, 1) as one:
        heard = []
        one.on("did_join_channel", heard.append)
        one.join("demo")
        event = one.wait_for("did_join_channel", timeout=2)
        assert heard == [event]


def test_an_exception_in_a_function_is_not_swallowed(real_edge):
    with client(real_edge, 1) as one:

        def fail(event):
            raise LookupError(event.name)

        one.on("did_join_channel", fail)
        one.join("demo")
        with pytest.raises(LookupError, match="did_join_channel"):
            one.wait_for("did_join_channel", timeout=2)
        assert one.wait_for("did_join_channel", timeout=0.1).uid == 1  # and nothing was lost


def test_no_waiting_inside_a_function(real_edge):
    with client(real_edge, 1) as one:
        errors = []

        def wait(event):
            for call in (one.dispatch, lambda: one.wait_for("stats", timeout=1)):
                with pytest.raises(RejoinError) as caught:
                    call()
                errors.append(caught.value.status)

        one.on("did_join_channel", wait)
        one.join("demo")
        one.wait_for("did_join_channel", timeout=2)
        assert errors == [Status.INVALID_STATE] * 2


def test_a_runtime_of_its_own(real_edge):
    with rejoin.Runtime() as runtime:
        with client(real_edge, 1, runtime=runtime) as one:
            one.join("demo")
            one.wait_for("did_join_channel", timeout=2)
        late = client(real_edge, 2, runtime=runtime)
    with pytest.raises(RejoinError) as caught:
        late.join("demo")  # its runtime is gone
    assert caught.value.status is Status.NOT_INITIALIZED
    late.close()


def test_history_is_bounded(real_edge):
    with client(real_edge, 1, history=5) as one:
        for _ in range(20):
            one.join("demo")
            one.leave()
            assert len(one.events) <= 5
        sequences = [event.sequence for event in one.events]
        last = sequences[-1]
        assert last >= 60
        assert sequences == list(range(last - 4, last + 1))


def test_a_client_that_was_not_closed_says_so(real_edge):
    one = client(real_edge, 1)
    with pytest.warns(ResourceWarning, match="was not closed"):
        del one


def test_many_clients_in_one_process(real_edge):
    clients = [client(real_edge, uid) for uid in range(1, 51)]
    try:
        for one in clients:
            one.join("demo")
        for one in clients:
            one.wait_for("did_join_channel", timeout=10)
        deadline = time.monotonic() + 5
        while len(clients[0].events) < 52 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert {event.uid for event in clients[0].events if event.name == "user_joined"} == set(
            range(2, 51)
        )
        assert real_edge.members("demo") == list(range(1, 51))
    finally:
        for one in clients:
            one.close()


def test_the_wrong_certificate_is_refused(real_edge):  # S-6
    with rejoin.Client(real_edge.url, uid=1, fingerprint="ab" * 32) as one:
        one.join("demo")
        failed = one.wait_for("connection_changed", timeout=5, state=State.FAILED)
        assert failed.reason is Reason.CERTIFICATION_VERIFY_FAILURE


def test_without_a_fingerprint_the_systems_cas_decide(real_edge):  # S-6
    with rejoin.Client(real_edge.url, uid=1) as one:
        one.join("demo")
        failed = one.wait_for("connection_changed", timeout=5, state=State.FAILED)
        assert failed.reason is Reason.CERTIFICATION_VERIFY_FAILURE


def test_an_edge_keeps_its_certificate(tmp_path):
    fingerprints = []
    for _ in range(2):
        with rejoin.Edge(data_dir=str(tmp_path)) as edge:
            fingerprints.append(edge.fingerprint)
    assert fingerprints[0] == fingerprints[1]
    assert len(fingerprints[0]) == 64


def test_the_newer_login_wins(real_edge):  # S-16 P-3
    with client(real_edge, 1) as old, client(real_edge, 2) as peer, client(real_edge, 1) as new:
        for one in (old, peer):
            one.join("demo")
            one.wait_for("did_join_channel", timeout=2)
        peer.wait_for("user_joined", timeout=2)
        new.join("demo")
        new.wait_for("did_join_channel", timeout=2)
        failed = old.wait_for("connection_changed", timeout=2, state=State.FAILED)
        assert failed.reason is Reason.SAME_UID_LOGIN
        assert "user_offline" not in names(peer.events)


def test_events_are_numbered_without_a_gap(real_edge):
    with client(real_edge, 1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=2)
        one.leave()
        events = one.events
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert [event.time for event in events] == sorted(event.time for event in events)
        assert_told(
            events,
            ("connection_changed", State.CONNECTING, Reason.CONNECTING),
            ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
            ("did_join_channel", "demo", 1),
            ("connection_changed", State.DISCONNECTED, Reason.LEAVE_CHANNEL),
            ("did_leave_channel",),
        )


def wait_for_proof(one):
    since = one.now + 0.05
    for _ in range(3000):
        if one.last_heard > since:
            return
        time.sleep(0.005)
    pytest.fail("nothing is acknowledged any more")


PATIENT = {"beat": 0.2, "interrupted": 3.0}  # a busy machine is no outage


def test_a_nat_rebinds_before_a_real_socket(real_edge):  # S-10
    with client(real_edge, 1, timers=PATIENT) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        for rebind in ({}, {"address": True}, {"address": "127.0.0.9"}):
            one.link.rebind(**rebind)
            wait_for_proof(one)
        assert names(one.events)[-1] == "did_join_channel"
        with pytest.raises(RejoinError) as caught:
            one.link.rebind(address="192.0.2.1")
        assert caught.value.status is Status.REFUSED
        assert "192.0.2.1" in str(caught.value)


def test_the_address_of_a_real_socket_changes(real_edge):  # S-10
    with client(real_edge, 1, timers=PATIENT) as one, client(real_edge, 2) as two:
        two.join("demo")
        two.wait_for("did_join_channel", timeout=5)
        one.join("demo")
        one.wait_for("user_joined", timeout=5)
        for change in ({}, {"address": "127.0.0.7", "overlap": 0.2}):
            one.link.change_address(network=Network.WIFI, **change)
            assert one.wait_for("network_changed", timeout=5).network is Network.WIFI
            wait_for_proof(one)
        one.network_changed(Network.LAN)
        assert one.wait_for("network_changed", timeout=5).network is Network.LAN
        wait_for_proof(one)
        assert one.state is State.CONNECTED
        assert names(one.events).count("connection_changed") == 2
        assert names(two.events)[-1] == "user_joined"


def test_a_new_address_that_leads_nowhere_on_a_real_socket(real_edge):  # S-10 N-2
    with client(real_edge, 1, timers=QUICK) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        one.link.change_address("127.0.0.2", dead=True)
        changed = one.wait_for("connection_changed", timeout=5)
        assert (changed.state, changed.reason) == (
            State.RECONNECTING,
            Reason.CLIENT_IP_ADDRESS_CHANGED,
        )
        one.link.change_address("127.0.0.3")
        one.wait_for("did_rejoin_channel", timeout=15)
