"""Holds what was heard against what a scenario expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Expected, Gap, Group, Item, When
from .plan import Plan
from .playing import fits
from .recording import Heard, Recording

TICK = 0.0011  # seconds; the simulator's precision (SPEC section 2), and a little for its floats
LATE = 0.060  # seconds that the real world may be late by, and
EARLY = 0.004  # that its actions and clocks may differ by


def check(plan: Plan, recording: Recording) -> list[str]:
    """What is not as the plan's scenario expects, in words; empty: all is.

    Times of the simulator are exact to one tick; in the real world an exact time may be late by 60 ms
    (of real time), and a span's end, too.
    """
    return _Checker(plan, recording).differences()


@dataclass
class _Fault:
    """Where the list of a client stops to fit, and how far it did."""

    depth: int
    text: str


class _Checker:
    def __init__(self, plan: Plan, recording: Recording) -> None:
        self.plan = plan
        self.recording = recording
        simulated = plan.world == "sim"
        self.late = TICK if simulated else LATE
        self.early = TICK - 0.001 if simulated else EARLY

    def differences(self) -> list[str]:
        found: list[str] = []
        path = self.plan.scenario.path
        for _, step in self.plan.steps:
            found += self.result_difference(step.index, step.action.line, step.action.result)
        for _, _, step in self.plan.hooks:
            found += self.result_difference(step.index, step.action.line, step.action.result)
        for client, items in self.plan.scenario.expected.items():
            events = self.recording.events.get(client, [])
            fault = self.match(items, events)
            if fault is not None:
                found.append(f"{path}: {client}: {fault.text}\n{self.listing(client)}")
        return list(dict.fromkeys(found))  # an action of both directions is two steps

    def result_difference(self, index: int, line: int, wanted: tuple[int, ...] | None) -> list[str]:
        got = self.recording.results.get(index)
        if wanted is None or got == wanted:
            return []
        place = f"{self.plan.scenario.path}:{line}"
        if got is None:
            return [f"{place}: this was never done"]
        said = self.recording.errors.get(index)
        why = f": {said}" if said else ""
        return [f"{place}: it answered {_numbers(got)}, not {_numbers(wanted)}{why}"]

    def listing(self, client: str) -> str:
        scale = self.plan.scale
        rows = [
            f"    {event.time / 1e9 / scale:10.3f}  {event}"
            for event in self.recording.events.get(client, [])
        ]
        return (
            "\n".join([f"  what {client} heard:", *rows]) if rows else f"  {client} heard nothing"
        )

    # ---- one client's list

    def match(self, items: Sequence[Item], events: Sequence[Heard]) -> _Fault | None:
        """None: it fits. Gaps are tried from the shortest on."""
        deepest: _Fault | None = None
        # Work that is left: which item is next, which event, and which members of a group are there
        # already. Searched depth first, so that the first fit ends it.
        stack: list[tuple[int, int, frozenset[int]]] = [(0, 0, frozenset())]
        seen = set()
        while stack:
            state = stack.pop()
            if state in seen:
                continue
            seen.add(state)
            item, event, taken = state
            if item == len(items):
                if event == len(events):
                    return None
                deepest = _deeper(deepest, event, f"unexpected: {self.told(events[event])}")
                continue
            wanted = items[item]
            if isinstance(wanted, Gap):
                if event < len(events):
                    stack.append((item, event + 1, frozenset()))
                stack.append((item + 1, event, frozenset()))
                continue
            group = wanted.events if isinstance(wanted, Group) else (wanted,)
            if len(taken) == len(group):
                stack.append((item + 1, event, frozenset()))
                continue
            left = [i for i in range(len(group)) if i not in taken]
            if event == len(events):
                text = f"line {group[left[0]].line}: did not come: {group[left[0]]}"
                deepest = _deeper(deepest, event, text)
                continue
            reasons = []
            for i in reversed(left):
                why = self.differs(group[i], events[event])
                if why is None:
                    stack.append((item, event + 1, taken | {i}))
                else:
                    reasons.append(f"line {group[i].line}: {why}")
            if reasons and len(reasons) == len(left):
                deepest = _deeper(deepest, event, reasons[-1])
        return deepest

    def told(self, event: Heard) -> str:
        return f"{event} at {event.time / 1e9 / self.plan.scale:.3f}"

    def differs(self, wanted: Expected, event: Heard) -> str | None:
        if not fits(wanted, event.name, event.fields):
            return f"expected {wanted}, but what came was {self.told(event)}"
        return self.time_differs(wanted, event)

    def time_differs(self, wanted: Expected, event: Heard) -> str | None:
        when: When = wanted.when
        scale = self.plan.scale
        base = 0.0
        if when.base == "O":
            base = event.outage / 1e9
            if event.outage < 0:
                return f"{wanted.name} came when the client had never heard the edge"
        if when.base == "H":
            heard = self.edge_heard(event)
            if heard is None:
                return f"nobody knows when the edge last heard {event.fields.get('uid')}"
            base = heard / 1e9
        at = event.time / 1e9 - base
        if when.first * scale - self.early <= at <= when.last * scale + self.late:
            return None
        from_base = f"{when.base}+" if when.base else ""
        return f"expected {wanted}, but it came at {from_base}{at / scale:.4f}"

    def edge_heard(self, event: Heard) -> int | None:
        """The latest that was known of the peer before the event."""
        samples = self.recording.last_heard.get(int(event.fields.get("uid", 0)), [])
        before = [heard for seen, heard in samples if seen < event.time]
        return before[-1] if before else None


def _deeper(fault: _Fault | None, depth: int, text: str) -> _Fault:
    return _Fault(depth, text) if fault is None or depth > fault.depth else fault


def _numbers(values: tuple[int, ...]) -> str:
    return " ".join(map(str, values)) if values else "nothing"
