"""Webhooks: signed, in order, each event once for a receiver that looks, whatever the receiver does."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from http_edge import Administered, eventually, joined
from test_http_openapi import SCHEMAS, complaints

SECRET = "a secret of the receiver's".replace(" ", "-")


class Receiver:
    """Takes deliveries; `answer` decides how each is answered."""

    def __init__(self, port: int = 0) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], int] = lambda number: 204
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.deliveries.append((dict(self.headers.items()), body))
                status = receiver.answer(len(receiver.deliveries))
                if status == 0:  # goes away in the middle
                    self.close_connection = True
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of all deliveries, each taken once."""
        seen: dict[str, list[dict[str, Any]]] = {}
        for _, body in self.deliveries:
            told = json.loads(body)
            assert seen.setdefault(told["delivery"], told["events"]) == told["events"]
        return [event for events in seen.values() for event in events]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def edge_with(tmp_path: Path, port: int, more: str = "", *, listen: str = "127.0.0.1:0") -> Any:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    config = tmp_path / "edge.conf"
    config.write_text(
        f"[webhooks]\nurl=http://127.0.0.1:{port}/hook?a=b\nsecret_file={secret}\n{more}"
    )
    return Administered("--config", str(config), "--data-dir", str(tmp_path / "d"), listen=listen)


def told(receiver: Receiver) -> list[tuple[str, int | None]]:
    return [(event["event"], event["uid"]) for event in receiver.events]


def counts(edge: Administered) -> dict[str, int]:
    found: dict[str, int] = edge.get("/v1/edge")["webhooks"]
    return found


def verified(headers: dict[str, str], body: bytes) -> bool:
    """As docs/http.md has it."""
    parts = dict(part.split("=", 1) for part in headers["Rejoin-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256)
    fresh = abs(time.time() - int(parts["t"])) < 300
    return fresh and hmac.compare_digest(parts["v1"], expected.hexdigest())


def test_events_are_delivered(tmp_path: Path, receiver: Receiver) -> None:
    edge = edge_with(tmp_path, receiver.port)
    try:
        with joined(edge, 1) as one:
            one.leave()
            eventually(lambda: ("left", 1) in told(receiver))
        assert told(receiver) == [("channel_opened", None), ("joined", 1), ("left", 1)]
        assert [event["number"] for event in receiver.events] == [1, 1, 2]
        for headers, body in receiver.deliveries:
            assert verified(headers, body)
            assert not verified(headers, body + b" ")
            assert headers["Content-Type"] == "application/json"
            assert headers["Idempotency-Key"] == json.loads(body)["delivery"]
            assert complaints(json.loads(body), SCHEMAS["Delivery"]) == []
        eventually(lambda: counts(edge)["delivered"] == 3)
        assert counts(edge) == {"queued": 0, "delivered": 3, "failed": 0, "dropped": 0}
        assert SECRET not in edge.ask("GET", "/metrics").body.decode()
    finally:
        assert SECRET not in edge.end()


def test_only_those_that_are_wanted(tmp_path: Path, receiver: Receiver) -> None:
    edge = edge_with(tmp_path, receiver.port, "events = left , removed\n")
    try:
        with joined(edge, 1) as one, joined(edge, 2):
            edge.ask("POST", "/v1/kicks", {"uid": 2})
            eventually(lambda: told(receiver) == [("removed", 2)])
            one.leave()
            eventually(lambda: told(receiver) == [("removed", 2), ("left", 1)])
    finally:
        edge.end()


@pytest.mark.parametrize("status", [500, 404, 302, 0])
def test_a_delivery_that_fails_is_tried_again(
    tmp_path: Path, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda number: status if number < 3 else 204
    edge = edge_with(tmp_path, receiver.port, "events=joined,left\n")
    try:
        with joined(edge, 1) as one:
            one.leave()
            one.wait_for("did_leave_channel", timeout=10)
        with joined(edge, 2):
            eventually(lambda: ("joined", 2) in told(receiver))
        assert told(receiver)[:3] == [("joined", 1), ("left", 1), ("joined", 2)]
        first = [json.loads(body)["delivery"] for _, body in receiver.deliveries[:3]]
        assert len(set(first)) == 1
        assert len({body for _, body in receiver.deliveries[:3]}) == 1
        assert all(verified(*delivery) for delivery in receiver.deliveries)
        assert counts(edge)["failed"] == 2
    finally:
        edge.end()


def test_a_receiver_that_is_slow(tmp_path: Path, receiver: Receiver) -> None:
    """While one delivery is under way the events wait, and then come together."""
    go = threading.Event()

    def slowly(number: int) -> int:
        if number == 1:
            go.wait(10)
        return 204

    receiver.answer = slowly
    edge = edge_with(tmp_path, receiver.port, "events=joined\n")
    try:
        with joined(edge, 1), joined(edge, 2), joined(edge, 3):
            eventually(lambda: counts(edge)["queued"] == 3)
            eventually(lambda: len(receiver.deliveries) == 1)
            go.set()
            eventually(lambda: counts(edge)["delivered"] == 3)
        assert [len(json.loads(body)["events"]) for _, body in receiver.deliveries] == [1, 2]
    finally:
        edge.end()


def test_a_receiver_that_comes_later(tmp_path: Path, receiver: Receiver) -> None:
    port = receiver.port
    receiver.close()
    edge = edge_with(tmp_path, port, "events=joined\n")
    try:
        with joined(edge, 1):
            eventually(lambda: counts(edge)["failed"] >= 2)
            late = Receiver(port)
            try:
                eventually(lambda: told(late) == [("joined", 1)])
            finally:
                late.close()
    finally:
        log = edge.end()
    assert log.count("webhooks: 127.0.0.1:") == 1  # not once for each try
    receiver.thread = threading.Thread()  # closed already
    receiver.close = lambda: None  # type: ignore[method-assign]


def test_what_was_not_delivered_is_told_at_the_end(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer = lambda number: 503
    edge = edge_with(tmp_path, receiver.port, "events=joined\n")
    with joined(edge, 1):
        eventually(lambda: receiver.deliveries)
    assert "1 events were not delivered" in edge.end()


def test_without_administration(tmp_path: Path, receiver: Receiver) -> None:
    edge = edge_with(tmp_path, receiver.port, "events=joined\n", listen="")
    try:
        assert "http" not in edge.said
        with joined(edge, 1):
            eventually(lambda: told(receiver) == [("joined", 1)])
    finally:
        edge.end()
