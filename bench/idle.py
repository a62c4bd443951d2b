"""Idle members: what they cost an edge, beside what they cost mosquitto over TLS 1.3, in one run on this machine.

Both servers get the same certificate, the same number of clients, joined at the same pace, and a keep-alive at the same
interval. The servers' processor time is read from /proc, so what the load itself costs does not count. They take turns,
each alone, for some rounds. In a round the time of idling is cut into spans of two beats, in which every client says
the same. What other work on the machine does to a server is added to what it costs, so a server's figure is the median
of the cheaper half of all its spans (of its joins: of its rounds), and the spread of all stands beside it. On loopback
only; everything started here is stopped here.
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
import statistics
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
TARGET_CPU_IDLE = 0.5
TARGET_CPU_JOIN = 1.0
TARGET_RSS_KB = 32.0


BEAT_SECONDS = 1.3
SPAN_SECONDS = 2 * BEAT_SECONDS


@dataclass
class Round:
    """What one server spent in one of its turns."""

    join_seconds: float
    cpu_ms_per_join: float
    cpu_ms_per_client_minute: list[float]  # one figure a span
    kernel_share: float  # of the processor time while idling
    wakeups_per_second: float
    packets_in_per_beat: float | None  # the edge's, which counts them
    packets_out_per_beat: float | None
    rss_kb_empty: float
    rss_kb_per_client: float
    alive: int


class BenchError(Exception):
    """Why the bench cannot go on."""


# ---- reading a process ------------------------------------------------------


def cpu_ticks(pid: int) -> tuple[int, int]:
    """In user mode and in the kernel; coarse."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def cpu_ms(pid: int) -> float:
    """Of all its threads, to the nanosecond where the kernel keeps that."""
    try:
        tasks = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        tasks = []
    if tasks:
        return sum(int(text.split()[0]) for text in tasks) / 1e6
    return sum(cpu_ticks(pid)) * 1000.0 / os.sysconf("SC_CLK_TCK")


def wakeups(pid: int) -> int:
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    found = (re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE) for text in texts)
    return sum(int(match.group(1)) for match in found if match)


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


@dataclass
class Server:
    """A running one: what to look at, and what its load needs to find it."""

    name: str
    pid: int
    target: list[str]
    counters: list[str] | None = None  # the command that prints them


@contextmanager
def rejoin_edge(build: Path, work: Path) -> Iterator[Server]:
    data = work / "edge"
    program = find_program(build, "rejoin-edge")
    command = [program, "--listen", "udp://127.0.0.1:0", "--data-dir", str(data)]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        lines = Lines(process.stdout)
        url = lines.wait_for(r"rejoin://[^\s\"']+", 10).group(0)
        fingerprint = lines.wait_for(
            r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}", 10
        ).group(0)
        yield Server(
            "rejoin-edge",
            process.pid,
            ["--url", url, "--fingerprint", fingerprint],
            [program, "--data-dir", str(data), "control", "counters"],
        )


def packets(server: Server) -> tuple[int, int] | None:
    """In and out so far; None: this server does not tell."""
    if server.counters is None:
        return None
    said = subprocess.run(server.counters, capture_output=True, text=True, timeout=10).stdout
    count = {name: int(value) for name, value in re.findall(r"^(datagrams_\w+)=(\d+)$", said, re.M)}
    if set(count) != {"datagrams_in", "datagrams_out"}:
        raise BenchError(f"the edge did not tell its counters; it said: {said}")
    return count["datagrams_in"], count["datagrams_out"]


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
def mosquitto(work: Path) -> Iterator[Server]:
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
        yield Server("mosquitto", process.pid, ["--url", f"127.0.0.1:{port}"])


