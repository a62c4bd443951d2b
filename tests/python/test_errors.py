"""What bad arguments get: the status, the argument's name, and a text that says the rule."""

from __future__ import annotations

import pickle

import pytest
import rejoin
from rejoin import JoinError, Reason, RejoinError, State, Status


@pytest.fixture
def one(sim):
    return sim.client(sim.edge(), uid=1)


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("x" * 65, "channel name is 65 bytes long; a name has 1 to 64"),
        ("", "channel name is 0 bytes long"),
        ("a/b", "0x2f at position 1"),
        ("ümlaut", "channel name has the byte"),
        ("a\0b", "channel has a NUL character at 1"),
        ("\ud800", "channel is not valid Unicode"),
    ],
)
def test_a_bad_channel_name(one, channel, says):  # S-2
    with pytest.raises(RejoinError) as caught:
        one.join(channel)
    assert caught.value.status is Status.INVALID_CHANNEL_NAME
    assert caught.value.argument == "channel"
    assert says in caught.value.text
    assert (one.state, one.events) == (State.DISCONNECTED, [])


def test_all_of_the_channel_alphabet_is_welcome(sim, one):  # S-2
    marks = " !#$%&()+-:;<=.>?@[]^_{}|~,"
    one.join("azAZ09" + marks)
    sim.run(1)
    assert one.state is State.CONNECTED


@pytest.mark.parametrize("uid", [2**32, -1, 2**64])
def test_a_uid_out_of_range(sim, one, uid):  # S-2
    with pytest.raises(RejoinError) as caught:
        one.join("demo", uid=uid)
    assert caught.value.status is Status.INVALID_USER_ID
    assert caught.value.argument == "uid"
    assert str(uid) in caught.value.text
    assert one.events == []
    with pytest.raises(RejoinError, match="2\\^32-1"):
        sim.client(sim.edge(), uid=uid)


@pytest.mark.parametrize("token", ["x" * 4097, "tab\there", "naïve", "a\0b"])
def test_a_bad_token(one, token):  # S-2 S-23
    for call in (lambda: one.join("demo", token=token), lambda: one.renew_token(token)):
        with pytest.raises(RejoinError) as caught:
            call()
        assert caught.value.status is Status.INVALID_ARGUMENT
        assert caught.value.argument == "token"
        assert "token" in caught.value.text
    assert one.events == []


def test_an_empty_token_renews_nothing(one):  # S-23
    with pytest.raises(RejoinError) as caught:
        one.renew_token("")
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "token")


def test_a_token_is_kept_for_the_next_attempt(one):  # S-21
    one.renew_token("abc")
    assert one.events == []


def test_a_renewal_in_failed_is_refused(sim):  # S-22
    edge = sim.edge(channel_pattern="no")
    one = sim.client(edge, uid=1)
    one.join("demo")
    sim.run(1)
    assert one.state is State.FAILED
    with pytest.raises(RejoinError) as caught:
        one.renew_token("abc")
    assert caught.value.status is Status.INVALID_STATE


def test_roles(sim, one):  # S-31
    with pytest.raises(RejoinError) as caught:
        one.set_client_role(3)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "role")
    with pytest.raises(RejoinError, match="did you mean 'audience'"):
        one.set_client_role("audiense")
    one.set_client_role("audience")
    one.set_client_role(rejoin.Role.BROADCASTER)
    one.join("demo")
    sim.run(1)
    assert "client_role_changed" not in [event.name for event in one.events]


@pytest.mark.parametrize(
    ("options", "near"),
    [
        ({"fingerprnt": "00"}, "'fingerprint'"),
        ({"time_scal": 1}, "'time_scale'"),
        ({"timers": {"beats": 1.0}}, "'beat'"),
        ({"timers": {"giveup": 1.0}}, "'give_up'"),
    ],
)
def test_an_unknown_option_of_a_client_is_told_with_the_nearest(sim, options, near):
    edge = sim.edge()
    with pytest.raises(TypeError, match=f"did you mean {near}"):
        sim.client(edge, **options)


