"""pytest's plugin of the package rejoin: edges and clients for tests, and what they went through when one fails.

It lies beside the package, which is imported only when a test asks for one of its fixtures.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import asyncio

    import rejoin
    from rejoin.edge import EdgeBase
    from rejoin.member import Member

SEED = 1
"""of tests that name none"""
MARKER = (
    "rejoin(seed=1, seeds=(), real=False, edge={}): seed of the test's simulation; or seeds, the test runs with each; "
    "real: rejoin_edge and rejoin_client are real ones; edge: options of rejoin_edge"
)
MARKER_NAMES = ("seed", "seeds", "real", "edge")


# ---- the command line and the marker


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rejoin")
    group.addoption(
        "--rejoin-seed",
        type=int,
        metavar="N",
        help="the seed of all tests' simulations, to replay one",
    )
    group.addoption(
        "--rejoin-real",
        action="store_true",
        help="rejoin_edge and rejoin_client are real ones, over QUIC on loopback and in real time",
    )
    group.addoption(
        "--rejoin-report",
        metavar="DIR",
        type=Path,
        help="write the timeline of each test that fails into this folder, as an HTML page",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.stash[RUNS] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rejoin_seed" not in metafunc.fixturenames:
        return
    settings = _settings(metafunc.definition)
    if "seeds" in settings:
        seeds = list(settings["seeds"])
        only = metafunc.config.getoption("rejoin_seed")
        if only is not None:
            seeds = [only]
        metafunc.parametrize("rejoin_seed", seeds, indirect=True, ids=[f"seed-{n}" for n in seeds])


def _settings(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test and of what it stands in say; the nearest one counts."""
    settings: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("rejoin"))):
        if mark.args:
            raise pytest.UsageError(f"{node.nodeid}: the marker rejoin takes names: {MARKER}")
        for name in mark.kwargs:
            if name not in MARKER_NAMES:
                from rejoin.errors import unknown_name

                text = unknown_name("argument of the marker rejoin", name, MARKER_NAMES)
                raise pytest.UsageError(f"{node.nodeid}: {text}")
        settings.update(mark.kwargs)
        if "seed" in mark.kwargs and "seeds" not in mark.kwargs:
            settings.pop("seeds", None)
    return settings


# ---- fixtures


class Run:
    """What one test made, to draw it and to close it."""

    def __init__(self, seed: int, is_real: bool) -> None:
        self.seed = seed
        self.is_real = is_real
        self.simulation: rejoin.Simulation | None = None
        self.things: list[EdgeBase | Member] = []
        self.errors: list[BaseException] = []
        """what functions given to `on` raised where nobody was there to hear of it"""
        self.handlers: dict[asyncio.AbstractEventLoop, Any] = {}
        """of event loops, from before this test"""

    def timeline(self, title: str) -> Any:
        """The Timeline of all of it; None when nothing was made."""
        from rejoin.timeline import Timeline

        if self.simulation is not None and self.simulation._things:
            return Timeline.of(self.simulation, title)
        return Timeline.of(self.things, title) if self.things else None

    def close(self) -> None:
        """Close everything, the newest first; then raise what was left."""
        from rejoin import Client

        for thing in reversed(self.things):
            if isinstance(thing, Client) and thing._handle.pointer is not None:
                try:
                    thing.dispatch()
                except Exception as error:  # whatever a function of the test's raised
                    self.errors.append(error)
            thing.close()
        for loop, handler in self.handlers.items():
            loop.set_exception_handler(handler)
        if self.simulation is not None:
            self.simulation.close()
        if self.errors:
            raise self.errors[0]


RUNS = pytest.StashKey["dict[str, Run]"]()


@pytest.fixture
def rejoin_seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test: that of --rejoin-seed, else of its marker, else 1."""
    given: int | None = request.config.getoption("rejoin_seed")
    if given is not None:
        return given
    parameter: int | None = getattr(request, "param", None)
    return _settings(request.node).get("seed", SEED) if parameter is None else parameter


@pytest.fixture
def _rejoin_run(request: pytest.FixtureRequest, rejoin_seed: int) -> Iterator[Run]:
    settings = _settings(request.node)
    run = Run(rejoin_seed, settings.get("real", False) or request.config.getoption("rejoin_real"))
    request.config.stash[RUNS][request.node.nodeid] = run
    yield run
    run.close()


@pytest.fixture
def rejoin_sim(request: pytest.FixtureRequest, _rejoin_run: Run) -> rejoin.Simulation:
    """A `rejoin.Simulation` with the test's seed; closed after the test."""
    if request.config.getoption("rejoin_real"):
        pytest.skip("it needs virtual time, and --rejoin-real has none")
    return _simulation(_rejoin_run)


def _simulation(run: Run) -> rejoin.Simulation:
    from rejoin import Simulation

    if run.simulation is None:
        run.simulation = Simulation(seed=run.seed)
    return run.simulation


