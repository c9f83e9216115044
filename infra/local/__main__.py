"""`python -m infra.local`, from the root of the checkout."""

from __future__ import annotations

import os
import sys


def run() -> int:
    """The exit code; no traceback when somebody stops it early or stops reading."""
    try:
        try:
            from infra.local.commands import main

            return main()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


raise SystemExit(run())
