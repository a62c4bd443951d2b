"""Joining: what is told, in which order, and what ends it."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import Reason, RejoinError, State, Status
from story import DELAY, TICK, assert_events, assert_told, joined, names


def test_a_join_is_told_at_once(sim):  # S-1 R-1
    one = sim.client(sim.edge(), uid=1)
    assert one.state is State.DISCONNECTED
    one.join("demo")
    assert one.state is State.CONNECTING
    assert_told(one.events, ("connection_changed", State.CONNECTING, Reason.CONNECTING))
    assert one.events[0].old_state is State.DISCONNECTED
    assert one.events[0].time == sim.now


def test_an_accepted_join_tells_state_then_join_then_members_by_uid(sim):  # S-3 R-3 R-4 P-1
    edge = sim.edge()
    joined(sim, edge, 7, 3)
    one = sim.client(edge, uid=5)
    one.join("demo")
    sim.run(1)
    assert_told(
        one.events,
        ("connection_changed", State.CONNECTING, Reason.CONNECTING),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_join_channel", "demo", 5),
        ("user_joined", 3),
        ("user_joined", 7),
    )
    assert [event.sequence for event in one.events] == [1, 2, 3, 4, 5]


def test_a_full_join_takes_two_round_trips(sim):  # S-3
    one = sim.client(sim.edge(), uid=1)
    one.join("demo")
    sim.run(1)
    elapsed = one.events[2].elapsed
    assert 2000 * 2 * DELAY <= elapsed <= 2000 * 2 * DELAY + 5


def test_members_hear_of_a_newcomer_since_their_own_join(sim):  # P-1
    edge = sim.edge()
    (one,) = joined(sim, edge, 1)
    began = one.events[0].time
    joined(sim, edge, 2)
    heard = one.events[-1]
    assert (heard.name, heard.uid) == ("user_joined", 2)
    assert heard.elapsed == pytest.approx((heard.time - began) * 1000, abs=1)


def test_uid_0_lets_the_edge_choose(sim):
    edge = sim.edge()
    one, two = (sim.client(edge) for _ in range(2))
    one.join("demo")
    two.join("demo", uid=0)
    sim.run(1)
    uids = {client.events[2].uid for client in (one, two)}
    assert len(uids) == 2
    assert 0 not in uids
    assert edge.members("demo") == sorted(uids)


def test_the_uid_may_be_given_with_the_join(sim):
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    one.join("demo", uid=9)
    sim.run(1)
    assert edge.members("demo") == [9]


@pytest.mark.parametrize("state", [State.CONNECTING, State.CONNECTED, State.RECONNECTING])
def test_a_join_is_rejected_in_any_other_state(sim, state):  # S-4
    one = sim.client(sim.edge(), uid=1)
    one.join("demo")
    if state is not State.CONNECTING:
        sim.run(3)
    if state is State.RECONNECTING:
        one.link.cut()
        sim.run(8)
    assert one.state is state
    before = one.events
    with pytest.raises(RejoinError) as caught:
        one.join("other")
    assert caught.value.status is Status.JOIN_CHANNEL_REJECTED
    assert state.name.lower() in caught.value.text
    assert one.events == before


def test_a_join_is_rejected_in_failed_until_the_app_leaves(sim):  # S-5 S-6 S-28
    edge = sim.edge(channel_pattern="room-[0-9]+")
    one = sim.client(edge, uid=1)
    one.join("demo")
    sim.run(1)
    assert one.state is State.FAILED
    before = one.events
    with pytest.raises(RejoinError) as caught:
        one.join("room-1")
    assert caught.value.status is Status.JOIN_CHANNEL_REJECTED
    assert one.events == before
    one.leave()
    assert_told(
        one.events[len(before) :],
        ("connection_changed", State.DISCONNECTED, Reason.LEAVE_CHANNEL),
        ("did_leave_channel",),
    )
    one.join("room-1")
    sim.run(1)
    assert one.state is State.CONNECTED


def refused(sim, client):
    client.join("demo")
    sim.run(60)
    assert client.state is State.FAILED
    assert names(client.events) == [
        "connection_changed",
        "connection_changed",
    ]  # terminal: no retry
    return client.events[-1].reason


def test_an_unknown_app_id_is_refused(sim):  # S-6
    edge = sim.edge(apps={"known": None})
    assert refused(sim, sim.client(edge, uid=1, app_id="other")) is Reason.INVALID_APP_ID
    welcome = sim.client(edge, uid=1, app_id="known")
    welcome.join("demo")
    sim.run(1)
    assert welcome.state is State.CONNECTED
    assert edge.members("demo", app_id="known") == [1]
    assert edge.members("demo") == []


def test_a_channel_that_the_edge_does_not_want_is_refused(sim):  # S-6
    edge = sim.edge(channel_pattern="room-.*")
    assert refused(sim, sim.client(edge, uid=1)) is Reason.INVALID_CHANNEL_NAME


def test_another_profile_is_refused(sim):  # S-6
    edge = sim.edge()
    joined(sim, edge, 1)
    other = sim.client(edge, uid=2, profile="live_broadcasting")
    assert refused(sim, other) is Reason.REJECTED_BY_SERVER


def test_too_many_broadcasters_are_refused(sim):  # S-6
    edge = sim.edge(limits={"channel_broadcasters": 1})
    live = {"profile": rejoin.Profile.LIVE_BROADCASTING, "role": rejoin.Role.BROADCASTER}
    joined(sim, edge, 1, **live)
    assert refused(sim, sim.client(edge, uid=2, **live)) is Reason.TOO_MANY_BROADCASTERS


def test_another_certificate_is_refused(sim):  # S-6
    edge = sim.edge()
    client = sim.client(edge, uid=1, fingerprint="00" * 32)
    assert refused(sim, client) is Reason.CERTIFICATION_VERIFY_FAILURE


def test_an_unreachable_edge_is_tried_for_20_minutes(sim):  # S-7 N-3 N-5 R-2
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    edge.crash()
    one.join("demo")
    began = sim.now
    sim.run(1100)
    assert one.state is State.CONNECTING
    sim.run_until(lambda: one.state is State.FAILED, limit=200)
    assert_events(
        one,
        since=began - TICK,
        expect=[
            (TICK, "connection_changed", State.CONNECTING, Reason.CONNECTING),
            (10.0 + TICK, "connection_lost"),
            (1200.0 + TICK, "connection_changed", State.FAILED, Reason.JOIN_FAILED),
        ],
    )
    sim.run(100)
    assert len(one.events) == 3


def test_an_edge_that_comes_late_is_found(sim):  # S-7 S-3
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    edge.crash()
    one.join("demo")
    sim.run(15)
    edge.restart()
    sim.run_until(lambda: one.state is State.CONNECTED, limit=14)
    joined_event = one.events[-1]
    assert joined_event.name == "did_join_channel"
    assert joined_event.elapsed > 15_000


def test_all_urls_are_tried_in_turn(sim):  # S-7
    dead, alive = sim.edge(), sim.edge()
    dead.crash()
    one = sim.client(urls=[dead.url, alive.url], uid=1, fingerprint=alive.fingerprint)
    one.join("demo")
    sim.run_until(lambda: one.state is State.CONNECTED, limit=20)
    assert alive.members("demo") == [1]
