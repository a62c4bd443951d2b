"""Kicks at an edge: who is removed, what everybody is told, and for how long they are kept out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rejoin
from rejoin import Kick, OfflineReason, Reason, RejoinError, State, Status
from story import DELAY, TICK, assert_events, assert_told, cut_after_proof, joined, since

ROOT = Path(__file__).resolve().parents[2]
BANNED = ("connection_changed", State.FAILED, Reason.BANNED_BY_SERVER)
QUIT = ("user_offline", 1, OfflineReason.QUIT)


def refused(sim, client):
    """Its next join is refused as a kick refuses it."""
    client.leave()
    client.join("demo")
    sim.run(1)
    assert_told(client.events[-1:], BANNED)


def lets_in(sim, client):
    client.leave()
    client.join("demo")
    sim.run_until(lambda: client.state is State.CONNECTED, limit=1)


def test_a_kicked_member_fails_and_the_others_see_it_quit(sim):  # A-1 S-15 P-8
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    now = sim.now
    edge.kick("demo", 1)
    sim.run(120)
    assert_events(one, now, [(DELAY, *BANNED)])  # and no retry
    assert_events(two, now, [(DELAY, *QUIT)])
    assert edge.members("demo") == [2]
    assert edge.counters["kicked"] == 1


def test_it_is_kept_out_until_the_time_is_over(sim):  # A-1 S-6
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    over = sim.now + 60
    edge.kick("demo", seconds=60)
    sim.run(1)
    refused(sim, one)
    assert len(edge.kicks()) == 1
    # the request is at the edge three journeys after the call
    early, late = sim.client(edge, uid=2), sim.client(edge, uid=3)
    sim.run(over - 3 * DELAY - 2 * TICK - sim.now)
    early.join("demo")
    sim.run(3 * TICK)
    late.join("demo")
    sim.run(1)
    assert_told(early.events[-1:], BANNED)
    assert late.state is State.CONNECTED
    assert edge.kicks() == []


def test_it_may_rejoin_at_once_after_a_kick_of_0_seconds(sim):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    now = sim.now
    assert edge.kick(uid=1, seconds=0) == 0
    assert edge.kicks() == []
    sim.run(30)
    assert_events(one, now, [(DELAY, *BANNED)])  # not by itself
    lets_in(sim, one)
    assert [event.name for event in since(two, now)] == ["user_offline", "user_joined"]


@pytest.mark.parametrize("seconds", [0, 3600])
def test_one_that_is_cut_off_learns_it_when_it_rejoins(sim, seconds):  # S-14 P-8
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    heard = cut_after_proof(sim, one)
    sim.run(heard + 5 - sim.now)
    now = sim.now
    edge.kick("demo", 1, seconds=seconds)
    sim.run(5)
    assert_events(two, now, [(DELAY, *QUIT)])
    assert one.state is State.RECONNECTING
    one.link.heal()
    sim.run(60)
    assert one.state is State.FAILED
    assert_told(one.events[-1:], BANNED)


def test_whom_it_names(sim):
    edge = sim.edge()

    def stage():
        clients = []
        for channel, uid in (("a", 1), ("a", 2), ("b", 1), ("b", 3)):
            client = sim.client(edge, uid=uid)
            client.join(channel)
            clients.append(client)
        sim.run(1)
        assert all(client.state is State.CONNECTED for client in clients)
        return clients

    for named, whom in (
        ({"channel": "a", "uid": 1}, [True, False, False, False]),
        ({"uid": 1}, [True, False, True, False]),
        ({"channel": "a"}, [True, True, False, False]),
        ({"uid": 1, "app_id": "other"}, [False] * 4),
    ):
        clients = stage()
        number = edge.kick(**named)
        sim.run(1)
        assert [client.state is State.FAILED for client in clients] == whom
        edge.lift_kick(number)
        for client in clients:
            client.close()
        sim.run(30)


def test_an_address_in_all_channels():
    with rejoin.Edge() as edge:
        options = {"fingerprint": edge.fingerprint}
        with rejoin.Client(edge.url, uid=1, **options) as one:
            with rejoin.Client(edge.url, uid=2, **options) as two:
                one.join("a")
                two.join("b")
                one.wait_for("did_join_channel", timeout=2)
                two.wait_for("did_join_channel", timeout=2)
                edge.kick(ip="127.0.0.2")
                edge.kick(ip="::1")
                number = edge.kick(ip="127.0.0.1", seconds=60)
                for client in (one, two):
                    failed = client.wait_for("connection_changed", timeout=2)
                    assert (failed.state, failed.reason) == BANNED[1:]
                one.leave()
                one.join("c")
                failed = one.wait_for("connection_changed", timeout=2, state=State.FAILED)
                assert failed.reason is Reason.BANNED_BY_SERVER
                edge.lift_kick(number)
                one.leave()
                one.join("c")
                one.wait_for("did_join_channel", timeout=2)


def test_a_whole_channel_hears_nothing_of_each_other(sim):  # A-1 S-15
    edge = sim.edge()
    clients = joined(sim, edge, *range(1, 21))
    now = sim.now
    edge.kick("demo")
    sim.run(30)
    for client in clients:
        assert_events(client, now, [(DELAY, *BANNED)])
    assert edge.members("demo") == []


def test_kicks_are_listed_changed_and_lifted(sim):
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    first = edge.kick("demo", 1)
    second = edge.kick(ip="2001:DB8::0", seconds=86400, app_id="app")
    assert edge.kick(uid=2, seconds=0.5) == 3
    assert [kick[:5] for kick in edge.kicks()] == [
        (first, "", "demo", 1, None),
        (second, "app", None, None, "2001:db8::"),
        (3, "", None, 2, None),
    ]
    left = [kick.until - sim.now for kick in edge.kicks()]
    assert left == pytest.approx([3600, 86400, 0.5])
    assert isinstance(edge.kicks()[0], Kick)
    sim.run(1)
    assert [kick.id for kick in edge.kicks()] == [first, second]
    lets_in(sim, two)
    assert edge.kick("demo", 1, seconds=10) == first  # the same once more
    assert edge.kicks()[0].until == pytest.approx(sim.now + 10)
    edge.change_kick(first, 100)
    sim.run(50)
    refused(sim, one)
    edge.lift_kick(edge.kicks()[0])
    lets_in(sim, one)
    assert edge.counters["kicks"] == 1
    for call in (lambda: edge.lift_kick(first), lambda: edge.change_kick(3, 5)):
        with pytest.raises(RejoinError, match="there is no such kick") as caught:
            call()
        assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "id")


def test_kicks_survive_the_edge(sim):  # section 5
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    edge.kick("demo", 1, seconds=100)
    edge.crash()
    edge.kick("demo", 2, seconds=100)  # also while it is down
    edge.restart()
    sim.run(40)
    for client in (one, two):
        assert client.state is State.FAILED
        refused(sim, client)
    assert len(edge.kicks()) == 2
    sim.run(100)
    lets_in(sim, one)


def test_kicks_survive_the_process(tmp_path):  # section 5
    with rejoin.Edge(data_dir=str(tmp_path)) as edge:
        edge.kick("demo", 1, seconds=60)
        edge.lift_kick(edge.kick("demo", 2))
        (before,) = edge.kicks()
    with rejoin.Edge(data_dir=str(tmp_path)) as edge:
        (kick,) = edge.kicks()
        assert kick[:5] == before[:5]
        assert kick.until == pytest.approx(before.until, abs=0.1)
        with rejoin.Client(edge.url, uid=1, fingerprint=edge.fingerprint) as one:
            one.join("demo")
            failed = one.wait_for("connection_changed", timeout=2, state=State.FAILED)
            assert failed.reason is Reason.BANNED_BY_SERVER


@pytest.mark.parametrize(
    ("kick", "status", "argument"),
    [
        ({}, Status.INVALID_ARGUMENT, "channel"),
        ({"channel": "x" * 65}, Status.INVALID_CHANNEL_NAME, "channel"),
        ({"channel": ""}, Status.INVALID_CHANNEL_NAME, "channel"),
        ({"channel": "a\0b"}, Status.INVALID_CHANNEL_NAME, "channel"),
        ({"uid": 0}, Status.INVALID_USER_ID, "uid"),
        ({"uid": 2**32}, Status.INVALID_USER_ID, "uid"),
        ({"ip": "localhost"}, Status.INVALID_ARGUMENT, "ip"),
        ({"ip": "10.0.0.1:80"}, Status.INVALID_ARGUMENT, "ip"),
        ({"uid": 1, "seconds": -1}, Status.INVALID_ARGUMENT, "seconds"),
        ({"uid": 1, "seconds": 86401}, Status.INVALID_ARGUMENT, "seconds"),
        ({"uid": 1, "seconds": float("nan")}, Status.INVALID_ARGUMENT, "seconds"),
        ({"uid": 1, "app_id": "x" * 65}, Status.INVALID_ARGUMENT, "app_id"),
    ],
)
def test_a_bad_kick_names_its_argument(sim, kick, status, argument):
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    with pytest.raises(RejoinError) as caught:
        edge.kick(**kick)
    assert (caught.value.status, caught.value.argument) == (status, argument)
    sim.run(1)
    assert one.state is State.CONNECTED
    assert edge.kicks() == []


def test_a_change_to_a_time_that_none_has(sim):
    edge = sim.edge()
    number = edge.kick(uid=1)
    with pytest.raises(RejoinError, match="86400") as caught:
        edge.change_kick(number, 86400.5)
    assert caught.value.argument == "seconds"


def test_counters(sim):
    edge = sim.edge()
    one, _ = joined(sim, edge, 1, 2)
    one.leave()
    sim.run(1)
    counters = edge.counters
    assert (counters["members"], counters["channels"]) == (1, 1)
    assert (counters["joins"], counters["leaves"], counters["kicked"]) == (2, 1, 0)
    assert counters["datagrams_in"] > 4
    edge.crash()
    assert not any(edge.counters.values())


def test_the_table_of_counters_is_the_header_s_and_ours(sim):
    def names(path, pattern):
        return re.findall(pattern, (ROOT / path).read_text(), re.MULTILINE)

    table = names("abi/counters.def", r"^RJ_COUNTER\((\w+),")
    (struct,) = names("abi/include/rejoin/rejoin.h", r"struct rj_edge_counts {([^}]*)}")
    struct = re.sub(r"/\*.*?\*/", "", struct, flags=re.DOTALL)
    fields = re.findall(r"(\w+)(?=[,;])", struct)
    assert fields == ["size", *table]
    assert list(sim.edge().counters) == table
    told = rejoin.Edge.counters.__doc__
    assert [name for name in re.findall(r"\w+", told) if name in table] == table
