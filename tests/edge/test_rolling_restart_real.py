"""Three rejoin-edge processes over a real nats-server, and members that were given the url and fingerprint of one.

Edges are drained and started again as a service manager does it, the bus dies, an edge is killed, a stranger
publishes on the bus; and the peers hear of nothing (A-4, P-3).

REJOIN_TEST_MEMBERS and REJOIN_TEST_DRAIN (seconds) make the rolling restart a larger one than fits into a test run.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest
import rejoin
from edge_program import Running, require_program
from nats_server import Nats, Stranger, require_nats
from rejoin import State

MEMBERS = int(os.environ.get("REJOIN_TEST_MEMBERS", "1000"))
DRAIN = float(os.environ.get("REJOIN_TEST_DRAIN", "2"))
OFFLINE = 20.0  # seconds, times the scale: N-4
CLUSTER = "restart"
TO_ALL = f"rejoin.{CLUSTER}.e"
SOON = 20.0  # seconds of real time, for what takes milliseconds on a quiet machine
PEER_EVENTS = {"user_joined", "user_offline", "user_interrupted", "user_resumed"}


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    require_program()
    require_nats()


class Edge:
    """An edge of the cluster under its service manager: it keeps its address and its data directory."""

    def __init__(self, folder: Path, number: int, nats: Nats, scale: float, drain: float) -> None:
        self.log = folder / f"edge{number}.log"
        self.config = folder / f"edge{number}.conf"
        self.config.write_text(
            f"[edge]\ntime_scale={scale}\ndrain={drain}\n"
            f"[cluster]\nservers={nats.url()}\nname={CLUSTER}\nhello={scale}\ndigest={5 * scale}\n"
            f"[http]\nmetrics_open=true\n"
        )
        self.data = folder / f"data{number}"
        self.port = 0
        self.start()

    def start(self) -> None:
        """Ready on return."""
        self.running = Running(
            *("--listen", f"udp://127.0.0.1:{self.port}", "--http", "127.0.0.1:0"),
            *("--config", str(self.config), "--data-dir", str(self.data)),
            log=self.log,
        )
        self.port = self.running.port

    def restart(self) -> None:
        """As `systemctl restart`: it drains, ends, and is there again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        self.running.process.send_signal(signal.SIGTERM)
        assert self.running.process.wait(DRAIN + 5 + SOON) == 0
        self._ended()

    def kill(self) -> None:
        self.running.process.kill()
        self.running.process.wait()
        self._ended()

    def _ended(self) -> None:
        assert self.running.process.stdout is not None
        self.running.process.stdout.close()

    def ask(self, path: str) -> tuple[int, str]:
        address = self.running.said["http"].removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=SOON)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name: str) -> int:
        """Its value, summed over what its labels tell apart."""
        lines = re.findall(rf"^{name}(?:{{.*}})? (\d+)$", self.ask("/metrics")[1], re.MULTILINE)
        assert lines, name
        return sum(map(int, lines))


