"""The script that makes the XCFramework says what is missing, where it cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tree import ROOT

SCRIPT = ROOT / "swift" / "make-xcframework"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "darwin", reason="there it may be complete")
@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_on_another_system_it_names_all_that_is_missing(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ran = run(*arguments, "--dependencies", str(tmp_path), "--output", str(tmp_path))
    assert ran.returncode == 1
    assert ran.stdout == ""
    for missing in ("macOS", "xcodebuild", str(tmp_path / "iphoneos"), "iphonesimulator"):
        assert missing in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_each_missing_library_is_named(tmp_path: Path) -> None:
    for sdk in ("iphoneos", "iphonesimulator"):
        (tmp_path / sdk / "lib" / "pkgconfig").mkdir(parents=True)
    (tmp_path / "iphoneos" / "lib" / "pkgconfig" / "gnutls.pc").touch()
    ran = run("--check", "--dependencies", str(tmp_path))
    assert ran.returncode == 1
    assert f"{tmp_path}/iphoneos/lib/pkgconfig/gnutls.pc" not in ran.stderr
    assert f"{tmp_path}/iphonesimulator/lib/pkgconfig/gnutls.pc" in ran.stderr
    assert f"{tmp_path}/iphoneos/lib/libprotobuf-nanopb.a" in ran.stderr


def test_a_wrong_argument_shows_the_usage() -> None:
    ran = run("--chekc")
    assert ran.returncode == 2
    assert "usage: swift/make-xcframework" in ran.stderr
