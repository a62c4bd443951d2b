"""`python -m rejoin swarm`: many seeds, one after the other or side by side."""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..scenario.writing import write
from .drawing import Size, draw
from .invariants import Violation, violations
from .shrinking import shrink

BAR = 30


def add_command(commands: Any) -> None:
    """Add `swarm` to the grammar of the command line."""
    size = Size()
    command = commands.add_parser(
        "swarm",
        help="random members on random networks, and what must always be true",
        description="Draws a scenario from each seed, plays it in the simulator, heals everything, and "
        "checks what must always be true and that all is well in the end. A seed that fails is shrunk to "
        "a short scenario file. Exits with 1 when one failed.",
    )
    command.add_argument("--seeds", type=int, default=100, metavar="N", help="how many (100)")
    command.add_argument("--start", type=int, default=1, metavar="SEED", help="the first one (1)")
    command.add_argument(
        "--members", type=int, default=size.members, metavar="N", help=f"at most ({size.members})"
    )
    command.add_argument(
        "--steps", type=int, default=size.steps, metavar="N", help=f"at most ({size.steps})"
    )
    command.add_argument(
        "--seconds",
        type=float,
        default=size.seconds,
        metavar="S",
        help=f"of virtual time before the heal, at most ({size.seconds:g})",
    )
    command.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (the cores)"
    )
    command.add_argument(
        "--save",
        type=Path,
        default=Path("swarm"),
        metavar="DIR",
        help="where shrunk seeds go (swarm/)",
    )
    command.add_argument("--keep-going", action="store_true", help="do not stop at 5 failed seeds")


def run(given: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    size = Size(max(2, given.members), max(5, given.steps), max(20.0, given.seconds))
    began, failed, played = time.monotonic(), [], 0
    for seed, found in results(range(given.start, given.start + given.seeds), size, given.jobs):
        played += 1
        if found:
            failed.append(seed)
            _clear()
            print(f"seed {seed}: {len(found)} broken, the first: {found[0]}")
        _progress(played, given.seeds, len(failed), began)
        if len(failed) >= 5 and not given.keep_going:
            break
    _clear()
    for seed in failed:
        _save(seed, size, given.save)
    seconds = time.monotonic() - began
    print(f"{played} seeds in {seconds:.1f} s: {len(failed) or 'none'} failed")
    return 1 if failed else 0


def one(seed: int, size: Size) -> tuple[int, list[Violation]]:
    """Play one seed."""
    return seed, violations(draw(seed, size))


def results(seeds: range, size: Size, jobs: int) -> Iterator[tuple[int, list[Violation]]]:
    """The seeds' results, in their order."""
    if jobs <= 1 or len(seeds) <= 1:
        yield from (one(seed, size) for seed in seeds)
        return
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(one, seeds, [size] * len(seeds), chunksize=4)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _save(seed: int, size: Size, folder: Path) -> None:
    scenario = draw(seed, size)
    print(f"seed {seed}: shrinking …", flush=True)
    shorter, found = shrink(scenario, violations(scenario), _shrinking)
    _clear()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed-{seed}.scenario"
    path.write_text("".join(f"# {violation}\n" for violation in found[:5]) + write(shorter))
    print(f"  {found[0]}")
    print(f"  {len(shorter.steps)} steps of {len(scenario.steps)} are left; to see it again:")
    print(f"  python -m rejoin play {path}")


def _shrinking(plays: int, steps: int) -> None:
    if sys.stdout.isatty():
        print(f"\r  {plays} plays, {steps} steps left   ", end="", flush=True)


def _progress(done: int, of: int, failed: int, began: float) -> None:
    if not sys.stdout.isatty():
        return
    filled = BAR * done // of
    rest = (time.monotonic() - began) / done * (of - done)
    bar = "█" * filled + "·" * (BAR - filled)
    print(f"\r  {bar} {done}/{of}, {failed} failed, {rest:.0f} s left ", end="", flush=True)


def _clear() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
