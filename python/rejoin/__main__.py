"""`python -m rejoin`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import __version__, token_command
from .bots import command as bots_command
from .bots.script import ScriptError
from .demo import demo
from .errors import RejoinError
from .scenario import command as scenario_command
from .swarm import command as swarm_command


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="python -m rejoin",
        description="Be in a channel, and know what happens when the network goes bad.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    command = commands.add_parser(
        "demo",
        help="the connection-state timeline, T0 to T7, for real and simulated",
        description="Plays an outage over real QUIC (25 s of it) and in the simulator, and compares "
        "both with what the connection-state page promises. Exits with 1 when a row deviates.",
    )
    command.add_argument("--svg", metavar="FILE", type=Path, help="write the timeline as a picture")
    command.add_argument("--fast", action="store_true", help="the simulated part only")
    token_command.add_commands(commands)
    scenario_command.add_command(commands)
    swarm_command.add_command(commands)
    bots_command.add_command(commands)
    commands.add_parser("version", help="print the version")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = parser().parse_args(arguments)
    try:
        if given.command == "demo":
            return demo(svg=given.svg, fast=given.fast)
        if given.command == "token":
            return token_command.run(given)
        if given.command == "play":
            return scenario_command.run(given)
        if given.command == "swarm":
            return swarm_command.run(given)
        if given.command == "bots":
            return bots_command.run(given)
        print(f"rejoin {__version__}")
        return 0
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; nothing more is written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        text = str(error) if error.filename is None else f"{error.filename}: {error.strerror}"
        print(f"rejoin: {text}", file=sys.stderr)
        return 1
    except (RejoinError, ScriptError, RuntimeError, ValueError) as error:
        print(f"rejoin: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
