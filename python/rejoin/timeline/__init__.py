"""Pictures of a run: a lane per user and edge, states as bars, callbacks and calls as marks, faults as shaded spans.

    timeline = rejoin.timeline.Timeline.of(simulation)
    print(timeline.text())
    timeline.save("run.html")  # or .svg, .txt

`Timeline.of` draws what happened; a Timeline made of lanes by hand draws anything else.
"""

from __future__ import annotations

from .model import Bar, Lane, Mark, Span, Stop, Timeline

__all__ = ["Bar", "Lane", "Mark", "Span", "Stop", "Timeline"]
