"""Runs the pinned promptfoo: no telemetry, update check or cache, nothing beyond loopback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PROMPTFOO = Path(__file__).parents[1] / "build" / "promptfoo" / "node_modules" / ".bin" / "promptfoo"
_ALONE = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_DISABLE_REDTEAM_REMOTE_GENERATION": "true",
    "NO_COLOR": "1",
    "NODE_NO_WARNINGS": "1",
}


def evaluate(configuration: Path, *, concurrency: int = 4, max_seconds: int = 300) -> list[dict[str, Any]]:
    """The result of each test, in the order of the tests; raises RuntimeError when promptfoo broke."""
    folder = configuration.parent
    results = folder / "results.json"
    results.unlink(missing_ok=True)
    command = [
        str(PROMPTFOO), "eval", "-c", str(configuration), "-o", str(results), "-j", str(concurrency),
        "--no-cache", "--no-write", "--no-table", "--no-progress-bar",
    ]  # fmt: skip
    environment = {**os.environ, **_ALONE, "PROMPTFOO_CONFIG_DIR": str(folder / "state")}
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=max_seconds, check=False
    )
    # Not its exit code: 100 says that a test failed, and its logger may crash after the results are written.
    if not results.exists():
        said = (ran.stderr + ran.stdout).strip()[-2000:]
        raise RuntimeError(f"promptfoo ended with {ran.returncode}: {said}")
    rows: list[dict[str, Any]] = json.loads(results.read_text())["results"]["results"]
    return sorted(rows, key=lambda row: row["testIdx"])
