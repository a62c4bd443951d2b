"""What the READMEs and the docs show works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tree import ROOT, tool


def blocks(language: str, page: str) -> list[str]:
    text = (ROOT / page).read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found


PAGES = [
    "README.md",
    "python/README.md",
    *(f"docs/{name}.md" for name in ("administration", "bots", "python", "tokens")),
]
PYTHON_EXAMPLES = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks("python", page), 1)
]


@pytest.mark.parametrize("example", PYTHON_EXAMPLES)
def test_the_python_examples_run(example: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


@pytest.mark.parametrize("number", range(len(blocks("c", "README.md"))))
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
        input=blocks("c", "README.md")[number],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
