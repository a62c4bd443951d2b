"""What a player heard.

As text, a line per thing, its words separated by tabs:

    event  CLIENT  NS  O  NAME  FIELD=VALUE …   O: the client's last_heard then, 0 = never
    heard  NS  EDGE  CHANNEL  UID  WHEN         the edge's last_heard of a member that is watched
    result INDEX  NUMBER …                      what step INDEX answered
    origin NS                                   the runtime's clock at the beginning

Numbers of enums are decimal, `elapsed` in ms, `next_delay` in ns (-1: none), `data` in hex; stats
are left out. Times are the runtime's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..events import EVENT_FIELDS, Event
from .model import Value, shown

TEXT_FIELDS = frozenset(("channel", "token", "data"))
TIMES = frozenset(("elapsed", "next_delay"))
"""fields that no two runs share"""


@dataclass(frozen=True)
class Heard:
    """One event; times in nanoseconds from the beginning."""

    client: str
    time: int
    outage: int
    """the client's last_heard when it came; below 0: never"""
    name: str
    fields: dict[str, Value]

    def line(self) -> str:
        """It as a line of a recording."""
        pairs = [f"{key}={value}" for key, value in self.fields.items()]
        return _line("event", self.client, self.time, self.outage, self.name, *pairs)

    def __str__(self) -> str:
        return shown(self.name, {k: v for k, v in self.fields.items() if k not in TIMES})


@dataclass
class Recording:
    """What one play of a scenario gave; times in nanoseconds from its beginning."""

    events: dict[str, list[Heard]] = field(default_factory=dict)
    last_heard: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """by uid: at which moment the edge had last heard it when"""
    results: dict[int, tuple[int, ...]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    """what the library said of a step that it refused, where the player is in Python"""
    digest: str = ""
    """SHA-256 of the log of a play in Python: the lines of all events and results, in the order in which
    they came; of one seed always the same in the simulator"""

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Recording:
        """A recording in text. ValueError: it is none."""
        recording, origin = cls(), 0
        for line in lines:
            words = [_unescape(word) for word in line.rstrip("\n").split("\t")]
            kind = words[0]
            if kind == "origin":
                origin = int(words[1])
            elif kind == "event":
                client, time, outage, name = words[1:5]
                pairs = (word.partition("=") for word in words[5:])
                fields: dict[str, Value] = {
                    key: text if key in TEXT_FIELDS else int(text) for key, _, text in pairs
                }
                own = recording.events.setdefault(client, [])
                heard = int(outage) - origin if int(outage) else -1
                own.append(Heard(client, int(time) - origin, heard, name, fields))
            elif kind == "heard":
                samples = recording.last_heard.setdefault(int(words[4]), [])
                samples.append((int(words[1]) - origin, int(words[5]) - origin))
            elif kind == "result":
                recording.results[int(words[1])] = tuple(map(int, words[2:]))
            elif kind:
                raise ValueError(f"a recording has no line {kind!r}")
        return recording

    def names(self) -> dict[str, list[str]]:
        """By client its events without their times: what is the same in every world and language."""
        return {client: [str(event) for event in events] for client, events in self.events.items()}


def result_line(index: int, result: tuple[int, ...]) -> str:
    """What a step answered as a line of a recording."""
    return _line("result", index, *result)


def _line(*words: Value) -> str:
    return "\t".join(escape(str(word)) for word in words) + "\n"


def escape(text: str) -> str:
    """A word of a plan or a recording."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def fields_of(event: Event) -> dict[str, Value]:
    """An event's fields as recordings have them."""
    fields: dict[str, Value] = {}
    for name in EVENT_FIELDS[event.name]:
        value = getattr(event, name)
        if name == "stats":
            continue
        if name == "next_delay":
            fields[name] = -1 if value is None else round(value * 1e9)
        elif name == "data":
            fields[name] = value.hex()
        elif isinstance(value, str):
            fields[name] = value
        else:
            fields[name] = int(value)
    return fields


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    parts = [part.replace("\\t", "\t").replace("\\n", "\n") for part in text.split("\\\\")]
    return "\\".join(parts)
