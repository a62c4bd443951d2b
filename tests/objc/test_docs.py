"""The Objective-C on the docs' page compiles, with warnings as errors."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GNUSTEP = Path("/usr/include/GNUstep")
BLOCKS = re.findall(r"```objc\n(.*?)```", (ROOT / "docs" / "objc.md").read_text(), re.DOTALL)
OPTIONS = [
    *["-x", "objective-c", "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"],
    *["-Wno-unused-parameter", "-fobjc-exceptions", "-fconstant-string-class=NSConstantString"],
    *["-DGNUSTEP", "-DGNUSTEP_BASE_LIBRARY=1", "-DGNU_RUNTIME=1", "-isystem", str(GNUSTEP)],
    f"-I{ROOT / 'bindings' / 'objc' / 'include'}",
]


def objc_compiler() -> str:
    """A gcc that compiles Objective-C over GNUstep; without one the test is skipped, under CI it fails."""
    found = shutil.which("gcc")
    probe = [found or "gcc", *OPTIONS, "-"]
    if (
        found
        and not subprocess.run(
            probe, input="#import <Foundation/Foundation.h>\n", text=True
        ).returncode
    ):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("GNUstep or gobjc is missing; ./dev setup installs them")
    pytest.skip("GNUstep or gobjc is not here")


def test_there_is_code() -> None:
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("code", BLOCKS)
def test_the_code_compiles(code: str) -> None:
    run = subprocess.run(
        [objc_compiler(), *OPTIONS, "-"], input=code, text=True, capture_output=True
    )
    assert run.returncode == 0, run.stderr
