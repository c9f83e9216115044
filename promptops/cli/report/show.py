"""A report as the answer of a command: in the terminal, as JSON, and in the files that were asked for."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.cli.output import answer, console_of, note, show
from promptops.cli.report.files import ReportFiles
from promptops.cli.report.terminal import report_lines
from promptops.cli.report.told import Told
from promptops.cli.report.verdict import problem_of
from promptops.domain.errors import PromptOpsError


def show_report(
    told: Told,
    files: ReportFiles,
    document: Mapping[str, object],
    next_command: str,
    *,
    as_json: bool,
) -> None:
    """Everything there is to see of it; raises the error of a report that does not pass.

    People see the summary before a file is written: what was paid for is not lost to a full disk.
    """
    whole = {**document, "report": told.report.to_dict(), "remarks": list(told.remarks)}
    if not as_json:
        _to_people(told, files)
    try:
        written = files.write(told)
    except PromptOpsError as error:
        error.data.update(whole)
        raise
    for path in written:
        note(f"Wrote {path}.")
    if problem := problem_of(told.report, **whole):
        raise problem
    if as_json:
        answer(whole, as_json=True)
    else:
        note(f"Next: {next_command}")


def _to_people(told: Told, files: ReportFiles) -> None:
    """On standard output, unless one of the files is that."""
    if not files.on_standard_output:
        answer({}, *report_lines(told), as_json=False)
        return
    import sys

    console = console_of(sys.stderr)
    for line in report_lines(told):
        show(console, line)
