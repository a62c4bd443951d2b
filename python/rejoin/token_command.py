"""`python -m rejoin token build` and `token inspect`."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

from . import token
from .errors import RejoinError
from .numbers import Status

CERTIFICATE = "REJOIN_CERTIFICATE"


def add_commands(commands: Any) -> None:
    """Add `token` to the grammar of the command line."""
    group = commands.add_parser("token", help="make and explain tokens")
    actions = group.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="make a token",
        description="Makes a token that lets a member join a channel, as an app's own server does.",
    )
    build.add_argument("--app-id", required=True, help="the app's id; 006: 32 characters")
    add_certificate(build)
    build.add_argument("--channel", required=True)
    build.add_argument(
        "--uid", type=int, default=0, help="whose token it is; 0 (default): anybody's"
    )
    build.add_argument(
        "--expire",
        type=int,
        default=token.EXPIRE,
        metavar="SECONDS",
        help="how long one may join with it (3600)",
    )
    build.add_argument(
        "--privilege",
        action="append",
        type=_privilege,
        metavar="NAME=SECONDS",
        help="join, audio, video, data or a number, and for how long (0: no limit of its own); may be given several "
        "times; default: the four of them for as long as the token",
    )
    build.add_argument("--version", choices=list(token.VERSIONS), default="007")
    build.add_argument("--issued-at", type=int, metavar="UNIX_TIME", help="default: now")
    build.add_argument("--salt", type=int, help="default: random")
    build.add_argument("--json", action="store_true", help="the token and what it says as JSON")
    inspect = actions.add_parser(
        "inspect",
        help="explain a token",
        description="Says what a token grants, when each part of it expires, and why an edge would refuse it.",
    )
    inspect.add_argument("token")
    add_certificate(inspect)
    inspect.add_argument("--channel", help="where it should let in; a 006 token does not say it")
    inspect.add_argument("--uid", help="whom it should let in; a 006 token does not say it")
    inspect.add_argument("--now", type=float, metavar="UNIX_TIME", help="default: now")
    inspect.add_argument("--json", action="store_true", help="as JSON")


def add_certificate(parser: Any, what_for: str = "") -> None:
    """Add --certificate to a command, or to a group of its options."""
    parser.add_argument(
        "--certificate",
        default=os.environ.get(CERTIFICATE),
        help=f"the app's certificate{what_for}; others can read a command line, so better give it in {CERTIFICATE}",
    )


def _privilege(text: str) -> tuple[int | str, int]:
    name, equals, seconds = text.partition("=")
    if not equals or not seconds.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SECONDS")
    return int(name) if name.isdecimal() else name, int(seconds)


def run(given: argparse.Namespace) -> int:
    """Run one of the commands; the exit status."""
    return _build(given) if given.action == "build" else _inspect(given)


def _build(given: argparse.Namespace) -> int:
    if given.certificate is None:
        rule = f"certificate is missing; give --certificate or set {CERTIFICATE}"
        raise RejoinError(Status.INVALID_ARGUMENT, "certificate", rule)
    made = token.build(
        given.app_id,
        given.certificate,
        given.channel,
        given.uid,
        expire=given.expire,
        privileges=dict(given.privilege) if given.privilege else None,
        version=given.version,
        issued_at=given.issued_at,
        salt=given.salt,
    )
    if given.json:
        info = token.inspect(made, given.certificate, channel=given.channel, uid=given.uid)
        print(json.dumps({"token": made, **info.as_dict()}, indent=2))
    else:
        print(made)
    return 0


def _inspect(given: argparse.Namespace) -> int:
    info = token.inspect(
        given.token.strip(),
        given.certificate,
        channel=given.channel,
        uid=given.uid,
        now=given.now,
    )
    if given.json:
        print(json.dumps(info.as_dict(), indent=2))
    else:
        print("\n".join(f"{name:<16}{text}" for name, text in _lines(info)))
    return 0


def _lines(info: token.TokenInfo) -> list[tuple[str, str]]:
    lines = [("valid", "yes" if info.valid else "no"), ("reason", info.reason)]
    if info.version is None:
        return lines
    signature = {True: "valid", False: "not valid", None: "not looked at"}[info.signature_valid]
    carried = "not carried by 006" if info.version == "006" else "none"
    lines += [
        ("signature", signature),
        ("version", info.version),
        ("app id", info.app_id or "none"),
        ("channel", info.channel or carried),
        ("uid", "any" if info.uid == 0 else str(info.uid) if info.uid is not None else carried),
        ("issued at", _moment(info.issued_at) if info.issued_at is not None else carried),
        ("expires at", _moment(info.expires_at)),
        ("services", ", ".join(map(str, info.services)) or "none"),
    ]
    for name, ends in info.as_dict()["privileges"].items():
        lines.append((f"{name} until", "no limit of its own" if ends is None else _moment(ends)))
    return lines


def _moment(seconds: int | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
