"""Links in the docs lead to files and headings that are there; the docs name only rows and events that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tree import ROOT, tree_files

PAGES = [path for path in tree_files() if path.suffix == ".md"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text: str) -> str:
    """Neither fenced nor indented code, nor code within a line, has links or headings."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^    .*$", "", text, flags=re.MULTILINE)
    return re.sub(r"(?<!\[)`[^`\n]*`(?!\])", "code", text)


def anchors(text: str) -> set[str]:
    """As GitHub names headings, and what the page names by itself."""
    found: set[str] = set(re.findall(r'<a id="([^"]+)">', text))
    fences = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for heading in re.findall(r"^#+ (.+)$", fences, re.MULTILINE):
        shown = re.sub(r"<[^>]+>|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 1
        while (name := slug if number == 1 else f"{slug}-{number - 1}") in found:
            number += 1
        found.add(name)
    return found


def dead_links(page: Path, text: str) -> list[str]:
    dead = []
    for target in LINK.findall(without_code(text)):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists():
            dead.append(target)
        elif anchor:
            there = text if file == page else file.read_text()
            if anchor not in anchors(there):
                dead.append(target)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    assert not dead_links(page, page.read_text())


def test_dead_links_are_noticed() -> None:
    page = ROOT / "README.md"
    text = "# Here it is\n[a](#here-it-is) [b](#not-here) [c](LICENSE) [d](nowhere.md) [e](docs/tokens.md#nowhere)\n"
    assert dead_links(page, text) == ["#not-here", "nowhere.md", "docs/tokens.md#nowhere"]


def test_every_page_of_the_docs_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in LINK.findall(without_code(page.read_text())):
            path = (page.parent / target.partition("#")[0]).resolve()
            if path.suffix == ".md" and path.is_file():
                waiting.append(path)
    assert not [page for page in PAGES if page.parent == ROOT / "docs" and page not in seen]


def test_the_docs_name_no_row_that_does_not_exist() -> None:
    rows = (Path(__file__).with_name("spec_rows.txt")).read_text().split()
    for page in PAGES:
        named = re.findall(r"(?<![\w-])[SPNDAR]-\d{1,2}(?![\w-])", page.read_text())
        assert not set(named) - set(rows), page


def test_the_table_of_events_is_the_library_s() -> None:
    text = (ROOT / "docs" / "behaviour.md").read_text()
    table = text.partition("<!-- events: begin -->")[2].partition("<!-- events: end -->")[0]
    shown = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, re.MULTILINE)
    definition = (ROOT / "abi" / "events.def").read_text()
    rows = re.findall(r"^RJ_EVENT_ROW\((\w+), \w+, (.*)\)$", definition, re.MULTILINE)
    assert [name for name, _ in shown] == [name.lower() for name, _ in rows]
    for (name, fields), (_, arguments) in zip(shown, rows):
        wanted = len(re.findall(r"RJ_ARG", arguments))
        assert len(fields.split(", ")) == wanted or (fields == "–" and wanted == 0), name
