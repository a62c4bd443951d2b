"""Scenarios: who joins, what breaks when, and which events must come, as a text file (docs/scenarios.md).

`read` takes a file, `Plan.of` makes the steps of it for one world, `play` plays them, and `check`
holds what was heard against what the file expects. Players in other languages take the plan as
text and answer with a recording as text, so that one file tests every binding.
"""

from .checking import check
from .model import Scenario, ScenarioError
from .plan import Plan
from .playing import play
from .reading import parse, read
from .recording import Recording

__all__ = ["Plan", "Recording", "Scenario", "ScenarioError", "check", "parse", "play", "read"]