@pytest.mark.parametrize(
    ("options", "near"),
    [
        ({"app": {}}, "'apps'"),
        ({"limits": {"session": 1}}, "'sessions'"),
        ({"timers": {"offlin": 1.0}}, "'offline'"),
        ({"channel_patern": ".*"}, "'channel_pattern'"),
    ],
)
def test_an_unknown_option_of_an_edge_is_told_with_the_nearest(sim, options, near):
    with pytest.raises(TypeError, match=f"did you mean {near}"):
        sim.edge(**options)
    with pytest.raises(TypeError, match=f"did you mean {near}"):
        rejoin.Edge(**options)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"app_id": "x" * 65}, "app_id"),
        ({"app_id": "ü"}, "app_id"),
        ({"role": 3}, "role"),
        ({"role": "listener"}, "role"),
        ({"profile": 2}, "profile"),
        ({"dialect": 5}, "dialect"),
        ({"dialect": "5x"}, "dialect"),
        ({"time_scale": 1e9}, "time_scale"),
        ({"time_scale": 0}, "time_scale"),
        ({"time_scale": float("nan")}, "time_scale"),
        ({"timers": {"beat": -1.0}}, "timers['beat']"),
        ({"timers": {"beat": 0}}, "timers['beat']"),
        ({"timers": {"stats": 0.0009}}, "timers['stats']"),
        ({"timers": {"beat": 4.0}}, "timers['beat']"),
        ({"timers": {"beat": 0.4}, "time_scale": 0.1}, "timers['beat']"),
        ({"timers": {"beat": 2.0, "offline": 1.0}}, "timers['beat']"),
        ({"timers": {"lost": 1e8}}, "timers['lost']"),
        ({"timers": {"lost": float("inf")}}, "timers['lost']"),
        ({"fingerprint": "xyz"}, "fingerprint"),
        ({"fingerprint": "ab" * 31}, "fingerprint"),
        ({"fingerprint": None, "ca_file": "/nowhere/ca.pem"}, "ca_file"),
        ({"history": 0}, "history"),
        ({"urls": ["http://example"]}, "urls"),
        ({"urls": ["rejoin://a"] * 9}, "urls"),
    ],
)
def test_a_bad_value_of_a_client_names_its_option(sim, options, argument):
    edge = sim.edge()
    with pytest.raises(RejoinError) as caught:
        sim.client(edge, **options)
    assert caught.value.status is Status.INVALID_ARGUMENT
    assert caught.value.argument == argument
    assert caught.value.text


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"apps": ["x" * 65]}, "apps"),
        ({"time_scale": -1.0}, "time_scale"),
        ({"timers": {"offline": 1e9}}, "timers['offline']"),
        ({"limits": {"sessions": -1}}, "limits['sessions']"),
        ({"limits": {"sessions": 0}}, "limits['sessions']"),
        ({"time_scale": 0}, "time_scale"),
        ({"channel_pattern": "("}, "channel_pattern"),
    ],
)
def test_a_bad_value_of_an_edge_names_its_option(sim, options, argument):
    with pytest.raises(RejoinError) as caught:
        sim.edge(**options)
    assert caught.value.status is Status.INVALID_ARGUMENT
    assert caught.value.argument == argument


def test_a_bad_address_to_listen_at():
    with pytest.raises(RejoinError) as caught:
        rejoin.Edge("tcp://127.0.0.1:1")
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "listen")


def test_an_address_in_use(real_edge):
    port = real_edge.url.rsplit(":", 1)[1]
    with pytest.raises(RejoinError) as caught:
        rejoin.Edge(f"udp://127.0.0.1:{port}")
    assert caught.value.status is Status.REFUSED
    assert f"udp://127.0.0.1:{port}" in caught.value.text


def test_an_unreadable_certificate(tmp_path):
    with rejoin.Edge(data_dir=str(tmp_path)):
        pass
    for file in tmp_path.iterdir():
        file.write_text("not what it was")
    with pytest.raises(RejoinError) as caught:
        rejoin.Edge(data_dir=str(tmp_path))
    assert caught.value.status is Status.FAILED
    assert str(tmp_path) in caught.value.text


