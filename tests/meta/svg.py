"""What the docs' pictures are drawn with: text, boxes and arrows in SVG, light and dark, no text over anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

LINE = 16  # one line of text
SIZE = 12.5  # of its letters

# Okabe and Ito's colours, which people of every colour vision tell apart; each with the text that reads well on it.
STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-size: 12.5px }
  text { fill: #1f2328 }
  .paper { fill: #ffffff }
  .name { font-weight: 700 }
  .big { font-size: 14px; font-weight: 700 }
  .soft { fill: #57606a }
  .box { stroke: #57606a; stroke-width: 1 }
  .way { fill: none; stroke: #57606a; stroke-width: 1.5 }
  .tip { fill: #57606a }
  .dots { fill: none; stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 4 }
  .spark { fill: #d55e00 }
  .idle { fill: #d8dee4 } .on-idle { fill: #1f2328 }
  .trying { fill: #56b4e9 } .on-trying { fill: #06202e }
  .good { fill: #0072b2 } .on-good { fill: #ffffff }
  .warning { fill: #f0c239 } .on-warning { fill: #231a00 }
  .bad { fill: #d55e00 } .on-bad { fill: #140800 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .soft { fill: #9da7b3 }
    .box { stroke: #9da7b3 }
    .way { stroke: #9da7b3 }
    .tip { fill: #9da7b3 }
    .dots { stroke: #6e7681 }
    .idle { fill: #30363d } .on-idle { fill: #e6edf3 }
    .on-trying { fill: #06202e } .on-good { fill: #ffffff } .on-warning { fill: #231a00 } .on-bad { fill: #140800 }
  }
"""
TONES = {
    "DISCONNECTED": "idle",
    "CONNECTING": "trying",
    "CONNECTED": "good",
    "RECONNECTING": "warning",
    "FAILED": "bad",
}


def width(text: str, bold: bool = False, size: float = SIZE) -> float:
    """How wide a text is at the most: as in DejaVu Sans, which is wider than other systems' fonts."""
    ems = {" ": 0.32, "i": 0.28, "l": 0.28, "j": 0.28, "_": 0.5, ",": 0.32, ".": 0.32, "(": 0.39}
    ems |= {"m": 0.97, "w": 0.82, "M": 0.86, "W": 0.99, ")": 0.39, ":": 0.34, "t": 0.39, "r": 0.41}
    total = sum(ems.get(c, 0.72 if c.isupper() else 0.62) for c in text)
    return total * size * (1.12 if bold else 1.0)


def wrapped(text: str, limit: float, bold: bool = False) -> list[str]:
    """Its lines, none wider than the limit unless a word is."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", bold) <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class _Area:
    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Area) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Picture:
    """One file. Texts, boxes and ways keep out of one another's way, or `svg` raises ValueError."""

    def __init__(self, title: str, wide: int, high: int) -> None:
        self._head = (title, wide, high)
        self._parts: list[str] = []
        self._texts: list[_Area] = []
        self._solids: list[_Area] = []

    def say(
        self, x: float, y: float, text: str, kind: str = "", anchor: str = "start", on: bool = False
    ) -> None:
        """One line, its base at y. on: it may stand on a box."""
        bold = "name" in kind or "big" in kind
        wide = width(text, bold, 14 if "big" in kind else SIZE)
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        area = _Area(text, left, y - 11, left + wide, y + 3)
        self._texts.append(area)
        if on:
            self._solids = [solid for solid in self._solids if not solid.meets(area)]
        self._parts.append(
            f"<text class='{kind}' x='{x:g}' y='{y:g}' text-anchor='{anchor}'>{escape(text)}</text>"
        )

    def say_lines(
        self, x: float, y: float, lines: Sequence[tuple[str, str]], anchor: str = "start"
    ) -> float:
        """Lines of (kind, text) one under the other; returns the base of the one that would follow."""
        for kind, text in lines:
            self.say(x, y, text, kind, anchor)
            y += LINE
        return y

    def box(
        self, left: float, top: float, wide: float, high: float, tone: str, r: float = 0
    ) -> None:
        self._solids.append(_Area(f"a box {tone}", left, top, left + wide, top + high))
        self._parts.append(
            f"<rect class='box {tone}' x='{left:g}' y='{top:g}' width='{wide:g}' height='{high:g}' rx='{r:g}'/>"
        )

    def way(self, *points: tuple[float, float], kind: str = "way", tips: str = "end") -> None:
        """Straight lines from point to point, with an arrow's tip at the end, at both ends, or none."""
        for (x1, y1), (x2, y2) in zip(points, points[1:]):
            if kind == "way":
                area = (min(x1, x2) - 1, min(y1, y2) - 1, max(x1, x2) + 1, max(y1, y2) + 1)
                self._solids.append(_Area("a way", *area))
        path = "L".join(f"{x:g} {y:g}" for x, y in points)
        self._parts.append(f"<path class='{kind}' d='M{path}'/>")
        if tips in ("end", "both"):
            self._tip(points[-2], points[-1])
        if tips == "both":
            self._tip(points[1], points[0])

    def _tip(self, before: tuple[float, float], at: tuple[float, float]) -> None:
        (x, y), long, half = at, 9, 4.5
        if before[0] == x:
            back = y - long if before[1] < y else y + long
            corners = f"{x - half:g} {back:g}L{x + half:g} {back:g}"
        else:
            back = x - long if before[0] < x else x + long
            corners = f"{back:g} {y - half:g}L{back:g} {y + half:g}"
        self._parts.append(f"<path class='tip' d='M{x:g} {y:g}L{corners}z'/>")

    def bar_from_text(self, left: float, top: float, right: float, bottom: float) -> None:
        """What is put here is to keep free of text that is not on a box."""
        self._solids.append(_Area("what is put", left, top, right, bottom))

    def put(self, part: str) -> None:
        self._parts.append(part)

    def svg(self) -> str:
        title, wide, high = self._head
        for number, text in enumerate(self._texts):
            for other in [*self._texts[:number], *self._solids]:
                if text.meets(other):
                    raise ValueError(f"{title}: {text.what!r} is over {other.what!r}")
            if text.left < 0 or text.right > wide or text.bottom > high:
                raise ValueError(f"{title}: {text.what!r} leaves the picture")
        body = "\n".join(self._parts)
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{wide}' height='{high}' "
            f"viewBox='0 0 {wide} {high}' role='img'>\n<title>{escape(title)}</title>\n"
            f"<style>{STYLE}</style>\n<rect class='paper' width='{wide}' height='{high}' rx='8'/>\n{body}\n</svg>\n"
        )
