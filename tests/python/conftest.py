"""What the tests of the Python package share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rejoin


@pytest.fixture
def sim() -> Iterator[rejoin.Simulation]:
    with rejoin.Simulation(seed=7) as simulation:
        yield simulation


@pytest.fixture
def real_edge() -> Iterator[rejoin.Edge]:
    with rejoin.Edge() as edge:
        yield edge
