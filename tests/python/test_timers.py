"""Every timer of SPEC section 2 can be set, one scale multiplies them all, and odd combinations have a meaning."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import AttemptOutcome, OfflineReason, Reason, RejoinError, State, Status
from story import (
    DELAY,
    TICK,
    assert_events,
    assert_told,
    cut_after_proof,
    joined,
    names,
    since,
    told,
)

APP, CERTIFICATE = "app", "0123456789abcdef0123456789abcdef"
WALL = 1_700_000_000
DIALECTS = [("3x", Reason.JOIN_SUCCESS), ("4x", Reason.REJOIN_SUCCESS)]
SCALES = [0.1, 1.0, 3.0]

INTERRUPTED = ("connection_changed", State.RECONNECTING, Reason.INTERRUPTED)
LOST = ("connection_changed", State.RECONNECTING, Reason.LOST)
GAVE_UP = ("connection_changed", State.FAILED, Reason.JOIN_FAILED)


@pytest.fixture(params=SCALES)
def scale(request):
    return request.param


@pytest.fixture(params=DIALECTS, ids=["3x", "4x"])
def dialect(request):
    """A dialect, and the reason that it gives for a rejoin."""
    return request.param


def pair(sim, scale=1.0, edge_options=(), **options):
    edge = sim.edge(time_scale=scale, **dict(edge_options))
    one, two = joined(sim, edge, 1, 2, time_scale=scale, **options)
    return edge, one, two


def seconds_of(client, name, after=-1.0):
    return [event.time for event in client.events if event.name == name and event.time > after]


# ---- one scale for all, in both dialects


def test_an_outage_to_its_end(sim, scale, dialect):  # N-2 N-3 N-4 N-5 S-8 S-11 S-12 P-4 P-9
    edge, one, two = pair(sim, scale, dialect=dialect[0])
    heard = cut_after_proof(sim, one)
    sim.run(DELAY)
    edge_heard = edge.last_heard("demo", 1)
    sim.run_until(lambda: one.state is State.FAILED, limit=1300 * scale)
    rows = [
        (4 * scale, *INTERRUPTED),
        *([(10 * scale, *LOST)] if dialect[0] == "4x" else []),
        (10 * scale, "connection_lost"),
        (20 * scale, "user_offline", 2, OfflineReason.DROPPED),
        (1200 * scale, *GAVE_UP),
    ]
    assert_events(one, since=heard, expect=rows)
    offline = ("user_offline", 1, OfflineReason.DROPPED)
    assert_events(two, since=edge_heard, expect=[(20 * scale + DELAY, *offline)])


def test_a_return_on_the_old_connection(sim, scale, dialect):  # N-1 S-13 P-10
    _, one, two = pair(sim, scale, dialect=dialect[0])
    heard = cut_after_proof(sim, one)
    sim.run(4.05 * scale)
    one.link.heal()
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=2 * scale)
    assert sim.now - healed <= 1.3 * scale + 4 * DELAY + TICK
    sim.run(10 * scale)
    assert_told(
        since(one, heard),
        INTERRUPTED,
        ("connection_changed", State.CONNECTED, dialect[1]),
        ("did_rejoin_channel", "demo", 1),
    )
    reconnecting, connected, rejoined = since(one, heard)
    begins = reconnecting.time if dialect[0] == "3x" else one.events[0].time
    assert rejoined.elapsed == pytest.approx((connected.time - begins) * 1000, abs=1)
    assert since(two, heard) == []


def test_a_return_by_an_attempt(sim, scale, dialect):  # S-13 P-5 P-9
    _, one, two = pair(sim, scale, dialect=dialect[0])
    heard = cut_after_proof(sim, one)
    sim.run(30 * scale)
    one.link.heal()
    healed = sim.now
    sim.run_until(lambda: one.state is State.CONNECTED, limit=13 * scale + 1)
    sim.run(1)
    assert_told(
        since(one, healed),
        ("connection_changed", State.CONNECTED, dialect[1]),
        ("did_rejoin_channel", "demo", 1),
        ("user_joined", 2),
    )
    assert_told(since(two, healed), ("user_joined", 1))
    assert heard < healed


def test_a_lost_edge(sim, scale, dialect):  # S-9 S-13
    edge, one, two = pair(sim, scale, dialect=dialect[0])
    now = sim.now
    edge.restart()
    sim.run(19 * scale)
    for client in (one, two):
        assert_told(
            since(client, now),
            ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
            ("connection_changed", State.CONNECTED, dialect[1]),
            ("did_rejoin_channel", "demo", client.uid),
        )


def test_a_join_that_nobody_answers(sim, scale):  # S-7 N-3 N-5 section 5
    edge = sim.edge(time_scale=scale)
    one = sim.client(edge, uid=1, time_scale=scale, attempts=True)
    edge.crash()
    one.join("demo")
    sim.run(1250 * scale)
    outcomes = [event for event in one.events if event.name == "attempt"]
    ends = {
        event.number: event.time for event in outcomes if event.outcome != AttemptOutcome.STARTED
    }
    begins = {
        event.number: event.time for event in outcomes if event.outcome == AttemptOutcome.STARTED
    }
    for number in begins:
        lasted = ends[number] - begins[number]
        whole = ends[number] < 1199 * scale
        assert lasted == pytest.approx(5 * scale, abs=TICK) if whole else lasted < 5 * scale
    delays = [event.next_delay for event in outcomes if event.outcome == AttemptOutcome.TIMED_OUT]
    assert all(0 <= delay <= 8 * scale for delay in delays)
    assert max(delays) > 4 * scale
    others = [event for event in one.events if event.name != "attempt"][1:]
    assert_told(others, ("connection_lost",), GAVE_UP)
    assert [event.time for event in others] == pytest.approx([10 * scale, 1200 * scale], abs=TICK)


def test_a_goodbye_goes_on_for_so_long(sim, scale):  # S-25 S-27 P-2 P-4
    for part, reason in ((0.3, OfflineReason.QUIT), (1.1, OfflineReason.DROPPED)):
        edge, one, two = pair(sim, scale)
        heard = cut_after_proof(sim, one)
        one.leave()
        sim.run(part * scale)
        one.link.heal()
        sim.run(25 * scale)
        assert_told(since(two, heard), ("user_offline", 1, reason))
        one.close(), two.close(), edge.close()


def test_an_empty_channel_is_forgotten(sim, scale):  # N-7
    edge = sim.edge(time_scale=scale)
    (one,) = joined(sim, edge, 1, time_scale=scale)
    one.leave()
    sim.run(10 * scale + DELAY - 2 * TICK)
    assert edge.channels() == ["demo"]
    sim.run(3 * TICK)
    assert edge.channels() == []


def test_statistics_come_so_often(sim, scale):  # N-8
    _, one, _ = pair(sim, scale, stats=True)
    now = sim.now
    sim.run(20 * scale)
    assert len(seconds_of(one, "stats", now)) == 10


def test_a_silent_peer_is_interrupted(sim, scale):  # P-11
    edge, one, two = pair(sim, scale, peer_interruptions=True)
    cut_after_proof(sim, one)
    heard = edge.last_heard("demo", 1)
    sim.run(25 * scale)
    assert_events(
        two,
        since=heard,
        expect=[
            (4 * scale + DELAY, "user_interrupted", 1),
            (20 * scale + DELAY, "user_offline", 1, OfflineReason.DROPPED),
        ],
        late=2 * DELAY + TICK,
    )


# ---- the times of tokens are not scaled, the warning before them is


def token(seconds):
    return rejoin.token.build(
        APP, CERTIFICATE, "demo", uid=1, issued_at=WALL, expire=3600, privileges={"join": seconds}
    )


def test_tokens_keep_their_own_time(scale, dialect):  # N-6 S-17 S-18 S-22
    with rejoin.Simulation(seed=7, wall=WALL) as sim:
        edge = sim.edge(apps={APP: CERTIFICATE}, time_scale=scale)
        one = sim.client(edge, uid=1, app_id=APP, time_scale=scale, dialect=dialect[0])
        one.join("demo", token=token(200))
        sim.run_until(lambda: one.state is State.FAILED, limit=300)
        warning, failed, request = one.events[3:]
        assert [event.name for event in (warning, request)] == [
            "token_privilege_will_expire",
            "request_token",
        ]
        assert warning.time == pytest.approx(200 - 30 * scale, abs=DELAY + 2 * TICK)
        assert failed.time == pytest.approx(200, abs=DELAY + 2 * TICK)
        assert told(failed) == ("connection_changed", State.FAILED, Reason.TOKEN_EXPIRED)
        now = sim.now
        if dialect[0] == "3x":
            with pytest.raises(RejoinError) as caught:
                one.renew_token(token(3000))
            assert caught.value.status is Status.INVALID_STATE
            return
        one.renew_token(token(3000))
        sim.run(1)
        assert_told(
            [event for event in one.events if event.time >= now][2:],
            ("connection_changed", State.CONNECTING, Reason.RENEW_TOKEN),
            ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
            ("did_join_channel", "demo", 1),
        )


# ---- each alone


def proofs_of(sim, client, count):
    """The times at which the next proofs come."""
    times = []
    for _ in range(count):
        before = client.last_heard
        sim.run_until(lambda before=before: client.last_heard != before, limit=10, every=TICK)
        times.append(client.last_heard)
    return times


@pytest.mark.parametrize(
    ("options", "beat"),
    [
        ({"timers": {"beat": 3.0}}, 3.0),
        ({}, 1.3),
        ({"timers": {"beat": 0.1}}, 0.1),
        ({"timers": {"beat": 0.1}, "time_scale": 3.0}, 0.1),
        ({"time_scale": 3.0}, 3.9),
        ({"timers": {"interrupted": 0.6}}, 0.2),
        ({"timers": {"offline": 3.0}}, 1.0),
        ({"timers": {"interrupted": 60.0}}, 1.3),
    ],
)
def test_the_beat(sim, options, beat):  # N-1
    """One that is not given gives way, so that three of them go into the silence that they keep away."""
    (one,) = joined(sim, sim.edge(), 1, **options)
    times = proofs_of(sim, one, 6)
    spans = [later - earlier for earlier, later in zip(times, times[1:])]
    assert spans == pytest.approx([beat] * 5, abs=TICK)


@pytest.mark.parametrize("dialect", ["3x", "4x"])
@pytest.mark.parametrize(
    ("name", "value", "row"),
    [
        ("interrupted", 6.0, INTERRUPTED),
        ("interrupted", 1.0, INTERRUPTED),
        ("lost", 15.0, ("connection_lost",)),
        ("offline", 12.5, ("user_offline", 2, OfflineReason.DROPPED)),
        ("give_up", 33.0, GAVE_UP),
    ],
)
def test_a_timer_of_an_outage_alone(sim, name, value, row, dialect):  # N-2 N-3 N-4 N-5
    times = {"interrupted": 4.0, "lost": 10.0, "offline": 20.0, "give_up": 1200.0, name: value}
    _, one, _ = pair(sim, dialect=dialect, timers={name: value})
    heard = cut_after_proof(sim, one)
    sim.run(1300)
    rows = [
        (times["interrupted"], *INTERRUPTED),
        *([(times["lost"], *LOST)] if dialect == "4x" else []),
        (times["lost"], "connection_lost"),
        (times["offline"], "user_offline", 2, OfflineReason.DROPPED),
        (times["give_up"], *GAVE_UP),
    ]
    assert (value, *row) in rows
    assert_events(one, since=heard, expect=rows)


def test_timers_while_connecting(sim):  # N-3 N-5 S-7
    edge = sim.edge()
    one = sim.client(edge, uid=1, timers={"lost": 1.5, "give_up": 2.5})
    edge.crash()
    one.join("demo")
    sim.run(5)
    assert_events(one, since=0.0, expect=[(1.5, "connection_lost"), (2.5, *GAVE_UP)])


def test_the_edge_s_offline(sim):  # N-4 P-4
    edge, one, two = pair(sim, edge_options={"timers": {"offline": 7.0}})
    cut_after_proof(sim, one)
    sim.run(0.1)
    heard = edge.last_heard("demo", 1)
    sim.run(10)
    assert_events(
        two,
        since=heard,
        expect=[(7.0 + DELAY, "user_offline", 1, OfflineReason.DROPPED)],
        late=2 * TICK,
    )


def test_the_edge_s_empty_channel(sim):  # N-7
    edge, one, two = pair(sim, edge_options={"timers": {"empty_channel": 0.5}})
    one.leave(), two.leave()
    sim.run(0.5)
    assert edge.channels() == ["demo"]
    sim.run(2 * DELAY)
    assert edge.channels() == []


def test_the_token_warning(sim):  # N-6
    with rejoin.Simulation(seed=7, wall=WALL) as sim:
        edge = sim.edge(apps={APP: CERTIFICATE})
        one = sim.client(edge, uid=1, app_id=APP, timers={"token_warning": 12.0})
        one.join("demo", token=token(60))
        sim.run(61)
        (warned,) = seconds_of(one, "token_privilege_will_expire")
        assert warned == pytest.approx(48, abs=DELAY + 2 * TICK)


def test_the_statistics(sim):  # N-8
    _, one, _ = pair(sim, stats=True, timers={"stats": 0.25})
    now = sim.now
    sim.run(10)
    assert len(seconds_of(one, "stats", now)) == 40


def test_what_is_given_is_not_scaled(sim):  # N-2 N-3
    _, one, _ = pair(sim, 0.1, timers={"interrupted": 2.0})
    heard = cut_after_proof(sim, one)
    sim.run(1.9)
    assert since(one, heard) == []
    sim.run(0.2)
    assert names(since(one, heard))[:2] == ["connection_changed", "connection_lost"]


# ---- odd combinations


def test_lost_before_interrupted(sim):  # N-2 N-3
    """What is overdue when RECONNECTING begins comes with it, in the order in which it fell due."""
    _, one, _ = pair(sim, timers={"lost": 2.0, "offline": 3.0})
    heard = cut_after_proof(sim, one)
    sim.run(8)
    assert_events(
        one,
        since=heard,
        expect=[
            (4.0, *INTERRUPTED),
            (4.0, "connection_lost"),
            (4.0, "user_offline", 2, OfflineReason.DROPPED),
        ],
    )
    assert one.state is State.RECONNECTING


def test_giving_up_before_lost(sim):  # N-3 N-5
    _, one, _ = pair(sim, timers={"give_up": 6.0})
    heard = cut_after_proof(sim, one)
    sim.run(30)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED), (6.0, *GAVE_UP)])


def test_giving_up_before_interrupted(sim):  # N-2 N-5
    _, one, _ = pair(sim, timers={"give_up": 2.0})
    heard = cut_after_proof(sim, one)
    sim.run(30)
    assert_events(one, since=heard, expect=[(4.0, *INTERRUPTED), (4.0, *GAVE_UP)])


def test_giving_up_first_while_connecting(sim):  # S-7 N-5
    edge = sim.edge()
    one = sim.client(edge, uid=1, timers={"give_up": 2.0})
    edge.crash()
    one.join("demo")
    sim.run(30)
    assert_events(one, since=0.0, expect=[(2.0, *GAVE_UP)])


def test_offline_before_interrupted(sim):  # N-2 N-4 P-4 P-9 S-9
    """The others see it go before it notices; heard again it learns that the edge knows it no more, and comes back."""
    short = {"timers": {"offline": 2.0}}
    _, one, two = pair(sim, edge_options=short, **short)
    heard = cut_after_proof(sim, one)
    sim.run(3)
    one.link.heal()
    sim.run(3)
    assert_told(
        since(one, heard),
        ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
        ("user_offline", 2, OfflineReason.DROPPED),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_rejoin_channel", "demo", 1),
        ("user_joined", 2),
    )
    assert_told(
        since(two, heard),
        ("user_offline", 1, OfflineReason.DROPPED),
        ("user_joined", 1),
    )


def test_a_beat_that_is_not_given_keeps_short_silences_away(sim):  # N-1 N-2 N-4
    short = {"timers": {"interrupted": 0.5, "offline": 0.4}}
    _, one, two = pair(sim, edge_options={"timers": {"offline": 0.4}}, **short)
    now = sim.now
    sim.run(60)
    assert since(one, now) == since(two, now) == []


def test_a_beat_longer_than_the_silence_is_refused(sim):  # N-1 N-2
    edge = sim.edge()
    with pytest.raises(RejoinError, match="less than interrupted") as caught:
        sim.client(edge, timers={"beat": 5.0})
    assert caught.value.status is Status.INVALID_ARGUMENT
    assert caught.value.argument == "timers['beat']"
    sim.client(edge, timers={"beat": 5.0, "interrupted": 12.0})


def test_a_warning_longer_than_the_privilege_comes_at_once():  # N-6 S-17
    with rejoin.Simulation(seed=7, wall=WALL) as sim:
        edge = sim.edge(apps={APP: CERTIFICATE})
        one = sim.client(edge, uid=1, app_id=APP, timers={"token_warning": 500.0})
        one.join("demo", token=token(60))
        sim.run(1)
        assert names(one.events)[2:] == ["did_join_channel", "token_privilege_will_expire"]
