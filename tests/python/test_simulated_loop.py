"""asyncio in virtual time: tasks, timers and clients of one loop in a simulation."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
import rejoin
import rejoin.aio
from rejoin import JoinError, OfflineReason, Reason, RejoinError, Simulation, State, Status


def client(edge, uid, **options):
    return rejoin.aio.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, **options)


def test_an_outage_to_the_end(sim):  # S-8 S-11 S-12 N-3 N-4 N-5
    edge = sim.edge()

    async def story():
        async with client(edge, 1) as one, client(edge, 2) as two:
            await one.join("demo")
            await two.join("demo")
            await asyncio.sleep(5)
            one.link.cut()
            lost = await one.wait_for("connection_lost", timeout=20)
            assert lost.time - one.last_heard == pytest.approx(10)
            heard = edge.last_heard("demo", 1)
            gone = await two.wait_for("user_offline", timeout=20)
            assert (gone.uid, gone.reason) == (1, OfflineReason.DROPPED)
            assert gone.time - heard == pytest.approx(20, abs=0.02)
            failed = await one.wait_for("connection_changed", state=State.FAILED)
            assert failed.reason is Reason.JOIN_FAILED
            assert sim.now - one.last_heard == pytest.approx(1200)
            return "done"

    assert rejoin.aio.run(story(), sim) == "done"


def test_waits_end_at_the_tick(sim):
    edge = sim.edge()

    async def story():
        loop = asyncio.get_running_loop()
        assert loop.time() == sim.now == 0
        await asyncio.sleep(0.25)
        assert sim.now == 0.25
        await asyncio.sleep(0.0001)  # what happens, happens at ticks
        assert sim.now == 0.251
        async with client(edge, 1) as one:
            await one.join("demo")
            began = sim.now
            with pytest.raises(TimeoutError, match="no user_joined within 3 s"):
                await one.wait_for("user_joined", timeout=3)
            assert sim.now - began == pytest.approx(3)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(one.wait_for("user_joined"), 7)
            assert sim.now - began == pytest.approx(10)

    rejoin.aio.run(story(), sim)


def many_at_once(seed):
    """All that a run with random waits tells, in its order."""
    told = []

    async def one_of_them(sim, edge, uid):
        async with client(edge, uid) as one:
            one.on(None, lambda event: told.append((uid, *event)))
            await asyncio.sleep(uid % 7 / 10)
            await one.join("demo")
            if uid % 3 == 0:
                one.link.set(up={"loss": 0.3})
            await asyncio.sleep(20 + uid)
            await one.leave()
            told.append((uid, sim.now))

    async def story(sim, edge):
        await asyncio.gather(*(one_of_them(sim, edge, uid) for uid in range(1, 21)))

    with Simulation(seed=seed, wall=1.7e9) as sim:
        rejoin.aio.run(story(sim, sim.edge()), sim)
    return told


def test_one_seed_decides_everything():
    first = many_at_once(3)
    assert first == many_at_once(3)
    assert first != many_at_once(4)


def test_the_simulation_goes_on_after_it(sim):
    edge = sim.edge()

    async def story():
        one = client(edge, 1)
        await one.join("demo")
        return one

    one = rejoin.aio.run(story(), sim)
    assert (
        one in sim._things
    )  # a timeline of the simulation shows it, and closing it closes the client
    two = sim.client(edge, uid=2)
    two.join("demo")
    sim.run(1)
    assert edge.members("demo") == [1, 2]
    assert [event.name for event in one.history][-1] == "user_joined"
    one.close()


def test_only_one_runs_it(sim):
    async def story():
        with pytest.raises(RejoinError) as caught:
            sim.run(1)
        assert caught.value.status is Status.INVALID_STATE

    rejoin.aio.run(story(), sim)
    one = sim.client(sim.edge(), uid=1)
    errors = []

    async def never():
        raise AssertionError

    def inside(event):
        with pytest.raises(RejoinError) as caught:
            rejoin.aio.run(never(), sim)
        errors.append(caught.value.status)

    one.on("did_join_channel", inside)
    one.join("demo")
    sim.run(1)
    assert errors == [Status.INVALID_STATE]


def test_who_waits_in_vain_is_told(sim):
    async def story():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="every task waits in vain"):
        rejoin.aio.run(story(), sim)


def test_tasks_that_are_left_are_cancelled(sim):
    edge, ended = sim.edge(), []

    async def stays():
        async with client(edge, 1) as one:
            try:
                await one.join("demo")
                await asyncio.sleep(1e6)
            finally:
                ended.append(one.state)

    async def story():
        task = asyncio.ensure_future(stays())
        await asyncio.sleep(1)
        assert not task.done()

    rejoin.aio.run(story(), sim)
    assert ended == [State.CONNECTED]
    sim.run(1)
    assert edge.members("demo") == []


def test_what_a_story_raises_passes_through(sim):
    edge = sim.edge(channel_pattern="[a-z]+")

    async def story():
        async with client(edge, 1) as one:
            await one.join("Demo")

    with pytest.raises(JoinError) as caught:
        rejoin.aio.run(story(), sim)
    assert caught.value.reason is Reason.INVALID_CHANNEL_NAME


def test_executors_run_at_once_and_descriptors_are_looked_at(sim):
    async def story():
        loop = asyncio.get_running_loop()
        thread = await loop.run_in_executor(None, threading.get_ident)
        assert thread == threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 // 0)
        assert sim.now == 0
        read, write = os.pipe()
        readable = loop.create_future()
        loop.add_reader(read, readable.set_result, None)
        loop.call_later(5, os.write, write, b"x")
        await readable
        loop.remove_reader(read)
        os.close(read), os.close(write)
        assert sim.now >= 5

    rejoin.aio.run(story(), sim)


def test_who_keeps_few_events_still_sees_what_came_together(sim):
    """A client with a history of 1 that waits is woken before more comes."""
    edge = sim.edge()

    async def story():
        async with client(edge, 1, history=1) as one:
            others = [client(edge, uid) for uid in range(2, 12)]
            for other in others:
                await other.join("demo")
            joined = await one.join("demo")  # ten user_joined come with it
            assert joined.name == "did_join_channel"
            for uid in range(2, 12):
                assert (await one.wait_for("user_joined", timeout=1)).uid == uid
            for other in others:
                other.close()

    rejoin.aio.run(story(), sim)
