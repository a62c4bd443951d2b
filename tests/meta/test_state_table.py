"""The state table in docs/behaviour.md is the library's."""

from __future__ import annotations

import os

import pytest
from state_table import RENEW, built_program, library_table, page_parts


def test_the_page_shows_the_library_s_table() -> None:
    program = built_program()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("machine_state_table is not built; ./dev build makes it")
        pytest.skip("machine_state_table is not built; ./dev build makes it")
    table = library_table(program)
    assert table.count("\n") > 30
    assert page_parts()[1] == table, f"docs/behaviour.md is out of date; renew it: {RENEW}"
