"""Every row of the behaviour's contract is named by a test, or stands in the list of those that are still to come."""

from __future__ import annotations

import re
from pathlib import Path

from tree import ROOT, tree_files

HERE = Path(__file__).resolve().parent


def listed(name: str) -> list[str]:
    lines = (HERE / name).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def rows_named_by_tests() -> set[str]:
    found: set[str] = set()
    for path in tree_files():
        parts = path.relative_to(ROOT).parts
        if parts[0] == "tests" and parts[1] != "meta" and path.suffix not in (".md", ".svg"):
            found.update(  # two digits: P-256 is a curve
                re.findall(r"(?<![\w-])[SPNDAR]-\d{1,2}(?![\w-])", path.read_text(errors="replace"))
            )
    return found


def test_the_lists_are_sound() -> None:
    rows, without = listed("spec_rows.txt"), listed("rows_without_test.txt")
    assert len(rows) == len(set(rows))
    assert len(without) == len(set(without))
    assert not set(without) - set(rows), "not rows of the contract"


def test_every_row_is_named_by_a_test() -> None:
    named, without = rows_named_by_tests(), set(listed("rows_without_test.txt"))
    missing = [row for row in listed("spec_rows.txt") if row not in named and row not in without]
    assert not missing, (
        "write a test that names them (rows_without_test.txt only for what is not built yet)"
    )


def test_the_list_of_rows_without_a_test_is_true() -> None:
    done = [row for row in listed("rows_without_test.txt") if row in rows_named_by_tests()]
    assert not done, "these rows have a test now: take them out of rows_without_test.txt"


def test_no_test_names_a_row_that_does_not_exist() -> None:
    assert not sorted(rows_named_by_tests() - set(listed("spec_rows.txt")))
