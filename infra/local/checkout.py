"""Where things lie in the checkout, and whether the tools that the local AWS needs are there."""

from __future__ import annotations

import shutil
from pathlib import Path

from infra.local.errors import LocalError

ROOT = Path(__file__).resolve().parents[2]
INSTANCES = ROOT / "build" / "local"
EMULATOR_PYTHON = ROOT / ".venv-local" / "bin" / "python"
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def check_tools() -> None:
    """Raises LocalError naming the first tool that is missing."""
    for tool, fix in (
        ("openssl", "Install it with your package manager."),
        ("node", "Install Node.js 20 or newer."),
    ):
        if shutil.which(tool) is None:
            raise LocalError("E_TOOL_MISSING", f"{tool} is not on the PATH", fix)
    for path, what in ((EMULATOR_PYTHON, "the emulator's interpreter"), (CDK, "the CDK command line")):
        if not path.exists():
            raise LocalError("E_NOT_INSTALLED", f"{what} is missing ({path})", "Run make install.")
