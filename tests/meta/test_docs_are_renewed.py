"""What the docs have of the library's tables and of its header is what these are now."""

from __future__ import annotations

import os
import re
from pathlib import Path

import config_page
import header_page
import pytest
import python_page
from outage_picture import span
from renew_docs import HEADER, PACKAGE, RENEW, from_edge, from_library, from_sources
from state_table import built_program, library_data
from svg import Picture
from tree import ROOT


@pytest.fixture(scope="module")
def program() -> Path:
    found = built_program()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("machine_state_table is not built; ./dev build makes it")
        pytest.skip("machine_state_table is not built; ./dev build makes it")
    return found


def assert_renewed(pages: dict[Path, str]) -> None:
    for path, text in pages.items():
        assert path.is_file(), f"{path.relative_to(ROOT)} is missing; renew it: {RENEW}"
        assert path.read_text() == text, (
            f"{path.relative_to(ROOT)} is out of date; renew it: {RENEW}"
        )


def test_the_state_table_and_the_pictures_are_the_library_s(program: Path) -> None:
    assert_renewed(from_library(program))


def test_the_settings_are_those_of_rejoin_edge(program: Path) -> None:
    edge = program.parents[2] / config_page.PROGRAM
    assert_renewed(from_edge(edge))
    found = config_page.settings(config_page.example(edge))
    rows = re.findall(
        r"^RJ_SETTING\((\w+), (\w+),",
        (ROOT / "core" / "edge" / "program" / "settings.def").read_text(),
        re.MULTILINE,
    )
    assert [(one.group, one.key) for one in found] == rows


def test_the_references_are_the_header_s_and_the_package_s() -> None:
    assert_renewed(from_sources())


def test_the_reference_has_every_name_that_the_package_exports() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    shown = set(re.findall(r"^#### `rejoin\.([\w.]+)`$", page, re.MULTILINE))
    exported = set(python_page.public_names(PACKAGE))
    assert exported - shown == {
        "aio",
        "testing",
        "timeline",
        "token",
    }  # modules, whose names are shown
    assert {"aio.Client", "token.build", "token.inspect"} <= shown


def test_the_page_has_every_exported_function_with_a_text() -> None:
    _, sections = header_page.read(HEADER.read_text())
    items = [item for section in sections for item in section.items]
    documented = {name for item in items if item.text for name in item.names()}
    exported = [
        line
        for line in (ROOT / "abi" / "rejoin.symbols").read_text().split()
        if line.startswith("rj_")
    ]
    assert len(exported) > 30
    assert not sorted(set(exported) - documented)


def test_the_pictures_show_every_way_and_time(program: Path) -> None:
    timers, rows = library_data(program)
    states = (ROOT / "docs" / "states.svg").read_text()
    outage = (ROOT / "docs" / "outage.svg").read_text()
    told = [row.reason for row in rows if row.reason not in ("–", "the edge's")]
    assert len(told) > 15
    assert [reason for reason in told if reason not in states] == []
    for name in ("interrupted", "lost", "offline", "give_up", "beat"):
        assert span(timers[name]) in outage


def test_text_over_text_is_noticed() -> None:
    picture = Picture("a picture", 200, 50)
    picture.say(10, 20, "one")
    picture.say(15, 24, "two")
    with pytest.raises(ValueError, match="'two' is over 'one'"):
        picture.svg()


def test_text_that_leaves_the_picture_is_noticed() -> None:
    picture = Picture("a picture", 20, 50)
    picture.say(10, 20, "too wide")
    with pytest.raises(ValueError, match="leaves the picture"):
        picture.svg()
