"""What librejoin.so exports is what the header declares, the list says and the version script lets out."""

from __future__ import annotations

import re

from library import ABI, HEADER, exported, library, run, symbols, tool

LISTED = (ABI / "rejoin.symbols").read_text().splitlines()
MOST_FUNCTIONS = 61  # docs/design.md says why it is no less


def test_the_list_is_sorted_and_short() -> None:
    assert sorted(set(LISTED)) == LISTED
    assert len(LISTED) < MOST_FUNCTIONS


def test_the_library_exports_the_list() -> None:
    assert exported(library()) == LISTED


def test_the_version_script_lets_out_the_list() -> None:
    script = re.sub(r"/\*.*?\*/", "", (ABI / "rejoin.map").read_text(), flags=re.DOTALL)
    assert sorted(re.findall(r"\b(rj_\w+);", script)) == LISTED
    assert re.search(r"local:\s*\*;", script)


def test_the_header_declares_the_list() -> None:
    code = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    declared = re.findall(r"\bRJ_API\b[^;(]*?\b(rj_\w+)\s*\(", code)
    assert sorted(declared) == LISTED


def test_every_symbol_has_a_version() -> None:
    lines = run(tool("nm"), "-D", "--defined-only", library()).splitlines()
    bare = [line for line in lines if "rj_" in line and "@@REJOIN_" not in line]
    assert not bare


def test_the_library_stays_loaded_and_has_a_name() -> None:
    dynamic = run(tool("readelf"), "-d", library())
    assert re.search(r"FLAGS_1.*NODELETE", dynamic), "-z nodelete"
    assert re.search(r"SONAME.*\[librejoin\.so\.0\]", dynamic)


def test_our_own_code_is_not_looked_for_elsewhere() -> None:
    """No function of a lower floor is taken from another library of the process."""
    assert not [name for name in symbols(library(), "-u") if name.startswith(("rj_", "rejoin_"))]
