"""The reference in docs/python.md, out of the package's own docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Union

from header_page import arguments_of

BEGIN, END = "<!-- reference: begin -->\n", "<!-- reference: end -->\n"

# Where each name is written, under the heading that it gets. What several classes share has a heading of its own.
GROUPS: dict[str, list[tuple[str, str, str]]] = {
    "Clients": [
        ("Every client", "member", "Member"),
        ("Clients without an event loop", "member", "SyncMember"),
        ("rejoin.Client", "client", "Client"),
        ("rejoin.aio.Client", "aio", "Client"),
        ("rejoin.SimulatedClient", "simulation", "SimulatedClient"),
        ("rejoin.ClientOptions", "options", "ClientOptions"),
        ("rejoin.Link", "link", "Link"),
        ("rejoin.Faults", "link", "Faults"),
        ("rejoin.Runtime", "runtime", "Runtime"),
    ],
    "Edges": [
        ("Every edge", "edge", "EdgeBase"),
        ("rejoin.Edge", "edge", "Edge"),
        ("rejoin.SimulatedEdge", "simulation", "SimulatedEdge"),
        ("rejoin.Bus", "bus", "Bus"),
        ("rejoin.EdgeOptions", "options", "EdgeOptions"),
        ("rejoin.Kick", "kicks", "Kick"),
    ],
    "Simulations": [
        ("rejoin.Simulation", "simulation", "Simulation"),
        ("rejoin.aio.run", "simulated_loop", "run"),
        ("rejoin.aio.SimulationLoop", "simulated_loop", "SimulationLoop"),
    ],
    "Events and errors": [
        ("rejoin.Event", "events", "Event"),
        ("rejoin.EVENT_FIELDS", "events", "EVENT_FIELDS"),
        ("rejoin.Stats", "events", "Stats"),
        ("rejoin.RejoinError", "errors", "RejoinError"),
        ("rejoin.JoinError", "errors", "JoinError"),
    ],
    "Tokens": [
        ("rejoin.token.build", "token", "build"),
        ("rejoin.token.inspect", "token", "inspect"),
        ("rejoin.token.TokenInfo", "token", "TokenInfo"),
    ],
    "Pictures": [
        (f"rejoin.timeline.{name}", "timeline/model", name)
        for name in ("Timeline", "Lane", "Bar", "Mark", "Span", "Stop")
    ],
    "Bots": [
        ("rejoin.bots.Bot", "bots/bot", "Bot"),
        ("rejoin.bots.run", "bots/load", "run"),
        ("rejoin.bots.Plan", "bots/plan", "Plan"),
        ("rejoin.bots.Report", "bots/report", "Report"),
        ("rejoin.bots.Times", "bots/report", "Times"),
        ("rejoin.bots.Process", "bots/report", "Process"),
        ("rejoin.bots.Failure", "bots/counts", "Failure"),
        ("rejoin.bots.Sample", "bots/counts", "Sample"),
    ],
    "Tests": [
        ("rejoin.testing.sequence", "testing", "sequence"),
        ("rejoin.testing.at", "testing", "at"),
    ],
    "Numbers": [
        (f"rejoin.{name}", "numbers", name)
        for name in (
            *(
                "State",
                "Reason",
                "OfflineReason",
                "Status",
                "Network",
                "Role",
                "Profile",
                "Dialect",
            ),
            *("EventKind", "AttemptOutcome", "Privilege"),
        )
    ],
}
WITHOUT_SIGNATURE = ("Every client", "Clients without an event loop", "Every edge", "rejoin.Link")

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]


def reference(package: Path) -> str:
    """All of it."""
    parts = []
    for group, entries in GROUPS.items():
        parts.append(f"### {group}")
        for heading, module, name in entries:
            path = package / f"{module}.py"
            entry = "\n\n".join(_entry(heading, _node(path, name)))
            parts.append(_with_values(entry, path))
    return "\n\n".join(parts) + "\n"


def public_names(package: Path) -> list[str]:
    """What the package exports."""
    names = _node(package / "__init__.py", "__all__")
    assert isinstance(names, ast.Assign)
    found: list[str] = ast.literal_eval(names.value)
    return found


def _node(path: Path, name: str) -> ast.stmt:
    body = ast.parse(path.read_text()).body
    for at, node in enumerate(body):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            node.value = body[at + 1].value  # type: ignore[attr-defined]  # the text under it
            return node
    raise ValueError(f"{path.name} has no {name}")


def _with_values(text: str, path: Path) -> str:
    """Defaults that a constant of the module names, by their value."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            text = re.sub(rf"= {ast.unparse(node.targets[0])}\b", f"= {node.value.value!r}", text)
    return text


