"""The settings of rejoin-edge as it prints them (--example-config), and what the docs have of them (renew_docs.py)."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path("core") / "edge" / "program" / "rejoin-edge"
BEGIN, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"


@dataclass
class Setting:
    group: str  # "app" is [app NAME]
    key: str
    about: str
    value: str
    live: bool
    default: str  # "": none


def example(program: Path) -> str:
    return subprocess.run(
        [program, "--example-config"], check=True, capture_output=True, text=True
    ).stdout


def settings(text: str) -> list[Setting]:
    found: list[Setting] = []
    group = ""
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if not lines:
            continue
        if header := re.match(r"#?\[(\w+).*\]$", lines[-1]):
            group = header[1]
        elif key := re.fullmatch(r"#(\w+) =(?: (.+))?", lines[-1]):
            value, _, restart = lines[-2].removeprefix("# Value: ").partition("; ")
            about = " ".join(line.removeprefix("# ") for line in lines[:-2])
            found.append(Setting(group, key[1], about, value, not restart, key[2] or ""))
    return found


def shown_group(group: str) -> str:
    return "[app NAME]" if group == "app" else f"[{group}]"


def table(text: str) -> str:
    """For docs/operating.md: a table for each group."""
    lines: list[str] = []
    group = ""
    for one in settings(text):
        if one.group != group:
            group = one.group
            lines += ["", f"`{shown_group(group)}`", ""]
            lines += [
                "| key | value | default | reload | what it is for |",
                "|---|---|---|---|---|",
            ]
        default = f"`{one.default}`" if one.default else "–"
        reload = "yes" if one.live else "restart"
        about = one.about.replace("|", "\\|")
        lines.append(f"| `{one.key}` | {one.value} | {default} | {reload} | {about} |")
    return "\n".join([*lines[1:], ""])


def roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped)


HEAD = r""".\" The manual page of rejoin-edge.conf, made of the table of settings: python3 tests/meta/renew_docs.py
.TH REJOIN-EDGE.CONF 5 "" "Rejoin" "File formats"
.SH NAME
rejoin\-edge.conf \- the settings of rejoin\-edge
.SH DESCRIPTION
.BR rejoin\-edge (8)
reads the file that
.B \-\-config
names; the service reads
.IR /etc/rejoin\-edge/rejoin\-edge.conf .
All of it is optional. Lines are a group in brackets, KEY = VALUE, or a comment that begins with #. In values \es, \en,
\et, \er and \e\e stand for a space, a newline, a tab, a carriage return and a backslash.
.PP
.B rejoin\-edge \-\-config
.I FILE
.B \-\-check\-config
says whether all is well with it, and with the files that it names. After a change,
.B systemctl reload rejoin\-edge
or SIGHUP takes it over while members stay, but for the settings below that take a restart. A file with anything
wrong in it changes nothing.
"""

GROUPS = {
    "edge": "The edge itself.",
    "limits": "What it takes at most. Lower limits put nobody out who is in.",
    "timers": "Times of the behaviour.",
    "log": "The log, on standard error.",
    "http": "Administration over HTTP (docs/http.md).",
    "webhooks": "Events that are posted to a URL of yours (docs/http.md).",
    "app": "One group for each app; the name is the app id. Without any, every app id is welcome, and tokens are not "
    "looked at. Members of an app that a reload takes away stay until they rejoin.",
}

TAIL = r""".SH FILES
.I /etc/rejoin\-edge/rejoin\-edge.conf
holds the apps' secrets: root writes it, and the group rejoin\-edge reads it.
.SH SEE ALSO
.BR rejoin\-edge (8)
"""


def man_page(text: str) -> str:
    lines: list[str] = []
    group = ""
    for one in settings(text):
        if one.group != group:
            group = one.group
            lines += [f".SH {roff(shown_group(group))}"]
            lines += [roff(GROUPS[group])] if group in GROUPS else []
        lines += [".TP", f".B {roff(one.key)}", roff(one.about)]
        told = [f"Value: {one.value}."]
        told += [f"Default: {one.default}."] if one.default else []
        told += [] if one.live else ["A change takes a restart."]
        lines += [".br", roff(" ".join(told))]
    return HEAD + "\n".join([*lines, ""]) + TAIL