@pytest.fixture
def rejoin_edge(
    request: pytest.FixtureRequest, _rejoin_run: Run
) -> rejoin.Edge | rejoin.SimulatedEdge:
    """An edge in `rejoin_sim`; a real one where the marker says real=True or pytest was given --rejoin-real.

    The marker's `edge` has its options. Closed after the test.
    """
    options = _settings(request.node).get("edge", {})
    if not _rejoin_run.is_real:
        return _simulation(_rejoin_run).edge(**options)
    from rejoin import Edge

    edge = Edge(**options)
    _rejoin_run.things.append(edge)
    return edge


class ClientFactory:
    """Makes clients of `rejoin_edge`; what it made is closed after the test."""

    def __init__(self, run: Run, edge: EdgeBase) -> None:
        self._run = run
        self._edge = edge
        self._made = 0

    def __call__(
        self,
        uid: int | None = None,
        *,
        edge: EdgeBase | None = None,
        aio: bool = False,
        **options: Any,
    ) -> Any:
        """A new client.

        uid      None: 1, 2, 3 and so on in the order of their making; 0: the edge chooses
        edge     None: `rejoin_edge`
        aio      True: a `rejoin.aio.Client` of the running event loop, where the edge is a real one
        options  as `rejoin.ClientOptions`

        Returns a `rejoin.SimulatedClient`, or a `rejoin.Client` where the edge is a real one.
        ValueError: aio in a simulation. TypeError, RejoinError: as `rejoin.Client`.
        """
        import rejoin

        self._made += 1
        uid = self._made if uid is None else uid
        edge = edge or self._edge
        if not isinstance(edge, rejoin.Edge):
            if aio:
                raise ValueError(
                    "a simulation has no aio clients, since an event loop's time is real; "
                    "mark the test @pytest.mark.rejoin(real=True)"
                )
            return _simulation(self._run).client(edge, uid, **options)
        options.setdefault("fingerprint", edge.fingerprint)
        kind: Any = rejoin.aio.Client if aio else rejoin.Client
        client = kind(edge.url, uid, **options)
        if aio:
            self._hear(client)
        self._run.things.append(client)
        return client

    def _hear(self, client: Any) -> None:
        """Have what functions raise in an event loop fail the test, too."""
        loop: asyncio.AbstractEventLoop = client._loop
        if loop in self._run.handlers:
            return
        before = self._run.handlers[loop] = loop.get_exception_handler()

        def handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            error = context.get("exception")
            if "_tell_in_loop" in repr(context.get("handle")) and error is not None:
                self._run.errors.append(error)
            elif before is not None:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(handler)


@pytest.fixture
def rejoin_client(_rejoin_run: Run, rejoin_edge: EdgeBase) -> ClientFactory:
    """Makes clients: `one, two = rejoin_client(), rejoin_client(uid=7, dialect="4x")`; see `ClientFactory`."""
    return ClientFactory(_rejoin_run, rejoin_edge)


# ---- what a failing test says


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    testing = sys.modules.get("rejoin.testing")
    if testing is None or op != "==":
        return None
    for events, expected in ((left, right), (right, left)):
        if isinstance(expected, testing.sequence) and isinstance(events, (list, tuple)):
            return ["events == sequence(…)", *expected.explain(events)]
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    runs = item.config.stash[RUNS]
    run = runs.get(item.nodeid)
    if run is None:
        return
    report: pytest.TestReport = outcome.get_result()
    if report.failed:
        try:
            report.sections.append(("rejoin", _account(item, run)))
        except Exception as error:  # a report that cannot be drawn is no reason to lose the failure
            report.sections.append(("rejoin", f"no timeline: {error!r}"))
    if report.when == "teardown":
        runs.pop(item.nodeid)


def _name(item: pytest.Item) -> str:
    """The test's id as it is given to pytest in this folder."""
    path = os.path.relpath(item.path, item.config.invocation_params.dir)
    return "::".join([path, *str(item.nodeid).split("::")[1:]])


def _account(item: pytest.Item, run: Run) -> str:
    """The seed, the command that replays it, and the timeline."""
    command: list[str] = ["pytest", _name(item)]
    command += ["--rejoin-real"] if item.config.getoption("rejoin_real") else []
    command += ["--rejoin-seed", str(run.seed)]
    lines: list[str] = [f"seed {run.seed}", f"replay: {shlex.join(command)}"]
    timeline = run.timeline(f"{item.name}, seed {run.seed}")
    if timeline is not None:
        folder: Path | None = item.config.getoption("rejoin_report")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^\w.-]+", "-", item.nodeid).strip("-")[-150:]
            lines.append(f"page: {timeline.save(folder / f'{name}-{run.seed}.html')}")
        lines += ["", timeline.text()]
    return "\n".join(lines)
