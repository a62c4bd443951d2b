"""Bots for load: thousands of scripted users in one process, against a real edge or in virtual time.

A script derives a class from `Bot` and says in `run` what each does; `run` of this module plays
it, `python -m rejoin bots` does so on the command line.
"""

from .bot import Bot
from .counts import Failure, Sample
from .load import run
from .plan import Plan
from .report import Process, Report, Times
from .script import ScriptError

__all__ = ["Bot", "Failure", "Plan", "Process", "Report", "Sample", "ScriptError", "Times", "run"]
