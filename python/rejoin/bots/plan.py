"""What a load is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import arguments, token

RATE = 200.0
DURATION = 60.0
LAST_UID = 2**32 - 1


@dataclass(frozen=True)
class Plan:
    """Options of a load. RejoinError INVALID_ARGUMENT names the option and its rule."""

    count: int = 100
    """bots, 1 to 1,000,000"""
    channel_size: int = 10
    """bots in each channel; the last one has what is left"""
    rate: float = RATE
    """bots started a second"""
    duration: float = DURATION
    """seconds to go on after the last bot was started; it ends sooner when every bot has ended"""
    seed: int = 0
    """decides what `Bot.random` draws and, in a simulation that the load makes, everything random"""
    network: str | None = None
    """the named network that each bot's link follows from its start on"""
    time_scale: float = 1.0
    """0.001 to 1000; multiplies the library's timers, `Bot.sleep` and the timeouts of `Bot.wait_for`"""
    channel: str = "bots"
    """the channels are called so, and by number: bots-0, bots-1 and so on"""
    first_uid: int = 1
    """the first bot's uid; each has one more than the one before"""
    urls: Sequence[str] = ()
    """the edge's, or several; none: an edge of its own"""
    fingerprint: str | None = None
    """of its certificate"""
    ca_file: str | None = None
    """of the CAs that may have signed that; without both the system's"""
    app_id: str = ""
    """the bots' app; "": none"""
    certificate: str | None = None
    """the app's; tokens are made with it"""

    def __post_init__(self) -> None:
        for name, most in (("count", 1_000_000), ("channel_size", 1_000_000)):
            if arguments.whole(name, getattr(self, name), most) == 0:
                raise arguments.invalid(name, f"{name} is 0; it goes from 1 to {most:,}")
        arguments.whole("seed", self.seed, 2**64 - 1)
        if not 0 < arguments.real("rate", self.rate) <= 1e6:
            raise arguments.invalid(
                "rate", f"rate is {self.rate:g}; it is above 0, up to 1,000,000"
            )
        if not 0 <= arguments.real("duration", self.duration) <= 30 * 86400:
            raise arguments.invalid(
                "duration", f"duration is {self.duration:g} s; it goes from 0 to 30 days"
            )
        arguments.real("time_scale", self.time_scale)
        if arguments.uid(self.first_uid) == 0 or self.first_uid + self.count - 1 > LAST_UID:
            raise arguments.invalid(
                "first_uid",
                f"first_uid is {self.first_uid}; it is at least 1, and the last bot's uid at most {LAST_UID}",
            )
        if self.certificate is not None and not self.app_id:
            raise arguments.invalid("app_id", "app_id is missing; tokens are made for an app")

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return -(-self.count // self.channel_size)

    def _channel_of(self, number: int) -> str:
        """A bot's channel."""
        return f"{self.channel}-{number // self.channel_size}"

    def _token(self, channel: str, uid: int) -> str | None:
        """A token for a bot; None: none is needed."""
        if self.certificate is None:
            return None
        return token.build(self.app_id, self.certificate, channel, uid)

    def _client_options(self) -> dict[str, Any]:
        """What all clients are made with."""
        options: dict[str, Any] = {"app_id": self.app_id or None, "time_scale": self.time_scale}
        for name in ("fingerprint", "ca_file"):
            if getattr(self, name) is not None:
                options[name] = getattr(self, name)
        return {name: value for name, value in options.items() if value is not None}

    def _edge_options(self) -> dict[str, Any]:
        """What an edge of its own is made with."""
        options: dict[str, Any] = {"time_scale": self.time_scale}
        if self.app_id:
            options["apps"] = {self.app_id: self.certificate}
        options["limits"] = {
            "channel_members": max(10_000, self.channel_size),
            "sessions": max(100_000, 2 * self.count),
            # All may come at once, at the start or after an outage: the plan's rate says how fast they do.
            "accepts_per_second": max(500, self.count),
        }
        return options
