"""How soon a member at one edge of a cluster hears of a join at another, beside plain nats-server, in one run.

A nats-server and two edges on loopback. One after the other joins at edge A; a member at A and one at B are told. What
the cluster adds is the difference of the two. The rival is a message of the same length from one connection to
nats-server to another, at the same pace, between the joins' rounds. Then nats-server alone: what a delivered message
costs it when one is published to many. Everything started here is stopped here.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from idle import (
    BenchError,
    Lines,
    be_preferred,
    cpu_ms,
    find_program,
    free_tcp_port,
    running,
)

TARGET_P99_MS = 30.0
FLOOD_MESSAGES = 50_000
FLOOD_RECEIVERS = 10


@contextmanager
def nats_server() -> Iterator[tuple[int, str]]:
    """Its process and its url."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    program = shutil.which("nats-server", path=path)
    if program is None:
        raise BenchError("nats-server is not installed; ./dev setup installs it where it can")
    port = free_tcp_port()
    command = [program, "-a", "127.0.0.1", "-p", str(port)]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        Lines(process.stdout).wait_for(r"Server is ready", 10)
        yield process.pid, f"nats://127.0.0.1:{port}"


@contextmanager
def edge(build: Path, data: Path, nats: str) -> Iterator[list[str]]:
    """Its url and fingerprint."""
    command = [find_program(build, "rejoin-edge"), "--listen", "udp://127.0.0.1:0"]
    command += ["--data-dir", str(data), "--cluster", nats]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        lines = Lines(process.stdout)
        url = lines.wait_for(r"rejoin://[^\s\"']+", 10).group(0)
        fingerprint = lines.wait_for(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}", 10).group(0)
        lines.wait_for(r"connected to", 10)
        yield [url, fingerprint]


def told(command: list[str], pattern: str, limit: float) -> list[tuple[float, ...]]:
    """The numbers of all lines that fit."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    found = re.finditer(pattern, done.stdout, re.MULTILINE)
    return [tuple(map(float, match.groups())) for match in found]


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench cross_edge", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--joins", type=int, default=300, help="joins of a round (300)")
    parser.add_argument("--rate", type=int, default=20, help="joins per second (20)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (3)")
    options = parser.parse_args()
    for name in ("joins", "rate", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is at least 1")
    return options


def flood(program: str, pid: int, url: str, receivers: int) -> str:
    before = cpu_ms(pid)
    command = [program, url, "flood", str(FLOOD_MESSAGES), str(receivers)]
    ((seconds,),) = told(command, r"^flood: ([\d.]+)$", 120)
    messages = FLOOD_MESSAGES * receivers
    cost = (cpu_ms(pid) - before) * 1000 / messages
    return (
        f"  nats-server, {FLOOD_MESSAGES} messages of 72 bytes to {receivers} receivers: "
        f"{messages / seconds:,.0f} delivered/s, {cost:.2f} us of its processor time for each"
    )


def main() -> int:
    options = parse_arguments()
    be_preferred()
    times: dict[str, list[float]] = {"joined": [], "seen at A": [], "seen at B": []}
    added: list[float] = []
    plain: list[float] = []
    limit = 60 + options.joins / options.rate * 3
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoin-bench-")))
        pid, nats = stack.enter_context(nats_server())
        edges = [stack.enter_context(edge(options.build, work / name, nats)) for name in ("a", "b")]
        time.sleep(2)  # they meet
        nats_load = find_program(options.build, "nats_load")
        pace = [str(options.joins), str(options.rate)]
        for number in range(1, options.rounds + 1):
            command = [find_program(options.build, "cross_join"), *edges[0], *edges[1], *pace]
            joins = told(command, r"^join (-?\d+) (-?\d+) (-?\d+)$", limit)
            for name, column in zip(times, zip(*joins)):
                times[name] += [value / 1000 for value in column]
            added += [(at_b - at_a) / 1000 for _, at_a, at_b in joins]
            messages = told([nats_load, nats, "latency", *pace], r"^message (\d+)$", limit)
            plain += [value / 1000 for (value,) in messages]
            print(f"    round {number} of {options.rounds}", flush=True)
        floods = [flood(nats_load, pid, nats, receivers) for receivers in (1, FLOOD_RECEIVERS)]

    print(f"\n  {len(added)} joins, {options.rate} a second; ms")
    print(f"  {'':<28}{'p50':>9}{'p90':>9}{'p99':>9}{'max':>9}")
    rows = {**times, "B after A": added, "plain nats-server": plain}
    for name, values in rows.items():
        cells = [quantile(values, share) for share in (0.5, 0.9, 0.99, 1)]
        print(f"  {name:<28}" + "".join(f"{cell:>9.3f}" for cell in cells))
    for name, values in (("seen at B", times["seen at B"]), ("B after A", added)):
        ratios = [quantile(values, share) / quantile(plain, share) for share in (0.5, 0.99)]
        print(f"  {name} / plain nats-server: p50 {ratios[0]:.1f}, p99 {ratios[1]:.1f}")
    print("\n".join(floods))
    p99 = quantile(times["seen at B"], 0.99)
    held = "reached" if p99 <= TARGET_P99_MS else "MISSED"
    print(f"  p99 of a join that the other edge sees {p99:.2f} ms, ", end="")
    print(f"target <= {TARGET_P99_MS:g} ms: {held}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench cross_edge: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench cross_edge: stopped", file=sys.stderr)
        sys.exit(130)
