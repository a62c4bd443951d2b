"""HTTP from whoever means harm: it is refused, closed and bounded, and the edge goes on for everybody else."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_edge import PATIENCE, Administered, eventually, joined

REQUEST_SECONDS = 10  # RJ_HTTP_REQUEST_SECONDS
CONNECTIONS = 128  # RJ_HTTP_CONNECTIONS


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Administered]:
    running = Administered("--data-dir", str(tmp_path_factory.mktemp("hostile") / "data"))
    with joined(running, 1) as one:
        yield running
        assert not [e for e in one.events if e.name == "connection_lost"]
    log = running.end()
    assert running.token not in log
    assert "CRITICAL" not in log


def exchange(edge: Administered, sent: bytes, *, patience: float = PATIENCE) -> bytes:
    """What the edge answers until it closes, or says nothing for a moment after an answer."""
    got = b""
    with socket.create_connection(edge.address, timeout=patience) as raw:
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            raw.sendall(sent)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while chunk := raw.recv(65536):
                got += chunk
                raw.settimeout(0.2)
    return got


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def request(edge: Administered, head: str, body: bytes = b"") -> bytes:
    return (
        f"{head}\r\nHost: x\r\nAuthorization: Bearer {edge.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"\x00\xff\x16\x03\x01" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/edge\r\n\r\n",
        b"GET /v1/edge HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //////// HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nHost : c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/kicks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/kicks HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/kicks HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/kicks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/edge HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0,1-1,2-2,5-99999999999\r\n\r\n",
    ],
)
def test_no_good_request(edge: Administered, sent: bytes) -> None:
    with contextlib.suppress(TimeoutError):
        answer = exchange(edge, sent, patience=0.5)
        assert status_of(answer) in {0, 200, 206, 400, 401, 404, 405, 413, 416, 501, 505}, answer
    assert edge.get("/v1/edge")["counters"]["members"] == 1


@pytest.mark.parametrize(
    "head",
    [
        "GET /v1/edge?" + "x" * 5000 + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n",
        "GET /" + "x" * 300_000 + " HTTP/1.1\r\nHost: x\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: " + "x" * 2_000_000 + "\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n" * 400_000,
    ],
    ids=["query", "path", "header", "headers"],
)
def test_too_much(edge: Administered, head: str) -> None:
    answer = exchange(edge, (head.format(token=edge.token) + "\r\n").encode())
    assert status_of(answer) in {0, 400, 404, 413, 414, 431}
    assert edge.get("/v1/edge")["counters"]["members"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"uid":' * 8_000 + b"1" + b"}" * 8_000,
        b'{"uid":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"{",
        b"}",
        b"null",
        b"[]",
        b'"uid"',
        b'{"uid":1}{"uid":2}',
        b'{"uid":1} x',
        b'{"uid":1,}',
        b"{uid:1}",
        b'{"uid":1 /* all */}',
        b'{"uid":01x}',
        b'{"uid":nan}',
        b'{"channel":"\xff"}',
        b'{"channel":"\x00"}',
        b'{"channel":"\\u0000"}',
        b'{"channel":"\\ud800"}',
        b"\x00" * 1000,
        b"{" + b" " * 60_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_no_good_body(edge: Administered, body: bytes) -> None:
    answer = exchange(edge, request(edge, "POST /v1/kicks HTTP/1.1", body))
    assert status_of(answer) == 400
    head, _, text = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert json.loads(text)["status"] == 400
    assert edge.get("/v1/kicks")["kicks"] == []


def test_a_body_of_another_type(edge: Administered) -> None:
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    assert edge.ask("POST", "/v1/kicks", b"uid=1", headers=sent).status == 415
    assert edge.ask("GET", "/v1/edge", {"uid": 1}).status == 400


@pytest.mark.parametrize("token", ["", None])
def test_a_body_that_is_too_long(edge: Administered, token: str | None) -> None:
    answer = edge.ask("POST", "/v1/kicks", b" " * (64 * 1024 + 1), token=token)
    assert answer.status == (413 if token == "" else 401)
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    head = (
        f"POST /v1/kicks HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {edge.token if token == '' else 'wrong'}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    raw = exchange(edge, head.encode() + chunk * 1000 + b"0\r\n\r\n")
    assert status_of(raw) == answer.status


def test_who_is_refused_is_not_asked_to_go_on(edge: Administered) -> None:
    head = (
        "POST /v1/kicks HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
    )
    assert status_of(exchange(edge, head.encode(), patience=2)) == 401


def time_until_closed(edge: Administered, first: bytes, drip: bytes, times: list[float]) -> None:
    began = time.monotonic()
    with socket.create_connection(edge.address, timeout=0.3) as raw:
        raw.sendall(first)
        while time.monotonic() < began + 4 * REQUEST_SECONDS:
            try:
                raw.sendall(drip)
                if raw.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        times.append(time.monotonic() - began)


def test_whoever_is_slow_is_closed(edge: Administered) -> None:
    """Nothing at all, headers that never end, a body that comes in drops: each is closed after its time."""
    body = request(edge, "POST /v1/kicks HTTP/1.1", b" " * 1000).partition(b" " * 1000)[0]
    times: list[float] = []
    slow = [
        threading.Thread(target=time_until_closed, args=(edge, first, drip, times))
        for first, drip in [(b"", b""), (b"GET / HTTP/1.1\r\n", b"X: y\r\n"), (body, b" ")]
    ]
    for thread in slow:
        thread.start()
    assert edge.get("/v1/edge")["counters"]["members"] == 1
    for thread in slow:
        thread.join()
    assert len(times) == 3
    assert all(REQUEST_SECONDS - 1.5 < seconds < 3 * REQUEST_SECONDS for seconds in times), times


def test_so_many_connections(edge: Administered) -> None:
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(edge.address, timeout=PATIENCE))
            for _ in range(CONNECTIONS + 5)
        ]
        closed = []
        for raw in held[CONNECTIONS:]:
            with contextlib.suppress(ConnectionError):
                closed.append(raw.recv(1))
        assert set(closed) <= {b""}
        with pytest.raises((ConnectionError, OSError)):
            edge.get("/v1/edge")
        for raw in held[:10]:
            raw.close()
        assert eventually(lambda: asks_well(edge))
    assert eventually(lambda: asks_well(edge))


def asks_well(edge: Administered) -> bool:
    try:
        return edge.ask("GET", "/v1/edge").status == 200
    except OSError:
        return False


def test_one_request_for_each_connection(edge: Administered) -> None:
    one = request(edge, "GET /healthz HTTP/1.1")
    answer = exchange(edge, one * 200)
    assert answer.count(b'{"status":"ok"}') == 1
    assert b"Connection: close\r\n" in answer


def test_no_connection_stays_behind(edge: Administered) -> None:
    def open_files() -> int:
        return len(list(Path(f"/proc/{edge.process.pid}/fd").iterdir()))

    before = open_files()
    for _ in range(50):
        assert edge.ask("GET", "/healthz").status == 200
        socket.create_connection(edge.address, timeout=PATIENCE).close()
    eventually(lambda: open_files() <= before + 2)

    def connections() -> int:
        told = edge.ask("GET", "/metrics").body.decode()
        return int(told.partition("\nrejoin_http_connections ")[2].partition("\n")[0])

    eventually(lambda: connections() == 1)


def test_a_listener_that_reads_nothing(edge: Administered, tmp_path: Path) -> None:
    """It costs what is bounded; the others hear everything."""
    with socket.create_connection(edge.address, timeout=PATIENCE) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(request(edge, "GET /v1/events HTTP/1.1"))
        for _ in range(200):
            edge.ask("POST", "/v1/kicks", {"uid": 4_000_000_000, "seconds": 0})
        with joined(edge, 2):
            assert edge.get("/v1/edge")["counters"]["members"] == 2
    eventually(lambda: edge.get("/v1/edge")["counters"]["members"] == 1)