def measure(server: Server, program: str, options: argparse.Namespace) -> Round:
    """Joins all members, lets them idle, and reads what the server spent on each."""
    members, pid = options.members, server.pid
    limit = 60 + members / options.rate * 3
    load = [program, *server.target, "--members", str(members), "--rate", str(options.rate)]
    load += ["--beat-ms", str(int(BEAT_SECONDS * 1000))]
    load += ["--channel-size", str(options.channel_size)]
    load += ["--limit", str(int(limit + options.settle + options.seconds + 60))]
    time.sleep(0.5)
    rss_empty, cpu_before, began = rss_kb(pid), cpu_ms(pid), time.monotonic()
    with running(
        load, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = Lines(process.stderr)
        lines = Lines(process.stdout)
        try:
            lines.wait_for(r"joined \d+", limit)
        except BenchError as error:
            raise BenchError(f"{error}; {' / '.join(complaints.lines[-3:])}") from None
        join_seconds, cpu_joined = time.monotonic() - began, cpu_ms(pid)
        time.sleep(options.settle)

        packets_before, began = packets(server), time.monotonic()
        ticks_before, wakeups_before = cpu_ticks(pid), wakeups(pid)
        spans: list[float] = []
        while time.monotonic() - began < options.seconds:
            cpu, start = cpu_ms(pid), time.monotonic()
            time.sleep(SPAN_SECONDS)
            spent, seconds = cpu_ms(pid) - cpu, time.monotonic() - start
            spans.append(spent * 60 / seconds / members)
        seconds, ticks, woken = time.monotonic() - began, cpu_ticks(pid), wakeups(pid)
        packets_after = packets(server)
        rss = rss_kb(pid)
        process.stdin.close()
        alive = int(lines.wait_for(r"alive (\d+)", 20).group(1))
        process.wait(20)
    in_user, in_kernel = ticks[0] - ticks_before[0], ticks[1] - ticks_before[1]
    beats = members * seconds / BEAT_SECONDS
    per_beat = (None, None)
    if packets_before and packets_after:
        per_beat = tuple((a - b) / beats for a, b in zip(packets_after, packets_before))
    return Round(
        join_seconds=join_seconds,
        cpu_ms_per_join=(cpu_joined - cpu_before) / members,
        cpu_ms_per_client_minute=spans,
        kernel_share=in_kernel / max(in_user + in_kernel, 1),
        wakeups_per_second=(woken - wakeups_before) / seconds,
        packets_in_per_beat=per_beat[0],
        packets_out_per_beat=per_beat[1],
        rss_kb_empty=rss_empty,
        rss_kb_per_client=(rss - rss_empty) / members,
        alive=alive,
    )


# ---- what came of it --------------------------------------------------------


def quiet(figures: list[float]) -> float:
    """The median of the cheaper half."""
    ordered = sorted(figures)
    return statistics.median(ordered[: (len(ordered) + 1) // 2])


@dataclass
class Result:
    """A server's figures over all rounds."""

    rounds: list[Round]

    @property
    def idle(self) -> list[float]:
        return [span for one in self.rounds for span in one.cpu_ms_per_client_minute]

    @property
    def joins(self) -> list[float]:
        return [one.cpu_ms_per_join for one in self.rounds]

    @property
    def rss(self) -> list[float]:
        return [one.rss_kb_per_client for one in self.rounds]

    def mean(self, field: str) -> float | None:
        figures = [getattr(one, field) for one in self.rounds]
        return None if None in figures else statistics.mean(figures)


def measures(edge: Result, broker: Result | None) -> list[dict[str, object]]:
    """What the targets are set for: of both servers the figure, of the edge's all the spread."""

    def row(name: str, unit: str, target: float, field: str, relative: bool) -> dict[str, object]:
        mine = getattr(edge, field)
        other = getattr(broker, field) if broker else []
        middle = quiet if relative else statistics.median
        figure = middle(mine)
        ratio = figure / middle(other) if other else None
        held = ratio if relative else figure
        return {
            "measure": name,
            "unit": unit,
            "rejoin-edge": {"figure": figure, "least": min(mine), "most": max(mine)},
            "mosquitto": (
                {"figure": middle(other), "least": min(other), "most": max(other)}
                if other
                else None
            ),
            "ratio": ratio,
            "target": target,
            "relative": relative,
            "reached": None if held is None else held <= target,
        }

    return [
        row("CPU per client-minute", "ms", TARGET_CPU_IDLE, "idle", True),
        row("CPU per join", "ms", TARGET_CPU_JOIN, "joins", True),
        row("RSS per client", "KB", TARGET_RSS_KB, "rss", False),
    ]


def table(rows: list[dict[str, object]]) -> str:
    def cell(figures: object) -> str:
        if not isinstance(figures, dict):
            return f"{'–':>24}"
        return f"{figures['figure']:>9.3f} ({figures['least']:.3f}–{figures['most']:.3f})".rjust(24)

    lines = [f"  {'':<26}{'rejoin-edge':>24}{'mosquitto':>24}{'ratio':>8}   target"]
    for row in rows:
        ratio, reached = row["ratio"], row["reached"]
        target = f"{row['target']:g}" if row["relative"] else f"{row['target']:g} {row['unit']}"
        lines.append(
            f"  {row['measure']!s:<22}{row['unit']!s:<4}{cell(row['rejoin-edge'])}{cell(row['mosquitto'])}"
            + (f"{ratio:>8.2f}" if isinstance(ratio, float) else f"{'–':>8}")
            + f"   <= {target:<7}"
            + ("" if reached is None else "reached" if reached else "MISSED")
        )
    return "\n".join(lines)


def remarks(name: str, result: Result) -> str:
    """What is no target and tells where the time goes; most of it hardly depends on what else runs."""
    kernel, woken = result.mean("kernel_share"), result.mean("wakeups_per_second")
    into, out = result.mean("packets_in_per_beat"), result.mean("packets_out_per_beat")
    assert kernel is not None
    assert woken is not None
    text = f"  {name}: {kernel:.0%} of its time in the kernel, {woken:.0f} wake-ups a second"
    if into is not None and out is not None:
        text += f", {into:.2f} packets in and {out:.2f} out for each beat"
    return text


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench idle", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--members", type=int, default=3000, help="idle members (3000)")
    parser.add_argument("--channel-size", type=int, default=10, help="members of a channel (10)")
    parser.add_argument("--rate", type=int, default=300, help="joins per second (300)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server (3)")
    parser.add_argument("--seconds", type=float, default=20, help="how long they idle, a turn (20)")
    parser.add_argument(
        "--settle", type=float, default=3, help="seconds between joins and idling (3)"
    )
    parser.add_argument("--only", choices=["edge"], help="without mosquitto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    for name in ("members", "channel_size", "rate", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} is at least 1")
    if options.seconds <= 0 or options.settle < 0:
        parser.error("--seconds is more than 0, and --settle not less")
    return options


def be_preferred() -> None:
    """Where that is allowed, other work on the machine disturbs less: servers and load alike."""
    try:
        os.nice(-10)
        print("    servers and load run at a raised priority", flush=True)
    except OSError:
        pass


def main() -> int:
    options = parse_arguments()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    need = options.members + 200
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(need, hard) if hard != -1 else hard))
    except (ValueError, OSError):
        raise BenchError(f"{options.members} members need {need} descriptors: ulimit -n") from None
    be_preferred()
    edge, broker = Result([]), Result([])

    def turn(server: Server, program: str, result: Result, number: int) -> None:
        one = measure(server, find_program(options.build, program), options)
        result.rounds.append(one)
        spans = one.cpu_ms_per_client_minute
        print(
            f"    round {number} of {options.rounds}, {server.name}: {options.members} joined in "
            f"{one.join_seconds:.1f} s at {one.cpu_ms_per_join:.3f} ms each; idle "
            f"{min(spans):.3f}–{max(spans):.3f} ms per client-minute",
            flush=True,
        )

    print(f"    {options.members} members, {options.rounds} rounds …", flush=True)
    with tempfile.TemporaryDirectory(prefix="rejoin-bench-") as folder:
        work = Path(folder)
        for number in range(1, options.rounds + 1):
            with rejoin_edge(options.build, work) as server:
                turn(server, "idle_members", edge, number)
            if options.only != "edge":
                with mosquitto(work) as server:
                    turn(server, "mqtt_idle", broker, number)
    results = {"rejoin-edge": edge, "mosquitto": broker}
    rows = measures(edge, broker if broker.rounds else None)
    print(f"\n{table(rows)}\n")
    for name, result in results.items():
        if result.rounds:
            print(remarks(name, result))
    if options.json:
        figures = {
            "members": options.members,
            "measures": rows,
            "rounds": {name: [asdict(one) for one in r.rounds] for name, r in results.items()},
        }
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    lost = {
        name: sum(options.members - one.alive for one in r.rounds) for name, r in results.items()
    }
    for name, count in lost.items():
        if count:
            print(f"\n{name}: {count} members did not stay", file=sys.stderr)
    return 1 if any(lost.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench idle: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench idle: stopped", file=sys.stderr)
        sys.exit(130)
