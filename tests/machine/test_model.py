"""The library's machine and backoff against the model that was written from the contract, line by line."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
from model import (
    CONNECTED,
    CONNECTING,
    DISCONNECTED,
    FAILED,
    JOIN_REFUSALS,
    MS,
    RECONNECTING,
    REJOIN_REFUSALS,
    REMOVALS,
    Attempts,
    Member,
    Outcome,
    S,
)

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path("tests") / "machine" / "machine_walk"
STATES = (DISCONNECTED, CONNECTING, CONNECTED, RECONNECTING, FAILED)
INPUTS = (
    "join",
    "leave",
    "accepted",
    "proof",
    "refused",
    "refused with an older token",
    "removed",
    "unknown to the edge",
    "network changed",
    "silence",
    "silence on a new path",
    "lost",
    "peers lost",
    "give up",
    "renew token",
    "set role",
)
# The reasons with which a state can be the present one (section 1).
REASONS = {
    DISCONNECTED: (5,),
    CONNECTING: (0, 12),
    CONNECTED: (1, 15),
    RECONNECTING: (2, 13, 14, 16),
    FAILED: (*REJOIN_REFUSALS, 4),
}


@pytest.fixture(scope="module")
def program() -> Path:
    """REJOIN_BUILD_DIR names the build; else the newest one under build/."""
    folder = os.environ.get("REJOIN_BUILD_DIR")
    found = [Path(folder) / PROGRAM] if folder else list((ROOT / "build").glob(f"*/{PROGRAM}"))
    found = [path for path in found if path.is_file()]
    if not found:
        if folder or os.environ.get("CI") == "true":
            pytest.fail("machine_walk is not built")
        pytest.skip("machine_walk is not built; ./dev build makes it")
    return max(found, key=lambda path: path.stat().st_mtime)


def play(program: Path, lines: list[str]) -> list[str]:
    done = subprocess.run(
        [program], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()[1:]  # the first one is of its own beginning
    assert len(printed) == len(lines)
    return printed


def arguments(name: str, state: int) -> tuple[int, ...]:
    if name == "refused":
        return JOIN_REFUSALS if state == CONNECTING else REJOIN_REFUSALS
    return tuple(REMOVALS) if name == "removed" else (0,)


def time_text(name: str, time: int | None) -> str:
    return f"{name}={'never' if time is None else time}"


def expected(member: Member, outcome: Outcome | None) -> str:
    if outcome is None:
        return "nothing"
    sm = "-" if outcome.sm is None else "{},{}".format(*outcome.sm)
    return " ".join(
        [
            f"row={outcome.row or '-'}",
            f"sm={sm}",
            f"status={outcome.status}",
            f"do={','.join(sorted(outcome.do)) or '-'}",
            f"state={member.state}",
            time_text("o", member.outage_start),
            time_text("deadline", member.deadline()),
        ]
    )


def with_sorted_actions(line: str) -> str:
    words = line.split(" ")
    for i, word in enumerate(words):
        if word.startswith("do="):
            words[i] = "do=" + ",".join(sorted(word[3:].split(",")))
    return " ".join(words)


def compare(program: Path, script: list[tuple[str, str]]) -> None:
    """The script's lines with what is to be printed for each."""
    printed = play(program, [line for line, _ in script])
    for number, ((line, want), got) in enumerate(zip(script, printed), 1):
        if with_sorted_actions(got) != want:
            story = "\n".join(f"  {earlier}" for earlier, _ in script[max(0, number - 15) : number])
            pytest.fail(f"line {number}: {line}\n{story}\nmodel:   {want}\nlibrary: {got}")


def forced(dialect: int, state: int, reason: int) -> Member:
    """As walk.c puts it there: joined at 100 s, the last proof then."""
    member = Member(dialect)
    member.state, member.reason = state, reason
    if state != DISCONNECTED:
        member.joined_at = 100 * S
    if state not in (DISCONNECTED, CONNECTING):
        member.outage_start = 100 * S
    return member


def test_every_state_and_every_input(program: Path) -> None:  # S-1 to S-31, R-1, R-2, R-6, P-9
    script = []
    for dialect in (3, 4):
        script.append((f"begin {dialect}", "begin"))
        for state in STATES:
            for reason in REASONS[state]:
                for name in INPUTS:
                    for argument in arguments(name, state):
                        script.append((f"state {state} {reason}", "state"))
                        member = forced(dialect, state, reason)
                        now = 103 * S + 1
                        outcome = member.happen(name, argument, now)
                        script.append((f"input {now} {argument} {name}", expected(member, outcome)))
                        # and what may come next: the timers of the state that it led to
                        for later in (4 * S - 1, 4 * S, 10 * S, 20 * S, 1200 * S, 1300 * S):
                            woken = member.wake(100 * S + later)
                            line = f"wake {100 * S + later}"
                            script.append((line, expected(member, woken)))
    assert len(script) > 5000
    compare(program, script)


