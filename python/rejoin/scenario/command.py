"""`python -m rejoin play`: plays scenario files."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from ..swarm.invariants import Invariants
from .checking import check
from .pictures import Drawn
from .plan import Plan
from .playing import play
from .reading import read


def add_command(commands: Any) -> None:
    """Add `play` to the grammar of the command line."""
    command = commands.add_parser(
        "play",
        help="play scenario files and tell what is not as they expect",
        description="Plays each file in the simulator, or with --real over real QUIC on loopback, with "
        "the file's time scale. Exits with 1 when something is not as a file expects.",
    )
    command.add_argument("files", nargs="+", metavar="FILE", type=Path)
    command.add_argument("--real", action="store_true", help="over real QUIC on loopback")
    command.add_argument("--seed", type=int, metavar="N", help="another seed than the file's")
    command.add_argument("--scale", type=float, metavar="X", help="time scale of the real world")
    command.add_argument("--events", action="store_true", help="show what every client heard")
    command.add_argument(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="draw the run of the one file that is played: .svg, .html or .txt",
    )
    command.add_argument(
        "--plan", action="store_true", help="print the plan, as players in other languages take it"
    )


def run(given: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    world, failed = "real" if given.real else "sim", 0
    if given.timeline is not None and len(given.files) > 1:
        raise ValueError(f"--timeline draws one run; {len(given.files)} files are given")
    if given.scale is not None and not given.real:
        raise ValueError("--scale is of the real world; give --real with it")
    if given.scale is not None and not 0.001 <= given.scale <= 1000:
        raise ValueError(f"--scale is {given.scale:g}; it goes from 0.001 to 1000")
    for path in given.files:
        scenario = read(path)
        if given.seed is not None:
            scenario.seed = given.seed
        if world not in scenario.worlds:
            print(f"{path}: not for the {world} world")
            continue
        plan = Plan.of(scenario, world, given.scale)
        if given.plan:
            print(plan, end="")
            continue
        watcher = Invariants() if scenario.invariants and world == "sim" else None
        drawn = Drawn(watcher) if given.timeline is not None else None
        recording = play(plan, watcher=drawn or watcher)
        if drawn is not None:
            drawn.timeline.save(given.timeline)
        differences = check(plan, recording)
        if watcher is not None:
            differences += map(str, watcher.violations)
        print(f"{path}: {'FAILED' if differences else 'ok'}  {scenario.title}")
        if given.events and not differences:
            for client, events in recording.events.items():
                for event in events:
                    print(f"  {client:10} {event.time / 1e9 / plan.scale:10.3f}  {event}")
        for difference in differences:
            print(difference)
        if differences:
            failed += 1
            print(f"to see it again: python -m rejoin play {_replay(path, plan)}")
        sys.stdout.flush()
    return 1 if failed else 0


def _replay(path: Path, plan: Plan) -> str:
    real = f" --real --scale {plan.scale:g}" if plan.world == "real" else ""
    return f"{shlex.quote(str(path))} --seed {plan.seed}{real}"
