"""rejoin-edge while it runs: reload, signals, its log, and what a service manager hears of it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from edge_program import LOOPBACK, PROGRAM, Running, control, require_program


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    require_program()


@pytest.fixture
def rejoin() -> Any:
    return pytest.importorskip("rejoin")


class Operated:
    """An edge with a config file that can be rewritten, and its log."""

    def __init__(self, tmp_path: Path) -> None:
        self.config = tmp_path / "edge.conf"
        self.data = tmp_path / "data"
        self.log = tmp_path / "log"
        self.started: list[Running] = []

    def start(self, config: str = "", environment: dict[str, str] | None = None) -> Running:
        self.config.write_text(config)
        arguments = ["--config", str(self.config), "--data-dir", str(self.data), *LOOPBACK]
        edge = Running(*arguments, environment=environment, log=self.log)
        self.started.append(edge)
        return edge

    def reload(self, config: str) -> str:
        self.config.write_text(config)
        return self.started[-1].reload()


@pytest.fixture
def operated(tmp_path: Path) -> Iterator[Operated]:
    one = Operated(tmp_path)
    yield one
    for edge in one.started:
        edge.process.kill()
        edge.process.communicate()


def client(rejoin: Any, edge: Running, **options: Any) -> Any:
    return rejoin.Client(edge.said["url"], fingerprint=edge.said["fingerprint"], **options)


def refused(rejoin: Any, edge: Running, **options: Any) -> Any:
    """The reason that a new member is refused with."""
    with client(rejoin, edge, **options) as one:
        one.join("demo")
        return one.wait_for("connection_changed", timeout=5, state=rejoin.State.FAILED).reason


# ---- reload ----------------------------------------------------------------------------------------------------------


def test_apps_change_under_their_members(operated: Operated, rejoin: Any) -> None:  # S-6
    edge = operated.start("[app shop]\n")
    with client(rejoin, edge, uid=1, app_id="shop") as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        before = len(one.events)
        assert "reloaded" in operated.reload("[app club]\n")
        assert refused(rejoin, edge, uid=2, app_id="shop") is rejoin.Reason.INVALID_APP_ID
        with client(rejoin, edge, uid=3, app_id="club") as three:
            three.join("demo")
            three.wait_for("did_join_channel", timeout=5)
        assert one.state is rejoin.State.CONNECTED
        assert len(one.events) == before
        assert control(operated.data, "members", "demo", "app=shop") == ["1"]


def test_limits_change(operated: Operated, rejoin: Any) -> None:
    edge = operated.start()
    with (
        client(rejoin, edge, uid=1) as one,
        client(rejoin, edge, uid=2, attempts=True) as two,
    ):
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        operated.reload("[limits]\nsessions=1\n")
        two.join("demo")
        two.wait_for("attempt", timeout=5, outcome=rejoin.AttemptOutcome.BUSY)
        assert one.state is rejoin.State.CONNECTED
        operated.reload("")
        two.wait_for("did_join_channel", timeout=10)


@pytest.fixture(params=["files of their own", "data directory"])
def certificate(request: pytest.FixtureRequest, operated: Operated, tmp_path: Path) -> Any:
    """A config, and a function that puts a certificate where it says."""
    made = tmp_path / "made"
    Running(*LOOPBACK, "--data-dir", str(made)).end()

    def put(where: Path) -> Callable[[], None]:
        def copy() -> None:
            for name in ("certificate.pem", "key.pem"):
                shutil.copy(made / name, where / name)

        return copy

    if request.param == "data directory":
        return "", put(operated.data)
    where = tmp_path / "certificates"
    Running(*LOOPBACK, "--data-dir", str(where)).end()
    return (
        f"[edge]\ncertificate={where / 'certificate.pem'}\nkey={where / 'key.pem'}\n",
        put(where),
    )


def test_a_new_certificate_under_members(
    operated: Operated, certificate: Any, rejoin: Any
) -> None:  # S-9
    config, renew = certificate
    edge = operated.start(config)
    with client(rejoin, edge, uid=1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        before = len(one.events)
        renew()
        fingerprint = re.search(r"certificate ([0-9a-f]{64})", operated.reload(config))
        assert fingerprint is not None
        assert fingerprint[1] != edge.said["fingerprint"]
        assert refused(rejoin, edge, uid=2) is rejoin.Reason.CERTIFICATION_VERIFY_FAILURE
        with rejoin.Client(edge.said["url"], uid=3, fingerprint=fingerprint[1]) as three:
            three.join("demo")
            three.wait_for("did_join_channel", timeout=5)
            one.wait_for("user_joined", timeout=5)
        assert one.state is rejoin.State.CONNECTED
        assert {event.name for event in one.events[before:]} <= {"user_joined", "user_offline"}


def test_a_wrong_file_changes_nothing(operated: Operated, rejoin: Any) -> None:
    edge = operated.start("[app shop]\n[limits]\nsessions=5\n")
    said = operated.reload("[app club]\n[limits]\nsessions=0\njoins=1\n")
    said = edge.wait_for_log("not reloaded: ", times=2)
    assert f'{operated.config}:3: sessions is "0"' in said
    assert f'{operated.config}:4: unknown key "joins"' in said
    assert refused(rejoin, edge, uid=1, app_id="club") is rejoin.Reason.INVALID_APP_ID
    with client(rejoin, edge, uid=2, app_id="shop") as two:
        two.join("demo")
        two.wait_for("did_join_channel", timeout=5)


def test_a_wrong_certificate_changes_nothing(operated: Operated, rejoin: Any) -> None:
    edge = operated.start("[app shop]\n")
    (operated.data / "key.pem").write_text("nothing")
    said = operated.reload("[app club]\n")
    assert "not reloaded: " in said
    assert "key.pem" in said
    operated.config.unlink()
    edge.process.send_signal(signal.SIGHUP)
    edge.wait_for_log("not reloaded: config file: ")
    with client(rejoin, edge, uid=2, app_id="shop") as two:
        two.join("demo")
        two.wait_for("did_join_channel", timeout=5)


def test_what_takes_a_restart_is_told(operated: Operated) -> None:
    edge = operated.start("[edge]\nchannel_pattern=a+\n[timers]\noffline=30\n")
    config = "[edge]\nchannel_pattern=b+\n\n[timers]\noffline=31\n[limits]\nsessions=7\n"
    operated.reload(config)
    edge.wait_for_log(f"{operated.config}:2: [edge] channel_pattern changed; it takes a restart")
    said = edge.wait_for_log(f"{operated.config}:5: [timers] offline changed; it takes a restart")
    assert said.count("takes a restart") == 2  # the command line says listen and data_dir
    operated.reload(config)
    edge.wait_for_log("takes a restart", times=4)  # it still does


def test_the_log_changes_with_a_reload(operated: Operated) -> None:
    edge = operated.start("[log]\nlevel=error\n")
    edge.process.send_signal(signal.SIGHUP)  # nobody says so
    time.sleep(0.2)
    assert operated.log.read_text() == ""
    operated.reload("[log]\nformat=json\n")
    assert json.loads(operated.log.read_text())["message"].startswith("reloaded")


# ---- signals ---------------------------------------------------------------------------------------------------------


def test_a_lone_edge_stops_at_once(operated: Operated, rejoin: Any) -> None:  # S-9
    edge = operated.start("[edge]\ndrain=60\n")
    with client(rejoin, edge, uid=1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        edge.process.send_signal(signal.SIGTERM)
        changed = one.wait_for("connection_changed", timeout=5, state=rejoin.State.RECONNECTING)
        assert changed.reason is rejoin.Reason.KEEP_ALIVE_TIMEOUT
        assert edge.process.wait(timeout=10) == 0


@pytest.fixture
def clustered(operated: Operated) -> Callable[[str], Running]:
    """Starts an edge of a cluster whose bus is not there, with these lines in [edge]."""
    told = subprocess.run([PROGRAM, "--example-config"], capture_output=True, text=True).stdout
    if "[cluster]" not in told:
        pytest.skip("this edge knows no clusters")
    return lambda edge: operated.start(f"[cluster]\nservers = nats://127.0.0.1:1\n[edge]\n{edge}\n")


def test_an_edge_of_a_cluster_drains_first(
    clustered: Callable[[str], Running], rejoin: Any
) -> None:
    edge = clustered("drain = 1")
    with (
        rejoin.Edge() as other,
        rejoin.Client(
            urls=[edge.said["url"], other.url],
            uid=1,
            fingerprint=[edge.said["fingerprint"], other.fingerprint],
        ) as one,
    ):
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        edge.process.send_signal(signal.SIGTERM)
        assert edge.process.wait(timeout=30) == 0
        assert other.members("demo") == [1]
        assert one.state is rejoin.State.CONNECTED
        assert [event.state for event in one.events if event.name == "connection_changed"] == [
            rejoin.State.CONNECTING,
            rejoin.State.CONNECTED,
        ]
    assert "this edge drains" in edge.wait_for_log("stops; ")


def test_a_drain_ends_when_its_time_is_over_or_is_told_twice(
    clustered: Callable[[str], Running], rejoin: Any
) -> None:
    edge = clustered("drain = 3600")
    with client(rejoin, edge, uid=1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        edge.process.send_signal(signal.SIGTERM)
        edge.wait_for_log("this edge drains")
        with pytest.raises(subprocess.TimeoutExpired):
            edge.process.wait(timeout=0.5)
        edge.process.send_signal(signal.SIGTERM)
        assert edge.process.wait(timeout=10) == 0
    edge = clustered("drain = 0")
    with client(rejoin, edge, uid=1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        edge.process.send_signal(signal.SIGTERM)
        assert edge.process.wait(timeout=30) == 0  # nowhere to go: 5 s


# ---- the log ---------------------------------------------------------------------------------------------------------


def entries(operated: Operated) -> list[dict[str, Any]]:
    return [json.loads(line) for line in operated.log.read_text().splitlines()]


def test_a_line_for_each_thing_that_happens(operated: Operated, rejoin: Any) -> None:
    edge = operated.start("[log]\nformat=json\n[app shop]\n")
    with client(rejoin, edge, uid=7, app_id="shop") as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        assert refused(rejoin, edge, uid=8, app_id="else") is rejoin.Reason.INVALID_APP_ID
        control(operated.data, "kick", "uid=7", "app=shop")
        one.wait_for("connection_changed", timeout=5, state=rejoin.State.FAILED)
    edge.wait_for_log('"event":"removed"')
    joined, turned_away, removed = entries(operated)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", joined["time"])
    assert list(joined) == [
        "time",
        "level",
        "event",
        "app",
        "channel",
        "uid",
        "peer",
        "span_ms",
        "message",
    ]
    assert (joined["level"], joined["event"], joined["app"]) == ("info", "joined", "shop")
    assert (joined["channel"], joined["uid"]) == ("demo", 7)
    assert joined["peer"].startswith("127.0.0.1:")
    assert 0 <= joined["span_ms"] < 5000
    assert (turned_away["event"], turned_away["reason"]) == ("refused", "invalid app id")
    assert (removed["event"], removed["reason"]) == ("removed", "banned by server")
    assert removed["uid"] == 7


def test_an_outage_is_one_line(operated: Operated, rejoin: Any) -> None:
    edge = operated.start("[log]\nformat=json\n[edge]\ntime_scale=0.1\n")
    with client(rejoin, edge, uid=1, time_scale=0.1) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        one.link.cut()
        time.sleep(1)  # more than 0.4 s, less than 2 s
        one.link.heal()
        one.wait_for("did_rejoin_channel", timeout=5)
        edge.wait_for_log('"span_ms"', times=2)
    outage = next(entry for entry in entries(operated) if entry["event"] in ("heard", "rejoined"))
    assert outage["span_ms"] >= 400


def test_no_secret_is_logged(operated: Operated, rejoin: Any) -> None:
    certificate, token = "c0ffee" * 5, "007" + "bad70ken" * 8
    config = f"[log]\nlevel=debug\n[app shop]\ncertificate={certificate}\n"
    edge = operated.start(config)
    good = rejoin.token.build("shop", certificate, "demo", 1)
    with client(rejoin, edge, uid=1, app_id="shop") as one:
        one.join("demo", token=token)
        one.wait_for("connection_changed", timeout=5, state=rejoin.State.FAILED)
    with client(rejoin, edge, uid=1, app_id="shop") as one:
        one.join("demo", token=good)
        one.wait_for("did_join_channel", timeout=5)
    operated.reload(config + "certificate2=" + certificate + "ä\n")
    edge.process.terminate()
    edge.process.wait(timeout=10)
    said = operated.log.read_text()
    assert "joined" in said
    assert "not let in" in said
    for secret in (certificate, token, good):
        assert secret not in said


def test_a_storm_of_joins_is_not_one_of_lines(operated: Operated, rejoin: Any) -> None:
    edge = operated.start("[log]\nlines_per_second=5\nformat=json\n")
    with rejoin.Client(edge.said["url"], uid=1, fingerprint=edge.said["fingerprint"]) as one:
        for _ in range(40):
            one.join("demo")
            one.wait_for("did_join_channel", timeout=5)
            one.leave()
            one.wait_for("did_leave_channel", timeout=5)
        edge.wait_for_log('"event":"not logged"')
    said = entries(operated)
    counted = [entry for entry in said if entry["event"] == "not logged"]
    assert counted[0]["message"] == f"{counted[0]['count']} more lines were not logged"
    assert len(said) < 40


def test_who_does_not_read_the_log_stops_nobody(tmp_path: Path, rejoin: Any) -> None:
    config = tmp_path / "edge.conf"
    config.write_text("[log]\nlevel=debug\nlines_per_second=1000000\n")
    edge = Running("--config", str(config), *LOOPBACK, "--data-dir", str(tmp_path / "data"))
    try:
        assert edge.process.stderr is not None
        fcntl.fcntl(edge.process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        with rejoin.Client(edge.said["url"], uid=1, fingerprint=edge.said["fingerprint"]) as one:
            for _ in range(50):  # far more lines than the pipe takes
                one.join("demo")
                one.wait_for("did_join_channel", timeout=5)
                one.leave()
                one.wait_for("did_leave_channel", timeout=5)
        edge.process.terminate()
        assert edge.process.wait(timeout=10) == 0
    finally:
        edge.process.kill()
        edge.process.communicate()


# ---- what a service manager hears ------------------------------------------------------------------------------------


class Manager:
    """The socket that systemd would listen on."""

    def __init__(self, name: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(10)
        self.environment = {**os.environ, "NOTIFY_SOCKET": name}

    def hears(self) -> str:
        return self.socket.recv(4096).decode()

    def hears_until(self, wanted: str) -> list[str]:
        heard = [self.hears()]
        while not heard[-1].startswith(wanted):
            heard.append(self.hears())
        return heard


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    abstract = request.param == "abstract"
    one = Manager(f"@rejoin-{os.getpid()}" if abstract else str(tmp_path / "notify"))
    yield one
    one.socket.close()


def test_it_says_when_it_is_ready_reloads_and_stops(operated: Operated, manager: Manager) -> None:
    edge = operated.start(environment=manager.environment)
    assert manager.hears() == "READY=1"
    assert manager.hears() == "STATUS=serving: 0 members in 0 channels"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    operated.reload("[limits]\nsessions=0\n")
    reloading = re.fullmatch(
        r"RELOADING=1\nMONOTONIC_USEC=(\d+)", manager.hears_until("RELOADING")[-1]
    )
    assert reloading is not None
    assert before <= int(reloading[1]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.hears_until("READY=1")
    manager.hears_until("STATUS=serving; the last reload changed nothing, the log says why")
    operated.reload("[limits]\nsessions=1\n")
    manager.hears_until("READY=1")
    edge.process.terminate()
    manager.hears_until("STOPPING=1")
    assert edge.process.wait(timeout=10) == 0


def test_the_watchdog_is_fed(operated: Operated, tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    manager.environment["WATCHDOG_USEC"] = "300000"
    operated.start(environment=manager.environment)
    for _ in range(3):
        manager.hears_until("WATCHDOG=1")
    manager.socket.close()


def test_another_process_s_watchdog_is_not(operated: Operated, tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    manager.environment |= {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}
    edge = operated.start(environment=manager.environment)
    manager.hears_until("READY=1")
    edge.process.terminate()
    assert "WATCHDOG=1" not in manager.hears_until("STOPPING=1")
    manager.socket.close()


@pytest.mark.parametrize("name", ["", "@", "nowhere", "/nowhere/at/all", "/" + "x" * 200])
def test_a_socket_that_is_none_stops_nothing(operated: Operated, name: str) -> None:
    edge = operated.start(environment={**os.environ, "NOTIFY_SOCKET": name})
    assert edge.end() == (0, "")


def test_the_state_directory_of_the_service(tmp_path: Path) -> None:
    state = tmp_path / "state"
    Running(*LOOPBACK, environment={**os.environ, "STATE_DIRECTORY": str(state)}).end()
    assert (state / "certificate.pem").is_file()
