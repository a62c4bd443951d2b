"""What is committed: nothing of one machine, no registry's address, nothing generated; C files say their subject."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tree import ROOT, tree_files

# Written in two halves, so that this file does not name them either.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "crates" + ".io",
    "golang" + ".org",
    "debian" + ".org",
    "ubuntu" + ".com",
    "maven" + ".org",
]
# Folders that only exist on a machine where somebody works, never on a user's.
MACHINE_PATH = re.compile(r"(?<![\w.$}/~-])/(?:work|root|home/\w+)/")
GENERATED = re.compile(
    r"(\.pb\.[ch]|_wrap\.c|\.o|\.a|\.so(\.\d+)*|\.whl|\.pyc|\.egg-info|compile_commands\.json)$|^build/"
)


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tree_files():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path.relative_to(ROOT), data.decode("utf-8")))
    return found


def test_no_registry_is_named() -> None:
    wrong = [f"{path}: {host}" for path, text in texts() for host in REGISTRY_HOSTS if host in text]
    assert not wrong


def test_no_path_of_one_machine() -> None:
    here = Path(__file__).relative_to(ROOT) if Path(__file__).is_relative_to(ROOT) else None
    wrong = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        if path != here
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not wrong


def test_nothing_generated_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    assert not [name for name in tracked if name and GENERATED.search(name)]


def test_every_c_file_says_its_subject_first() -> None:
    subject = re.compile(r"(/\*+\s*(\n \* )?|// )\w+\W+\w+")
    silent = [
        str(path)
        for path, text in texts()
        if path.suffix in (".c", ".h", ".m", ".def", ".i") and not subject.match(text)
    ]
    assert not silent, "a file begins with a comment that names its subject"


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "dev", ".ci/run"]
)
def test_what_a_visitor_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).is_file()
