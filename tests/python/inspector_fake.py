"""An edge's HTTP side for tests of the inspector: the page's own files, and answers in the API's shape for as many
members as wanted. It serves what a real edge seldom has: 10,000 members, names that attack a page, any history.

test_inspector.py holds its answers against those of a real edge.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = Path(__file__).resolve().parents[2] / "core/edge/program/http/inspector"
TOKEN = "fake-token"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# As core/edge/program/http/files.c has it.
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
Row = dict[str, Any]


def now() -> int:
    return time.time_ns() // 1_000_000


def happening(name: str, **fields: Any) -> Row:
    """An event of a member's history."""
    return {"at": now(), "event": name, "span_ms": None, "reason": None, **fields}


def member(channel: str, uid: int, joined_ago: int = 60_000, **fields: Any) -> Row:
    """A member as the API lists it, heard and without an outage unless it is said."""
    joined_at = now() - joined_ago
    return {
        "app": "",
        "channel": channel,
        "uid": uid,
        "session": f"{uid:016x}",
        "role": "broadcaster",
        "visible": True,
        "state": "heard",
        "joined_at": joined_at,
        "last_heard_ms": 300,
        "outages": {"count": 0, "total_ms": 0},
        "rtt_ms": 1 + uid * 7919 % 900 / 10,
        "bytes_in": 12_345,
        "bytes_out": 23_456,
        "packets_in": 321,
        "packets_out": 432,
        "packets_lost": 0,
        "peer": f"192.0.2.{uid % 250 + 1}:{20_000 + uid % 40_000}",
        "token_left_ms": None,
        "moving": False,
        "history": [happening("joined", at=joined_at, span_ms=4)],
        **fields,
    }


def many(count: int, channels: int = 40) -> list[Row]:
    """Members in the API's order: some silent, some with outages behind them."""
    rows = []
    for uid in range(1, count + 1):
        row = member(f"room-{uid % channels:02d}", uid, 30_000 + uid * 7_919 % 600_000)
        if uid % 9 == 0:
            long = 4_000 + uid * 37 % 14_000
            heard_at = now() - uid * 131 % 280_000
            silent_at = heard_at - long + 4_000
            row["joined_at"] = min(row["joined_at"], heard_at - long - 5_000)
            row["history"] = [
                happening("joined", at=row["joined_at"], span_ms=4),
                happening("silent", at=silent_at, span_ms=4_000),
                happening("heard", at=heard_at, span_ms=long),
            ]
            row["outages"] = {"count": 1, "total_ms": long}
        if uid % 97 == 0:
            quiet = 4_500 + uid % 9_000
            row["state"], row["last_heard_ms"] = "silent", quiet
            row["history"].append(happening("silent", at=now() - quiet + 4_000, span_ms=4_000))
            row["outages"] = {
                "count": row["outages"]["count"] + 1,
                "total_ms": row["outages"]["total_ms"] + quiet,
            }
        rows.append(row)
    return sorted(rows, key=lambda row: (row["app"], row["channel"], row["uid"]))


