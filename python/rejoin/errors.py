"""What is raised when a call fails, and how the argument that was wrong is found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from .numbers import Reason, Status


class RejoinError(Exception):
    """A call failed and changed nothing.

    status    the library's number for it
    argument  the name of the argument or option that was wrong; None where it was none of them
    text      what was given, what rule it breaks and what to do
    """

    def __init__(self, status: int, argument: str | None, text: str) -> None:
        super().__init__(status, argument, text)
        self.status = Status(status)
        self.argument = argument
        self.text = text

    def __str__(self) -> str:
        return f"{self.text} ({self.status.name}, {int(self.status)})"


class JoinError(RejoinError):
    """A join ended without success.

    reason    why, as the event `connection_changed` said it
    """

    def __init__(self, reason: int, channel: str = "") -> None:
        self.reason = Reason(reason)
        what = f"could not join {channel!r}" if channel else "could not join"
        super().__init__(
            Status.REFUSED, None, f"{what}: {self.reason.name.lower().replace('_', ' ')}"
        )
        self.args = (reason, channel)


def status_error(status: int, text: str, names: Mapping[str, str] | None = None) -> RejoinError:
    """The error for a negative status with the library's text.

    names  what the library's text may call an argument, and what it is called here; for where the
           status does not tell which one it is
    """
    status = Status(status)
    argument = BY_STATUS.get(status) or argument_in(text, names or {})
    return RejoinError(status, argument, text or status.name.lower().replace("_", " "))


BY_STATUS = {
    Status.INVALID_CHANNEL_NAME: "channel",
    Status.INVALID_USER_ID: "uid",
    Status.INVALID_TOKEN: "token",
}


def argument_in(text: str, names: Mapping[str, str]) -> str | None:
    """Which of the names stands first in a text, written with spaces or underscores.

    Of two in one place the longer.
    """
    found = []
    for name, argument in names.items():
        words = r"[ _]".join(map(re.escape, name.split("_")))
        match = re.search(rf"(?<![a-z_]){words}(?![a-z])", text)
        if match:
            found.append((match.start(), -len(name), argument))
    return min(found)[2] if found else None


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """A text for a name that is not among the known ones, with the nearest of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(names)}"
    return f"there is no {what} {name!r}{hint}"
