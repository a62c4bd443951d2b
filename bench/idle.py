"""Idle members: what they cost an edge, beside what they cost mosquitto over TLS 1.3, in one run on this machine.

Both servers get the same certificate, the same number of clients, joined at the same pace, and a keep-alive at the same
interval. The servers' processor time is read from /proc, so what the load itself costs does not count. One server after
the other, on loopback only; everything started here is stopped here.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

# What a run is held against: the edge's cost as a share of mosquitto's, and bytes.
TARGET_CPU_IDLE = 0.6
TARGET_CPU_JOIN = 1.0
TARGET_RSS_KB = 32.0


@dataclass
class Costs:
    """What one server spent."""

    server: str
    members: int
    join_seconds: float
    idle_seconds: float
    cpu_ms_per_client_minute: float
    cpu_ms_per_join: float
    rss_kb_per_client: float
    rss_kb_empty: float
    alive: int


class BenchError(Exception):
    """Why the bench cannot go on."""


# ---- reading a process ------------------------------------------------------


def cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000.0 / os.sysconf("SC_CLK_TCK")


def rss_kb(pid: int) -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise BenchError(f"process {pid} has ended")
    return float(found.group(1))


# ---- the processes ----------------------------------------------------------


class Lines:
    """The lines that a process writes, collected by a thread of its own so that no pipe fills up."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, pattern: str, timeout: float) -> re.Match[str]:
        """The first match so far or to come, over all lines together."""
        end = time.monotonic() + timeout
        with self._news:
            while True:
                found = re.search(pattern, "\n".join(self.lines))
                if found:
                    return found
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    said = "\n".join(self.lines[-10:]) or "nothing"
                    raise BenchError(f"waited for /{pattern}/; it said: {said}")
                self._news.wait(left)


@contextmanager
def running(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def find_program(build: Path, name: str) -> str:
    for path in sorted(build.rglob(name)):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise BenchError(f"{name} is not in {build}; ./dev build release builds it")


def find_mosquitto() -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
    found = shutil.which("mosquitto", path=path)
    if found is None:
        raise BenchError("mosquitto is not installed; ./dev setup installs it where it can")
    return found


def free_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---- the two sides ----------------------------------------------------------


@contextmanager
def rejoin_edge(build: Path, work: Path) -> Iterator[tuple[int, list[str]]]:
    """The edge's pid and what its load needs to find it."""
    data = work / "edge"
    command = [
        find_program(build, "rejoin-edge"),
        "--listen",
        "udp://127.0.0.1:0",
        "--data-dir",
        str(data),
    ]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        lines = Lines(process.stdout)
        url = lines.wait_for(r"rejoin://[^\s\"']+", 10).group(0)
        fingerprint = lines.wait_for(
            r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}", 10
        ).group(0)
        yield process.pid, ["--url", url, "--fingerprint", fingerprint]


def certificate_of(work: Path) -> tuple[Path, Path]:
    """Certificate and key that the edge made in its data folder: mosquitto gets the same."""
    certificate = key = None
    for path in sorted((work / "edge").rglob("*")):
        if path.is_file():
            start = path.read_bytes()[:200]
            if b"BEGIN CERTIFICATE" in start:
                certificate = path
            elif b"PRIVATE KEY" in start:
                key = path
    if certificate is None or key is None:
        raise BenchError("the edge left no certificate and key in PEM in its data folder")
    return certificate, key


@contextmanager
def mosquitto(work: Path) -> Iterator[tuple[int, list[str]]]:
    certificate, key = certificate_of(work)
    port = free_tcp_port()
    settings = work / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\n"
        f"certfile {certificate}\nkeyfile {key}\ntls_version tlsv1.3\n"
        "allow_anonymous true\npersistence false\nmax_connections -1\n"
        "log_dest stderr\nlog_type error\nlog_type warning\n"
        # As root it would become a user that cannot read the key.
        + ("user root\n" if os.geteuid() == 0 else "")
    )
    command = [find_mosquitto(), "-c", str(settings)]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        lines = Lines(process.stdout)
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    said = "\n".join(lines.lines[-10:])
                    raise BenchError(f"mosquitto did not start: {said}") from None
                time.sleep(0.05)
        yield process.pid, ["--url", f"127.0.0.1:{port}"]


