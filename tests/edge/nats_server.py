"""A real nats-server, as the tests of clusters start and kill it, and a bare client of it that says what it likes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest

NATS = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")


def require_nats() -> None:
    """Skips the test, or fails it where everything has to be there."""
    if NATS is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no nats-server here; under CI nothing may be missing")
        pytest.skip("there is no nats-server here; ./dev setup installs it")


class Nats:
    """A nats-server at an address that stays."""

    def __init__(self, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.arguments = arguments
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Nats:
        assert NATS is not None
        self.process = subprocess.Popen(
            [NATS, "-a", "127.0.0.1", "-p", str(self.port), *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def url(self, secret: str = "") -> str:
        return f"nats://{secret}127.0.0.1:{self.port}"


class Stranger:
    """Somebody on the bus who is no edge: hears all of it, and publishes what he is told to."""

    def __init__(self, nats: Nats) -> None:
        self.heard: list[tuple[str, bytes]] = []  # by subject, but for his own
        self.socket = socket.create_connection(("127.0.0.1", nats.port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.pongs = threading.Semaphore(0)
        self.lock = threading.Lock()
        assert self.file.readline().startswith(b"INFO ")
        self.send(
            b"CONNECT %s\r\nSUB > 1\r\n" % json.dumps({"verbose": False, "echo": False}).encode()
        )
        self.socket.settimeout(None)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        self.sync()

    def send(self, data: bytes) -> None:
        with self.lock:
            self.socket.sendall(data)

    def _listen(self) -> None:
        while line := self.file.readline():
            words = line.split()
            if words[0] == b"MSG":
                data = self.file.read(int(words[-1]) + 2)[:-2]
                self.heard.append((words[1].decode(), data))
            elif words[0] == b"PING":
                self.send(b"PONG\r\n")
            elif words[0] == b"PONG":
                self.pongs.release()
            else:
                raise AssertionError(line)

    def publish(self, subject: str, data: bytes) -> None:
        self.send(b"PUB %s %d\r\n%s\r\n" % (subject.encode(), len(data), data))

    def sync(self) -> None:
        """Returns once the server has all that was sent."""
        self.send(b"PING\r\n")
        assert self.pongs.acquire(timeout=10)

    def listen_for(self, seconds: float) -> list[tuple[str, bytes]]:
        """What is said on the bus in that time."""
        before = len(self.heard)
        time.sleep(seconds)
        return self.heard[before:]

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.file.close()
        self.socket.close()
