"""How long an event takes into Python in a drain, beside callbacks of cffi and ctypes (goal: at most 1 µs).

In a drain the library's queue becomes a list of `rejoin.Event` in one call. The rivals are what a binding would do
without that: as many calls from C to a Python function, with the three numbers of connection_changed, by a callback of
cffi and by one of ctypes; once with a function that makes an `Event`, and once with one that only counts. The drain
gets heavier events: every third carries the statistics of a stay. All take turns in one run, with as many events each.
What other work on the machine does to a figure is added to it, so the least is held against the goal. An event that is
lost, or comes in another order, makes this exit with 1.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cffi
import rejoin
from idle import BenchError, find_program

GOAL = 1.0  # microseconds
OURS = "rejoin, drained"
BATCH = 3000  # events that wait when they are drained
SHAPE = "void (void *, int32_t, int32_t, int32_t, void *)"
CTYPES_SHAPE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p
)


def timed(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def drain(sim: rejoin.Simulation, count: int) -> tuple[float, int]:
    """Seconds to take `count` events as a client of the package does, and how many came, in their order."""
    where = ["rejoin://192.0.2.1"]  # nobody answers there
    client = sim.client(urls=where, uid=1, history=BATCH)
    spent, made, came = 0.0, 0, 0
    while made < count:
        fresh = min(BATCH, count - made)
        for _ in range(fresh // 3):  # connection_changed twice, and did_leave_channel
            client.join("demo")
            client.leave()
        began = time.perf_counter()
        events = client._drain()
        spent += time.perf_counter() - began
        came += sum(event.sequence == number for number, event in enumerate(events, start=made + 1))
        made += fresh
    client.close()
    return spent, came


class Counting:
    """A function for callbacks that does as little as it can."""

    def __init__(self) -> None:
        self.came = 0

    def hear(self, client: object, old: int, state: int, reason: int, user_data: object) -> None:
        self.came += 1


class Making(Counting):
    """One that makes what a drain makes."""

    def hear(self, client: object, old: int, state: int, reason: int, user_data: object) -> None:
        self.came += 1
        self.event = rejoin.Event(
            "connection_changed",
            time=0.0,
            sequence=self.came,
            old_state=rejoin.State(old),
            state=rejoin.State(state),
            reason=rejoin.Reason(reason),
        )


def call_by_cffi(library: str, count: int, ear: Counting) -> tuple[float, int]:
    """Seconds for `count` calls by a callback of cffi, and how many came."""
    ffi = cffi.FFI()
    ffi.cdef(f"void call_often({SHAPE.replace('(', '(*function)(', 1)}, uint32_t count);")
    call = ffi.dlopen(library).call_often
    function = ffi.callback(SHAPE, ear.hear)
    return timed(lambda: call(function, count)), ear.came


def call_by_ctypes(library: str, count: int, ear: Counting) -> tuple[float, int]:
    """Seconds for `count` calls by a callback of ctypes, and how many came."""
    call = ctypes.CDLL(library).call_often
    function = CTYPES_SHAPE(ear.hear)
    return timed(lambda: call(function, ctypes.c_uint32(count))), ear.came


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench python_events", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="where the rivals' C function is"
    )
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="of each way, in all (%(default)s)"
    )
    parser.add_argument("--turns", type=int, default=10, help="of each way (%(default)s)")
    given = parser.parse_args()
    if not 1 <= given.turns <= given.events // 3:
        parser.error("--turns is at least 1, and --events at least 3 for each")
    return given


def main() -> int:
    given = parse_arguments()
    library = find_program(given.build, "libcallbacks.so")
    share = -(-given.events // given.turns // 3) * 3  # of a turn; whole joins and leaves
    figures: dict[str, list[float]] = {}
    lost = 0
    print(f"    {share * given.turns:,} events of each way, in {given.turns} turns …", flush=True)
    with rejoin.Simulation(seed=1) as sim:
        ways: dict[str, Callable[[], tuple[float, int]]] = {
            OURS: lambda: drain(sim, share),
            "cffi, an Event": lambda: call_by_cffi(library, share, Making()),
            "ctypes, an Event": lambda: call_by_ctypes(library, share, Making()),
            "cffi, counting": lambda: call_by_cffi(library, share, Counting()),
            "ctypes, counting": lambda: call_by_ctypes(library, share, Counting()),
        }
        for turn in range(1, given.turns + 1):
            for name, way in ways.items():
                gc.collect()
                spent, came = way()
                lost += abs(share - came)
                figures.setdefault(name, []).append(spent / share * 1e6)
            told = ", ".join(f"{name} {values[-1]:.3f}" for name, values in figures.items())
            print(f"    turn {turn}, µs: {told}", flush=True)
    ours = figures[OURS]
    print(f"\n  {'µs an event':<18}{'least':>8}{'ratio':>8}{'median':>9}{'ratio':>8}")
    for name, values in figures.items():
        least, median = min(values), statistics.median(values)
        print(
            f"  {name:<18}{least:>8.3f}{least / min(ours):>8.2f}{median:>9.3f}"
            f"{median / statistics.median(ours):>8.2f}"
        )
    reached = min(ours) <= GOAL
    print(
        f"\n  goal {GOAL:g} µs: {'reached' if reached else 'MISSED'}; {lost or 'none'} of {share * given.turns:,} lost"
    )
    return 1 if lost else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except BenchError as error:
        raise SystemExit(f"bench python_events: {error}") from None
