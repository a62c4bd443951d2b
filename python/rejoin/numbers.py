"""The numbers of the behaviour's contract (SPEC section 1) as open enums.

A number that this version does not know is a member too. Each equals the C enum of the same name;
a test holds them against each other.
"""

from __future__ import annotations

import enum
from typing import TypeVar


class _Number(enum.IntEnum):
    """An IntEnum that answers for every number."""

    @classmethod
    def _missing_(cls, value: object) -> _Number | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"unknown({value})"
        member._value_ = value
        return member

    def __reduce_ex__(self, protocol: object) -> tuple[type[_Number], tuple[int]]:
        return type(self), (int(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class State(_Number):
    """Where a client stands."""

    DISCONNECTED = 1
    CONNECTING = 2
    CONNECTED = 3
    RECONNECTING = 4
    FAILED = 5


class Reason(_Number):
    """Why a client's state changed."""

    CONNECTING = 0
    JOIN_SUCCESS = 1
    INTERRUPTED = 2
    BANNED_BY_SERVER = 3
    JOIN_FAILED = 4
    LEAVE_CHANNEL = 5
    INVALID_APP_ID = 6
    INVALID_CHANNEL_NAME = 7
    INVALID_TOKEN = 8
    TOKEN_EXPIRED = 9
    REJECTED_BY_SERVER = 10
    SETTING_PROXY_SERVER = 11
    RENEW_TOKEN = 12
    CLIENT_IP_ADDRESS_CHANGED = 13
    KEEP_ALIVE_TIMEOUT = 14
    REJOIN_SUCCESS = 15
    LOST = 16
    ECHO_TEST = 17
    CLIENT_IP_ADDRESS_CHANGED_BY_USER = 18
    SAME_UID_LOGIN = 19
    TOO_MANY_BROADCASTERS = 20
    LICENSE_VALIDATION_FAILURE = 21
    CERTIFICATION_VERIFY_FAILURE = 22
    STREAM_CHANNEL_NOT_AVAILABLE = 23
    INCONSISTENT_APPID = 24


class OfflineReason(_Number):
    """Why a peer went offline."""

    QUIT = 0
    DROPPED = 1
    BECOME_AUDIENCE = 2


class Network(_Number):
    """The kind of network that a device uses. 2G to 5G are MOBILE_2G to MOBILE_5G here."""

    UNKNOWN = -1
    DISCONNECTED = 0
    LAN = 1
    WIFI = 2
    MOBILE_2G = 3
    MOBILE_3G = 4
    MOBILE_4G = 5
    MOBILE_5G = 6


class Role(_Number):
    """What a member may do in its channel."""

    BROADCASTER = 1
    AUDIENCE = 2


class Profile(_Number):
    """The kind of channel; its first member fixes it."""

    COMMUNICATION = 0
    LIVE_BROADCASTING = 1


class Dialect(_Number):
    """Which reasons are told: 3x is the default, 4x adds RENEW_TOKEN, REJOIN_SUCCESS and LOST."""

    DIALECT_3X = 3
    DIALECT_4X = 4


class Status(_Number):
    """What a call answered; `RejoinError.status` is one of these."""

    OK = 0
    FAILED = -1
    INVALID_ARGUMENT = -2
    NOT_READY = -3
    NOT_SUPPORTED = -4
    REFUSED = -5
    BUFFER_TOO_SMALL = -6
    NOT_INITIALIZED = -7
    INVALID_STATE = -8
    NO_PERMISSION = -9
    TIMED_OUT = -10
    JOIN_CHANNEL_REJECTED = -17
    LEAVE_CHANNEL_REJECTED = -18
    RESOURCE_LIMITED = -22
    INVALID_CHANNEL_NAME = -102
    TOKEN_EXPIRED = -109
    INVALID_TOKEN = -110
    NOT_IN_CHANNEL = -113
    SIZE_TOO_LARGE = -114
    BITRATE_LIMIT = -115
    TOO_MANY_DATA_STREAMS = -116
    INVALID_USER_ID = -121


class EventKind(_Number):
    """The kinds of events; an event's `name` is its kind's name in small letters."""

    CONNECTION_CHANGED = 1
    DID_JOIN_CHANNEL = 2
    DID_REJOIN_CHANNEL = 3
    DID_LEAVE_CHANNEL = 4
    STATS = 5
    CONNECTION_LOST = 6
    REQUEST_TOKEN = 7
    USER_JOINED = 8
    USER_OFFLINE = 9
    USER_INTERRUPTED = 10
    USER_RESUMED = 11
    TOKEN_PRIVILEGE_WILL_EXPIRE = 12
    RENEW_TOKEN_RESULT = 13
    NETWORK_CHANGED = 14
    CLIENT_ROLE_CHANGED = 15
    CLIENT_ROLE_CHANGE_FAILED = 16
    STREAM_MESSAGE = 17
    STREAM_MESSAGE_ERROR = 18
    EVENTS_DROPPED = 19
    ATTEMPT = 20


class AttemptOutcome(_Number):
    """What became of an attempt to join or rejoin (the opt-in event `attempt`)."""

    STARTED = 0
    ACCEPTED = 1
    REFUSED = 2
    BUSY = 3
    TIMED_OUT = 4
    ABANDONED = 5


class Privilege(_Number):
    """What a token may grant; the edge asks for JOIN, the others are for apps."""

    JOIN = 1
    AUDIO = 2
    VIDEO = 3
    DATA = 4


NumberT = TypeVar("NumberT", bound=_Number)
