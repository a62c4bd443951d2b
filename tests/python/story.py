"""How tests tell stories in virtual time: members that joined, cuts after a proof, what was told since."""

from __future__ import annotations

from collections.abc import Sequence

import rejoin
from rejoin import Event, SimulatedClient, SimulatedEdge, Simulation, State

TICK = 0.001
DELAY = 0.010  # of a simulated link, in each direction


def joined(
    sim: Simulation, edge: SimulatedEdge, *uids: int, **options: object
) -> list[SimulatedClient]:
    """Members of "demo", which have joined one after the other; the network is quiet again."""
    clients = []
    for uid in uids:
        client = sim.client(edge, uid=uid, **options)
        client.join("demo")
        sim.run_until(lambda client=client: client.state is State.CONNECTED, limit=5)
        clients.append(client)
    sim.run(1)
    return clients


def cut_after_proof(sim: Simulation, client: SimulatedClient, **direction: bool) -> float:
    """Cut right after a proof arrived, and return when that was: O."""
    before = client.last_heard
    sim.run_until(lambda: client.last_heard != before, limit=5, every=TICK)
    client.link.cut(**direction)
    heard = client.last_heard
    assert heard is not None
    return heard


def since(client: SimulatedClient, time: float) -> list[Event]:
    return [event for event in client.events if event.time > time]


def told(event: Event) -> tuple[object, ...]:
    """An event's name and fields, without the state that was and the milliseconds."""
    fields = rejoin.EVENT_FIELDS[event.name]
    skipped = ("old_state", "elapsed", "stats")
    return (event.name, *(getattr(event, field) for field in fields if field not in skipped))


def names(events: Sequence[Event]) -> list[str]:
    return [event.name for event in events]


def assert_told(events: Sequence[Event], *expect: tuple[object, ...]) -> None:
    """Exactly these events, whatever their times."""
    assert [told(event) for event in events] == list(expect)


def assert_events(
    client: SimulatedClient,
    since: float,
    expect: Sequence[tuple[object, ...]],
    late: float = TICK,
) -> None:
    """Exactly these events after a moment, each (seconds after it, name, fields): never early, at most `late` late."""
    events = [event for event in client.events if event.time > since]
    assert [told(event) for event in events] == [row[1:] for row in expect]
    for event, row in zip(events, expect):
        passed = event.time - since - row[0]
        assert -1e-9 <= passed <= late + 1e-9, f"{event}: {passed * 1000:+.3f} ms"
