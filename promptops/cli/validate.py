"""promptops validate: the checks publish makes, before anything leaves this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptops.cli.options import AsJson
from promptops.cli.output import answer, note

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="E.g. prompts/support-ticket.")]


def validate(folder: Folder, as_json: AsJson = False) -> None:
    """Check a prompt folder as publish would, without AWS.

    Syntax, variables, blocks, size, hidden characters, secrets, cases.

    \b
    Example:  promptops validate prompts/support-ticket
    Next:     promptops publish prompts/support-ticket
    """
    from promptops.cli.checked import check

    checked = check(folder)
    validated = checked.validated
    for warning in validated.warnings:
        note(warning)
    artifact, size = validated.artifact, len(validated.artifact.to_bytes())
    document = {
        "valid": True,
        "prompt_id": artifact.prompt_id,
        "sha256": artifact.digest(),
        "size_bytes": size,
        "cases": validated.cases,
        "warnings": list(validated.warnings),
    }
    facts = f"{size} bytes, {validated.cases} cases, risk {checked.source.policy.risk}"
    answer(document, f"{artifact.prompt_id} is valid: {facts}.", as_json=as_json)
