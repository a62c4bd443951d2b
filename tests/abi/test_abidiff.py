"""The interface only grows: the built library against the committed baseline, and that the comparison would notice."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from library import (
    BASELINE,
    BASELINE_NUMBERS,
    HEADER,
    HEADERS,
    ROOT,
    describe,
    difference,
    library,
    numbers,
    tool,
)


def test_nothing_was_removed_or_changed(tmp_path: Path) -> None:
    told = difference(BASELINE.read_text(), describe(library(), HEADERS), tmp_path)
    assert not told, f"{told}\nabi/CHANGES.md says what may change and how the baseline is renewed"


def test_no_number_was_removed_or_changed() -> None:
    """Enums travel as int32_t, so abidiff does not see them."""
    gone = set(BASELINE_NUMBERS.read_text().split()) - numbers(HEADER.read_text())
    assert not gone


def test_the_baseline_is_of_no_machine() -> None:
    text = BASELINE.read_text()
    assert str(ROOT) not in text
    assert not re.search(r"""['"]/\w""", text), "an absolute path"


# ---- the comparison itself, on a small library ----------------------------------------------------------------------

STRUCT = "typedef struct {{ uint32_t size; int32_t one; {more} }} rj_faults;"
FUNCTIONS = {
    "rj_first": "int32_t rj_first(const rj_faults *given)",
    "rj_second": "int64_t rj_second(int32_t number)",
}


Before = tuple[Path, str]  # where to work, and the described library


def build(folder: Path, struct: str, functions: dict[str, str]) -> Path:
    folder.mkdir()
    declared = "".join(f"{line};\n" for line in functions.values())
    (folder / "small.h").write_text(f"#include <stdint.h>\n{struct}\n{declared}")
    defined = "".join(f"{line} {{ return 0; }}\n" for line in functions.values())
    (folder / "small.c").write_text(f'#include "small.h"\n{defined}')
    made = folder / "libsmall.so"
    subprocess.run(
        [tool("gcc"), "-g", "-shared", "-fPIC", "-o", made, folder / "small.c"], check=True
    )
    return made


@pytest.fixture
def before(tmp_path: Path) -> Before:
    made = build(tmp_path / "before", STRUCT.format(more="int64_t two;"), FUNCTIONS)
    return tmp_path, describe(made, made.parent)


def compare(before: Before, struct: str, functions: dict[str, str]) -> str:
    folder, told = before
    made = build(folder / "after", struct, functions)
    return difference(told, describe(made, made.parent), folder)


SAME = STRUCT.format(more="int64_t two;")


def test_the_same_is_no_difference(before: Before) -> None:
    assert not compare(before, SAME, FUNCTIONS)


def test_a_function_may_be_added(before: Before) -> None:
    assert not compare(before, SAME, {**FUNCTIONS, "rj_third": "int rj_third(void)"})


def test_a_struct_may_grow_at_its_end(before: Before) -> None:
    assert not compare(before, STRUCT.format(more="int64_t two; int64_t three;"), FUNCTIONS)


@pytest.mark.parametrize(
    "more",
    [
        "",
        "int32_t two;",
        "double two;",
        "int64_t zero; int64_t two;",
    ],
    ids=["removed", "smaller", "another type", "inserted"],
)
def test_a_field_may_not_change(before: Before, more: str) -> None:
    assert compare(before, STRUCT.format(more=more), FUNCTIONS)


@pytest.mark.parametrize(
    "functions",
    [
        {"rj_first": FUNCTIONS["rj_first"]},
        {**FUNCTIONS, "rj_second": "int64_t rj_second(int64_t number)"},
        {**FUNCTIONS, "rj_second": "int32_t rj_second(int32_t number)"},
        {**FUNCTIONS, "rj_second": "int64_t rj_second(int32_t number, int32_t more)"},
    ],
    ids=["removed", "argument", "result", "one more"],
)
def test_a_function_may_not_change(before: Before, functions: dict[str, str]) -> None:
    assert compare(before, SAME, functions)


def test_a_changed_number_is_seen() -> None:
    before = numbers("enum { RJ_ONE = 1, RJ_TWO = -2 /* RJ_THREE = 3 */ };")
    assert before == {"RJ_ONE=1", "RJ_TWO=-2"}
    assert before - numbers("enum { RJ_ONE = 1, RJ_TWO = -3, RJ_NEW = 4 };") == {"RJ_TWO=-2"}
