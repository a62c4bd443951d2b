"""A load's own edge, from inside: `python -m rejoin.bots.edge_child`, which `EdgeProcess` starts.

It reads its options as a line of JSON, tells url and fingerprint, and then answers each line with how it is, until its
input ends.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

from ..edge import Edge
from ..errors import RejoinError
from .usage import memory, processor_time


def serve() -> int:
    """Be the edge; the exit status."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C goes to all of a terminal's; the load ends us
    options = json.loads(sys.stdin.readline())
    try:
        edge = Edge(**options)
    except (RejoinError, TypeError) as error:
        _say({"error": str(error)})
        return 1
    with edge:
        _say({"url": edge.url, "fingerprint": edge.fingerprint})
        for _ in sys.stdin:
            _say({"cpu": processor_time(), "memory": memory(), "counters": edge.counters})
    return 0


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(serve())
