"""Sequences of expected events, and how they explain a difference."""

from __future__ import annotations

import pytest
from rejoin import Event, OfflineReason, Reason, State
from rejoin.testing import LINES_MAX, at, sequence

INTERRUPTED = Event(
    "connection_changed",
    14.0,
    3,
    old_state=State.CONNECTED,
    state=State.RECONNECTING,
    reason=Reason.INTERRUPTED,
)
LOST = Event("connection_lost", 20.0, 4)
OFFLINE = Event("user_offline", 30.0, 5, uid=2, reason=OfflineReason.DROPPED)
EVENTS = [Event("user_joined", 5.0, 2, uid=2, elapsed=40), INTERRUPTED, LOST, OFFLINE]
OUTAGE = (
    at(4.0, "connection_changed", state=State.RECONNECTING),
    at(10.0, "connection_lost"),
    at(None, "user_offline", uid=2, reason=OfflineReason.DROPPED),
)


def test_it_equals_exactly_these_events_in_this_order():
    assert sequence(*OUTAGE, since=10.0) == EVENTS
    assert EVENTS == sequence(*OUTAGE, since=10.0)  # noqa: SIM300  # as a test writes it
    assert sequence(*OUTAGE[:2], since=10.0) != EVENTS
    assert sequence(*OUTAGE, OUTAGE[1], since=10.0) != EVENTS
    assert sequence(OUTAGE[1], OUTAGE[0], OUTAGE[2], since=10.0) != EVENTS
    assert sequence() == []
    assert sequence() != EVENTS
    assert sequence(since=30.0) == EVENTS


def test_without_since_times_are_the_clocks_and_all_events_count():
    assert sequence(at(5.0, "user_joined"), gaps=True) == EVENTS
    assert sequence(*OUTAGE) != EVENTS


@pytest.mark.parametrize(
    ("time", "fits"), [(13.9999, False), (14.0, True), (14.02, True), (14.0201, False)]
)
def test_never_early_and_at_most_so_late(time, fits):
    expected = sequence(OUTAGE[0], since=10.0)
    assert (expected == [INTERRUPTED._replace(time=time)]) is fits


def test_how_late_is_up_to_the_test():
    assert sequence(OUTAGE[0], since=10.0, late=0.5) == [INTERRUPTED._replace(time=14.5)]


@pytest.mark.parametrize(("time", "fits"), [(13.9, False), (14, True), (15, True), (15.1, False)])
def test_a_time_may_be_between_two(time, fits):
    expected = sequence(at((4.0, 5.0), "connection_changed"), since=10.0)
    assert (expected == [INTERRUPTED._replace(time=time)]) is fits


def test_other_events_may_come_between_when_that_is_said():
    assert sequence(OUTAGE[0], OUTAGE[2], since=10.0, gaps=True) == EVENTS
    assert sequence(OUTAGE[2], OUTAGE[0], since=10.0, gaps=True) != EVENTS
    twice = [*EVENTS, LOST._replace(time=40.0)]
    assert sequence(at(30.0, "connection_lost"), since=10.0, gaps=True) == twice


def test_events_of_some_names_may_be_passed_over():
    told = [INTERRUPTED, Event("stats", 15.0, 9), LOST, OFFLINE]
    assert sequence(*OUTAGE, since=10.0) != told
    assert sequence(*OUTAGE, since=10.0, ignore=["stats"]) == told
    assert sequence(*OUTAGE, since=10.0, ignore="stats") == told


def test_what_cannot_be_expected_is_refused_with_the_nearest_right_name():
    with pytest.raises(ValueError, match="did you mean 'connection_lost'"):
        at(1.0, "conection_lost")
    with pytest.raises(TypeError, match="did you mean 'reason'"):
        at(1.0, "user_offline", reasn=1)
    with pytest.raises(TypeError, match="not of 'connection_lost'"):
        sequence("connection_lost")
    with pytest.raises(ValueError, match="late is -1"):
        sequence(late=-1)
    with pytest.raises(ValueError, match="there is no event 'stat'"):
        sequence(ignore=["stat"])


def test_it_is_no_event_list_and_equals_nothing_else():
    assert sequence() != "events"
    with pytest.raises(TypeError):
        hash(sequence())


def test_what_is_as_expected_needs_no_explanation():
    assert sequence(*OUTAGE, since=10.0).explain(EVENTS) == []


def test_every_difference_is_explained_in_its_place():
    told = [INTERRUPTED, LOST._replace(time=20.5), Event("request_token", 25.0, 6)]
    assert sequence(*OUTAGE, since=10.0).explain(told) == [
        "1 of 3 expected events came as expected; times count from 10.000 s",
        "",
        "    4.000 s  connection_changed old_state=CONNECTED state=RECONNECTING reason=INTERRUPTED",
        "!  10.500 s  connection_lost",
        "      expected 10.000 s  connection_lost  <- 500.000 ms late, at most 20 ms are allowed",
        "-  any time  user_offline uid=2 reason=DROPPED  <- did not come",
        "+  15.000 s  request_token  <- not expected",
    ]


def test_wrong_fields_and_early_times_are_explained():
    (line,) = [
        line
        for line in sequence(
            at(4.5, "connection_changed", state=State.FAILED, reason=Reason.INTERRUPTED), since=10.0
        ).explain([INTERRUPTED])
        if "expected 4" in line
    ]
    assert line.endswith("<- state is RECONNECTING, not FAILED, 500.000 ms early")


def test_with_gaps_the_nearest_of_its_name_is_shown():
    lines = sequence(at(9.0, "connection_lost"), since=10.0, gaps=True).explain(EVENTS)
    assert any("1000.000 ms late" in line for line in lines)
    lines = sequence(at(9.0, "request_token"), since=10.0, gaps=True).explain(EVENTS)
    assert lines[-1] == "-   9.000 s  request_token  <- did not come"


def test_of_a_long_sequence_what_differs_is_shown():
    told = [Event("user_joined", float(n), n + 1, uid=n + 1, elapsed=0) for n in range(500)]
    expected = [at(float(n), "user_joined", uid=n + 1) for n in range(500)]
    expected[250] = at(250.0, "user_joined", uid=7)
    lines = sequence(*expected).explain(told)
    assert len(lines) < 15
    assert any("uid is 251, not 7" in line for line in lines)
    nothing = sequence(*expected).explain([])
    assert len(nothing) <= LINES_MAX + 3
    assert nothing[-1] == "  … and 440 more lines"


def test_tokens_are_not_shown():
    told = [Event("renew_token_result", 1.0, 1, token="secret", code=0)]
    assert "secret" not in "\n".join(sequence().explain(told))
