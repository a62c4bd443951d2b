"""Clients for asyncio, over real QUIC."""

from __future__ import annotations

import asyncio
import os
import time

import pytest
import rejoin
import rejoin.aio
from rejoin import JoinError, OfflineReason, Reason, RejoinError, State, Status
from story import names


def client(edge, uid, **options):
    return rejoin.aio.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, **options)


def test_join_returns_its_event(real_edge):
    async def story():
        async with client(real_edge, 1) as one:
            event = await one.join("demo")
            assert (event.name, event.channel, event.uid) == ("did_join_channel", "demo", 1)
            assert one.state is State.CONNECTED
            assert real_edge.members("demo") == [1]
            left = await one.leave()
            assert left.stats.attempts == 1
            assert await one.leave() is None
            await one.join("demo")
        assert one.state is State.DISCONNECTED

    asyncio.run(story())


def test_join_raises_its_reason(real_edge):
    async def story():
        async with rejoin.aio.Client(real_edge.url, uid=1, fingerprint="ab" * 32) as one:
            with pytest.raises(JoinError) as caught:
                await one.join("demo")
            assert caught.value.reason is Reason.CERTIFICATION_VERIFY_FAILURE
            with pytest.raises(RejoinError) as caught:
                await one.join("x" * 65)
            assert caught.value.status is Status.INVALID_CHANNEL_NAME

    asyncio.run(story())


def test_a_cancelled_join_leaves():
    async def story():
        with rejoin.Edge() as edge:
            async with client(edge, 1) as one:
                edge.crash()
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(one.join("demo"), timeout=0.2)
                assert one.state is State.DISCONNECTED

    asyncio.run(story())


def test_leaving_ends_a_join():
    async def story():
        with rejoin.Edge() as edge:
            async with client(edge, 1) as one:
                edge.crash()
                task = asyncio.ensure_future(one.join("demo"))
                await asyncio.sleep(0.05)
                await one.leave()
                with pytest.raises(JoinError) as caught:
                    await task
                assert caught.value.reason is Reason.LEAVE_CHANNEL

    asyncio.run(story())


def test_every_event_once_in_order(real_edge):
    async def story():
        async with client(real_edge, 1) as one, client(real_edge, 2) as two:
            await one.join("demo")
            seen = []
            async for event in one.events():
                seen.append(event)
                if event.name == "did_join_channel":
                    break
            await two.join("demo")
            async for event in one.events():  # goes on where the other ended
                seen.append(event)
                if event.name == "user_joined":
                    await two.leave()
                if event.name == "user_offline":
                    assert event.reason is OfflineReason.QUIT
                    break
            assert names(seen) == [
                *["connection_changed", "connection_changed", "did_join_channel"],
                *["user_joined", "user_offline"],
            ]
            assert seen == one.history

    asyncio.run(story())


def test_iteration_ends_when_the_client_is_closed(real_edge):
    async def story():
        one = client(real_edge, 1)

        async def read():
            return [event async for event in one.events()]

        task = asyncio.ensure_future(read())
        await one.join("demo")
        one.close()
        assert names(await task)[-1] == "did_join_channel"

    asyncio.run(story())


def test_who_falls_behind_is_told(real_edge):
    async def story():
        async with client(real_edge, 1, history=4) as one:
            one.link.cut()  # a quick edge would let some of the joins succeed
            for _ in range(10):
                task = asyncio.ensure_future(one.join("demo"))
                await asyncio.sleep(0)
                await one.leave()
                with pytest.raises(JoinError):
                    await task
            iterator = one.events()
            first = await iterator.__anext__()
            assert first.name == "events_dropped"
            assert first.count + len(one._history._events) == 30
            await iterator.aclose()

    asyncio.run(story())


def test_two_tasks_wait_for_different_events(real_edge):
    async def story():
        async with client(real_edge, 1) as one, client(real_edge, 2) as two:
            await one.join("demo")
            joins = asyncio.ensure_future(one.wait_for("user_joined", timeout=5))
            offline = asyncio.ensure_future(one.wait_for("user_offline", timeout=5, uid=2))
            await two.join("demo")
            await two.leave()
            assert (await joins).uid == 2
            assert (await offline).uid == 2
            with pytest.raises(TimeoutError, match=r"no stats within 0\.05 s"):
                await one.wait_for("stats", timeout=0.05)

    asyncio.run(story())


def test_functions_run_in_the_loop_and_errors_reach_its_handler(real_edge):
    async def story():
        loop = asyncio.get_running_loop()
        errors = []
        loop.set_exception_handler(lambda loop, context: errors.append(context["exception"]))
        async with client(real_edge, 1) as one:
            heard = []

            @one.listener()
            def hear(event):
                assert asyncio.get_running_loop() is loop
                heard.append(event.name)
                if len(heard) == 1:
                    raise LookupError("first")

            await one.join("demo")
            await asyncio.sleep(0.05)
            assert heard == ["connection_changed", "connection_changed", "did_join_channel"]
            assert [type(error) for error in errors] == [LookupError]

    asyncio.run(story())


def test_many_clients_need_one_descriptor(real_edge):
    async def story():
        async with client(real_edge, 1000) as first:
            await first.join("demo")
            before = len(os.listdir("/proc/self/fd"))
            clients = [client(real_edge, uid) for uid in range(1, 101)]
            await asyncio.gather(*(one.join("demo") for one in clients))
            assert len(os.listdir("/proc/self/fd")) - before <= 4
            assert len(real_edge.members("demo")) == 101
            for one in clients:
                one.close()

    asyncio.run(story())


def test_loops_come_and_go(real_edge):
    async def story(uid):
        async with client(real_edge, uid) as one:
            await one.join("demo")

    asyncio.run(story(1))
    before = len(os.listdir("/proc/self/fd"))
    began = time.monotonic()
    for uid in range(2, 12):
        asyncio.run(story(uid))
    assert len(os.listdir("/proc/self/fd")) == before
    assert time.monotonic() - began < 5


def test_no_loop_no_client(real_edge):
    with pytest.raises(RuntimeError, match="no running event loop"):
        client(real_edge, 1)


def test_an_outage_is_seen(real_edge):  # S-8 S-13
    timers = {"beat": 0.1, "interrupted": 0.3}

    async def story():
        async with client(real_edge, 1, timers=timers) as one:
            await one.join("demo")
            one.link.cut()
            changed = await one.wait_for("connection_changed", timeout=3)
            assert changed.state is State.RECONNECTING
            one.link.heal()
            await one.wait_for("did_rejoin_channel", timeout=10)

    asyncio.run(story())
