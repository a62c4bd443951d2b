"""What an edge bounds (A-3): each limit can be set, and a client beyond it is put off politely."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import Profile, Reason, RejoinError, Role, State, Status
from story import joined, since

APP, CERTIFICATE = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


def test_sessions_and_members_of_a_channel(sim):
    edge = sim.edge(limits={"sessions": 3, "channel_members": 2})
    one, two = joined(sim, edge, 1, 2)
    three, elsewhere, four = (sim.client(edge, uid=uid) for uid in (3, 3, 4))
    three.join("demo")
    elsewhere.join("other")
    sim.run(5)
    four.join("third")
    sim.run(5)
    assert three.state is State.CONNECTING
    assert elsewhere.state is State.CONNECTED
    assert four.state is State.CONNECTING
    one.leave()
    two.leave()
    sim.run(5)
    assert (three.state, four.state) == (State.CONNECTED, State.CONNECTED)


def test_20_broadcasters_unless_said(sim):  # A-3 S-6
    live = {"profile": Profile.LIVE_BROADCASTING, "role": Role.BROADCASTER}
    edge = sim.edge()
    joined(sim, edge, *range(1, 21), **live)
    late = sim.client(edge, uid=21, **live)
    late.join("demo")
    sim.run(1)
    last = [e for e in late.events if e.name == "connection_changed"][-1]
    assert (last.state, last.reason) == (State.FAILED, Reason.TOO_MANY_BROADCASTERS)


def test_handshakes_in_flight_are_answered_by_retry(sim):
    edge = sim.edge(limits={"handshakes": 1})
    clients = [sim.client(edge, uid=uid) for uid in range(1, 6)]
    for client in clients:
        client.join("demo")
    sim.run(1)
    assert [client.state for client in clients] == [State.CONNECTED] * 5
    assert edge.counters["retries"] == 4


def test_new_members_of_an_edge(sim):  # A-3, section 5
    edge = sim.edge(limits={"accepts_per_second": 5})
    clients = [sim.client(edge, uid=uid, attempts=True) for uid in range(1, 21)]
    for client in clients:
        client.join("demo")
    sim.run(0.2)
    assert len(edge.members("demo")) == 5
    for second in range(1, 6):
        sim.run(1)
        assert len(edge.members("demo")) <= 5 + 5 * (second + 0.2)
    assert len(edge.members("demo")) == 20
    late = [e for client in clients for e in since(client, 0) if e.name == "attempt"]
    assert {e.outcome.name for e in late} == {"STARTED", "BUSY", "ACCEPTED"}
    assert edge.counters["busy"] == len([e for e in late if e.outcome.name == "BUSY"])


def test_joins_of_an_address():
    limits = {"joins_per_second": 3, "loopback": True}
    with rejoin.Edge(limits=limits) as edge:
        clients = [
            rejoin.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, attempts=True)
            for uid in range(1, 7)
        ]
        try:
            for client in clients:
                client.join("demo")
            for client in clients:
                client.wait_for("did_join_channel", timeout=10)
            assert edge.counters["busy"] >= 3
        finally:
            for client in clients:
                client.close()


def test_loopback_is_not_counted_unless_said():
    with rejoin.Edge(limits={"joins_per_second": 1}) as edge:
        for uid in range(1, 6):
            with rejoin.Client(edge.url, uid=uid, fingerprint=edge.fingerprint) as client:
                client.join("demo")
                client.wait_for("did_join_channel", timeout=5)
        assert edge.counters["busy"] == 0


def test_bad_tokens_of_an_address():  # A-3 S-6
    limits = {"bad_tokens_per_minute": 2, "loopback": True}
    with rejoin.Edge(limits=limits, apps={APP: CERTIFICATE}) as edge:

        def client(uid):
            return rejoin.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, app_id=APP)

        for uid in (1, 2):
            with client(uid) as bad:
                bad.join("demo", token="007rubbish")
                failed = bad.wait_for("connection_changed", state=State.FAILED, timeout=5)
                assert failed.reason is Reason.INVALID_TOKEN
        good = rejoin.token.build(APP, CERTIFICATE, "demo", 3)
        with client(3) as put_off, client(4) as bad:
            put_off.join("demo", token=good)
            bad.join("demo", token="007rubbish")
            with pytest.raises(TimeoutError):
                put_off.wait_for("did_join_channel", timeout=1)
            assert (put_off.state, bad.state) == (State.CONNECTING, State.CONNECTING)
            assert edge.counters["busy"] == 2
            assert edge.counters["refusals"] == 2


@pytest.mark.parametrize(
    "name", ["joins_per_second", "bad_tokens_per_minute", "accepts_per_second", "loopback"]
)
@pytest.mark.parametrize("value", [-1, 2**32])
def test_a_limit_that_is_none(sim, name, value):
    with pytest.raises(RejoinError) as error:
        sim.edge(limits={name: value})
    assert error.value.status is Status.INVALID_ARGUMENT
    assert error.value.argument == f"limits[{name!r}]"
