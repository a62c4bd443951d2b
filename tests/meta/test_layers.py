"""The floors of the house: who may include what, and that the lower ones compile without GLib, ngtcp2 and GnuTLS."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tree import CORE, FLOORS, ROOT, includes, tool

# C11's headers without those that read a clock, start threads or catch signals: only host/ may do that.
LIBC = {
    f"{name}.h"
    for name in (
        "assert complex ctype errno fenv float inttypes iso646 limits math setjmp stdalign stdarg stdatomic "
        "stdbool stddef stdint stdio stdlib stdnoreturn string tgmath uchar wchar wctype"
    ).split()
}
NANOPB = {"pb.h", "pb_common.h", "pb_decode.h", "pb_encode.h"}
GENERATED = {f"{folder}{name}.pb.h" for folder in ("", "wire/") for name in ("rejoin", "cluster")}

# What an app compiles that brings a transport of its own.
PURE_FLOORS = ["base", "machine", "wire", "client"]
SEE_NANOPB = ["wire", "client"]  # client through wire's headers only
Compile = Callable[[str, str], str]

BANNED_PACKAGES = re.compile(r"^(glib-2\.0|gio-unix-2\.0|glib|gio|gnutls|ngtcp2)$")
BANNED_FOR_LIBC_ONLY = re.compile(r"^(glib-2\.0|gio-unix-2\.0|glib|gio|gnutls|ngtcp2|pb.*\.h)$")


def sources(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".m"))


def pure_sources() -> list[Path]:
    return [p for floor in PURE_FLOORS for p in sources(CORE / floor)] + [CORE / "link" / "link.h"]


def floor_of(path: Path) -> int:
    """The floor that a file stands on; the program rejoin-edge stands above all of them."""
    parts = path.relative_to(ROOT).parts
    if parts[:3] == ("core", "edge", "program"):
        return len(FLOORS)
    return FLOORS.index(parts[1] if parts[0] == "core" else parts[0])


def all_floor_sources() -> list[Path]:
    folders = [CORE, ROOT / "abi", ROOT / "bindings"]
    return [p for folder in folders if folder.is_dir() for p in sources(folder)]


def test_no_floor_includes_a_higher_one() -> None:
    wrong = []
    for path in all_floor_sources():
        for _, name in includes(path):
            first = name.split("/")[0]
            if first == "rejoin":
                first = "abi"
            if "/" in name and first in FLOORS and FLOORS.index(first) > floor_of(path):
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_the_lower_floors_include_only_libc() -> None:
    wrong = []
    for path in pure_sources():
        floor = path.relative_to(CORE).parts[0]
        allowed = LIBC | (NANOPB | GENERATED if floor == "wire" else set())
        for kind, name in includes(path):
            ours = kind == '"' and name.split("/")[0] in FLOORS and (CORE / name).is_file()
            if not ours and name not in allowed:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_link_knows_no_glib() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in sources(CORE / "link")
        for _, name in includes(path)
        if name.startswith(("glib", "gio"))
    ]
    assert not wrong


def test_only_host_reads_clocks_and_owns_sockets_and_threads() -> None:
    world = re.compile(
        r"\b(clock_gettime|gettimeofday|g_get_monotonic_time|g_get_real_time|g_date_time_new_now\w*|"
        r"timespec_get|time|socket|bind|recvmmsg|sendmmsg|recvmsg|sendmsg|pthread_create|thrd_create|g_thread_new)\s*\("
    )
    comment = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
    wrong = []
    for path in all_floor_sources():
        if floor_of(path) < FLOORS.index("host"):
            found = world.findall(comment.sub("", path.read_text()))
            wrong += [f"{path.relative_to(ROOT)} calls {name}" for name in found]
    assert not wrong


def test_the_public_header_shows_no_glib() -> None:
    header = ROOT / "abi" / "include" / "rejoin" / "rejoin.h"
    assert not [name for _, name in includes(header) if name not in LIBC]
    assert not re.findall(r"\b(?:g_\w+|G[A-Z][a-zA-Z]+)\b", header.read_text())


# ---- compiled where the other packages do not exist -----------------------------------------------------------------


def compiler_include_folders(compiler: str) -> list[Path]:
    told = subprocess.run(
        [compiler, "-E", "-v", "-x", "c", "/dev/null"], check=True, capture_output=True, text=True
    ).stderr
    listed = told.split("#include <...> search starts here:")[1].split("End of search list.")[0]
    return [Path(line.strip()) for line in listed.splitlines() if line.strip()]


def narrowed(compiler: str, target: Path, banned: re.Pattern[str]) -> list[str]:
    """Arguments that let the compiler see its usual headers less those of the banned packages."""
    arguments = ["-nostdinc"]
    for number, folder in enumerate(compiler_include_folders(compiler)):
        mirror = target / str(number)
        mirror.mkdir(parents=True)
        if folder.is_dir():
            for entry in folder.iterdir():
                if not banned.match(entry.name):
                    (mirror / entry.name).symlink_to(entry)
        arguments += ["-isystem", str(mirror)]
    return arguments


@pytest.fixture(scope="module")
def compile_narrow(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles a text with the headers that its floor may see, and answers the complaint."""
    compiler = tool("cc")
    work = tmp_path_factory.mktemp("layers")
    generated = work / "generated" / "wire"
    generated.mkdir(parents=True)
    schemas = sorted(path.name for path in (CORE / "wire").glob("*.proto"))
    subprocess.run(
        [tool("protoc"), f"--nanopb_out={generated}", *schemas],
        cwd=CORE / "wire",  # where their .options are looked for
        check=True,
        capture_output=True,
    )
    libc_only = narrowed(compiler, work / "libc", BANNED_FOR_LIBC_ONLY)
    with_nanopb = narrowed(compiler, work / "nanopb", BANNED_PACKAGES)
    with_nanopb += [f"-I{generated.parent}", f"-I{generated}"]

    def compile_one(floor: str, text: str) -> str:
        run = subprocess.run(
            [
                compiler,
                *["-std=c11", "-fsyntax-only", "-Werror", f"-I{CORE}"],
                *(with_nanopb if floor in SEE_NANOPB else libc_only),
                *["-x", "c", "-"],
            ],
            input=text,
            capture_output=True,
            text=True,
        )
        return run.stderr if run.returncode else ""

    return compile_one


def test_the_lower_floors_compile_without_glib_ngtcp2_and_gnutls(compile_narrow: Compile) -> None:
    failed = []
    for path in pure_sources():
        told = compile_narrow(path.relative_to(CORE).parts[0], f'#include "{path}"\n')
        if told:
            failed.append(f"{path.relative_to(ROOT)}:\n{told}")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


@pytest.mark.parametrize("name", ["gnutls/gnutls.h", "ngtcp2/ngtcp2.h", "glib.h", "pb.h"])
def test_the_narrow_compiler_is_narrow(compile_narrow: Compile, name: str) -> None:
    """So that the test above can fail: what the floors must not see is not there to be seen."""
    assert name in compile_narrow("base", f"#include <{name}>\n")
