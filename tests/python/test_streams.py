"""Stream messages: who may send what, and what the others get of it, whatever happens to the network and the edge."""

from __future__ import annotations

import asyncio

import pytest
import rejoin
import rejoin.aio
from rejoin import OfflineReason, RejoinError, Role, State, Status
from story import DELAY, TICK, cut_after_proof, joined, names, since


def messages(client, after: float = -1.0) -> list[tuple[object, ...]]:
    """What a client was told of the others' streams since then, without times."""
    found: list[tuple[object, ...]] = []
    for event in client.events:
        if event.time <= after:
            continue
        if event.name == "stream_message":
            found.append((event.uid, event.stream_id, event.data))
        elif event.name == "stream_message_error":
            found.append((event.uid, event.stream_id, event.missed))
    return found


def refused(call) -> Status:
    with pytest.raises(RejoinError) as caught:
        call()
    return caught.value.status


def run_until_connected(sim, client) -> None:
    sim.run_until(lambda: client.state is State.CONNECTED, limit=60)
    sim.run(1)


# ---- what is refused


def test_creating_streams(sim):  # D-1
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    assert refused(lambda: one.create_data_stream(True, False)) is Status.INVALID_ARGUMENT
    assert refused(one.create_data_stream) is Status.NOT_IN_CHANNEL
    one.join("demo")
    assert one.create_data_stream() == 1  # CONNECTING is part of the stay
    sim.run(1)
    assert one.create_data_stream(reliable=False, ordered=False) == 2
    with pytest.raises(RejoinError) as caught:
        one.create_data_stream(reliable=False)
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "reliable")
    assert "must both be" in caught.value.text
    assert [one.create_data_stream() for _ in range(3)] == [3, 4, 5]
    assert refused(one.create_data_stream) is Status.TOO_MANY_DATA_STREAMS
    assert refused(lambda: one.create_data_stream(True, False)) is Status.INVALID_ARGUMENT
    one.leave()
    one.join("demo")
    sim.run(1)
    assert refused(lambda: one.send_stream_message(1, b"x")) is Status.INVALID_ARGUMENT
    assert one.create_data_stream() == 1


def test_sending_is_refused_in_this_order(sim):  # D-2
    edge = sim.edge()
    one = sim.client(edge, uid=1)
    for size in (0, 1025, 10_000_000):
        assert refused(lambda size=size: one.send_stream_message(9, b"x" * size)) is (
            Status.SIZE_TOO_LARGE
        )
    assert refused(lambda: one.send_stream_message(9, b"x")) is Status.NOT_IN_CHANNEL
    one.join("demo")
    stream = one.create_data_stream()
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.NOT_IN_CHANNEL
    sim.run(1)
    with pytest.raises(RejoinError) as caught:
        one.send_stream_message(2, b"x")
    assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, "stream_id")
    with pytest.raises(RejoinError, match="stream_id is -1"):
        one.send_stream_message(-1, b"x")
    with pytest.raises(TypeError, match="data is bytes, not str"):
        one.send_stream_message(stream, "x")
    one.send_stream_message(stream, bytearray(b"x"))
    one.send_stream_message(stream, memoryview(b"x"))
    edge.kick("demo", 1)
    sim.run(1)
    assert one.state is State.FAILED
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.NOT_IN_CHANNEL
    assert refused(one.create_data_stream) is Status.NOT_IN_CHANNEL


def test_sixty_messages_in_any_second(sim):  # D-2
    one, two = joined(sim, sim.edge(), 1, 2)
    streams = one.create_data_stream(), one.create_data_stream(False, False)
    sim.run(0.5)
    for i in range(60):  # at the end of one second …
        one.send_stream_message(streams[i % 2], b"%d" % i)
    with pytest.raises(RejoinError) as caught:
        one.send_stream_message(streams[0], b"x")
    assert caught.value.status is Status.BITRATE_LIMIT
    assert "60 messages" in caught.value.text
    sim.run(0.999)  # … and at the beginning of the next
    assert refused(lambda: one.send_stream_message(streams[0], b"x")) is Status.BITRATE_LIMIT
    sim.run(0.001)
    one.send_stream_message(streams[0], b"y")
    sim.run(1)
    assert len(messages(two)) == 61


