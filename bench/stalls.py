"""How long metrics scrapes, lists of members and reloads keep an edge's packet loop from answering, with 3,000 members.

A probe is a QUIC packet of a version that there is not: the loop answers it at once, so its round trip is how long the
loop lets a packet wait. (An edge with idle members gathers packets for up to 25 ms, unless somebody is joining. So some
are: clients whose answers are lost.) Probes go out each 2 ms; first nothing else happens, then the one thing, over and
over, and what it adds is told. What other work on the machine does is in all figures alike. Beside it, how long the
HTTP side held the loop by its own metrics. Everything started here is stopped here.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from idle import BenchError, Lines, be_preferred, find_program, running

TARGET_MS = 5.0
PROBE_EVERY = 0.002  # seconds
LOST_AFTER = 1.0
JOINERS = 40
QUANTILES = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))


def probe(number: int) -> bytes:
    """A long header of version 0x1a1a1a1a, which is reserved so that it is never one; its id is the number."""
    header = b"\xc0\x1a\x1a\x1a\x1a\x08" + number.to_bytes(8, "big") + b"\x08" + bytes(8)
    return header.ljust(1200, b"\0")


def round_trips(address: tuple[str, int], seconds: float) -> list[float]:
    """Of probes sent each after the other, in ms, for so long."""
    times = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(address)
        udp.settimeout(LOST_AFTER)
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end:
            number += 1
            began = time.perf_counter()
            udp.send(probe(number))
            try:
                udp.recv(2000)
            except TimeoutError:
                raise BenchError("a probe was not answered within 1 s") from None
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(PROBE_EVERY)
    return times


class Administered:
    """Asks the edge over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> str:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise BenchError(f"GET {path}: {answer.status} {text[:200]}")
        return text


def holds(metrics: str) -> dict[float, int]:
    """How often HTTP held the loop for at most so many seconds."""
    found = re.findall(r'^rejoin_http_hold_seconds_bucket\{le="([^"]+)"\} (\d+)', metrics, re.M)
    return {float(bound.replace("+Inf", "inf")): int(count) for bound, count in found}


class OneWay:
    """A way to the edge over which nothing comes back: whoever joins by it does so for ever."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.way_in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.way_in.bind(("127.0.0.1", 0))
        self.way_out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.way_out.connect(address)
        self.url = f"rejoin://127.0.0.1:{self.way_in.getsockname()[1]}"
        threading.Thread(target=self._carry, daemon=True).start()

    def _carry(self) -> None:
        while True:
            self.way_out.send(self.way_in.recv(2000))


def while_doing(
    address: tuple[str, int], seconds: float, every: float, what: Callable[[], object] | None
) -> tuple[list[float], int]:
    """Round trips while it is done again and again, and how often it was."""
    done = 0
    ended = threading.Event()
    problems: list[BaseException] = []

    def repeat() -> None:
        nonlocal done
        try:
            while what is not None and not ended.is_set():
                what()
                done += 1
                ended.wait(every)
        except (BenchError, OSError) as problem:
            problems.append(problem)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        times = round_trips(address, seconds)
    finally:
        ended.set()
        thread.join()
    if problems:
        raise BenchError(str(problems[0]))
    return times, done


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench stalls", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--members", type=int, default=3000, help="members (3000)")
    parser.add_argument("--rate", type=int, default=300, help="joins per second (300)")
    parser.add_argument("--seconds", type=float, default=10, help="of each part (10)")
    options = parser.parse_args()
    for name in ("members", "rate", "seconds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} is at least 1")
    return options


def measure(
    edge: int, address: tuple[str, int], http_side: Administered, options: argparse.Namespace
) -> None:
    reload = lambda: os.kill(edge, signal.SIGHUP)  # noqa: E731
    parts: dict[str, tuple[float, Callable[[], object] | None]] = {
        "nothing else": (0, None),
        "GET /metrics": (0.05, lambda: http_side.get("/metrics")),
        "GET /v1/members?limit=1000": (0.05, lambda: http_side.get("/v1/members?limit=1000")),
        "SIGHUP": (0.1, reload),
        "nothing else, again": (0, None),
    }
    print(f"\n  round trip of a probe, ms{'':<11}" + "".join(f"{n:>9}" for n, _ in QUANTILES))
    quiet: float | None = None
    for name, (every, what) in parts.items():
        times, done = while_doing(address, options.seconds, every, what)
        cells = [quantile(times, share) for _, share in QUANTILES]
        line = f"  {name:<36}" + "".join(f"{cell:>9.2f}" for cell in cells)
        if quiet is None:
            quiet = cells[1]
        if what is not None:
            added = cells[1] - quiet
            held = "reached" if added < TARGET_MS else "MISSED"
            line += f"   {done} times; p99 grows by {added:.2f}, target < {TARGET_MS:g}: {held}"
        print(line, flush=True)
    counts = holds(http_side.get("/metrics"))
    total = counts[float("inf")]
    told = ", ".join(
        f"{count} up to {bound * 1000:g}" for bound, count in counts.items() if bound < 0.02
    )
    print(f"  the HTTP side held the loop {total} times; so many ms at most: {told}")


def main() -> int:
    options = parse_arguments()
    be_preferred()
    with tempfile.TemporaryDirectory(prefix="rejoin-bench-") as folder:
        config = Path(folder) / "edge.conf"
        config.write_text(
            "[app shop]\ncertificate = 0123456789abcdef0123456789abcdef\n[app idle]\n"
        )
        command = [find_program(options.build, "rejoin-edge"), "--listen", "udp://127.0.0.1:0"]
        command += ["--data-dir", f"{folder}/edge", "--http", "127.0.0.1:0"]
        command += ["--config", str(config)]
        log = (Path(folder) / "log").open("w")
        with log, running(command, stdout=subprocess.PIPE, stderr=log) as edge:
            assert edge.stdout is not None
            lines = Lines(edge.stdout)
            said = {
                word: lines.wait_for(rf"(?m)^{word} (\S+)", 10).group(1)
                for word in ("url", "fingerprint", "http", "http_token")
            }
            load = [find_program(options.build, "idle_members"), "--url", said["url"]]
            load += ["--fingerprint", said["fingerprint"], "--app-id", "idle"]
            load += ["--members", str(options.members), "--rate", str(options.rate)]
            with running(
                load, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as members:
                assert members.stdin is not None
                assert members.stdout is not None
                crowd = Lines(members.stdout)
                crowd.wait_for(r"joined \d+", 60 + options.members / options.rate * 3)
                print(f"    {options.members} members are in", flush=True)
                time.sleep(3)
                token = Path(said["http_token"]).read_text().strip()
                port = int(said["url"].rpartition(":")[2])
                http_side = Administered(said["http"], token)
                address = ("127.0.0.1", port)
                joiner = [
                    load[0],
                    "--url",
                    OneWay(address).url,
                    *load[3:7],
                    "--members",
                    str(JOINERS),
                ]
                joiner += ["--rate", "4"]  # so that there is no moment without one
                with running(
                    joiner,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                ):
                    time.sleep(JOINERS / 4)
                    measure(edge.pid, address, http_side, options)
                members.stdin.close()
                alive = int(crowd.wait_for(r"alive (\d+)", 20).group(1))
        reloads = (Path(folder) / "log").read_text().count("reloaded;")
    print(f"  {reloads} reloads done; members in to the end: {alive} of {options.members}")
    return 0 if alive == options.members and reloads > 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench stalls: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench stalls: stopped", file=sys.stderr)
        sys.exit(130)
