"""promptops doctor: what stands between this machine and a release."""

from __future__ import annotations

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, table


def doctor(
    profile: Profile = "", region: Region = "", prefix: Prefix = PREFIX, as_json: AsJson = False
) -> None:
    """Check everything a release needs, with next steps.

    \b
    Example:  promptops doctor --profile production
    Next:     promptops publish prompts/support-ticket
    """
    from promptops.cli.checkup import CHECKS, check_all

    findings = check_all(CHECKS, line.open_line(profile, region, prefix))
    document = {
        "ok": not any(found.exit_code for found in findings),
        "checks": [found.to_dict() for found in findings],
    }
    rows = ((found.status, found.check, found.text, found.next_step) for found in findings)
    answer(document, table(("", "CHECK", "FOUND", "NEXT STEP"), rows), as_json=as_json)
    code = next((found.exit_code for found in findings if found.exit_code), 0)
    if code:
        raise typer.Exit(code)
