"""The public header compiles alone: as C99, C11 and C++17, with gcc and clang, under every warning."""

from __future__ import annotations

import subprocess

import pytest
from tree import ROOT, tool

LANGUAGES = [("c", "c99"), ("c", "c11"), ("c++", "c++17")]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize(("language", "standard"), LANGUAGES)
def test_the_header_compiles_alone(compiler: str, language: str, standard: str) -> None:
    run = subprocess.run(
        [
            tool(compiler),
            "-fsyntax-only",
            *["-Wall", "-Wextra", "-Wpedantic", "-Werror"],
            f"-I{ROOT / 'abi' / 'include'}",
            f"-std={standard}",
            *["-x", language, "-"],
        ],
        # Twice: a header that is not guarded fails here.
        input="#include <rejoin/rejoin.h>\n#include <rejoin/rejoin.h>\n",
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_it_would_be_noticed() -> None:
    """The same command refuses what is not C99, so the test above can fail."""
    run = subprocess.run(
        [tool("gcc"), "-fsyntax-only", "-Wpedantic", "-Werror", "-std=c99", "-x", "c", "-"],
        input="struct a { int x; union { int y; }; };\n",
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
