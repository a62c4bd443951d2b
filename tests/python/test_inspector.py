"""The inspector, in a real Chromium: at rejoin-edge itself with members of its own, and at inspector_fake.py where an
edge would need too many."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import rejoin
from http_edge import Administered, joined
from inspector_fake import TOKEN, FakeEdge, Row, happening, many, member, now
from rejoin import Reason, State

SCALE = 0.1  # of the edge's and the members' timers: 4 s of silence are 0.4 s
HOSTILE = "<img src=x onerror=alert(1)>"  # a channel name that the contract allows


def missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing; ./dev setup installs it")
    pytest.skip(f"{what} is not here", allow_module_level=True)


try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    missing("playwright")


# ---- a browser, and pages of it --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        missing("chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Tab:
    """A page with what it complained about and asked for."""

    def __init__(self, browser: Any, url: str, **options: Any) -> None:
        self.url = url
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(8_000)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type != "log" else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(url)

    def log_in(self, token: str) -> None:
        self.page.fill("#token", token)
        self.page.keyboard.press("Enter")

    def row(self, uid: int) -> Any:
        cell = self.page.locator(f".uid:text-is('{uid}')")
        return self.page.locator("#members .row:visible", has=cell)

    def state_of(self, uid: int) -> Any:
        return self.row(uid).locator(".state")

    def timeline_of(self, uid: int) -> Any:
        return self.row(uid).locator("div.timeline[role=img]")


Open = Callable[..., Tab]
OpenFake = Callable[[list[Row]], FakeEdge]


@pytest.fixture
def open_fake() -> Iterator[OpenFake]:
    with ExitStack() as stack:
        yield lambda rows: stack.enter_context(FakeEdge(rows))


@pytest.fixture
def open_tab(browser: Any, open_fake: OpenFake) -> Iterator[Open]:  # what it looks at ends after it
    """Opens tabs. In the end none of them has complained, or asked anybody else than its edge."""
    tabs: list[Tab] = []

    def opened(url: str, token: str | None = TOKEN, **options: Any) -> Tab:
        tab = Tab(browser, url, **options)
        tabs.append(tab)
        if token is not None:
            tab.log_in(token)
            expect(tab.page.locator("#live")).to_have_text("live")
        return tab

    yield opened
    for tab in tabs:
        tab.context.close()
        assert not tab.wrong
        assert not [url for url in tab.asked if not url.startswith(tab.url)]
        assert not [url for url in tab.asked if "token" in url]


# ---- a real edge -----------------------------------------------------------------------------------------------------


class Program:
    """rejoin-edge, which can come back at the same addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listen, self.http = "127.0.0.1:0", "127.0.0.1:0"
        (folder / "config").write_text(f"[edge]\ntime_scale={SCALE}\n")
        self.start()

    def start(self) -> None:
        config, data = str(self.folder / "config"), str(self.folder / "data")
        listen = ["--listen", f"udp://{self.listen}"]
        self.running = Administered(
            "--config", config, "--data-dir", data, *listen, listen=self.http
        )
        self.listen = self.running.said["url"].removeprefix("rejoin://")
        self.http = ":".join(map(str, self.running.address))
        self.token, self.url = self.running.token, f"http://{self.http}/"

    def signal(self, which: signal.Signals) -> None:
        self.running.process.send_signal(which)

    def member(self, channel: str, uid: int) -> rejoin.Client:
        return joined(self.running, uid, channel, time_scale=SCALE)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.signal(signal.SIGCONT)
    program.running.end()


def test_it_shows_who_is_there(edge: Program, open_tab: Open) -> None:
    with edge.member("demo", 7), edge.member("demo", 4_000_000_001), edge.member(HOSTILE, 66):
        tab = open_tab(edge.url, edge.token)
        page = tab.page
        expect(page.locator("#members .row:visible")).to_have_count(3)
        expect(tab.state_of(7)).to_contain_text("heard")
        expect(tab.row(4_000_000_001).locator(".channel")).to_have_text("demo")
        expect(page.locator("#edge")).to_have_text(edge.running.said["url"])
        expect(page.locator(".tile.members .value")).to_have_text("3")
        expect(page.locator(".tile.channels .value")).to_have_text("2")
        # What was there before the page was; the round trip comes with the next look.
        expect(tab.row(4_000_000_001).locator(".rtt")).to_contain_text("ms")
        # A name is text and nothing else.
        expect(tab.row(66).locator(".channel")).to_have_text(HOSTILE)
        assert page.locator("main img").count() == 0
        # The token is in this tab's session and nowhere else.
        assert page.evaluate("Object.values(sessionStorage)") == [edge.token]
        assert edge.token not in page.evaluate(
            "JSON.stringify([location.href, {...localStorage}, document.cookie])"
        )


