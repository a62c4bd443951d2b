"""The page docs/c-api.md, out of the public header and in its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

GUARDS = ("#if", "#endif", "#else", "#define", "#ifdef", "#ifndef", "#include", "#pragma")
NOISE = re.compile(r"\b(RJ_API|RJ_NONNULL|RJ_NULLABLE|RJ_ENUM_OPEN)\b ?")
TITLES = {
    "numbers": "Numbers and their names",
    "runtime": "Runtimes",
    "client": "Clients",
    "edge": "Edges",
    "tokens": "Tokens",
}


@dataclass
class Item:
    """Declarations that one text explains."""

    text: str = ""
    codes: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        return [name for code in self.codes for name in declared_names(code)]


@dataclass
class Section:
    name: str
    text: str = ""
    items: list[Item] = field(default_factory=list)


# ---- reading


def _comment_text(comment: str) -> str:
    """Without its stars."""
    inner = re.sub(r"^/\*+<? ?|\s*\*/$", "", comment)
    return "\n".join(re.sub(r"^\s*\* ?", "", line).rstrip() for line in inner.split("\n")).strip()


def _pieces(header: str) -> list[tuple[str, str]]:
    """("comment" | "code" | "gap", its text): comments outside of declarations, declarations, blank lines."""
    pieces, at = [], 0
    while at < len(header):
        if header.startswith("/*", at):
            end = header.index("*/", at) + 2
            pieces.append(("comment", header[at:end]))
        elif header[at] == "#":
            end = at
            while True:  # lines that a backslash goes on
                end = header.index("\n", end) + 1
                if header[end - 2] != "\\":
                    break
        elif header[at].isspace():
            end = at + re.match(r"\s+", header[at:]).end()  # type: ignore[union-attr]
            if header[at:end].count("\n") > 1:
                pieces.append(("gap", ""))
        elif header.startswith('extern "C" {', at):
            end = at + len('extern "C" {')
        elif header[at] == "}":  # of extern "C"
            end = at + 1
        else:
            end = _declaration_end(header, at)
            pieces.append(("code", header[at:end]))
        at = end
    return pieces


def _declaration_end(header: str, at: int) -> int:
    depth = 0
    while True:
        if header.startswith("/*", at):
            at = header.index("*/", at) + 2
            continue
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(header[at], 0)
        at += 1
        if header[at - 1] == ";" and depth == 0:
            return at


def read(header: str) -> tuple[str, list[Section]]:
    """The page at its beginning, and its sections."""
    pieces = _pieces(header)
    kind, preamble = pieces[0]
    assert kind == "comment"
    sections: list[Section] = []
    waiting, is_open = (
        "",
        False,
    )  # a comment for what follows; may another declaration join the last item?
    for kind, piece in pieces[1:]:
        if kind == "comment" and (title := re.match(r"/\* =+ (.+) \*/", piece)):
            sections.append(Section(title[1]))
            waiting, is_open = "", False
        elif not sections:
            continue
        elif kind == "comment" and piece.startswith("/**<"):
            item = sections[-1].items[-1]
            item.text = f"{item.text}\n\n{_comment_text(piece)}".strip()
        elif kind == "comment":
            waiting, is_open = _comment_text(piece), False
        elif kind == "gap":
            if waiting and not sections[-1].items:
                sections[-1].text, waiting = waiting, ""
            is_open = False
        elif is_open and not waiting:
            sections[-1].items[-1].codes.append(piece)
        else:
            sections[-1].items.append(Item(waiting, [piece]))
            # a text stands for all the functions right under it
            waiting, is_open = "", "(" in piece and "{" not in piece
    return _comment_text(preamble), sections


def declared_names(code: str) -> list[str]:
    """What a declaration makes known; of an enum without a name its constants."""
    code = NOISE.sub("", re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL))
    if match := re.match(r"typedef .*\(\*(\w+)\)", code):
        return [match[1]]
    if code.startswith("typedef"):
        return re.findall(r"(\w+)\s*;$", code)
    if code.startswith("enum"):
        return re.findall(r"(\w+) =", code)
    return re.findall(r"(\w+)\s*\(", code)[:1]


# ---- writing


class Writer:
    def __init__(self, sections: list[Section]) -> None:
        self._known = {
            name for section in sections for item in section.items for name in item.names()
        }

    def prose(self, text: str) -> str:
        """Markdown of a comment: its paragraphs, its lists of arguments, its examples."""
        paragraphs = []
        for paragraph in re.split(r"\n\s*\n", text):
            lines = paragraph.split("\n")
            if all(line.startswith("    ") for line in lines):
                paragraphs.append(paragraph)
            elif re.match(r"#+ ", lines[0]):
                paragraphs.append(f"##{lines[0]}")
            elif arguments_of(lines):
                paragraphs.append(
                    "\n".join(
                        f"- `{name}`: {self._inline(said)}" for name, said in arguments_of(lines)
                    )
                )
            else:
                paragraphs.append(self._inline(" ".join(line.strip() for line in lines)))
        return "\n\n".join(paragraphs)

    def _inline(self, text: str) -> str:
        def code(match: re.Match[str]) -> str:
            word = match[0]
            return f"[`{word}`](#{word.lower()})" if word in self._known else f"`{word}`"

        for path in ("docs/behaviour.md", "docs/tokens.md", "abi/events.def"):
            name = path.rpartition("/")[2]
            link = name if path.startswith("docs") else f"../{path}"
            text = text.replace(path, f"[{name}]({link})")
        text = text.replace("|", "\\|").replace("<", "&lt;")
        return re.sub(r"\*?(?<![\w`*])[\w*]*[_*][\w*]*(?:\.\w+)?(?: = -?\d+)?", code, text)

    def item(self, item: Item) -> str:
        names = item.names()
        # A heading of one name is its own anchor.
        anchors = "".join(f'<a id="{name.lower()}"></a>' for name in names if len(names) > 1)
        parts = [f"### {anchors}{', '.join(f'`{name}`' for name in names)}"]
        if item.text:
            parts.append(self.prose(item.text))
        lines = [_tidy(code) for code in item.codes if "{" not in code]
        if lines:
            parts.append("\n".join(["```c", *lines, "```"]))
        may_be_null = [name for code in item.codes for name in _nullable(code)]
        if may_be_null:
            parts.append(f"May be NULL: {', '.join(f'`{name}`' for name in may_be_null)}.")
        parts += [self._table(code) for code in item.codes if "{" in code]
        return "\n\n".join(parts)

    def _table(self, code: str) -> str:
        match = re.match(r"(?:typedef )?(struct|enum)[^{;]*\{(.*)\}[^}]*;$", code, re.DOTALL)
        assert match is not None, code
        rows = _values(match[2]) if match[1] == "enum" else _fields(match[2])
        second = "value" if match[1] == "enum" else "type"
        table = [f"| {'name' if match[1] == 'enum' else 'field'} | {second} | |", "|---|---|---|"]
        table += [
            f"| `{name}` | {f'`{what}`' if what else ''} | {self._inline(said)} |".replace(
                "  |", " |"
            )
            for name, what, said in rows
        ]
        return "\n".join(table)


def _nullable(code: str) -> list[str]:
    """The arguments of a function that the header lets be NULL."""
    if "(" not in code or "{" in code or code.startswith("typedef"):
        return []
    return re.findall(r"RJ_NULLABLE\s+(\w+)\s*[,)]", code) + re.findall(
        r"\(\*RJ_NULLABLE (\w+)\)", code
    )


def arguments_of(lines: list[str]) -> list[tuple[str, str]]:
    """[(name, text)] where a paragraph lists arguments: a name, two spaces or more, a text with its own left edge."""
    found: list[tuple[str, str]] = []
    for line in lines:
        match = re.match(r"(\w+(?:, \w+)*)\s{2,}(\S.*)", line)
        if match:
            found.append((match[1].replace(", ", "`, `"), match[2]))
        elif found and line.startswith("  "):
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        elif found and re.match(r"\w+, \w+ \w", line):  # a name that leaves no room
            name, said = line.split(" ", 2)[:2], line.split(" ", 2)[2]
            found.append((" ".join(name).replace(", ", "`, `"), said))
        else:
            return []
    return found


def _tidy(code: str) -> str:
    """One line where it fits, else an argument on each."""
    code = " ".join(NOISE.sub("", code).split())
    code = code.replace("( ", "(").replace("* *", "**")
    if len(code) <= 96 or "(*" in code:
        return code
    head, arguments = code.split("(", 1)
    inner = re.split(r", (?![^(]*\))", arguments.removesuffix(");"))
    return f"{head}(\n    " + ",\n    ".join(inner) + ");"


def _flat(comment: str) -> str:
    return " ".join(_comment_text(comment).split())


def _members(body: str, end: str) -> list[tuple[str, str]]:
    """(code, what its comments say) of each member: a comment before it, or one that points back at it."""
    found: list[tuple[str, str]] = []
    before = code = ""
    depth = 0
    for token in re.findall(r"/\*.*?\*/|[^/]|/", body, re.DOTALL):
        if token.startswith("/*"):
            if token.startswith("/**<") and not code.strip() and found:
                found[-1] = (found[-1][0], f"{found[-1][1]} {_flat(token)}".strip())
            else:
                before = f"{before} {_flat(token)}".strip()
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == end and depth == 0:
            found.append((" ".join(code.split()), before))
            before = code = ""
        else:
            code += token
    if code.strip():
        found.append((" ".join(code.split()), before))
    return found


def _values(body: str) -> list[tuple[str, str, str]]:
    rows = []
    for code, said in _members(body, ","):
        name, _, value = code.partition(" = ")
        rows.append((name, value, said))
    return rows


def _fields(body: str) -> list[tuple[str, str, str]]:
    rows = []
    for code, said in _members(body, ";"):
        code = NOISE.sub("", code).strip()
        if function := re.match(r"(.*)\(\* ?(\w+)\)(\(.*\))$", code):
            rows.append((function[2], f"{function[1]}(*){function[3]}", said))
            continue
        words = re.match(r"((?:const )?\w+ (?:\*(?:const )?)*\**)(.*)", code)
        assert words is not None, code
        rows.append((words[2].replace(", ", "`, `"), words[1].strip(), said))
    return rows


def page(header: str) -> str:
    """The whole page."""
    preamble, sections = read(header)
    writer = Writer(sections)
    title, _, rest = preamble.partition("\n\n")
    parts = [
        "# The C interface",
        "Made from [`abi/include/rejoin/rejoin.h`](../abi/include/rejoin/rejoin.h) by `tests/meta/renew_docs.py`; "
        "change the header, not this page. What happens when, and why, is in [behaviour.md](behaviour.md).",
        writer.prose(title),
        "\n".join(_contents(sections)),
        writer.prose(rest),
    ]
    for section in sections:
        parts.append(f"## {TITLES[section.name]}")
        if section.text:
            parts.append(writer.prose(section.text))
        parts += [writer.item(item) for item in section.items]
    return "\n\n".join(parts) + "\n"


def _contents(sections: list[Section]) -> list[str]:
    lines = ["| | types | functions |", "|---|---|---|"]
    for section in sections:
        title = TITLES[section.name]
        anchor = title.lower().replace(" ", "-")
        types, functions = [], []
        for item in section.items:
            for code in item.codes:
                is_type = code.startswith("typedef")
                links = [f"[`{name}`](#{name.lower()})" for name in declared_names(code)]
                if not code.startswith("enum"):
                    (types if is_type else functions).extend(links)
        lines.append(f"| [{title}](#{anchor}) | {' '.join(types)} | {' '.join(functions)} |")
    return lines
