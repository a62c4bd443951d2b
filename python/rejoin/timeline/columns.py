"""A timeline as SVG with time flowing down: a column for each lane, and everything named. For a few lanes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.sax.saxutils import escape

from . import axis, looks
from .model import Lane, Span, Timeline
from .words import round_time, short_time

LANES_MAX = 4
HEIGHT_MAX = 2400.0  # of a picture that is drawn like this unless asked for
MARGIN = 24
SPAN_WIDTH = 14
BAR_WIDTH = 124
MARKS_LEAST, MARKS_MOST = 150.0, 420.0
LINE = 18  # one line of text
LEAST = 30  # between two moments, so that a bar has room for its label
PER_SECOND = 17.0
LONGEST = 60.0  # seconds; beyond, the axis is broken
BREAK = 46
HEAD = 74  # title and lane titles


def fits(timeline: Timeline) -> bool:
    """Whether it is a picture that a person reads from top to bottom."""
    return len(timeline.lanes) <= LANES_MAX and (
        not timeline.lanes or _Picture(timeline).height <= HEIGHT_MAX
    )


def draw(timeline: Timeline) -> str:
    return _Picture(timeline).draw()


class _Picture:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._moments = timeline.moments() or [0.0]
        self._top = MARGIN + HEAD
        self._marks = [Counter(mark.time for mark in lane.marks) for lane in timeline.lanes]
        self._stops: Counter[float] = Counter()
        for stop in timeline.stops:
            self._stops[stop.time] += 2 if stop.text else 1
        self._axis = axis.lay_out(self._moments, PER_SECOND, self._room, LONGEST, BREAK)
        self._end = self._top + self._axis.length + self._room(self._moments[-1])
        times = max(looks.width_of(short_time(moment)) for moment in self._moments)
        left_out = [f"⋮ {_left_out(gap)}" for gap in self._axis.breaks]
        times = max([times, *map(looks.width_of, left_out)])
        names = max([looks.width_of(stop.text) for stop in timeline.stops], default=0.0)
        self._times_at = MARGIN + (28 if timeline.stops else 0)  # behind the names of stops
        self._left = self._times_at + max(times, names) + 16  # where the lanes begin
        self._tracks = [_tracks(lane.spans) for lane in timeline.lanes]
        self._span_widths = [SPAN_WIDTH * len(set(tracks)) for tracks in self._tracks]
        self._mark_widths = [_marks_width(lane) for lane in timeline.lanes]
        self._width = self._left + MARGIN
        self._width += sum(self._span_widths) + BAR_WIDTH * len(timeline.lanes)
        self._width += sum(self._mark_widths)
        self.height = self._end + MARGIN + LINE * (len(timeline.notes) + 1)

    def _room(self, moment: float) -> float:
        """How much the text of a moment needs."""
        lines = [marks[moment] for marks in self._marks] + [self._stops[moment]]
        return max(LEAST, max(lines) * LINE + 10)

    def _y(self, time: float) -> float:
        return self._top + self._axis.place(time)

    def draw(self) -> str:
        parts = [looks.say(MARGIN, MARGIN + 14, self._timeline.title, "title")]
        parts += [self._line(time) for time in sorted(self._stops)]
        parts += self._times()
        x = self._left
        for number, lane in enumerate(self._timeline.lanes):
            parts += self._lane(number, lane, x)
            x += self._span_widths[number] + BAR_WIDTH + self._mark_widths[number]
        parts += [self._break(gap) for gap in self._axis.breaks]
        parts += self._stop_texts()
        for number, note in enumerate(self._timeline.notes):
            parts.append(looks.say(MARGIN, self._end + MARGIN + LINE * number, note, "soft"))
        return looks.document(self._timeline.title, self._width, self.height, parts)

    def _line(self, time: float) -> str:
        y = self._y(time)
        return f"<line class='line' x1='{MARGIN}' y1='{y:.1f}' x2='{self._width - MARGIN:.1f}' y2='{y:.1f}'/>"

    def _times(self) -> list[str]:
        """The time of every moment at which something happened and that no stop names."""
        parts = []
        for moment in self._moments:
            if not self._stops[moment] and any(marks[moment] for marks in self._marks):
                at = self._y(moment) + 15
                parts.append(looks.say(self._times_at, at, short_time(moment), "soft"))
                if not self._timeline.stops:
                    parts.append(self._line(moment))
        return parts

    def _stop_texts(self) -> list[str]:
        parts = []
        lines: Counter[float] = Counter()  # that are taken at a moment
        for stop in self._timeline.stops:
            y = self._y(stop.time) + lines[stop.time] * LINE + 15
            parts.append(looks.say(MARGIN, y, stop.label, "stop"))
            parts.append(looks.say(self._times_at, y, short_time(stop.time), "soft"))
            if stop.text:
                parts.append(looks.say(self._times_at, y + LINE - 2, stop.text, "soft"))
            lines[stop.time] += 2 if stop.text else 1
        return parts

    def _lane(self, number: int, lane: Lane, x: float) -> list[str]:
        bars = x + self._span_widths[number]
        parts = [looks.say(bars, self._top - 16, lane.title, "lane")]
        for span, track in zip(lane.spans, self._tracks[number]):
            top, bottom = self._y(span.start), self._bottom(span.end)
            said = f"{span.label}, {short_time(span.start)} to {short_time(span.end)}"
            left = bars - SPAN_WIDTH * (track + 1)
            parts.append(looks.span(left, top, SPAN_WIDTH - 4, bottom - top, said))
        for bar in lane.bars:
            top, bottom = self._y(bar.start), self._bottom(bar.end)
            said = f"{bar.label}, {short_time(bar.start)} to {short_time(bar.end)}"
            parts.append(looks.bar(bar.tone, bars, top, BAR_WIDTH, bottom - top, said))
            parts.append(looks.say(bars + BAR_WIDTH / 2, top + 19, bar.label, f"on on-{bar.tone}"))
        lines: Counter[float] = Counter()
        left = bars + BAR_WIDTH
        room = self._mark_widths[number] - 28
        for mark in lane.marks:
            y = self._y(mark.time) + LINE * lines[mark.time]
            lines[mark.time] += 1
            name = looks.shortened(mark.text, room)
            rest = looks.shortened(mark.detail, room - looks.width_of(name) - 5)
            parts.append(looks.mark(mark.kind, left + 10, y + 10.5))
            parts.append(
                f"<text x='{left + 20:.1f}' y='{y + 15:.1f}'>{escape(name)}"
                f"<tspan class='soft' dx='5'>{escape(rest)}</tspan></text>"
            )
        return parts

    def _bottom(self, time: float) -> float:
        """What lasts to the last moment is drawn beside that moment's text, too."""
        return self._end if time == self._moments[-1] else self._y(time)

    def _break(self, gap: axis.Break) -> str:
        """A torn strip across everything: here time is left out."""
        left, right = self._left - 10, self._width - MARGIN
        middle = self._top + (gap.low + gap.high) / 2
        steps = range(int((right - left) / 12) + 1)

        def torn(at: float, order: Sequence[int]) -> str:
            return " ".join(f"{left + 12 * i:.1f} {at + (3 if i % 2 else -3):.1f}" for i in order)

        above, below = torn(middle - 7, steps), torn(middle + 7, steps)
        back = torn(middle + 7, steps[::-1])
        label = looks.say(self._times_at, middle + 4, f"⋮ {_left_out(gap)}", "soft")
        return (
            f"<path class='paper' d='M{above} {back}z'/>"
            f"<path class='torn' d='M{above}'/><path class='torn' d='M{below}'/>{label}"
        )


def _left_out(gap: axis.Break) -> str:
    return round_time(round(gap.end - gap.start))


def _marks_width(lane: Lane) -> float:
    longest = max(
        [looks.width_of(f"{mark.text} {mark.detail}") for mark in lane.marks], default=0.0
    )
    return min(max(longest + 40, MARKS_LEAST), MARKS_MOST)


def _tracks(spans: Sequence[Span]) -> list[int]:
    """For each span a place beside those that it overlaps."""
    ends: list[float] = []
    tracks = []
    for span in spans:
        track = next((i for i, end in enumerate(ends) if end <= span.start), len(ends))
        ends[track : track + 1] = [span.end]
        tracks.append(track)
    return tracks
