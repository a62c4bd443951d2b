"""A script's bot: loaded from a file, and looked over before anything starts."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

from ..errors import unknown_name
from ..events import EVENT_FIELDS
from .bot import Bot

MODULE = "rejoin_bot_script"
ALL = "on_event"


class ScriptError(Exception):
    """A script cannot be used; the text names file, line and what is right."""


class Script:
    """A class of bots, and which of its functions hear which events.

    ScriptError: it is not one.
    """

    def __init__(self, bot: type[Bot]) -> None:
        self.bot = bot
        if not (isinstance(bot, type) and issubclass(bot, Bot)):
            raise ScriptError(f"{bot!r} is not a class derived from rejoin.bots.Bot")
        _check_async(bot, "run")
        for name in ("join", "leave", "stay", "sleep", "wait_for"):
            _check_async(bot, name)
        self._listeners = _listeners(bot)
        self.hears = bool(self._listeners)
        """whether it has functions for events at all"""
        self.awaits = any(map(inspect.iscoroutinefunction, self._listeners.values()))
        """whether one of them is async"""
        everywhere = self._listeners.get(ALL)
        self._heard_by: dict[str, tuple[Callable[[Any, Any], object], ...]] = {
            name: tuple(
                function
                for function in (everywhere, self._listeners.get(f"on_{name}"))
                if function is not None
            )
            for name in EVENT_FIELDS
        }
        self._else = () if everywhere is None else (everywhere,)

    def heard_by(self, name: str) -> tuple[Callable[[Any, Any], object], ...]:
        """The functions that hear an event of this name, each to be called with the bot and the event."""
        return self._heard_by.get(name, self._else)


def load(given: str) -> type[Bot]:
    """The class of bots that FILE.py or FILE.py:CLASS names.

    ScriptError: there is none, or what is in the file raises.
    """
    name, colon, wanted = given.rpartition(":")
    if not colon or not wanted.isidentifier():
        name, wanted = given, ""
    path = Path(name)
    module = _run(path)
    bots = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Bot) and value is not Bot
    }
    own = {key: value for key, value in bots.items() if value.__module__ == MODULE}
    if wanted:
        if wanted in bots:
            return bots[wanted]
        found = getattr(module, wanted, None)
        if found is not None:
            raise ScriptError(
                f"{_place(path, found)}: {wanted} is not derived from rejoin.bots.Bot"
            )
        raise ScriptError(
            f"{path}: {unknown_name('class', wanted, bots) if bots else _none(path, module)}"
        )
    if not own:
        raise ScriptError(f"{path}: {_none(path, module)}")
    last = [value for value in own.values() if not _is_derived_from(value, own.values())]
    if len(last) > 1:
        names = ", ".join(value.__name__ for value in last)
        raise ScriptError(
            f"{path} has several bots: {names}; name one, as {path}:{last[0].__name__}"
        )
    return last[0]


def _is_derived_from(bot: type[Bot], others: Iterable[type[Bot]]) -> bool:
    """Whether another one is derived from this one, which is then no more than its base."""
    return any(other is not bot and issubclass(other, bot) for other in others)


def _none(path: Path, module: ModuleType) -> str:
    """Says that there is no bot, and what might have been meant to be one."""
    others = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == MODULE
    ]
    text = "there is no class derived from rejoin.bots.Bot"
    return text + "".join(
        f"; derive {other.__name__} ({_place(path, other)}) from it" for other in others[:1]
    )


def _run(path: Path) -> ModuleType:
    """What the file defines."""
    if not path.is_file():
        raise ScriptError(f"there is no file {str(path)!r}{_near(path)}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # so that it can import what lies beside it
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise ScriptError(f"{path} is not a Python file; its name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ScriptError(f"{error.filename}:{error.lineno}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise ScriptError(f"{where(error, path)}: {type(error).__name__}: {error}") from error
    return module


def where(error: BaseException, path: Path | None = None) -> str:
    """FILE:LINE of the last line of the script that an exception went through; of any, where it went through none."""
    file = path or getattr(sys.modules.get(MODULE), "__file__", None)
    frames = list(traceback.extract_tb(error.__traceback__))
    own = [frame for frame in frames if file is not None and Path(frame.filename) == Path(file)]
    for frame in reversed(own or frames):
        return f"{frame.filename}:{frame.lineno}"
    return str(file or "?")


def _near(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == ".py")
    except OSError:
        return f"; nor a folder {str(path.parent)!r}"
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"; did you mean {str(path.with_name(near[0]))!r}?" if near else ""


def _place(path: Path | str, thing: Any) -> str:
    """FILE:LINE of a class or a function."""
    try:
        return f"{path}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return str(path)


def _check_async(bot: type[Bot], name: str) -> None:
    function = getattr(bot, name)
    if not inspect.iscoroutinefunction(function):
        file = inspect.getsourcefile(bot) or "?"
        raise ScriptError(f"{_place(file, function)}: {bot.__name__}.{name} is not an 'async def'")


def _listeners(bot: type[Bot]) -> dict[str, Callable[[Any, Any], object]]:
    """The functions that hear events, by their names, which are those of events."""
    known = [ALL, *(f"on_{name}" for name in EVENT_FIELDS)]
    found: dict[str, Callable[[Any, Any], object]] = {}
    for name in dir(bot):
        function = inspect.getattr_static(bot, name)
        if not name.startswith("on_") or not callable(function):
            continue
        if name not in known:
            file = inspect.getsourcefile(bot) or "?"
            there = unknown_name("event function", name, known)
            raise ScriptError(f"{_place(file, function)}: {bot.__name__}: {there}")
        found[name] = function
    return found
