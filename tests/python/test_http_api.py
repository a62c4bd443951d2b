"""Administration of rejoin-edge over HTTP: members, channels, kicks, drain, and what is refused."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import rejoin
from http_edge import PATIENCE, ROOT, Administered, eventually, joined
from rejoin import Reason, State


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Administered]:
    """One for all: each test uses channels of its own."""
    data = tmp_path_factory.mktemp("http") / "data"
    running = Administered("--data-dir", str(data))
    yield running
    running.end()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Administered]:
    """One for a test that changes the edge as a whole."""
    running = Administered("--data-dir", str(tmp_path / "data"))
    yield running
    running.end()


@contextlib.contextmanager
def members(edge: Administered, channel: str, *uids: int) -> Iterator[list[rejoin.Client]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(joined(edge, uid, channel)) for uid in uids]


def refused(edge: Administered, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = edge.ask(method, path, body, **more)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == answer.status
    return answer.status, problem["field"], problem["detail"]


# ---- looking ---------------------------------------------------------------------------------------------------------


def test_the_edge(edge: Administered) -> None:
    told = edge.get("/v1/edge")
    assert told["url"] == edge.said["url"]
    assert told["fingerprint"] == edge.said["fingerprint"]
    assert re.fullmatch(r"[0-9a-f]{16}", told["id"])
    assert told["draining"] is False
    assert told["drain"] is None
    assert abs(told["started_at"] + told["uptime_ms"] - told["now"]) < 10
    assert set(told["counters"]) >= {"joins", "members", "datagrams_in"}


def test_a_member_as_it_is(edge: Administered) -> None:
    with members(edge, "one", 7):
        (member,) = edge.get("/v1/members?channel=one")["members"]
        assert (member["app"], member["channel"], member["uid"]) == ("", "one", 7)
        assert re.fullmatch(r"[0-9a-f]{16}", member["session"])
        assert member["role"] == "broadcaster"
        assert member["state"] == "heard"
        assert member["visible"] is True
        assert re.fullmatch(r"127\.0\.0\.1:\d+", member["peer"])
        assert member["packets_in"] > 0
        assert member["bytes_out"] > 0
        assert member["rtt_ms"] > 0
        assert member["outages"] == {"count": 0, "total_ms": 0}
        assert member["token_left_ms"] is None
        assert "history" not in member
        alone = edge.get(f"/v1/members/{member['session']}")
        assert [entry["event"] for entry in alone["history"]] == ["joined"]
        assert alone["history"][0]["span_ms"] > 0
        same = edge.get("/v1/channels/-/one/members/7")
        assert same["session"] == member["session"]
        (listed,) = edge.get("/v1/members?channel=one&history=true")["members"]
        assert listed["history"] == alone["history"]


def test_a_session_that_ended_is_known_for_a_while(edge: Administered) -> None:
    with members(edge, "ended", 7) as (one,):
        (member,) = edge.get("/v1/members?channel=ended")["members"]
        one.leave()
        one.wait_for("did_leave_channel", timeout=PATIENCE)
        path = f"/v1/members/{member['session']}"
        eventually(lambda: edge.get(path)["state"] == "ended")
        gone = edge.get(path)
        assert [entry["event"] for entry in gone["history"]] == ["joined", "left"]
        assert gone["uid"] == 7
        assert abs(gone["joined_at"] - member["joined_at"]) < 1000
        assert gone["peer"] is None
        assert set(gone) == set(member) | {"history"}


def test_pages_of_members(edge: Administered) -> None:
    with members(edge, "pages", *range(1, 8)):
        seen: list[int] = []
        after = ""
        while True:
            page = edge.get(f"/v1/members?channel=pages&limit=3{after}")
            seen += [member["uid"] for member in page["members"]]
            assert len(page["members"]) <= 3
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == list(range(1, 8))


def test_filters_of_members(edge: Administered) -> None:
    with members(edge, "filter-a", 12, 123), members(edge, "filter-b", 123):

        def found(query: str) -> list[tuple[str, int]]:
            told = edge.get(f"/v1/members?{query}")["members"]
            return [(m["channel"], m["uid"]) for m in told if m["channel"].startswith("filter-")]

        assert found("uid=123") == [("filter-a", 123), ("filter-b", 123)]
        assert found("search=FILTER-A") == [("filter-a", 12), ("filter-a", 123)]
        assert found("search=12&channel=filter-a") == [("filter-a", 12), ("filter-a", 123)]
        assert found("search=123&channel=filter-b&app=") == [("filter-b", 123)]
        assert found("state=silent&channel=filter-a") == []
        assert len(found("state=heard&search=filter-")) == 3
        assert found("search=filter-&limit=1") == [("filter-a", 12)]
        session = edge.get("/v1/channels/-/filter-b/members/123")["session"]
        assert found(f"search={session[3:13]}") == [("filter-b", 123)]
        assert [
            m["uid"] for m in edge.get("/v1/channels/-/filter-a/members?uid=123")["members"]
        ] == [123]


def test_channels(edge: Administered) -> None:
    with members(edge, "chan-1", 1, 2), members(edge, "chan-2", 3):
        told = edge.get("/v1/channels?search=CHAN-")["channels"]
        assert [(c["channel"], c["members"], c["visible"], c["silent"]) for c in told] == [
            ("chan-1", 2, 2, 0),
            ("chan-2", 1, 1, 0),
        ]
        first = edge.get("/v1/channels?search=chan-&limit=1")
        assert [c["channel"] for c in first["channels"]] == ["chan-1"]
        rest = edge.get(f"/v1/channels?search=chan-&after={first['next']}")
        assert [c["channel"] for c in rest["channels"]] == ["chan-2"]
        assert edge.get("/v1/channels/-/chan-1") == told[0]


def test_names_with_odd_characters(edge: Administered) -> None:
    name = "a b?d&e=f%"
    with members(edge, name, 1):
        path = f"/v1/channels/-/{quote(name, safe='')}"
        assert edge.get(path)["channel"] == name
        assert edge.get(f"/v1/members?channel={quote(name, safe='')}")["members"][0]["uid"] == 1


# ---- kicks -----------------------------------------------------------------------------------------------------------


def test_a_kick(edge: Administered) -> None:  # A-1 S-15 S-6
    with members(edge, "kicked", 1, 2) as (one, two):
        answer = edge.ask("POST", "/v1/kicks", {"channel": "kicked", "uid": 1})
        assert answer.status == 201
        kick = answer.json["kick"]
        assert answer.json["removed"] == 1
        assert answer.headers["location"] == f"/v1/kicks/{kick['id']}"
        assert (kick["channel"], kick["uid"], kick["ip"]) == ("kicked", 1, None)
        assert 3_590_000 < kick["left_ms"] <= 3_600_000
        failed = one.wait_for("connection_changed", timeout=PATIENCE, state=State.FAILED)
        assert failed.reason is Reason.BANNED_BY_SERVER
        two.wait_for("user_offline", timeout=PATIENCE, uid=1)
        path = f"/v1/kicks/{kick['id']}"
        assert edge.get(path)["ends_at"] == pytest.approx(kick["ends_at"], abs=1000)
        changed = edge.ask("PATCH", path, {"seconds": 10.5})
        assert changed.status == 200
        assert 9_000 < changed.json["left_ms"] <= 10_500
        assert edge.ask("DELETE", path).status == 204
        assert edge.ask("DELETE", path).status == 404
        assert edge.ask("GET", path).status == 404
        assert edge.ask("PATCH", path, {"seconds": 1}).status == 404


def test_a_kick_of_no_time(edge: Administered) -> None:
    with members(edge, "once", 1) as (one,):
        answer = edge.ask("POST", "/v1/kicks", {"channel": "once", "seconds": 0})
        assert (answer.status, answer.json) == (200, {"removed": 1, "kick": None})
        one.wait_for("connection_changed", timeout=PATIENCE, state=State.FAILED)
        one.leave()
        one.join("once")
        one.wait_for("did_join_channel", timeout=PATIENCE)


def test_the_list_of_kicks(own: Administered) -> None:
    for uid in range(1, 6):
        own.ask("POST", "/v1/kicks", {"uid": uid, "app": "shop" if uid == 5 else ""})
    own.ask("POST", "/v1/kicks", {"ip": "::ffff:192.0.2.1"})
    first = own.get("/v1/kicks?limit=4")
    assert [kick["uid"] for kick in first["kicks"]] == [1, 2, 3, 4]
    rest = own.get(f"/v1/kicks?after={first['next']}")
    assert [(kick["uid"], kick["ip"]) for kick in rest["kicks"]] == [(5, None), (None, "192.0.2.1")]
    assert rest["next"] is None
    assert [kick["uid"] for kick in own.get("/v1/kicks?app=shop")["kicks"]] == [5]
    assert [kick["uid"] for kick in own.get("/v1/kicks?uid=3")["kicks"]] == [3]
    assert len(own.get("/v1/kicks?ip=192.0.2.1")["kicks"]) == 1


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, None, "names at least one"),
        ({"seconds": 1}, None, "names at least one"),
        ({"uid": 0}, "uid", "uid is 0; it must be a whole number from 1 to 4294967295"),
        ({"uid": 2**32}, "uid", "a whole number"),
        ({"uid": 10**30}, "uid", "a whole number"),
        ({"uid": -1}, "uid", "a whole number"),
        ({"uid": 1.5}, "uid", "a whole number"),
        ({"uid": "1"}, "uid", "a whole number"),
        ({"uid": True}, "uid", "a whole number"),
        ({"uid": None}, "uid", "a whole number"),
        ({"uid": 1, "seconds": -1}, "seconds", "a number from 0 to 86400"),
        ({"uid": 1, "seconds": 86401}, "seconds", "a number from 0 to 86400"),
        ({"uid": 1, "seconds": "x"}, "seconds", "a number from 0 to 86400"),
        ({"channel": ""}, "channel", "channel"),
        ({"channel": "x" * 65}, "channel", "65"),
        ({"channel": 5}, "channel", "text in quotes"),
        ({"uid": 1, "app": "x" * 65}, "app", "65"),
        ({"ip": "192.0.2.1:80"}, "ip", "a numeric address without a port"),
        ({"ip": "example.org"}, "ip", "a numeric address without a port"),
        ({"uid": 1, "second": 5}, "second", 'did you mean "seconds"?'),
        ({"uid": 1, "zzzzzz": 5}, "zzzzzz", "there are app, channel, uid, ip, seconds"),
    ],
)
def test_a_kick_that_is_none(
    edge: Administered, body: dict[str, Any], field: str | None, rule: str
) -> None:
    status, told, detail = refused(edge, "POST", "/v1/kicks", body)
    assert (status, told) == (400, field)
    assert rule in detail


def test_an_end_that_is_none(edge: Administered) -> None:
    assert refused(edge, "PATCH", "/v1/kicks/1", {})[:2] == (400, "seconds")
    assert "DELETE ends it" in refused(edge, "PATCH", "/v1/kicks/1", {"seconds": 0})[2]
    assert refused(edge, "PATCH", "/v1/kicks/0", {"seconds": 1})[:2] == (400, "id")
    assert refused(edge, "DELETE", "/v1/kicks/x")[:2] == (400, "id")


# ---- drain, health ---------------------------------------------------------------------------------------------------


def test_drain_and_readiness(own: Administered) -> None:
    assert own.ask("GET", "/healthz", token=None).json == {"status": "ok"}
    ready = own.ask("GET", "/readyz", token=None)
    assert (ready.status, ready.json["ready"]) == (200, True)
    with members(own, "demo", 1):
        answer = own.ask("POST", "/v1/drain", {"seconds": 0})
        assert answer.status == 202
        assert answer.json["draining"] is True
        assert answer.json["members"] == 1
        ready = own.ask("GET", "/readyz", token=None)
        assert (ready.status, ready.json) == (503, {"ready": False, "draining": True, "bus": None})
        assert own.ask("GET", "/healthz", token=None).status == 200
        told = own.get("/v1/edge")
        assert told["draining"] is True
        assert (told["drain"]["members"], told["drain"]["told"]) == (1, 1)
        assert own.get("/v1/members")["members"][0]["moving"] is True
    assert own.ask("POST", "/v1/drain").status == 202
    assert refused(own, "POST", "/v1/drain", {"seconds": 86401})[:2] == (400, "seconds")


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field", "rule"),
    [
        ("/v1/members?limt=5", "limt", 'did you mean "limit"?'),
        ("/v1/members?zzzzzzzz=5", "zzzzzzzz", "there are app, channel, uid, search"),
        ("/v1/edge?x=1", "x", "there are none"),
        ("/v1/members?limit=0", "limit", 'limit is "0"; it must be a whole number from 1 to 1000'),
        ("/v1/members?limit=1001", "limit", "1 to 1000"),
        ("/v1/members?limit=", "limit", "1 to 1000"),
        ("/v1/members?limit=1&limit=2", "limit", "given twice"),
        ("/v1/members?after=x", "after", "must be the next of an earlier answer"),
        ("/v1/members?after=%2B%2B", "after", "must be the next"),
        ("/v1/members?state=asleep", "state", "heard or silent"),
        ("/v1/members?history=yes", "history", "true or false"),
        ("/v1/members?uid=0", "uid", "1 to 4294967295"),
        ("/v1/members?channel=", "channel", "channel"),
        ("/v1/members?app=%01", "app", "printable"),
        ("/v1/members?search=%ff", None, "UTF-8"),
        ("/v1/members?search=%00", None, "UTF-8"),
        ("/v1/members/xyz", "session", "16 hexadecimal digits"),
        ("/v1/channels/-/%00", None, "UTF-8"),
        ("/v1/channels/-/demo/members/0", "uid", "1 to 4294967295"),
        ("/v1/kicks?after=x", "after", "a whole number"),
        ("/v1/kicks?ip=nowhere", "ip", "a numeric address"),
        ("/v1/events?uid=x", "uid", "a whole number"),
    ],
)
def test_a_query_that_is_none(edge: Administered, path: str, field: str | None, rule: str) -> None:
    status, told, detail = refused(edge, "GET", path)
    assert (status, told) == (400, field)
    assert rule in detail


@pytest.mark.parametrize(
    "path",
    ["/v1/members/0000000000000001", "/v1/channels/-/nobody", "/v1/channels/-/nobody/members/1"],
)
def test_what_is_not_there(edge: Administered, path: str) -> None:
    assert refused(edge, "GET", path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/members/", "/v2/edge", "/v1/members/a/b", "/x"]
)
def test_no_such_path(edge: Administered, path: str) -> None:
    assert refused(edge, "GET", path) == (404, None, "there is nothing here")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/v1/edge", "GET, HEAD"),
        ("PUT", "/v1/kicks", "GET, HEAD, POST"),
        ("GET", "/v1/drain", "POST"),
        ("POST", "/v1/kicks/1", "GET, HEAD, PATCH, DELETE"),
        ("OPTIONS", "/v1/members", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
    ],
)
def test_methods(edge: Administered, method: str, path: str, allow: str) -> None:
    answer = edge.ask(method, path)
    assert answer.status == 405
    assert answer.headers["allow"] == allow


def test_head(edge: Administered) -> None:
    answer = edge.ask("HEAD", "/v1/edge")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 100
    assert edge.ask("HEAD", "/v1/events").status == 200


# ---- the token -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/v1/edge", "/v1/members", "/v1/kicks", "/v1/openapi.json", "/metrics", "/v1/nothing"]
)
def test_without_the_token(edge: Administered, path: str) -> None:
    answers = [
        edge.ask("GET", path, token=token)
        for token in (None, "wrong", edge.token[:-1], edge.token + "0", edge.token.upper() + "x")
    ]
    answers.append(edge.ask("GET", path, headers={"Authorization": f"Basic {edge.token}"}))
    answers.append(edge.ask("GET", path, headers={"Authorization": "Bearer"}))
    if path.startswith("/v1"):
        answers.append(edge.ask("POST", path, token=None))
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


def test_the_scheme_is_of_either_case(edge: Administered) -> None:
    answer = edge.ask("GET", "/v1/edge", headers={"Authorization": f"bearer {edge.token}"})
    assert answer.status == 200


# ---- headers and the page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/edge", "/v1/nothing", "/metrics"])
def test_headers_of_all_answers(edge: Administered, path: str) -> None:
    headers = edge.ask("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/inspector/inspector.css", "text/css; charset=utf-8"),
        ("/inspector/inspector.js", "text/javascript; charset=utf-8"),
        ("/inspector/icon.svg", "image/svg+xml"),
    ],
)
def test_the_page(edge: Administered, path: str, type: str) -> None:
    answer = edge.ask("GET", path, token=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == type
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    again = edge.ask("GET", path, token=None, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    other = edge.ask("GET", path, token=None, headers={"If-None-Match": '"x"'})
    assert other.body == answer.body


def test_all_files_of_the_page(edge: Administered) -> None:
    folder = ROOT / "core" / "edge" / "program" / "http" / "inspector"
    for file in folder.iterdir():
        path = "/" if file.name == "index.html" else f"/inspector/{file.name}"
        assert edge.ask("GET", path, token=None).body == file.read_bytes()
    for name in ("nothing.js", "openapi.json", "index.html", "..%2fopenapi.json"):
        assert edge.ask("GET", f"/inspector/{name}", token=None).status == 404


def test_the_page_has_nothing_inline(edge: Administered) -> None:
    page = edge.ask("GET", "/", token=None).body.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"https?:|//", page)
