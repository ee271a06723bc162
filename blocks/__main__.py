"""The command line: ``blocks run SCRIPT``, also as ``python -m blocks run SCRIPT``.

``blocks run --check SCRIPT ...`` says what scripts need and what is missing. ``blocks bench``
measures the machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from blocks.config import config
from blocks.errors import ConfigurationError
from blocks.legacy.check import check
from blocks.legacy.run import ScriptError, run
from blocks.version import version

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit status.

    Parameters
    ----------
    arguments
        The words of the command; by default those of the process.
    """
    parser = argparse.ArgumentParser(prog="blocks", description="Neural networks from bricks.")
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run", help="run an old script: theano, fuel and old blocks names")
    runner.add_argument(
        "--check",
        action="store_true",
        help="do not run it: list the names that it uses, and what is missing; takes several "
        "scripts; the exit status is 1 if anything is missing",
    )
    runner.add_argument("script", help="the script")
    runner.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="its arguments; with --check, more scripts"
    )
    measure = commands.add_parser(
        "bench", help="measure this machine: its matrix products, and training against them"
    )
    measure.add_argument("--examples", type=int, default=10_240, help="in an epoch of noise")
    measure.add_argument("--rounds", type=int, default=9, help="epochs of each kind")
    measure.add_argument("--threads", type=int, help="default: config.num_threads, or every core")
    words = list(sys.argv[1:] if arguments is None else arguments)
    # What follows the script is its own; argparse would drop a "--" there.
    end = next((i + 1 for i in range(1, len(words)) if words[i][:1] != "-"), len(words))
    parsed = parser.parse_args(words)
    if parsed.command == "bench":
        return _bench(parsed)
    try:
        if parsed.check:
            return 0 if check([parsed.script, *words[end:]]) else 1
        run(parsed.script, words[end:])
    except ScriptError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _bench(parsed: argparse.Namespace) -> int:
    from blocks.bench import bench  # what `blocks run` does without

    try:
        settings = {} if parsed.threads is None else {"num_threads": parsed.threads}
        with config.use(**settings):
            for line in bench(parsed.examples, parsed.rounds):
                print(line, flush=True)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
