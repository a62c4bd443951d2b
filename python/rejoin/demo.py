"""`python -m rejoin demo`: the timeline of the connection-state page, for real and simulated."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from .demo_picture import picture
from .demo_screen import HEAD, Screen
from .demo_stage import RealStage, SimulatedStage
from .demo_story import Take, play
from .demo_table import holds, table


def demo(svg: Path | None = None, fast: bool = False) -> int:
    """Play the story and compare it with the page.

    svg   where to write the picture; None: nowhere
    fast  the simulated part only

    Returns 0 when every row of the table holds, else 1. OSError: the picture cannot be written.
    """
    screen = Screen()
    takes = []
    if not fast:
        takes.append(_play_for_real(screen))
    takes.append(_play_simulated(screen))
    screen.say("The table")
    screen.say()
    screen.say(table(takes))
    if svg is not None and all("T3" in take.moments for take in takes):
        svg.write_text(picture(takes).svg(), encoding="utf-8")
        screen.say()
        screen.say(f"The picture is in {svg}.")
    return 0 if holds(takes) else 1


def _play_for_real(screen: Screen) -> Take:
    screen.say("For real: an edge and two members, QUIC on loopback. About 25 s.")
    screen.say()
    screen.say(HEAD)
    with closing(RealStage(screen)) as stage:
        take = play(stage)
    screen.say()
    return take


def _play_simulated(screen: Screen) -> Take:
    screen.say("The same in the simulator, to the end: 20 minutes of virtual time.")
    screen.say()
    screen.say(HEAD)
    began = time.perf_counter()
    with closing(SimulatedStage(screen)) as stage:
        take = play(stage)
        passed = stage.now
    spent = (time.perf_counter() - began) * 1000
    screen.say(f"  {passed / 60:.1f} minutes of virtual time in {spent:.0f} ms.")
    screen.say()
    return take