class FakeEdge:
    """A context manager. `rows` are its members; `tell` an event to whoever listens."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.kicks: list[Row] = []
        self.started_at = now() - 3_600_000
        self.draining = False
        self.asked: list[str] = []
        self.kicked: list[Row] = []
        self.is_gone = False
        self._seq = 0
        self._listeners: list[queue.Queue[str | None]] = []
        edge = self

        class Handler(_Handler):
            fake = edge

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> FakeEdge:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_gone = True
        self._server.shutdown()
        for listener in list(self._listeners):
            listener.put(None)
        self._server.server_close()

    def tell(self, name: str, row: Row | None = None, **fields: Any) -> None:
        """An event, about a member where one is given."""
        about = row or {
            "app": "",
            "channel": None,
            "uid": None,
            "session": None,
            "role": None,
            "peer": None,
        }
        self._seq += 1
        event = {
            "seq": self._seq,
            "at": now(),
            "event": name,
            **{key: about[key] for key in ("app", "channel", "uid", "session", "role", "peer")},
            "reason": None,
            "span_ms": None,
            "count": None,
            "detail": None,
            **fields,
        }
        for listener in list(self._listeners):
            listener.put(f"id: fake.{self._seq}\nevent: {name}\ndata: {json.dumps(event)}\n\n")

    # ---- answers

    def listen(self) -> queue.Queue[str | None]:
        waiting: queue.Queue[str | None] = queue.Queue()
        hello = {"seq": self._seq, "now": now(), "edge": "0123456789abcdef"}
        waiting.put(f"id: fake.{self._seq}\nevent: hello\ndata: {json.dumps(hello)}\n\n")
        self._listeners.append(waiting)
        return waiting

    def edge(self) -> Row:
        silent = sum(row["state"] == "silent" for row in self.rows)
        channels = {row["channel"] for row in self.rows}
        counters = dict.fromkeys(
            "connections handshakes rejoins takeovers leaves drops expiries kicked refusals busy protocol_errors "
            "datagrams_in datagrams_out retries resets".split(),
            0,
        )
        counters.update(
            members=len(self.rows),
            connections=len(self.rows),
            channels=len(channels),
            kicks=len(self.kicks),
            joins=len(self.rows),
        )
        return {
            "id": "0123456789abcdef",
            "version": "0.0.0",
            "url": "rejoin://127.0.0.1:7443",
            "fingerprint": "ab" * 32,
            "now": now(),
            "started_at": self.started_at,
            "uptime_ms": now() - self.started_at,
            "draining": self.draining,
            "drain": {"ends_at": now() + 40_000, "members": len(self.rows), "told": 1}
            if self.draining
            else None,
            "members": {"heard": len(self.rows) - silent, "silent": silent},
            "channels": len(channels),
            "connections_waiting": 0,
            "counters": counters,
            "events": {"listeners": len(self._listeners), "seq": self._seq, "lost": 0},
            "webhooks": None,
            "cluster": None,
        }

    def members(self, after: int, limit: int) -> Row:
        end = after + limit
        return {
            "members": self.rows[after:end],
            "next": str(end) if end < len(self.rows) else None,
            "now": now(),
        }

    def channels(self) -> Row:
        found: dict[str, Row] = {}
        for row in self.rows:
            channel = found.setdefault(
                row["channel"],
                {
                    "app": "",
                    "channel": row["channel"],
                    "profile": "communication",
                    "members": 0,
                    "visible": 0,
                    "silent": 0,
                },
            )
            channel["members"] += 1
            channel["visible"] += 1
            channel["silent"] += row["state"] == "silent"
        return {"channels": list(found.values()), "next": None, "now": now()}

    def kick(self, asked: Row) -> Row:
        """Takes note and removes nobody."""
        self.kicked.append(asked)
        rule = {key: asked.get(key) for key in ("channel", "uid", "ip")}
        left = 1_000 * asked.get("seconds", 3_600)
        kick = {
            "id": str(len(self.kicked)),
            "app": asked.get("app", ""),
            **rule,
            "ends_at": now() + left,
            "left_ms": left,
        }
        self.kicks.append(kick)
        return {"removed": 1, "kick": kick}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeEdge
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.fake.is_gone:  # a connection that was kept open
            self.close_connection = True
            return
        address = urlsplit(self.path)
        self.fake.asked.append(self.path)
        if not address.path.startswith("/v1/"):
            self._file(address.path)
        elif self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._problem(HTTPStatus.UNAUTHORIZED, "the token is missing or wrong")
        elif address.path == "/v1/events":
            self._events()
        else:
            self._answer(address.path, parse_qs(address.query))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._json(HTTPStatus.CREATED, self.fake.kick(asked))

    def do_DELETE(self) -> None:
        self.fake.kicks = [
            kick for kick in self.fake.kicks if kick["id"] != self.path.rsplit("/", 1)[1]
        ]
        self._send(HTTPStatus.NO_CONTENT, b"", "")

    def _answer(self, path: str, query: dict[str, list[str]]) -> None:
        if path == "/v1/edge":
            self._json(HTTPStatus.OK, self.fake.edge())
        elif path == "/v1/members":
            after, limit = int(query.get("after", ["0"])[0]), int(query.get("limit", ["100"])[0])
            self._json(HTTPStatus.OK, self.fake.members(after, limit))
        elif path == "/v1/channels":
            self._json(HTTPStatus.OK, self.fake.channels())
        elif path == "/v1/kicks":
            self._json(HTTPStatus.OK, {"kicks": self.fake.kicks, "next": None, "now": now()})
        else:
            session = unquote(path.rsplit("/", 1)[1])
            found = [row for row in self.fake.rows if row["session"] == session]
            if found:
                self._json(HTTPStatus.OK, found[0])
            else:
                self._problem(HTTPStatus.NOT_FOUND, "no such session")

    def _events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        waiting = self.fake.listen()
        try:
            while (text := waiting.get()) is not None:
                self.wfile.write(text.encode())
                self.wfile.flush()
        except OSError:
            pass  # whoever listened went
        self.close_connection = True

    def _file(self, path: str) -> None:
        file = PAGE / (path.removeprefix("/inspector/") if path != "/" else "index.html")
        if file.parent != PAGE or file.suffix not in TYPES or not file.is_file():
            self._problem(HTTPStatus.NOT_FOUND, "no such page")
        else:
            self._send(HTTPStatus.OK, file.read_bytes(), TYPES[file.suffix])

    def _json(self, status: HTTPStatus, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _problem(self, status: HTTPStatus, detail: str) -> None:
        body = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
            "field": None,
        }
        self._send(status, json.dumps(body).encode(), "application/problem+json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
