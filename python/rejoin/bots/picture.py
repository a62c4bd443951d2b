"""A report as a picture: the states of all bots over time, and how long joins and rejoins took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from ..timeline import looks
from ..timeline.axis import STEPS, multiples
from ..timeline.words import round_time
from .counts import PHASES
from .report import SHARES, Report, Times
from .words import duration, some

WIDTH = 1000.0
MARGIN = 24.0
LEFT = 78.0  # of a chart: room for its numbers
AREA_HEIGHT, BARS_HEIGHT = 260.0, 150.0
TICKS_APART = 70.0
TONE_OF = {
    "connected": "good",
    "connecting": "trying",
    "reconnecting": "warning",
    "failed": "bad",
    "disconnected": "idle",
}
LABEL_OF = {
    "connected": "CONNECTED",
    "connecting": "CONNECTING",
    "reconnecting": "RECONNECTING",
    "failed": "FAILED",
    "disconnected": "DISCONNECTED",
}
LINE = 13.0  # between the names of percentiles
ROOM = 30.0  # for such a name at the right


def draw(report: Report) -> str:
    """The picture as a whole SVG file."""
    return _Picture(report).draw()


class _Picture:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._parts: list[str] = []

    def draw(self) -> str:
        report = self._report
        self._say(MARGIN, MARGIN + 14, report.title, "title")
        self._say(MARGIN, MARGIN + 38, _said(report), "soft")
        y = self._legend(MARGIN + 58)
        y = self._area(y + 14)
        kinds = [
            ("from join to did_join_channel", report.joins),
            ("from RECONNECTING to did_rejoin_channel", report.rejoins),
        ]
        shown = [(name, times) for name, times in kinds if times.count]
        y += 34
        wide = (WIDTH - 2 * MARGIN - (len(shown) - 1) * 28) / max(1, len(shown))
        end = y
        for i, (name, times) in enumerate(shown):
            end = self._bars(MARGIN + i * (wide + 28), y, wide, name, times)
        return looks.document(report.title, WIDTH, end + MARGIN, self._parts)

    def _say(self, x: float, y: float, text: str, kind: str = "") -> None:
        self._parts.append(looks.say(x, y, text, kind))

    def _line(self, x: float, y: float, to: str, kind: str = "grid") -> None:
        self._parts.append(f"<path class='{kind}' d='M{x:.1f} {y:.1f}{to}'/>")

    # ---- the states over time

    def _legend(self, y: float) -> float:
        x = MARGIN
        used = [
            phase
            for index, phase in enumerate(PHASES)
            if any(sample.phases[index] for sample in self._report.samples)
        ]
        for phase in used:
            label = LABEL_OF[phase]
            self._parts.append(looks.bar(TONE_OF[phase], x, y, 18, 12, label))
            self._say(x + 24, y + 10, label, "small")
            x += 24 + looks.width_of(label, 11) + 18
        self._line(x, y + 6, "h18", "torn")
        self._say(x + 24, y + 10, "started so far", "small")
        return y + 12

    def _area(self, top: float) -> float:
        """The stacked area; where it ends, with its axis."""
        report = self._report
        left, right, bottom = MARGIN + LEFT, WIDTH - MARGIN, top + AREA_HEIGHT
        seconds = max(report.seconds, 1e-3)

        def x(time: float) -> float:
            return left + min(1.0, time / seconds) * (right - left)

        def y(count: float) -> float:
            return bottom - count / report.plan.count * AREA_HEIGHT

        for count in round_counts(report.plan.count):
            self._line(left, y(count), f"H{right:.1f}")
            width = looks.width_of(f"{count:,}", 11)
            self._say(left - 10 - width, y(count) + 4, f"{count:,}", "small soft")
        said = 0.0  # so far to the right
        for time in round_times(seconds, (right - left) / TICKS_APART):
            self._line(x(time), bottom, "v5", "leader")
            label = round_time(time)
            half = looks.width_of(label, 11) / 2
            middle = min(x(time), right - half)
            if (
                middle - half > said
            ):  # the last one is moved to the left, and may have no room there
                self._say(middle, bottom + 18, label, "small soft middle")
                said = middle + half
        samples = list(report.samples)
        low = [0] * len(samples)
        for index, phase in enumerate(PHASES):
            high = [below + sample.phases[index] for below, sample in zip(low, samples)]
            if any(sample.phases[index] for sample in samples):
                self._layer(
                    TONE_OF[phase],
                    LABEL_OF[phase],
                    [(x(s.time), y(a), y(b)) for s, a, b in zip(samples, low, high)],
                )
            low = high
        started = [(x(sample.time), y(sample.started)) for sample in samples]
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in started)
        self._parts.append(
            f"<g><title>bots started so far</title><path class='torn' d='M{path}'/></g>"
        )
        self._line(left, bottom, f"H{right:.1f}", "leader")
        return bottom + 18

    def _layer(self, tone: str, label: str, points: Sequence[tuple[float, float, float]]) -> None:
        """One state's share, with its pattern: between two heights at each place."""
        for stretch in stretches(points):
            there = "L".join(f"{x:.1f} {high:.1f}" for x, _, high in stretch)
            back = "L".join(f"{x:.1f} {low:.1f}" for x, low, _ in reversed(stretch))
            path = f"M{there}L{back}z"
            over = "" if tone == "good" else f"<path fill='url(#over-{tone})' d='{path}'/>"
            self._parts.append(
                f"<g><title>{escape(label)}</title><path class='{tone}' d='{path}'/>{over}</g>"
            )

    # ---- how long it took

    def _bars(self, left: float, top: float, width: float, name: str, times: Times) -> float:
        """A distribution over a logarithmic axis; where it ends."""
        said = ", ".join(f"{share} {duration(getattr(times, share))}" for share in SHARES)
        self._say(left, top, name, "lane")
        self._say(left, top + 19, f"{some(times.count, 'time')}: {said}", "small soft")
        top += 30 + LINE * len(SHARES)
        bottom, right = top + BARS_HEIGHT, left + width
        low, high = _span(times)
        most = max(count for _, _, count in times.buckets)

        def x(seconds: float) -> float:
            share = math.log10(seconds / low) / math.log10(high / low)
            return left + share * (width - ROOM)

        for start, end, count in times.buckets:
            if count:
                tall = max(1.0, count / most * BARS_HEIGHT)
                said = f"{duration(start)} to {duration(end)}: {some(count, 'time')}"
                self._parts.append(
                    f"<g><title>{said}</title><path class='good' d='M{x(start) + 0.5:.1f} {bottom:.1f}"
                    f"v-{tall:.1f}H{x(end) - 0.5:.1f}V{bottom:.1f}z'/></g>"
                )
        self._line(left, bottom, f"H{right:.1f}", "leader")
        taken: list[tuple[float, float]] = []
        for seconds in round_logarithmic(low, high):
            half, place = looks.width_of(short(seconds), 11) / 2 + 8, x(seconds)
            if left <= place - half and all(
                place + half < start or place - half > end for start, end in taken
            ):
                taken.append((place - half, place + half))
                self._line(place, bottom, "v5", "leader")
                self._say(place, bottom + 18, short(seconds), "small soft middle")
        self._percentiles([(x(getattr(times, name)), name) for name in SHARES], top, bottom)
        return bottom + 20

    def _percentiles(self, marks: Sequence[tuple[float, str]], top: float, bottom: float) -> None:
        """Until when half, nine tenths and so on were done; a name that a later line would cross stands above it."""
        lines: list[
            tuple[float, int]
        ] = []  # of those to the right: their places, and on which line their names stand
        for place, name in reversed(marks):
            end = place + 8 + looks.width_of(name, 11)
            line = max((other + 1 for at, other in lines if at < end), default=0)
            lines.append((place, line))
            height = top - 6 - LINE * line
            self._line(place, height - 8, f"V{bottom:.1f}", "torn")
            self._say(place + 4, height, name, "small")


