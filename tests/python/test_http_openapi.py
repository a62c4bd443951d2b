"""The description of the HTTP API against what the edge really answers: every route, status and field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from http_edge import ROOT, Administered, Answer, Listener, joined

SOURCES = ROOT / "core" / "edge" / "program" / "http"
DESCRIPTION: dict[str, Any] = json.loads((SOURCES / "openapi.json").read_text())
SCHEMAS = DESCRIPTION["components"]["schemas"]
TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def complaints(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """What of the value is not as the schema has it: the part of JSON Schema that our description uses."""
    if "$ref" in schema:
        return complaints(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], where)
    if "oneOf" in schema:
        each = [complaints(value, one, where) for one in schema["oneOf"]]
        return [] if [] in each else min(each, key=len)
    known = {
        "type",
        "description",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "maxLength",
        "minLength",
    }
    known |= {"properties", "required", "additionalProperties", "items", "maxItems", "minItems"}
    known |= {"default", "exclusiveMinimum", "anyOf"}
    assert set(schema) <= known, set(schema) - known
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = [
        name
        for name in types
        if isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
    ]
    if not fits:
        return [f"{where}: {value!r} is no {types}"]
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        wrong.append(f"{where}: {value!r} is not like {schema['pattern']}")
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        wrong.append(f"{where}: {value!r} is below {schema['minimum']}")
    if isinstance(value, list):
        for i, item in enumerate(value):
            wrong += complaints(item, schema["items"], f"{where}[{i}]")
    if isinstance(value, dict) and "properties" in schema:
        wrong += [f"{where}: {name} is missing" for name in schema["required"] if name not in value]
        for name, item in value.items():
            if name in schema["properties"]:
                wrong += complaints(item, schema["properties"][name], f"{where}.{name}")
            else:
                wrong.append(f"{where}: {name} is not described")
    return wrong


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Administered]:
    running = Administered("--data-dir", str(tmp_path / "data"))
    yield running
    running.end()


class Compared:
    """Asks the edge and holds each answer against its description; knows which were seen."""

    def __init__(self, edge: Administered) -> None:
        self.edge = edge
        self.seen: set[tuple[str, str, int]] = set()

    def ask(self, method: str, path: str, template: str, body: Any = None, **more: Any) -> Any:
        answer: Answer = self.edge.ask(method, path, body, **more)
        operation = DESCRIPTION["paths"][template][method.lower()]
        described = operation["responses"].get(str(answer.status))
        assert described is not None, f"{method} {path} answers {answer.status}: {answer.body!r}"
        self.seen.add((method, template, answer.status))
        for name in described.get("headers", {}):
            assert name.lower() in answer.headers
        if "content" not in described:
            assert answer.body == b""
            return None
        media = answer.headers["content-type"].partition(";")[0]
        content = described["content"][media]
        if not media.endswith("json"):
            return answer.body.decode()
        assert complaints(answer.json, content["schema"], f"{method} {path}") == []
        return answer.json


def test_every_answer_is_as_described(edge: Administered) -> None:
    compared = Compared(edge)
    get = lambda path, template=None, **more: compared.ask(  # noqa: E731
        "GET", path, template or path, **more
    )
    kick, kicks = "/v1/kicks/{id}", "/v1/kicks"
    listener = Listener(edge)
    with joined(edge, 1), joined(edge, 2):
        for path in ("/", "/healthz", "/readyz", "/metrics"):
            get(path)
        for file in ("inspector.css", "inspector.js", "icon.svg", "nothing.js"):
            get(f"/inspector/{file}", "/inspector/{file}")
        get("/v1/edge")
        member = get("/v1/members?history=true", "/v1/members")["members"][0]
        get("/v1/members")
        get(f"/v1/members/{member['session']}", "/v1/members/{session}")
        get("/v1/channels")
        channel = "/v1/channels/{app}/{channel}"
        get("/v1/channels/-/demo", channel)
        get("/v1/channels/-/none", channel)
        get("/v1/channels/-/demo/members", f"{channel}/members")
        get("/v1/channels/-/demo/members/1", f"{channel}/members/{{uid}}")
        get("/v1/channels/-/demo/members/9", f"{channel}/members/{{uid}}")
        get("/v1/members/ffffffffffffffff", "/v1/members/{session}")
        made = compared.ask("POST", kicks, kicks, {"uid": 1, "ip": "127.0.0.1"})["kick"]
        compared.ask("POST", kicks, kicks, {"uid": 5, "seconds": 0})
        get(f"/v1/kicks/{made['id']}", kick)
        get(kicks)
        compared.ask("PATCH", f"/v1/kicks/{made['id']}", kick, {"seconds": 5})
        compared.ask("DELETE", f"/v1/kicks/{made['id']}", kick)
        for method, body in (("GET", None), ("PATCH", {"seconds": 5}), ("DELETE", None)):
            compared.ask(method, f"/v1/kicks/{made['id']}", kick, body)
        gone = get(f"/v1/members/{member['session']}", "/v1/members/{session}")
        assert gone["state"] == "ended"
        compared.ask("POST", "/v1/drain", "/v1/drain", {"seconds": 5})
        get("/v1/edge")
        get("/readyz")
    for method, path, body in (("POST", kicks, "uid"), ("PATCH", "/v1/kicks/1", "seconds")):
        template = kick if method == "PATCH" else kicks
        text = json.dumps({body: 1}).encode()
        compared.ask(method, path, template, text, headers={"Content-Type": "text/plain"})
        compared.ask(method, path, template, b" " * (64 * 1024 + 1))
        compared.ask(method, path, template, {"nobody knows": 1})
    told = [listener.next() for _ in range(5)]
    listener.close()
    compared.seen.add(("GET", "/v1/events", 200))
    assert complaints(listener.hello.data, SCHEMAS["Hello"]) == []
    for event in told:
        assert complaints(event.data, SCHEMAS["Event"], event.name) == []
    gap = Listener(edge, last="nonsense")
    assert complaints(gap.next("gap").data, SCHEMAS["Gap"]) == []
    gap.close()
    assert get("/v1/openapi.json") == DESCRIPTION

    for path, item in DESCRIPTION["paths"].items():  # what every operation answers in the same way
        for method, operation in item.items():
            concrete = re.sub(r"\{[a-z]+\}", "1", path)
            if "security" not in operation:
                compared.ask(method.upper(), concrete, path, token=None)
            if path != "/v1/events" or method != "get":
                compared.ask(method.upper(), f"{concrete}?nobody_knows=1", path)
    compared.ask("GET", "/v1/events?uid=x", "/v1/events")

    described = {
        (method.upper(), path, int(status))
        for path, item in DESCRIPTION["paths"].items()
        for method, operation in item.items()
        for status in operation["responses"]
    }
    # A rejoin-edge whose edge is down is one that ends; a full one is test_so_many_may_listen's.
    unseen = {(m, p, s) for m, p, s in described - compared.seen if s != 503}
    assert unseen - {("POST", "/v1/drain", 413), ("POST", "/v1/drain", 415)} == set()


def test_every_route_is_described() -> None:
    text = (SOURCES / "routes.c").read_text()
    table = re.findall(r'\{"([A-Z]+)", "(/[^"]*)", ([^,]+(?: PAGE)?), ([^,]+), rj_http_', text)
    assert len(table) == text.count(", rj_http_")
    words = {
        name: value for name, value in re.findall(r"^#define (\w+)\s+(.*)$", text, re.MULTILINE)
    }

    def keys(expression: str) -> set[str]:
        if expression == "NULL":
            return set()
        for _ in words:
            expression = re.sub("|".join(words), lambda found: words[found[0]], expression)
        return set("".join(re.findall(r'"([^"]*)"', expression)).split())

    routes = {(method, path): (keys(query), keys(body)) for method, path, query, body in table}
    described = {}
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            query = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
            body = set()
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                body = set(SCHEMAS[schema["$ref"].rpartition("/")[2]]["properties"])
            described[method.upper(), re.sub(r"\{[a-z]+\}", "{}", path)] = (query, body)
    assert described == routes


def test_what_is_described_is_used() -> None:
    text = json.dumps(DESCRIPTION)
    unused = {name for name in SCHEMAS if f'"#/components/schemas/{name}"' not in text}
    assert unused == {"Event", "Hello", "Gap"}  # a stream's events have no place in OpenAPI
    ids = re.findall(r'"operationId": "(\w+)"', text)
    assert len(set(ids)) == len(ids)


def test_the_check_itself_finds_what_is_wrong() -> None:
    good = {"code": 1, "name": "x"}
    assert complaints(good, SCHEMAS["Reason"]) == []
    assert complaints({"code": 1}, SCHEMAS["Reason"])
    assert complaints({**good, "more": 1}, SCHEMAS["Reason"])
    assert complaints({**good, "code": "1"}, SCHEMAS["Reason"])
    assert complaints({**good, "code": True}, SCHEMAS["Reason"])
    assert complaints(None, SCHEMAS["Reason"])
    assert complaints(-1, SCHEMAS["Outages"]["properties"]["count"])
