"""What the tests of the repository itself share: the tree's files, and tools that may be missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core"

# Lowest first. A floor includes headers of its own and of lower floors only.
FLOORS = [
    "base",
    "machine",
    "wire",
    "link",
    "client",
    "edge",
    "host",
    "dispatch",
    "abi",
    "bindings",
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def tree_files() -> list[Path]:
    """All files that are or could be committed: what git tracks and what it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def includes(path: Path) -> list[tuple[str, str]]:
    """The include lines of a file as (`<` or `"`, name)."""
    return INCLUDE.findall(path.read_text())


def tool(name: str) -> str:
    """The path of a program; without it the test is skipped, under CI it fails."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing; ./dev setup installs it")
        pytest.skip(f"{name} is not here")
    return found
