"""Kicks: members removed from an edge's channels, and kept out for a time (A-1, A-2)."""

from __future__ import annotations

from typing import NamedTuple

from . import arguments
from .numbers import Status

SECONDS = 3600.0
SECONDS_MAX = 86400.0


class Kick(NamedTuple):
    """A kick that is in force at an edge. It keeps out whoever fits all that it names; None: not named."""

    id: int
    """for `lift_kick` and `change_kick`"""
    app_id: str
    channel: str | None
    uid: int | None
    ip: str | None
    until: float
    """when it is over, in seconds on the edge's `now`"""


def duration(seconds: float) -> int:
    """How long a kick lasts, in nanoseconds."""
    value = arguments.real("seconds", seconds)
    if not 0 <= value <= SECONDS_MAX:
        raise arguments.invalid(
            "seconds", f"seconds is {seconds}; a kick lasts at most 86400, and 0 is once"
        )
    return round(value * 1e9)


def named_uid(uid: int | None) -> int:
    """The uid that a kick names, for C."""
    if uid is None:
        return 0
    if arguments.uid(uid) == 0:
        rule = "a kick names a uid from 1 to 2^32-1, or None"
        raise arguments.invalid("uid", f"uid is 0; {rule}", Status.INVALID_USER_ID)
    return uid
