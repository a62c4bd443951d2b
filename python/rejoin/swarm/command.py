"""`python -m rejoin swarm`: many seeds, one after the other or side by side."""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, TypeVar

from ..scenario.pictures import Drawn
from ..scenario.playing import play
from ..scenario.writing import write
from .drawing import Size, draw
from .invariants import Invariants, Outcome, violations, watch
from .shrinking import shrink

BAR = 30
ROWS = 30
"""lines of what happened that a timeline on the terminal has at most"""

NumberT = TypeVar("NumberT", int, float)


def add_command(commands: Any) -> None:
    """Add `swarm` to the grammar of the command line."""
    size = Size()
    command = commands.add_parser(
        "swarm",
        help="random members on random networks, and what must always be true",
        description="Draws a scenario from each seed, plays it in the simulator, heals everything, and "
        "checks what must always be true and that all is well in the end. A seed that fails is shrunk to "
        "a short scenario file, with its timeline beside it. One seed always gives the same event log: its "
        "SHA-256 says so. Exits with 1 when one failed.",
    )
    command.add_argument("--seeds", type=from_(1), default=100, metavar="N", help="how many (100)")
    command.add_argument(
        "--start", type=from_(0), default=1, metavar="SEED", help="the first one (1)"
    )
    command.add_argument(
        "--members",
        type=from_(2),
        default=size.members,
        metavar="N",
        help=f"at most, from 2 up ({size.members})",
    )
    command.add_argument(
        "--steps",
        type=from_(5),
        default=size.steps,
        metavar="N",
        help=f"at most, from 5 up ({size.steps})",
    )
    command.add_argument(
        "--seconds",
        type=from_(20.0),
        default=size.seconds,
        metavar="S",
        help=f"of virtual time before the heal, at most, from 20 up ({size.seconds:g})",
    )
    command.add_argument(
        "--edges",
        type=from_(1),
        default=size.edges,
        metavar="N",
        help=f"of one cluster, whose bus fails, too, where there are several ({size.edges})",
    )
    command.add_argument(
        "--jobs",
        type=from_(1),
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes (the cores)",
    )
    command.add_argument(
        "--save",
        type=Path,
        default=Path("swarm"),
        metavar="DIR",
        help="where shrunk seeds and their timelines go (swarm/)",
    )
    command.add_argument(
        "--hash", action="store_true", help="show the SHA-256 of each seed's event log"
    )
    command.add_argument("--keep-going", action="store_true", help="do not stop at 5 failed seeds")


def run(given: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    size = Size(given.members, given.steps, given.seconds, given.edges)
    began, failed, played, log = time.monotonic(), [], 0, hashlib.sha256()
    for seed, outcome in results(range(given.start, given.start + given.seeds), size, given.jobs):
        played += 1
        found = outcome.violations
        log.update(bytes.fromhex(outcome.digest))
        if given.hash:
            _clear()
            print(f"seed {seed}: {outcome.digest}")
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
    print(f"event logs: sha256 {log.hexdigest()}")
    return 1 if failed else 0


def from_(least: NumberT) -> Callable[[str], NumberT]:
    """A number of an option, from `least` up."""
    kind = type(least)

    def number(text: str) -> NumberT:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value < 2**63:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {least:g} up")
        return value

    return number


def one(seed: int, size: Size) -> tuple[int, Outcome]:
    """Play one seed."""
    return seed, watch(draw(seed, size))


def results(seeds: range, size: Size, jobs: int) -> Iterator[tuple[int, Outcome]]:
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
    drawn = Drawn(Invariants())
    play(shorter, watcher=drawn)
    _clear()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed-{seed}.scenario"
    path.write_text("".join(f"# {violation}\n" for violation in found[:5]) + write(shorter))
    pictures = [drawn.timeline.save(path.with_suffix(form)) for form in (".svg", ".html")]
    print(drawn.timeline.text(rows=ROWS))
    print()
    print(f"seed {seed}: {found[0]}")
    print(f"  {len(shorter.steps)} steps of {len(scenario.steps)} are left: {path}")
    print(f"  the timeline: {', '.join(map(str, pictures))}")
    print(f"  to see it again: python -m rejoin play {shlex.quote(str(path))}")


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
