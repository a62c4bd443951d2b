"""Where a load's bots live: at an edge somewhere, at one in a process of their own making, or in a simulation."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypedDict, TypeVar

from .. import aio
from ..simulation import SimulatedEdge, Simulation
from .edge_process import EdgeProcess
from .plan import Plan

T = TypeVar("T")


class Look(TypedDict):
    """How an edge is."""

    process: tuple[float, int] | None
    """its processor time in seconds and its bytes; None: it has none of its own"""
    counters: dict[str, int]


class World:
    """A real edge somewhere else, of which only the address is known."""

    is_simulated = False

    def __init__(self, plan: Plan) -> None:
        self.urls: list[str] = list(plan.urls)
        self.fingerprint = plan.fingerprint
        self.where = " ".join(self.urls)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end in this world's time."""
        return asyncio.run(main)

    def look(self) -> Look | None:
        """How the edge is; None: it does not tell."""
        return None

    def close(self) -> None:
        """End what was made for it."""


class OwnWorld(World):
    """A real edge on loopback, made for the load."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._process = EdgeProcess(plan._edge_options())
        self.urls = [self._process.url]
        self.fingerprint = self._process.fingerprint
        self.where = "an edge of its own on loopback"

    def look(self) -> Look | None:
        told = self._process.look()
        return Look(process=(told["cpu"], told["memory"]), counters=told["counters"])

    def close(self) -> None:
        self._process.close()


class SimulatedWorld(World):
    """A simulation: the load's own, or one that is there already, with an edge in it."""

    is_simulated = True

    def __init__(
        self, plan: Plan, simulation: Simulation | None = None, edge: SimulatedEdge | None = None
    ) -> None:
        super().__init__(plan)
        self._own = simulation is None
        self._simulation = simulation or Simulation(seed=plan.seed)
        self._edge = edge or self._simulation.edge(**plan._edge_options())
        self.urls = [self._edge.url]
        self.fingerprint = self._edge.fingerprint
        self.where = "a simulation"

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        return aio.run(main, self._simulation)

    def look(self) -> Look | None:
        return Look(process=None, counters=self._edge.counters)

    def close(self) -> None:
        if self._own:
            self._simulation.close()


def world_of(
    plan: Plan,
    simulated: bool = False,
    simulation: Simulation | None = None,
    edge: SimulatedEdge | None = None,
) -> World:
    """The world for a plan."""
    if simulated or simulation is not None:
        return SimulatedWorld(plan, simulation, edge)
    return World(plan) if plan.urls else OwnWorld(plan)