def test_thirty_kilobytes_in_any_second(sim):  # D-2
    one, two = joined(sim, sim.edge(), 1, 2)
    stream = one.create_data_stream()
    for _ in range(30):
        one.send_stream_message(stream, b"x" * 1024)
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.BITRATE_LIMIT
    sim.run(1)
    one.send_stream_message(stream, b"y")
    sim.run(1)
    assert [len(data) for _, _, data in messages(two)] == [1024] * 30 + [1]


def test_the_full_rate_for_a_minute(sim):  # D-2 D-3
    one, two, three = joined(sim, sim.edge(), 1, 2, 3)
    stream = one.create_data_stream()
    for i in range(3600):
        one.send_stream_message(stream, b"%d" % i)
        sim.run(1 / 60 + 1e-9)
    sim.run(1)
    for other in (two, three):
        assert messages(other) == [(1, stream, b"%d" % i) for i in range(3600)]
    assert one.state is State.CONNECTED


# ---- what the others get


def test_the_others_get_it_once_and_in_order(sim):  # D-3
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    stranger = sim.client(edge, uid=4)
    stranger.join("other")
    sim.run(1)
    first, second = one.create_data_stream(), one.create_data_stream()
    mine = two.create_data_stream()
    sent = sim.now
    one.send_stream_message(first, b"a" * 1024)
    one.send_stream_message(second, b"\0\xff")
    one.send_stream_message(first, b"c")
    sim.run(1)
    two.send_stream_message(mine, b"d")
    sim.run(1)
    expected = [(1, 1, b"a" * 1024), (1, 2, b"\0\xff"), (1, 1, b"c")]
    assert messages(two) == expected
    assert messages(three) == [*expected, (2, 1, b"d")]
    assert messages(one) == [(2, 1, b"d")]
    assert messages(stranger) == []
    event = next(event for event in two.events if event.name == "stream_message")
    assert 0 < event.time - sent <= 2 * DELAY + 3 * TICK
    assert (event.uid, event.stream_id, event.missed) == (1, 1, None)


def test_who_joins_later_gets_what_is_sent_later(sim):  # D-3
    edge = sim.edge()
    one, _ = joined(sim, edge, 1, 2)
    stream = one.create_data_stream()
    one.send_stream_message(stream, b"a")
    sim.run(1)
    (three,) = joined(sim, edge, 3)
    one.send_stream_message(stream, b"b")
    sim.run(1)
    assert messages(three) == [(1, stream, b"b")]  # what was before it is no gap


def test_a_peers_messages_follow_its_user_joined(sim):  # D-3 P-1
    edge = sim.edge()
    (two,) = joined(sim, edge, 2)
    for uid in range(10, 20):
        late = sim.client(edge, uid=uid)
        late.join("demo")
        stream = late.create_data_stream()
        sim.run_until(lambda late=late: late.state is State.CONNECTED, limit=5)
        late.send_stream_message(stream, b"hello")
        late.leave()  # the message comes before the goodbye
        sim.run(1)
    told = [event for event in two.events if event.uid is not None and event.uid >= 10]
    assert names(told) == ["user_joined", "stream_message", "user_offline"] * 10


def test_the_audience_hears_and_does_not_speak(sim):  # D-1 D-3 S-31
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2, profile="live_broadcasting", role="broadcaster")
    (three,) = joined(sim, edge, 3, profile="live_broadcasting")
    assert refused(three.create_data_stream) is Status.NO_PERMISSION
    stream = one.create_data_stream()
    one.send_stream_message(stream, b"a")
    sim.run(1)
    assert messages(three) == messages(two) == [(1, stream, b"a")]
    one.set_client_role(Role.AUDIENCE)
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.NO_PERMISSION
    sim.run(1)
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.NO_PERMISSION
    assert refused(one.create_data_stream) is Status.NO_PERMISSION
    one.set_client_role(Role.BROADCASTER)
    sim.run(1)
    one.send_stream_message(stream, b"b")
    sim.run(1)
    assert messages(three) == [(1, stream, b"a"), (1, stream, b"b")]


# ---- outages


