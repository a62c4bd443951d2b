"""What scenario files get that say something wrong: the file, the line, and the nearest right word."""

from __future__ import annotations

import shlex

import pytest
from rejoin.__main__ import main
from rejoin.scenario import Plan, ScenarioError, check, parse, play

HEAD = "title  A test\nedge home\nclient one edge=home uid=1\ntoken good app_id=shop certificate=secret channel=demo\n"
TAIL = "60 end\n"

WRONG = {
    # a line, and what is said of it
    "clien two edge=home": "there is no line 'clien'; did you mean 'client'?",
    "client two": "a client needs an edge: edge=NAME",
    "client two edge=hom": "there is no edge 'hom'; did you mean 'home'?",
    "client one edge=home": "there are two called 'one'",
    "client Two edge=home": "'Two' is no name",
    "client wall edge=home": "'wall' means something else",
    "client two edge=home dialekt=4x": "did you mean 'dialect'?",
    "client two edge=home uid=many": "uid is 'many'; it is a whole number",
    "client two edge=home uid": "'uid' is no option of a client; they read NAME=VALUE",
    "client two edge=home uid=1 uid=2": "uid is given twice",
    "client bot edge=home count=1000000": "count is 1000000; it goes from 1 to 100000",
    "edge other sesions=3": "did you mean 'sessions'?",
    "token other channnel=demo": "did you mean 'channel'?",
    "worlds sim reel": "there is no world 'reel'; did you mean 'real'?",
    "scale 5000": "scale is 5000; it goes from 0.001 to 1000",
    "seed 1 2": "seed takes one word",
    "invariants always": "invariants stands alone",
    "5 one jion demo": "there is no action of one 'jion'; did you mean 'join'?",
    "5 two leave": "there is no client or edge 'two'",
    "5 bot* leave": "no client's name begins with 'bot'",
    "5 one": "an actor and what it does are needed",
    "5 one join": "join needs a channel",
    "5 one join demo token=bad": "there is no token 'bad'",
    "5 one join demo here": "there is no word of join 'here'",
    "5 one leave now": "leave takes no 'now'",
    "5 one link losss=0.5": "did you mean 'loss='?",
    "5 one link loss=much": "loss is 'much'",
    "5 one link nat_idl=1": "did you mean 'nat_idle='?",
    "5 one link down nat_idle=1": "nat_idle is of the way up",
    "5 one follow trian-tunnel": "there is no network profile 'trian-tunnel'; did you mean 'train-tunnel'?",
    "5 one link loss=0.5 loss=0.6": "loss is given twice",
    "5 wall step much": "seconds is 'much'; it is a number",
    "-1 one leave": "time is '-1'; it is a number from 0 up",
    ".5x one leave": "time is '.5x'; it is a number from 0 up",
    "heals 61": "heals is 61, after the end, 60",
    "seed -5": "seed is -5; it goes from 0 to 2^64-1",
    "seed 18446744073709551616": "it goes from 0 to 2^64-1",
    "wall -1": "wall is -1; it goes from 0 to 2^33",
    "5 one role listener": "there is no role 'listener'",
    "5 one state": "what must be seen stands behind is",
    "5 one join demo is joined": "there is no status 'joined'",
    "5 one send 1 'half": "the quotes do not fit",
    "5 home restrat": "did you mean 'restart'?",
    "61 one leave": "61 is after the end, 60",
    "on one did_jion_channel : one leave": "did you mean 'did_join_channel'?",
    "on one did_join_channel one leave": "it reads: on CLIENT EVENT : ACTOR VERB",
    "expect two": "there is no client or edge 'two'",
    "expect home": "home is an edge; a client is needed here",
    "expect one\n0 user_joind 2": "did you mean 'user_joined'?",
    "expect one\n5~4 user_joined 2": "5~4 ends before it begins",
    "expect one\nX+4 connection_lost": "there is no start of a time 'X'",
    "expect one\n0 connection_lost 2": "connection_lost has no place for '2'",
    "expect one\n0 SM(6x,0)": "there is no state '6x'",
    "expect one\n}": "there is no { before this }",
    "expect one\n{\n0 connection_lost": "this { has no }",
    "expect one\n{\n...\n}": "... has no place in a group",
    "expect one\n...\nexpect one": "one is expected of twice",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_line(line):
    lines = line.split("\n")
    with pytest.raises(ScenarioError) as caught:
        parse(HEAD + TAIL + line + "\n", "here.scenario")
    error = caught.value
    assert WRONG[line] in str(error)
    assert error.path == "here.scenario"
    first = len((HEAD + TAIL).splitlines()) + 1
    assert first <= error.line < first + len(lines)
    assert str(error).startswith(f"here.scenario:{error.line}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title A test\n60 end\n", "there is no edge"),
        (HEAD, "there is no end"),
    ],
)
def test_what_a_file_needs(text, said):
    with pytest.raises(ScenarioError, match=said):
        parse(text)


def test_a_file_for_the_other_world():
    scenario = parse(HEAD + "worlds sim\n" + TAIL)
    with pytest.raises(ScenarioError, match="this scenario is for sim, not for real"):
        Plan.of(scenario, "real")


@pytest.mark.parametrize(
    ("options", "said"),
    [("channel=no/slash", "channel"), ("channel=demo version=9", "version is '9'")],
)
def test_a_token_that_cannot_be_made(options, said):
    text = HEAD + f"token bad app_id=shop certificate=secret {options}\n" + TAIL
    with pytest.raises(ScenarioError, match=f"scenario:5: .*{said}"):
        Plan.of(parse(text))


