"""The options of clients and edges: their names and types for apps, and their form for C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Union

from . import arguments
from .errors import RejoinError
from .numbers import Dialect, Profile, Role, Status

Certificates = Union[str, None, "tuple[str, str | None]", "list[str | None]"]
"""what an app's tokens are signed with"""


class ClientOptions(TypedDict, total=False):
    """Options of every client; each has a default."""

    app_id: str
    """up to 64 printable ASCII characters; default: none"""
    role: Role | int | str
    """default: broadcaster, in the live broadcasting profile audience"""
    profile: Profile | int | str
    """default: communication"""
    dialect: Dialect | int | str
    """"3x" (default) or "4x": which reasons are told"""
    timers: Mapping[str, float]
    """seconds by name, 0.001 to 30 days: beat, interrupted, lost, offline, give_up, token_warning, stats (SPEC
    section 2); not scaled. A beat is less than interrupted and offline; one that is not given is a third of the
    shorter one at most"""
    time_scale: float
    """0.001 to 1000; multiplies all timers that are not given; edge and clients need the same"""
    fingerprint: str | Sequence[str]
    """SHA-256 of the edge's certificate in hex, as `Edge.fingerprint`, or those of up to 8 edges; without it the CAs
    are asked"""
    ca_file: str
    """a PEM file of the CAs that may have signed the edge's certificate; without it the system's"""
    own_socket: bool
    """a UDP socket for this client alone"""
    stats: bool
    """tell `stats` every 2 s (N-8)"""
    peer_interruptions: bool
    """tell `user_interrupted` and `user_resumed` (P-11)"""
    attempts: bool
    """tell `attempt`, for diagnosis"""
    history: int | None
    """how many events `events` keeps, and a timeline knows deeds of; None: all. Default: 100,000; simulated: all"""


class EdgeOptions(TypedDict, total=False):
    """Options of every edge; each has a default."""

    apps: Mapping[str, Certificates] | Iterable[str]
    """the app ids that are welcome, each with its certificate, a pair of them (the second is taken beside the first,
    while one takes the other's place), or None (testing mode: tokens are not looked at); default: any app id, in
    testing mode"""
    limits: Mapping[str, int]
    """by name (A-3): sessions, channel_members, channel_broadcasters, handshakes (above it QUIC Retry); of one
    address joins_per_second and bad_tokens_per_minute, which with loopback=True hold for 127.0.0.1 and its like, too;
    of the edge accepts_per_second: new members. Beyond a limit a client is told to try again later, but for
    broadcasters (TOO_MANY_BROADCASTERS)"""
    timers: Mapping[str, float]
    """seconds by name: offline, empty_channel (N-4, N-7); not scaled"""
    time_scale: float
    """as the clients'"""
    channel_pattern: str
    """regular expression that channel names must match in full; others are refused with reason INVALID_CHANNEL_NAME"""
    cluster: str
    """simulated: edges of one name are one cluster, whose members see each other over a bus (`SimulatedEdge.bus`); 1 to
    64 letters, digits, "-" and "_". Real edges join one as the program `rejoin-edge --cluster`"""


CLIENT_TIMERS = ("beat", "interrupted", "lost", "offline", "give_up", "token_warning", "stats")
EDGE_TIMERS = ("offline", "empty_channel")
EDGE_LIMITS = {
    "sessions": "max_sessions",
    "channel_members": "max_channel_members",
    "channel_broadcasters": "max_channel_broadcasters",
    "handshakes": "max_handshakes",
    "joins_per_second": "max_joins_per_second",
    "bad_tokens_per_minute": "max_bad_tokens_per_minute",
    "accepts_per_second": "max_accepts_per_second",
    "loopback": "limit_loopback",
}
"""what the library calls each limit"""
HISTORY = 100_000

# What the library calls an option in its texts, and what it is called here.
CLIENT_NAMES = {
    **{name: name for name in ClientOptions.__annotations__ if name != "timers"},
    **{f"{name}_ns": f"timers[{name!r}]" for name in CLIENT_TIMERS},
    "urls": "urls",
    "url_count": "urls",
}
EDGE_NAMES = {
    **{name: name for name in EdgeOptions.__annotations__ if name not in ("timers", "limits")},
    **{f"{name}_ns": f"timers[{name!r}]" for name in EDGE_TIMERS},
    **{option: f"limits[{name!r}]" for name, option in EDGE_LIMITS.items()},
    "app_ids": "apps",
    "app_count": "apps",
    "app": "apps",
    "listen": "listen",
    "data_dir": "data_dir",
}


