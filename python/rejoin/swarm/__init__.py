"""A swarm: random members do random things on random networks, and what must always be true is watched.

Each seed draws a scenario: how many members, which faults happen how often (many never), and who does
what when. It is played in the simulator; at its end everything heals, and all must be well again. A
seed that fails is shrunk to a short scenario file, with its timeline beside it.
"""

from .drawing import draw
from .invariants import Invariants, Outcome, Violation, violations, watch
from .shrinking import shrink

__all__ = ["Invariants", "Outcome", "Violation", "draw", "shrink", "violations", "watch"]
