"""`python -m infra.local up|down|status|env`: results on standard output, the rest on standard error."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from infra.local.bring_up import bring_up, health, take_down
from infra.local.environment import as_person, exports
from infra.local.errors import BAD_INPUT, UNAVAILABLE, LocalError
from infra.local.instance import DEFAULT_NAME, Instance, known
from infra.local.messages import state_line, summary, welcome
from infra.local.people import DEMO_PEOPLE
from infra.local.supervision import State, is_supervised

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 2 bad input, 6 unavailable, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt_once)
    try:
        options = _parser().parse_args(given)
        code: int = options.command(options)
    except LocalError as error:
        if "--json" in given:
            print(json.dumps({"error": error.to_dict()}))
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrupted; what was started is stopped again.", file=sys.stderr)
        return _INTERRUPTED
    return code


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not interrupt the cleaning up after the first.
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


def up(options: argparse.Namespace) -> int:
    instance = bring_up(options.name, options.port)
    print(json.dumps(summary(instance), indent=1) if options.json else welcome(instance))
    return 0


def down(options: argparse.Namespace) -> int:
    stopped = {name: take_down(name) for name in (list(known()) if options.all else [options.name])}
    if options.json:
        print(json.dumps({"stopped": [name for name, was_there in stopped.items() if was_there]}, indent=1))
        return 0
    for name, was_there in stopped.items():
        print(
            f"The local AWS {name} is {'stopped and removed' if was_there else 'not there; nothing to stop'}."
        )
    return 0


def status(options: argparse.Namespace) -> int:
    instance = _supervised(options.name)
    state, parts = State.load(options.name), health(instance)
    if options.json:
        phase = state.phase if state else "starting"
        children = dict(state.children) if state else {}
        print(
            json.dumps(
                {**_deployed(instance), "phase": phase, "parts": parts, "children": children}, indent=1
            )
        )
    else:
        print(state_line(instance, state, parts))
    return 0 if all(parts.values()) else UNAVAILABLE


def env(options: argparse.Namespace) -> int:
    instance = _supervised(options.name)
    if options.json:
        print(json.dumps(as_person(instance, options.person), indent=1))
    else:
        print(exports(instance, options.person))
    return 0


def _deployed(instance: Instance) -> dict[str, object]:
    return summary(instance) if instance.outputs else {"name": instance.name, "endpoint": instance.endpoint}


def _supervised(name: str) -> Instance:
    instance = Instance.load(name)
    if instance and is_supervised(name):
        return instance
    named = "" if name == DEFAULT_NAME else f" --name {name}"
    raise LocalError(
        "E_LOCAL_DOWN", f"no local AWS is up ({name})", f"Start it with promptops local up{named}."
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="promptops local", description="The product's own stacks on this machine.")
    verbs = parser.add_subparsers(required=True, metavar="up|down|status|env", parser_class=_Parser)
    for command, text in (
        (up, "Start a local AWS and deploy the stacks to it; on a running one, deploy today's code."),
        (down, "Stop it and remove what was in it, but the logs."),
        (status, "Say what runs, and where."),
        (env, 'Print the AWS variables of a demo person: eval "$(promptops local env)".'),
    ):
        verb = verbs.add_parser(command.__name__, help=text, description=text)
        verb.set_defaults(command=command)
        verb.add_argument("--name", default=DEFAULT_NAME, help="which local AWS, where several run")
        verb.add_argument("--json", action="store_true", help="print JSON")
        if command is down:
            verb.add_argument("--all", action="store_true", help="every local AWS of this checkout")
        if command is up:
            verb.add_argument("--port", type=int, help="where the local AWS listens; a free port without it")
        if command is env:
            people = [person.name for person in DEMO_PEOPLE]
            verb.add_argument("--as", dest="person", default=people[0], choices=people, help="whose profile")
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in the form of every other error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise LocalError("E_INPUT", message, f"Run {self.prog} --help.", exit_code=BAD_INPUT)