@pytest.mark.parametrize("world", ["sim", "real"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("client two edge=home uid=4294967296", "uid is 4294967296"),
        ("client two edge=home beat=0", "timers['beat'] is 0.0 s"),
        ("client two edge=home dialect=5", "dialect is 5"),
        ("edge other sessions=-1", "limits['sessions'] is -1"),
        ("edge other channel_pattern=[", "channel pattern"),
    ],
)
def test_a_node_that_cannot_be_made(line, said, world):
    with pytest.raises(ScenarioError) as caught:
        play(parse(HEAD + TAIL + line + "\n", "here.scenario"), world)
    assert str(caught.value).startswith("here.scenario:6: ")
    assert said in str(caught.value)


def test_what_is_no_text(tmp_path, capsys):
    path = tmp_path / "bad.scenario"
    path.write_bytes(HEAD.encode() + b"\xff\xfe\n")
    assert main(["play", str(path)]) == 1
    assert f"{path}:5: this is no text in UTF-8" in capsys.readouterr().err
    path.write_text("")
    assert main(["play", str(path)]) == 1
    assert f"{path}:1: there is no edge" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scale", "0.1"], "--scale is of the real world"),
        (["--real", "--scale", "0"], "--scale is 0; it goes from 0.001 to 1000"),
        (["--real", "--scale", "nan"], "--scale is nan; it goes from 0.001 to 1000"),
        (["--seed", "-1"], "seed is -1; it goes from 0 to"),
    ],
)
def test_options_out_of_range(tmp_path, capsys, options, said):
    path = tmp_path / "good.scenario"
    path.write_text(HEAD + TAIL)
    assert main(["play", *options, str(path)]) == 1
    assert said in capsys.readouterr().err


def test_how_to_see_it_again(tmp_path, capsys):
    path = tmp_path / "two words.scenario"
    path.write_text(HEAD + "5 one leave is failed\n" + TAIL)
    assert main(["play", str(path), "--seed", "9"]) == 1
    out = capsys.readouterr().out
    *_, again = out.splitlines()
    command = again.removeprefix("to see it again: python -m rejoin ")
    assert shlex.split(command) == ["play", str(path), "--seed", "9"]
    assert main(shlex.split(command)) == 1
    assert capsys.readouterr().out == out


# ---- what the checker says

PLAYED = HEAD + "0 one join demo\n" + TAIL


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("0 SM(2,0)\n0~1 SM(3,1)\n", "unexpected: did_join_channel channel=demo uid=1 at 0.040"),
        (
            "0 SM(2,0)\n0~1 SM(3,1)\n0~1 did_join_channel demo 2\n",
            "line 10: expected did_join_channel",
        ),
        (
            "0 SM(2,0)\n0~1 SM(3,1)\n...\n5 connection_lost\n",
            "line 11: did not come: connection_lost",
        ),
        ("0.5 SM(2,0)\n...\n", "line 8: expected SM(2,0) at 0.5, but it came at 0.0000"),
        ("0 SM(2,0)\n{\n0~1 SM(3,1)\n0~1 user_joined 2\n}\n...\n", "user_joined uid=2"),
        ("O+4 SM(2,0)\n...\n", "never heard the edge"),
    ],
)
def test_what_differs(expected, said):
    plan = Plan.of(parse(PLAYED + "expect one\n" + expected, "here.scenario"))
    (difference,) = check(plan, play(plan))
    assert said in difference
    assert "here.scenario: one: " in difference
    assert "what one heard:" in difference


def test_gaps_and_groups():
    expected = "expect one\n...\n{\n0~1 did_join_channel demo 1\n0~1 SM(3,1)\n}\n...\n"
    plan = Plan.of(parse(PLAYED + expected))
    assert check(plan, play(plan)) == []


def test_an_answer_that_is_another_one():
    plan = Plan.of(
        parse(
            HEAD
            + "0 one leave is join_channel_rejected\n1 home members demo is 1\n2 one link loss=2\n"
            + TAIL
        )
    )
    assert check(plan, play(plan)) == [
        "scenario:5: it answered 0, not -17",
        "scenario:6: it answered nothing, not 1",
        "scenario:7: it answered -2, not 0: loss is 2; it must be between 0 and 1",
    ]


@pytest.mark.parametrize("real", [False, True])
def test_the_command_draws(tmp_path, capsys, real):
    path, picture = tmp_path / "a.scenario", tmp_path / "a.txt"
    path.write_text(HEAD + "0 one join demo\n1 one cut\n2 one heal\n3 wall step 60 is *\n5 end\n")
    given = ["play", str(path), "--timeline", str(picture), *(["--real"] if real else [])]
    assert main(given) == 0
    drawn = picture.read_text()
    assert drawn.startswith("A test\n")
    for part in ("home  ", "one, UID 1  ", "link.cut up", "[CONNECTED] JOIN_SUCCESS"):
        assert part in drawn
    assert ("simulation" in drawn) == (not real)  # whose wall clock it is
    assert main(["play", str(path), *given[1:]]) == 1
    assert "--timeline draws one run; 2 files are given" in capsys.readouterr().err
    assert main(["play", str(path), "--timeline", "a.png"]) == 1
    assert "a timeline is saved as .txt, .svg, .html" in capsys.readouterr().err


def test_the_command_says_which_line(tmp_path, capsys):
    path = tmp_path / "bad.scenario"
    path.write_text(HEAD + "5 one jion demo\n" + TAIL)
    assert main(["play", str(path)]) == 1
    assert f"{path}:5: there is no action of one 'jion'" in capsys.readouterr().err
