"""A timeline: lanes side by side, each with bars (states) and marks (callbacks), time flowing down.

As text for a terminal and as SVG for a page, light and dark. Short times get room for their text,
and a long time without anything in it is broken off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

TONES = ("idle", "trying", "good", "warning", "bad")
"""the looks of a bar"""


@dataclass(frozen=True)
class Bar:
    """A state that a lane was in."""

    start: float
    end: float
    label: str
    tone: str = "idle"


@dataclass(frozen=True)
class Mark:
    """Something that a lane was told."""

    time: float
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Stop:
    """A named moment of the whole picture, such as T3."""

    time: float
    label: str
    text: str = ""


@dataclass(frozen=True)
class Lane:
    """One who takes part."""

    title: str
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Timeline:
    """Lanes over the same time, in seconds from whatever moment is called 0."""

    title: str
    lanes: list[Lane]
    stops: list[Stop]
    notes: list[str] = field(default_factory=list)

    def moments(self) -> list[float]:
        """All times at which anything is, each once, in order."""
        times = {stop.time for stop in self.stops}
        for lane in self.lanes:
            times.update(mark.time for mark in lane.marks)
            times.update(time for bar in lane.bars for time in (bar.start, bar.end))
        return sorted(times)

    def text(self) -> str:
        """For a terminal: a line for each thing that a lane was told or became."""
        return _Text(self).draw()

    def svg(self) -> str:
        """A whole SVG file, which follows its reader's choice of light or dark."""
        return _Picture(self).draw()


def short_time(seconds: float) -> str:
    """Seconds as a person says them: 0.012 s, 4.003 s, 20 min 0.0 s."""
    if abs(seconds) < 100:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.1f} s"


# ---- text


class _Text:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def draw(self) -> str:
        lanes = self._timeline.lanes
        rows: list[tuple[str, ...]] = [("", "", *(lane.title for lane in lanes))]
        for moment in self._timeline.moments():
            rows += self._at(moment)
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
            for row in rows
        ]
        notes = ["", *self._timeline.notes] if self._timeline.notes else []
        return "\n".join([self._timeline.title, "", *lines, *notes])

    def _at(self, moment: float) -> list[tuple[str, ...]]:
        columns = [
            [f"[{bar.label}]" for bar in lane.bars if bar.start == moment]
            + [f"{mark.text} {mark.detail}".rstrip() for mark in lane.marks if mark.time == moment]
            for lane in self._timeline.lanes
        ]
        stops = [
            f"{stop.label} {stop.text}".rstrip()
            for stop in self._timeline.stops
            if stop.time == moment
        ]
        height = max(len(column) for column in [stops, *columns])
        return [
            (
                stops[i] if i < len(stops) else "",
                short_time(moment) if i == 0 else "",
                *(column[i] if i < len(column) else "" for column in columns),
            )
            for i in range(height)
        ]


# ---- SVG

MARGIN = 24
AXIS_WIDTH = 148
BAR_WIDTH = 124
MARKS_WIDTH = 272
LINE = 18  # one line of text
LEAST = 30  # between two moments, so that a bar has room for its label
PER_SECOND = 17.0
LONGEST = 60.0  # seconds; beyond, the axis is broken
BREAK = 76

