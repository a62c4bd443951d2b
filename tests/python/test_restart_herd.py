"""An edge that restarts under many members (section 5): all are back in time, nobody hears of it, and they come
back at a rate that the edge bounds by "busy"."""

from __future__ import annotations

import pytest
from rejoin import Reason, State
from story import since, told

OFFLINE = 20  # N-4: who is back by then was never gone for the others


def channel_of(uid, size):
    return f"demo-{uid // size}"


def herd(sim, edge, count, size):
    """So many members, in channels of `size`, and all is quiet."""
    clients = [sim.client(edge, uid=uid) for uid in range(1, count + 1)]
    for client in clients:
        client.join(channel_of(client.uid, size))
    sim.run_until(lambda: edge.counters["members"] == count, limit=30, every=0.1)
    sim.run(15)
    return clients


def watch(sim, edge, seconds):
    """How many members the edge has, every 0.1 s."""
    seen = []
    for _ in range(round(seconds * 10)):
        sim.run(0.1)
        seen.append(edge.counters["members"])
    return seen


def assert_rate(seen, rate):
    """So many at once, and then so many a second."""
    for i, count in enumerate(seen):
        assert count <= rate + rate * (i + 1) / 10


@pytest.mark.parametrize("how", ["restart", "crash"])
@pytest.mark.parametrize(
    ("count", "size", "limits", "rate"),
    [(200, 200, {"accepts_per_second": 40}, 40), (1000, 100, {}, 500)],
)
def test_all_return_and_nobody_hears_of_it(sim, how, count, size, limits, rate):  # S-9 P-10 A-3
    edge = sim.edge(limits=limits)
    clients = herd(sim, edge, count, size)
    began = sim.now
    if how == "crash":
        edge.crash()
        sim.run(1)
    edge.restart()
    seen = watch(sim, edge, OFFLINE)
    assert seen[-1] == count
    assert_rate(seen, rate)
    assert edge.counters["busy"] > 0
    sim.run(OFFLINE)  # what was in doubt would be told by now
    for client in clients:
        assert [told(event) for event in since(client, began)] == [
            ("connection_changed", State.RECONNECTING, Reason.KEEP_ALIVE_TIMEOUT),
            ("connection_changed", State.CONNECTED, Reason.JOIN_SUCCESS),
            ("did_rejoin_channel", channel_of(client.uid, size), client.uid),
        ]
