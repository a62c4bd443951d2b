"""What came of a load: as text, JSON and SVG."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .counts import PHASES, Distribution, Failure, Sample, Tally
from .plan import Plan
from .words import duration, size, some
from .world import Look

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
PER_DECADE = 20  # buckets of a distribution that are told
TOLD_FAILURES = 20  # places in scripts that the text tells


@dataclass(frozen=True)
class Times:
    """How long something took."""

    count: int
    least: float | None
    p50: float | None
    """seconds that half of them did not exceed; None: there was none"""
    p90: float | None
    p99: float | None
    most: float | None
    buckets: Sequence[tuple[float, float, int]]
    """(from, to, how many): the whole distribution, in steps of 12 %"""

    @classmethod
    def _of(cls, taken: Distribution) -> Times:
        """The times of a distribution."""
        some = taken.count > 0
        return cls(
            count=taken.count,
            least=taken.least if some else None,
            **{name: taken.percentile(share) for name, share in SHARES.items()},
            most=taken.most if some else None,
            buckets=taken.buckets(PER_DECADE),
        )


@dataclass(frozen=True)
class Process:
    """What a process used during the load."""

    cpu: float
    """seconds of processor time"""
    memory: int
    """bytes at the end"""
    grown: int
    """by how many bytes that is more than when it began"""


@dataclass(frozen=True)
class Report:
    """How many bots fared. Times are seconds, of real or virtual time."""

    plan: Plan
    script: str
    """the name of the bots' class"""
    where: str
    simulated: bool
    why_over: str
    seconds: float
    """how long it took"""
    started: int
    joined: int
    """bots that have been in their channel"""
    all_joined_after: float | None
    """when the last one was for the first time; None: some never were"""
    ended: int
    """bots whose `run` has returned"""
    refused: int
    """bots that ended because the edge refused them"""
    raised: int
    """bots that ended because their script raised"""
    phases: Mapping[str, int]
    """how many were in which state at the end, of those that still ran"""
    joins: Times
    """from the call of join to did_join_channel"""
    rejoins: Times
    """from RECONNECTING to did_rejoin_channel"""
    events: Mapping[str, int]
    """by name"""
    interrupted: Mapping[str, int]
    """CONNECTED to RECONNECTING, by reason"""
    failed: Mapping[str, int]
    """to FAILED, by reason"""
    refusals: Mapping[str, int]
    """of `refused`, by reason"""
    failures: Sequence[Failure]
    """of `raised`, by place, the most frequent first"""
    late: float
    """by how much the bots' own loop was late at most: what they tell may be so much too late"""
    bots_process: Process
    edge_process: Process | None
    """None: the edge is not the load's own, or simulated in the bots' process"""
    edge_counters: Mapping[str, int]
    """what the edge has at the end, and what it counted; empty: it did not tell"""
    samples: Sequence[Sample]
    """over time"""

    @classmethod
    def _of(
        cls,
        *,
        plan: Plan,
        script: str,
        where: str,
        simulated: bool,
        why_over: str,
        seconds: float,
        tally: Tally,
        late: float,
        bots_process: Process,
        before: Look | None,
        after: Look | None,
    ) -> Report:
        """The report of what was counted."""
        edge = None
        if before is not None and after is not None and after["process"] is not None:
            (cpu, held), (cpu_after, held_after) = before["process"] or (0.0, 0), after["process"]
            edge = Process(cpu_after - cpu, held_after, held_after - held)
        return cls(
            plan=plan,
            script=script,
            where=where,
            simulated=simulated,
            why_over=why_over,
            seconds=seconds,
            started=tally.started,
            joined=tally.joined_once,
            all_joined_after=tally.all_joined_at,
            ended=tally.ended,
            refused=tally.refused,
            raised=tally.raised,
            phases=dict(tally.phases),
            joins=Times._of(tally.joins),
            rejoins=Times._of(tally.rejoins),
            events=dict(tally.events.most_common()),
            interrupted=dict(tally.interrupted.most_common()),
            failed=dict(tally.failed.most_common()),
            refusals=dict(tally.refusals.most_common()),
            failures=sorted(tally.failures.values(), key=lambda failure: -failure.bots),
            late=late,
            bots_process=bots_process,
            edge_process=edge,
            edge_counters={} if after is None else dict(after["counters"]),
            samples=list(tally.samples),
        )

    # ---- its forms

    @property
    def title(self) -> str:
        """What it was, in a line."""
        plan = self.plan
        network = f" on {plan.network}" if plan.network is not None else ""
        return (
            f"{some(plan.count, 'bot')} in {some(plan.channels, 'channel')}{network}, {self.where}"
        )

    def text(self) -> str:
        """For a person, without its last line break."""
        rows = [row for row in self._rows() if row[1]]
        wide = max(len(name) for name, _ in rows)
        lines = [self.title, "", *(f"  {name:<{wide}}   {said}" for name, said in rows)]
        return "\n".join(lines + self._failure_lines())

    def _rows(self) -> list[tuple[str, str]]:
        plan, total = self.plan, sum(self.events.values())
        unit = " of virtual time" if self.simulated else ""
        running = sum(self.phases.values())
        everybody = (
            f"all after {duration(self.all_joined_after)}"
            if self.all_joined_after is not None
            else f"{self.joined:,} of {plan.count:,}"
        )
        outcomes = (
            (running, "ran on"),
            (self.ended, "ended"),
            (self.refused, "refused"),
            (self.raised, "raised"),
        )
        events = ", ".join(f"{count:,} {name}" for name, count in self.events.items())
        counters = self.edge_counters
        notable = ("busy", "retries", "refusals", "drops", "resets", "protocol_errors")
        edge = ", ".join(f"{counters[name]:,} {name}" for name in notable if counters.get(name))
        return [
            ("script", f"{self.script}, seed {plan.seed}, started at {plan.rate:g} a second"),
            ("lasted", f"{duration(self.seconds)}{unit}; {self.why_over}"),
            ("joined", everybody),
            ("join", _times(self.joins)),
            ("rejoin", _times(self.rejoins)),
            ("bots", ", ".join(f"{count:,} {what}" for count, what in outcomes if count)),
            ("at the end", ", ".join(f"{n:,} {name}" for name, n in self.phases.items() if n)),
            ("interrupted", _counts(self.interrupted)),
            ("failed", _counts(self.failed)),
            ("refused", _counts(self.refusals)),
            ("events", f"{total:,}, {total / max(self.seconds, 1e-9):,.0f} a second: {events}"),
            ("bots' process", self._process(self.bots_process, self.started, "bot")),
            ("its loop", "" if self.simulated else f"late by {duration(self.late)} at most"),
            ("edge's process", self._edge_process()),
            ("edge", edge),
        ]

    def _process(self, used: Process, count: int, what: str) -> str:
        each = f", {size(max(0, used.grown) // count)} for each {what}" if count else ""
        share = (
            f"{duration(used.cpu)} of processor time"
            if self.simulated
            else f"{used.cpu / max(self.seconds, 1e-9) * 100:.0f} % of a core"
        )
        return f"{share}, {size(used.memory)}{each}"

    def _edge_process(self) -> str:
        if self.edge_process is None:
            return ""
        return self._process(self.edge_process, self.edge_counters.get("members", 0), "member")

    def _failure_lines(self) -> list[str]:
        if not self.failures:
            return []
        lines = ["", f"{some(self.raised, 'script')} raised:"]
        for failure in self.failures[:TOLD_FAILURES]:
            lines.append("")
            who = (
                f"bot {failure.bot}"
                if failure.bots == 1
                else f"{failure.bots:,} bots, first {failure.bot}"
            )
            lines.append(f"  {who}: {failure.what}  ({failure.where})")
            lines += [f"    {line}" for line in failure.traceback.rstrip().splitlines()]
        more = len(self.failures) - TOLD_FAILURES
        if more > 0:
            lines += ["", f"  … and in {some(more, 'other place')}"]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, as in the JSON file; the certificate is left out."""
        values = asdict(self)
        values["plan"].pop("certificate")
        values["failures"] = [failure._asdict() for failure in self.failures]
        values["samples"] = [
            {**sample._asdict(), "phases": dict(zip(PHASES, sample.phases))}
            for sample in self.samples
        ]
        return values

    def json(self) -> str:
        """All of it as JSON."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"

    def svg(self) -> str:
        """A picture: the states over time, and how long joins took. It follows its reader's choice of light or dark."""
        from .picture import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write it in the form that the path's suffix names: .txt, .json or .svg; returns the path.

        ValueError: another suffix. OSError: it cannot be written.
        """
        path = Path(path)
        forms = {".txt": lambda: self.text() + "\n", ".json": self.json, ".svg": self.svg}
        form = forms.get(path.suffix.lower())
        if form is None:
            raise ValueError(
                f"{path} ends in {path.suffix!r}; a report is saved as {', '.join(forms)}"
            )
        path.write_text(form(), encoding="utf-8")
        return path


def _times(times: Times) -> str:
    if not times.count:
        return ""
    said = "   ".join(f"{name} {duration(getattr(times, name))}" for name in SHARES)
    return f"{said}   longest {duration(times.most)}   {times.count:,} times"


def _counts(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    reasons = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return reasons if len(counts) == 1 else f"{sum(counts.values()):,}: {reasons}"
