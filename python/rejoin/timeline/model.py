"""What a timeline shows, however it is drawn: lanes with bars, marks and spans, and named moments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from ..edge import EdgeBase
    from ..member import Member
    from ..simulation import Simulation

    Run = Union[Simulation, Member, EdgeBase, Iterable[Union[Member, EdgeBase]]]

TONES = ("idle", "trying", "good", "warning", "bad")
"""the looks of a bar"""
KINDS = (
    *("state", "joined", "left", "lost", "peer", "gone", "token", "message", "other"),
    *("call", "fault"),
)
"""the kinds of marks: what a lane was told, what its app called, and what was done to it"""


@dataclass(frozen=True)
class Bar:
    """A state that a lane was in."""

    start: float
    end: float
    label: str
    tone: str = "idle"
    """one of TONES"""


@dataclass(frozen=True)
class Mark:
    """Something that a lane was told, that its app called, or that was done to it."""

    time: float
    text: str
    detail: str = ""
    kind: str = "other"
    """one of KINDS"""
    state: str = ""
    """the state that it is in from now on, where the kind is "state" """


@dataclass(frozen=True)
class Span:
    """A time in which something was not as it should be: a cut link, an edge that is down."""

    start: float
    end: float
    label: str


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
    bars: Sequence[Bar] = ()
    marks: Sequence[Mark] = ()
    spans: Sequence[Span] = ()


@dataclass(frozen=True)
class Timeline:
    """Lanes over the same time, in seconds from whatever moment is called 0.

    `of` makes one of a run; by hand it can be made of anything. It does not change, and keeps
    nothing of the run alive. Any thread.

    title   stands above it
    lanes   who takes part, in their order
    stops   named moments
    notes   lines that stand below it
    """

    title: str
    lanes: Sequence[Lane]
    stops: Sequence[Stop] = ()
    notes: Sequence[str] = field(default=())

    @classmethod
    def of(
        cls,
        run: Run,
        title: str | None = None,
        *,
        since: float | None = None,
        until: float | None = None,
        zero: float | None = None,
        stops: Iterable[Stop] = (),
    ) -> Timeline:
        """The timeline of what happened so far.

        run    a Simulation: all its edges and clients (of more than 64 those that were closed may
               be missing); or clients and edges, real or simulated, one or a list of them, which
               may be closed already. Those of a list live on one clock: one simulation, or real.
        title  None: says what run it was
        since, until  seconds on the run's clock (that of `Event.time`): only what happened between;
               None: from the beginning, to the end
        zero   the moment on the run's clock that is called 0; None: a simulation's start, else the
               first moment that is drawn
        stops  named moments to point out, in seconds on the run's clock

        ValueError: nobody takes part, or until lies before since. TypeError: run is none of these.
        """
        from .run import timeline_of

        return timeline_of(run, title, since, until, zero, list(stops))

    def moments(self) -> list[float]:
        """All times at which anything is, each once, ascending."""
        times = {stop.time for stop in self.stops}
        for lane in self.lanes:
            times.update(mark.time for mark in lane.marks)
            times.update(bar.start for bar in lane.bars)
            times.update(bar.end for bar in lane.bars)
            times.update(span.start for span in lane.spans)
            times.update(span.end for span in lane.spans)
        return sorted(times)

    def text(self, width: int | None = None, rows: int = 200) -> str:
        """For a terminal: a strip for each lane, and below them what happened, a line each.

        width  columns, at least 60; None: the terminal's, or 100 where there is none
        rows   at most so many lines of what happened; when there is more, what matters least is
               left out and counted

        ValueError: width or rows is too small.
        """
        from .text import draw

        return draw(self, width, rows)

    def svg(self, layout: str | None = None) -> str:
        """A whole SVG file, which follows its reader's choice of light or dark.

        layout  "down": time flows down and everything is named, for a few lanes; "right": time
                flows to the right, a row for each lane, where marks that lie too close together are
                left out and counted; None: "down" where it fits

        ValueError: there is no such layout.
        """
        from . import columns, rows

        if layout not in (None, "down", "right"):
            raise ValueError(f"layout is {layout!r}; it is 'down', 'right' or None")
        if layout is None:
            layout = "down" if columns.fits(self) else "right"
        return columns.draw(self) if layout == "down" else rows.draw(self)

    def html(self) -> str:
        """A whole HTML page, to zoom and to look closer at; it needs nothing else and asks for nothing."""
        from .page import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write it in the form that the path's suffix names: .txt, .svg or .html; returns the path.

        ValueError: another suffix. OSError: it cannot be written.
        """
        path = Path(path)
        forms = {".txt": lambda: self.text(120) + "\n", ".svg": self.svg, ".html": self.html}
        form = forms.get(path.suffix.lower())
        if form is None:
            raise ValueError(
                f"{path} ends in {path.suffix!r}; a timeline is saved as {', '.join(forms)}"
            )
        path.write_text(form(), encoding="utf-8")
        return path
