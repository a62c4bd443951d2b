"""The ends of a process: exit with everything open, daemon threads, fork, Ctrl-C. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

# Newer Pythons warn of any fork of a process with threads; that it goes well here is what is tested.
OPTIONS = ["-X", "faulthandler", "-W", "ignore:This process:DeprecationWarning"]

PRELUDE = """
import os, signal, sys, threading, time
import rejoin
from rejoin import State
def member(edge, uid, **options):
    client = rejoin.Client(edge.url, uid=uid, fingerprint=edge.fingerprint, **options)
    client.join("demo")
    client.wait_for("did_join_channel", timeout=5)
    return client
"""


def run(script, timeout=20):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *OPTIONS, "-c", PRELUDE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    return done, time.monotonic() - began


def assert_clean(script):
    done, took = run(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert took < 8
    return done.stdout


def test_exit_with_everything_open():
    assert_clean("""
        edge = rejoin.Edge()
        one, two = member(edge, 1), member(edge, 2)
        sim = rejoin.Simulation()
        sim.client(sim.edge(), uid=1).join("demo")
    """)


def test_exit_while_a_daemon_thread_waits():
    assert_clean("""
        edge = rejoin.Edge()
        one = member(edge, 1)
        def wait():
            try:
                one.wait_for("user_joined")
            except rejoin.RejoinError:
                pass
        threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.1)
    """)


def test_exit_while_threads_drain():
    assert_clean("""
        edge = rejoin.Edge()
        clients = [member(edge, uid) for uid in range(1, 6)]
        def look():
            try:
                while True:
                    for client in clients:
                        client.events, client.state, client.last_heard
            except rejoin.RejoinError:
                pass
        for _ in range(3):
            threading.Thread(target=look, daemon=True).start()
        time.sleep(0.2)
    """)


def test_exit_out_of_a_function():
    done, _ = run("""
        sim = rejoin.Simulation()
        one = sim.client(sim.edge(), uid=1)
        one.on("did_join_channel", lambda event: sys.exit(7))
        one.join("demo")
        sim.run(5)
    """)
    assert (done.returncode, done.stderr) == (7, "")


def test_handles_in_a_cycle_are_freed():
    assert_clean("""
        import gc, warnings
        warnings.simplefilter("ignore")
        edge = rejoin.Edge()
        for uid in range(1, 20):
            one = member(edge, uid)
            one.me = one
            one.on(None, lambda event, one=one: None)
        del one
        gc.collect()
        for _ in range(50):
            if not edge.members("demo"):
                break
            time.sleep(0.05)
        assert edge.members("demo") == [], edge.members("demo")
    """)


def test_a_childs_handles_say_so_and_new_ones_work():
    out = assert_clean("""
        edge = rejoin.Edge()
        one = member(edge, 1)
        sim = rejoin.Simulation()
        url, fingerprint = edge.url, edge.fingerprint
        pid = os.fork()
        if pid == 0:
            assert one.state is State.DISCONNECTED
            for call in (lambda: one.join("x"), lambda: edge.members("demo"), lambda: sim.run(1)):
                try:
                    call()
                except rejoin.RejoinError as error:
                    print(error.status.name, error.text, flush=True)
            one.close(); edge.close(); sim.close()
            two = rejoin.Client(url, uid=2, fingerprint=fingerprint)
            two.join("demo")
            two.wait_for("did_join_channel", timeout=5)
            with rejoin.Simulation() as other:
                other.run(1)
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert one.state is State.CONNECTED
        assert edge.members("demo").count(1) == 1
        one.leave()
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
    """)
    rule = "was made before fork(); a child process makes its own"
    assert out.splitlines() == [
        f"NOT_INITIALIZED this {what} {rule}" for what in ("client", "edge", "runtime")
    ]


def test_fork_while_another_thread_holds_a_lock():
    assert_clean("""
        edge = rejoin.Edge()
        one = member(edge, 1)
        stop = False
        def look():
            while not stop:
                one.events
        thread = threading.Thread(target=look)
        thread.start()
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                one.close()
                os._exit(0 if one.state is State.DISCONNECTED else 1)
            assert os.waitpid(pid, 0)[1] == 0
        stop = True
        thread.join()
    """)


def test_ctrl_c_is_heard_while_waiting():
    done, took = run("""
        edge = rejoin.Edge()
        one = member(edge, 1)
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            one.wait_for("user_joined", timeout=30)
        except KeyboardInterrupt:
            print("heard")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard\n", "")
    assert took < 8


def test_ctrl_c_is_heard_while_a_simulation_runs():
    done, took = run("""
        sim = rejoin.Simulation()
        edge = sim.edge()
        for uid in range(1, 21):
            sim.client(edge, uid=uid).join("demo")
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            sim.run(100_000_000)
        except KeyboardInterrupt:
            print("heard")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard\n", "")
    assert took < 10
