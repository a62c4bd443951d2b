"""Named networks: where a bot's link is told to follow one."""

from __future__ import annotations

from ..errors import RejoinError
from ..link import Link
from ..numbers import Status


def follow(link: Link, name: str) -> None:
    """Let a client's link be as a named network is over time, from now on.

    RejoinError: there is no such network; NOT_SUPPORTED: this version has none.
    """
    method = getattr(link, "follow", None)
    if method is None:
        raise RejoinError(
            Status.NOT_SUPPORTED,
            "network",
            f"network {name!r}: this version has no networks by name; faults of a link are set in the script, with "
            "self.client.link.set",
        )
    method(name)
