"""rejoin-edge, the built program: what it prints, what it keeps, how it ends, and what it says about a bad start."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_program import LOOPBACK, PROGRAM, Running, control, failing, require_program


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    require_program()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path / "data"))
    yield edge
    if edge.process.poll() is None:
        edge.process.kill()
    edge.process.communicate()


# ---- a good start and a good end -------------------------------------------------------------------------------------


def test_it_says_where_it_is_and_what_it_proves_itself_with(running: Running) -> None:
    assert list(running.said) == ["url", "fingerprint", "ready"]
    assert re.fullmatch(r"rejoin://127\.0\.0\.1:\d+", running.said["url"])
    assert re.fullmatch(r"[0-9a-f]{64}", running.said["fingerprint"])


def test_it_listens_there(running: Running) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        pytest.raises(OSError, match="already in use"),
    ):
        probe.bind(("127.0.0.1", running.port))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(running: Running, how: signal.Signals) -> None:
    assert running.end(how) == (0, "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", running.port))


def test_certificate_and_keys_are_kept(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there" / "yet"
    first = Running(*LOOPBACK, "--data-dir", str(data))
    first.end()
    kept = {path.name: path.read_bytes() for path in data.iterdir()}
    assert sorted(kept) == ["certificate.pem", "key.pem", "reset.key", "ticket.key"]
    for path in data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700

    second = Running(*LOOPBACK, "--data-dir", str(data))
    second.end()
    assert second.said["fingerprint"] == first.said["fingerprint"]
    assert {path.name: path.read_bytes() for path in data.iterdir()} == kept


def test_the_certificate_is_ed25519(tmp_path: Path) -> None:
    Running(*LOOPBACK, "--data-dir", str(tmp_path)).end()
    told = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "certificate.pem", "-noout", "-text"],
        capture_output=True,
        text=True,
    )
    assert "ED25519" in told.stdout.upper()


def test_the_state_directory_of_the_user(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [PROGRAM, *LOOPBACK], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        pass
    process.terminate()
    process.communicate(timeout=10)
    assert (tmp_path / "rejoin-edge" / "certificate.pem").is_file()


def test_a_config_file_is_obeyed_and_the_command_line_goes_before_it(tmp_path: Path) -> None:
    config = tmp_path / "edge.conf"
    data = tmp_path / "data"
    config.write_text(
        "# a comment\n"
        "[edge]\n"
        f"listen = udp://127.0.0.1:1\n"
        f"data_dir = {data}\n"
        "time_scale = 0.5\n"
        "channel_pattern = room-[0-9]+\n"
        "\n"
        "[limits]\nsessions = 10\nchannel_members=5\nchannel_broadcasters=2\nhandshakes=3\n"
        "joins_per_second=50\nbad_tokens_per_minute=4\naccepts_per_second=100\nloopback=true\n"
        "[timers]\noffline = 12.5\nempty_channel = 3\n"
        "[app shop]\n[app club]\n"
    )
    edge = Running("--config", str(config), *LOOPBACK)
    assert edge.port != 1
    assert edge.end() == (0, "")
    assert (data / "key.pem").is_file()


def test_version_and_help() -> None:
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True)
    assert re.fullmatch(r"rejoin-edge \d+\.\d+\.\d+\n", version.stdout)
    assert version.returncode == 0
    told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True)
    assert told.returncode == 0
    for option in [
        "--listen",
        "--config",
        "--data-dir",
        "--version",
        "--verbose",
        "--check-config",
        "SIGHUP",
    ]:
        assert option in told.stdout


# ---- a bad start: what, file, line, reason; exit 1 -------------------------------------------------------------------


def test_a_port_in_use(running: Running, tmp_path: Path) -> None:
    address = f"udp://127.0.0.1:{running.port}"
    said = failing("--listen", address, "--data-dir", str(tmp_path))
    assert said == f"listen {address}: address already in use (is another rejoin-edge running?)"


@pytest.mark.parametrize("listen", ["127.0.0.1:7443", "udp://127.0.0.1:70000", "tcp://[::1]:1", ""])
def test_a_listen_that_is_none(tmp_path: Path, listen: str) -> None:
    said = failing("--listen", listen, "--data-dir", str(tmp_path))
    assert said.startswith(f'listen is "{listen}"; it must be udp://ADDRESS:PORT')


def test_an_unreadable_certificate(tmp_path: Path) -> None:
    Running(*LOOPBACK, "--data-dir", str(tmp_path)).end()
    for name in ("certificate.pem", "key.pem"):
        kept = (tmp_path / name).read_text()
        (tmp_path / name).write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
        said = failing(*LOOPBACK, "--data-dir", str(tmp_path))
        assert said.startswith(str(tmp_path / "certificate.pem"))
        assert name in said
        (tmp_path / name).write_text(kept)


@pytest.mark.parametrize("name", ["ticket.key", "reset.key"])
def test_a_key_of_the_wrong_length(name: str, tmp_path: Path) -> None:
    Running(*LOOPBACK, "--data-dir", str(tmp_path)).end()
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-1])
    said = failing(*LOOPBACK, "--data-dir", str(tmp_path))
    assert said.startswith(f"{tmp_path / name}: must be ")


def test_a_certificate_without_its_key(tmp_path: Path) -> None:
    Running(*LOOPBACK, "--data-dir", str(tmp_path)).end()
    (tmp_path / "key.pem").unlink()
    said = failing(*LOOPBACK, "--data-dir", str(tmp_path))
    assert said.startswith(f"{tmp_path / 'key.pem'}: is missing")
    assert not (tmp_path / "key.pem").exists()


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = failing(*LOOPBACK, "--data-dir", str(tmp_path / "file" / "data"))
    assert "Not a directory" in said


def test_no_such_config(tmp_path: Path) -> None:
    assert "nowhere.conf" in failing("--config", str(tmp_path / "nowhere.conf"))


@pytest.mark.parametrize(
    "arguments", [["--lisen", "udp://127.0.0.1:0"], ["start"], ["--listen"]], ids=str
)
def test_a_wrong_command_line(arguments: list[str]) -> None:
    assert "--help shows the options" in failing(*arguments)


BAD_CONFIGS = [
    ("[edge]\nlistn=udp://127.0.0.1:0\n", 2, 'unknown key "listn" in [edge]; did you mean "listen"?'),
    ("[limts]\n", 1, "unknown group [limts]; did you mean [limits]?"),
    ("[zzzzzz]\n", 1, "unknown group [zzzzzz]; there are [edge], [limits], [timers], [log], [http], "),
    ("[timers]\nbeat=1\n", 2, 'unknown key "beat" in [timers]; there are offline, empty_channel'),
    ("listen=udp://127.0.0.1:0\n", 1, '"listen" stands before the first group; begin with [edge]'),
    ("[edge]\nwhat is this\n", 2, '"what is this" is neither a group, nor KEY=VALUE, nor a comment (#)'),
    ("[edge\n", 1, '"[edge" is no group; a group is [NAME] alone on its line'),
    ("[limits]\nsessions=0\n", 2, 'sessions is "0"; it must be a whole number from 1 to 4294967295'),
    ("[limits]\nsessions=many\n", 2, 'sessions is "many"; it must be a whole number from 1 to 4294967295'),
    ("[limits]\nloopback=yes\n", 2, 'loopback is "yes"; it must be true or false'),
    ("[limits]\njoins_per_second=-1\n", 2, 'joins_per_second is "-1"; it must be a whole number from 1 to 4294967295'),
    ("[limits]\njoins=1\n", 2, 'unknown key "joins" in [limits]; there are sessions, channel_members, '),
    ("[timers]\noffline=20s\n", 2, 'offline is "20s"; it must be a number of seconds from 0.001 to 2592000'),
    ("[timers]\noffline=nan\n", 2, 'offline is "nan"; it must be a number of seconds from 0.001 to 2592000'),
    ("[edge]\ntime_scale=0\n", 2, 'time_scale is "0"; it must be a number from 0.001 to 1000'),
    ("[edge]\n\n\nlisten=7443\n", 4, 'listen is "7443"; it must be udp://ADDRESS:PORT'),
    ("[edge]\nlisten=udp://nowhere:1\n", 2, 'listen is "udp://nowhere:1"; it must be udp://ADDRESS:PORT'),
    ("[edge]\ndata_dir=\n", 2, "data_dir is empty; leave it out for the default"),
    ("[edge]\nchannel_pattern=room-[0-9\n", 2, "channel_pattern: "),
    ("[edge]\ndata_dir=a\ndata_dir=b\n", 3, '"data_dir" was given in line 2 already'),
    ("[app a]\n[app a]\n", 2, "the group [app a] was begun in line 1 already"),
    ("[app]\n", 1, "[app] has no name; write [app NAME]"),
    (f"[app {'x' * 65}]\n", 1, "the app id is 65 bytes long; it has at most 64"),
    ("[app shop]\ncertificate=\n", 2, "certificate is empty; leave it out for testing mode"),
    (f"[app shop]\ncertificate=1\ncertificate2={'x' * 257}\n", 3, "certificate2 is 257 bytes long"),
    ("[app shop]\ncertificate2=1\n\n[app club]\n", 2, "certificate2 is given without certificate"),
    ("[app shop]\ncertificate2=1\n#\n", 2, "certificate2 is given without certificate"),
    ("[app shop]\ncertificate=ä\n", 2, "certificate consists of printable ASCII"),
    ("[app shop]\ncertificat=00\n", 2, 'unknown key "certificat" in [app shop]; did you mean "certificate"?'),
    ("[app shop]\n\n[app club]\ncertificate=1\ncertificate=2\n", 5, '"certificate" was given in line 4 already'),
    ("[app shop]\nsecret=00\n", 2, 'unknown key "secret" in [app shop]; there are certificate, certificate2'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "reason"), BAD_CONFIGS, ids=[reason for _, _, reason in BAD_CONFIGS]
)
def test_a_config_error_names_file_line_and_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    config = tmp_path / "edge.conf"
    config.write_text(text)
    said = failing("--config", str(config), "--data-dir", str(tmp_path / "data"))
    assert said.startswith(f"{config}:{line}: {reason}")


def test_a_config_that_is_no_text(tmp_path: Path) -> None:
    config = tmp_path / "edge.conf"
    config.write_bytes(b"[edge]\nlisten=udp://127.0.0.1:0\0\ndata_dir=\xff\xfe\n")
    said = failing("--config", str(config), "--data-dir", str(tmp_path))
    assert said == f"{config}:2: the byte 0x00 is no UTF-8 text"


# ---- control commands ------------------------------------------------------------------------------------------------


def say(data: Path, text: bytes) -> bytes:
    """What the socket answers to these bytes, up to its end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(data / "control"))
        line.settimeout(10)
        line.sendall(text)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while part := line.recv(65536):
            answer += part
        return answer


