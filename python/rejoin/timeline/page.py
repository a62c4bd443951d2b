"""A timeline as an HTML page: the data and how it looks are here, page.js draws it, zooms and tells more."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from . import axis, looks
from .model import KINDS, TONES, Timeline

LEAST, BREAK, LENGTH = 9.0, 36.0, 1000.0  # of the axis that is drawn at first, in its own units
TEXT_WIDTH = 100  # where scripts do not run
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""what the page may ask for: nothing"""


def draw(timeline: Timeline) -> str:
    """As `Timeline.html`."""
    folder = files(__package__)
    script = (folder / "page.js").read_text(encoding="utf-8")
    style = looks.STYLE + (folder / "page.css").read_text(encoding="utf-8")
    title = escape(timeline.title)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
<h1>{title}</h1>
<noscript>
<p>To zoom, let this page run its script. This is the same as text:</p>
<pre>{escape(timeline.text(TEXT_WIDTH))}</pre>
</noscript>
<svg class="nowhere" aria-hidden="true">{looks.definitions()}</svg>
<main id="main" hidden></main>
<script id="run" type="application/json">{_data(timeline)}</script>
<script>
{script}</script>
</html>
"""


def _data(timeline: Timeline) -> str:
    """Everything that is drawn, each text once; safe inside a script element."""
    texts: dict[str, int] = {}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    moments = timeline.moments()
    scale = axis.fit(moments, LENGTH, LEAST, BREAK)
    lanes = [
        {
            "title": lane.title,
            "bars": [[b.start, b.end, text(b.label), TONES.index(b.tone)] for b in lane.bars],
            "marks": [
                [m.time, KINDS.index(m.kind), text(m.text), text(m.detail), text(m.state)]
                for m in lane.marks
            ],
            "spans": [[s.start, s.end, text(s.label)] for s in lane.spans],
        }
        for lane in timeline.lanes
    ]
    data = {
        "title": timeline.title,
        "notes": list(timeline.notes),
        "stops": [[s.time, s.label, s.text] for s in timeline.stops],
        "lanes": lanes,
        "texts": list(texts),
        "tones": TONES,
        "kinds": [[kind, looks.MEANINGS[kind]] for kind in KINDS],
        "knots": scale.knots,
        "breaks": [[b.start, b.end] for b in scale.breaks],
        "steps": axis.STEPS,
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
