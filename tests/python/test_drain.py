"""An edge that is emptied (A-4), with another one beside it: two edges in one simulation, and real ones."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import Dialect, Reason, RejoinError, State, Status
from story import assert_told, joined, since


def two_edges(sim, *uids, **options):
    """Two edges; members of the first one's "demo" that know both."""
    first, second = sim.edge(), sim.edge()
    members = joined(sim, first, *uids, urls=[second.url], **options)
    sim.run(15)
    return first, second, members


@pytest.mark.parametrize("dialect", [Dialect.DIALECT_3X, Dialect.DIALECT_4X])
def test_members_move_without_a_change_of_state(sim, dialect):
    first, second, members = two_edges(sim, *range(1, 11), dialect=dialect)
    began = sim.now
    assert first.drain(20) == 10
    sim.run(10)
    assert first.members("demo") == list(range(1, 11))  # until it misses them (N-4)
    assert len(second.members("demo")) == 5
    sim.run(11)
    assert second.members("demo") == list(range(1, 11))
    for member in members:
        assert member.state is State.CONNECTED
        assert not [
            e
            for e in since(member, began)
            if e.name in ("connection_changed", "did_rejoin_channel")
        ]
    sim.run(40)
    assert first.members("demo") == []
    assert second.members("demo") == list(range(1, 11))
    for member in members:
        assert member.state is State.CONNECTED
        there = {e.uid: e.name for e in since(member, began) if e.name.startswith("user_")}
        assert all(name == "user_joined" for name in there.values())


def test_they_are_told_evenly_over_the_time(sim):
    first, second, _ = two_edges(sim, *range(1, 21))
    first.drain(40)
    for seconds in range(2, 41, 2):
        sim.run(2)
        there = len(second.members("demo"))
        assert seconds / 2 - 1 <= there <= seconds / 2


def test_a_join_goes_to_the_other_edge_at_once(sim):  # A-4, section 5
    first, second, _ = two_edges(sim)
    first.drain(60)
    one = sim.client(first, uid=1, urls=[second.url], attempts=True)
    one.join("demo")
    sim.run_until(lambda: one.state is State.CONNECTED, limit=2)
    assert second.members("demo") == [1]
    assert [e.outcome.name for e in one.events if e.name == "attempt"][:2] == ["STARTED", "BUSY"]


def test_without_another_edge_a_member_stays_until_its_own_closes(sim):  # A-4 S-9
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    began = sim.now
    assert edge.drain(5) == 1
    waiting = sim.client(edge, uid=2)
    waiting.join("demo")
    sim.run(60)
    assert since(one, began) == []
    assert edge.members("demo") == [1]
    assert waiting.state is State.CONNECTING
    began = sim.now
    edge.restart()
    sim.run(10)
    assert_told(
        since(one, began)[:3],
        ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
    )
    assert waiting.state is State.CONNECTED  # a restart ends the drain


def test_an_edge_that_is_down_too_soon_costs_one_reconnecting(sim):  # A-4 S-9
    first, second, members = two_edges(sim, *range(1, 11))
    began = sim.now
    first.drain(20)
    sim.run(10)
    first.close()
    sim.run(10)
    for member in members:
        states = [e.state for e in since(member, began) if e.name == "connection_changed"]
        assert states in ([], [State.RECONNECTING, State.CONNECTED])
    assert second.members("demo") == list(range(1, 11))


def test_a_member_that_is_cut_off_moves_when_it_is_back(sim):  # A-4 S-13
    first, second, (one, two) = two_edges(sim, 1, 2)
    two.link.cut()
    sim.run(5)
    first.drain(2)
    sim.run(4)
    assert second.members("demo") == [1]
    two.link.heal()
    sim.run(15)
    assert two.state is State.CONNECTED
    assert second.members("demo") == [1, 2]
    assert one.state is State.CONNECTED


def test_it_can_be_drained_again_and_not_while_it_is_down(sim):
    edge = sim.edge()
    joined(sim, edge, 1, 2, 3)
    assert edge.drain(3600) == 3
    assert edge.drain(0) == 3
    edge.crash()
    with pytest.raises(RejoinError) as error:
        edge.drain(1)
    assert error.value.status is Status.INVALID_STATE
    edge.restart()


@pytest.mark.parametrize("seconds", [-1, 86400.1, float("nan"), float("inf")])
def test_a_time_that_no_drain_has(sim, seconds):
    edge = sim.edge()
    with pytest.raises(RejoinError) as error:
        edge.drain(seconds)
    assert (error.value.status, error.value.argument) == (Status.INVALID_ARGUMENT, "seconds")


def test_real_edges():
    with rejoin.Edge() as first, rejoin.Edge() as second:
        fingerprints = [first.fingerprint, second.fingerprint]
        with rejoin.Client(urls=[first.url, second.url], uid=1, fingerprint=fingerprints) as one:
            one.join("demo")
            one.wait_for("did_join_channel", timeout=5)
            assert first.drain(0) == 1
            with rejoin.Client(second.url, uid=2, fingerprint=second.fingerprint) as two:
                two.join("demo")
                two.wait_for("user_joined", uid=1, timeout=10)
            assert one.state is State.CONNECTED
            assert not [e for e in one.events if e.name == "connection_changed"][2:]
