"""A timeline as text: a strip for each lane, and below them what happened, a line each."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence

from . import axis
from .model import Lane, Mark, Timeline
from .words import round_time, short_time

LEAST_WIDTH = 60
NAME_WIDTH = 24  # of a lane, at most
TICKS_APART = 12
TONE_SIGNS = {"idle": "·", "trying": "~", "good": "█", "warning": "▒", "bad": "×"}
SPAN_SIGN = "╱"
BREAK_SIGN = "≈"
KIND_SIGNS = {"call": "> ", "fault": "! "}
LEAST_INTERESTING = ("message", "other", "peer", "token", "call")  # is left out first
NAMED = 4  # of what is left out

Row = tuple[float, int, str, str]  # time, lane (-1: a stop), kind, what


def draw(timeline: Timeline, width: int | None, rows: int) -> str:
    """As `Timeline.text`."""
    if width is None:
        width = max(LEAST_WIDTH, shutil.get_terminal_size((100, 0)).columns)
    if width < LEAST_WIDTH:
        raise ValueError(f"width is {width}; a timeline needs at least {LEAST_WIDTH} columns")
    if rows < 1:
        raise ValueError(f"rows is {rows}; it is at least 1")
    parts = [timeline.title, "", *_strips(timeline, width), "", *_happened(timeline, width, rows)]
    if timeline.notes:
        parts += ["", *timeline.notes]
    return "\n".join(line.rstrip() for line in parts)


# ---- strips


def _strips(timeline: Timeline, width: int) -> Iterator[str]:
    names = max([len(lane.title) for lane in timeline.lanes] + [8])
    names = min(names, NAME_WIDTH)
    room = width - names - 2
    scale = axis.fit(timeline.moments(), room - 1, 1, 3)
    yield _ruler(scale, names + 2, width)
    tones: list[str] = []
    for lane in timeline.lanes:
        cells = [" "] * room
        for bar in lane.bars:
            low, high = round(scale.place(bar.start)), round(scale.place(bar.end))
            for i in range(low, max(high, low + 1)):
                cells[min(i, room - 1)] = TONE_SIGNS[bar.tone]
            if f"{TONE_SIGNS[bar.tone]} {bar.label}" not in tones:
                tones.append(f"{TONE_SIGNS[bar.tone]} {bar.label}")
        yield f"{_cut(lane.title, names):{names}}  {''.join(_torn(cells, scale))}"
        if lane.spans:
            yield f"{'':{names}}  {''.join(_torn(_span_cells(lane, scale, room), scale))}"
    if any(lane.spans for lane in timeline.lanes):
        tones.append(f"{SPAN_SIGN} a fault")
    if scale.breaks:
        tones.append(f"{BREAK_SIGN} nothing happened")
    yield ""
    yield from _wrapped(tones, names + 2, width)


def _ruler(scale: axis.Axis, indent: int, width: int) -> str:
    line = " " * width
    for time, place in [*scale.ticks(TICKS_APART), *scale.landings()]:
        at, label = indent + round(place), "|" + round_time(time)
        if at + len(label) > width:
            label = label[1:] + "|"
            at -= len(label) - 1
        if not line[max(0, at - 1) : at + len(label) + 1].strip():
            line = line[:at] + label + line[at + len(label) :]
    return line


def _span_cells(lane: Lane, scale: axis.Axis, room: int) -> list[str]:
    """The faults of a lane, each with its name where there is room for it."""
    cells = [" "] * room
    for span in lane.spans:
        low, high = round(scale.place(span.start)), round(scale.place(span.end))
        low, high = min(low, room - 1), min(max(high, low + 1), room)
        cells[low:high] = SPAN_SIGN * (high - low)
        label = f" {span.label} "
        if high - low >= len(label) + 2:
            cells[low + 1 : low + 1 + len(label)] = label
    return cells


def _torn(cells: list[str], scale: axis.Axis) -> list[str]:
    for gap in scale.breaks:
        cells[round((gap.low + gap.high) / 2)] = BREAK_SIGN
    return cells


def _wrapped(words: Sequence[str], indent: int, width: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and indent + len(line) + 3 + len(word) > width:
            yield " " * indent + line
            line = ""
        line += ("   " if line else "") + word
    yield " " * indent + line


# ---- what happened


def _happened(timeline: Timeline, width: int, most: int) -> list[str]:
    rows = sorted(_rows(timeline), key=lambda row: row[:2])
    rows, left_out = _fewer(rows, most)
    lines = _in_columns(timeline, rows, width) or _in_list(timeline, rows, width)
    if left_out:
        named = [f"{name} {count:,}" for name, count in left_out.most_common(NAMED)]
        named += ["others"] * (len(left_out) > NAMED)
        lines.append(_cut(f"… and {sum(left_out.values()):,} more: {', '.join(named)}", width))
    return lines


def _rows(timeline: Timeline) -> Iterator[Row]:
    for stop in timeline.stops:
        yield (stop.time, -1, "stop", f"{stop.label} {stop.text}".rstrip())
    for number, lane in enumerate(timeline.lanes):
        for mark in lane.marks:
            yield (mark.time, number, mark.kind, _words(mark))


def _words(mark: Mark) -> str:
    if mark.state:
        return f"[{mark.state}] {mark.detail}".rstrip()
    return f"{KIND_SIGNS.get(mark.kind, '')}{mark.text} {mark.detail}".rstrip()


def _fewer(rows: list[Row], most: int) -> tuple[list[Row], Counter[str]]:
    """Not more than that, and what was left out by name: kinds that matter little, then the middle."""
    left_out: Counter[str] = Counter()
    for kind in LEAST_INTERESTING:
        if len(rows) <= most:
            return rows, left_out
        sign = len(KIND_SIGNS.get(kind, ""))
        left_out.update(row[3][sign:].split(" ")[0] for row in rows if row[2] == kind)
        rows = [row for row in rows if row[2] != kind]
    if len(rows) > most:
        left_out["from the middle"] = len(rows) - most
        rows = rows[: most // 2] + rows[len(rows) - (most - most // 2) :]
    return rows, left_out


def _in_columns(timeline: Timeline, rows: Sequence[Row], width: int) -> list[str]:
    """A column for each lane; [] when they do not fit."""
    head = (*([""] if timeline.stops else []), "", *(lane.title for lane in timeline.lanes))
    first = 1 if timeline.stops else 0
    table: list[list[str]] = [list(head)]
    at: float | None = None
    depth: dict[int, int] = {}  # lines that a column has at this moment
    top, times = 1, _time_width(rows)
    for time, number, _, what in rows:
        if time != at:
            at, depth, top = time, {}, len(table)
        line = top + depth.get(number, 0)
        depth[number] = depth.get(number, 0) + 1
        if line == len(table):
            table.append([""] * len(head))
            if line == top:
                table[line][first] = f"{short_time(time):>{times}}"
        table[line][number + 1 + first if number >= 0 else 0] = what
    widths = [max(map(len, column)) for column in zip(*table)]
    if sum(widths) + 2 * (len(widths) - 1) > width:
        return []
    return ["  ".join(cell.ljust(size) for cell, size in zip(line, widths)) for line in table]


def _in_list(timeline: Timeline, rows: Sequence[Row], width: int) -> list[str]:
    names = [lane.title for lane in timeline.lanes] + [""]
    size = min(NAME_WIDTH, max(map(len, names)))
    times = _time_width(rows)
    return [
        _cut(f"{short_time(time):>{times}}  {_cut(names[number], size):{size}}  {what}", width)
        for time, number, _, what in rows
    ]


def _time_width(rows: Sequence[Row]) -> int:
    return max([len(short_time(row[0])) for row in rows], default=0)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
