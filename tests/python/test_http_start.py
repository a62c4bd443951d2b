"""Starting rejoin-edge with administration over HTTP: what it prints and keeps, TLS."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from http_edge import PATIENCE, Administered, Listener, built_program, joined


def failing(*arguments: str) -> str:
    run = subprocess.run(
        [built_program(), "--listen", "udp://127.0.0.1:0", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 1, run
    assert run.stdout == ""
    assert run.stderr.startswith("rejoin-edge: ")
    return run.stderr.removeprefix("rejoin-edge: ").rstrip("\n")


def test_what_it_prints_and_keeps(tmp_path: Path) -> None:
    data = tmp_path / "data"
    edge = Administered("--data-dir", str(data))
    assert list(edge.said) == ["url", "fingerprint", "http", "http_token", "ready"]
    token = Path(edge.said["http_token"])
    assert token == data / "http.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert len(edge.token) == 64
    assert edge.token not in edge.end()
    again = Administered("--data-dir", str(data))
    assert again.token == edge.token
    again.end()


def test_off_unless_asked_for(tmp_path: Path) -> None:
    edge = Administered("--data-dir", str(tmp_path / "data"), listen="")
    assert list(edge.said) == ["url", "fingerprint", "ready"]
    assert not (tmp_path / "data" / "http.token").exists()
    edge.end()


def test_the_config_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("my-own-token-of-24-chars\n")
    token.chmod(0o600)
    config = tmp_path / "edge.conf"
    config.write_text(f"[http]\nlisten=127.0.0.1:0\ntoken_file={token}\n")
    edge = Administered("--config", str(config), "--data-dir", str(tmp_path / "d"), listen="")
    edge.token = "my-own-token-of-24-chars"
    assert edge.said["http_token"] == str(token)
    assert edge.get("/v1/edge")["version"]
    edge.end()


def test_ipv6(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    edge = Administered("--data-dir", str(tmp_path / "data"), listen="[::1]:0")
    assert edge.said["http"].startswith("http://[::1]:")
    assert edge.get("/v1/edge")["version"]
    edge.end()


@pytest.mark.parametrize(
    "listen", ["", "7480", "localhost:7480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "x"]
)
def test_a_listen_that_is_none(tmp_path: Path, listen: str) -> None:
    said = failing("--data-dir", str(tmp_path / "d"), "--http", listen)
    assert said == f'http is "{listen}"; it must be ADDRESS:PORT, as 127.0.0.1:7480'


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        said = failing("--data-dir", str(tmp_path / "d"), "--http", listen)
    assert said == f"http {listen}: address already in use"


def test_others_may_not_listen_in(tmp_path: Path) -> None:
    said = failing("--data-dir", str(tmp_path / "d"), "--http", "0.0.0.0:0")
    assert said == (
        "http 0.0.0.0:0: others may listen in there; give [http] certificate and key, or say plain=true"
    )
    config = tmp_path / "edge.conf"
    config.write_text("[http]\nplain=true\n")
    edge = Administered(
        "--config", str(config), "--data-dir", str(tmp_path / "d"), listen="0.0.0.0:0"
    )
    assert edge.get("/v1/edge")["version"]
    edge.end()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "http.crt", tmp_path / "http.key"
    subprocess.run(
        [
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(paths[0]), "-keyout", str(paths[1])),
        ],
        check=True,
        capture_output=True,
    )
    return paths


def test_https(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    config = tmp_path / "edge.conf"
    config.write_text(f"[http]\ncertificate={certificate[0]}\nkey={certificate[1]}\n")
    edge = Administered(
        "--config", str(config), "--data-dir", str(tmp_path / "d"), listen="0.0.0.0:0"
    )
    assert edge.said["http"].startswith("https://0.0.0.0:")
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    connection = http.client.HTTPSConnection(
        "127.0.0.1", edge.address[1], timeout=PATIENCE, context=trust
    )
    connection.request("GET", "/v1/edge", headers={"Authorization": f"Bearer {edge.token}"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert b"fingerprint" in answer.read()
    connection.close()
    with socket.create_connection(("127.0.0.1", edge.address[1]), timeout=PATIENCE) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert not plain.recv(100).startswith(b"HTTP")
    edge.end()


BAD_CONFIGS = [
    ("[http]\nlisen=x\n", 'unknown key "lisen" in [http]; did you mean "listen"?'),
    ("[http]\nplain=yes\n", 'plain is "yes"; it must be true or false'),
    ("[http]\ncertificate=/x\n", "[http] certificate is given without key"),
    ("[http]\nkey=/x\n", "[http] key is given without certificate"),
    ("[http]\ncertificate=/nowhere.crt\nkey=/nowhere.key\n", "/nowhere.crt: "),
    ("[http]\ntoken_file=/nowhere\n", "/nowhere: "),
    ("[webhooks]\nurl=ftp://x/\n", "[webhooks] url is no http:// or https:// URL"),
    ("[webhooks]\nurl=x\n", "[webhooks] url is no http:// or https:// URL"),
    ("[webhooks]\nurl=http://x/\n", "[webhooks] url is given without secret_file"),
    ("[webhooks]\nurl=http://x/\nsecret_file=/nowhere\n", "/nowhere: "),
    (
        "[webhooks]\nurl=http://x/\nsecret_file=SECRET\nevents=joind\n",
        '[webhooks] events: there is no event "joind"; did you mean "joined"?',
    ),
    (
        "[webhooks]\nurl=http://x/\nsecret_file=SECRET\nevents=hostile\n",
        '[webhooks] events: there is no event "hostile"',
    ),
    (
        "[webhooks]\nurl=http://x/\nsecret_file=OPEN\n",
        "others may read it (mode 0644); chmod 600",
    ),
]


@pytest.mark.parametrize(("text", "said"), BAD_CONFIGS)
def test_a_config_that_is_none(tmp_path: Path, text: str, said: str) -> None:
    for name, mode in (("SECRET", 0o600), ("OPEN", 0o644)):
        path = tmp_path / name
        path.write_text("0123456789abcdef\n")
        path.chmod(mode)
        text = text.replace(name, str(path))
    config = tmp_path / "edge.conf"
    config.write_text(text)
    arguments = ["--config", str(config), "--data-dir", str(tmp_path / "d")]
    told = failing(*arguments, "--http", "127.0.0.1:0")
    assert said in told
    assert f"{config}:" in told  # and its line


def test_it_ends_while_it_is_asked(tmp_path: Path) -> None:
    edge = Administered("--data-dir", str(tmp_path / "d"))
    with joined(edge, 1) as one:
        streams = [Listener(edge) for _ in range(3)]
        open_connection = socket.create_connection(edge.address)
        open_connection.sendall(b"GET / HTTP/1.1\r\n")
        assert "warning" not in edge.end()
        assert one.events
        for stream in streams:
            stream.close()
        open_connection.close()
