"""Timelines: of a run, and as text, SVG and HTML."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
import rejoin
from rejoin import State
from rejoin.record import Deed
from rejoin.timeline import Bar, Lane, Mark, Span, Stop, Timeline, axis, looks
from rejoin.timeline.columns import LEAST
from rejoin.timeline.model import KINDS, TONES
from rejoin.timeline.run import Window, edge_lane, member_lane
from rejoin.timeline.words import KINDS as KIND_OF
from rejoin.timeline.words import detail, round_time, short_time
from story import joined

SVG = "{http://www.w3.org/2000/svg}"


def timeline():
    return Timeline(
        "A <title> & more",
        [
            Lane(
                "UID 1",
                [Bar(-1, 0, "CONNECTED", "good"), Bar(0, 1200, "RECONNECTING", "warning")],
                [
                    Mark(0, "connection_changed", "INTERRUPTED", "state", "RECONNECTING"),
                    Mark(0, "second"),
                ],
                [Span(-0.5, 1200, "uplink cut")],
            ),
            Lane("UID 2", [Bar(-1, 1201, "CONNECTED", "good")], [Mark(20, "user_offline")]),
        ],
        [Stop(0, "T3", "cut"), Stop(0.001, "T4"), Stop(1200, "T7", "gave up"), Stop(1200, "T8")],
        ["a note"],
    )


def outage(sim):
    """Two members, one of which is cut off, comes back, and is given up after 20 minutes."""
    edge = sim.edge()
    one, two = joined(sim, edge, 1, 2)
    one.link.cut(up=True)
    sim.run(30)
    one.link.heal()
    sim.run(20)
    edge.crash()
    sim.run(6)
    edge.restart()
    sim.run(20)
    one.link.cut()
    sim.run_until(lambda: one.state is State.FAILED, limit=1500)
    sim.run(1)
    one.leave()
    two.link.set(down={"loss": 0.3})
    sim.run(5)
    return edge, one, two


def crowd(lanes, marks):
    """Many lanes with many marks at times of their own."""
    return Timeline(
        "A crowd",
        [
            Lane(
                f"UID {n}",
                [
                    Bar(i * 10 + n * 0.001, i * 10 + 10 + n * 0.001, "CONNECTED", TONES[i % 5])
                    for i in range(marks)
                ],
                [
                    Mark(i * 10 + n * 0.001, f"event_{i}", "", KINDS[i % len(KINDS)])
                    for i in range(marks)
                ],
            )
            for n in range(lanes)
        ],
    )


# ---- words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *[(0, "0.000 s"), (-1.25, "-1.250 s"), (20.0104, "20.010 s"), (99.9996, "100.000 s")],
        *[(1200, "20 min 0.000 s"), (-1200.5, "-20 min 0.500 s"), (5400, "1 h 30 min 0.000 s")],
        (1259.9999, "21 min 0.000 s"),
    ],
)
def test_times_read_well(seconds, text):
    assert short_time(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.05, "0.05 s"),
        (-5, "-5 s"),
        (60, "1 min"),
        (90.5, "1 min 30.5 s"),
        (3600, "1 h"),
    ],
)
def test_round_times_are_short(seconds, text):
    assert round_time(seconds) == text


def test_every_event_has_a_kind_that_is_drawn():
    assert set(KIND_OF) <= set(rejoin.EVENT_FIELDS)
    assert set(KIND_OF.values()) <= set(KINDS)


def test_what_an_event_says_is_short_and_never_a_token():
    event = rejoin.Event("renew_token_result", 1.0, 1, token="secret", code=0)
    assert detail(event) == "ok"
    event = rejoin.Event("stream_message", 1.0, 1, uid=2, stream_id=3, data=b"hello")
    assert detail(event) == "UID 2 stream 3 5 bytes"


# ---- the axis


def test_a_quiet_time_is_broken_off_and_what_lies_around_it_keeps_its_scale():
    scale = axis.fit([0, 4, 10, 20, 1200, 1202], 1000, 9, 36)
    assert scale.length == pytest.approx(1000)
    (gap,) = scale.breaks
    assert 20 < gap.start < gap.end < 1200
    assert scale.place(10) - scale.place(4) == pytest.approx(1.5 * scale.place(4))
    assert gap.high - gap.low == pytest.approx(36, rel=0.1)
    assert scale.landings() == [(1200, scale.place(1200))]


def test_times_without_a_long_quiet_one_are_not_broken():
    assert axis.fit([0, 25, 40, 60], 1000, 9, 36).breaks == []


def test_moments_that_lie_close_get_room():
    scale = axis.fit([0, 0.001, 0.002, 30], 1000, 9, 36)
    assert scale.place(0.001) >= 9 - 1e-6
    assert scale.place(0.002) - scale.place(0.001) >= 9 - 1e-6


@pytest.mark.parametrize("moments", [[], [5.0], [5.0, 5.0], list(range(100_000)), [0, 1e7]])
def test_any_moments_have_an_axis(moments):
    scale = axis.fit([float(moment) for moment in moments], 1000, 9, 36)
    places = [place for _, place in scale.knots]
    assert places == sorted(places)
    assert scale.length == pytest.approx(1000)


@pytest.mark.parametrize("end", [0.04, 1, 7, 30, 64, 300, 1234.5, 7200, 90000])
def test_ticks_are_round_and_have_room(end):
    scale = axis.fit([0, end], 1000, 9, 36)
    ticks = scale.ticks(80)
    assert len(ticks) >= 3
    assert all(b - a >= 80 - 1e-6 for (_, a), (_, b) in zip(ticks, ticks[1:]))
    steps = {round(b - a, 6) for (a, _), (b, _) in zip(ticks, ticks[1:])}
    assert len(steps) == 1, "an even scale has even ticks"


def test_no_tick_lies_in_a_break():
    scale = axis.fit([0, 4, 10, 20, 1200, 1202], 1000, 9, 36)
    (gap,) = scale.breaks
    assert not [time for time, _ in scale.ticks(20) if gap.start < time < gap.end]


# ---- of a run


def test_a_run_has_a_lane_for_each_edge_and_client(sim):
    outage(sim)
    drawn = Timeline.of(sim)
    assert drawn.title == "Simulation, seed 7"
    assert [lane.title for lane in drawn.lanes] == ["edge", "UID 1", "UID 2"]


def test_bars_are_the_states_and_follow_each_other(sim):
    _, one, _ = outage(sim)
    drawn = Timeline.of(sim).lanes[1]
    told = [event.state.name for event in one.events if event.name == "connection_changed"]
    assert [bar.label for bar in drawn.bars] == told  # it joined when it was made
    for before, after in zip(drawn.bars, drawn.bars[1:]):
        assert before.end == after.start
    assert drawn.bars[-1].end == pytest.approx(sim.now)
    assert [bar.tone for bar in drawn.bars][:3] == ["trying", "good", "warning"]


def test_every_event_and_every_call_is_a_mark_at_its_time(sim):
    _, one, _ = outage(sim)
    marks = Timeline.of(sim).lanes[1].marks
    told = [(mark.time, mark.text) for mark in marks if mark.kind not in ("call", "fault")]
    assert told == [(round(event.time, 6), event.name) for event in one.events]
    assert [mark.text for mark in marks if mark.kind == "call"] == ["join", "leave"]
    assert [mark.time for mark in marks] == sorted(mark.time for mark in marks)


def test_faults_are_spans_from_their_beginning_to_their_end(sim):
    _, one, _ = outage(sim)
    edge, first, second = Timeline.of(sim).lanes
    cut = [deed.time for deed in one._record.deeds() if deed.is_fault]
    end = pytest.approx(sim.now)
    assert [(span.label, span.start, span.end) for span in first.spans] == [
        ("uplink cut", cut[0], cut[1]),
        ("link cut", cut[2], end),
    ]
    assert [span.label for span in edge.spans] == ["down"]
    assert edge.spans[0].end - edge.spans[0].start == pytest.approx(6)
    assert [bar.label for bar in edge.bars] == ["UP", "DOWN", "UP"]
    assert [span.label for span in second.spans] == ["downlink loss 30 %"]


def test_a_condition_that_lasts_ends_by_itself_or_by_what_comes_before():
    window = Window(0, 100)
    deeds = [
        Deed(10, "suspend", "5 s", {"client": "suspended"}, 5),
        Deed(30, "link.profile", "3g", {"profile": "3g"}, 50),
        Deed(40, "link.profile", "lift", {"profile": "lift"}, 1000),
    ]
    lane = member_lane("UID 1", [], deeds, 0, window)
    assert lane.spans == [
        Span(10, 15, "suspended"),
        Span(30, 40, "3g"),
        Span(40, 100, "lift"),
    ]
    paused = edge_lane("edge", [Deed(10, "edge.pause", "", {"edge": "paused"}, 5)], 0, window)
    assert paused.spans == [Span(10, 15, "paused")]


def test_the_same_fault_again_is_one_span_and_a_closed_client_has_none():
    deeds = [
        Deed(10, "link.cut", "up", {"up": "cut"}, None),
        Deed(20, "link.cut", "up", {"up": "cut"}, None),
        Deed(50, "close", "", {}, None),
    ]
    lane = member_lane("UID 1", [], deeds, 0, Window(0, 100))
    assert lane.spans == [Span(10, 50, "uplink cut")]
    assert lane.bars == [Bar(0, 50, "DISCONNECTED", "idle")]


def test_only_a_part_of_a_run_is_drawn_when_asked(sim):
    _, one, _ = outage(sim)
    cut = next(deed.time for deed in one._record.deeds() if deed.what == "link.cut")
    drawn = Timeline.of(
        sim, "The cut", since=cut, until=cut + 25, zero=cut, stops=[Stop(cut, "T3")]
    )
    assert drawn.title == "The cut"
    assert drawn.stops == [Stop(0, "T3")]
    assert min(drawn.moments()) == 0
    assert max(drawn.moments()) == 25
    assert [bar.label for bar in drawn.lanes[1].bars] == ["CONNECTED", "RECONNECTING"]


def test_two_states_at_one_moment_are_told_apart(sim):
    _, one = joined(sim, sim.edge(), 1, 2)
    one.leave()
    one.join("demo")
    text = Timeline.of(sim).text(100)
    assert "[DISCONNECTED] LEAVE_CHANNEL" in text
    assert text.count("[CONNECTING] CONNECTING") == 3


def test_a_closed_simulation_can_still_be_drawn():
    with rejoin.Simulation(seed=3) as sim:
        outage(sim)
        drawn = Timeline.of(sim)
    again = Timeline.of(sim)
    assert [lane.marks[:-1] for lane in again.lanes] == [lane.marks for lane in drawn.lanes]
    assert [lane.marks[-1].text for lane in again.lanes] == ["close", "close", "close"]


def test_the_same_seed_draws_the_same_picture():
    pages = []
    for _ in range(2):
        with rejoin.Simulation(seed=11) as sim:
            outage(sim)
            drawn = Timeline.of(sim)
            pages.append((drawn.text(100), drawn.svg(), drawn.svg("right"), drawn.html()))
    assert pages[0] == pages[1]


def test_lanes_have_names_that_tell_them_apart(sim):
    first, second = sim.edge(), sim.edge()
    joined(sim, first, 5)
    joined(sim, second, 5)
    chosen = sim.client(first, uid=0)
    chosen.join("demo")
    sim.run(1)
    uid = next(event.uid for event in chosen.events if event.name == "did_join_channel")
    assert [lane.title for lane in Timeline.of(sim).lanes] == [
        *["edge 1", "edge 2", "UID 5 #1", "UID 5 #2"],
        f"UID {uid}",
    ]
    other = sim.client(first, uid=5)
    other.join("lobby")
    assert Timeline.of(sim).lanes[-1].title == "UID 5 in lobby"


def test_real_clients_are_drawn_on_their_clock(real_edge):
    with rejoin.Client(real_edge.url, uid=1, fingerprint=real_edge.fingerprint) as one:
        one.join("demo")
        one.wait_for("did_join_channel", timeout=5)
        one.link.cut()
        drawn = Timeline.of([real_edge, one])
    assert [lane.title for lane in drawn.lanes] == ["edge", "UID 1"]
    assert drawn.moments()[0] == 0
    lane = drawn.lanes[1]
    assert [mark.text for mark in lane.marks][-1] == "link.cut"
    assert [span.label for span in lane.spans] == ["link cut"]
    assert [bar.label for bar in lane.bars][-2:] == ["CONNECTING", "CONNECTED"]
    assert 0 < drawn.moments()[-1] < 60


@pytest.mark.parametrize(
    ("run", "error"),
    [([], ValueError), ([1], TypeError), (3, TypeError), ("run", TypeError)],
)
def test_only_clients_and_edges_can_be_drawn(run, error):
    with pytest.raises(error):
        Timeline.of(run)


def test_a_run_in_which_no_time_has_passed_is_drawn(sim):
    sim.client(sim.edge(), uid=1).join("demo")
    drawn = Timeline.of(sim)
    assert [[bar.label for bar in lane.bars] for lane in drawn.lanes] == [["UP"], ["CONNECTING"]]
    assert "> join demo" in drawn.text(80)


def test_a_window_that_ends_before_it_begins_is_refused(sim):
    sim.edge()
    with pytest.raises(ValueError, match="before since"):
        Timeline.of(sim, since=5, until=4)


# ---- text


def test_the_text_has_everything_in_order():
    lines = timeline().text(100).splitlines()
    assert lines[0] == "A <title> & more"
    strip = next(line for line in lines if line.startswith("UID 1"))
    assert re.search("█▒+≈▒+$", strip)
    assert "╱ uplink cut ╱" in lines[lines.index(strip) + 1]
    start = next(i for i, line in enumerate(lines) if "T3 cut" in line)
    assert "0.000 s  [RECONNECTING] INTERRUPTED" in lines[start]
    assert "second" in lines[start + 1]
    assert any("20.000 s" in line and "user_offline" in line for line in lines)
    assert lines[-1] == "a note"


def test_the_legend_explains_every_sign():
    text = timeline().text(100)
    for words in ("█ CONNECTED", "▒ RECONNECTING", "╱ a fault", "≈ nothing happened"):
        assert words in text


def test_the_ruler_says_where_time_goes_on(sim):
    outage(sim)
    ruler = Timeline.of(sim).text(120).splitlines()[2]
    assert "|0 s" in ruler
    assert re.search(r"\d+ min", ruler)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_is_wider_than_asked(sim, width):
    outage(sim)
    for drawn in (Timeline.of(sim), crowd(30, 20)):
        assert max(map(len, drawn.text(width).splitlines())) <= width


def test_columns_become_a_list_where_they_do_not_fit(sim):
    outage(sim)
    drawn = Timeline.of(sim)
    assert "UID 1  connection_lost" in drawn.text(60)
    assert "UID 1  connection_lost" not in drawn.text(120)


def test_of_very_much_the_least_interesting_is_left_out_and_counted():
    lines = crowd(10, 200).text(100, rows=50).splitlines()
    shown = [line for line in lines if re.match(r" *\d.* s  UID", line)]
    assert len(shown) == 50
    assert lines[-1].startswith("… and 1,950 more: from the middle ")


@pytest.mark.parametrize("wrong", [{"width": 59}, {"rows": 0}])
def test_too_little_room_is_refused(wrong):
    with pytest.raises(ValueError, match=r"is (59|0)"):
        timeline().text(**wrong)


# ---- SVG


def texts(svg):
    return [
        (float(text.get("x")), float(text.get("y")), "".join(text.itertext()))
        for text in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]


@pytest.mark.parametrize("layout", ["down", "right"])
def test_the_picture_is_well_formed_and_says_everything(layout):
    said = "\n".join(ElementTree.fromstring(timeline().svg(layout)).itertext())
    for word in ("A <title> & more", "UID 1", "T3", "RECONNECTING", "user_offline", "a note"):
        assert word in said


def test_few_lanes_flow_down_and_many_to_the_right():
    assert timeline().svg() == timeline().svg("down")
    many = crowd(9, 3)
    assert many.svg() == many.svg("right")
    long = crowd(1, 400)
    assert long.svg() == long.svg("right")


@pytest.mark.parametrize("layout", ["down", "right"])
def test_no_text_lies_on_another(sim, layout):
    outage(sim)
    for drawn in (timeline(), Timeline.of(sim)):
        boxes = []
        for text in ElementTree.fromstring(drawn.svg(layout)).iter(f"{SVG}text"):
            kind = text.get("class") or ""
            size = 11 if "small" in kind else 17 if "title" in kind else 12.5
            said = "".join(text.itertext())
            wide = looks.width_of(said, size) * 0.85  # it is rather estimated too wide
            x = float(text.get("x")) - (wide / 2 if "middle" in kind or "on " in kind else 0)
            boxes.append((x, x + wide, float(text.get("y")), said))
        for i, (left, right, y, said) in enumerate(boxes):
            for other_left, other_right, other_y, other in boxes[i + 1 :]:
                across = left < other_right and other_left < right
                assert not (across and abs(y - other_y) < 10), f"{said!r} and {other!r}"


def test_short_times_get_room_and_long_ones_are_broken_off():
    svg = timeline().svg("down")
    root = ElementTree.fromstring(svg)
    assert sum("torn" in (path.get("class") or "") for path in root.iter(f"{SVG}path")) == 2
    assert float(root.get("height")) < 1000
    at = {text: y for _, y, text in texts(svg)}
    assert at["T4"] - at["T3"] >= LEAST


@pytest.mark.parametrize("layout", ["down", "right"])
def test_it_follows_light_and_dark_and_tells_nothing_by_colour_alone(layout):
    svg = timeline().svg(layout)
    assert "@media screen and (prefers-color-scheme: dark)" in svg
    assert "url(#over-warning)" in svg
    assert set(looks.TILES) == {*TONES, "span"} - {"good"}
    assert len(set(looks.SHAPES.values())) == len(KINDS)


def test_marks_that_lie_too_close_are_drawn_as_one_and_counted():
    svg = crowd(100, 1000).svg()
    root = ElementTree.fromstring(svg)
    drawn = len(list(root.iter(f"{SVG}use")))
    assert drawn < 100 * 140
    note = next(text for _, _, text in texts(svg) if "drawn as one" in text)
    left_out = int(note.split()[0].replace(",", ""))
    assert drawn - len(KINDS) + left_out == 100 * 1000  # each kind is in the legend once
    assert len(svg) < 12_000_000


@pytest.mark.parametrize("empty", [Timeline("Nothing", []), Timeline("Nobody", [Lane("UID 1")])])
def test_nothing_can_be_drawn_too(empty):
    for layout in ("down", "right", None):
        ElementTree.fromstring(empty.svg(layout))
    assert empty.title in empty.text(80)
    assert empty.title in empty.html()


def test_there_are_two_layouts():
    with pytest.raises(ValueError, match="'down', 'right'"):
        timeline().svg("left")


# ---- HTML


def data_of(page):
    found = re.search(r'<script id="run" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found.group(1))


def test_the_page_has_all_data_and_asks_for_nothing(sim):
    outage(sim)
    drawn = Timeline.of(sim)
    page = drawn.html()
    data = data_of(page)
    assert [lane["title"] for lane in data["lanes"]] == ["edge", "UID 1", "UID 2"]
    for lane, there in zip(drawn.lanes, data["lanes"]):
        assert [mark.time for mark in lane.marks] == [mark[0] for mark in there["marks"]]
        texts = [data["texts"][mark[2]] for mark in there["marks"]]
        assert texts == [mark.text for mark in lane.marks]
        assert len(there["bars"]) == len(lane.bars)
        assert len(there["spans"]) == len(lane.spans)
    outside = [url for url in re.findall(r"\w+://[^\"' ]+", page) if "www.w3.org/" not in url]
    assert outside == []
    assert "default-src 'none'" in page
    assert not re.search(r"\bsrc=|@import|url\((?!#)", page)


def test_what_is_drawn_cannot_break_out_of_the_page():
    evil = "</script><script>alert(1)</script><!--"
    page = Timeline(evil, [Lane(evil, [], [Mark(0, evil, evil)])], [], [evil]).html()
    assert evil not in page
    assert data_of(page)["lanes"][0]["title"] == evil


def test_the_page_draws_itself_in_a_browser(tmp_path, sim):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no browser here")
    outage(sim)
    page = Timeline.of(sim).save(tmp_path / "run.html")
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"]
    done = subprocess.run(
        [browser, *arguments, f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    main = done.stdout.split('<main id="main">')[1]
    assert "RECONNECTING" in main
    assert main.count('href="#mark-fault"') > 2
    assert "What happened in the time that is shown" in main


# ---- files


def test_the_suffix_says_the_form(tmp_path):
    for suffix, start in ((".txt", "A <title>"), (".svg", "<svg"), (".html", "<!doctype html>")):
        path = timeline().save(tmp_path / f"run{suffix}")
        assert path.read_text(encoding="utf-8").startswith(start)
    with pytest.raises(ValueError, match=r"\.txt, \.svg, \.html"):
        timeline().save(tmp_path / "run.png")
    with pytest.raises(OSError, match="nowhere"):
        timeline().save(tmp_path / "nowhere" / "run.svg")


def test_it_is_imported_only_when_it_is_asked_for():
    script = (
        "import rejoin, sys; assert 'rejoin.timeline' not in sys.modules; rejoin.timeline.Timeline; "
        "rejoin.testing.at; assert {'timeline', 'testing'} <= set(rejoin.__all__)"
    )
    import sys

    subprocess.run([sys.executable, "-c", script], check=True)
    with pytest.raises(AttributeError, match="no attribute 'timelines'"):
        rejoin.timelines  # noqa: B018
