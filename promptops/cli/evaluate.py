"""promptops evaluate: a published version in the stack, or a folder as a preview."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import FOLLOW_SECONDS, PREFIX, AsJson, Prefix, Profile, Region, Timeout, Wait
from promptops.cli.output import answer
from promptops.domain.errors import NotAFile, shown
from promptops.domain.identifiers import PromptRef

What = Annotated[
    str, typer.Argument(metavar="PROMPT@VERSION|FOLDER", help="A version makes evidence; a folder a preview.")
]
WhereOption = Annotated[
    str, typer.Option("--env", metavar="ENV", help="Whose ledger keeps the request; default: the first.")
]


def evaluate(
    what: What,
    env: WhereOption = "",
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Run the cases against the model and grade the answers.

    A version is evaluated by the stack, and its report is the evidence a promotion needs. A folder is
    evaluated from here with your own Bedrock access: a preview, never evidence.

    \b
    Example:  promptops evaluate support-ticket@v3
              promptops evaluate prompts/support-ticket
    Next:     promptops promote support-ticket@v3 --to prod --reason "…"
    """
    to_stack = line.open_line(profile, region, prefix)
    if "@" not in what:
        from promptops.cli.preview import show_preview

        folder = Path(what)
        if not folder.exists():
            fix = f"For a published version add its number: {what[:64]}@v1."
            raise NotAFile(f"there is no folder {shown(what)}", fix)
        show_preview(folder, to_stack, as_json=as_json)
        return
    from promptops.cli.outcome import follow_to_end
    from promptops.contract.bodies import PromoteBody

    ref = PromptRef.parse(what)
    environment = to_stack.environment(env or to_stack.installation.environments[0])
    body = PromoteBody(ref.prompt_id, f"v{ref.version}").to_dict()
    requested = to_stack.api.post(f"/v1/{environment}/evaluate", body, repeatable=False)
    request_id = str(requested["request_id"])
    if wait:
        follow_to_end(request_id, to_stack, timeout_seconds=timeout, as_json=as_json)
        return
    again = f"Follow it with: promptops show --request {request_id} --follow"
    answer(
        {"outcome": "requested", **requested}, f"Requested an evaluation of {ref}.", again, as_json=as_json
    )
