"""Tokens: made, explained, and what they do to members, in virtual time and once for real (SPEC section 6)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
import rejoin
from rejoin import OfflineReason, Privilege, Reason, RejoinError, State, Status
from story import DELAY, TICK, assert_events, assert_told, names, since

VECTORS = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "tokens.json").read_text())
APP, CERTIFICATE = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
WALL = 1700000000
BOTH = pytest.mark.parametrize("dialect", ["3x", "4x"])


@pytest.fixture
def sim():
    with rejoin.Simulation(seed=7, wall=WALL) as simulation:
        yield simulation


@pytest.fixture
def edge(sim):
    return sim.edge(apps={APP: CERTIFICATE})


def token(uid=1, channel="demo", *, app_id=APP, certificate=CERTIFICATE, issued_at=WALL, **parts):
    return rejoin.token.build(app_id, certificate, channel, uid, issued_at=issued_at, **parts)


def stay(seconds, uid=1, expire=3600):
    """A token that lets its member stay so long; 0: without limit."""
    return token(uid, expire=expire, privileges={"join": seconds})


def joining(sim, edge, given, uid=1, **options):
    client = sim.client(edge, uid=uid, app_id=APP, **options)
    client.join("demo", token=given)
    sim.run(2)
    return client


def run_to(sim, time):
    sim.run(time - sim.now)


def observer(sim, edge):
    client = joining(sim, edge, token(9, privileges={"join": 0}), uid=9)
    assert client.state is State.CONNECTED
    return client


# ---- building and explaining


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_what_another_implementation_made(vector):
    uid = int(vector["uid"]) if vector["uid"].isdecimal() else vector["uid"]
    info = rejoin.token.inspect(
        vector["token"], vector["cert"], channel=vector["ch"], uid=uid, now=WALL
    )
    assert info.signature_valid is True
    assert info.valid is True, info.reason
    assert info.version == vector["version"]
    assert info.app_id == vector["appId"]
    assert info.salt == vector["salt"]
    ends = {int(key): value for key, value in vector["privs"].items()}
    if info.version == "007":
        assert (info.channel, info.uid) == (vector["ch"], uid)
        assert info.issued_at == vector["ts"]
        assert info.expires_at == vector["ts"] + vector["expire"]
        ends = {key: vector["ts"] + value if value else None for key, value in ends.items()}
    else:
        assert (info.channel, info.issued_at) == (None, None)
        assert info.uid == (None if uid else 0)
        assert info.expires_at == vector["ts"]
    assert info.privileges == ends
    assert info.services[0] == 1
    wrong = rejoin.token.inspect(vector["token"], "another", channel=vector["ch"], uid=uid)
    assert (wrong.signature_valid, wrong.valid) == (False, False)
    assert "signature" in wrong.reason


@pytest.mark.parametrize("version", ["007", "006"])
@pytest.mark.parametrize("vector", VECTORS[:2], ids=["one", "any"])
def test_built_and_explained(vector, version):
    made = rejoin.token.build(
        vector["appId"],
        vector["cert"],
        vector["ch"],
        int(vector["uid"]),
        expire=100,
        privileges={Privilege.JOIN: 50, "audio": 0, 3: 70},
        version=version,
        issued_at=WALL,
        salt=5,
    )
    info = rejoin.token.inspect(
        made, vector["cert"], channel=vector["ch"], uid=vector["uid"], now=WALL + 49
    )
    assert info.valid, info.reason
    assert info.privileges == {1: WALL + 50, 2: None, 3: WALL + 70}
    assert info.expires_at == WALL + 100
    late = rejoin.token.inspect(
        made, vector["cert"], channel=vector["ch"], uid=vector["uid"], now=WALL + 50
    )
    assert not late.valid
    assert late.reason == "the privilege to join expired at 2023-11-14 22:14:10 UTC, 0 s ago"


def test_the_same_content_as_another_implementations():
    for vector in (VECTORS[0], VECTORS[1]):
        made = rejoin.token.build(
            vector["appId"],
            vector["cert"],
            vector["ch"],
            int(vector["uid"]),
            expire=vector["expire"],
            privileges={int(key): value for key, value in vector["privs"].items()},
            issued_at=vector["ts"],
            salt=vector["salt"],
        )
        unpacked = [zlib.decompress(base64.b64decode(t[3:])) for t in (made, vector["token"])]
        assert unpacked[0] == unpacked[1]


def test_the_defaults_of_build():
    before = int(time.time())
    info = rejoin.token.inspect(rejoin.token.build(APP, CERTIFICATE, "demo"), CERTIFICATE)
    assert info.valid
    assert info.uid == 0
    assert before <= info.issued_at <= time.time()
    assert info.expires_at == info.issued_at + 3600
    assert info.privileges == dict.fromkeys(range(1, 5), info.expires_at)
    salts = [rejoin.token.inspect(rejoin.token.build(APP, "c", "x")).salt for _ in range(4)]
    assert len(set(salts)) > 1


@pytest.mark.parametrize(
    ("change", "argument", "words"),
    [
        ({"version": "005"}, "version", "version is '005'"),
        ({"version": "006", "app_id": "short"}, "app_id", "app_id is 5 characters"),
        ({"app_id": "x" * 65}, "app_id", "app id is 65 bytes"),
        ({"certificate": ""}, "certificate", "certificate is 0 bytes"),
        ({"channel": "x" * 65}, "channel", "channel name is 65 bytes"),
        ({"channel": ""}, "channel", "channel"),
        ({"uid": -1}, "uid", "uid is -1"),
        ({"expire": -1}, "expire", "expire is -1"),
        ({"expire": 2**32}, "expire", "expire is"),
        ({"version": "006", "expire": 2**32 - 1}, "expire", "later than a 006 token can say"),
        ({"salt": 2**32}, "salt", "salt is"),
        ({"issued_at": -1}, "issued_at", "issued_at is -1"),
        ({"privileges": {"jion": 5}}, "privileges", "did you mean 'join'"),
        ({"privileges": {1: -5}}, "privileges[1]", "privileges[1] is -5"),
        ({"privileges": {70000: 5}}, "privileges", "70000"),
        ({"privileges": {key: 5 for key in range(17)}}, "privileges", "at most 16"),
    ],
)
def test_bad_parts(change, argument, words):
    parts = {"app_id": APP, "certificate": CERTIFICATE, "channel": "demo", "uid": 1} | change
    with pytest.raises(RejoinError) as caught:
        rejoin.token.build(**parts)
    assert caught.value.argument == argument
    assert words in caught.value.text


def test_every_bit_flip_and_every_truncation_is_explained():
    for vector in (VECTORS[3], VECTORS[4]):
        whole = vector["token"].encode()
        texts = [whole[:cut] for cut in range(len(whole))]
        for bit in range(8 * len(whole)):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            if 0 < flipped[bit // 8] < 128:
                texts.append(bytes(flipped))
        for text in texts:
            info = rejoin.token.inspect(
                text.decode(), vector["cert"], channel=vector["ch"], uid=vector["uid"], now=WALL
            )
            assert not info.valid
            assert info.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no token"),
        ("rubbish", 'neither "007" nor "006"'),
        ("007" + "A" * 1_000_000, "1000003 bytes long; at most 4096"),
        ("007AAAA", "zlib"),
        ("007" + base64.b64encode(zlib.compress(bytes(1 << 20), 9)).decode(), "more than is"),
        ("naïve", "neither"),
        ("007\0", "is not base64"),
        ("007\ud800", "is not base64"),
    ],
)
def test_what_is_no_token(text, words):
    info = rejoin.token.inspect(text, CERTIFICATE)
    assert (info.valid, info.version, info.app_id, info.privileges) == (False, None, None, {})
    assert words in info.reason


@pytest.mark.parametrize("moment", [1e30, -1e30, float("nan")])
def test_a_moment_out_of_range_is_named(moment):
    with pytest.raises(RejoinError) as caught:
        rejoin.token.inspect(token(), CERTIFICATE, now=moment)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "now")
    with pytest.raises(RejoinError) as caught:
        rejoin.token.build(APP, CERTIFICATE, "demo", issued_at=moment)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "issued_at")


def test_never_the_expected_signature():
    made = token()
    report = str(rejoin.token.inspect(made, "another", now=WALL))
    expected = zlib.decompress(base64.b64decode(made[3:]))[2:34]
    assert expected.hex() not in report
    assert base64.b64encode(expected).decode()[:40] not in report


# ---- the command line


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "rejoin", "token", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_the_command_line():
    parts = ["--app-id", APP, "--channel", "demo", "--uid", "7", "--privilege", "join=60"]
    run = command("build", *parts, REJOIN_CERTIFICATE=CERTIFICATE)
    assert run.returncode == 0, run.stderr
    made = run.stdout.strip()
    told = json.loads(command("inspect", made, "--certificate", CERTIFICATE, "--json").stdout)
    assert told["valid"] is True
    assert (told["version"], told["app_id"], told["channel"], told["uid"]) == (
        "007",
        APP,
        "demo",
        7,
    )
    assert told["privileges"] == {"join": told["issued_at"] + 60}
    text = command("inspect", made).stdout
    assert "the signature was not looked at: no certificate was given" in text
    both = json.loads(
        command("build", *parts, "--certificate", "c", "--version", "006", "--json").stdout
    )
    assert both["token"].startswith("006" + APP)
    assert both["valid"] is True
    said = command("inspect", both["token"]).stdout
    assert "not carried by 006" in said


def test_the_command_line_complains():
    parts = ["build", "--app-id", APP, "--channel", "demo"]
    run = command(*parts)
    assert run.returncode == 1
    assert "certificate is missing" in run.stderr
    run = command(*parts, "--certificate", "c", "--privilege", "join")
    assert run.returncode == 2
    assert "'join' is not NAME=SECONDS" in run.stderr
    run = command(*parts, "--certificate", "c", "--uid", "-1")
    assert run.returncode == 1
    assert "uid is -1" in run.stderr
    assert "Traceback" not in run.stderr


# ---- joining


@BOTH
@pytest.mark.parametrize(
    ("given", "uid", "reason"),
    [
        (None, 1, Reason.INVALID_TOKEN),
        ("rubbish", 1, Reason.INVALID_TOKEN),
        (token(certificate="another"), 1, Reason.INVALID_TOKEN),
        (token(channel="other"), 1, Reason.INVALID_TOKEN),
        (token(), 2, Reason.INVALID_TOKEN),
        (token(), 0, Reason.INVALID_TOKEN),
        (token(privileges={"audio": 60}), 1, Reason.INVALID_TOKEN),
        (token(app_id="f" * 32), 1, Reason.INCONSISTENT_APPID),
        (token(app_id="f" * 32, certificate="x", expire=0), 1, Reason.INCONSISTENT_APPID),
        (token(expire=0), 1, Reason.TOKEN_EXPIRED),
        (token(expire=0, certificate="another"), 1, Reason.INVALID_TOKEN),
        (token(expire=60, privileges={1: 1}, issued_at=WALL - 1), 1, Reason.TOKEN_EXPIRED),
        (token(version="006", certificate="another"), 1, Reason.INVALID_TOKEN),
        (token(version="006", expire=0), 1, Reason.TOKEN_EXPIRED),
        (token(version="006", app_id="f" * 32), 1, Reason.INCONSISTENT_APPID),
    ],
)
def test_refused(sim, edge, dialect, given, uid, reason):  # S-6
    client = joining(sim, edge, given, uid=uid, dialect=dialect)
    sim.run(60)  # terminal: no retry
    told = [
        ("connection_changed", State.CONNECTING, Reason.CONNECTING),
        ("connection_changed", State.FAILED, reason),
    ]
    if reason is Reason.TOKEN_EXPIRED:
        told.append(("request_token",))
    assert_told(client.events, *told)


def test_the_order_of_the_reasons(sim):  # S-6
    edge = sim.edge(apps={APP: CERTIFICATE}, channel_pattern="demo")
    expired = token(certificate="another", expire=0)
    client = sim.client(edge, uid=1, app_id="unknown")
    client.join("other", token=expired)
    sim.run(2)
    assert client.events[-1].reason is Reason.INVALID_APP_ID
    client = sim.client(edge, uid=1, app_id=APP)
    client.join("other", token=expired)
    sim.run(2)
    assert client.events[-1].reason is Reason.INVALID_CHANNEL_NAME


@pytest.mark.parametrize("version", ["007", "006"])
@pytest.mark.parametrize(("named", "uid"), [(1, 1), (0, 1), (0, 0)])
def test_let_in(sim, edge, version, named, uid):  # S-3
    client = joining(sim, edge, token(named, version=version), uid=uid)
    assert client.state is State.CONNECTED


def test_testing_mode_ignores_tokens(sim):
    edge = sim.edge(apps={APP: None})
    for given in (None, "rubbish", token(expire=0), token(certificate="another", privileges={})):
        client = joining(sim, edge, given, uid=0)
        assert client.state is State.CONNECTED
        client.renew_token("more rubbish")
        sim.run(1)
        assert client.events[-1].code == 0
    assert "token_privilege_will_expire" not in names(client.events)


def test_two_certificates(sim):
    edge = sim.edge(apps={APP: ("new", "old")})
    for certificate, state in (
        ("new", State.CONNECTED),
        ("old", State.CONNECTED),
        ("older", State.FAILED),
    ):
        client = joining(sim, edge, token(certificate=certificate))
        assert client.state is state
        client.leave()


def test_a_takeover_needs_a_valid_token(sim, edge):  # S-16
    one = joining(sim, edge, token())
    thief = joining(sim, edge, token(certificate="another"))
    assert thief.state is State.FAILED
    assert one.state is State.CONNECTED
    again = joining(sim, edge, token())
    assert again.state is State.CONNECTED
    assert one.events[-1].reason is Reason.SAME_UID_LOGIN


# ---- the end of a privilege


@BOTH
def test_warned_and_removed(sim, edge, dialect):  # S-17 S-18 N-6 P-8
    two = observer(sim, edge)
    given = stay(100)
    one = joining(sim, edge, given, dialect=dialect)
    sim.run(200)
    assert_events(
        one,
        one.events[2].time,
        [
            (100 - 30 + DELAY - one.events[2].time, "token_privilege_will_expire", given),
            (
                100 + DELAY - one.events[2].time,
                "connection_changed",
                State.FAILED,
                Reason.TOKEN_EXPIRED,
            ),
            (100 + DELAY - one.events[2].time, "request_token"),
        ],
    )
    offline = two.events[-1]
    assert (offline.name, offline.uid, offline.reason) == ("user_offline", 1, OfflineReason.QUIT)
    assert 100 + DELAY <= offline.time <= 100 + DELAY + TICK
    assert edge.members("demo", APP) == [9]


@BOTH
def test_less_than_thirty_seconds_left(sim, edge, dialect):  # S-17
    given = stay(20)
    one = joining(sim, edge, given, dialect=dialect)
    observer(sim, edge)
    assert names(one.events)[:4] == [
        "connection_changed",
        "connection_changed",
        "did_join_channel",
        "token_privilege_will_expire",
    ]
    assert one.events[3].token == given
    assert one.events[3].time == one.events[2].time
    sim.run(30)
    assert names(one.events).count("token_privilege_will_expire") == 1


def test_no_limit_of_its_own(sim, edge):  # S-17 S-18 S-19
    one = joining(sim, edge, stay(0, expire=60))
    sim.run(1000)
    assert one.state is State.CONNECTED
    assert "token_privilege_will_expire" not in names(one.events)


def test_the_warning_in_an_outage(sim, edge):  # S-17 S-14 S-18
    given = stay(60)
    one = joining(sim, edge, given)
    two = observer(sim, edge)
    run_to(sim, 28)
    one.link.cut()
    run_to(sim, 70)
    warned = [event for event in one.events if event.name == "token_privilege_will_expire"]
    assert [round(event.time, 3) for event in warned] == [30.01]
    assert one.state is State.RECONNECTING
    offline = next(event for event in two.events if event.name == "user_offline")
    assert offline.reason is OfflineReason.DROPPED  # silent for 20 s before the privilege ended
    one.link.heal()
    healed = sim.now
    sim.run(30)
    assert_told(
        since(one, healed),
        ("connection_changed", State.FAILED, Reason.TOKEN_EXPIRED),
        ("request_token",),
    )


@BOTH
def test_removed_while_reconnecting(sim, edge, dialect):  # S-14 S-18 P-8
    one = joining(sim, edge, stay(40), dialect=dialect)
    two = observer(sim, edge)
    run_to(sim, 30)
    one.link.cut()
    run_to(sim, 42)
    offline = next(event for event in two.events if event.name == "user_offline")
    assert offline.reason is OfflineReason.QUIT
    assert round(offline.time, 3) == 40 + DELAY
    assert one.state is State.RECONNECTING
    one.link.heal()
    healed = sim.now
    sim.run(30)
    assert_told(
        since(one, healed),
        ("connection_changed", State.FAILED, Reason.TOKEN_EXPIRED),
        ("request_token",),
    )


def rejoined(sim, one, seconds=6.0):
    """An outage of some seconds, in which the old connection dies; what was told after it."""
    one.link.cut()
    sim.run(seconds)
    one.link.heal()
    healed = sim.now
    sim.run(20)
    return since(one, healed)


@BOTH
def test_only_the_tokens_own_expiry_passes(sim, edge, dialect):  # S-19 S-14
    one = joining(sim, edge, stay(0, expire=60), dialect=dialect)
    sim.run(100)
    assert one.state is State.CONNECTED
    edge.crash()
    edge.restart()
    crashed = sim.now
    sim.run(30)
    assert_told(
        since(one, crashed),
        ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
        ("connection_changed", State.FAILED, Reason.TOKEN_EXPIRED),
        ("request_token",),
    )


@BOTH
def test_a_rejoin_with_a_bad_token(sim, dialect):  # S-14
    edge = sim.edge(apps={APP: CERTIFICATE})
    one = joining(sim, edge, stay(0), dialect=dialect)
    one.link.cut()
    sim.run(25)  # the old connection is dropped; a new token is kept for the next attempt
    one.renew_token(token(channel="other"))
    one.link.heal()
    healed = sim.now
    sim.run(20)
    assert_told(since(one, healed), ("connection_changed", State.FAILED, Reason.INVALID_TOKEN))


# ---- renewing


def renewed(sim, one, given):
    assert one.renew_token(given) is None
    before = sim.now
    sim.run(1)
    (event,) = [e for e in since(one, before) if e.name == "renew_token_result"]
    assert event.token == given
    assert event.time == pytest.approx(before + 2 * DELAY, abs=2 * TICK)
    return event.code


@BOTH
def test_the_codes_of_a_renewal(sim, edge, dialect):  # S-20
    one = joining(sim, edge, stay(60), dialect=dialect)
    assert renewed(sim, one, token(expire=0)) == 2
    assert renewed(sim, one, stay(1)) == 2
    assert renewed(sim, one, "rubbish") == 3
    assert renewed(sim, one, token(certificate="another")) == 3
    assert renewed(sim, one, token(2)) == 3
    assert renewed(sim, one, token(privileges={})) == 3
    assert renewed(sim, one, token(channel="other")) == 4
    assert renewed(sim, one, token(channel="other", version="006")) == 4
    assert renewed(sim, one, token(app_id="f" * 32)) == 5
    assert one.state is State.CONNECTED
    sim.run_until(lambda: one.state is State.FAILED, limit=60)  # the old token was in force
    assert one.events[-1].time == pytest.approx(60 + DELAY, abs=TICK)


def test_a_good_renewal(sim, edge):  # S-17 S-20
    one = joining(sim, edge, stay(40))
    run_to(sim, 15)
    new = stay(100)
    assert renewed(sim, one, new) == 0
    warned = [e for e in one.events if e.name == "token_privilege_will_expire"]
    assert [round(e.time, 3) for e in warned] == [10.01]
    run_to(sim, 99)
    warned = [e for e in one.events if e.name == "token_privilege_will_expire"]
    assert [round(e.time, 3) for e in warned] == [10.01, 70.01]
    assert warned[1].token == new
    assert one.state is State.CONNECTED
    sim.run(2)
    assert one.state is State.FAILED


def test_a_renewal_with_little_left(sim, edge):  # S-17
    one = joining(sim, edge, stay(0))
    before = sim.now
    given = stay(20)
    one.renew_token(given)
    sim.run(1)
    assert_told(
        since(one, before),
        ("renew_token_result", given, 0),
        ("token_privilege_will_expire", given),
    )


def test_a_newer_renewal_cancels(sim, edge):  # S-20
    one = joining(sim, edge, stay(60))
    before = sim.now
    first, second = stay(70), stay(80)
    one.renew_token(first)
    one.renew_token(second)
    sim.run(1)
    results = [e for e in one.events if e.name == "renew_token_result"]
    assert [(e.token, e.code) for e in results] == [(first, 6), (second, 0)]
    assert results[0].time == before


@BOTH
def test_a_renewal_that_comes_too_late(sim, edge, dialect):  # S-20 S-18
    one = joining(sim, edge, stay(10), dialect=dialect)
    run_to(sim, 10 - TICK)  # it arrives 9 ms after the expiry
    before = sim.now
    one.renew_token(stay(100))
    sim.run(5)
    assert_told(
        since(one, before),
        ("connection_changed", State.FAILED, Reason.TOKEN_EXPIRED),
        ("request_token",),
    )


def test_a_renewal_just_in_time(sim, edge):  # S-20
    one = joining(sim, edge, stay(10))
    run_to(sim, 10 - DELAY - 2 * TICK)
    one.renew_token(stay(100))
    sim.run(5)
    assert one.state is State.CONNECTED


@BOTH
def test_kept_for_the_join(sim, edge, dialect):  # S-21
    one = sim.client(edge, uid=1, app_id=APP, dialect=dialect)
    one.renew_token(stay(0))
    assert one.events == []
    one.join("demo")
    sim.run(2)
    assert one.state is State.CONNECTED


@BOTH
def test_kept_while_connecting(sim, edge, dialect):  # S-21
    one = sim.client(edge, uid=1, app_id=APP, dialect=dialect)
    one.join("demo", token=token(expire=0))
    sim.run(0.005)
    one.renew_token(stay(0))
    sim.run(2)
    assert_told(
        one.events[:3],
        ("connection_changed", State.CONNECTING, Reason.CONNECTING),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_join_channel", "demo", 1),
    )


@BOTH
def test_kept_while_reconnecting(sim, edge, dialect):  # S-21 S-19
    one = joining(sim, edge, stay(0, expire=60), dialect=dialect)
    sim.run(70)
    one.link.cut()
    sim.run(25)
    assert one.state is State.RECONNECTING
    one.renew_token(stay(0))
    one.link.heal()
    sim.run(20)
    assert one.state is State.CONNECTED
    assert "request_token" not in names(one.events)


@BOTH
def test_revived(sim, edge, dialect):  # S-22
    two = observer(sim, edge)
    one = joining(sim, edge, stay(20), dialect=dialect)
    sim.run_until(lambda: one.state is State.FAILED, limit=60)
    failed = len(one.events)
    new = stay(0)
    if dialect == "3x":
        with pytest.raises(RejoinError) as caught:
            one.renew_token(new)
        assert caught.value.status is Status.INVALID_STATE
        assert one.state is State.FAILED
        return
    one.renew_token(new)
    assert one.state is State.CONNECTING
    sim.run(2)
    assert_told(
        one.events[failed:],
        ("connection_changed", State.CONNECTING, Reason.RENEW_TOKEN),
        ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
        ("did_join_channel", "demo", 1),
        ("user_joined", 9),
    )
    assert_told(two.events[-2:], ("user_offline", 1, OfflineReason.QUIT), ("user_joined", 1))


def test_revived_with_another_bad_token(sim, edge):  # S-22 S-6
    one = joining(sim, edge, token(expire=0), dialect="4x")
    one.renew_token(token(certificate="another"))
    sim.run(2)
    assert (one.state, one.events[-1].reason) == (State.FAILED, Reason.INVALID_TOKEN)
    with pytest.raises(RejoinError) as caught:  # failed for another reason
        one.renew_token(stay(0))
    assert caught.value.status is Status.INVALID_STATE


def test_malformed_renewals(sim, edge):  # S-23
    one = joining(sim, edge, stay(60))
    count = len(one.events)
    for bad in ("", "tab\there", "x" * 4097):
        with pytest.raises(RejoinError) as caught:
            one.renew_token(bad)
        assert caught.value.status is Status.INVALID_ARGUMENT
    sim.run(1)
    assert len(one.events) == count


def test_an_edge_restart_checks_the_token_again(sim, edge):  # S-14
    one = joining(sim, edge, stay(100))
    edge.crash()
    edge.restart()
    sim.run(30)
    assert one.state is State.CONNECTED
    sim.run_until(lambda: one.state is State.FAILED, limit=100)
    assert one.events[-1].time == pytest.approx(100 + DELAY, abs=TICK)


# ---- for real


def test_over_real_quic():  # S-6 S-17 S-18 S-20
    now = int(time.time())
    with (
        rejoin.Edge(apps={APP: CERTIFICATE}) as edge,
        rejoin.Client(edge.url, uid=1, app_id=APP, fingerprint=edge.fingerprint) as one,
    ):
        one.join("demo", token=token(certificate="another", issued_at=now))
        event = one.wait_for("connection_changed", state=State.FAILED, timeout=5)
        assert event.reason is Reason.INVALID_TOKEN
        one.leave()
        given = token(issued_at=now, privileges={"join": 4})
        one.join("demo", token=given)
        one.wait_for("did_join_channel", timeout=5)
        assert one.wait_for("token_privilege_will_expire", timeout=1).token == given
        renewal = token(issued_at=now, privileges={"join": 5})
        one.renew_token(renewal)
        assert one.wait_for("renew_token_result", timeout=2).code == 0
        one.wait_for("request_token", timeout=10)
        assert now + 5 <= time.time() <= now + 6
        assert one.state is State.FAILED