class Crowd:
    """Edges, and members in channels; each member knows one edge."""

    def __init__(self, folder: Path, stack: ExitStack, nats: Nats) -> None:
        self.folder = folder
        self.stack = stack
        self.nats = nats
        self.edges: list[Edge] = []
        self.channels: dict[rejoin.Client, str] = {}
        self.scale = 1.0

    def three(self, scale: float) -> list[Edge]:
        self.scale = scale
        for number in range(3):
            edge = Edge(self.folder, number, self.nats, scale, DRAIN)
            self.edges.append(edge)
            self.stack.callback(lambda e=edge: e.running.process.poll() is None and e.kill())
        return self.edges

    def await_cluster(self) -> None:
        eventually(
            lambda: all(edge.metric("rejoin_cluster_edges") == 2 for edge in self.edges),
            "each edge knows both others",
        )

    def member(self, edge: Edge, uid: int, channel: str) -> rejoin.Client:
        """One that was asked to join."""
        options: dict[str, Any] = {"own_socket": uid % 5 == 0, "peer_interruptions": uid % 7 == 0}
        client = rejoin.Client(
            edge.running.said["url"],
            uid,
            fingerprint=edge.running.said["fingerprint"],
            time_scale=self.scale,
            **options,
        )
        self.stack.enter_context(client)
        client.join(channel)
        self.channels[client] = channel
        return client

    def fill(self, count: int) -> None:
        """So many members in channels of 10 to 50, over all edges; on return all see each other."""
        drawn, uid = random.Random(count), 1
        for channel in range(count):
            for _ in range(min(drawn.randint(10, 50), count + 1 - uid)):
                self.member(self.edges[uid % 3], uid, f"channel-{channel}")
                uid += 1
        self.await_whole()

    # ---- what is seen

    def seen(self, client: rejoin.Client) -> set[int]:
        """Whom the client holds for there."""
        uids: set[int] = set()
        for event in client.events:
            if event.name == "user_joined":
                uids.add(event.uid)
            elif event.name == "user_offline":
                uids.discard(event.uid)
        return uids

    def wrong(self) -> list[str]:
        """The members that are not CONNECTED, or do not see just the others of their channel."""
        there: dict[str, set[int]] = {}
        for client, channel in self.channels.items():
            there.setdefault(channel, set()).add(client.uid)
        found = []
        for client, channel in self.channels.items():
            others, seen = there[channel] - {client.uid}, self.seen(client)
            if client.state is not State.CONNECTED or seen != others:
                found.append(f"{client!r} sees {len(seen)} of {len(others)}")
        return found

    def await_whole(self) -> None:
        """All are CONNECTED and see each other."""
        eventually(lambda: not self.wrong(), self.wrong, every=0.2)

    def await_refused(self, count: int) -> None:
        """Each edge has refused so many messages of the bus, or more."""
        for edge in self.edges:
            eventually(
                lambda e=edge: e.metric("rejoin_bus_refused_total") >= count,
                lambda e=edge: f"{e.metric('rejoin_bus_refused_total')} of {count} are refused",
            )

    def now(self) -> float:
        return next(iter(self.channels)).now

    def outages(self, since: float) -> Counter[int]:
        """How often each member was RECONNECTING; by uid."""
        return Counter(
            client.uid
            for client in self.channels
            for event in client.events
            if event.name == "connection_changed"
            and event.time >= since
            and event.state is State.RECONNECTING
        )

    def peer_events(self, since: float, names: set[str] = PEER_EVENTS) -> list[str]:
        return [
            f"uid {client.uid}: {event}"
            for client in self.channels
            for event in client.events
            if event.name in names and event.time >= since
        ]


def eventually(truth: Callable[[], object], what: object, every: float = 0.02) -> None:
    end = time.monotonic() + SOON
    while not truth():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(every)


@pytest.fixture
def nats() -> Iterator[Nats]:
    server = Nats().start()
    yield server
    server.stop()


@pytest.fixture
def crowd(tmp_path: Path, nats: Nats) -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(tmp_path, stack, nats)


def test_rolling_restart(crowd: Crowd) -> None:  # A-4 P-3 P-10
    scale = 0.5
    edges = crowd.three(scale)
    crowd.await_cluster()
    crowd.fill(MEMBERS)
    began = crowd.now()
    for edge in edges:  # each once the one before is ready, and no later
        before = crowd.now()
        edge.restart()
        assert max(crowd.outages(before).values(), default=0) <= 1
    time.sleep((OFFLINE + 2) * scale)  # what was in doubt would be told by now
    print(f"{MEMBERS} members; {sum(crowd.outages(began).values())} outages")
    assert crowd.peer_events(began) == []
    assert crowd.wrong() == []
    assert sum(edge.metric("rejoin_members") for edge in edges) == MEMBERS


def test_nats_server_dies_during_a_restart(crowd: Crowd, nats: Nats) -> None:  # A-4 P-3
    edges = crowd.three(1)
    crowd.await_cluster()
    crowd.fill(60)
    began = crowd.now()
    nats.stop()
    stopped = time.monotonic()
    for edge in edges:
        eventually(lambda e=edge: e.metric("rejoin_bus_connected") == 0, "it says so")
        status, ready = edge.ask("/readyz")
        assert status == 200
        assert '"bus":false' in ready.replace(" ", "")
    edges[0].restart()
    time.sleep(max(0.0, stopped + 10 - time.monotonic()))
    assert max(crowd.outages(began).values(), default=0) <= 1
    nats.start()
    eventually(lambda: all(e.metric("rejoin_bus_connected") == 1 for e in edges), "by itself")
    for edge in edges:
        assert '"bus":true' in edge.ask("/readyz")[1].replace(" ", "")
    crowd.await_cluster()
    time.sleep(max(0.0, stopped + OFFLINE + 4 - time.monotonic()))
    assert crowd.peer_events(began, {"user_joined", "user_offline"}) == []
    assert crowd.wrong() == []
    assert sum(edge.metric("rejoin_members") for edge in edges) == 60


