"""What apps give, made ready for C.

Each function answers the value, or raises the error that names the argument and its rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import RejoinError, unknown_name
from .numbers import NumberT, Status

SECONDS_MAX = 2.0**33  # about 272 years; as nanoseconds it still fits into 64 bits
UID_MAX = 2**32 - 1
MOMENT_MAX = 2.0**53  # seconds, all of them whole in a float


def invalid(argument: str, text: str, status: Status = Status.INVALID_ARGUMENT) -> RejoinError:
    return RejoinError(status, argument, text)


def text(argument: str, value: str, status: Status = Status.INVALID_ARGUMENT) -> str:
    """A str that C can see all of."""
    if not isinstance(value, str):
        raise TypeError(f"{argument} is a str, not {type(value).__name__}")
    if "\0" in value:
        raise invalid(argument, f"{argument} has a NUL character at {value.index(chr(0))}", status)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise invalid(
            argument, f"{argument} is not valid Unicode: {error.reason}", status
        ) from None
    return value


def optional_text(argument: str, value: str | None) -> str | None:
    return None if value is None else text(argument, value)


def uid(value: int) -> int:
    """A uid (S-2): 1 to 2^32-1, or 0 to let the edge choose."""
    if not isinstance(value, int):
        raise TypeError(f"uid is an int, not {type(value).__name__}")
    if not 0 <= value <= UID_MAX:
        rule = "uids go from 1 to 2^32-1, and 0 lets the edge choose"
        raise invalid("uid", f"uid is {value}; {rule}", Status.INVALID_USER_ID)
    return value


def whole(argument: str, value: int, most: int, least: int = 0) -> int:
    """A whole number from `least` to `most`."""
    if not isinstance(value, int):
        raise TypeError(f"{argument} is an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise invalid(argument, f"{argument} is {value}; it goes from {least} to {most}")
    return value


def data(argument: str, value: bytes | bytearray | memoryview) -> bytes:
    """Bytes, as a copy of their own."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{argument} is bytes, not {type(value).__name__}")
    return bytes(value)


def real(argument: str, value: float) -> float:
    """A float that is a number."""
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"{argument} is a number, not {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{argument} is a number, not {value!r}") from None
    if not math.isfinite(number):
        raise invalid(argument, f"{argument} is {number}; it is a finite number")
    return number


def time_scale(value: float | None) -> float:
    """A factor for timers as C knows it: 0, which apps do not give, is its default."""
    if value is None:
        return 0.0
    scale = real("time_scale", value)
    if scale == 0:
        raise invalid("time_scale", "time_scale is 0; it must be between 0.001 and 1000")
    return scale


def moment(argument: str, value: float) -> int:
    """Whole seconds since 1970 that fit into 64 bits."""
    seconds = real(argument, value)
    if abs(seconds) > MOMENT_MAX:
        raise invalid(argument, f"{argument} is {value}; it goes from -2^53 to 2^53")
    return int(seconds)


def nanoseconds(argument: str, seconds: float, least: float = 0.0) -> int:
    """Seconds as C counts them."""
    value = real(argument, seconds)
    if not least <= value <= SECONDS_MAX:
        raise invalid(argument, f"{argument} is {seconds} s; it goes from {least:g} to 2^33 s")
    return round(value * 1e9)


def number(argument: str, enum: type[NumberT], value: NumberT | int | str) -> int:
    """A member of an enum, given as such, as its number, or as its name in any case ("audience", "3x")."""
    if isinstance(value, int):
        if not -(2**31) <= value < 2**31:
            raise invalid(argument, f"{argument} is {value}; it is one of {_names(enum)}")
        return int(value)
    if not isinstance(value, str):
        raise TypeError(f"{argument} is one of {_names(enum)}, not {value!r}")
    wanted = value.upper().replace(" ", "_")
    for name in (wanted, f"{enum.__name__.upper()}_{wanted}"):
        if name in enum.__members__:
            return int(enum.__members__[name])
    raise invalid(
        argument, unknown_name(argument.rstrip("s"), value, map(str.lower, enum.__members__))
    )


def _names(enum: type[NumberT]) -> str:
    return ", ".join(f"{enum.__name__}.{name}" for name in enum.__members__)


def check_names(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """TypeError, with the nearest right name, when a name is not known."""
    known = list(known)
    for name in given:
        if name not in known:
            raise TypeError(unknown_name(what, name, known))


def mapping(argument: str, value: Mapping[Any, Any] | None, of: str) -> Mapping[Any, Any]:
    """A dict; None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument} is a dict of {of}, not {value!r}")
    return value


def function(argument: str, value: Any) -> None:
    """Something that can be called."""
    if not callable(value):
        raise TypeError(f"{argument} is a function, not {value!r}")


def durations(
    argument: str, given: Mapping[str, float] | None, known: Iterable[str]
) -> dict[str, int]:
    """A dict of seconds by name as one of nanoseconds, 0 where nothing was given, which is the library's default."""
    values = mapping(argument, given, "seconds by name")
    known = list(known)
    check_names(argument.rstrip("s"), values, known)
    return {
        name: nanoseconds(f"{argument}[{name!r}]", values[name], least=1e-3)
        if name in values
        else 0
        for name in known
    }
