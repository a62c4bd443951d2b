"""Makes the pictures of docs/inspector.md: ./dev python tests/python/inspector_pictures.py FOLDER."""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path
from typing import Any

from inspector_fake import TOKEN, FakeEdge, Row, happening, member, now
from playwright.sync_api import Page, expect, sync_playwright

# Each member: channel, uid, s since it joined, its silences as (s ago that they ended, length), role.
STAYS: list[tuple[str, int, float, list[tuple[float, float]], str]] = [
    ("lobby", 12, 900, [], "broadcaster"),
    ("lobby", 31, 262, [(180, 5.2)], "broadcaster"),
    ("lobby", 77, 900, [(231, 12.4), (60, 4.8)], "broadcaster"),
    ("lobby", 104, 35, [], "broadcaster"),
    ("match-1", 7, 540, [(122, 17.6)], "broadcaster"),
    ("match-1", 8, 538, [(122, 17.1)], "broadcaster"),
    ("match-1", 9, 541, [], "broadcaster"),
    ("match-1", 4_000_000_001, 540, [(0, 9.3)], "broadcaster"),
    ("match-2", 21, 128, [], "broadcaster"),
    ("match-2", 22, 130, [], "broadcaster"),
    ("match-2", 23, 131, [(88, 6.1), (61, 7.9), (33, 11.0)], "broadcaster"),
    ("stage", 1, 2_400, [], "broadcaster"),
    ("stage", 2, 2_390, [(140, 14.0)], "broadcaster"),
    ("stage", 501, 1_100, [], "audience"),
    ("stage", 502, 210, [(0, 13.1)], "audience"),
    ("stage", 503, 700, [(92, 8.3)], "audience"),
]


def ago(seconds: float) -> int:
    return now() - round(seconds * 1_000)


def stay(
    channel: str, uid: int, joined: float, silences: list[tuple[float, float]], role: str
) -> Row:
    row = member(channel, uid, round(joined * 1_000), role=role, visible=role == "broadcaster")
    row["outages"] = {
        "count": len(silences),
        "total_ms": sum(1_000 * length for _, length in silences),
    }
    for ended, length in silences:
        row["history"].append(happening("silent", at=ago(ended + length - 4), span_ms=4_000))
        if ended:
            row["history"].append(happening("heard", at=ago(ended), span_ms=1_000 * length))
        else:
            row.update(state="silent", last_heard_ms=1_000 * length)
    return row


def act(fake: FakeEdge) -> None:
    """What happened lately."""
    by_uid = {row["uid"]: row for row in fake.rows}

    def tell(name: str, uid: int, seconds: float, **fields: Any) -> None:
        fake.tell(name, by_uid[uid], at=ago(seconds), **fields)

    tell("heard", 77, 60, span_ms=4_800)
    fake.tell(
        "refused",
        peer="198.51.100.7:50112",
        at=ago(52),
        reason={"code": 8, "name": "INVALID_TOKEN"},
    )
    tell("dropped", 503, 44, span_ms=656_000)
    tell("joined", 104, 35, span_ms=3.1)
    tell("heard", 23, 33, span_ms=11_000)
    tell("left", 22, 21, span_ms=109_000)
    tell("silent", 502, 9, span_ms=4_000)
    tell("silent", 4_000_000_001, 5.3, span_ms=4_000)
    for gone in (503, 22):
        fake.rows.remove(by_uid[gone])


# A PNG is three times as big.
TO_WEBP = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const paper = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
  paper.getContext("2d").drawImage(picture, 0, 0);
  return paper.toDataURL("image/webp", 0.85).split(",")[1];
}"""


def take(page: Page, file: Path) -> None:
    empty = page.context.new_page()
    png = base64.b64encode(page.screenshot()).decode()
    file.write_bytes(base64.b64decode(empty.evaluate(TO_WEBP, png)))
    empty.close()
    page.bring_to_front()


def main(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as play, FakeEdge([]) as fake:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme, picture in (("light", "inspector.webp"), ("dark", "inspector-dark.webp")):
            fake.rows = [stay(*row) for row in STAYS]
            size = {"width": 1360, "height": 740}
            context = browser.new_context(
                viewport=size, color_scheme=scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(fake.url)
            page.fill("#token", TOKEN)
            page.keyboard.press("Enter")
            expect(page.locator("#members .row:visible")).to_have_count(len(STAYS))
            act(fake)
            expect(page.locator("#side .line")).to_have_count(8)
            page.wait_for_timeout(4_500)  # for the edge's own figures, two of them
            take(page, folder / picture)
            if scheme == "light":
                page.keyboard.press("m")
                for _ in range(8):
                    page.keyboard.press("ArrowDown")
                page.keyboard.press("Enter")
                page.keyboard.press("k")
                page.wait_for_timeout(500)
                take(page, folder / "inspector-kick.webp")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
