"""Handles of the C library: used under a lock, freed once, closed at the interpreter's exit, void after fork()."""

from __future__ import annotations

import atexit
import os
import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

from . import _rejoin
from .errors import RejoinError, status_error
from .numbers import Status

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_live: dict[
    int, Handle
] = {}  # in the order of their making, so that runtimes come before what lives in them


after_fork: list[Callable[[], None]] = []
"""what else is to be made anew in the child of a fork()"""


class Handle:
    """One handle. Hold `lock` while `pointer` is given to a C function, so that no thread frees it meanwhile."""

    __slots__ = ("_error_text", "_free", "_why_gone", "lock", "pointer", "what")

    def __init__(
        self,
        what: str,
        pointer: _rejoin.Pointer,
        free: Callable[[_rejoin.Pointer], None],
        error_text: Callable[[_rejoin.Pointer], str],
    ) -> None:
        self.what = what
        self.pointer: _rejoin.Pointer | None = pointer
        self.lock = threading.RLock()
        self._free = free
        self._error_text = error_text
        self._why_gone = ""
        _live[id(self)] = self

    def get(self) -> _rejoin.Pointer:
        """The pointer, for a caller that holds the lock. RejoinError NOT_INITIALIZED once it is gone."""
        if self.pointer is None:
            raise RejoinError(Status.NOT_INITIALIZED, None, f"this {self.what} {self._why_gone}")
        return self.pointer

    def check(self, status: int, names: Mapping[str, str] | None = None) -> int:
        """A status that is no failure, else RejoinError with the handle's text, for a caller that holds the lock.

        names  as for `status_error`
        """
        if status < 0:
            raise status_error(status, self._error_text(self.get()), names)
        return status

    def close(self) -> None:
        """Free it; a second time is nothing."""
        with self.lock:
            pointer, self.pointer = self.pointer, None
            if pointer is not None:
                self._why_gone = "is closed"
                _live.pop(id(self), None)
                self._free(pointer)

    def forget(self) -> None:
        """In the child of a fork(): the thread that served it is the parent's, and so are its sockets."""
        self.lock = threading.RLock()  # another thread may have held the old one
        self.pointer = None
        self._why_gone = "was made before fork(); a child process makes its own"


class Closeable:
    """What is to be closed: it does so when it is lost, and warns that nobody did."""

    _handle: Handle

    def close(self) -> None:
        """Free it; a second time is nothing."""
        self._handle.close()

    def _is_closed(self) -> bool:
        handle = getattr(self, "_handle", None)  # none yet where making it failed
        return handle is None or handle.pointer is None

    def __del__(self) -> None:
        if not self._is_closed():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=2)
            self.close()


class Closing(Closeable):
    """What a `with` block closes at its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@atexit.register
def _close_all() -> None:
    for handle in reversed(list(_live.values())):
        handle.close()


def _forget_all() -> None:
    for handle in _live.values():
        handle.forget()
    _live.clear()
    for function in after_fork:
        function()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
