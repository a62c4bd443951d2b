"""How long a join takes while 200 members a second come, beside connecting to mosquitto over TLS 1.3, in one run.

Both servers get the same certificate and the same pace. A join counts from the call until the member has its answer:
for the edge two round trips with the handshake, the token check and the roster; for mosquitto TCP, TLS and CONNACK.
They take turns, each alone, for some rounds; what is printed of each quantile is the median of the rounds, with the
best beside it. On loopback only; everything started here is stopped here.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from idle import (
    BenchError,
    Lines,
    Server,
    be_preferred,
    find_program,
    mosquitto,
    rejoin_edge,
    running,
)

TARGET_P99_MS = 20.0
QUANTILES = ("p50", "p90", "p99", "max")
Latencies = dict[str, list[float]]


def turn(server: Server, program: str, options: argparse.Namespace) -> dict[str, float]:
    """All join at the pace, and leave again: the quantiles in ms."""
    load = [find_program(options.build, program), *server.target]
    load += ["--members", str(options.members), "--rate", str(options.rate)]
    # nobody waits for others: a server that falls behind shows it
    load += ["--window", str(options.members)]
    with running(load, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = Lines(process.stdout)
        found = lines.wait_for(
            r"latency_us p50 (\d+) p90 (\d+) p99 (\d+) max (\d+)",
            60 + options.members / options.rate * 3,
        )
        process.stdin.close()
        lines.wait_for(r"alive \d+", 20)
        process.wait(20)
    return {name: int(value) / 1000 for name, value in zip(QUANTILES, found.groups())}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench join_rate", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--members", type=int, default=2000, help="joins of a turn (2000)")
    parser.add_argument("--rate", type=int, default=200, help="joins per second (200)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server (3)")
    options = parser.parse_args()
    for name in ("members", "rate", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is at least 1")
    return options


def report(results: dict[str, Latencies]) -> str:
    lines = [f"  {'':<14}" + "".join(f"{name:>20}" for name in QUANTILES) + "   ms (best round)"]
    for server, latencies in results.items():
        cells = (
            f"{statistics.median(latencies[name]):.2f} ({min(latencies[name]):.2f})"
            for name in QUANTILES
        )
        lines.append(f"  {server:<14}" + "".join(f"{cell:>20}" for cell in cells))
    ratios = (
        statistics.median(results["rejoin-edge"][name])
        / statistics.median(results["mosquitto"][name])
        for name in QUANTILES
    )
    lines.append(f"  {'ratio':<14}" + "".join(f"{ratio:>20.2f}" for ratio in ratios))
    p99 = statistics.median(results["rejoin-edge"]["p99"])
    held = "reached" if p99 <= TARGET_P99_MS else "MISSED"
    lines.append(f"  p99 of the edge {p99:.2f} ms, target <= {TARGET_P99_MS:g} ms: {held}")
    return "\n".join(lines)


def main() -> int:
    options = parse_arguments()
    be_preferred()
    results: dict[str, Latencies] = {
        name: {quantile: [] for quantile in QUANTILES} for name in ("rejoin-edge", "mosquitto")
    }

    def add(server: Server, program: str, number: int) -> None:
        latencies = turn(server, program, options)
        for name, value in latencies.items():
            results[server.name][name].append(value)
        told = ", ".join(f"{name} {value:.2f}" for name, value in latencies.items())
        print(f"    round {number} of {options.rounds}, {server.name}: {told} ms", flush=True)

    with tempfile.TemporaryDirectory(prefix="rejoin-bench-") as folder:
        work = Path(folder)
        for number in range(1, options.rounds + 1):
            with rejoin_edge(options.build, work) as server:
                add(server, "idle_members", number)
            time.sleep(0.5)
            with mosquitto(work) as server:
                add(server, "mqtt_idle", number)
    print(f"\n{report(results)}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench join_rate: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench join_rate: stopped", file=sys.stderr)
        sys.exit(130)
