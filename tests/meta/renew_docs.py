"""Writes what the docs have of the library's tables and header: ./dev build && python3 tests/meta/renew_docs.py"""

from __future__ import annotations

import sys
from pathlib import Path

import config_page
import header_page
import outage_picture
import python_page
import state_picture
from state_table import ROOT, built_program, library_data, library_table, with_part

RENEW = "./dev build && python3 tests/meta/renew_docs.py"
BEHAVIOUR = ROOT / "docs" / "behaviour.md"
OPERATING = ROOT / "docs" / "operating.md"
PACKAGING = ROOT / "packaging"
NETWORKS = ROOT / "docs" / "networks.md"
HEADER = ROOT / "abi" / "include" / "rejoin" / "rejoin.h"
PACKAGE = ROOT / "python" / "rejoin"


def from_sources() -> dict[Path, str]:
    """What the pages are to be that come from the header and the package, by their paths."""
    python, reference = ROOT / "docs" / "python.md", python_page.reference(PACKAGE)
    return {
        ROOT / "docs" / "c-api.md": header_page.page(HEADER.read_text()),
        python: with_part(python.read_text(), reference, python_page.BEGIN, python_page.END),
    }


def from_edge(program: Path) -> dict[Path, str]:
    """The same of those that come from the settings of rejoin-edge."""
    example = config_page.example(program)
    return {
        PACKAGING / "rejoin-edge.conf": example,
        PACKAGING / "man" / "rejoin-edge.conf.5": config_page.man_page(example),
        OPERATING: with_part(
            OPERATING.read_text(), config_page.table(example), config_page.BEGIN, config_page.END
        ),
    }


def from_library(program: Path) -> dict[Path, str]:
    """The same of those that come from the built library's timers and state table."""
    timers, rows = library_data(program)
    return {
        NETWORKS: with_part(
            NETWORKS.read_text(),
            library_table(program.parents[1] / "host" / "host_profile_table"),
            "<!-- profiles: begin -->\n",
            "<!-- profiles: end -->\n",
        ),
        BEHAVIOUR: with_part(BEHAVIOUR.read_text(), library_table(program)),
        ROOT / "docs" / "states.svg": state_picture.picture(rows),
        ROOT / "docs" / "outage.svg": outage_picture.picture(timers, rows),
    }


def main() -> None:
    program = built_program()
    if program is None:
        sys.exit("machine_state_table is not built; ./dev build makes it")
    edge = program.parents[2] / config_page.PROGRAM
    for path, text in {**from_sources(), **from_library(program), **from_edge(edge)}.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"renewed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