def random_story(seed: int) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    dialect = chance.choice((3, 4))
    member = Member(dialect)
    script = [(f"begin {dialect}", "begin")]
    now = chance.randrange(10**15)
    likely = {
        DISCONNECTED: ("join",),
        CONNECTING: ("accepted", "accepted", "refused"),
        CONNECTED: ("proof", "proof", "unknown to the edge", "network changed"),
        RECONNECTING: ("accepted", "proof", "refused"),
        FAILED: ("leave", "leave", "renew token"),
    }
    for _ in range(200):
        deadline = member.deadline()
        if deadline is not None and chance.random() < 0.4:
            now = max(now, deadline + chance.choice((-1, 0, 0, 1, 7 * S, 30 * 60 * S)))
        else:
            now += chance.choice((0, 1, 50 * MS, 1300 * MS, chance.randrange(6 * S)))
        kind = chance.random()
        if kind < 0.08:
            member.new_path = chance.random() < 0.5
            script.append((f"path {int(member.new_path)}", f"path {int(member.new_path)}"))
        elif kind < 0.45:
            while True:  # "each once, in due order"
                outcome = member.wake(now)
                script.append((f"wake {now}", expected(member, outcome)))
                if outcome is None:
                    break
        else:
            name = chance.choice(likely[member.state] if kind < 0.8 else INPUTS)
            argument = chance.choice(arguments(name, member.state))
            outcome = member.happen(name, argument, now)
            script.append((f"input {now} {argument} {name}", expected(member, outcome)))
    return script


def test_random_stories(program: Path) -> None:  # N-2, N-3, N-5 in any order
    script = [step for seed in range(500) for step in random_story(seed)]
    compare(program, script)


def test_asleep_for_half_an_hour(
    program: Path,
) -> None:  # S-8, S-11, P-9, S-12: section 2's own example
    for dialect, sms in ((3, ["4,2", "-", "-", "5,4"]), (4, ["4,2", "4,16", "-", "5,4"])):
        lines = [f"begin {dialect}", "input 0 0 join", f"input {S} 0 accepted"]
        lines += [f"wake {S + 1800 * S}"] * 5
        printed = play(program, lines)[3:]
        assert [line.split(" ")[1] for line in printed[:4]] == [f"sm={sm}" for sm in sms]
        assert "connection_lost" in printed[1]
        assert "drop-peers" in printed[2]
        assert printed[4] == "nothing"


def test_attempts(program: Path) -> None:  # S-10, section 5: each plan lies where it should
    lines: list[str] = []
    checks = []
    for seed in range(200):
        chance = random.Random(seed)
        model = Attempts()
        lines += ["begin 3", f"seed {seed}"]
        checks += [None, None]
        now = chance.randrange(10**15)
        for _ in range(80):
            now += chance.choice((0, 1, 300 * MS, S, chance.randrange(12 * S)))
            name = chance.choice(
                "stay now soon force started failed failed busy stop outage".split()
            )
            more, abandoned = 0, False
            if name == "stay" and chance.random() < 0.7:
                continue
            if name in ("failed", "busy") and model.running_until is None:
                name = "started"
            if name == "stay":
                model.stay()
            elif name == "now":
                model.plan_now(now)
            elif name == "soon":
                model.plan_soon(now)
            elif name == "force":
                abandoned = model.force(now)
            elif name == "started":
                model.started(now)
            elif name == "failed":
                model.failed(now)
            elif name == "busy":
                more = chance.randrange(20 * S)
                model.busy(now, more)
            elif name == "stop":
                model.stop()
            else:
                more = now - chance.choice((0, 10 * S - 1, 10 * S, 60 * S))
                model.outage(more, now)
            lines.append(f"attempts {name} {now} {more}")
            checks.append((model.number, model.n, model.running_until, abandoned, model.planned))
    for line, check, got in zip(lines, checks, play(program, lines)):
        if check is None:
            continue
        number, n, running_until, abandoned, planned = check
        fields = dict(word.split("=") for word in got.split(" "))
        assert int(fields["number"]) == number, line
        assert int(fields["n"]) == n, line
        assert fields["running"] == str(int(running_until is not None)), line
        assert fields["abandoned"] == str(int(abandoned)), line
        assert fields["give_up"] == ("never" if running_until is None else str(running_until)), line
        if planned is None:
            assert fields["start"] == "never", line
        else:
            assert planned[0] <= int(fields["start"]) <= planned[1], line
        due = [int(fields[name]) for name in ("start", "give_up") if fields[name] != "never"]
        assert fields["deadline"] == (str(min(due)) if due else "never"), line
