"""The timeline of a play: its lanes are called as the scenario calls its nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..events import Event
from ..timeline import Stop, Timeline
from .playing import Watcher

if TYPE_CHECKING:
    from .plan import Step
    from .playing import Player

STOPS_MAX = 5


def timeline_of(player: Player, stops: Iterable[Stop] = ()) -> Timeline:
    """The timeline of what was played so far. Its zero is the beginning.

    stops  moments to point out, in seconds since then; the first 5 are
    """
    zero = player.origin / 1e9
    shown = [replace(stop, time=stop.time + zero) for stop in list(stops)[:STOPS_MAX]]
    nodes = {**player.edges, **player.clients}
    scenario = player.plan.scenario
    timeline = Timeline.of(
        player.run_to_draw(), scenario.title or scenario.path, zero=zero, stops=shown
    )
    before = len(timeline.lanes) - len(nodes)  # the simulation's own lane, where it has one
    if before not in (0, 1):  # of many, some that were closed are not kept
        return timeline
    lanes = list(timeline.lanes)
    for place, name in enumerate(nodes, before):
        own = name if name in player.edges else f"{name}, {lanes[place].title}"
        lanes[place] = replace(lanes[place], title=own)
    return replace(timeline, lanes=lanes)


class Drawn(Watcher):
    """Looks on as another watcher does, and draws the run when it has ended: `timeline`."""

    timeline: Timeline

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.watcher = watcher or Watcher()
        self.every = self.watcher.every

    def begin(self, player: Player) -> None:
        self.player = player
        self.watcher.begin(player)

    def heard(self, name: str, event: Event) -> None:
        self.watcher.heard(name, event)

    def done(self, step: Step) -> None:
        self.watcher.done(step)

    def look(self) -> None:
        self.watcher.look()

    def end(self) -> None:
        self.watcher.end()
        self.timeline = timeline_of(self.player, self.watcher.stops())
