"""What the others are told, variant by variant: P-8 to P-11, and where an outage meets tokens, roles and timers."""

from __future__ import annotations

import time

import pytest
from rejoin import (
    Dialect,
    OfflineReason,
    Profile,
    Reason,
    Role,
    State,
    token,
)
from story import assert_events, assert_told, cut_after_proof, joined, since, told

APP, CERTIFICATE = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
LIVE = {"profile": Profile.LIVE_BROADCASTING, "role": Role.BROADCASTER}


def about_peers(client, moment):
    return [told(e) for e in since(client, moment) if e.name.startswith("user_")]


# ---- P-8


@pytest.mark.parametrize("cut", [False, True])
def test_a_kick_is_told_at_once_also_of_one_that_is_silent(sim, cut):  # P-8
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    if cut:
        cut_after_proof(sim, one)
        sim.run(6)
    began = sim.now
    edge.kick(uid=1)
    sim.run(0.1)
    assert about_peers(two, began) == [("user_offline", 1, OfflineReason.QUIT)]
    sim.run(60)
    assert about_peers(two, began) == [("user_offline", 1, OfflineReason.QUIT)]


@pytest.mark.parametrize("cut", [False, True])
def test_an_expiry_is_told_at_once_also_of_one_that_is_silent(sim, cut):  # P-8 S-18
    edge = sim.edge(apps={APP: CERTIFICATE})
    wall = sim_wall(sim)
    forever = token.build(APP, CERTIFICATE, "demo", 2, issued_at=wall)
    short = token.build(APP, CERTIFICATE, "demo", 1, issued_at=wall, privileges={"join": 30})
    one, two = (sim.client(edge, uid=uid, app_id=APP) for uid in (1, 2))
    one.join("demo", token=short)
    two.join("demo", token=forever)
    sim.run(20)
    if cut:
        one.link.cut()
    sim.run_until(lambda: about_peers(two, 1), limit=60)
    assert about_peers(two, 1) == [("user_offline", 1, OfflineReason.QUIT)]
    assert 29 <= sim.now <= 31


def sim_wall(sim):
    """The wall clock of a simulation at its beginning is the real one."""
    return int(time.time() - sim.now)


# ---- P-9, P-10


def test_a_peer_that_went_and_came_in_a_long_outage(sim):  # P-9 P-5
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    heard = cut_after_proof(sim, one)
    sim.run(30)
    two.leave()
    sim.run(1)
    two.join("demo")
    three.leave()
    one.link.heal()
    sim.run(15)
    assert about_peers(one, heard) == [
        ("user_offline", 2, OfflineReason.DROPPED),
        ("user_offline", 3, OfflineReason.DROPPED),
        ("user_joined", 2),
    ]


def test_offlines_come_before_joins_each_by_uid_with_their_reasons(sim):  # P-10
    edge = sim.edge()
    one, two, four, six = joined(sim, edge, 1, 2, 4, 6)
    four.link.cut()  # silent from here on: gone 20 s later
    sim.run(10)
    heard = cut_after_proof(sim, one)
    two.leave()
    six.leave()
    joined(sim, edge, 9, 3)
    sim.run(11)
    six.join("demo")
    sim.run(1)
    one.link.heal()
    sim.run(10)
    assert about_peers(one, heard) == [
        ("user_offline", 2, OfflineReason.QUIT),
        ("user_offline", 4, OfflineReason.DROPPED),
        ("user_joined", 3),
        ("user_joined", 9),
    ]


def test_a_role_that_changed_meanwhile(sim):  # P-10 P-6
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3, **LIVE)
    heard = cut_after_proof(sim, one)
    sim.run(5)
    two.set_client_role(Role.AUDIENCE)
    three.set_client_role(Role.AUDIENCE)
    sim.run(1)
    three.set_client_role(Role.BROADCASTER)
    sim.run(1)
    one.link.heal()
    sim.run(10)
    assert about_peers(one, heard) == [("user_offline", 2, OfflineReason.BECOME_AUDIENCE)]


def test_who_does_not_return_to_a_restarted_edge_goes_for_all_at_the_same_moment(sim):  # P-10
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    three.link.cut()
    sim.run(2)
    edge.crash()
    edge.restart()
    up = sim.now
    sim.run(5)
    assert about_peers(one, up) == about_peers(two, up) == []
    sim.run(30)
    for client in (one, two):
        (gone,) = [e for e in since(client, up) if e.name == "user_offline"]
        assert (gone.uid, gone.reason) == (3, OfflineReason.DROPPED)
        assert abs(gone.time - (up + 20)) <= 0.025


# ---- P-11


def watched(sim, edge, **options):
    """Two peers, and one that wants to know of interruptions."""
    one, two = joined(sim, edge, 1, 2, **options)
    (watcher,) = joined(sim, edge, 9, peer_interruptions=True, **options)
    return one, two, watcher


@pytest.mark.parametrize("ends", ["heals", "leaves", "is kicked", "stays away", "joins anew"])
def test_an_interruption_has_one_end(sim, ends):  # P-11
    edge = sim.edge()
    one, two, watcher = watched(sim, edge)
    heard = cut_after_proof(sim, one)
    sim.run(8)
    interrupted = ("user_interrupted", 1)
    assert about_peers(watcher, heard) == [interrupted]
    if ends == "heals":
        one.link.heal()
        end = [("user_resumed", 1)]
    elif ends == "leaves":
        one.link.heal()
        one.leave()
        end = [("user_offline", 1, OfflineReason.QUIT)]
    elif ends == "is kicked":
        edge.kick(uid=1)
        end = [("user_offline", 1, OfflineReason.QUIT)]
    elif ends == "joins anew":
        sim.client(edge, uid=1).join("demo")
        end = [("user_resumed", 1)]
    else:
        end = [("user_offline", 1, OfflineReason.DROPPED)]
    sim.run(30)
    assert about_peers(watcher, heard) == [interrupted, *end]
    assert not [e for e in since(two, heard) if e.name in ("user_interrupted", "user_resumed")]