def test_a_receiver_in_an_outage_misses_nothing(sim):  # D-4 P-10
    one, two = joined(sim, sim.edge(), 1, 2)
    sim.run(12)
    stream = one.create_data_stream()
    heard = cut_after_proof(sim, two)
    sent = []
    while sim.now < heard + 12:
        sent.append(b"%.3f" % sim.now)
        one.send_stream_message(stream, sent[-1])
        sim.run(0.1)
    assert messages(two) == []
    two.link.heal()
    run_until_connected(sim, two)
    assert messages(two) == [(1, stream, data) for data in sent]
    told = names(since(two, heard))
    assert told.index("did_rejoin_channel") < told.index("stream_message")


def test_a_sender_in_an_outage_loses_nothing(sim):  # D-4
    one, two, three = joined(sim, sim.edge(), 1, 2, 3)
    sim.run(12)
    reliable, unreliable = one.create_data_stream(), one.create_data_stream(False, False)
    heard = cut_after_proof(sim, one)
    sent = []
    while sim.now < heard + 12:
        sent.append(b"%.3f" % sim.now)
        one.send_stream_message(reliable, sent[-1])
        one.send_stream_message(unreliable, b"x")
        sim.run(0.15)
    one.link.heal()
    run_until_connected(sim, one)
    for other in (two, three):
        assert messages(other) == [(1, reliable, data) for data in sent]


@pytest.mark.parametrize("direction", [{"up": True}, {"down": True}])
def test_one_direction_is_enough_for_an_outage(sim, direction):  # D-4
    one, two = joined(sim, sim.edge(), 1, 2)
    sim.run(12)
    mine, yours = one.create_data_stream(), two.create_data_stream()
    heard = cut_after_proof(sim, one, **direction)
    count = 0
    while sim.now < heard + 10:
        one.send_stream_message(mine, b"%d" % count)
        two.send_stream_message(yours, b"%d" % count)
        count += 1
        sim.run(0.2)
    one.link.heal()
    run_until_connected(sim, one)
    assert messages(two) == [(1, mine, b"%d" % i) for i in range(count)]
    assert messages(one) == [(2, yours, b"%d" % i) for i in range(count)]


def test_sixty_four_wait(sim):  # D-4
    one, two = joined(sim, sim.edge(), 1, 2)
    sim.run(12)
    stream = one.create_data_stream()
    heard = cut_after_proof(sim, one)
    sim.run_until(lambda: one.state is State.RECONNECTING, limit=10)
    for i in range(64):
        one.send_stream_message(stream, b"%d" % i)
        sim.run(0.02)
    sim.run(2)
    assert refused(lambda: one.send_stream_message(stream, b"x")) is Status.BITRATE_LIMIT
    assert sim.now < heard + 15
    one.link.heal()
    run_until_connected(sim, one)
    one.send_stream_message(stream, b"64")
    sim.run(1)
    assert messages(two) == [(1, stream, b"%d" % i) for i in range(65)]


def test_a_sender_that_was_away_for_too_long(sim):  # D-5 P-4 P-5
    one, two, three = joined(sim, sim.edge(), 1, 2, 3)
    sim.run(12)
    known, fresh, idle = (one.create_data_stream() for _ in range(3))
    for stream in (known, idle):
        one.send_stream_message(stream, b"before")
    sim.run(1)
    heard = cut_after_proof(sim, one)
    for _ in range(3):
        one.send_stream_message(known, b"lost")
        one.send_stream_message(fresh, b"lost")
        sim.run(7)
    assert sim.now > heard + 20
    one.link.heal()
    run_until_connected(sim, one)
    back = sim.now
    for stream in (known, fresh, idle):
        one.send_stream_message(stream, b"after")
    one.send_stream_message(known, b"more")
    sim.run(1)
    for other in (two, three):
        assert ("user_offline", OfflineReason.DROPPED) in [
            (event.name, event.reason) for event in since(other, heard)
        ]
        assert messages(other, back) == [
            (1, known, 3),
            (1, known, b"after"),
            (1, fresh, 3),
            (1, fresh, b"after"),
            (1, idle, b"after"),  # of this one nothing is missing
            (1, known, b"more"),
        ]


