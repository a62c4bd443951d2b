"""Many bots in one process, in virtual time and for real."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rejoin
from rejoin import Reason, RejoinError, Simulation, State
from rejoin.bots import Bot, ScriptError, run
from rejoin.bots.counts import SAMPLES_MAX, Distribution, Tally
from rejoin.bots.picture import round_counts, round_logarithmic, round_times, stretches
from rejoin.bots.script import load

ROOT = Path(__file__).parents[2]


def command(*arguments, timeout=120, **options):
    return subprocess.run(
        [sys.executable, "-m", "rejoin", "bots", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )


# ---- what a load does


def test_all_join_and_stay():
    report = run(count=45, channel_size=10, rate=100, duration=5, simulated=True)
    assert report.joined == report.joins.count == 45
    assert report.phases["connected"] == 45
    assert report.all_joined_after == pytest.approx(0.44 + 0.04, abs=0.002)
    assert report.seconds == pytest.approx(0.44 + 5, abs=0.01)
    assert report.joins.p50 == pytest.approx(0.04)  # two round trips of 20 ms
    assert (
        report.events["user_joined"] == 4 * 90 + 20
    )  # 10 × 9 in each of four channels, 5 × 4 in the last
    assert (report.ended, report.refused, report.raised) == (0, 0, 0)
    assert report.edge_counters["members"] == 45
    assert report.why_over == "its time is over"


def test_an_edge_of_its_own_lets_all_in_at_once():
    report = run(count=1200, channel_size=2, rate=1e6, duration=2, simulated=True)
    assert report.joined == 1200
    assert report.all_joined_after < 0.1  # nobody was told to come later
    assert report.edge_counters["busy"] == 0


class Commuter(Bot):
    """Leaves the network for a while, and some do more."""

    async def run(self):
        await self.join()
        await self.sleep(self.random.uniform(1, 5))
        self.client.link.cut()
        await self.sleep(12)
        self.client.link.heal()
        await self.wait_for("did_rejoin_channel", timeout=20)
        if self.number % 4 == 1:
            raise RuntimeError(f"no ticket for {self.uid}")
        if self.number % 4 == 2:
            return
        await self.leave()
        await self.sleep(100)


def test_outages_are_counted_and_scripts_that_raise_end_alone():
    report = run(Commuter, count=40, duration=60, simulated=True, seed=3)
    assert report.joined == 40
    assert report.interrupted == {"INTERRUPTED": 40}
    assert report.events["connection_lost"] == 40
    assert report.rejoins.count == 40
    assert 8 < report.rejoins.least < report.rejoins.p50 < report.rejoins.most < 22
    assert (report.ended, report.raised) == (10, 10)
    assert report.phases == {
        **dict.fromkeys(("connected", "connecting", "reconnecting", "failed"), 0),
        "disconnected": 20,
    }
    (failure,) = report.failures
    assert failure.bots == 10
    assert failure.bot % 4 == 1
    assert failure.what == f"RuntimeError: no ticket for {failure.bot + 1}"
    assert re.fullmatch(r".*test_bots\.py:\d+", failure.where)
    assert 'raise RuntimeError(f"no ticket for {self.uid}")' in failure.traceback
    assert "seat.py" not in failure.traceback
    text = report.text()
    assert "10 scripts raised:" in text
    assert "10 ended, 10 raised" in text


def test_one_seed_is_one_run():
    def told(seed):
        report = run(Commuter, count=20, duration=60, simulated=True, seed=seed).as_dict()
        for name in ("bots_process", "late"):
            del report[name]
        return json.dumps(report)

    assert told(5) == told(5)
    assert told(5) != told(6)


def test_a_bot_has_what_it_was_promised():
    seen = {}

    class Looks(Bot):
        async def run(self):
            began = self.now
            joined = await self.join()
            seen[self.number] = (self.uid, self.channel, joined.uid, joined.channel)
            assert self.client.state is State.CONNECTED
            assert self.random.random() == self._again()
            with pytest.raises(TimeoutError):
                await self.wait_for("stats", timeout=4)
            assert self.now - began == pytest.approx(2.04)  # the time scale is 0.5
            await self.sleep(6)
            assert self.now - began == pytest.approx(5.04)
            self.log.info("done")
            await self.leave()
            assert (await self.join("elsewhere")).channel == "elsewhere"

        def _again(self):
            import random

            return random.Random(f"9/{self.number}").random()

    report = run(
        Looks,
        count=7,
        channel_size=3,
        channel="room",
        first_uid=100,
        seed=9,
        time_scale=0.5,
        simulated=True,
    )
    assert not report.failures
    assert report.ended == 7
    assert report.why_over == "every bot has ended"
    assert seen == {n: (100 + n, f"room-{n // 3}", 100 + n, f"room-{n // 3}") for n in range(7)}


def test_functions_hear_events_in_order_plain_and_async():
    heard = {}

    class Plain(Bot):
        def on_event(self, event):
            heard.setdefault(self.number, []).append(event.sequence)

        def on_user_joined(self, event):
            heard[self.number].append(event.name)

    class Slow(Plain):
        async def on_user_joined(self, event):
            await self.sleep(0.1)
            heard[self.number].append(event.name)

    for kind in (Plain, Slow):
        heard.clear()
        report = run(kind, count=3, duration=2, simulated=True)
        assert not report.failures
        assert heard[0] == [1, 2, 3, 4, "user_joined", 5, "user_joined"]
        assert all(
            [entry for entry in entries if isinstance(entry, int)] == [1, 2, 3, 4, 5]
            for entries in heard.values()
        )


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_that_raises_ends_its_bot(is_async):
    class Picky(Bot):
        if is_async:

            async def on_user_joined(self, event):
                self._check(event)
        else:

            def on_user_joined(self, event):
                self._check(event)

        def _check(self, event):
            if self.number == 0 and event.uid == 3:
                raise KeyError("not you")

    report = run(Picky, count=5, duration=2, simulated=True)
    assert report.raised == 1
    assert report.phases["connected"] == 4
    assert report.failures[0].bot == 0
    assert report.failures[0].what == "KeyError: 'not you'"


def test_other_ways_to_end():
    class Ends(Bot):
        async def run(self):
            if self.number == 0:
                sys.exit("enough")
            if self.number == 1:
                raise asyncio.CancelledError
            if self.number == 2:
                await self.join("x" * 65)
            if self.number == 3:
                self.client.link.sett(up={})
            await super().run()

        def client_options(self):
            return {"colour": "red"} if self.number == 4 else {}

    report = run(Ends, count=6, duration=1, simulated=True)
    what = {failure.bot: failure.what for failure in report.failures}
    assert report.raised == 5
    assert report.phases["connected"] == 1
    assert what[0] == "SystemExit: enough"
    assert "CancelledError" in what[1]
    assert "channel name is 65 bytes long" in what[2]
    assert what[3].startswith("AttributeError: 'Link' object has no attribute 'sett'")
    assert "there is no option of a client 'colour'" in what[4]


def test_who_is_refused_is_no_script_that_raised():
    with Simulation(seed=1) as sim:
        edge = sim.edge(channel_pattern="bots-[0-2]")
        report = run(count=50, duration=2, simulation=sim, edge=edge)
        assert report.refused == 20
        assert report.refusals == report.failed == {Reason.INVALID_CHANNEL_NAME.name: 20}
        assert report.raised == 0
        assert not report.failures
        assert len(edge.members("bots-0")) == 10  # their goodbyes are on their way
        sim.run(1)
        assert edge.members("bots-0") == []


def test_the_edge_of_a_simulation_may_crash_meanwhile():
    with Simulation(seed=1) as sim:
        edge = sim.edge()

        class Last(Bot):
            async def run(self):
                await self.join()
                if self.number == 29:
                    await self.sleep(5)
                    edge.crash()
                    await self.sleep(8)
                    edge.restart()
                await self.stay()

        report = run(Last, count=30, duration=60, simulation=sim, edge=edge)
    assert report.rejoins.count == 30
    assert report.phases["connected"] == 30
    assert report.events.get("user_offline", 0) == 0  # all were back within 20 s


def test_tokens_are_made():
    made = {"app_id": "a" * 32, "certificate": "b" * 32}
    report = run(count=5, duration=1, simulated=True, **made)
    assert report.joined == 5
    assert "b" * 32 not in report.json()
    assert "b" * 32 not in report.text()


def test_wrong_options_are_refused_before_anything_starts():
    for wrong, text in [
        ({"count": 0}, "count is 0; it goes from 1"),
        ({"channel_size": 0}, "channel_size is 0"),
        ({"rate": 0.0}, "rate is 0; it is above 0"),
        ({"duration": -1.0}, "duration is -1 s"),
        ({"time_scale": 5000.0}, "time_scale is 5000"),
        ({"first_uid": 2**32 - 5}, "the last bot's uid at most 4294967295"),
        ({"certificate": "b" * 32}, "app_id is missing"),
    ]:
        with pytest.raises(RejoinError, match=re.escape(text)) as caught:
            run(simulated=True, **wrong)
        assert caught.value.argument is not None
    with pytest.raises(TypeError, match="counts"):
        run(simulated=True, counts=5)


def test_each_link_follows_the_named_network(monkeypatch):
    followed = []
    monkeypatch.setattr(rejoin.Link, "follow", lambda link, name: followed.append((link, name)))
    report = run(count=3, duration=1, simulated=True, network="3g")
    assert {name for _, name in followed} == {"3g"}
    assert (
        len({id(link) for link, _ in followed}) == 1 + 3
    )  # one to see whether it can be done at all
    assert report.title.startswith("3 bots in 1 channel on 3g")


def test_an_unknown_network_is_refused_at_once():
    with pytest.raises(RejoinError, match="no network profile '4gg'"):
        run(count=3, duration=1, simulated=True, network="4gg")


# ---- its numbers


def test_percentiles_are_right_to_two_percent():
    times = Distribution()
    assert times.percentile(0.5) is None
    assert times.buckets(20) == []
    for n in range(1, 10_001):
        times.add(n / 1000)
    assert (times.count, times.least, times.most) == (10_000, 0.001, 10.0)
    for share in (0.01, 0.5, 0.9, 0.99):
        assert times.percentile(share) == pytest.approx(10 * share, rel=0.012)
    assert times.percentile(1) == pytest.approx(10, rel=0.012)
    buckets = times.buckets(20)
    assert sum(count for _, _, count in buckets) == 10_000
    assert all(low < high for low, high, _ in buckets)
    assert [high for _, high, _ in buckets[:-1]] == [low for low, _, _ in buckets[1:]]


def test_samples_and_failures_are_bounded():
    tally = Tally()
    for n in range(10 * SAMPLES_MAX):
        tally.sample(n * 0.1)
    assert SAMPLES_MAX / 4 < len(tally.samples) <= SAMPLES_MAX
    assert tally.samples[0].time == 0
    for n in range(2 * Tally.PLACES):
        tally.failure("E: x", f"file:{n}", n, "trace")
    assert len(tally.failures) <= Tally.PLACES + 1
    assert sum(failure.bots for failure in tally.failures.values()) == 2 * Tally.PLACES
    assert sum(bool(failure.traceback) for failure in tally.failures.values()) == Tally.TRACEBACKS


# ---- the picture


def test_labels_of_the_time_do_not_touch():
    report = run(count=2, rate=1000, duration=110.1, simulated=True)
    picture = ElementTree.fromstring(report.svg())
    labels = ["".join(node.itertext()) for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 min 40 s" in labels
    assert (
        "1 min 50 s" not in labels
    )  # it ends where the picture does, and would be moved onto that


def test_the_picture_is_an_svg_that_says_what_happened():
    report = run(Commuter, count=40, duration=30, simulated=True)
    picture = ElementTree.fromstring(report.svg())
    texts = ["".join(node.itertext()) for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text.startswith("40 bots in 4 channels") for text in texts)
    assert {"CONNECTED", "RECONNECTING", "DISCONNECTED"} <= set(texts)
    assert "FAILED" not in texts  # nobody did
    assert any(text.startswith("40 times: p50") for text in texts)


def test_a_load_in_which_nothing_happened_has_a_picture():
    class Idle(Bot):
        async def run(self):
            pass

    report = run(Idle, count=1, simulated=True)
    assert report.joined == 0
    assert "0 of 1 joined" in report.svg()
    assert "joined" in report.text()


def test_round_numbers():
    assert round_counts(10_000) == [0, 2000, 4000, 6000, 8000, 10_000]
    assert round_counts(1) == [0, 1]
    assert round_times(70, 9) == [0, 10, 20, 30, 40, 50, 60, 70]
    assert round_logarithmic(0.015, 0.25)[:2] == [0.1, 0.05]
    points = [(0, 1, 1), (1, 1, 1), (2, 1, 3), (3, 1, 1), (4, 1, 1), (5, 2, 4)]
    assert stretches(points) == [[(1, 1, 1), (2, 1, 3), (3, 1, 1), (4, 1, 1), (5, 2, 4)]]
    assert stretches(points[:2]) == []


# ---- scripts that are wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "my_bot.py: there is no class derived from rejoin.bots.Bot"),
        (
            "class Mine:\n    async def run(self): ...\n",
            "my_bot.py: there is no class derived from rejoin.bots.Bot; derive Mine (…my_bot.py:1) from it",
        ),
        ("x = (\n", "my_bot.py:1: '(' was never closed|my_bot.py:1: unexpected EOF"),
        ("import rejoin\n\nrejoin.Bott\n", "my_bot.py:3: AttributeError: module 'rejoin' has no"),
        (
            "from rejoin.bots import Bot\nclass A(Bot): ...\nclass B(Bot): ...\n",
            "my_bot.py has several bots: A, B; name one, as …my_bot.py:A",
        ),
        (
            "from rejoin.bots import Bot\nclass A(Bot):\n    x = 1\n    def run(self): ...\n",
            "my_bot.py:4: A.run is not an 'async def'",
        ),
        (
            "from rejoin.bots import Bot\nclass A(Bot):\n    def on_user_join(self, event): ...\n",
            "my_bot.py:3: A: there is no event function 'on_user_join'; did you mean 'on_user_joined'?",
        ),
    ],
)
def test_a_wrong_script_is_refused_with_file_and_line(tmp_path, text, said):
    path = tmp_path / "my_bot.py"
    path.write_text(text)
    pattern = "|".join(re.escape(part).replace("…", ".*") for part in said.split("|"))
    with pytest.raises(ScriptError, match=pattern):
        run(load(str(path)), simulated=True)


def test_names_that_are_nearly_right(tmp_path):
    (tmp_path / "my_bot.py").write_text(
        "from rejoin.bots import Bot\nclass Base(Bot): ...\nclass Commuter(Base): ...\nother = 5\n"
    )
    assert (
        load(f"{tmp_path}/my_bot.py").__name__ == "Commuter"
    )  # what others are derived from is a base
    assert load(f"{tmp_path}/my_bot.py:Base").__name__ == "Base"
    for given, said in {
        "my_bto.py": "did you mean '.*my_bot.py'?",
        "my_bot.py:Comuter": "there is no class 'Comuter'; did you mean 'Commuter'?",
        "my_bot.py:other": "other is not derived from rejoin.bots.Bot",
        "nowhere/my_bot.py": "nor a folder",
    }.items():
        with pytest.raises(ScriptError, match=said):
            load(f"{tmp_path}/{given}")


# ---- for real, and on the command line


def test_the_example_of_the_docs(tmp_path):
    """docs/bots.md: its script, with its command."""
    page = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")
    (script,) = re.findall(
        r"^```python\n(# commuters\.py\n.*?)^```", page, re.MULTILINE | re.DOTALL
    )
    (line,) = re.findall(r"rejoin bots (--simulated .*--script commuters\.py .*)", page)
    (tmp_path / "commuters.py").write_text(script)
    done = command(*line.split(), "--log", "commuters.log", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"bots +200 ended", done.stdout)
    assert (tmp_path / "commuters.svg").is_file()
    assert (tmp_path / "commuters.json").is_file()
    assert "in a tunnel at" in (tmp_path / "commuters.log").read_text()


class Cut(Bot):
    """All are cut off at one moment, and come back at one."""

    async def run(self):
        await self.join()
        while self._seat._load.tally.joined_once < 200:
            await asyncio.sleep(0.05)
        self.client.link.cut()
        await self.wait_for("connection_lost")
        self.client.link.heal()
        await self.wait_for("did_rejoin_channel")


def test_two_hundred_for_real():
    report = run(Cut, count=200, rate=400, duration=60, time_scale=0.25)
    assert report.joined == 200
    assert not report.failures
    assert (report.ended, report.why_over) == (200, "every bot has ended")
    assert report.rejoins.count >= 200
    assert report.edge_process is not None
    assert report.edge_process.cpu > 0
    assert report.edge_counters["joins"] >= 200


def test_an_edge_that_dies_ends_the_load_with_a_report():
    class Kills(Bot):
        async def run(self):
            await self.join()
            self._seat._load._world._process._process.kill()
            await self.stay()

    report = run(Kills, count=1, duration=60)
    assert report.why_over == "the edge's process has ended by itself"
    assert report.joined == 1


def test_the_command_reports_in_every_form(tmp_path):
    script = tmp_path / "my_bot.py"
    script.write_text(
        "from rejoin.bots import Bot\n"
        "class Mine(Bot):\n"
        "    async def run(self):\n"
        "        await self.join()\n"
        "        self.log.info('here')\n"
        "        if self.number == 3:\n"
        "            1 / 0\n"
        "        await self.stay()\n"
    )
    done = command(
        *("--script", script, "--count", "12", "--duration", "1", "--simulated"),
        *("--json", tmp_path / "r.json", "--svg", tmp_path / "r.svg", "--log", tmp_path / "r.log"),
    )
    assert done.returncode == 1, done.stderr  # a script raised
    assert done.stderr == ""
    assert "12 bots in 2 channels, a simulation" in done.stdout
    assert f"bot 3: ZeroDivisionError: division by zero  ({script}:7)" in done.stdout
    told = json.loads((tmp_path / "r.json").read_text())
    assert (told["joined"], told["raised"], told["phases"]["connected"]) == (12, 1, 11)
    assert told["samples"][-1]["phases"]["connected"] == 11
    ElementTree.parse(tmp_path / "r.svg")
    assert len((tmp_path / "r.log").read_text().splitlines()) == 12
    assert "INFO bot 11: here" in (tmp_path / "r.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--count", "0"], "count is 0"),
        (["--count", "many"], "invalid int value: 'many'"),
        (["--cuont", "5"], "--cuont"),
        (["--script", "nowhere.py"], "there is no file 'nowhere.py'"),
        (["--svg", "picture.png"], "its name ends in .svg"),
        (["--json", "/nowhere/r.json"], "/nowhere/r.json"),
        (["--simulated", "--url", "rejoin://127.0.0.1:1"], "leave out --url or --simulated"),
        (["--url", "http://127.0.0.1"], "url"),
        (["--url", "rejoin://127.0.0.1:1", "--fingerprint", "ab"], "fingerprint"),
    ],
)
def test_the_command_refuses_what_is_wrong(arguments, said):
    done = command(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_edge_somewhere_else():
    with rejoin.Edge() as edge:
        done = command(
            *("--url", edge.url, "--fingerprint", edge.fingerprint),
            *("--count", "20", "--duration", "0.5"),
        )
        assert done.returncode == 0, done.stderr
        assert f"20 bots in 2 channels, {edge.url}" in done.stdout
        assert re.search(r"joined +all after", done.stdout)
        assert edge.counters["joins"] == 20


@pytest.mark.parametrize("where", [(), ("--simulated",)])
def test_ctrl_c_ends_it_with_the_report(where):
    process = subprocess.Popen(
        [sys.executable, "-m", "rejoin", "bots", "--count", "20", "--duration", "1e6", *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "started" in process.stdout.readline()  # it runs
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert err == ""
    assert "it was stopped" in out
