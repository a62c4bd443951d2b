"""`python -m rejoin bots`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from ..token_command import add_certificate
from .bot import Bot
from .load import Load
from .plan import Plan
from .screen import Screen
from .script import load
from .world import world_of

SUFFIXES = {"json": ".json", "svg": ".svg"}


def add_command(commands: Any) -> None:
    """Add `bots` to the grammar of the command line."""
    usual = Plan()
    command = commands.add_parser(
        "bots",
        help="many scripted users, for load, for real or simulated",
        description="Runs many bots in one process, each a user in a channel, and reports how they fared. Without "
        "--url it starts an edge of its own. Ctrl-C ends it, with the report. Exits with 1 when a script raised.",
    )
    command.add_argument(
        "--script",
        metavar="FILE.py[:CLASS]",
        help="a class derived from rejoin.bots.Bot; default: bots that join and stay",
    )
    command.add_argument("--count", type=int, default=usual.count, help="bots (%(default)s)")
    command.add_argument(
        "--channel-size", type=int, default=usual.channel_size, help="in each channel (%(default)s)"
    )
    command.add_argument(
        "--rate", type=float, default=usual.rate, help="bots started a second (%(default)g)"
    )
    command.add_argument(
        "--duration",
        type=float,
        default=usual.duration,
        metavar="SECONDS",
        help="how long it goes on once all are started (%(default)g); it ends sooner when every bot has ended",
    )
    command.add_argument(
        "--seed", type=int, default=usual.seed, help="of all that is random (%(default)s)"
    )
    command.add_argument("--network", metavar="NAME", help="a network that each bot's link follows")
    command.add_argument(
        "--time-scale",
        type=float,
        default=usual.time_scale,
        help="multiplies the library's timers and the scripts' waits (%(default)g); an edge needs the same",
    )
    where = command.add_argument_group("where")
    where.add_argument(
        "--url", action="append", default=[], help="the edge's; may be given up to 8 times"
    )
    where.add_argument("--fingerprint", help="of the edge's certificate, as rejoin-edge prints it")
    where.add_argument(
        "--ca-file", help="of the CAs that may have signed it; default: the system's"
    )
    where.add_argument("--simulated", action="store_true", help="in virtual time, edge and all")
    who = command.add_argument_group("who")
    who.add_argument(
        "--channel",
        default=usual.channel,
        help="channels are called so, and by number (%(default)s)",
    )
    who.add_argument("--first-uid", type=int, default=usual.first_uid, help="(%(default)s)")
    who.add_argument("--app-id", default="", help="of the bots' app")
    add_certificate(who, "; with it each bot gets a token")
    result = command.add_argument_group("what comes of it, beside the text")
    result.add_argument(
        "--json", type=Path, metavar="FILE.json", help="all numbers, also over time"
    )
    result.add_argument("--svg", type=Path, metavar="FILE.svg", help="a picture")
    result.add_argument("--log", type=Path, metavar="FILE", help="what scripts write to their log")


def run(given: argparse.Namespace) -> int:
    """Run it; the exit status."""
    for option, suffix in SUFFIXES.items():
        path = getattr(given, option)
        if path is not None:
            if path.suffix.lower() != suffix:
                raise ValueError(f"--{option} {path}: its name ends in {suffix}")
            path.open("a").close()  # better said now than at the end
    if given.simulated and given.url:
        raise ValueError("--simulated has an edge of its own; leave out --url or --simulated")
    bot = Bot if given.script is None else load(given.script)
    plan = _plan(given)
    handler = _log_to(given.log)
    world = world_of(plan, given.simulated)
    try:
        report = Load(bot, plan, world, Screen()).run()
    finally:
        world.close()
        if handler is not None:
            logging.getLogger("rejoin.bots").removeHandler(handler)
            handler.close()
    print(report.text())
    for option in SUFFIXES:
        path = getattr(given, option)
        if path is not None:
            report.save(path)
            print(f"\n{'The picture' if option == 'svg' else 'All of it'} is in {path}.")
    return 1 if report.raised else 0


def _plan(given: argparse.Namespace) -> Plan:
    return Plan(
        count=given.count,
        channel_size=given.channel_size,
        rate=given.rate,
        duration=given.duration,
        seed=given.seed,
        network=given.network,
        time_scale=given.time_scale,
        channel=given.channel,
        first_uid=given.first_uid,
        urls=tuple(given.url),
        fingerprint=given.fingerprint,
        ca_file=given.ca_file,
        app_id=given.app_id,
        certificate=given.certificate,
    )


def _log_to(path: Path | None) -> logging.Handler | None:
    if path is None:
        return None
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("rejoin.bots")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    return handler