def test_kicks_by_control_commands(tmp_path: Path) -> None:  # A-1 A-2
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path))
    try:
        assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600
        assert control(tmp_path, "kicks") == control(tmp_path, "channels") == []
        assert control(tmp_path, "kick", "channel=my room", "uid=7") == ["id=1 removed=0"]
        assert control(tmp_path, "kick", "ip=::1", "app=it's", "seconds=60") == ["id=2 removed=0"]
        assert control(tmp_path, "kick", "uid=9", "seconds=0") == ["id=0 removed=0"]
        assert control(tmp_path, "change", "1", "seconds=86400") == []
        first, second = control(tmp_path, "kicks")
        assert re.fullmatch(r"id=1 channel='my room' uid=7 seconds=863\d\d\.\d{3}", first)
        assert re.fullmatch(r"id=2 app='it'\\''s' ip=::1 seconds=5\d\.\d{3}", second)
        assert control(tmp_path, "lift", "id=2") == []
        assert len(control(tmp_path, "kicks")) == 1
        assert "kicks=1" in control(tmp_path, "counters")
        assert control(tmp_path, "members", "my room") == []
        assert control(tmp_path, "help")[0].startswith("  kick [channel=NAME]")
    finally:
        assert edge.end() == (0, "")
    assert not (tmp_path / "control").exists()

    again = Running(*LOOPBACK, "--data-dir", str(tmp_path))  # section 5
    try:
        assert [line.split(" seconds")[0] for line in control(tmp_path, "kicks")] == [
            "id=1 channel='my room' uid=7"
        ]
        assert control(tmp_path, "kick", "uid=1") == ["id=3 removed=0"]
    finally:
        again.end()