# Okabe and Ito's colours, which people of every colour vision tell apart; each with the text that
# reads well on it. (light, dark) where they differ.
STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 12.5px }
  text { fill: #1f2328 }
  .paper { fill: #ffffff }
  .title { font-size: 17px; font-weight: 600 }
  .lane { font-size: 14px; font-weight: 600 }
  .stop { font-weight: 700 }
  .soft { fill: #57606a }
  .line { stroke: #afb8c1; stroke-width: 1; stroke-dasharray: 2 4 }
  .tick { fill: #1f2328 }
  .bar { stroke: #57606a; stroke-width: 1 }
  .on { font-size: 12px; font-weight: 600; text-anchor: middle }
  .idle { fill: #d8dee4 } .on-idle { fill: #1f2328 }
  .trying { fill: #56b4e9 } .on-trying { fill: #06202e }
  .good { fill: #0072b2 } .on-good { fill: #ffffff }
  .warning { fill: #f0c239 } .on-warning { fill: #231a00 }
  .bad { fill: #d55e00 } .on-bad { fill: #140800 }
  .torn { fill: none; stroke: #57606a; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .soft { fill: #9da7b3 }
    .line { stroke: #484f58 }
    .tick { fill: #e6edf3 }
    .bar { stroke: #9da7b3 }
    .idle { fill: #30363d } .on-idle { fill: #e6edf3 }
    .on-trying { fill: #06202e } .on-good { fill: #ffffff } .on-warning { fill: #231a00 } .on-bad { fill: #140800 }
    .torn { stroke: #9da7b3 }
  }
"""


class _Picture:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._moments = timeline.moments()
        self._top = MARGIN + 74
        self._breaks: list[float] = []  # the y of each broken place
        self._y = self._layout()
        self._end = max(self._y.values(), default=self._top) + self._room(self._moments[-1:])
        self._width = 2 * MARGIN + AXIS_WIDTH + len(timeline.lanes) * (BAR_WIDTH + MARKS_WIDTH)
        self._height = self._end + MARGIN + LINE * (len(timeline.notes) + 1)
        self._parts: list[str] = []

    def _room(self, moments: list[float]) -> float:
        """How much the text of a moment needs."""
        lines = [
            sum(mark.time in moments for mark in lane.marks) for lane in self._timeline.lanes
        ] + [self._stop_lines(moment) for moment in moments]
        return max(LEAST, max(lines, default=0) * LINE + 10)

    def _stop_lines(self, moment: float) -> int:
        return sum(2 if stop.text else 1 for stop in self._timeline.stops if stop.time == moment)

    def _layout(self) -> dict[float, float]:
        y: dict[float, float] = {}
        at = float(self._top)
        before = None
        for moment in self._moments:
            if before is not None:
                passed, room = moment - before, self._room([before])
                if passed > LONGEST:
                    self._breaks.append(at + room + (BREAK - LEAST) / 2)
                    at += room + BREAK
                else:
                    at += max(room, passed * PER_SECOND)
            y[moment] = at
            before = moment
        return y

    def draw(self) -> str:
        self._put(f"<rect class='paper' width='{self._width}' height='{self._height:.0f}' rx='8'/>")
        self._say(MARGIN, MARGIN + 14, self._timeline.title, "title")
        for stop in self._timeline.stops:
            self._draw_line(stop)
        for number, lane in enumerate(self._timeline.lanes):
            self._draw_lane(lane, MARGIN + AXIS_WIDTH + number * (BAR_WIDTH + MARKS_WIDTH))
        for y in self._breaks:
            self._draw_break(y)
        lines: dict[float, int] = {}  # that are taken at a moment
        for stop in self._timeline.stops:
            self._draw_stop(stop, lines.get(stop.time, 0))
            lines[stop.time] = lines.get(stop.time, 0) + (2 if stop.text else 1)
        for number, note in enumerate(self._timeline.notes):
            self._say(MARGIN, self._end + MARGIN + LINE * number, note, "soft")
        body = "\n".join(self._parts)
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{self._width}' "
            f"height='{self._height:.0f}' viewBox='0 0 {self._width} {self._height:.0f}' role='img'>\n"
            f"<title>{escape(self._timeline.title)}</title>\n<style>{STYLE}</style>\n{body}\n</svg>\n"
        )

    def _draw_line(self, stop: Stop) -> None:
        y = self._y[stop.time]
        self._put(
            f"<line class='line' x1='{MARGIN}' y1='{y:.1f}' x2='{self._width - MARGIN}' y2='{y:.1f}'/>"
        )

    def _draw_stop(self, stop: Stop, line: int) -> None:
        y = self._y[stop.time] + line * LINE
        self._say(MARGIN, y + 15, stop.label, "stop")
        self._say(MARGIN + 28, y + 15, short_time(stop.time), "soft")
        if stop.text:
            self._say(MARGIN + 28, y + 15 + LINE - 2, stop.text, "soft")

    def _draw_lane(self, lane: Lane, x: float) -> None:
        self._say(x, self._top - 16, lane.title, "lane")
        for bar in lane.bars:
            top, bottom = self._y[bar.start], self._y[bar.end]
            if bar.end == self._moments[-1]:
                bottom = self._end
            self._put(
                f"<rect class='bar {bar.tone}' x='{x}' y='{top:.1f}' width='{BAR_WIDTH}' "
                f"height='{bottom - top:.1f}'/>"
            )
            self._say(x + BAR_WIDTH / 2, top + 19, bar.label, f"on on-{bar.tone}")
        lines: dict[float, int] = {}
        for mark in lane.marks:
            line = lines[mark.time] = lines.get(mark.time, 0) + 1
            y = self._y[mark.time] + LINE * (line - 1)
            left = x + BAR_WIDTH
            self._put(
                f"<path class='tick' d='M{left + 3} {y + 10:.1f}l9 -4.5v9z'/>"
                f"<text x='{left + 18}' y='{y + 15:.1f}'>{escape(mark.text)}"
                f"<tspan class='soft' dx='5'>{escape(mark.detail)}</tspan></text>"
            )

    def _draw_break(self, y: float) -> None:
        """A torn strip across everything: here time is left out."""
        left, right = MARGIN + AXIS_WIDTH - 10, self._width - MARGIN
        steps = range(int((right - left) / 12) + 1)

        def torn(at: float) -> str:
            return " ".join(f"{left + 12 * i} {at + (3 if i % 2 else -3):.1f}" for i in steps)

        backwards = " ".join(
            f"{left + 12 * i} {y + 7 + (3 if i % 2 else -3):.1f}" for i in reversed(steps)
        )
        self._put(f"<path class='paper' d='M{torn(y - 7)} {backwards}z'/>")
        self._put(f"<path class='torn' d='M{torn(y - 7)}'/><path class='torn' d='M{torn(y + 7)}'/>")

    def _say(self, x: float, y: float, text: str, kind: str) -> None:
        self._put(f"<text class='{kind}' x='{x:.1f}' y='{y:.1f}'>{escape(text)}</text>")

    def _put(self, part: str) -> None:
        self._parts.append(part)
