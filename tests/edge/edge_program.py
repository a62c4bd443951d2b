"""rejoin-edge, the built program, as the tests start it, ask it and end it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REJOIN_BUILD_DIR", ROOT / "build" / "debug"))
PROGRAM = BUILD / "core" / "edge" / "program" / "rejoin-edge"
LOOPBACK = ["--listen", "udp://127.0.0.1:0"]


def require_program() -> None:
    """Skips the test, or fails it where everything has to be there."""
    if not PROGRAM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{PROGRAM} is not built")
        pytest.skip("rejoin-edge is not built; ./dev build does it")


class Running:
    """A started edge and the lines that it printed up to "ready"; with a log, standard error goes there."""

    def __init__(
        self, *arguments: str, environment: dict[str, str] | None = None, log: Path | None = None
    ) -> None:
        self.log = log
        with open(log or os.devnull, "w") as errors:
            self.process = subprocess.Popen(
                [PROGRAM, *arguments],
                stdout=subprocess.PIPE,
                stderr=errors if log else subprocess.PIPE,
                text=True,
                env=environment,
            )
        self.said: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            self.said[word] = rest
            if word == "ready":
                return
        _, said = self.process.communicate()
        raise AssertionError(f"it ended before it was ready: {log.read_text() if log else said}")

    def wait_for_log(self, text: str, times: int = 1) -> str:
        """The log, once this stands in it so often."""
        assert self.log is not None
        end = time.monotonic() + 10
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.01)
        return self.log.read_text()

    def reload(self) -> str:
        """The log, once the edge has answered a SIGHUP there."""
        assert self.log is not None
        before = len(self.log.read_text())
        self.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while "reloaded" not in self.log.read_text()[before:]:
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.01)
        return self.log.read_text()[before:]

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """The exit status and what it wrote to standard error."""
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=10)
        return self.process.returncode, self.log.read_text() if self.log else log

    @property
    def port(self) -> int:
        return int(self.said["url"].rpartition(":")[2])


def failing(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Starts one that must not start; what it says about it."""
    run = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, timeout=10, env=environment
    )
    assert run.returncode == 1, run
    assert run.stdout == ""
    assert run.stderr.startswith("rejoin-edge: ")
    assert run.stderr.count("\n") == 1, run.stderr
    return run.stderr.removeprefix("rejoin-edge: ").rstrip("\n")


def control(data: Path, *words: str) -> list[str]:
    """The lines that a control command is answered with."""
    run = subprocess.run(
        [PROGRAM, "--data-dir", data, "control", *words], capture_output=True, text=True, timeout=10
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout.splitlines()