def test_a_member_is_kicked_by_a_control_command(tmp_path: Path) -> None:  # A-1 S-15 P-8
    rejoin = pytest.importorskip("rejoin")
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path))
    try:
        options = {"fingerprint": edge.said["fingerprint"]}
        with (
            rejoin.Client(edge.said["url"], uid=1, **options) as one,
            rejoin.Client(edge.said["url"], uid=2, **options) as two,
        ):
            two.join("demo")
            two.wait_for("did_join_channel", timeout=2)
            one.join("demo")
            two.wait_for("user_joined", timeout=2)
            assert control(tmp_path, "channels") == ["demo"]
            assert control(tmp_path, "members", "demo") == ["1", "2"]
            assert control(tmp_path, "kick", "channel=demo", "uid=1") == ["id=1 removed=1"]
            offline = two.wait_for("user_offline", timeout=2)
            assert (offline.uid, offline.reason) == (1, rejoin.OfflineReason.QUIT)
            failed = one.wait_for("connection_changed", timeout=2, state=rejoin.State.FAILED)
            assert failed.reason is rejoin.Reason.BANNED_BY_SERVER
            assert control(tmp_path, "members", "demo") == ["2"]
    finally:
        edge.end()


def test_an_edge_is_drained_by_a_control_command(tmp_path: Path) -> None:
    rejoin = pytest.importorskip("rejoin")
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path))
    try:
        options = {"fingerprint": [edge.said["fingerprint"]]}
        with (
            rejoin.Edge() as other,
            rejoin.Client(
                urls=[edge.said["url"], other.url],
                uid=1,
                fingerprint=[edge.said["fingerprint"], other.fingerprint],
            ) as one,
            rejoin.Client(edge.said["url"], uid=2, attempts=True, **options) as late,
        ):
            one.join("demo")
            one.wait_for("did_join_channel", timeout=2)
            assert control(tmp_path, "drain", "seconds=0.2") == ["members=1"]
            late.join("demo")
            late.wait_for("attempt", timeout=2, outcome=rejoin.AttemptOutcome.BUSY)
            end = time.monotonic() + 10
            while other.members("demo") != [1] and time.monotonic() < end:
                time.sleep(0.01)
            assert other.members("demo") == [1]
            assert one.state is rejoin.State.CONNECTED
    finally:
        edge.end()


