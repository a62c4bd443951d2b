"""rejoin-edge, the built program: what it prints, what it keeps, how it ends, and what it says about a bad start."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REJOIN_BUILD_DIR", ROOT / "build" / "debug"))
PROGRAM = BUILD / "core" / "edge" / "program" / "rejoin-edge"
LOOPBACK = ["--listen", "udp://127.0.0.1:0"]


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    if not PROGRAM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{PROGRAM} is not built")
        pytest.skip("rejoin-edge is not built; ./dev build does it")


class Running:
    """A started edge and the lines that it printed up to "ready"."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            self.said[word] = rest
            if word == "ready":
                return
        assert self.process.stderr is not None
        raise AssertionError(f"it ended before it was ready: {self.process.stderr.read()}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """The exit status and what it wrote to standard error."""
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=10)
        return self.process.returncode, log

    @property
    def port(self) -> int:
        return int(self.said["url"].rpartition(":")[2])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    edge = Running(*LOOPBACK, "--data-dir", str(tmp_path / "data"))
    yield edge
    if edge.process.poll() is None:
        edge.process.kill()
    edge.process.communicate()


def failing(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Starts one that must not start; what it says about it."""
    run = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, timeout=10, env=environment
    )
    assert run.returncode == 1, run
    assert run.stdout == ""
    assert run.stderr.startswith("rejoin-edge: ")
    assert run.stderr.count("\n") == 1
    return run.stderr.removeprefix("rejoin-edge: ").rstrip("\n")


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
    for option in ["--listen", "--config", "--data-dir", "--version", "--verbose", "[limits]"]:
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
    ("[zzzzzz]\n", 1, "unknown group [zzzzzz]; there are [edge], [limits], [timers] and [app NAME]"),
    ("[timers]\nbeat=1\n", 2, 'unknown key "beat" in [timers]; there are offline, empty_channel'),
    ("listen=udp://127.0.0.1:0\n", 1, '"listen" stands before the first group; begin with [edge]'),
    ("[edge]\nwhat is this\n", 2, '"what is this" is neither a group, nor KEY=VALUE, nor a comment (#)'),
    ("[edge\n", 1, '"[edge" is no group; a group is [NAME] alone on its line'),
    ("[limits]\nsessions=0\n", 2, 'sessions is "0"; it must be a whole number from 1 to 4294967295'),
    ("[limits]\nsessions=many\n", 2, 'sessions is "many"; it must be a whole number from 1 to 4294967295'),
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
    ("[app shop]\ncertificate=00\n", 2, "this edge cannot check tokens"),
    ("[app shop]\nsecret=00\n", 2, 'unknown key "secret" in [app shop]; there are none'),
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
