"""How every picture looks, SVG and HTML alike: colours for light, dark and paper, patterns, and the shapes of marks."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from .model import KINDS, TONES

# Okabe and Ito's colours, which people of every colour vision tell apart; each tone has a pattern
# too, and each kind of mark a shape, so that nothing is told by colour alone.
STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  text { font-size: 12.5px; fill: #1f2328 }
  .paper { fill: #ffffff }
  .title { font-size: 17px; font-weight: 600 }
  .lane { font-size: 14px; font-weight: 600 }
  .stop { font-weight: 700 }
  .soft { fill: #57606a }
  .small { font-size: 11px }
  .middle { text-anchor: middle }
  .line { stroke: #afb8c1; stroke-width: 1; stroke-dasharray: 2 4 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .leader { stroke: #8c959f; stroke-width: 1 }
  .bar { stroke: #57606a; stroke-width: 1 }
  .on { font-size: 12px; font-weight: 600; text-anchor: middle }
  .on { paint-order: stroke; stroke-width: 4px; stroke-linejoin: round }
  .idle { fill: #d8dee4 } .on-idle { fill: #1f2328; stroke: #d8dee4 }
  .trying { fill: #56b4e9 } .on-trying { fill: #06202e; stroke: #56b4e9 }
  .good { fill: #0072b2 } .on-good { fill: #ffffff; stroke: #0072b2 }
  .warning { fill: #f0c239 } .on-warning { fill: #231a00; stroke: #f0c239 }
  .bad { fill: #d55e00 } .on-bad { fill: #140800; stroke: #d55e00 }
  .hatch { fill: none; stroke: #000000; stroke-opacity: 0.38; stroke-width: 1.4 }
  .hatch-bad { stroke-opacity: 0.55 }
  .dots { fill: #000000; fill-opacity: 0.4 }
  .span { fill: #cc79a7; fill-opacity: 0.2; stroke: #a3477a; stroke-width: 1 }
  .hatch-span { fill: none; stroke: #a3477a; stroke-width: 1.6 }
  .said-span { fill: #7d2d59; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
  .mark { fill: #1f2328; stroke: #1f2328; stroke-width: 1.4; stroke-linejoin: round; stroke-linecap: round }
  .mark-fault { fill: #a3477a; stroke: #a3477a }
  .mark-call { fill: #57606a; stroke: #57606a }
  .hollow { fill: #ffffff }
  .torn { fill: none; stroke: #57606a; stroke-width: 1.5 }
  @media screen and (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .soft { fill: #9da7b3 }
    .line { stroke: #484f58 }
    .grid { stroke: #262c36 }
    .leader { stroke: #6e7681 }
    .bar { stroke: #9da7b3 }
    .idle { fill: #30363d } .on-idle { fill: #e6edf3; stroke: #30363d }
    .on-trying { fill: #06202e } .on-good { fill: #ffffff } .on-warning { fill: #231a00 } .on-bad { fill: #140800 }
    .span { stroke: #d98cb8 }
    .hatch-span { stroke: #d98cb8 }
    .said-span { fill: #f0b6d4; stroke: #0d1117 }
    .mark { fill: #e6edf3; stroke: #e6edf3 }
    .mark-fault { fill: #e69cc4; stroke: #e69cc4 }
    .mark-call { fill: #9da7b3; stroke: #9da7b3 }
    .hollow { fill: #0d1117 }
    .torn { stroke: #9da7b3 }
  }
"""

# What is drawn over a bar of each tone (the good one is plain) and over a span: size of the tile, its turn, content.
TILES = {
    "idle": (8, 0, "<circle class='dots' cx='4' cy='4' r='0.9'/>"),
    "trying": (7, 90, "<path class='hatch' d='M3.5 0v7'/>"),
    "warning": (8, 45, "<path class='hatch' d='M4 0v8'/>"),
    "bad": (8, 45, "<path class='hatch hatch-bad' d='M4 0v8M0 4h8'/>"),
    "span": (6, -45, "<path class='hatch-span' d='M3 0v6'/>"),
}

NARROW = 3.0  # a bar that is narrower has no outline, no pattern and no title

