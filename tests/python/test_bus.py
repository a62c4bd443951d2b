"""The bus under simulated edges: how its faults are set, and what is written down of them."""

from __future__ import annotations

import pytest
import rejoin
from rejoin import Faults, RejoinError, Simulation, Status
from rejoin.scenario import ScenarioError, parse

USUAL = Faults(delay=0.001)


@pytest.fixture
def sim():
    with Simulation(seed=1) as sim:
        yield sim


def conditions(edge):
    return [deed.conditions["bus"] for deed in edge._record.deeds() if deed.what.startswith("bus.")]


def test_faults_are_set_by_name_and_direction(sim):
    bus = sim.edge(cluster="home").bus
    assert (bus.up, bus.down, bus.side, bus.gone) == (USUAL, USUAL, 0, False)
    bus.set(up={"loss": 0.3}, down={"delay": 0.5})
    bus.cut(up=True)
    assert bus.up == Faults(loss=0.3, delay=0.001, blackhole=True)
    assert bus.down == Faults(delay=0.5)
    bus.cut()
    bus.heal(up=True)
    assert (bus.up.blackhole, bus.down.blackhole) == (False, True)
    bus.heal()
    assert (bus.up, bus.down) == (Faults(loss=0.3, delay=0.001), Faults(delay=0.5))


def test_what_is_no_fault_of_a_bus_is_refused(sim):
    edge = sim.edge(cluster="home")
    for name, value in {"corrupt": 0.1, "mtu": 1500, "rate": 1, "queue": 1}.items():
        with pytest.raises(RejoinError, match=f"{name} is set; it is no fault of a bus") as refused:
            edge.bus.set(down={name: value})
        assert refused.value.status is Status.INVALID_ARGUMENT
    with pytest.raises(RejoinError, match="loss is 2"):
        edge.bus.set(up={"loss": 2})
    with pytest.raises(RejoinError, match="side"):
        edge.bus.set(side=-1)
    with pytest.raises(TypeError, match="los"):
        edge.bus.set(up={"los": 1})
    with pytest.raises(ValueError, match="both directions"):
        edge.bus.cut(up=True, told=True)
    assert (edge.bus.up, edge.bus.side, conditions(edge)) == (USUAL, 0, [])


def test_an_edge_that_is_alone_has_no_bus(sim):
    for call in (lambda bus: bus.cut(), lambda bus: bus.heal(), lambda bus: bus.set(side=1)):
        with pytest.raises(RejoinError, match="no cluster") as refused:
            call(sim.edge().bus)
        assert refused.value.status is Status.INVALID_STATE


def test_what_was_done_is_written_down(sim):
    edge = sim.edge(cluster="home")
    edge.bus.cut()
    edge.bus.cut()  # nothing new
    edge.bus.heal()
    edge.bus.set(up={"loss": 0.3}, down={"loss": 0.3}, side=2)
    edge.bus.set(down={"loss": 0})
    edge.bus.cut(told=True)
    edge.bus.heal()
    assert conditions(edge) == [
        "bus cut",
        "",
        "bus loss 30 %, side 2",
        "bus up loss 30 %, side 2",
        "bus gone",
        "bus up loss 30 %",
    ]


def test_partitions(sim):
    a, b, c, d = (sim.edge(cluster="home") for _ in range(4))
    sim.partition([a, b], [c])
    assert [edge.bus.side for edge in (a, b, c, d)] == [1, 1, 2, 0]
    sim.partition([d])
    assert [edge.bus.side for edge in (a, b, c, d)] == [0, 0, 0, 1]
    with pytest.raises(ValueError, match="two groups"):
        sim.partition([a], [b, a])
    sim.partition()
    assert [edge.bus.side for edge in (a, b, c, d)] == [0, 0, 0, 0]


def test_a_client_of_several_edges(sim):
    a, b = sim.edge(cluster="home"), sim.edge(cluster="home")
    a.crash()
    one = sim.client([a, b], uid=1)
    one.join("demo")
    sim.run(15)
    assert b.members("demo") == [1]
    with pytest.raises(TypeError, match="an edge of this simulation"):
        sim.client([a, "b"])


def test_only_simulated_edges_join_by_an_option():
    with pytest.raises(RejoinError, match="rejoin-edge --cluster") as refused:
        rejoin.Edge(cluster="home")
    assert refused.value.status is Status.NOT_SUPPORTED
    with Simulation() as sim, pytest.raises(RejoinError, match="0x2e at position 1"):
        sim.edge(cluster="a.b")


HEAD = "worlds sim\nedge a cluster=c\nedge b\nclient one edge=a\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("edge a cluster=c\nclient one edge=a\n9 end", "only the simulator has clusters"),
        (HEAD + "1 a bus corrupt=1\n9 end", "corrupt="),
        (HEAD + "1 a side\n9 end", "side needs a side"),
        (HEAD + "1 one side 1\n9 end", "side"),
    ],
)
def test_scenario_words_that_do_not_fit(text, says):
    with pytest.raises(ScenarioError, match=says):
        parse(text)
