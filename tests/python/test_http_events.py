"""Server-sent events: what is told, to whom, and how a listener goes on where it was."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_edge import PATIENCE, Administered, Listener, eventually, joined


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Administered]:
    running = Administered("--data-dir", str(tmp_path / "data"))
    yield running
    running.end()


@contextlib.contextmanager
def listening(edge: Administered, query: str = "", last: str | None = None) -> Iterator[Listener]:
    listener = Listener(edge, query, last)
    yield listener
    listener.close()


def test_what_a_member_does_is_told(edge: Administered) -> None:
    with listening(edge) as stream:
        assert stream.hello.data["seq"] == 0
        assert stream.hello.data["edge"] == edge.get("/v1/edge")["id"]
        with joined(edge, 7) as one:
            opened = stream.next()
            assert (opened.name, opened.data["channel"], opened.data["uid"]) == (
                "channel_opened",
                "demo",
                None,
            )
            came = stream.next()
            member = edge.get("/v1/channels/-/demo/members/7")
            assert came.name == came.data["event"] == "joined"
            assert (came.data["app"], came.data["channel"], came.data["uid"]) == ("", "demo", 7)
            assert came.data["session"] == member["session"]
            assert came.data["peer"] == member["peer"]
            assert 0 < came.data["span_ms"] < 1000 * PATIENCE
            assert abs(came.data["at"] - member["joined_at"]) < 1000
            assert came.data["reason"] is None
            one.leave()
            gone = stream.next()
            assert (gone.name, gone.data["session"]) == ("left", member["session"])
        assert [opened.data["seq"], came.data["seq"], gone.data["seq"]] == [1, 2, 3]


def test_a_removal_says_why(edge: Administered) -> None:  # A-1 S-15
    with listening(edge) as stream, joined(edge, 1):
        edge.ask("POST", "/v1/kicks", {"uid": 1})
        removed = stream.next("removed")
        assert removed.data["reason"] == {"code": 3, "name": "banned_by_server"}
        assert removed.data["detail"] == "kicked"
        assert edge.get(f"/v1/members/{removed.data['session']}")["history"][-1]["reason"] == {
            "code": 3,
            "name": "banned_by_server",
        }


def test_silence_and_return(edge: Administered) -> None:  # P-11
    with listening(edge) as stream, joined(edge, 1) as one:
        one.link.cut(up=True)
        silent = stream.next("silent")
        assert silent.data["span_ms"] >= 4000
        assert [m["uid"] for m in edge.get("/v1/members?state=silent")["members"]] == [1]
        assert edge.get("/v1/edge")["members"] == {"heard": 0, "silent": 1}
        one.link.heal(up=True)
        heard = stream.next("heard")
        assert heard.data["span_ms"] >= 4000
        member = edge.get("/v1/channels/-/demo/members/1")
        assert member["state"] == "heard"
        assert member["outages"]["count"] == 1
        assert member["outages"]["total_ms"] >= 4000
        events = [entry["event"] for entry in member["history"]]
        assert events[:3] == ["joined", "silent", "heard"]


def test_filters(edge: Administered) -> None:
    with (
        listening(edge, "?channel=b") as of_b,
        listening(edge, "?uid=3") as of_three,
        joined(edge, 1, "a"),
        joined(edge, 2, "b"),
        joined(edge, 3, "a"),
    ):
        assert of_b.next().name == "channel_opened"
        assert of_b.next().data["uid"] == 2
        assert of_three.next().data["uid"] == 3


def test_going_on_after_the_last_event(edge: Administered) -> None:
    with listening(edge) as stream, joined(edge, 1):
        first = stream.next("joined")
    with joined(edge, 2), listening(edge, last=first.id) as again:
        assert again.hello.data["seq"] == first.data["seq"]
        assert [again.next("joined").data["uid"]] == [2]


@pytest.mark.parametrize("last", ["0123456789abcdef.1", "nonsense", "", "RUN.99999", "RUN.-1"])
def test_a_place_that_is_not_known_is_a_gap(edge: Administered, last: str) -> None:
    with listening(edge) as stream, joined(edge, 1):
        run = stream.next("joined").id.partition(".")[0]
        with listening(edge, last=last.replace("RUN", run)) as again:
            gap = again.next()
            assert gap.name == "gap"
            assert gap.data["lost"] is None
            with joined(edge, 2):
                assert again.next("joined").data["uid"] == 2


def test_so_many_may_listen(edge: Administered) -> None:
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(listening(edge)) for _ in range(32)]
        assert edge.get("/v1/edge")["events"]["listeners"] == 32
        assert edge.ask("GET", "/v1/events").status == 503
        assert edge.ask("HEAD", "/v1/events").status == 200
        streams[0].close()
        eventually(lambda: edge.get("/v1/edge")["events"]["listeners"] == 31)
        with listening(edge) as again, joined(edge, 1):
            assert again.next("joined").data["uid"] == 1
            assert streams[1].next("joined").data["uid"] == 1


def test_the_stream_ends_with_the_edge(edge: Administered) -> None:
    with listening(edge) as stream:
        edge.end()
        with contextlib.suppress(ConnectionError, http.client.IncompleteRead):
            assert stream.answer.read() == b""
