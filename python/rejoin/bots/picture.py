"""A report as a picture: the states of all bots over time, and how long joins and rejoins took."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from ..timeline import looks
from ..timeline.axis import STEPS, multiples
from ..timeline.words import round_time
from .counts import PHASES, Sample
from .report import Report, Times
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
    "outside": "idle",
}
LABEL_OF = {phase: phase.upper() for phase in PHASES} | {"outside": "in no channel"} if False else {
    "connected": "CONNECTED",
    "connecting": "CONNECTING",
    "reconnecting": "RECONNECTING",
    "failed": "FAILED",
    "outside": "DISCONNECTED",
}


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
        y = MARGIN + 38
        for line in _said(report):
            self._say(MARGIN, y, line, "soft")
            y += 18
        y = self._legend(y + 10)
        y = self._area(y + 12)
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
        for phase in _used(self._report.samples):
            label = LABEL_OF[phase]
            self._parts.append(looks.bar(TONE_OF[phase], x, y, 18, 12, label))
            self._say(x + 24, y + 10, label, "small")
            x += 24 + looks.width_of(label, 11) + 18
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

        for count in _round_counts(report.plan.count):
            self._line(left, y(count), f"H{right:.1f}")
            width = looks.width_of(f"{count:,}", 11)
            self._say(left - 10 - width, y(count) + 4, f"{count:,}", "small soft")
        for time in _round_times(seconds, (right - left) / TICKS_APART):
            self._line(x(time), bottom, "v5", "leader")
            label = round_time(time)
            half = looks.width_of(label, 11) / 2
            self._say(min(x(time), right - half), bottom + 18, label, "small soft middle")
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
        for stretch in _stretches(points):
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
        self._say(left, top, name, "lane")
        self._say(left, top + 18, f"{some(times.count, 'time')}", "small soft")
        right, top = left + width, top + 56
        bottom = top + BARS_HEIGHT
        buckets = list(times.buckets)
        first, last = buckets[0][0], buckets[-1][1]
        decades = max(_log(last) - _log(first), 0.5)
        most = max(count for _, _, count in buckets)

        def x(seconds: float) -> float:
            return left + min(1.0, max(0.0, (_log(seconds) - _log(first)) / decades)) * width

        for low, high, count in buckets:
            if count:
                tall = max(1.0, count / most * BARS_HEIGHT)
                said = f"{duration(low)} to {duration(high)}: {some(count, 'time')}"
                self._parts.append(
                    f"<g><title>{said}</title><path class='good' d='M{x(low) + 0.5:.1f} {bottom:.1f}"
                    f"v-{tall:.1f}H{max(x(high) - 0.5, x(low) + 1):.1f}V{bottom:.1f}z'/></g>"
                )
        self._line(left, bottom, f"H{right:.1f}", "leader")
        taken: list[float] = []
        for seconds in _round_logarithmic(first, last):
            label = duration_label(seconds)
            half = looks.width_of(label, 11) / 2
            place = x(seconds)
            if left + half <= place <= right - half and all(
                abs(place - other) > 2 * half + 14 for other in taken
            ):
                taken.append(place)
                self._line(place, bottom, "v5", "leader")
                self._say(place, bottom + 18, label, "small soft middle")
        self._percentiles(left, right, top, bottom, times, x)
        return bottom + 20

    def _percentiles(
        self, left: float, right: float, top: float, bottom: float, times: Times, x: _Place
    ) -> None:
        """Where half, nine tenths and so on of them were done; names on lines of their own where they would meet."""
        ends = [left - 20.0, left - 20.0, left - 20.0]
        for name in ("p50", "p90", "p99"):
            value = getattr(times, name)
            label = f"{name} {duration(value)}"
            width = looks.width_of(label, 11)
            start = min(x(value) + 4, right - width)
            line = next((i for i, end in enumerate(ends) if end + 8 <= start), 2)
            ends[line] = start + width
            height = top - 6 - 12 * line
            self._line(x(value), height - 8, f"V{bottom:.1f}", "line strong")
            self._say(start, height, label, "small")


_Place = "type of a function from seconds to a place"


def _said(report: Report) -> list[str]:
    """What stands below the title."""
    unit = " of virtual time" if report.simulated else ""
    joined = (
        f"all joined after {duration(report.all_joined_after)}"
        if report.all_joined_after is not None
        else f"{report.joined:,} of {report.plan.count:,} joined"
    )
    ended = ", ".join(
        f"{count:,} {what}"
        for count, what in (
            (report.ended, "ended"),
            (report.refused, "refused"),
            (report.raised, "raised"),
        )
        if count
    )
    total = sum(report.events.values())
    return [
        f"{report.script}, seed {report.plan.seed}: {duration(report.seconds)}{unit}, {joined}"
        f"{'; ' + ended if ended else ''}; {some(total, 'event')}"
    ]