def prose(text: str) -> str:
    """Markdown of a docstring: paragraphs, and lists of arguments."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.split("\n")
        arguments = arguments_of(lines)
        if all(line.startswith("    ") for line in lines):
            paragraphs.append(paragraph)
        elif arguments:
            paragraphs.append("\n".join(f"- `{name}`: {said}" for name, said in arguments))
        else:
            paragraphs.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(paragraphs).replace("<", "&lt;")


def _entry(heading: str, node: ast.stmt) -> Iterator[str]:
    ticked = f"`{heading}`" if heading.startswith("rejoin.") else heading
    yield f"#### {ticked}"
    if isinstance(node, ast.AnnAssign):
        assert isinstance(node.value, ast.Constant)
        yield prose(node.value.value)
        return
    assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
    text = ast.get_docstring(node)
    if isinstance(node, ast.FunctionDef):
        yield f"```py\n{_signature(heading, node)}\n```"
    elif heading not in WITHOUT_SIGNATURE and (maker := _method(node, "__init__")):
        yield f"```py\n{_signature(heading, maker)}\n```"
    if text:
        yield prose(text)
    if isinstance(node, ast.ClassDef):
        yield from _members(node)


def _method(node: ast.ClassDef, name: str) -> Function | None:
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name == name:
            return item
    return None


def _members(node: ast.ClassDef) -> Iterator[str]:
    fields = list(_fields(node))
    if fields:
        yield "\n".join(["| | | |", "|---|---|---|", *fields])
    for item in node.body:
        is_function = isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
        if is_function and not item.name.startswith("_") and not _is_property(item):
            text = prose(ast.get_docstring(item) or "")
            yield f"**`{_signature(item.name, item)}`**\n\n{text}"


def _is_property(item: Function) -> bool:
    names = ("property", "cached_property")
    return any(ast.unparse(decorator) in names for decorator in item.decorator_list)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    """Rows of name, type or number, text: fields, properties, and what __init__ says that it makes."""
    maker = _method(node, "__init__")
    bodies = [node.body, maker.body if maker else []]
    for body in bodies:
        for item, after in zip(body, [*body[1:], ast.Pass()]):
            said = _text_of(after)
            name = kind = ""
            if isinstance(item, ast.AnnAssign) and body is node.body:
                name, kind = ast.unparse(item.target), ast.unparse(item.annotation)
            elif isinstance(item, ast.Assign) and body is node.body:
                name, kind = ast.unparse(item.targets[0]), ast.unparse(item.value)
            elif isinstance(item, ast.Assign) and said:
                name = ast.unparse(item.targets[0]).removeprefix("self.")
            elif isinstance(item, ast.FunctionDef) and _is_property(item):
                name, kind = item.name, ast.unparse(item.returns) if item.returns else ""
                said = ast.get_docstring(item) or ""
            if name and not name.startswith("_"):
                yield _row(name, kind, said)


def _text_of(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def _row(name: str, kind: str, said: str) -> str:
    kind = f"`{kind}`".replace("|", "\\|") if kind else ""
    return f"| `{name}` | {kind} | {' '.join(said.split())} |".replace("  |", " |")


def _signature(name: str, function: Function) -> str:
    arguments = function.args
    if arguments.args and arguments.args[0].arg in ("self", "cls"):
        arguments.args.pop(0)
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    if function.name == "__init__":
        returns = ""
    shown = ast.unparse(arguments).replace("**options: Unpack[", "**options: ")
    shown = re.sub(r"(\*\*options: \w+)\]", r"\1", shown)
    shown = re.sub(r"(: [^,=]+)=", r"\1 = ", shown)
    prefix = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    if name.startswith("rejoin.") and len(shown) > 70:
        parts = re.split(r", (?![^\[]*\])", shown)
        shown = "\n    " + ",\n    ".join(parts) + ",\n"
    return f"{prefix}{name}({shown}){returns}"
