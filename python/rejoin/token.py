"""Tokens: made as an app's own server makes them, and explained (docs/tokens.md)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from . import _rejoin, arguments
from .errors import status_error
from .numbers import Privilege, Status

VERSIONS = {"007": 7, "006": 6}
EXPIRE = 3600
NUMBER_MAX = 2**32 - 1
ARGUMENTS = {
    **{name: name for name in ("version", "app_id", "certificate", "channel", "uid", "expire")},
    **{name: name for name in ("issued_at", "salt", "privileges")},
    "privilege_count": "privileges",
}

Version = Union[str, int]
Privileges = Mapping[Union[Privilege, int, str], int]


def build(
    app_id: str,
    certificate: str,
    channel: str,
    uid: int = 0,
    *,
    expire: int = EXPIRE,
    privileges: Privileges | None = None,
    version: Version = "007",
    issued_at: float | None = None,
    salt: int | None = None,
) -> str:
    """A token that lets a member join a channel.

    app_id       in a 006 token exactly 32 characters
    certificate  the app's; who has it can make tokens, so it stays on your server
    uid          whose token it is; 0: anybody's
    expire       seconds after issued_at in which one may join with it
    privileges   seconds after issued_at by privilege ("join" or 1, …), 0 = no limit of its own; a member is removed
                 when its privilege to join ends, and without that one nobody can join. None: all four for as long as
                 the token
    version      "007" or "006"
    issued_at    seconds since 1970; None: now
    salt         0 to 2^32-1; None: random

    RejoinError INVALID_ARGUMENT or INVALID_CHANNEL_NAME names the argument and its rule.
    """
    expire = arguments.whole("expire", expire, NUMBER_MAX)
    if privileges is None:
        privileges = dict.fromkeys(Privilege, expire)
    arguments.mapping("privileges", privileges, "seconds by privilege")
    granted = [
        (
            arguments.number("privileges", Privilege, name),
            arguments.whole(f"privileges[{name!r}]", seconds, NUMBER_MAX),
        )
        for name, seconds in privileges.items()
    ]
    if issued_at is None:
        issued_at = time.time()
    made = _rejoin.token_build(
        version=_version(version),
        app_id=arguments.text("app_id", app_id),
        certificate=arguments.text("certificate", certificate),
        channel=arguments.text("channel", channel, Status.INVALID_CHANNEL_NAME),
        uid=arguments.uid(uid),
        issued_at=arguments.whole(
            "issued_at", arguments.moment("issued_at", issued_at), NUMBER_MAX
        ),
        expire=expire,
        salt=secrets.randbits(32) if salt is None else arguments.whole("salt", salt, NUMBER_MAX),
        privileges=[(key, seconds) for key, seconds in granted if _is_key(key)],
    )
    if isinstance(made, int):
        raise status_error(made, _rejoin.rj_runtime_error_text(None), ARGUMENTS)
    return made


@dataclass(frozen=True)
class TokenInfo:
    """What a token says, and whether it lets its member join. Moments are seconds since 1970."""

    valid: bool
    """it lets its member join now; only ever True where the signature was looked at"""
    reason: str
    """in words: what it grants and until when, or all that is wrong with it"""
    signature_valid: bool | None
    """None: not looked at, since the certificate (006: channel or uid) was not given"""
    version: str | None
    """"007" or "006"; None: this is no token, and nothing but the reason is known"""
    app_id: str | None
    channel: str | None
    """None: a 006 token does not carry it"""
    uid: int | str | None
    """0: anybody's; a str: an account's name; None: a 006 token does not carry it"""
    issued_at: int | None
    """None: a 006 token does not say"""
    expires_at: int | None
    """when the token itself expires; asked at join, rejoin and renewal only"""
    salt: int | None
    services: tuple[int, ...]
    """types; 1 is RTC. Those behind the first one of another type are not known"""
    privileges: dict[int, int | None]
    """when each privilege ends, by its number (`Privilege`); None: it has no end of its own"""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as JSON has them; privileges by name."""
        privileges = {_privilege_name(key): ends for key, ends in self.privileges.items()}
        return {**vars(self), "services": list(self.services), "privileges": privileges}


def inspect(
    token: str,
    certificate: str | None = None,
    *,
    channel: str | None = None,
    uid: int | str | None = None,
    now: float | None = None,
) -> TokenInfo:
    """What a token says, and why an edge would refuse it. Any text may be given; nothing is raised for a bad one.

    certificate  the app's; None: the signature is not looked at
    channel      where it should let in; None: where it says. A 006 token does not say, but its signature covers it
    uid          whom it should let in, 0: the edge picks the uid; else as channel
    now          seconds since 1970; None: now

    RejoinError INVALID_ARGUMENT: another argument than the token is none.
    """
    told = _rejoin.token_inspect(
        _visible(token),
        arguments.optional_text("certificate", certificate),
        arguments.optional_text("channel", channel),
        None if uid is None else arguments.text("uid", str(uid)),
        arguments.moment("now", time.time() if now is None else now),
    )
    if isinstance(told, int):
        raise status_error(told, _rejoin.rj_runtime_error_text(None), ARGUMENTS)
    known = told["version"] != 0
    signed = told["signature_valid"]
    return TokenInfo(
        valid=bool(told["valid"]),
        reason=told["reason"],
        signature_valid=None if signed < 0 else bool(signed),
        version=f"00{told['version']}" if known else None,
        app_id=told["app_id"] if known else None,
        channel=told["channel"] or None,
        uid=0 if told["any_uid"] else _uid(told["uid"]),
        issued_at=told["issued_at"] if told["version"] == 7 else None,
        expires_at=told["expires_at"] if known else None,
        salt=told["salt"] if known else None,
        services=tuple(told["services"]),
        privileges={key: ends or None for key, ends in told["privileges"]},
    )


def _visible(token: str) -> str:
    """What C cannot see all of, a NUL or half a character, becomes what is in no token either."""
    if not isinstance(token, str):
        raise TypeError(f"token is a str, not {type(token).__name__}")
    return token.replace("\0", "\1").encode(errors="replace").decode()


def _version(version: Version) -> int:
    for name, number in VERSIONS.items():
        if version in (name, number):
            return number
    raise arguments.invalid("version", f'version is {version!r}; it is "007" or "006"')


def _is_key(key: int) -> bool:
    if not 0 <= key <= 65535:
        raise arguments.invalid("privileges", f"privileges: {key} is none; they go up to 65535")
    return True


def _uid(text: str) -> int | str | None:
    is_number = text.isdecimal() and text == str(int(text)) and 0 < int(text) <= NUMBER_MAX
    return int(text) if is_number else text or None


def _privilege_name(key: int) -> str:
    known = {int(privilege): privilege.name.lower() for privilege in Privilege}
    return known.get(key, str(key))