def client_arguments(urls: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of _rejoin.client_new."""
    arguments.check_names("option of a client", options, ClientOptions.__annotations__)
    if not urls:
        raise RejoinError(
            Status.INVALID_ARGUMENT, "url", "url is missing; give one, or urls=[…] of 1 to 8"
        )
    timers = arguments.durations("timers", options.get("timers"), CLIENT_TIMERS)
    return {
        "role": arguments.number("role", Role, options.get("role", 0)),
        "profile": arguments.number("profile", Profile, options.get("profile", 0)),
        "dialect": arguments.number("dialect", Dialect, options.get("dialect", 0)),
        "app_id": arguments.optional_text("app_id", options.get("app_id")),
        "urls": [arguments.text("url", url) for url in urls],
        "own_socket": bool(options.get("own_socket", False)),
        "fingerprint": _fingerprints(options.get("fingerprint")),
        "ca_file": arguments.optional_text("ca_file", options.get("ca_file")),
        "time_scale": arguments.time_scale(options.get("time_scale")),
        **{f"{name}_ns": value for name, value in timers.items()},
        "stats": bool(options.get("stats", False)),
        "peer_interruptions": bool(options.get("peer_interruptions", False)),
        "attempts": bool(options.get("attempts", False)),
    }


def _fingerprints(given: str | Sequence[str] | None) -> str | None:
    """One text, with commas between."""
    if given is None or isinstance(given, str):
        return arguments.optional_text("fingerprint", given)
    return ",".join(arguments.text("fingerprint", one) for one in given)


def history_limit(options: Mapping[str, Any], default: int | None) -> int | None:
    """How many events a client keeps."""
    limit: int | None = options.get("history", default)
    if limit is not None and arguments.whole("history", limit, 2**40) == 0:
        raise arguments.invalid("history", "history is 0; a client keeps at least one event")
    return limit


def edge_arguments(
    options: Mapping[str, Any], listen: str | None = None, data_dir: str | None = None
) -> dict[str, Any]:
    """The keyword arguments of _rejoin.edge_new."""
    arguments.check_names("option of an edge", options, EdgeOptions.__annotations__)
    limits = arguments.mapping("limits", options.get("limits"), "numbers by name")
    arguments.check_names("limit", limits, EDGE_LIMITS)
    timers = arguments.durations("timers", options.get("timers"), EDGE_TIMERS)
    app_ids, certificates, seconds = _apps(options.get("apps"))
    return {
        "app_ids": app_ids,
        "app_certificates": certificates,
        "app_second_certificates": seconds,
        "listen": arguments.optional_text("listen", listen),
        "data_dir": arguments.optional_text("data_dir", data_dir),
        "channel_pattern": arguments.optional_text(
            "channel_pattern", options.get("channel_pattern")
        ),
        "time_scale": arguments.time_scale(options.get("time_scale")),
        "cluster": arguments.optional_text("cluster", options.get("cluster")),
        **{f"{name}_ns": value for name, value in timers.items()},
        **{
            option: _limit(name, limits[name]) if name in limits else 0
            for name, option in EDGE_LIMITS.items()
        },
    }


def _limit(name: str, value: int) -> int:
    least = 0 if name == "loopback" else 1
    return arguments.whole(f"limits[{name!r}]", value, 2**32 - 1, least)


def _apps(
    apps: Mapping[str, Certificates] | Iterable[str] | None,
) -> tuple[list[str], list[str | None], list[str | None]]:
    """App ids, and beside them their first and second certificates."""
    if isinstance(apps, str):
        raise TypeError("apps is a dict of certificates by app id, or a list of app ids")
    given: Mapping[str, Certificates]
    given = apps if isinstance(apps, Mapping) else dict.fromkeys(apps or ())
    app_ids, firsts, seconds = [], [], []
    for app_id, certificates in given.items():
        first, second = _certificates(app_id, certificates)
        app_ids.append(arguments.text("apps", app_id))
        firsts.append(arguments.optional_text("apps", first))
        seconds.append(arguments.optional_text("apps", second))
    return app_ids, firsts, seconds


def _certificates(app_id: str, given: Certificates) -> tuple[str | None, str | None]:
    if given is None or isinstance(given, str):
        return given, None
    values = tuple(given) if isinstance(given, (tuple, list)) else ()
    if not 1 <= len(values) <= 2:
        raise TypeError(f"apps[{app_id!r}] is a certificate, a pair of them, or None")
    return values[0], values[1] if len(values) == 2 else None