@pytest.mark.parametrize(
    ("certificates", "rule"),
    [
        ("", "has an empty certificate"),
        ("x" * 257, "more than 256 bytes"),
        ("tab\there", "not printable ASCII"),
        ((None, "second"), "a second certificate, but no first one"),
    ],
)
def test_a_bad_certificate_of_an_app(sim, certificates, rule):
    with pytest.raises(RejoinError, match=rule) as caught:
        sim.edge(apps={"app": certificates})
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "apps")
    assert "second" not in caught.value.text.replace("a second certificate", "")


def test_certificates_of_an_app_are_at_most_two(sim):
    with pytest.raises(TypeError, match="a certificate, a pair of them, or None"):
        sim.edge(apps={"app": ("1", "2", "3")})


def test_a_client_needs_a_url():
    with pytest.raises(RejoinError, match="url is missing"):
        rejoin.Client()
    with pytest.raises(TypeError, match="urls is a list"):
        rejoin.Client(urls="rejoin://localhost")


@pytest.mark.parametrize(
    ("faults", "argument"),
    [
        ({"loss": 1.5}, "loss"),
        ({"delay": 61.0}, "delay"),
        ({"delay": -1.0}, "delay"),
        ({"jitter": 61.0}, "jitter"),
        ({"burst": -2.0}, "burst"),
        ({"duplicate": 1.1}, "duplicate"),
        ({"reorder": float("nan")}, "reorder"),
        ({"corrupt": 3}, "corrupt"),
        ({"rate": -1}, "rate"),
        ({"queue": 2**31}, "queue"),
        ({"mtu": 70_000}, "mtu"),
        ({"nat_idle": 3601.0}, "nat_idle"),
        ({"nat_idle": -1.0}, "nat_idle"),
    ],
)
def test_bad_faults(one, faults, argument):
    before = one.link.up
    with pytest.raises(RejoinError) as caught:
        one.link.set(up=faults)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, argument)
    assert one.link.up == before


def test_a_nat_is_of_the_way_up(one):
    with pytest.raises(RejoinError, match="on the way down; it must be 0 there") as caught:
        one.link.set(down={"nat_idle": 1.0})
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "nat_idle")
    assert one.link.down.nat_idle == 0
    with pytest.raises(RejoinError, match="on the way down") as caught:
        one.link.follow([(0, {"down": {"nat_idle": 1.0}})])
    assert caught.value.argument == "nat_idle"


def test_an_unknown_fault(one):
    with pytest.raises(TypeError, match="did you mean 'delay'"):
        one.link.set(up={"dely": 1.0})


def test_wrong_types_are_type_errors(sim, one):
    for call in (
        lambda: one.on("user_joined", 3),
        lambda: sim.client("rejoin://localhost"),
        lambda: sim.client(sim.edge(), timers=[1]),
        lambda: sim.edge(limits=[1]),
        lambda: sim.run("1"),
        lambda: sim.run_until(None),
        lambda: rejoin.token.build("app", "certificate", "demo", privileges=["join"]),
        lambda: one.join(7),
        lambda: one.join("demo", uid="1"),
        lambda: one.join("demo", token=b"x"),
        lambda: one.set_client_role(1.5),
        lambda: one.link.set(up={"loss": "much"}),
        lambda: rejoin.Simulation(seed="x"),
    ):
        with pytest.raises(TypeError):
            call()


def test_statistics_of_no_stay(one):
    with pytest.raises(RejoinError) as caught:
        _ = one.stats
    assert caught.value.status is Status.NOT_IN_CHANNEL


def test_errors_read_well_and_travel():
    error = RejoinError(-2, "uid", "uid is wrong")
    assert str(error) == "uid is wrong (INVALID_ARGUMENT, -2)"
    join = JoinError(8, "demo")
    assert isinstance(join, RejoinError)
    assert join.reason is Reason.INVALID_TOKEN
    assert str(join) == "could not join 'demo': invalid token (REFUSED, -5)"
    for one in (error, join):
        copy = pickle.loads(pickle.dumps(one))
        assert type(copy) is type(one)
        assert str(copy) == str(one)
        assert vars(copy) == vars(one)
