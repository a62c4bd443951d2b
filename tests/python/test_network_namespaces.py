"""Clients whose real network changes: they and the edge live in network namespaces with two cables between them.

Needs root and iproute2. Without them nothing is tested, unless CI says that everything must be.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rejoin
from rejoin import Network, Reason, State
from story import names

CLONE_NEWNET = 0x40000000
EDGE = "rejoin://10.99.0.1:7443"
# Those who shall notice nothing are patient, so that a busy machine is no outage.
PATIENT = {"beat": 0.3, "interrupted": 3.0}
SHORT = {"beat": 0.3, "interrupted": 1.0}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 and os.environ.get("CI") != "true",
    reason="needs root: network namespaces",
)


class Namespace:
    """A network namespace that lives as long as a process which sleeps in it."""

    def __init__(self) -> None:
        self._sleeper = subprocess.Popen(["unshare", "--net", "sleep", "100"])
        self.pid = self._sleeper.pid
        self.path = f"/proc/{self.pid}/ns/net"
        ours = Path("/proc/self/ns/net").readlink()
        for _ in range(1000):
            if Path(self.path).readlink() != ours:
                break
            time.sleep(0.005)
        else:
            pytest.fail("no network namespace can be made")
        self.run("ip link set lo up")

    def run(self, command: str) -> None:
        """Run a shell's command in it."""
        subprocess.run(["nsenter", f"--net={self.path}", "sh", "-ec", command], check=True)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and the runtimes that it makes, are in it."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(self.path) as there:
            assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), CLONE_NEWNET) == 0

    def close(self) -> None:
        self._sleeper.kill()
        self._sleeper.wait()


@dataclass
class Town:
    """Cable n: the edge's end is 10.77.n.1, the client's is cn with 10.77.n.2. The edge also is 10.99.0.1."""

    here: Namespace  # the clients'
    there: Namespace
    edge: rejoin.Edge
    runtime: rejoin.Runtime

    def client(self, **options: object) -> rejoin.Client:
        return rejoin.Client(
            EDGE, uid=1, fingerprint=self.edge.fingerprint, runtime=self.runtime, **options
        )

    def go_by(self, cable: int) -> None:
        self.here.run(f"ip route replace default via 10.77.{cable}.1")


@pytest.fixture
def town() -> Iterator[Town]:
    with contextlib.ExitStack() as stack:
        here, there = Namespace(), Namespace()
        stack.callback(here.close)
        stack.callback(there.close)
        there.run("ip addr add 10.99.0.1/32 dev lo")
        for n in (1, 2):
            there.run(
                f"ip link add e{n} type veth peer name c{n} netns {here.pid};"
                f"ip addr add 10.77.{n}.1/24 dev e{n}; ip link set e{n} up"
            )
            here.run(f"ip addr add 10.77.{n}.2/24 dev c{n}; ip link set c{n} up")
        with there.inside():
            edge = stack.enter_context(rejoin.Edge(listen="udp://0.0.0.0:7443"))
        with here.inside():
            runtime = stack.enter_context(rejoin.Runtime())
        made = Town(here, there, edge, runtime)
        made.go_by(1)
        yield made


def wait_for_proof(client: rejoin.Client) -> None:
    since = client.now + 0.05
    for _ in range(3000):
        if (client.last_heard or 0) > since:
            return
        time.sleep(0.005)
    pytest.fail("nothing is acknowledged any more")


def joined(client: rejoin.Client) -> None:
    client.join("demo")
    client.wait_for("did_join_channel", timeout=10)


def states(client: rejoin.Client) -> list[tuple[State, Reason]]:
    return [(e.state, e.reason) for e in client.events if e.name == "connection_changed"]


def test_the_way_moves_to_another_cable(town):  # S-10
    with town.client(timers=PATIENT) as one:
        joined(one)
        for cable in (2, 1):
            town.go_by(cable)
            one.wait_for("network_changed", timeout=5)
            wait_for_proof(one)
        assert one.state is State.CONNECTED
        assert names(one.events).count("network_changed") == 2
        assert states(one)[-1] == (State.CONNECTED, Reason.JOIN_SUCCESS)
        assert len(states(one)) == 2


def test_one_interface_goes_and_another_takes_its_place(town):  # S-10
    with town.client(timers=PATIENT) as one:
        joined(one)
        town.here.run("ip link set c1 down; ip route add default via 10.77.2.1")
        one.wait_for("network_changed", timeout=5)
        wait_for_proof(one)
        assert len(states(one)) == 2


def test_an_interface_gets_another_address(town):  # S-10
    with town.client(timers=PATIENT) as one:
        joined(one)
        town.here.run(
            "ip addr del 10.77.1.2/24 dev c1; ip addr add 10.77.1.3/24 dev c1;"
            "ip route replace default via 10.77.1.1"
        )
        one.wait_for("network_changed", timeout=5)
        wait_for_proof(one)
        assert len(states(one)) == 2


def test_no_network_at_all(town):  # S-8 S-10 S-13 N-2
    with town.client(timers=SHORT) as one:
        joined(one)
        town.here.run("ip link set c1 down; ip link set c2 down")
        assert one.wait_for("network_changed", timeout=5).network is Network.DISCONNECTED
        one.wait_for("connection_changed", timeout=5, reason=Reason.INTERRUPTED)
        town.here.run("ip link set c2 up; ip route add default via 10.77.2.1")
        one.wait_for("did_rejoin_channel", timeout=15)
        for _ in range(100):  # the system's news may come after the packets
            if names(one.events).count("network_changed") == 2:
                break
            time.sleep(0.05)
        assert names(one.events).count("network_changed") == 2


def test_a_new_way_that_leads_nowhere(town):  # S-10 N-2
    with town.client(timers=SHORT) as one:
        joined(one)
        town.there.run("ip addr del 10.77.2.1/24 dev e2")
        town.go_by(2)
        changed = one.wait_for("connection_changed", timeout=5, state=State.RECONNECTING)
        assert changed.reason is Reason.CLIENT_IP_ADDRESS_CHANGED
        town.go_by(1)
        one.wait_for("did_rejoin_channel", timeout=15)


CHILD = """
import subprocess, sys, rejoin
with rejoin.Client(sys.argv[1], uid=1, fingerprint=sys.argv[2]) as one:
    one.join("demo")
    one.wait_for("did_join_channel", timeout=10)
    subprocess.run(["ip", "route", "replace", "default", "via", "10.77.2.1"], check=True)
    print(one.wait_for("network_changed", timeout=10).network.name)
"""


def test_what_kind_of_network_it_is(town):  # S-10
    # /sys shows the interfaces of the namespace that it was mounted in.
    inner = 'mount -t sysfs sysfs /sys && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", inner, "sh", sys.executable, "-c", CHILD]
    told = subprocess.run(
        ["nsenter", f"--net={town.here.path}", *command, EDGE, town.edge.fingerprint],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert told.stdout.strip() == "LAN"