def test_events_are_pushed(edge: Program, open_tab: Open) -> None:
    tab = open_tab(edge.url, edge.token)
    expect(tab.page.locator("#nobody")).to_have_text("Nobody is here.")
    with edge.member("demo", 7):
        expect(tab.state_of(7)).to_contain_text("heard")
        expect(tab.page.locator("#side .line")).to_have_count(2)  # the channel, and who opened it
    expect(tab.state_of(7)).to_contain_text("left")
    expect(tab.timeline_of(7).locator(".span.left")).to_have_count(1)
    expect(tab.page.locator(".tile.members .value")).to_have_text("0")


def test_an_outage_is_seen_in_the_timeline(edge: Program, open_tab: Open) -> None:
    with edge.member("demo", 1), edge.member("demo", 2) as two:
        tab = open_tab(edge.url, edge.token)
        expect(tab.state_of(2)).to_contain_text("heard")
        assert tab.timeline_of(2).locator(".span.silent").count() == 0
        two.link.cut()
        expect(tab.state_of(2)).to_contain_text("silent")
        expect(tab.timeline_of(2).locator(".span.silent")).to_have_count(1)
        expect(tab.page.locator(".tile.members .note")).to_have_text("1 heard · 1 silent")
        two.link.heal()
        expect(tab.state_of(2)).to_contain_text("heard")
        expect(tab.row(2).locator(".outages")).to_contain_text("1 · ")
        expect(tab.timeline_of(2)).to_have_attribute("aria-label", re.compile("^heard; silences: "))
        two.link.cut()
        expect(tab.state_of(2)).to_contain_text("dropped", timeout=10_000)
        expect(tab.timeline_of(2).locator(".span.silent")).to_have_count(2)
        expect(tab.timeline_of(2).locator(".span.gone")).to_have_count(1)
        expect(tab.state_of(1)).to_contain_text("heard")


def test_search_and_states(edge: Program, open_tab: Open) -> None:
    with edge.member("lobby", 12), edge.member("demo", 7), edge.member("demo", 8) as eight:
        tab = open_tab(edge.url, edge.token)
        page, rows = tab.page, tab.page.locator("#members .row:visible")
        expect(rows).to_have_count(3)
        page.keyboard.press("/")
        for text, count in (
            ("lob", 1),
            ("DEMO", 2),
            ("12", 1),
            ("127.0.0.1", 3),
            ("demo 8", 1),
            ("nobody", 0),
        ):
            page.locator("#search").fill(text)
            expect(rows).to_have_count(count)
        expect(page.locator("#nobody")).to_have_text("No member is like that.")
        page.keyboard.press("Escape")
        expect(rows).to_have_count(3)
        page.locator("#members").focus()
        eight.link.cut()
        page.keyboard.press("3")
        expect(rows).to_have_count(1)
        expect(tab.state_of(8)).to_contain_text("silent")
        page.keyboard.press("1")
        page.locator("#channels .row", has_text="lobby").click()
        expect(rows).to_have_count(1)
        expect(tab.state_of(12)).to_be_visible()


