"""The timeline as text and as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from rejoin.timeline import LEAST, Bar, Lane, Mark, Stop, Timeline, short_time

SVG = "{http://www.w3.org/2000/svg}"


def timeline():
    return Timeline(
        "A <title> & more",
        [
            Lane(
                "UID 1",
                [Bar(-1, 0, "CONNECTED", "good"), Bar(0, 1200, "RECONNECTING", "warning")],
                [Mark(0, "connection_changed", "INTERRUPTED"), Mark(0, "second")],
            ),
            Lane("UID 2", [Bar(-1, 1201, "CONNECTED", "good")], [Mark(20, "user_offline")]),
        ],
        [Stop(0, "T3", "cut"), Stop(0.001, "T4"), Stop(1200, "T7", "gave up"), Stop(1200, "T8")],
        ["a note"],
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.000 s"), (-1.25, "-1.250 s"), (20.0104, "20.010 s"), (1200, "20 min 0.0 s")],
)
def test_times_read_well(seconds, text):
    assert short_time(seconds) == text


def test_the_text_has_everything_in_order():
    lines = timeline().text().splitlines()
    assert lines[0] == "A <title> & more"
    assert lines[2].split() == ["UID", "1", "UID", "2"]
    assert "T3 cut" in lines[4]
    assert "[RECONNECTING]" in lines[4]
    assert "connection_changed INTERRUPTED" in lines[5]
    assert "second" in lines[6]
    assert any("20.000 s" in line and "user_offline" in line for line in lines)
    assert lines[-1] == "a note"


def texts(svg):
    return [
        (float(text.get("x")), float(text.get("y")), "".join(text.itertext()))
        for text in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]


def test_the_picture_is_well_formed_and_says_everything():
    said = [text for _, _, text in texts(timeline().svg())]
    for word in ("A <title> & more", "UID 1", "T3", "RECONNECTING", "user_offline", "a note"):
        assert word in said
    assert "connection_changedINTERRUPTED" in said


def test_no_text_lies_on_another():
    placed = texts(timeline().svg())
    for i, (x, y, text) in enumerate(placed):
        for other_x, other_y, other in placed[i + 1 :]:
            near = abs(x - other_x) < 20 and abs(y - other_y) < 13
            assert not near, f"{text!r} and {other!r}"


def test_short_times_get_room_and_long_ones_are_broken_off():
    svg = timeline().svg()
    root = ElementTree.fromstring(svg)
    assert sum("torn" in path.get("class") for path in root.iter(f"{SVG}path")) == 2
    assert float(root.get("height")) < 1000
    at = {text: y for _, y, text in texts(svg)}
    assert at["T4"] - at["T3"] >= LEAST


def test_it_follows_light_and_dark():
    assert "@media (prefers-color-scheme: dark)" in timeline().svg()
