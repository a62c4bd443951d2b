"""The pytest plugin: fixtures, marker, what a failing test says; and the examples of docs/testing-your-app.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCS = Path(__file__).resolve().parents[2] / "docs"

FAILS = """
    import rejoin
    from rejoin.testing import at, sequence

    def test_fails(rejoin_sim, rejoin_client):
        one, two = rejoin_client(), rejoin_client()
        one.join("demo"), two.join("demo")
        rejoin_sim.run(5)
        one.link.cut(up=True)
        heard = one.last_heard
        rejoin_sim.run(15)
        assert one.events == sequence(at(4.0, "connection_changed"), at(9.0, "connection_lost"), since=heard)
"""


@pytest.fixture
def run(pytester):
    """Run tests in a process of their own, as a user does."""

    def run(source, *arguments):
        pytester.makepyfile(source)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run


# ---- fixtures


def test_the_fixtures_make_a_simulation_an_edge_and_clients(run):
    done = run(
        """
        import rejoin

        def test_it(rejoin_sim, rejoin_edge, rejoin_client, rejoin_seed):
            assert rejoin_seed == rejoin_sim.seed == 1
            assert isinstance(rejoin_edge, rejoin.SimulatedEdge)
            one, two, seven = rejoin_client(), rejoin_client(), rejoin_client(7, dialect="4x")
            for client in (one, two, seven):
                client.join("demo")
            rejoin_sim.run(1)
            assert rejoin_edge.members("demo") == [1, 2, 7]

        def test_each_test_has_its_own(rejoin_sim, rejoin_edge):
            assert rejoin_sim.now == 0
            assert rejoin_edge.channels() == []

        def test_clients_of_another_edge(rejoin_sim, rejoin_client):
            edge = rejoin_sim.edge()
            client = rejoin_client(edge=edge)
            client.join("demo")
            rejoin_sim.run(1)
            assert edge.members("demo") == [1]
        """,
        "-W",
        "error",
    )
    done.assert_outcomes(passed=3)


def test_real_ones_are_made_where_the_marker_says_so(run):
    source = """
        import pytest, rejoin

        {mark}
        def test_it(rejoin_edge, rejoin_client):
            assert isinstance(rejoin_edge, rejoin.Edge)
            client = rejoin_client()
            client.join("demo")
            client.wait_for("did_join_channel", timeout=5)
    """
    done = run(
        source.format(mark="@pytest.mark.rejoin(real=True)"), "-W", "error", "--strict-markers"
    )
    done.assert_outcomes(passed=1)
    done = run(source.format(mark=""), "-W", "error", "--rejoin-real")
    done.assert_outcomes(passed=1)


def test_where_all_are_real_a_test_in_virtual_time_is_skipped(run):
    done = run("def test_it(rejoin_sim): pass", "--rejoin-real", "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*virtual time*"])


def test_what_a_test_closed_itself_is_no_error(run):
    done = run(
        """
        import pytest

        @pytest.mark.rejoin(real=True)
        def test_real(rejoin_edge, rejoin_client):
            rejoin_client().close()
            rejoin_edge.close()

        def test_simulated(rejoin_sim, rejoin_client):
            rejoin_client().close()
            rejoin_sim.close()
        """,
        "-W",
        "error",
    )
    done.assert_outcomes(passed=2)


def test_options_of_the_edge_come_with_the_marker(run):
    done = run(
        """
        import pytest, rejoin
        from rejoin import Reason

        @pytest.mark.rejoin(edge=dict(apps=["mine"]))
        def test_it(rejoin_sim, rejoin_client):
            client = rejoin_client()
            client.join("demo")
            rejoin_sim.run(1)
            assert client.events[-1].reason is Reason.INVALID_APP_ID
        """
    )
    done.assert_outcomes(passed=1)


def test_clients_of_an_event_loop(run):
    done = run(
        """
        import asyncio, pytest, rejoin

        @pytest.mark.rejoin(real=True)
        def test_it(rejoin_client):
            async def main():
                client = rejoin_client(aio=True)
                assert isinstance(client, rejoin.aio.Client)
                assert (await asyncio.wait_for(client.join("demo"), 5)).uid == 1
            asyncio.run(main())

        def test_not_in_a_simulation(rejoin_client):
            with pytest.raises(ValueError, match="real=True"):
                rejoin_client(aio=True)
        """,
        "-W",
        "error",
    )
    done.assert_outcomes(passed=2)


def test_what_functions_raise_is_reported(run):
    done = run(
        """
        import asyncio, pytest, rejoin

        def wrong(event):
            raise LookupError("in a function of the app")

        def test_simulated(rejoin_sim, rejoin_client):
            client = rejoin_client()
            client.on(None, wrong)
            client.join("demo")
            rejoin_sim.run(1)

        @pytest.mark.rejoin(real=True)
        def test_never_looked_at(rejoin_client):
            client = rejoin_client()
            client.on(None, wrong)
            client.join("demo")

        @pytest.mark.rejoin(real=True)
        def test_in_a_loop(rejoin_client):
            async def main():
                client = rejoin_client(aio=True)
                client.on("did_join_channel", wrong)
                await client.join("demo")
                await asyncio.sleep(0.01)
            loop.run_until_complete(main())

        loop = asyncio.new_event_loop()
        test_in_the_same_loop = test_in_a_loop
        """
    )
    done.assert_outcomes(passed=3, failed=1, errors=3)
    done.stdout.fnmatch_lines(
        [
            "FAILED *::test_simulated*",
            "ERROR *::test_never_looked_at*",
            "ERROR *::test_in_a_loop*",
            "ERROR *::test_in_the_same_loop*",
        ]
    )


# ---- seeds


def test_the_marker_gives_the_seed_and_the_nearest_one_counts(run):
    done = run(
        """
        import pytest

        @pytest.mark.rejoin(seed=4)
        class TestSeeds:
            def test_of_the_class(self, rejoin_sim):
                assert rejoin_sim.seed == 4

            @pytest.mark.rejoin(seed=5)
            def test_of_its_own(self, rejoin_sim):
                assert rejoin_sim.seed == 5
        """
    )
    done.assert_outcomes(passed=2)


def test_many_seeds_are_many_tests_and_one_can_be_chosen(run):
    source = """
        import pytest

        @pytest.mark.rejoin(seeds=range(5))
        def test_it(rejoin_sim):
            assert rejoin_sim.seed != 3
    """
    done = run(source, "-v")
    done.assert_outcomes(passed=4, failed=1)
    done.stdout.fnmatch_lines(
        ["*::test_it?seed-3? FAILED*", "*replay: pytest *seed-3* --rejoin-seed 3"]
    )
    done = run(source, "-v", "--rejoin-seed", "77")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["*::test_it?seed-77? PASSED*"])


def test_seeds_go_with_other_parameters(run):
    done = run(
        """
        import pytest

        @pytest.mark.rejoin(seeds=[1, 2])
        @pytest.mark.parametrize("word", ["a", "b"])
        def test_it(rejoin_edge, word):
            pass
        """
    )
    done.assert_outcomes(passed=4)


def test_a_wrong_marker_is_refused_with_the_nearest_right_name(run):
    done = run(
        """
        import pytest

        @pytest.mark.rejoin(sead=1)
        def test_it(rejoin_sim):
            pass
        """
    )
    assert done.ret != 0
    done.stdout.fnmatch_lines(["*did you mean 'seed'*"])


# ---- what a failing test says


def test_a_failing_test_tells_seed_replay_and_timeline(run):
    done = run(FAILS)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E *1 of 2 expected events came as expected*",
            "E *!  10.000 s  connection_lost*",
            "E *<- 1000.000 ms late*",
            "*- rejoin -*",
            "seed 1",
            "replay: pytest *.py::test_fails --rejoin-seed 1",
            "test_fails, seed 1",
            "UID 1 *▒▒▒*",
            "*╱ uplink cut ╱*",
            "*7.960 s *RECONNECTING* INTERRUPTED*",
        ]
    )
    assert "page:" not in done.stdout.str()


def test_the_replay_command_replays_it(run, pytester):
    source = """
        import pytest

        @pytest.mark.rejoin(seeds=range(20))
        def test_it(rejoin_sim, rejoin_client):
            one = rejoin_client()
            one.link.set(up=dict(loss=0.4))
            one.join("demo")
            rejoin_sim.run(20)
            assert one.events[-1].elapsed is None or one.events[-1].elapsed < 300, one.events[-1].elapsed
    """
    first = run(source, "-x").stdout.str()
    command = re.search(r"^replay: pytest (.*)$", first, re.MULTILINE).group(1)
    node, option, seed = re.fullmatch(r"'(.*)' (--rejoin-seed) (\d+)", command).groups()
    again = pytester.runpytest_subprocess("-p", "no:cacheprovider", node, option, seed)
    again.assert_outcomes(failed=1)
    error = re.compile(r"AssertionError: (\d+)")
    assert error.search(again.stdout.str()).group(1) == error.search(first).group(1)


def test_the_page_is_written_where_it_is_asked_for(run, pytester):
    done = run(FAILS, "--rejoin-report", "reports/new")
    done.stdout.fnmatch_lines(["page: reports/new/*test_fails*.html"])
    (page,) = (pytester.path / "reports" / "new").iterdir()
    assert "uplink cut" in page.read_text(encoding="utf-8")


def test_a_test_that_passes_or_does_not_use_it_says_nothing(run, pytester):
    done = run(
        """
        def test_passes(rejoin_sim, rejoin_client):
            rejoin_client().join("demo")

        def test_is_not_ours():
            assert {} == {1: 2}
        """,
        "--rejoin-report",
        "reports",
    )
    done.assert_outcomes(passed=1, failed=1)
    assert "seed" not in done.stdout.str()
    assert not (pytester.path / "reports").exists()


def test_with_xdist_reports_come_from_the_workers(run):
    pytest.importorskip("xdist")
    done = run(FAILS, "-n", "2")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["replay: pytest *--rejoin-seed 1", "*╱ uplink cut ╱*"])


def test_the_package_is_not_imported_where_it_is_not_used(run):
    done = run(
        """
        import sys

        def test_it():
            assert "rejoin" not in sys.modules
        """
    )
    done.assert_outcomes(passed=1)


# ---- docs/testing-your-app.md


def examples():
    """The page's files by name, and its console blocks."""
    page = (DOCS / "testing-your-app.md").read_text(encoding="utf-8")
    files: dict[str, str] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        name, text = re.match(r"# (\w+\.py)\n(.*)", block, re.DOTALL).groups()
        files[name] = files.get(name, "") + text
    return files, re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_the_worked_example_works(pytester):
    files, _ = examples()
    for name, text in files.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    tests = [name for name in files if name.startswith("test_") and name != "test_wrong.py"]
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *tests)
    count = sum(files[name].count("\ndef test_") for name in tests)
    outcomes = done.parseoutcomes()
    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= count


def test_the_worked_example_fails_as_the_page_shows(pytester):
    files, consoles = examples()
    for name, text in files.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "test_wrong.py")
    (shown,) = [block for block in consoles if "test_wrong.py" in block]
    came = [line.rstrip() for line in done.stdout.lines]
    for line in shown.splitlines()[1:]:
        if line.strip() not in ("", "…"):
            assert line.rstrip() in came


def test_mypy_finds_the_plugins_types():
    script = "import pytest_rejoin, pathlib; print(pathlib.Path(pytest_rejoin.__file__).with_name('py.typed').exists())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"
