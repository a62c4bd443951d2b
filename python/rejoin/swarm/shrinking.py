"""A scenario that breaks a rule, made shorter while it breaks the same one."""

from __future__ import annotations

import dataclasses
from typing import Callable

from ..scenario.model import Scenario, Timed
from .invariants import Violation, rules, violations

PLAYS_MAX = 400


def shrink(
    scenario: Scenario,
    found: list[Violation],
    progress: Callable[[int, int], None] = lambda plays, steps: None,
    plays_max: int = PLAYS_MAX,
) -> tuple[Scenario, list[Violation]]:
    """The shortest scenario found that breaks one of the same rules, and what it breaks.

    progress   is told how many plays there were, and how many steps are left
    plays_max  plays at most; then the shortest so far is taken
    """
    return _Shrinking(scenario, found, progress, plays_max).run()


class _Shrinking:
    def __init__(
        self,
        scenario: Scenario,
        found: list[Violation],
        progress: Callable[[int, int], None],
        plays_max: int,
    ) -> None:
        self.best, self.found = scenario, found
        self.rules = rules(found)
        self.progress = progress
        self.left = plays_max
        self.plays = 0

    def run(self) -> tuple[Scenario, list[Violation]]:
        self.without_tail()
        size = max(1, len(self.best.steps) // 2)
        while self.left > 0:
            shorter = self.without_chunks(size)
            if size > 1:
                size //= 2
            elif not shorter:
                break
        self.without_members()
        self.without_tokens()
        return self.best, self.found

    def breaks(self, scenario: Scenario) -> bool:
        """It breaks one of the rules; then it is the best so far."""
        if self.left <= 0:
            return False
        self.left -= 1
        self.plays += 1
        found = violations(scenario)
        if not rules(found) & self.rules:
            return False
        self.best, self.found = scenario, found
        self.progress(self.plays, len(scenario.steps))
        return True

    def with_steps(self, steps: list[Timed]) -> Scenario:
        return dataclasses.replace(self.best, steps=steps)

    def without_tail(self) -> None:
        """Nothing is done after the rule was broken, unless that shows at the end alone."""
        if "heal" in self.rules:
            return
        last = max(violation.time for violation in self.found)
        steps = [step for step in self.best.steps if step.time <= last]
        self.breaks(dataclasses.replace(self.best, steps=steps, heals=None, end=round(last + 1)))

    def without_chunks(self, size: int) -> bool:
        shorter, at = False, 0
        while at < len(self.best.steps) and self.left > 0:
            steps = self.best.steps[:at] + self.best.steps[at + size :]
            if self.breaks(self.with_steps(steps)):
                shorter = True
            else:
                at += size
        return shorter

    def without_members(self) -> None:
        """Members that do nothing, from the last on: those before keep their randomness."""
        acting = {step.action.actor for step in self.best.steps}
        for name in reversed(list(self.best.clients)):
            if name not in acting:
                clients = {key: node for key, node in self.best.clients.items() if key != name}
                self.breaks(dataclasses.replace(self.best, clients=clients))

    def without_tokens(self) -> None:
        """Those that nobody uses."""
        used = {step.action.values.get("token") for step in self.best.steps}
        tokens = {name: token for name, token in self.best.tokens.items() if name in used}
        if len(tokens) < len(self.best.tokens):
            self.breaks(dataclasses.replace(self.best, tokens=tokens))