def test_the_limits_of_the_config_hold(tmp_path: Path) -> None:
    rejoin = pytest.importorskip("rejoin")
    config = tmp_path / "edge.conf"
    config.write_text("[limits]\njoins_per_second=1\nloopback=true\n")
    edge = Running("--config", str(config), *LOOPBACK, "--data-dir", str(tmp_path / "data"))
    try:
        url, options = edge.said["url"], {"fingerprint": edge.said["fingerprint"]}
        with (
            rejoin.Client(url, uid=1, **options) as one,
            rejoin.Client(url, uid=2, attempts=True, **options) as two,
        ):
            one.join("demo")
            one.wait_for("did_join_channel", timeout=2)
            two.join("demo")
            two.wait_for("attempt", timeout=2, outcome=rejoin.AttemptOutcome.BUSY)
            two.wait_for("did_join_channel", timeout=10)
    finally:
        edge.end()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["drain", "seconds=-1"], 'seconds is "-1"; it must be a number from 0 to 86400'),
        (["drain", "uid=1"], 'drain does not take "uid=1"; "help" says what it takes'),
        (["kick"], "neither channel nor uid nor ip is given; a kick names at least one"),
        (["kik", "uid=1"], 'there is no command "kik"; did you mean "kick"?'),
        (["frobnicate"], 'there is no command "frobnicate"; "help" lists them'),
        (["kick", "uid=0"], 'uid is "0"; it must be a whole number from 1 to 4294967295'),
        (["kick", "uid=1", "uid=2"], "uid is given twice"),
        (["kick", "7"], 'kick does not take "7"; "help" says what it takes'),
        (["kick", "uid=1", "seconds=86401"], 'seconds is "86401"; it must be a number from 0 to 86400'),
        (["kick", "uid=1", "seconds=nan"], 'seconds is "nan"; it must be a number from 0 to 86400'),
        (["kick", "ip=nowhere"], 'ip is "nowhere"; it must be a numeric IPv4 or IPv6 address'),
        (["kick", f"channel={'x' * 65}"], "channel name is 65 bytes long"),
        (["lift"], "id is missing"),
        (["lift", "99"], "id is 99; there is no such kick, or it is over"),
        (["change", "1"], "seconds is missing"),
        (["members"], "channel is missing"),
        (["kick", "channel=a\tb"], "channel name has the byte 0x09"),
        (["kick", "channel=a\nb"], "a control command is one line of at most 1023 bytes"),
        (["kick", f"channel={'x' * 2000}"], "a control command is one line of at most 1023 bytes"),
        ([], "control needs a command (--help shows the options and commands)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_bad_control_command(running: Running, data: Path, words: list[str], reason: str) -> None:
    assert failing("--data-dir", str(data), "control", *words).startswith(reason)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of `running`."""
    return tmp_path / "data"


def test_control_without_an_edge(tmp_path: Path) -> None:
    said = failing("--data-dir", str(tmp_path), "control", "kicks")
    assert "is a rejoin-edge running with this --data-dir?" in said


def test_a_socket_left_behind_is_replaced(running: Running, data: Path) -> None:
    running.process.kill()
    running.process.wait()
    assert (data / "control").exists()
    again = Running(*LOOPBACK, "--data-dir", str(data))
    try:
        assert control(data, "kicks") == []
    finally:
        again.end()


def test_a_second_edge_leaves_the_socket_alone(running: Running, data: Path) -> None:
    second = Running(*LOOPBACK, "--data-dir", str(data))
    _, log = second.end()
    assert "another rejoin-edge uses this data directory" in log
    assert control(data, "kicks") == []


def test_a_data_directory_with_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    edge = Running(*LOOPBACK, "--data-dir", str(deep))
    try:
        assert control(deep, "kick", "uid=1") == ["id=1 removed=0"]
    finally:
        assert edge.end() == (0, "")


def test_the_control_socket_takes_whatever_comes(running: Running, data: Path) -> None:
    assert say(data, b"kick uid=1\nkicks\n\nlift 1\n").startswith(
        b" id=1 removed=0\nok\n id=1 uid=1"
    )
    assert say(data, b"x" * 5000).endswith(b"error a command has at most 1023 bytes\n")
    assert say(data, b"x" * 5000 + b"\nlift 5\n").count(b"error ") == 2
    assert say(data, b"kick uid=1\0\n") == b"error a command is text; it has a NUL\n"
    assert say(data, b"kick channel=\xff\n") == b"error a command is UTF-8 text\n"
    assert say(data, b"kick channel='demo\n").startswith(b"error ")
    assert say(data, b"kick uid='1\r'\n").count(b"\n") == 1
    assert say(data, b"kick uid=1") == b""  # not a whole line

    # connections beyond the bound are closed at once; the others go on
    lines = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(40)]
    for line in lines:
        line.connect(str(data / "control"))
        line.settimeout(10)
    answers = 0
    for line in lines:
        try:
            line.sendall(b"help\n")
            answers += line.recv(10) != b""
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert answers == 16
    for line in lines:
        line.close()

    # one that asks much and reads nothing does not stop the others
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as greedy:
        greedy.connect(str(data / "control"))
        greedy.setblocking(False)
        sent = 0
        try:
            while sent < 10_000_000:
                sent += greedy.send(b"help\n" * 1000)
        except BlockingIOError:
            pass
        assert sent < 10_000_000
        began = time.monotonic()
        assert control(data, "kicks") == []
        assert time.monotonic() - began < 5
    assert running.end() == (0, "")


def test_a_hundred_thousand_kicks(tmp_path: Path) -> None:
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path))
    try:
        asked = b"".join(b"kick channel=demo uid=%d\n" % uid for uid in range(1, 100_001))
        answers = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(tmp_path / "control"))
            with line.makefile("rb") as reader:
                for at in range(0, len(asked), 1 << 16):
                    part = asked[at : at + (1 << 16)]
                    line.sendall(part)
                    answers += [reader.readline() for _ in range(2 * part.count(b"\n"))]
        assert answers[::2] == [b" id=%d removed=0\n" % uid for uid in range(1, 100_001)]
        assert set(answers[1::2]) == {b"ok\n"}
        assert len(control(tmp_path, "kicks")) == 100_000
    finally:
        edge.end()
    again = Running(*LOOPBACK, "--data-dir", str(tmp_path))
    try:
        assert "kicks=100000" in control(tmp_path, "counters")
    finally:
        again.end()