def measure(server: str, pid: int, load: list[str], options: argparse.Namespace) -> Costs:
    """Joins all members, lets them idle, and reads what the server spent on each."""
    members, limit = options.members, 60 + options.members / options.rate * 3
    load = [*load, "--members", str(members), "--rate", str(options.rate)]
    load += [
        "--channel-size",
        str(options.channel_size),
        "--limit",
        str(int(limit + options.seconds + 60)),
    ]
    print(f"    {server}: {members} members join, {options.rate} a second …", flush=True)
    time.sleep(0.5)
    rss_empty, cpu_before, began = rss_kb(pid), cpu_ms(pid), time.monotonic()
    with running(load, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = Lines(process.stdout)
        lines.wait_for(r"joined \d+", limit)
        join_seconds, cpu_joined = time.monotonic() - began, cpu_ms(pid)
        print(
            f"    {server}: joined in {join_seconds:.1f} s; {options.seconds} s idle …", flush=True
        )
        time.sleep(options.settle)
        cpu_idle, began = cpu_ms(pid), time.monotonic()
        time.sleep(options.seconds)
        idle_seconds, cpu_end, rss_end = time.monotonic() - began, cpu_ms(pid), rss_kb(pid)
        process.stdin.close()
        alive = int(lines.wait_for(r"alive (\d+)", 20).group(1))
        process.wait(20)
    return Costs(
        server=server,
        members=members,
        join_seconds=join_seconds,
        idle_seconds=idle_seconds,
        cpu_ms_per_client_minute=(cpu_end - cpu_idle) * 60 / idle_seconds / members,
        cpu_ms_per_join=(cpu_joined - cpu_before) / members,
        rss_kb_per_client=(rss_end - rss_empty) / members,
        rss_kb_empty=rss_empty,
        alive=alive,
    )


# ---- what came of it --------------------------------------------------------


def ratio(one: float, other: float) -> float | None:
    return one / other if other > 0 else None


def table(edge: Costs, broker: Costs | None) -> str:
    """One line per measure: the edge, mosquitto, the ratio, and what it is held against."""

    def line(name: str, mine: float, other: float | None, limit: str, reached: bool | None) -> str:
        shared = ratio(mine, other) if other is not None else None
        verdict = "" if reached is None else ("reached" if reached else "MISSED")
        return (
            f"  {name:<26}{mine:>12.3f}"
            + (f"{other:>12.3f}" if other is not None else f"{'–':>12}")
            + (f"{shared:>9.2f}" if shared is not None else f"{'–':>9}")
            + f"   {limit:<10}{verdict}"
        )

    b = broker
    idle = ratio(edge.cpu_ms_per_client_minute, b.cpu_ms_per_client_minute) if b else None
    join = ratio(edge.cpu_ms_per_join, b.cpu_ms_per_join) if b else None
    rows = [
        f"  {'':<26}{'rejoin-edge':>12}{'mosquitto':>12}{'ratio':>9}   target",
        line(
            "CPU ms per client-minute",
            edge.cpu_ms_per_client_minute,
            b.cpu_ms_per_client_minute if b else None,
            f"<= {TARGET_CPU_IDLE}",
            None if idle is None else idle <= TARGET_CPU_IDLE,
        ),
        line(
            "CPU ms per join",
            edge.cpu_ms_per_join,
            b.cpu_ms_per_join if b else None,
            f"< {TARGET_CPU_JOIN}",
            None if join is None else join < TARGET_CPU_JOIN,
        ),
        line(
            "RSS KB per client",
            edge.rss_kb_per_client,
            b.rss_kb_per_client if b else None,
            f"<= {TARGET_RSS_KB:.0f} KB",
            edge.rss_kb_per_client <= TARGET_RSS_KB,
        ),
        line("RSS KB before the first", edge.rss_kb_empty, b.rss_kb_empty if b else None, "", None),
        line("still in at the end", edge.alive, b.alive if b else None, "", None),
    ]
    return "\n".join(rows)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench idle", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--members", type=int, default=3000, help="idle members (3000)")
    parser.add_argument("--channel-size", type=int, default=10, help="members of a channel (10)")
    parser.add_argument("--rate", type=int, default=300, help="joins per second (300)")
    parser.add_argument("--seconds", type=int, default=30, help="how long they idle (30)")
    parser.add_argument(
        "--settle", type=float, default=3, help="seconds between joins and idling (3)"
    )
    parser.add_argument("--only", choices=["edge"], help="without mosquitto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    need = options.members + 200
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(need, hard) if hard != -1 else hard))
    except (ValueError, OSError):
        raise BenchError(f"{options.members} members need {need} descriptors: ulimit -n") from None
    broker = None
    with tempfile.TemporaryDirectory(prefix="rejoin-bench-") as folder:
        work = Path(folder)
        with rejoin_edge(options.build, work) as (pid, target):
            load = [find_program(options.build, "idle_members"), *target]
            edge = measure("rejoin-edge", pid, load, options)
        if options.only != "edge":
            with mosquitto(work) as (pid, target):
                load = [find_program(options.build, "mqtt_idle"), *target]
                broker = measure("mosquitto", pid, load, options)
    print()
    print(table(edge, broker))
    if options.json:
        figures = {"rejoin-edge": asdict(edge), "mosquitto": asdict(broker) if broker else None}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    lost = [costs for costs in (edge, broker) if costs and costs.alive != costs.members]
    for costs in lost:
        print(
            f"\n{costs.server}: {costs.members - costs.alive} members did not stay", file=sys.stderr
        )
    return 1 if lost else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench idle: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench idle: stopped", file=sys.stderr)
        sys.exit(130)