def _span(times: Times) -> tuple[float, float]:
    """From where to where the axis of a distribution goes: a decade at least."""
    low, high = times.buckets[0][0], times.buckets[-1][1]
    missing = 1 - math.log10(high / low)
    if missing > 0:
        low, high = low / 10 ** (missing / 2), high * 10 ** (missing / 2)
    return low, high


def _said(report: Report) -> str:
    """What stands below the title."""
    unit = " of virtual time" if report.simulated else ""
    joined = (
        f"all joined after {duration(report.all_joined_after)}"
        if report.all_joined_after is not None
        else f"{report.joined:,} of {report.plan.count:,} joined"
    )
    counts = ((report.ended, "ended"), (report.refused, "refused"), (report.raised, "raised"))
    ended = "".join(f", {count:,} {what}" for count, what in counts if count)
    return (
        f"{report.script}, seed {report.plan.seed}: {duration(report.seconds)}{unit}, {joined}{ended}, "
        f"{some(sum(report.events.values()), 'event')}"
    )


def stretches(
    points: Sequence[tuple[float, float, float]],
) -> list[list[tuple[float, float, float]]]:
    """The parts of (place, low, high) in which there is anything, each with the empty place beside it."""
    found: list[list[tuple[float, float, float]]] = []
    inside = False
    for before, point, after in zip([points[0], *points], points, [*points[1:], points[-1]]):
        is_near = any(low != high for _, low, high in (before, point, after))
        if is_near and not inside:
            found.append([])
        inside = is_near
        if is_near:
            found[-1].append(point)
    return found


def round_counts(most: int) -> list[int]:
    """0 and round numbers up to `most`, at most six."""
    step = next(
        step * 10**power
        for power in range(12)
        for step in (1, 2, 5)
        if most / (step * 10**power) <= 5
    )
    return list(range(0, most + 1, step))


def round_times(most: float, room: float) -> list[float]:
    """Round times from 0 to `most`, at most as many as have room."""
    step = min((step for step in STEPS if most / step <= room), default=STEPS[0])
    return multiples(step, 0.0, most)


def round_logarithmic(least: float, most: float) -> list[float]:
    """1, 10, 100 and so on between two, then 2 and 5 of each, those first that are to be named rather."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    places = [digit * 10.0**power for digit in (1, 5, 2, 3, 7) for power in powers]
    return [place for place in places if least <= place <= most]


def short(seconds: float) -> str:
    """A round time: 20 ms, 2 s."""
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"
