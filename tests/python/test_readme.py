"""What the READMEs show works as written: each Python block runs as a program of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "python/README.md"]


def snippets():
    found = []
    for page in PAGES:
        path = ROOT / page
        text = path.read_text() if path.is_file() else ""
        for number, block in enumerate(
            re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL), 1
        ):
            found.append(pytest.param(block, id=f"{page}-{number}"))
    return found


@pytest.mark.parametrize("snippet", snippets())
def test_a_snippet_runs(snippet, tmp_path):
    script = tmp_path / "snippet.py"
    script.write_text(snippet)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