# Shapes of marks, drawn around 0 0 in a square of 10; "hollow" ones are filled with the paper.
SHAPES = {
    "state": "M0 -4.5V4.5",
    "joined": "M0 -4.5L4.6 3.8H-4.6z",
    "left": "M0 4.5L4.6 -3.8H-4.6z",
    "lost": "M-3.8 -3.8L3.8 3.8M3.8 -3.8L-3.8 3.8",
    "peer": "M0 -4.4V4.4M-4.4 0H4.4",
    "gone": "M-4.4 0H4.4",
    "token": "M-3.6 -3.6H3.6V3.6H-3.6z",
    "message": "M-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0 -3.6 0z",
    "other": "M0 -4.6L4.2 0L0 4.6L-4.2 0z",
    "call": "M-3.2 -4.2L4 0L-3.2 4.2z",
    "fault": "M1.6 -5L-3.2 0.8H-0.4L-1.6 5L3.2 -0.8H0.4z",
}
HOLLOW = ("token", "other")
MEANINGS = {
    "state": "the state changed",
    "joined": "joined or rejoined",
    "left": "left",
    "lost": "connection lost",
    "peer": "a peer came",
    "gone": "a peer went",
    "token": "about a token",
    "message": "message or statistics",
    "other": "another callback",
    "call": "a call of the app",
    "fault": "a fault begins or ends",
}
assert tuple(SHAPES) == tuple(MEANINGS) == KINDS


def definitions() -> str:
    """The patterns, and each mark's shape under the id mark-KIND."""
    shapes = "".join(
        f"<path id='mark-{kind}' class='mark mark-{kind}{' hollow' if kind in HOLLOW else ''}' d='{path}'/>"
        for kind, path in SHAPES.items()
    )
    patterns = "".join(
        f"<pattern id='over-{name}' width='{size}' height='{size}' patternUnits='userSpaceOnUse' "
        f"patternTransform='rotate({turn})'>{drawn}</pattern>"
        for name, (size, turn, drawn) in TILES.items()
    )
    return f"<defs>{patterns}{shapes}</defs>"


def document(title: str, width: float, height: float, parts: list[str]) -> str:
    """A whole SVG file."""
    body = "\n".join(parts)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' height='{height:.0f}' "
        f"viewBox='0 0 {width:.0f} {height:.0f}' role='img'>\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{definitions()}\n"
        f"<rect class='paper' width='{width:.0f}' height='{height:.0f}' rx='8'/>\n{body}\n</svg>\n"
    )


def bar(tone: str, x: float, y: float, width: float, height: float, title: str) -> str:
    """A bar with its pattern and what it says to a pointer, where it is wide enough for that."""
    assert tone in TONES
    if width < NARROW:
        return f"<path class='{tone}' d='M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z'/>"
    place = f"x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}'"
    over = "" if tone == "good" else f"<rect fill='url(#over-{tone})' {place}/>"
    return f"<g><title>{escape(title)}</title><rect class='bar {tone}' {place}/>{over}</g>"


def span(x: float, y: float, width: float, height: float, title: str) -> str:
    """A shaded time."""
    place = f"x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}'"
    return (
        f"<g><title>{escape(title)}</title><rect class='span' {place}/>"
        f"<rect fill='url(#over-span)' fill-opacity='0.5' {place}/></g>"
    )


def mark(kind: str, x: float, y: float, title: str = "") -> str:
    """A mark's shape around a place."""
    said = f"<title>{escape(title)}</title>" if title else ""
    return f"<g>{said}<use href='#mark-{kind}' x='{x:.1f}' y='{y:.1f}'/></g>"


def say(x: float, y: float, text: str, kind: str = "") -> str:
    """Text on a line, of the given classes."""
    looks = f" class={quoteattr(kind)}" if kind else ""
    return f"<text{looks} x='{x:.1f}' y='{y:.1f}'>{escape(text)}</text>"


def width_of(text: str, size: float = 12.5) -> float:
    """About how wide a text is; rather too much than too little."""
    wide = sum(character.isupper() or character in "mw@%—" for character in text)
    return size * (0.57 * len(text) + 0.14 * wide)


def shortened(text: str, width: float, size: float = 12.5) -> str:
    """The text, or as much of it as has room."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text + "…" if text else ""