def test_a_receiver_that_was_away_for_too_long(sim):  # D-5 P-5 P-9
    one, two, three = joined(sim, sim.edge(), 1, 2, 3)
    sim.run(12)
    known, fresh = one.create_data_stream(), one.create_data_stream()
    one.send_stream_message(known, b"before")
    sim.run(1)
    cut_after_proof(sim, two)
    for _ in range(5):
        one.send_stream_message(known, b"missed")
        one.send_stream_message(fresh, b"missed")
        sim.run(10)
    two.link.heal()
    run_until_connected(sim, two)
    back = sim.now
    one.send_stream_message(known, b"after")
    one.send_stream_message(fresh, b"after")
    sim.run(1)
    assert messages(two, back) == [
        (1, known, 5),
        (1, known, b"after"),
        (1, fresh, 0),  # it never heard of this one: nobody knows how many
        (1, fresh, b"after"),
    ]
    assert messages(three, back) == [(1, known, b"after"), (1, fresh, b"after")]


def test_an_edge_that_loses_its_state(sim):  # D-5 S-9 P-10
    edge = sim.edge()
    one, two, three = joined(sim, edge, 1, 2, 3)
    sim.run(12)
    stream = one.create_data_stream()
    for i in range(5):
        one.send_stream_message(stream, b"%d" % i)
    sim.run(1)
    three.link.cut()
    one.send_stream_message(stream, b"5")  # with the edge that dies, for one of the two
    sim.run(0.5)
    edge.crash()
    sim.run(2)
    one.send_stream_message(stream, b"6")
    edge.restart()
    three.link.heal()
    sim.run(15)
    one.send_stream_message(stream, b"7")
    sim.run(1)
    assert {one.state, two.state, three.state} == {State.CONNECTED}
    assert messages(two) == [(1, stream, b"%d" % i) for i in range(8)]
    before, after = messages(three)[:5], messages(three)[5:]
    assert before == [(1, stream, b"%d" % i) for i in range(5)]
    assert after == [(1, stream, 1), (1, stream, b"6"), (1, stream, b"7")]


def test_a_takeover_begins_new_streams(sim):  # D-5 S-16
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    stream = one.create_data_stream()
    for i in range(3):
        one.send_stream_message(stream, b"%d" % i)
    sim.run(1)
    (newer,) = joined(sim, edge, 1)
    assert one.state is State.FAILED
    assert newer.create_data_stream() == stream  # the same id, of another stay
    newer.send_stream_message(stream, b"new")
    sim.run(1)
    assert messages(two) == [(1, stream, data) for data in (b"0", b"1", b"2", b"new")]
    assert "user_offline" not in names(two.events)


# ---- unreliable ones


def test_unreliable_messages_come_at_most_once(sim):  # D-4
    one, two = joined(sim, sim.edge(), 1, 2)
    stream = one.create_data_stream(False, False)
    one.link.set(up={"loss": 0.3})
    for i in range(600):
        one.send_stream_message(stream, b"%d" % i)
        sim.run(0.05)
    sim.run(5)
    got = [data for _, _, data in messages(two)]
    assert len(got) == len(set(got))
    assert 300 < len(got) < 500
    assert all(isinstance(data, bytes) for data in got)  # nothing is announced


def test_unreliable_messages_are_never_late(sim):  # D-4
    one, two = joined(sim, sim.edge(), 1, 2)
    stream = one.create_data_stream(False, False)
    late = 0
    for delay in (0.1, 0.45, 0.55, 0.2, 0.9, 0.01):
        one.link.set(up={"delay": delay})
        two.link.set(down={"delay": delay})
        for _ in range(20):
            one.send_stream_message(stream, b"%.6f" % sim.now)
            sim.run(0.05)
        late += delay > 0.5
    sim.run(5)
    got = [event.time - float(event.data) for event in two.events if event.name == "stream_message"]
    assert max(got) <= 1 + TICK
    assert len(got) >= 60
    assert len(got) <= 80  # those of the two long ways did not come
    assert late == 2


