"""A rejoin-edge that is administered over HTTP, as its own process, and how tests ask it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import rejoin

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REJOIN_BUILD_DIR", ROOT / "build" / "debug"))
PROGRAM = BUILD / "core" / "edge" / "program" / "rejoin-edge"
PATIENCE = 10  # seconds that anything may take on a busy machine


def built_program() -> Path:
    """rejoin-edge, or the test is skipped: it is not built, or built without libsoup."""
    missing = None
    if not PROGRAM.exists():
        missing = f"{PROGRAM} is not built"
    elif not (BUILD / "core" / "edge" / "program" / "http" / "assets.c").exists():
        missing = "rejoin-edge is built without libsoup and json-glib"
    if missing is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(f"{missing}; ./dev setup and ./dev build do it")
    return PROGRAM


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Administered:
    """A started edge, its URL and its token."""

    def __init__(self, *arguments: str, listen: str = "127.0.0.1:0") -> None:
        self.process = subprocess.Popen(
            [
                built_program(),
                "--listen",
                "udp://127.0.0.1:0",
                *(("--http", listen) if listen else ()),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            self.said[word] = rest
            if word == "ready":
                break
        else:
            assert self.process.stderr is not None
            raise AssertionError(f"it ended before it was ready: {self.process.stderr.read()}")
        self.token = Path(self.said["http_token"]).read_text().strip() if listen else ""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.said["http"])
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """token "": its own; None: none. A body that is no bytes is sent as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def end(self) -> str:
        """What it wrote to standard error; it ended well."""
        if self.process.poll() is None:
            self.process.terminate()
        _, log = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, log
        return log

    def client(self, uid: int, **options: Any) -> rejoin.Client:
        return rejoin.Client(
            self.said["url"], uid=uid, fingerprint=self.said["fingerprint"], **options
        )


def joined(edge: Administered, uid: int, channel: str = "demo", **options: Any) -> rejoin.Client:
    client = edge.client(uid, **options)
    client.join(channel)
    client.wait_for("did_join_channel", timeout=PATIENCE)
    return client


def eventually(what: Callable[[], Any]) -> Any:
    """What it gives once it is true."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)
    return found


@dataclass
class Told:
    """One server-sent event; a comment has only a text."""

    name: str
    data: dict[str, Any]
    id: str


class Listener:
    """An open event stream."""

    def __init__(self, edge: Administered, query: str = "", last: str | None = None) -> None:
        self.connection = http.client.HTTPConnection(*edge.address, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {edge.token}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", f"/v1/events{query}", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        self.events = self._read()
        self.hello = next(self.events)
        assert self.hello.name == "hello"

    def _read(self) -> Iterator[Told]:
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n" and fields:
                yield Told(fields["event"], json.loads(fields["data"]), fields["id"])
                fields = {}
            elif name:
                fields[name] = value

    def next(self, name: str | None = None) -> Told:
        """The next event, or the next of that name."""
        for event in self.events:
            if name is None or event.name == name:
                return event
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()
