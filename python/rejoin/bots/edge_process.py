"""A load's own edge, in a process of its own so that its processor time is apart; seen from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any


class EdgeProcess:
    """The child, from outside; any thread. RuntimeError: it could not be started."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        folders = [folder for folder in sys.path if folder]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rejoin.bots.edge_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
        try:
            answer = self._ask(json.dumps(options))
            if "error" in answer:
                raise RuntimeError(f"the edge: {answer['error']}")
        except BaseException:
            self.close()
            raise
        self.url: str = answer["url"]
        self.fingerprint: str = answer["fingerprint"]

    def look(self) -> dict[str, Any]:
        """Its processor time in seconds, its memory in bytes, and the edge's counters. RuntimeError: it is gone."""
        return self._ask("")

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()
                answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            except (OSError, ValueError):
                raise RuntimeError("the edge's process has ended by itself") from None
        return answer

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
