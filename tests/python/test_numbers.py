"""The enums and events of Python against the C library's: numbers, names, fields, and the module's stub."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest
import rejoin
from rejoin import _rejoin

ROOT = Path(__file__).resolve().parents[2]
PREFIXES = {
    "RJ_STATE_": rejoin.State,
    "RJ_REASON_": rejoin.Reason,
    "RJ_OFFLINE_": rejoin.OfflineReason,
    "RJ_NETWORK_": rejoin.Network,
    "RJ_ROLE_": rejoin.Role,
    "RJ_PROFILE_": rejoin.Profile,
    "RJ_DIALECT_": rejoin.Dialect,
    "RJ_ERR_": rejoin.Status,
    "RJ_EVENT_": rejoin.EventKind,
    "RJ_ATTEMPT_": rejoin.AttemptOutcome,
    "RJ_PRIVILEGE_": rejoin.Privilege,
}
# What cannot begin a Python name.
RENAMED = {f"{n}G": f"MOBILE_{n}G" for n in "2345"} | {f"{n}X": f"DIALECT_{n}X" for n in "34"}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_numbers_are_those_of_c(prefix):
    in_c = {
        RENAMED.get(name[len(prefix) :], name[len(prefix) :]): value
        for name, value in vars(_rejoin).items()
        if name.startswith(prefix) and name != "RJ_EVENT_TEXT_SIZE"
    }
    if prefix == "RJ_ERR_":
        in_c["OK"] = _rejoin.RJ_OK
    assert {member.name: int(member) for member in PREFIXES[prefix]} == in_c


@pytest.mark.parametrize(
    ("name_of", "enum"),
    [
        (_rejoin.rj_state_name, rejoin.State),
        (_rejoin.rj_reason_name, rejoin.Reason),
        (_rejoin.rj_offline_reason_name, rejoin.OfflineReason),
        (_rejoin.rj_status_name, rejoin.Status),
        (_rejoin.rj_event_name, rejoin.EventKind),
        (_rejoin.rj_role_name, rejoin.Role),
        (_rejoin.rj_network_name, rejoin.Network),
    ],
)
def test_every_number_has_a_name(name_of, enum):
    for member in enum:
        name = re.sub(r"[ _]", "", name_of(member))
        assert name == re.sub(r"_|MOBILE", "", member.name).lower()
    assert "99" in name_of(99)


def test_unknown_numbers_are_welcome():
    state = rejoin.State(99)
    assert state == 99
    assert isinstance(state, rejoin.State)
    assert repr(state) == "State.unknown(99)"
    assert 99 not in rejoin.State.__members__.values()
    for kept in (pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):
        assert kept == state
    with pytest.raises(ValueError, match="is not a valid State"):
        rejoin.State("CONNECTED")


def event_rows():
    text = (ROOT / "abi" / "events.def").read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return [
        (name, re.findall(r"RJ_ARG\((\w+), (\w+)\)", arguments))
        for name, arguments in re.findall(r"^RJ_EVENT_ROW\((\w+), \w+, (.*)\)$", text, re.MULTILINE)
    ]


def python_field(event, kind, field):
    """What a field of rj_event is called in Python."""
    if field == "text":
        joins = ("did_join_channel", "did_rejoin_channel")
        return "data" if kind == "DATA" else "channel" if event in joins else "token"
    if field == "count" and event == "stream_message_error":
        return "missed"
    return {"elapsed_ms": "elapsed", "attempt": "number", "next_delay_ns": "next_delay"}.get(
        field, field
    )


def test_every_row_of_the_table_of_events_has_its_fields_here():
    rows = event_rows()
    assert len(rows) == len(rejoin.EventKind)
    in_table = {
        name.lower(): tuple(python_field(name.lower(), *argument) for argument in arguments)
        for name, arguments in rows
    }
    assert in_table == rejoin.EVENT_FIELDS
    for fields in in_table.values():
        assert set(fields) <= set(rejoin.Event._fields)


def test_an_event_reads_well():
    event = rejoin.Event("user_offline", 12.5, 3, uid=7, reason=rejoin.OfflineReason.DROPPED)
    assert repr(event) == "<user_offline #3 at 12.500 reason=OfflineReason.DROPPED uid=7>"
    assert event.channel is None
    assert event.kind is rejoin.EventKind.USER_OFFLINE
    assert pickle.loads(pickle.dumps(event)) == event


def test_the_stub_names_what_the_module_has():
    stub = ROOT / "python" / "rejoin" / "_rejoin.pyi"
    tree = ast.parse(stub.read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    in_module = {
        name
        for name, value in vars(_rejoin).items()
        if callable(value) and not name.startswith(("_", "SWIG", "Swig"))
    }
    assert functions == in_module
    constants = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert constants <= set(vars(_rejoin))


def test_the_version_is_the_librarys():
    assert rejoin.__version__ == _rejoin.rj_version()
    assert re.fullmatch(r"\d+\.\d+\.\d+", rejoin.__version__)
