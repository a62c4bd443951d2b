"""How a timeline says times and events."""

from __future__ import annotations

from ..events import Event
from ..numbers import State

TONES = {
    State.DISCONNECTED: "idle",
    State.CONNECTING: "trying",
    State.CONNECTED: "good",
    State.RECONNECTING: "warning",
    State.FAILED: "bad",
}
KINDS = {
    "connection_changed": "state",
    "did_join_channel": "joined",
    "did_rejoin_channel": "joined",
    "did_leave_channel": "left",
    "connection_lost": "lost",
    "user_joined": "peer",
    "user_resumed": "peer",
    "user_offline": "gone",
    "user_interrupted": "gone",
    "request_token": "token",
    "token_privilege_will_expire": "token",
    "renew_token_result": "token",
    "stats": "message",
    "stream_message": "message",
    "stream_message_error": "message",
}
"""the kinds of marks by event; all others are "other" """


def short_time(seconds: float) -> str:
    """Seconds as a person says them, to the millisecond: 0.012 s, 4.003 s, 20 min 0.003 s."""
    if abs(seconds) < 100:
        return f"{seconds:.3f} s"
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{sign}{f'{hours} h ' if hours else ''}{minutes} min {rest:.3f} s"


def round_time(seconds: float) -> str:
    """A time that is a round number, as short as it goes: 0, 0.05 s, 5 s, 20 min, 1 h 30 min."""
    if abs(seconds) < 60:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + " s"
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    words = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    if rest:
        words.append(f"{rest:.3f}".rstrip("0").rstrip(".") + " s")
    return sign + " ".join(words)


def detail(event: Event) -> str:
    """What an event says beside its name and state, in a few words; never a token."""
    words = []
    if event.name.startswith("user_") or event.name.startswith("stream_"):
        words.append(f"UID {event.uid}")
    if event.reason is not None:
        words.append(event.reason.name)
    if event.elapsed is not None:
        words.append(f"{event.elapsed} ms")
    for name in ("network", "role", "outcome"):
        value = getattr(event, name)
        if value is not None:
            words.append(value.name)
    if event.number is not None:
        words.insert(0, f"#{event.number}")
    if event.code is not None:
        words.append("ok" if event.code == 0 else f"code {event.code}")
    if event.stream_id is not None:
        words.append(f"stream {event.stream_id}")
    if event.data is not None:
        words.append(f"{len(event.data)} bytes")
    if event.missed is not None:
        words.append(f"{event.missed or 'unknown how many'} missed")
    if event.count is not None:
        words.append(str(event.count))
    return " ".join(words)