def test_an_edge_is_killed(crowd: Crowd) -> None:  # S-8 P-3 N-4
    scale = 0.25
    edges = crowd.three(scale)
    crowd.await_cluster()
    crowd.fill(60)
    began = crowd.now()
    edges[0].kill()
    time.sleep((OFFLINE + 4) * scale)
    hit = crowd.outages(began)
    assert sorted(hit) == [uid for uid in range(1, 61) if uid % 3 == 0]
    assert set(hit.values()) == {1}
    assert crowd.peer_events(began, {"user_joined", "user_offline"}) == []
    assert crowd.wrong() == []
    assert sum(edge.metric("rejoin_members") for edge in edges[1:]) == 60


def test_edges_are_there_before_nats_server(crowd: Crowd, nats: Nats) -> None:
    nats.stop()
    edges = crowd.three(0.25)
    for uid in range(1, 13):
        crowd.member(edges[uid % 3], uid, "demo")
    eventually(
        lambda: all(client.state is State.CONNECTED for client in crowd.channels),
        "each at its edge",
    )
    assert [edge.metric("rejoin_bus_connected") for edge in edges] == [0, 0, 0]
    nats.start()
    crowd.await_whole()
    assert crowd.outages(0) == {}


def test_a_stranger_on_the_bus(crowd: Crowd, nats: Nats) -> None:
    edges = crowd.three(0.25)
    crowd.await_cluster()
    crowd.fill(30)
    stranger = Stranger(nats)
    try:
        crowd.member(edges[0], 31, "channel-0")
        crowd.await_whole()
        said = stranger.listen_for(2)
        assert len({data for _, data in said}) > 20
        assert [edge.metric("rejoin_bus_refused_total") for edge in edges] == [0, 0, 0]
        began = crowd.now()
        noise = _noise()
        for data in noise:
            stranger.publish(TO_ALL, data)
        crowd.await_refused(len(noise))
        bad = _say_what_nobody_believes(stranger, said, noise)
        crowd.await_refused(len(noise) + bad)
        time.sleep((OFFLINE + 2) * crowd.scale)
    finally:
        stranger.close()
    assert crowd.peer_events(began) == []
    assert crowd.outages(began) == {}
    assert crowd.wrong() == []
    for edge in edges:
        assert edge.metric("rejoin_bus_connected") == 1
        assert edge.metric("rejoin_cluster_edges") == 2
        assert edge.metric("rejoin_kicks") == 0
        assert edge.log.read_text().count("was refused") == 1, "logged, and not as often"


def _noise() -> list[bytes]:
    drawn = random.Random(6)
    sizes = [0, 1, 10, 1000, 16 << 10, 17 << 10, 70000, 1 << 20]
    return [drawn.randbytes(size) for size in sizes + [drawn.randrange(200) for _ in range(300)]]


def _say_what_nobody_believes(
    stranger: Stranger, said: list[tuple[str, bytes]], noise: list[bytes]
) -> int:
    """Noise on all subjects but one; what edges said cut short, lengthened, of another version, elsewhere, once more.

    Returns how much of it all edges hear and must refuse.
    """
    drawn = random.Random(7)
    strange = [f"rejoin.{CLUSTER}.{rest}" for rest in ("e.0123456789abcdef", "c.-.x", "x")]
    for subject in {*strange, *(subject for subject, _ in said)} - {TO_ALL}:
        for data in noise:
            stranger.publish(subject, data)
    bad = 0
    for subject, data in said:
        assert data[:2] == b"\x08\x01", "version 1"
        spoilt = [data[:-1], data + b"\xff", b"\x08\x02" + data[2:]]
        for one in spoilt:
            stranger.publish(subject, one)
            stranger.publish(drawn.choice(strange), one)
        stranger.publish(subject, data)  # its edge hears itself, the others what they know
        bad += len(spoilt) if subject == TO_ALL else 0
    stranger.sync()
    return bad
