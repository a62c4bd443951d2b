"""The built library and its interface as files: what the tests in this folder, and renew_baseline, look at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
ABI = ROOT / "abi"
HEADERS = ABI / "include"
HEADER = HEADERS / "rejoin" / "rejoin.h"
BUILD = Path(os.environ.get("REJOIN_BUILD_DIR", ROOT / "build" / "debug"))
LIBRARY = BUILD / "abi" / "librejoin.so"

BASELINE = ABI / "baseline.abi"
BASELINE_NUMBERS = ABI / "baseline.numbers"


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def tool(name: str) -> str:
    """The path of a program; without it the test is skipped, under CI it fails."""
    found = shutil.which(name)
    if found is None:
        _missing(f"{name} is not here; ./dev setup installs it")
    return str(found)


def library() -> Path:
    """The built library, of a build without sanitizers: these add symbols of their own."""
    if not LIBRARY.exists():
        _missing("librejoin.so is not built; ./dev build does it")
    needed = run(tool("readelf"), "-d", LIBRARY)
    if re.search(r"NEEDED.*lib[atu]b?san", needed) or "__asan_init" in symbols(LIBRARY, "-u"):
        pytest.skip("a build with sanitizers has symbols of theirs")
    return LIBRARY


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(path: Path, *what: str) -> list[str]:
    """The dynamic symbols, without their versions."""
    lines = run(tool("nm"), "-D", *what, path).splitlines()
    return sorted(line.split()[-1].split("@")[0] for line in lines if line.strip())


def exported(path: Path) -> list[str]:
    """The functions and data that a shared library defines; not the names of its versions."""
    lines = run(tool("nm"), "-D", "--defined-only", path).splitlines()
    return sorted(fields[-1].split("@")[0] for line in lines if (fields := line.split())[-2] != "A")


def numbers(header: str) -> set[str]:
    """Every number of a header, as NAME=value."""
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    return {f"{n}={v}" for n, v in re.findall(r"\b(RJ_[A-Z0-9_]+)\s*=\s*(-?\d+)", code)}


def describe(path: Path, headers: Path) -> str:
    """A library's interface as XML: its functions and the types that their headers show, nothing of one machine."""
    told = run(
        tool("abidw"),
        "--exported-interfaces-only",
        "--drop-private-types",
        *["--headers-dir", str(headers)],
        "--no-corpus-path",
        "--no-comp-dir-path",
        "--no-show-locs",
        "--no-elf-needed",
        "--no-architecture",
        *["--type-id-style", "hash"],
        path,
    )
    return re.sub(r" path='[^']*/", " path='", told)


def structs(corpus: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {s.attrib["name"]: s for s in corpus.iter("class-decl") if "size-in-bits" in s.attrib}


def cut_to(before: str, after: str) -> str:
    """The later interface as programs of the baseline's time see it: size-first structs end where they ended then."""
    corpus = ElementTree.fromstring(after)
    then = structs(ElementTree.fromstring(before))
    for name, struct in structs(corpus).items():
        members = struct.findall("data-member")
        first = members[0].find("var-decl") if members else None
        if name not in then or first is None or first.attrib["name"] != "size":
            continue
        size = then[name].attrib["size-in-bits"]
        if int(struct.attrib["size-in-bits"]) > int(size):
            struct.attrib["size-in-bits"] = size
            for member in members:
                if int(member.attrib["layout-offset-in-bits"]) >= int(size):
                    struct.remove(member)
    return ElementTree.tostring(corpus, encoding="unicode")


def difference(before: str, after: str, folder: Path) -> str:
    """What breaks programs that were built against `before`; "" when nothing does.

    Functions may be added, and size-first structs may grow at their end; everything else is told.
    """
    old, new = folder / "old.abi", folder / "new.abi"
    old.write_text(before)
    new.write_text(cut_to(before, after))
    done = subprocess.run(
        [tool("abidiff"), "--no-added-syms", "--harmless", "--no-show-locs", old, new],
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    return done.stdout + done.stderr or f"abidiff ended with {done.returncode}"
