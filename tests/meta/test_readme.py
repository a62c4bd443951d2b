"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tree import ROOT, tool

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_examples_run(number: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout


@pytest.mark.parametrize("number", range(len(blocks("c"))))
def test_the_c_examples_compile(number: int) -> None:
    include = f"-I{ROOT / 'abi' / 'include'}"
    run = subprocess.run(
        [
            tool("cc"),
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsyntax-only",
            include,
            "-x",
            "c",
            "-",
        ],
        input=blocks("c")[number],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
