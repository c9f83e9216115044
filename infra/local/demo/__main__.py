"""`make demo`: deploy the product on this machine and walk two prompts from git to rollback."""

from __future__ import annotations

import signal
import sys

from infra.local.bring_up import bring_up, take_down
from infra.local.checkout import ROOT
from infra.local.demo.line import walk
from infra.local.demo.people import UnexpectedEnd
from infra.local.demo.story import Story
from infra.local.errors import LocalError

NAME = "demo"
RESULT = ROOT / "build" / "demo.json"
INTERRUPTED = 130


def main() -> int:
    """0 when every step ended as told; `build/demo.json` is written either way."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    story = Story()
    outcome, code = "failed", 1
    try:
        _tell(story)
        outcome, code = "done", 0
    except LocalError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    except UnexpectedEnd as error:
        print(f"E_DEMO: the story went another way. {error}", file=sys.stderr)
    except KeyboardInterrupt:
        outcome, code = "interrupted", INTERRUPTED
    finally:
        take_down(NAME)
        story.write(RESULT, outcome=outcome)
    return code


def _tell(story: Story) -> None:
    with story.step("deploy") as step:
        take_down(NAME)
        instance = bring_up(NAME)
        step.ended("both stacks deployed by cdk deploy to the local AWS", api=instance.outputs["ApiUrl"])
    deployed = story.seconds
    walk(story, instance)
    print(
        f"\nAll of it took {story.seconds:.0f} s, the story after the deployment "
        f"{story.seconds - deployed:.0f} s.\n"
        "The deployed functions, API and state machine did every step; only the model was a stand-in.\n"
        f"The same as JSON: {RESULT.relative_to(ROOT)}. To look around yourself: promptops local up"
    )


if __name__ == "__main__":
    sys.exit(main())
