"""What an operator installs beside rejoin-edge: service, user, config, man pages, dashboard."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from edge_program import BUILD, LOOPBACK, PROGRAM, ROOT, require_program

PACKAGING = ROOT / "packaging"
MAN = PACKAGING / "man" / "rejoin-edge.8"
HTTP = ROOT / "core" / "edge" / "program" / "http"


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    require_program()


def needs(program: str) -> str:
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not here")
    return found


# ---- man pages -------------------------------------------------------------------------------------------------------


def roff(page: Path) -> str:
    """The page as text, without its formatting."""
    return re.sub(r"\\f.|\\(?=-)", "", page.read_text())


def test_the_man_page_has_the_options_of_help() -> None:
    told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout
    shown = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", told, re.MULTILINE))
    assert len(shown) >= 8
    told_of = set(
        re.findall(r"^\.B.*?(--[\w-]+)", roff(MAN).partition(".SH SIGNALS")[0], re.MULTILINE)
    )
    assert shown - told_of == set()
    assert told_of - shown == set()


def test_the_man_page_has_the_control_commands_of_help() -> None:
    told = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout
    commands = re.findall(
        r"^  (\w+)", told.partition("Commands:\n\n")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert "kick" in commands
    section = MAN.read_text().partition(".SH CONTROL COMMANDS")[2].partition(".SH")[0]
    assert re.findall(r"^\.TP\n\.[BIR]+ \"?(\w+)", section, re.MULTILINE) == commands


@pytest.mark.parametrize("page", ["rejoin-edge.8", "rejoin-edge.conf.5"])
def test_the_man_pages_are_well_formed(page: str) -> None:
    run = subprocess.run(
        [needs("groff"), "-man", "-Tutf8", "-ww", "-b", "-P-cbou", PACKAGING / "man" / page],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
    for heading in ("NAME", "DESCRIPTION", "SEE ALSO"):
        assert heading in run.stdout


# ---- what is installed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root directory with the component "edge" in it."""
    root = tmp_path_factory.mktemp("root")
    for _ in range(2):  # the second time nothing of an operator's is replaced
        subprocess.run(
            [needs("cmake"), "--install", BUILD, "--component", "edge"],
            check=True,
            capture_output=True,
            env={**os.environ, "DESTDIR": str(root)},
        )
        config = next(root.rglob("etc/rejoin-edge/rejoin-edge.conf"))
        assert stat.S_IMODE(config.stat().st_mode) == 0o640
        with config.open("a") as add:
            add.write("# mine\n")
    return root


def test_everything_is_installed_and_a_config_is_left_alone(installed: Path) -> None:
    names = {path.name for path in installed.rglob("*") if path.is_file()}
    assert {
        "rejoin-edge",
        "rejoin-edge.service",
        "rejoin-edge.8",
        "rejoin-edge.conf.5",
        "rejoin-edge.json",
    } <= names
    config = next(installed.rglob("etc/rejoin-edge/rejoin-edge.conf")).read_text()
    assert config == (PACKAGING / "rejoin-edge.conf").read_text() + "# mine\n# mine\n"
    for made in [*installed.rglob("*.service"), *installed.rglob("*.d/rejoin-edge.conf")]:
        assert not re.search(r"@RJ_|@\w+@", made.read_text())


def test_systemd_takes_the_service(installed: Path, tmp_path: Path) -> None:
    unit = next(installed.rglob("rejoin-edge.service"))
    program = re.search(r"^ExecStart=(\S+)", unit.read_text(), re.MULTILINE)
    assert program is not None
    here = tmp_path / unit.name  # where the program is, for whoever looks
    text = unit.read_text().replace(program[1], str(installed) + program[1])
    here.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
    analyze = needs("systemd-analyze")
    run = subprocess.run([analyze, "verify", here], capture_output=True, text=True)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")
    run = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=15", here],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


def test_it_runs_without_memory_that_is_written_and_executed(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute=: also where GLib would compile a regular expression."""
    PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
    libc = ctypes.CDLL(None)

    def deny() -> None:
        libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)

    config = tmp_path / "edge.conf"
    config.write_text("[edge]\nchannel_pattern=room-[0-9]+\n")
    process = subprocess.Popen(
        [PROGRAM, "--config", config, *LOOPBACK, "--data-dir", tmp_path / "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=deny,
    )
    assert process.stdout is not None
    assert [line.split()[0] for line in iter(process.stdout.readline, "ready\n")] == ["url", "fingerprint"]  # fmt: skip
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


# ---- the dashboard ---------------------------------------------------------------------------------------------------


def queries(dashboard: Any) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    dashboard = json.loads((PACKAGING / "grafana" / "rejoin-edge.json").read_text())
    asked = {
        re.sub(r"_bucket$", "", name)
        for query in queries(dashboard)
        for name in re.findall(r"\b((?:rejoin|process)_\w+)", query)
    }
    assert len(asked) > 15
    if not HTTP.is_dir():
        pytest.skip("there is no /metrics yet")
    source = "".join(path.read_text() for path in HTTP.glob("*.c"))
    there = set(re.findall(r'"((?:rejoin|process)_\w+)"', source))
    assert asked - there == set()
    variables = {one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"}
    assert variables == {
        "label_values(rejoin_up, job)",
        'label_values(rejoin_up{job="$job"}, instance)',
    }


def test_the_panels_lie_beside_each_other() -> None:
    dashboard = json.loads((PACKAGING / "grafana" / "rejoin-edge.json").read_text())
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