def test_a_kick_asks_first_and_needs_no_pointer(edge: Program, open_tab: Open) -> None:  # A-1 S-15
    with edge.member("demo", 7) as seven, edge.member("demo", 8) as eight:
        tab = open_tab(edge.url, edge.token)
        page = tab.page
        expect(tab.page.locator("#members .row:visible")).to_have_count(2)
        for key in ("m", "Home", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#side h2:visible")).to_have_text("8 in demo")
        page.keyboard.press("k")
        expect(page.locator("#kick-dialog")).to_be_visible()
        expect(page.locator("#kick-effect")).to_contain_text("Removes 1 member now: uid 8 in demo.")
        expect(page.locator("#kick-effect")).to_contain_text("are refused for 1 h")
        page.keyboard.press("Enter")  # nothing is chosen yet, so nothing happens
        expect(page.locator("#kick-dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#kick-dialog")).to_be_hidden()
        assert eight.state is State.CONNECTED
        page.keyboard.press("k")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#kick-effect")).to_contain_text("uid 8 in all channels")
        page.locator("#kick-cancel").focus()
        page.keyboard.press("Tab")
        expect(page.locator("#kick-confirm")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#told")).to_contain_text("1 member removed; kept out until")
        changed = eight.wait_for("connection_changed", timeout=5, state=State.FAILED)
        assert changed.reason is Reason.BANNED_BY_SERVER
        expect(tab.state_of(8)).to_contain_text("removed")
        assert seven.state is State.CONNECTED
        page.keyboard.press("l")
        expect(page.locator("#kicks tbody tr")).to_have_count(1)
        expect(page.locator("#kicks tbody tr")).to_contain_text("uid 8 in all channels")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#kicks")).to_contain_text("None")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("#members")).to_be_focused()
        eight.leave()
        eight.join("demo")
        expect(tab.state_of(8)).to_contain_text("heard")


def test_a_drain_is_shown(edge: Program, open_tab: Open) -> None:
    with edge.member("demo", 7):
        tab = open_tab(edge.url, edge.token)
        expect(tab.page.locator(".tile.drain .value")).to_have_text("no")
        edge.running.ask("POST", "/v1/drain", {"seconds": 0})
        expect(tab.page.locator(".tile.drain .value")).to_have_text("yes")
        expect(tab.page.locator("#drain")).to_contain_text("1 of 1 told to move")
        expect(tab.state_of(7)).to_contain_text("moving")


def test_an_edge_that_comes_back(edge: Program, open_tab: Open) -> None:
    with edge.member("demo", 7) as seven, edge.member("demo", 8) as eight:
        tab = open_tab(edge.url, edge.token)
        expect(tab.page.locator("#members .row:visible")).to_have_count(2)
        edge.signal(signal.SIGKILL)
        edge.running.process.communicate()
        expect(tab.page.locator("#live")).to_have_text("stale")
        expect(tab.page.locator("#stale")).to_contain_text("Stale since")
        expect(tab.state_of(7)).to_contain_text("heard")  # what was known is still there to be read
        eight.leave()
        edge.start()
        expect(tab.page.locator("#live")).to_have_text("live", timeout=12_000)
        expect(tab.page.locator("#stale")).to_be_hidden()
        seven.wait_for("did_rejoin_channel", timeout=15)
        expect(tab.state_of(7)).to_contain_text("heard")
        expect(tab.state_of(8)).to_contain_text("gone")
        expect(tab.timeline_of(7).locator(".span.blind")).to_have_count(1)
        # A browser says of itself that it could not reach somebody; the page has nothing to do with it.
        tab.wrong[:] = [text for text in tab.wrong if "net::ERR_" not in text]


def test_an_edge_that_hangs(edge: Program, open_tab: Open) -> None:
    with edge.member("demo", 7):
        tab = open_tab(edge.url, edge.token)
        expect(tab.state_of(7)).to_contain_text("heard")
        edge.signal(signal.SIGSTOP)
        expect(tab.page.locator("#live")).to_have_text("stale", timeout=12_000)
        tab.page.locator("#stale button").click()
        expect(tab.page.locator("#live")).to_have_text("stale")
        edge.signal(signal.SIGCONT)
        expect(tab.page.locator("#live")).to_have_text("live")
        expect(tab.state_of(7)).to_contain_text("heard")
        tab.wrong[:] = [text for text in tab.wrong if "net::ERR_" not in text]


def test_a_wrong_token_is_asked_for_again(edge: Program, open_tab: Open) -> None:
    tab = open_tab(edge.url, None)
    expect(tab.page.locator("#token")).to_be_focused()
    tab.log_in("wrong")
    expect(tab.page.locator("#token-wrong")).to_contain_text("not this edge's token")
    assert tab.page.evaluate("sessionStorage.length") == 0
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#token-dialog")).to_be_visible()
    tab.log_in(edge.token)
    expect(tab.page.locator("#live")).to_have_text("live")
    tab.page.reload()  # and is not asked for again
    expect(tab.page.locator("#live")).to_have_text("live")
    tab.page.locator("#forget-button").click()
    expect(tab.page.locator("#token-dialog")).to_be_visible()
    assert tab.page.evaluate("sessionStorage.length") == 0
    tab.wrong[:] = [text for text in tab.wrong if "401" not in text]


# ---- what a real edge seldom has -------------------------------------------------------------------------------------


def keys(value: Any) -> Any:
    """Those of an answer, all the way down; of a list those of its first one."""
    if isinstance(value, dict):
        return {key: keys(part) for key, part in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else None


ASK = """async ([paths, token]) => Promise.all(paths.map(async (path) =>
  (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).json()))"""


def test_the_fake_answers_as_an_edge_does(
    edge: Program, open_tab: Open, open_fake: OpenFake
) -> None:
    paths = ["v1/members?history=true", "v1/channels", "v1/kicks", "v1/edge", "v1/nowhere/at/all"]
    fake = open_fake([member("demo", 7)])
    with edge.member("demo", 7):
        real = open_tab(edge.url, edge.token)
        fake.kick({"channel": "other"})
        edge.running.ask("POST", "/v1/kicks", {"channel": "other"})
        answers = real.page.evaluate(ASK, [paths, edge.token])
        likeness = open_tab(fake.url)
        for path, wanted, got in zip(paths, answers, likeness.page.evaluate(ASK, [paths, TOKEN])):
            wanted.pop("detail", None), got.pop("detail", None)
            assert keys(got) == keys(wanted), path
    for tab in (real, likeness):
        tab.wrong[:] = [text for text in tab.wrong if "404" not in text]


def test_whatever_is_newer_wins(open_tab: Open, open_fake: OpenFake) -> None:
    late = (Path(__file__).parent / "inspector_late.js").read_text(encoding="utf-8")
    assert open_tab(open_fake([]).url).page.evaluate(late) == {
        "a list from before it left": "gone 0, 0 0 1, 1",
        "a list with the session that is over": "gone 0, 0 0 1, 1",
        "a list from before it was silent": "silent 1, 0 1 0, 1",
        "joined again, then the old one replaced": "heard 0, 1 0 0, 1",
        "replaced, then joined again": "heard 0, 1 0 0, 1",
        "an end of somebody unknown": "heard 0, 1 0 0, 1",
        "told silent twice": "silent 1, 0 1 0, 1",
        "looked at when it had ended": "gone 0, 0 0 1, 1",
        "missed by a walk": "gone 0, 0 0 1, 1",
        "missed, and there after all": "heard 0, 1 0 0, 1",
    }


def test_ten_thousand_members(open_tab: Open, open_fake: OpenFake) -> None:
    fake = open_fake(many(10_000))
    tab = open_tab(fake.url)
    page = tab.page
    expect(page.locator("#member-count")).to_have_text("10,000")
    assert page.locator("#members .row").count() < 100
    assert int(page.locator("#members").get_attribute("aria-rowcount")) == 10_001
    page.keyboard.press("m")
    page.keyboard.press("End")
    last = page.locator("#members .row.active")
    expect(last).to_have_attribute("aria-rowindex", "10001")
    expect(last.locator(".uid")).to_have_text("9999")
    # Anywhere in the list the rows that can be seen are there.
    for share in (0.1, 0.77, 0.5):
        page.evaluate(
            "share => { const m = document.querySelector('#members'); m.scrollTop = m.scrollHeight * share; }",
            share,
        )
        expect(page.locator("#members .row:visible").first).to_be_attached()
        assert page.locator("#members .row").count() < 100
    page.keyboard.press("/")
    page.keyboard.type("room-07 4247")
    expect(page.locator("#members .row:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    # Many events between two frames are one drawing.
    page.evaluate(
        """() => { window.frames_drawn = 0;
          new MutationObserver(() => window.frames_drawn++).observe(document.querySelector("#member-count"),
            { childList: true, characterData: true, subtree: true }); }"""
    )
    for uid in range(20_001, 22_001):
        fake.tell("joined", member("room-99", uid, 0), span_ms=4)
    expect(page.locator("#count-all")).to_have_text("12,000")
    assert page.evaluate("window.frames_drawn") < 200
    for row in fake.rows[:500]:
        fake.tell("silent", row, span_ms=4_000)
    silent = 500 + sum(row["state"] == "silent" for row in fake.rows[500:])
    expect(page.locator("#count-silent")).to_have_text(str(silent))


NAMES = [
    HOSTILE,
    "</div><script>document.title = 'taken'</script>",
    "\u202eright to left",
    "שלום עולם",
    "w" * 500,
    "__proto__",
    "a\nb\tc",
    "' onmouseover='alert(1)",
]


def test_names_are_only_text(open_tab: Open, open_fake: OpenFake) -> None:
    rows = [member(name, uid) for uid, name in enumerate(NAMES, 1)]
    rows[0].update(peer="<b>address</b>", app="<i>app</i>", session="<u>session</u>")
    rows.sort(key=lambda row: (row["app"], row["channel"], row["uid"]))
    fake = open_fake(rows)
    tab = open_tab(fake.url)
    page = tab.page
    expect(page.locator("#members .row:visible")).to_have_count(len(NAMES))
    assert sorted(page.locator("#members .channel bdi").all_text_contents()) == sorted(NAMES)
    for row in rows:
        tab.state_of(row["uid"]).click()
        expect(page.locator("#side h2:visible .name")).to_have_text(
            row["channel"], use_inner_text=False
        )
        page.keyboard.press("k")
        expect(page.locator("#kick-effect")).to_be_visible()
        page.keyboard.press("Escape")
    fake.tell("hostile", peer="<script>1</script>", detail="<img src=x onerror=alert(2)>")
    page.keyboard.press("Escape")
    expect(page.locator("#side .line.hostile")).to_contain_text("<img src=x onerror=alert(2)>")
    assert page.locator("main :is(img, script, b, i, u)").count() == 0
    assert page.title().endswith("Rejoin edge 127.0.0.1:7443")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---- for everybody ---------------------------------------------------------------------------------------------------

READING = (Path(__file__).parent / "inspector_reading.js").read_text(encoding="utf-8")


def unreadable(page: Any) -> list[str]:
    return [
        wrong
        for check in ("contrast", "unnamed")
        for wrong in page.evaluate(f"{READING}.{check}()")
    ]


def a_bit_of_everything() -> list[dict[str, Any]]:
    silent = member(
        "demo", 3, state="silent", last_heard_ms=6_000, outages={"count": 1, "total_ms": 6_000}
    )
    silent["history"].append(happening("silent", at=now() - 2_000, span_ms=4_000))
    return [
        member("demo", 1),
        member("demo", 2, role="audience"),
        silent,
        member("lobby", 4_000_000_001),
    ]


def everything(open_tab: Open, open_fake: OpenFake, **options: Any) -> Tab:
    fake = open_fake(a_bit_of_everything())
    fake.draining = True
    tab = open_tab(fake.url, **options)
    expect(tab.page.locator("#members .row:visible")).to_have_count(4)
    fake.tell("dropped", fake.rows.pop(1), span_ms=60_000)
    expect(tab.state_of(2)).to_contain_text("dropped")
    expect(tab.page.locator("#drain")).to_be_visible()
    return tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(open_tab: Open, open_fake: OpenFake, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    tab = everything(open_tab, open_fake, color_scheme=scheme, reduced_motion="reduce")
    page = tab.page
    ground = "getComputedStyle(document.body).backgroundColor"
    as_system = page.evaluate(ground)
    assert unreadable(page) == []
    tab.state_of(1).click()
    page.keyboard.press("k")
    assert unreadable(page) == []
    page.keyboard.press("Escape")
    while page.locator("#theme-button").text_content() != f"Theme: {other}":
        page.keyboard.press("t")
    assert page.evaluate(ground) != as_system
    assert unreadable(page) == []
    page.reload()
    expect(page.locator("#theme-button")).to_have_text(f"Theme: {other}")


@pytest.mark.parametrize("width", [360, 780, 1200, 1440, 3840])
def test_it_fits_any_width(open_tab: Open, open_fake: OpenFake, width: int) -> None:
    height = 2160 if width > 2000 else 740
    tab = everything(open_tab, open_fake, viewport={"width": width, "height": height})
    page = tab.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    row = tab.row(4_000_000_001)
    for cell in (".uid", ".state", ".timeline"):
        box = row.locator(cell).first.bounding_box()
        assert box["width"] > 20
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    inside = page.locator("#members").bounding_box()
    for cell in row.locator(".cell:visible").all():
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= inside["x"] + inside["width"]
    assert row.locator(".uid").evaluate("uid => uid.scrollWidth <= uid.clientWidth")
    row.click()
    expect(page.locator("#side h2:visible")).to_have_text("4000000001 in lobby")
    page.keyboard.press("Escape")
    expect(page.locator("#members")).to_be_focused()


def test_states_are_told_without_colour(open_tab: Open, open_fake: OpenFake) -> None:
    tab = everything(open_tab, open_fake)
    shapes = {uid: tab.state_of(uid).locator("path").get_attribute("d") for uid in (1, 2, 3)}
    assert len(set(shapes.values())) == 3
    patterns = tab.page.evaluate(
        "[...document.querySelectorAll('#legend .span')].map(e => getComputedStyle(e).backgroundImage)"
    )
    assert len(set(patterns)) == len(patterns)


def test_less_motion(open_tab: Open, open_fake: OpenFake) -> None:
    tab = everything(open_tab, open_fake, reduced_motion="reduce")
    lengths = "[...document.querySelectorAll('*')].map(e => getComputedStyle(e).transitionDuration)"
    assert set(tab.page.evaluate(lengths)) == {"0s"}
