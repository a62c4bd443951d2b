"""Prometheus metrics: the format to the letter, and values that follow what happens."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from http_edge import Administered, eventually, joined

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:[^"\\\n]|\\["\\n])*)"\})?'
    r" (?P<number>[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)"
)


@dataclass
class Family:
    type: str
    samples: dict[tuple[str, str | None], float] = field(default_factory=dict)


def parsed(text: str) -> dict[str, Family]:
    """Text format 0.0.4, strictly: each family once, HELP and TYPE before its samples, no sample twice."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    name = helped = ""
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            helped, _, words = line.removeprefix("# HELP ").partition(" ")
            assert NAME.fullmatch(helped), line
            assert words, line
            assert helped not in families, line
        elif line.startswith("# TYPE "):
            name, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert name == helped, line
            assert kind in {"counter", "gauge", "histogram"}, line
            families[name] = Family(kind)
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            family = families[name]
            suffix = found["name"].removeprefix(name)
            allowed = {"_bucket", "_sum", "_count"} if family.type == "histogram" else {""}
            assert found["name"].startswith(name), line
            assert suffix in allowed, line
            key = (suffix, found["value"])
            assert key not in family.samples, line
            family.samples[key] = float(found["number"])
    return families


def check_conventions(families: dict[str, Family]) -> None:
    for name, family in families.items():
        assert name.startswith(("rejoin_", "process_")), name
        assert (family.type == "counter") == name.endswith("_total"), name
        assert family.samples or name == "rejoin_refused_total", name
        if family.type == "counter":
            assert all(value >= 0 for value in family.samples.values()), name
        if family.type == "histogram":
            assert name.endswith("_seconds"), name
            bounds = [
                (math.inf if le == "+Inf" else float(le), value)
                for (suffix, le), value in family.samples.items()
                if suffix == "_bucket" and le is not None
            ]
            assert bounds == sorted(bounds), name
            assert bounds[-1] == (math.inf, family.samples["_count", None]), name


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Administered]:
    running = Administered("--data-dir", str(tmp_path / "data"))
    yield running
    running.end()


def metrics(edge: Administered) -> dict[str, Family]:
    answer = edge.ask("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = parsed(answer.body.decode())
    check_conventions(families)
    return families


def value(edge: Administered, name: str, label: str | None = None, suffix: str = "") -> float:
    return metrics(edge)[name].samples[suffix, label]


def test_they_follow_what_happens(edge: Administered) -> None:
    before = metrics(edge)
    assert before["rejoin_up"].samples["", None] == 1
    assert before["rejoin_members"].samples == {("", "heard"): 0, ("", "silent"): 0}
    assert before["process_open_fds"].samples["", None] > 3
    assert before["process_resident_memory_bytes"].samples["", None] > 1e6
    assert before["process_cpu_seconds_total"].samples["", None] > 0
    with joined(edge, 1) as one, joined(edge, 2):
        assert value(edge, "rejoin_members", "heard") == 2
        assert value(edge, "rejoin_channels") == 1
        assert value(edge, "rejoin_joins_total") == 2
        eventually(lambda: value(edge, "rejoin_join_seconds", suffix="_count") == 2)
        assert 0 < value(edge, "rejoin_join_seconds", suffix="_sum") < 20
        assert value(edge, "rejoin_events_total", "joined") == 2
        one.link.cut(up=True)
        eventually(lambda: value(edge, "rejoin_members", "silent") == 1)
        one.link.heal(up=True)
        eventually(lambda: value(edge, "rejoin_outage_seconds", suffix="_count") == 1)
        assert value(edge, "rejoin_outage_seconds", suffix="_sum") >= 4
        assert value(edge, "rejoin_outage_seconds", "4", "_bucket") == 0
    eventually(lambda: value(edge, "rejoin_stay_seconds", suffix="_count") == 2)
    edge.ask("POST", "/v1/kicks", {"uid": 3})
    assert value(edge, "rejoin_kicks") == 1
    with edge.client(3) as three:
        three.join("demo")
        eventually(
            lambda: ("", "banned_by_server") in metrics(edge)["rejoin_refused_total"].samples
        )
    assert value(edge, "rejoin_refusals_total") == 1
    edge.ask("POST", "/v1/drain", {"seconds": 0})
    assert value(edge, "rejoin_draining") == 1
    assert value(edge, "rejoin_http_hold_seconds", suffix="_count") > 5


def test_open_to_all_only_where_the_config_says_so(edge: Administered, tmp_path: Path) -> None:
    assert edge.ask("GET", "/metrics", token=None).status == 401
    config = tmp_path / "open.conf"
    config.write_text("[http]\nmetrics_open=true\n")
    open_edge = Administered("--config", str(config), "--data-dir", str(tmp_path / "open"))
    try:
        assert open_edge.ask("GET", "/metrics", token=None).status == 200
        assert open_edge.ask("GET", "/v1/edge", token=None).status == 401
    finally:
        open_edge.end()


@pytest.mark.parametrize(
    "text",
    [
        "a 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a A.\n# TYPE b gauge\nb 1\n",
        "# HELP a A.\n# TYPE a gauge\na 1",
        '# HELP a A.\n# TYPE a gauge\na{x="1} 1\n',
        "# HELP a A.\n# TYPE a gauge\na one\n",
        "# HELP a A.\n# TYPE a histogram\na 1\n",
    ],
)
def test_the_parser_is_strict(text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        parsed(text)
