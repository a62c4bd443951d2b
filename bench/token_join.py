"""What a token adds to a join: the edge's processor time per join with one, beside a join without, in the same run.

One edge with two apps, one of which has a certificate. Members of either join by turns, and the edge's processor time
is read from /proc in nanoseconds, so what the load itself costs does not count. Loopback only.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from idle import BenchError, Lines, find_program, running

TARGET_RATIO = 1.10
PLAIN, SIGNED = "plain-app", "0123456789abcdef0123456789abcdef"
CERTIFICATE = "fedcba9876543210fedcba9876543210"


def cpu_ns(pid: int) -> int:
    """Of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def us_per_join(pid: int, load: list[str], options: argparse.Namespace) -> float:
    """Joins them all, and says what the edge spent on each, in microseconds; then all leave."""
    before = cpu_ns(pid)
    with running(load, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = Lines(process.stdout)
        lines.wait_for(r"joined \d+", 60 + options.members / options.rate * 3)
        spent = cpu_ns(pid) - before
        process.stdin.close()
        lines.wait_for(r"alive \d+", 20)
        process.wait(20)
    time.sleep(options.settle)  # the goodbyes are the edge's to take, and not the next one's
    return spent / options.members / 1000


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench token_join", description=__doc__)
    parser.add_argument(
        "--build", type=Path, default=Path("build/release"), help="the build to measure"
    )
    parser.add_argument("--members", type=int, default=1000, help="joins of a turn (1000)")
    parser.add_argument("--turns", type=int, default=10, help="turns of either (10)")
    parser.add_argument("--rate", type=int, default=400, help="joins per second (400)")
    parser.add_argument("--settle", type=float, default=1.5, help="seconds between turns (1.5)")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="rejoin-bench-") as folder:
        work = Path(folder)
        config = work / "edge.conf"
        config.write_text(f"[app {PLAIN}]\n[app {SIGNED}]\ncertificate={CERTIFICATE}\n")
        command = [
            *(find_program(options.build, "rejoin-edge"), "--config", str(config)),
            *("--listen", "udp://127.0.0.1:0", "--data-dir", str(work / "edge")),
        ]
        with running(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            lines = Lines(process.stdout)
            url = lines.wait_for(r"rejoin://\S+", 10).group(0)
            fingerprint = lines.wait_for(r"\b[0-9a-f]{64}\b", 10).group(0)
            lines.wait_for(r"ready", 10)
            load = [
                *(find_program(options.build, "idle_members"), "--url", url),
                *("--fingerprint", fingerprint, "--members", str(options.members)),
                *("--rate", str(options.rate), "--channel-size", "10"),
            ]
            plain_load = [*load, "--app-id", PLAIN]
            signed_load = [*load, "--app-id", SIGNED, "--certificate", CERTIFICATE]
            us_per_join(process.pid, plain_load, options)  # warms up
            plain, signed = [], []
            for turn in range(options.turns):
                print(f"    turn {turn + 1} of {options.turns} …", flush=True)
                plain.append(us_per_join(process.pid, plain_load, options))
                signed.append(us_per_join(process.pid, signed_load, options))
    ratio = statistics.median(signed) / statistics.median(plain)
    print()
    for name, values in (("without a token", plain), ("with a token", signed)):
        print(
            f"  {name:<18}{statistics.median(values):>9.1f} us of the edge's time per join"
            f"   (best {min(values):.1f})"
        )
    print(
        f"  ratio {ratio:.3f} (of the best {min(signed) / min(plain):.3f}), target <= "
        f"{TARGET_RATIO:.2f}: {'reached' if ratio <= TARGET_RATIO else 'MISSED'}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"bench token_join: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nbench token_join: stopped", file=sys.stderr)
        sys.exit(130)