def test_an_unreliable_message_in_an_outage_is_gone(sim):  # D-2 D-4
    one, two = joined(sim, sim.edge(), 1, 2)
    sim.run(12)
    stream = one.create_data_stream(False, False)
    heard = cut_after_proof(sim, one)
    while sim.now < heard + 8:
        one.send_stream_message(stream, b"x")
        sim.run(0.5)
    one.link.heal()
    run_until_connected(sim, one)
    assert messages(two) == []


def test_one_scale_for_all(sim):  # D-4
    edge = sim.edge(time_scale=4.0)
    one, two = joined(sim, edge, 1, 2, time_scale=4.0)
    stream = one.create_data_stream(False, False)
    one.link.set(up={"delay": 1.5})
    two.link.set(down={"delay": 1.5})
    one.send_stream_message(stream, b"x")
    sim.run(5)
    assert messages(two) == [(1, stream, b"x")]  # 3 s are less than 4


# ---- a queue that nobody empties


def test_a_full_queue_is_announced(sim):  # D-5 R-4
    *senders, two = joined(sim, sim.edge(), *range(10, 24), 2)
    streams = {sender.uid: sender.create_data_stream() for sender in senders}
    for sender in senders:
        for i in range(60):  # more of them come in one moment than fit
            sender.send_stream_message(streams[sender.uid], b"%d" % i)
    sim.run(1)
    dropped = sum(event.count for event in two.events if event.name == "events_dropped")
    assert dropped > 100
    assert len(messages(two)) + dropped == 14 * 60
    for sender in senders:
        sender.send_stream_message(streams[sender.uid], b"after")
    sim.run(1)
    missed = 0
    for uid, stream in streams.items():
        mine = [entry[2] for entry in messages(two) if entry[:2] == (uid, stream)]
        count = sum(isinstance(entry, bytes) for entry in mine) - 1
        assert mine[:count] == [b"%d" % i for i in range(count)]
        assert mine[count:] == [60 - count] * (count < 60) + [b"after"]
        missed += 60 - count
    assert missed == dropped


# ---- over real sockets


def test_messages_over_real_sockets():  # D-3 D-4
    timers = {"beat": 0.1, "interrupted": 0.4, "lost": 0.8, "offline": 5.0}
    with (
        rejoin.Edge(timers={"offline": 5.0}) as edge,
        rejoin.Client(edge.url, uid=1, fingerprint=edge.fingerprint, timers=timers) as one,
        rejoin.Client(edge.url, uid=2, fingerprint=edge.fingerprint, timers=timers) as two,
    ):
        for client in (one, two):
            client.join("demo")
            client.wait_for("did_join_channel", timeout=5)
        reliable, unreliable = one.create_data_stream(), one.create_data_stream(False, False)
        one.send_stream_message(reliable, b"a" * 1024)
        two.wait_for("stream_message", timeout=5, stream_id=reliable)
        one.send_stream_message(unreliable, b"b" * 1024)
        event = two.wait_for("stream_message", timeout=5, stream_id=unreliable)
        assert event.data == b"b" * 1024
        one.link.cut()
        one.send_stream_message(reliable, b"c")
        one.wait_for("connection_changed", timeout=5, state=State.RECONNECTING)
        one.send_stream_message(reliable, b"d")
        one.link.heal()
        one.wait_for("did_rejoin_channel", timeout=15)
        one.send_stream_message(reliable, b"e")
        two.wait_for("stream_message", timeout=5, data=b"e")
        assert [data for _, stream, data in messages(two) if stream == reliable] == [
            b"a" * 1024,
            b"c",
            b"d",
            b"e",
        ]


def test_messages_for_asyncio():  # D-1 D-3
    async def story() -> None:
        with rejoin.Edge() as edge:
            async with (
                rejoin.aio.Client(edge.url, uid=1, fingerprint=edge.fingerprint) as one,
                rejoin.aio.Client(edge.url, uid=2, fingerprint=edge.fingerprint) as two,
            ):
                await one.join("demo")
                await two.join("demo")
                stream = one.create_data_stream()
                one.send_stream_message(stream, b"hello")
                event = await two.wait_for("stream_message", timeout=5)
                assert (event.uid, event.stream_id, event.data) == (1, stream, b"hello")
                with pytest.raises(RejoinError):
                    one.send_stream_message(stream, b"")

    asyncio.run(story())
