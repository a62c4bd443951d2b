"""The state table and the timers as the built library has them, for the docs (renew_docs.py)."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path("tests") / "machine" / "machine_state_table"
BEGIN, END = "<!-- state table: begin -->\n", "<!-- state table: end -->\n"


def built_program() -> Path | None:
    """The program in the build that REJOIN_BUILD_DIR names, else in the newest one under build/."""
    folder = os.environ.get("REJOIN_BUILD_DIR")
    found = [Path(folder) / PROGRAM] if folder else list((ROOT / "build").glob(f"*/{PROGRAM}"))
    found = [path for path in found if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def library_table(program: Path) -> str:
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Row:
    """A line of the table, in the page's words."""

    id: str
    sources: list[str]
    what: str
    to: str
    """"–": it stays"""
    reason: str
    """"–": none is told"""
    then: str

    @property
    def moves(self) -> bool:
        return self.to != "–"

    @property
    def renames(self) -> bool:
        """It tells another reason within the state."""
        return not self.moves and self.reason != "–"


def library_data(program: Path) -> tuple[dict[str, float], list[Row]]:
    """The timers in seconds by name, and the lines of the table."""
    told = subprocess.run([program, "data"], check=True, capture_output=True, text=True).stdout
    timers, rows = {}, []
    for line in told.splitlines():
        kind, *words = line.split("\t")
        if kind == "timer":
            timers[words[0]] = int(words[1]) / 1000
        else:
            name, sources, *rest = words
            rows.append(Row(name, sources.split(", "), *rest))
    return timers, rows


def with_part(page: str, part: str, begin: str = BEGIN, end: str = END) -> str:
    """The page with this part between two marks."""
    before, has_begin, rest = page.partition(begin)
    _, has_end, behind = rest.partition(end)
    if not has_begin or not has_end:
        raise SystemExit(f"the lines {begin.strip()} and {end.strip()} are missing")
    return before + begin + part + end + behind
