"""Three rejoin-edge processes over a real nats-server: one channel for members of all of them.

Time is scaled by 0.1: silence is noticed after 0.4 s and told after 2 s.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest
import rejoin
from edge_program import LOOPBACK, Running, control, require_program
from nats_server import Nats, require_nats
from rejoin import Reason, State

SCALE = 0.1
OFFLINE = 20 * SCALE
SOON = 10.0  # seconds of real time, for what takes milliseconds on a quiet machine


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    require_program()
    require_nats()


@pytest.fixture
def nats() -> Iterator[Nats]:
    server = Nats().start()
    yield server
    server.stop()


class Cluster:
    """Edges of one cluster, and clients of them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.edges: list[Running] = []

    def edge(self, servers: str, name: str = "test", more: str = "") -> Running:
        number = len(self.edges)
        config = self.folder / f"edge{number}.conf"
        config.write_text(
            f"[edge]\ntime_scale={SCALE}\n[cluster]\nservers={servers}\nname={name}\n"
            f"hello=0.1\ndigest=0.5\n{more}"
        )
        data = self.folder / f"data{number}"
        edge = Running(
            *LOOPBACK,
            *("--config", str(config), "--data-dir", str(data)),
            log=self.folder / f"edge{number}.log",
        )
        self.edges.append(edge)
        self.stack.callback(_end, edge)
        return edge

    def three(self, nats: Nats) -> list[Running]:
        edges = [self.edge(nats.url()) for _ in range(3)]
        for edge in edges:
            edge.wait_for_log("connected to")
        return edges

    def data(self, edge: Running) -> Path:
        return self.folder / f"data{self.edges.index(edge)}"

    def client(self, *edges: Running, uid: int, **options: Any) -> rejoin.Client:
        return self.stack.enter_context(
            rejoin.Client(
                urls=[edge.said["url"] for edge in edges],
                uid=uid,
                fingerprint=[edge.said["fingerprint"] for edge in edges],
                time_scale=SCALE,
                **options,
            )
        )

    def member(self, *edges: Running, uid: int, **options: Any) -> rejoin.Client:
        client = self.client(*edges, uid=uid, **options)
        client.join("demo")
        client.wait_for("did_join_channel", timeout=SOON)
        return client


def _end(edge: Running) -> None:
    if edge.process.poll() is None:
        edge.process.kill()
    edge.process.communicate()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(tmp_path, stack)


def told_of(client: rejoin.Client) -> list[tuple[str, int | None]]:
    """What the client was told of its peers so far."""
    client.dispatch(0.0)
    return [(e.name, e.uid) for e in client.events if e.name in ("user_joined", "user_offline")]


