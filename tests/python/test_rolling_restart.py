"""Three edges that are one cluster, and members that were given the url and the fingerprint of one of them: edges are
drained and restarted one after the other, or die, and the peers hear of nothing (A-4, P-3)."""

from __future__ import annotations

import random

import pytest
from rejoin import OfflineReason, Reason, State
from story import since, told

PEER_EVENTS = {"user_joined", "user_offline", "user_interrupted", "user_resumed"}
OFFLINE = 20  # N-4: who is elsewhere by then was never gone for the others


def channel_sizes(count, smallest, largest):
    """So many members in channels of such sizes."""
    drawn, left = random.Random(count), count
    while left > 0:
        size = min(left, drawn.randint(smallest, largest))
        yield size
        left -= size


def cluster(sim, count, smallest, largest):
    """Three edges and members in their channels, each at the one edge that it knows; all is quiet."""
    edges = [sim.edge(cluster="demo") for _ in range(3)]
    clients, uid = [], 1
    for number, size in enumerate(channel_sizes(count, smallest, largest)):
        for _ in range(size):
            client = sim.client(edges[uid % 3], uid=uid)
            client.join(f"channel-{number}")
            clients.append(client)
            uid += 1
    sim.run_until(lambda: all(c.state is State.CONNECTED for c in clients), limit=30, every=0.1)
    sim.run(15)
    return edges, clients


def assert_whole(clients):
    """Each is CONNECTED and has heard of all others of its channel."""
    channels = {}
    for client in clients:
        assert client.state is State.CONNECTED
        channels.setdefault(channel_of(client), set()).add(client.uid)
    for client in clients:
        seen = {event.uid for event in client.events if event.name == "user_joined"}
        assert seen == channels[channel_of(client)] - {client.uid}


def channel_of(client):
    return next(event.channel for event in client.events if event.name == "did_join_channel")


def outages(client, began):
    return [
        event.reason
        for event in since(client, began)
        if event.name == "connection_changed" and event.state is State.RECONNECTING
    ]


def assert_no_peer_event(clients, began):
    for client in clients:
        assert [told(event) for event in since(client, began) if event.name in PEER_EVENTS] == []


@pytest.mark.parametrize("away", [0, 3])  # seconds between stop and start
@pytest.mark.parametrize("span", [5, 0])  # seconds of the drain
def test_rolling_restart(sim, away, span):  # A-4 P-3 P-10
    edges, clients = cluster(sim, 1000 if span else 200, 10, 50)
    assert_whole(clients)
    began = sim.now
    for edge in edges:
        before = sim.now
        assert edge.drain(span) > 0
        sim.run(span + 3)
        assert edge.counters["members"] == 0
        if away:
            edge.crash()  # nobody is there who would hear a goodbye
            sim.run(away)
        edge.restart()
        sim.run(12)
        assert all(len(outages(client, before)) <= 1 for client in clients)
    sim.run(OFFLINE + 5)  # what was in doubt would be told by now
    assert_whole(clients)
    assert_no_peer_event(clients, began)
    assert sum(edge.counters["members"] for edge in edges) == len(clients)
    assert all(outages(client, began) == [] for client in clients)  # a move is no outage


def test_a_stop_without_a_drain(sim):  # S-9 P-3
    edges, clients = cluster(sim, 120, 10, 50)
    began = sim.now
    for edge in edges:
        before = sim.now
        there = edge.counters["members"]
        edge.restart()
        sim.run(12)
        told_so = [outages(client, before) for client in clients]
        assert [Reason.KEEP_ALIVE_TIMEOUT] in told_so
        assert all(len(one) <= 1 for one in told_so)
        assert sum(map(len, told_so)) == there
    sim.run(OFFLINE + 5)
    assert_whole(clients)
    assert_no_peer_event(clients, began)


def test_an_edge_dies(sim):  # P-3 S-8 N-4
    edges, clients = cluster(sim, 200, 10, 50)
    began = sim.now
    edges[0].crash()
    sim.run(OFFLINE)
    hit = [client for client in clients if outages(client, began)]
    assert len(hit) == sum(client.uid % 3 == 0 for client in clients)
    sim.run(OFFLINE)
    assert_whole(clients)
    assert_no_peer_event(clients, began)
    for client in hit:  # it was elsewhere after its second attempt
        assert outages(client, began) == [Reason.INTERRUPTED]
        back = next(e for e in since(client, began) if e.name == "did_rejoin_channel")
        assert back.time - began < 11
    assert edges[1].counters["members"] > 0.3 * len(clients)
    assert edges[2].counters["members"] > 0.3 * len(clients)


def test_two_of_three_die(sim):  # P-3 N-4
    edges, clients = cluster(sim, 60, 10, 50)
    began = sim.now
    edges[0].crash()
    edges[1].crash()
    sim.run(2 * OFFLINE)
    assert_whole(clients)
    assert_no_peer_event(clients, began)
    assert edges[2].counters["members"] == len(clients)


def test_an_edge_dies_while_there_is_no_bus(sim):  # S-13: what it knew last still leads elsewhere
    edges, clients = cluster(sim, 30, 10, 30)
    for edge in edges:
        edge.bus.cut(told=True)
    sim.run(2 * OFFLINE)
    began = sim.now
    edges[0].crash()
    sim.run(OFFLINE)
    assert all(client.state is State.CONNECTED for client in clients)
    assert {tuple(outages(client, began)) for client in clients} == {(), (Reason.INTERRUPTED,)}


def test_who_does_not_come_back_is_dropped(sim):  # P-4: what the tests above would see
    edges, clients = cluster(sim, 12, 12, 12)
    began = sim.now
    lost = next(client for client in clients if client.uid % 3 == 0)
    lost.link.cut()
    edges[0].crash()
    sim.run(OFFLINE + 5)
    for client in clients:
        if client is not lost:
            peers = [told(e) for e in since(client, began) if e.name in PEER_EVENTS]
            assert peers == [("user_offline", lost.uid, OfflineReason.DROPPED)]
