"""`make demo`: deploy the product on this machine and walk two prompts from git to rollback."""

from __future__ import annotations

import subprocess
import sys
import time

from infra.local.checkout import ROOT
from infra.local.demo.line import walk
from infra.local.demo.story import Story
from infra.local.instance import Instance

NAME = "demo"
RESULT = ROOT / "build" / "demo.json"


def main() -> int:
    """0 when every step ended as told."""
    story = Story()
    try:
        with story.step("deploy") as step:
            _local("up", "--name", NAME)
            instance = Instance.load(NAME)
            assert instance is not None
            step.ended("both stacks deployed by cdk deploy to the local AWS", api=instance.outputs["ApiUrl"])
        told = time.monotonic()
        walk(story, instance)
        seconds = time.monotonic() - told
    finally:
        _local("down", "--name", NAME)
    story.write(RESULT, outcome="done", story_seconds=round(seconds, 2))
    print(
        f"\nDone in {story.seconds:.0f} s, of which the story took {seconds:.0f} s. "
        f"The same as JSON: {RESULT.relative_to(ROOT)}\n"
        "Look around yourself: promptops local up\n"
        "Every step was done by the deployed functions, API and state machine; the model was a stand-in."
    )
    return 0


def _local(*arguments: str) -> None:
    subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "infra.local", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
    )


if __name__ == "__main__":
    sys.exit(main())