def test_an_interrupted_broadcaster_becomes_audience(sim):  # P-11 P-6
    edge = sim.edge()
    one, _, watcher = watched(sim, edge, **LIVE)
    heard = cut_after_proof(sim, one)
    sim.run(8)
    one.set_client_role(Role.AUDIENCE)
    one.link.heal()
    sim.run(15)
    told_of_one = about_peers(watcher, heard)
    assert told_of_one[0] == ("user_interrupted", 1)
    # it is back on its old connection, so heard, before its role can be asked for
    assert told_of_one[1:] in (
        [("user_resumed", 1), ("user_offline", 1, OfflineReason.BECOME_AUDIENCE)],
        [("user_offline", 1, OfflineReason.BECOME_AUDIENCE)],
    )


@pytest.mark.parametrize("ends", ["heard again", "still silent", "left", "dropped"])
def test_in_an_outage_none_is_told_but_what_is_left_of_it(sim, ends):  # P-11 S-13
    edge = sim.edge()
    one, _, watcher = watched(sim, edge)
    heard = cut_after_proof(sim, one)
    sim.run(6)
    assert about_peers(watcher, heard) == [("user_interrupted", 1)]
    began = cut_after_proof(sim, watcher)
    sim.run(5)
    if ends == "heard again":
        one.link.heal()
        rest = [("user_resumed", 1)]
    elif ends == "left":
        one.link.heal()
        one.leave()
        rest = [("user_offline", 1, OfflineReason.QUIT)]
    elif ends == "dropped":
        sim.run(9)
        rest = [("user_offline", 1, OfflineReason.DROPPED)]
    else:
        rest = []
    sim.run(2)
    assert about_peers(watcher, began) == []
    watcher.link.heal()
    sim.run_until(lambda: watcher.state is State.CONNECTED, limit=14)
    sim.run(0.1)
    assert about_peers(watcher, began) == rest


# ---- outages and tokens, roles, timers


@pytest.mark.parametrize("dialect", [Dialect.DIALECT_3X, Dialect.DIALECT_4X])
def test_a_token_renewed_in_an_outage_brings_back_whose_privilege_expired(
    sim, dialect
):  # S-21 S-18 S-13
    edge = sim.edge(apps={APP: CERTIFICATE})
    wall = sim_wall(sim)
    one = sim.client(edge, uid=1, app_id=APP, dialect=dialect)
    two = sim.client(edge, uid=2, app_id=APP)
    one.join(
        "demo",
        token=token.build(APP, CERTIFICATE, "demo", 1, issued_at=wall, privileges={"join": 15}),
    )
    two.join("demo", token=token.build(APP, CERTIFICATE, "demo", 2, issued_at=wall))
    sim.run(5)
    heard = cut_after_proof(sim, one)
    sim.run(12)
    assert about_peers(two, heard) == [("user_offline", 1, OfflineReason.QUIT)]
    one.renew_token(token.build(APP, CERTIFICATE, "demo", 1, issued_at=wall))
    one.link.heal()
    sim.run(15)
    reason = Reason.REJOIN_SUCCESS if dialect is Dialect.DIALECT_4X else Reason.JOIN_SUCCESS
    assert [told(e) for e in since(one, heard) if e.name == "connection_changed"][-1] == (
        "connection_changed",
        State.CONNECTED,
        reason,
    )
    assert about_peers(two, heard) == [
        ("user_offline", 1, OfflineReason.QUIT),
        ("user_joined", 1),
    ]


def test_a_role_asked_for_while_an_attempt_runs_reaches_the_edge(sim):  # S-31 P-6
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2, **LIVE)
    edge.crash()
    edge.restart()
    sim.run_until(lambda: one.state is State.RECONNECTING, limit=5)
    sim.run(0.015)  # its request is on its way
    began = sim.now
    one.set_client_role(Role.AUDIENCE)
    sim.run(25)
    assert [told(e) for e in since(one, began) if e.name == "client_role_changed"] == [
        ("client_role_changed", Role.BROADCASTER, Role.AUDIENCE)
    ]
    assert about_peers(two, began) == [("user_offline", 1, OfflineReason.BECOME_AUDIENCE)]


def test_a_lost_that_is_shorter_than_interrupted_comes_with_it(sim):  # N-2 N-3
    edge = sim.edge()
    (one,) = joined(sim, edge, 1, timers={"lost": 2}, dialect="4x")
    heard = cut_after_proof(sim, one)
    sim.run(8)
    assert_events(
        one,
        heard,
        [
            (4, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (4, "connection_changed", State.RECONNECTING, Reason.LOST),
            (4, "connection_lost"),
        ],
    )


def test_a_give_up_that_is_shorter_than_interrupted_comes_with_it(sim):  # N-2 N-5
    edge = sim.edge()
    (one,) = joined(sim, edge, 1, timers={"give_up": 3, "offline": 2})
    heard = cut_after_proof(sim, one)
    sim.run(30)
    assert_events(
        one,
        heard,
        [
            (4, "connection_changed", State.RECONNECTING, Reason.INTERRUPTED),
            (4, "connection_changed", State.FAILED, Reason.JOIN_FAILED),
        ],
    )
    assert_told(since(one, heard)[1:], ("connection_changed", State.FAILED, Reason.JOIN_FAILED))
