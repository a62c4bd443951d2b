"""Writes the state table into docs/behaviour.md as the built library has it: python3 tests/meta/state_table.py"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "behaviour.md"
PROGRAM = Path("tests") / "machine" / "machine_state_table"
BEGIN, END = "<!-- state table: begin -->\n", "<!-- state table: end -->\n"
RENEW = "./dev build && python3 tests/meta/state_table.py"


def built_program() -> Path | None:
    """The program in the build that REJOIN_BUILD_DIR names, else in the newest one under build/."""
    folder = os.environ.get("REJOIN_BUILD_DIR")
    found = [Path(folder) / PROGRAM] if folder else list((ROOT / "build").glob(f"*/{PROGRAM}"))
    found = [path for path in found if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def library_table(program: Path) -> str:
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def page_parts() -> tuple[str, str, str]:
    """What stands before the table, the table, and what stands behind it."""
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    table, end, behind = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE}: the lines {BEGIN.strip()} and {END.strip()} are missing")
    return before + begin, table, end + behind


def main() -> None:
    program = built_program()
    if program is None:
        sys.exit("machine_state_table is not built; ./dev build makes it")
    before, _, behind = page_parts()
    PAGE.write_text(before + library_table(program) + behind)


if __name__ == "__main__":
    main()
