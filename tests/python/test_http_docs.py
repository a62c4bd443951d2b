"""docs/http.md: its commands work as they stand there, its code verifies what the edge signs, its tables are whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from http_edge import ROOT, Administered, eventually, joined
from test_http_webhooks import SECRET, Receiver, edge_with

PAGE = (ROOT / "docs" / "http.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_commands(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    edge = Administered("--data-dir", str(tmp_path / "data"))
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "URL": edge.said["http"]}
    with joined(edge, 7):
        script = "set -e\n" + "\n".join(
            block.replace("curl -sS", "curl -sS --fail-with-body -w '\\n'")
            for block in blocks("sh")
        )
        run = subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60
        )
    edge.end()
    assert run.returncode == 0, run
    lines = run.stdout.split("\n")
    assert json.loads(lines[0])["url"] == edge.said["url"]
    assert json.loads(lines[1])["members"][0]["uid"] == 7
    assert json.loads(lines[2])["removed"] == 1
    assert json.loads(lines[4]) == {"status": "ok"}
    assert "event: hello" in run.stdout
    assert "rejoin_joins_total 1" in run.stdout


def test_the_code(tmp_path: Path) -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)
    receiver = Receiver()
    edge = edge_with(tmp_path, receiver.port, "events=joined\n")
    try:
        with joined(edge, 1):
            eventually(lambda: receiver.deliveries)
        headers, body = receiver.deliveries[0]
        assert names["is_ours"](SECRET.encode(), headers["Rejoin-Signature"], body)
        assert not names["is_ours"](SECRET.encode(), headers["Rejoin-Signature"], body + b"x")
        assert not names["is_ours"](b"another", headers["Rejoin-Signature"], body)
        old = re.sub(r"t=(\d+)", "t=1", headers["Rejoin-Signature"])
        assert not names["is_ours"](SECRET.encode(), old, body)
    finally:
        edge.end()
        receiver.close()


def test_every_path_key_and_event_is_told() -> None:
    description = json.loads((ROOT / "core/edge/program/http/openapi.json").read_text())
    for path in description["paths"]:
        assert path in PAGE, path
    for name in description["components"]["schemas"]["Event"]["properties"]["event"]["enum"]:
        assert f"`{name}`" in PAGE, name
    settings = (ROOT / "core/edge/program/settings.def").read_text()
    for group, key in re.findall(r"SETTING\((http|webhooks), (\w+)", settings):
        assert f"`[{group}] {key}`" in PAGE or f"`{key}`" in PAGE, (group, key)