def eventually(truth: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SOON
    while not truth():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def test_members_of_three_edges_see_each_other(nats: Nats, cluster: Cluster) -> None:  # P-1 P-2
    edges = cluster.three(nats)
    one, two, three = (cluster.member(edge, uid=uid) for uid, edge in enumerate(edges, 1))
    for client, peers in ((one, {2, 3}), (two, {1, 3}), (three, {1, 2})):
        eventually(
            lambda c=client, p=peers: {uid for _, uid in told_of(c)} == p, f"{told_of(client)}"
        )
    two.leave()
    for client in (one, three):
        gone = client.wait_for("user_offline", timeout=SOON, uid=2)
        assert gone.reason is rejoin.OfflineReason.QUIT


def test_other_clusters_are_others(nats: Nats, cluster: Cluster) -> None:
    home, away = cluster.edge(nats.url(), "home"), cluster.edge(nats.url(), "away")
    for edge in (home, away):
        edge.wait_for_log("connected to")
    one, two = cluster.member(home, uid=1), cluster.member(away, uid=2)
    time.sleep(1)
    assert told_of(one) == told_of(two) == []


def test_an_edge_is_killed(nats: Nats, cluster: Cluster) -> None:  # S-8 S-13 P-3 P-4
    home, away, far = cluster.three(nats)
    moves = cluster.member(home, away, uid=1)
    stays = cluster.member(home, uid=2)
    seer = cluster.member(far, uid=3)
    eventually(lambda: {uid for _, uid in told_of(seer)} == {1, 2}, "both are seen")
    stays.link.cut()
    home.process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    moves.wait_for("did_rejoin_channel", timeout=SOON)
    gone = seer.wait_for("user_offline", timeout=SOON, uid=2)
    assert gone.reason is rejoin.OfflineReason.DROPPED
    assert time.monotonic() - killed > OFFLINE - 0.5
    assert ("user_offline", 1) not in told_of(seer)
    assert moves.state is State.CONNECTED
    stays.close()


def test_nats_server_is_restarted(nats: Nats, cluster: Cluster) -> None:
    home, away, _ = cluster.three(nats)
    one, two = cluster.member(home, uid=1), cluster.member(away, uid=2)
    one.wait_for("user_joined", timeout=SOON, uid=2)
    two.wait_for("user_joined", timeout=SOON, uid=1)
    nats.stop()
    home.wait_for_log("is lost. Members stay")
    three = cluster.member(home, uid=3)  # each edge goes on
    one.wait_for("user_joined", timeout=SOON, uid=3)
    nats.start()
    two.wait_for("user_joined", timeout=SOON, uid=3)
    three.wait_for("user_joined", timeout=SOON, uid=2)
    assert one.state is two.state is three.state is State.CONNECTED
    home.wait_for_log("connected to", times=2)


def test_the_same_uid_at_two_edges(nats: Nats, cluster: Cluster) -> None:  # S-16 P-3
    home, away, far = cluster.three(nats)
    seer = cluster.member(far, uid=2)
    first = cluster.member(home, uid=1)
    seer.wait_for("user_joined", timeout=SOON, uid=1)
    second = cluster.member(away, uid=1)
    lost = first.wait_for("connection_changed", timeout=SOON, state=State.FAILED)
    assert lost.reason is Reason.SAME_UID_LOGIN
    time.sleep(OFFLINE)
    assert told_of(seer) == [("user_joined", 1)]
    assert second.state is State.CONNECTED


def test_a_kick_holds_everywhere(nats: Nats, cluster: Cluster) -> None:  # A-1 S-15 P-8
    home, away, far = cluster.three(nats)
    one, two = cluster.member(home, uid=1), cluster.member(away, uid=2)
    two.wait_for("user_joined", timeout=SOON, uid=1)
    control(cluster.data(far), "kick", "uid=1", "seconds=600")
    kicked = one.wait_for("connection_changed", timeout=SOON, state=State.FAILED)
    assert kicked.reason is Reason.BANNED_BY_SERVER
    assert two.wait_for("user_offline", timeout=SOON, uid=1).reason is rejoin.OfflineReason.QUIT
    for edge in (home, away, far):
        again = cluster.client(edge, uid=1)
        again.join("demo")
        refused = again.wait_for("connection_changed", timeout=SOON, state=State.FAILED)
        assert refused.reason is Reason.BANNED_BY_SERVER


def test_wrong_credentials_are_said_and_the_edge_serves_alone(cluster: Cluster) -> None:
    server = Nats("--user", "edge", "--pass", "right-secret").start()
    try:
        good = cluster.edge(server.url("edge:right-secret@"))
        bad = cluster.edge(server.url("edge:wrong-secret@"))
        good.wait_for_log("connected to")
        log = bad.wait_for_log("Authorization Violation. This edge serves alone")
        cluster.member(bad, uid=1)
        time.sleep(1)
        log = bad.wait_for_log("Authorization Violation")
        assert log.count("Authorization Violation") == 1, "once per change"
        for edge in (good, bad):
            assert "secret" not in edge.wait_for_log("cluster test: ")
    finally:
        server.stop()


def test_nats_server_comes_late(cluster: Cluster) -> None:
    server = Nats()
    home, away = cluster.edge(server.url()), cluster.edge(server.url())
    one, two = cluster.member(home, uid=1), cluster.member(away, uid=2)
    home.wait_for_log("nothing answers there. This edge serves alone")
    server.start()
    try:
        one.wait_for("user_joined", timeout=SOON, uid=2)
        two.wait_for("user_joined", timeout=SOON, uid=1)
    finally:
        server.stop()
