"""A timeline as SVG with time flowing to the right: a row for each lane. For any number of lanes and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import axis, looks
from .model import KINDS, TONES, Bar, Lane, Mark, Timeline
from .words import round_time, short_time

WIDTH = 1200.0
MARGIN = 24.0
NAME_MOST = 190.0
TICKS_APART = 84.0
BREAK = 36.0
LEAST = 9.0  # between two moments, while there are few enough
BAR_LEAST = 1.5  # of bars that are narrower some are left out
TOLD = 4  # marks that one stands for and that a pointer is told
MARK_APART = 9.0  # marks that lie closer are drawn as one
SPAN_LINE, BAR_HEIGHT, MARK_LINE, LABEL_LINE, GAP = 15.0, 18.0, 15.0, 13.0, 12.0
LABELLED_LANES = 8  # with more lanes marks have no names beside them
LABEL_LINES = 4
LABEL_SIZE = 11.0
STOP_LINE = 16.0

# Of marks that lie together the first of these is drawn.
IMPORTANCE = (
    *("fault", "lost", "left", "joined", "gone", "peer", "call", "token", "state", "other"),
    "message",
)
assert set(IMPORTANCE) == set(KINDS)


@dataclass(frozen=True)
class Group:
    """Marks that are drawn as one."""

    x: float
    marks: Sequence[Mark]

    @property
    def first(self) -> Mark:
        return min(self.marks, key=lambda mark: IMPORTANCE.index(mark.kind))


def draw(timeline: Timeline) -> str:
    return _Picture(timeline).draw()


class _Picture:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        names = [looks.width_of(lane.title, 14) for lane in timeline.lanes]
        self._left = MARGIN + min(NAME_MOST, max([60.0, *names])) + 14
        self._right = WIDTH - MARGIN
        self._axis = axis.fit(timeline.moments(), self._right - self._left, LEAST, BREAK)
        self._labelled = len(timeline.lanes) <= LABELLED_LANES
        self._together = 0  # marks that stand for others
        self._parts: list[str] = []

    def _x(self, time: float) -> float:
        return self._left + self._axis.place(time)

    def draw(self) -> str:
        self._parts.append(looks.say(MARGIN, MARGIN + 14, self._timeline.title, "title"))
        y = MARGIN + 34 + self._legend(MARGIN + 44)
        y += self._stops(y) + 26
        lanes_at = y
        body, self._parts = self._parts, []
        for lane in self._timeline.lanes:
            y = self._lane(lane, y + GAP)
        y += GAP
        lanes, self._parts = self._parts, body
        self._grid(lanes_at, y)
        self._parts += lanes
        self._breaks(lanes_at - 6, y)
        notes = list(self._timeline.notes)
        if self._together:
            notes.insert(
                0,
                f"{self._together:,} marks lie too close to another one and are drawn as one with it.",
            )
        for note in notes:
            y += 18
            self._parts.append(looks.say(MARGIN, y, note, "soft"))
        return looks.document(self._timeline.title, WIDTH, y + MARGIN, self._parts)

    # ---- what lies around the lanes

    def _legend(self, y: float) -> float:
        """What is used in this picture, in as many lines as it needs; their height."""
        entries: list[tuple[str, str]] = []
        for lane in self._timeline.lanes:
            entries += [(bar.tone, bar.label) for bar in lane.bars]
        used = list(dict.fromkeys(sorted(entries, key=lambda entry: TONES.index(entry[0]))))
        kinds = {mark.kind for lane in self._timeline.lanes for mark in lane.marks}
        x, line = MARGIN, 0.0

        def place(width: float) -> float:
            nonlocal x, line
            if x + width > self._right:
                x, line = MARGIN, line + 20
            x += width + 18
            return x - width - 18

        for tone, label in used:
            left = place(24 + looks.width_of(label, 11))
            self._parts.append(looks.bar(tone, left, y + line - 10, 18, 12, label))
            self._parts.append(looks.say(left + 24, y + line, label, "small"))
        if any(lane.spans for lane in self._timeline.lanes):
            left = place(24 + looks.width_of("a fault", 11))
            self._parts.append(looks.span(left, y + line - 10, 18, 12, "a fault"))
            self._parts.append(looks.say(left + 24, y + line, "a fault", "small"))
        for kind in KINDS:
            if kind in kinds:
                meaning = looks.MEANINGS[kind]
                left = place(16 + looks.width_of(meaning, 11))
                self._parts.append(looks.mark(kind, left + 5, y + line - 4))
                self._parts.append(looks.say(left + 16, y + line, meaning, "small"))
        return line + 20

    def _stops(self, y: float) -> float:
        """The names of the moments, in as many lines as they need; their height."""
        ends: list[float] = []
        for stop in sorted(self._timeline.stops, key=lambda stop: stop.time):
            x = self._x(stop.time)
            text = f"{stop.label} {stop.text}".rstrip()
            width = looks.width_of(text) + 8
            left = min(x + 3, self._right - width)
            line = next((i for i, end in enumerate(ends) if end <= left), len(ends))
            ends[line : line + 1] = [left + width]
            self._parts.append(looks.say(left, y + 14 + STOP_LINE * line, text, "stop"))
        return STOP_LINE * len(ends)

    def _grid(self, top: float, bottom: float) -> None:
        """Round times: lines behind the lanes, and their names above and, far from there, below."""
        taken: list[float] = []
        landings = [(time, place, True) for time, place in self._axis.landings()]
        ticks = [(time, place, False) for time, place in self._axis.ticks(TICKS_APART)]
        for time, place, is_landing in [*landings, *ticks]:
            x = self._left + place
            if any(abs(x - other) < TICKS_APART for other in taken):
                continue
            taken.append(x)
            label = short_time(time) if is_landing else round_time(time)
            half = looks.width_of(label, 11) / 2
            middle = min(x, self._right - half)
            self._parts.append(f"<path class='grid' d='M{x:.1f} {top - 4:.1f}V{bottom:.1f}'/>")
            for y in [top - 9] + [bottom + 12] * (bottom - top > 500):
                self._parts.append(looks.say(middle, y, label, "small soft middle"))
        for stop in self._timeline.stops:
            x = self._x(stop.time)
            self._parts.append(f"<path class='line' d='M{x:.1f} {top - 22:.1f}V{bottom:.1f}'/>")

    def _breaks(self, top: float, bottom: float) -> None:
        """A torn strip from top to bottom: here time is left out."""
        for gap in self._axis.breaks:
            middle = self._left + (gap.low + gap.high) / 2
            steps = range(int((bottom - top) / 12) + 1)

            def torn(x: float, order: Sequence[int]) -> str:
                return " ".join(f"{x + (3 if i % 2 else -3):.1f} {top + 12 * i:.1f}" for i in order)

            before, behind = torn(middle - 6, steps), torn(middle + 6, steps)
            back = torn(middle + 6, steps[::-1])
            said = f"{short_time(gap.end - gap.start)} are left out"
            self._parts.append(
                f"<g><title>{said}</title><path class='paper' d='M{before} {back}z'/>"
                f"<path class='torn' d='M{before}'/><path class='torn' d='M{behind}'/></g>"
            )

    # ---- a lane

    def _lane(self, lane: Lane, y: float) -> float:
        """Draw it from y on; where it ends."""
        groups = grouped(lane.marks, self._x)
        labels = self._labels(groups) if self._labelled else {}
        bars_at = y + (SPAN_LINE if lane.spans else 0)
        marks_at = bars_at + BAR_HEIGHT + MARK_LINE / 2 + 1
        depth = max(labels.values(), default=-1) + 1
        end = bars_at + BAR_HEIGHT + (MARK_LINE if groups else 0) + LABEL_LINE * depth
        name = looks.shortened(lane.title, self._left - MARGIN - 14, 14)
        self._parts.append(looks.say(MARGIN, bars_at + 14, name, "lane"))
        ends = -1.0
        for span in lane.spans:
            low, high = self._x(span.start), max(self._x(span.end), self._x(span.start) + 2)
            said = f"{span.label}, {short_time(span.start)} to {short_time(span.end)}"
            self._parts.append(looks.span(low, y, high - low, bars_at + BAR_HEIGHT + 3 - y, said))
            label = looks.shortened(span.label, self._right - low - 6, LABEL_SIZE)
            if low > ends and looks.width_of(label, LABEL_SIZE) < high - low - 4:
                self._parts.append(looks.say(low + 5, y + 11, label, "small said-span"))
                ends = low + looks.width_of(label, LABEL_SIZE)
        for bar, low, high in thinned(lane.bars, self._x):
            said = f"{bar.label}, {short_time(bar.start)} to {short_time(bar.end)}"
            self._parts.append(looks.bar(bar.tone, low, bars_at, high - low, BAR_HEIGHT, said))
            low, high = self._clear(low, high)
            if looks.width_of(bar.label, 12) + 8 < high - low:
                middle = (low + high) / 2
                self._parts.append(looks.say(middle, bars_at + 13, bar.label, f"on on-{bar.tone}"))
        for group in groups:
            if group in labels:
                deep = marks_at + 3 + LABEL_LINE * (labels[group] + 1)
                self._parts.append(
                    f"<path class='leader' d='M{group.x:.1f} {marks_at + 5:.1f}V{deep:.1f}'/>"
                )
                self._parts.append(looks.say(group.x + 4, deep, _label(group), "small"))
        for group in groups:
            self._together += len(group.marks) - 1
            said = "\n".join(
                f"{short_time(mark.time)} {mark.text} {mark.detail}" for mark in group.marks[:TOLD]
            )
            if len(group.marks) > TOLD:
                said += f"\nand {len(group.marks) - TOLD:,} more"
            self._parts.append(looks.mark(group.first.kind, group.x, marks_at, said))
        return end

    def _clear(self, low: float, high: float) -> tuple[float, float]:
        """The longest part of a stretch that no break tears."""
        parts = []
        for gap in self._axis.breaks:
            left, right = self._left + gap.low, self._left + gap.high
            if left < high and low < right:
                parts.append((low, left))
                low = right
        return max([*parts, (low, high)], key=lambda part: part[1] - part[0])

    def _labels(self, groups: Sequence[Group]) -> dict[Group, int]:
        """On which line each group's name stands, so that neither names nor leaders cross.

        From the right: a name stands below the leaders that it would cross, if there is a line left.
        """
        lines: dict[Group, int] = {}
        for group in reversed(groups):
            if group.first.kind == "message":
                continue
            end = group.x + 8 + looks.width_of(_label(group), LABEL_SIZE)
            if end > self._right or self._clear(group.x, end) != (group.x, end):
                continue
            line = max([on + 1 for other, on in lines.items() if other.x < end], default=0)
            if line < LABEL_LINES:
                lines[group] = line
        return lines


def grouped(marks: Sequence[Mark], x: Callable[[float], float]) -> list[Group]:
    """Marks with room between them; what lies too close together is one group."""
    groups: list[Group] = []
    together: list[Mark] = []
    start = 0.0
    for mark in marks:
        place = x(mark.time)
        if together and place - start >= MARK_APART:
            groups.append(Group(start, tuple(together)))
            together = []
        if not together:
            start = place
        together.append(mark)
    if together:
        groups.append(Group(start, tuple(together)))
    return groups


def thinned(bars: Sequence[Bar], x: Callable[[float], float]) -> list[tuple[Bar, float, float]]:
    """Bars with their places; of those that are very narrow only one in each BAR_LEAST."""
    kept: list[tuple[Bar, float, float]] = []
    for bar in bars:
        low, high = x(bar.start), x(bar.end)
        if high - low < BAR_LEAST and kept and low - kept[-1][1] < BAR_LEAST:
            continue
        kept.append((bar, low, max(high, low + BAR_LEAST)))
    return kept


def _label(group: Group) -> str:
    """What the group's mark says, and how many others lie there."""
    mark = group.first
    text = mark.text if mark.kind != "state" else mark.detail or mark.text
    if mark.kind in ("gone", "peer", "fault", "call") and mark.detail:
        text += f" {mark.detail}"
    text = text if len(text) <= 40 else text[:39] + "…"
    more = len(group.marks) - 1
    return f"{text} +{more}" if more else text
