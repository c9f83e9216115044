"""How a followed request ends: the answer, the exit code and the next command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from promptops.cli.follow import error_of, follow
from promptops.cli.output import answer, note
from promptops.cli.report.files import ReportFiles
from promptops.cli.report.show import show_report
from promptops.cli.report.terminal import report_lines
from promptops.cli.report.told import Told
from promptops.domain.errors import (
    AccessRefused,
    EvaluationFailed,
    Inconclusive,
    MalformedPointer,
    PromptOpsError,
)
from promptops.domain.pointer import Pointer, parse_pointer
from promptops.domain.release_rules import operation_of
from promptops.domain.request import ReleaseRequest

if TYPE_CHECKING:
    from promptops.cli.line import Line

#: Not an error and not done: committed and still projecting, or still waiting for somebody.
PENDING = 3
INTERRUPTED = 130
NO_FILES = ReportFiles()


def follow_to_end(
    request_id: str,
    line: Line,
    *,
    timeout_seconds: float,
    as_json: bool,
    files: ReportFiles = NO_FILES,
) -> None:
    """Follow, then say how it ended; raises the request's own error, or Exit with PENDING.

    An evaluation's report is also written to the `files`.
    """
    try:
        request = follow(request_id, line=line, timeout_seconds=timeout_seconds)
    except KeyboardInterrupt:
        note(f"Stopped following; the request goes on. {_resume(request_id)}")
        if as_json:
            answer({"outcome": "left running", "request_id": request_id}, as_json=True)
        raise typer.Exit(INTERRUPTED) from None
    conclude(request, line, as_json=as_json, files=files)


def conclude(request: ReleaseRequest, line: Line, *, as_json: bool, files: ReportFiles = NO_FILES) -> None:
    """The answer for a request as it stands; raises its error, or Exit with PENDING while it runs."""
    error = error_of(request)
    if error:
        _explain(error, request, line, files, as_json=as_json)
        released = _released_before(request, line)
        if released:
            error.data["released"] = released
            note(f"{request.ref} was released in {', '.join(released)}, and goes no further:")
        raise error
    if not request.ended:
        text = f"{request.ref} for {request.environment} is still {request.status}."
        document = {"outcome": "still waiting", "request": request.to_dict()}
        answer(document, text, _resume(request.request_id), as_json=as_json)
        raise typer.Exit(PENDING)
    if request.kind == "evaluate":
        told = _told(request, line)
        document = {"outcome": request.status, "request": request.to_dict()}
        promote = f'promptops promote {request.ref} --to {line.installation.environments[-1]} --reason "…"'
        show_report(told, files, document, promote, as_json=as_json)
        return
    _released(request, line, as_json=as_json)


def committed(
    done: Mapping[str, Any],
    *lines: str,
    as_json: bool,
    warnings: Callable[[], Sequence[str]] = lambda: (),
) -> None:
    """The answer for a release the API has made, then what is worth a second look at it.

    Raises Exit with PENDING while its pointer is not written, having said why.
    """
    if not as_json:
        answer({}, *lines, as_json=False)
    found = list(warnings())
    for warning in found:
        note(warning)
    if as_json:
        answer({**done, "warnings": found}, as_json=True)
    if not done["projected"]:
        problem = done.get("problem")
        if isinstance(problem, Mapping):
            note(str(problem["message"]))
        raise typer.Exit(PENDING)


def is_projected(prompt_id: str, environment: str, revision: int, line: Line) -> bool:
    """Whether clients see this revision or a newer one; true also where the pointer may not be read."""
    try:
        pointer = parse_pointer(line.pointers(environment).read(prompt_id) or "")
    except MalformedPointer:
        return False
    except AccessRefused:
        return True
    return isinstance(pointer, Pointer) and pointer.revision >= revision


def _released_before(request: ReleaseRequest, line: Line) -> list[str]:
    """The environments this request had come to when it ended; a release there stays."""
    try:
        return [
            environment
            for environment in request.path
            if line.ledgers[environment].release_of_operation(operation_of(request, environment))
        ]
    except PromptOpsError:
        return []


def _released(request: ReleaseRequest, line: Line, *, as_json: bool) -> None:
    live, lines, pending = [], [], False
    for environment in request.path:
        head = line.ledgers[environment].head(request.prompt_id)
        projected = is_projected(request.prompt_id, environment, head.revision, line)
        pending = pending or not projected
        live.append(
            {
                "environment": environment,
                "version": f"v{head.version}",
                "revision": head.revision,
                "projected": projected,
            }
        )
        lines.append(
            f"{request.prompt_id}@v{head.version} is live in {environment}, revision {head.revision}"
            + ("." if projected else "; clients still see the old one until the pointer is repaired.")
        )
    answer({"outcome": "released", "request": request.to_dict(), "live": live}, *lines, as_json=as_json)
    if pending:
        raise typer.Exit(PENDING)


def _explain(
    error: PromptOpsError, request: ReleaseRequest, line: Line, files: ReportFiles, *, as_json: bool
) -> None:
    """Show the report behind a failed evaluation, to people above the error, to scripts inside it."""
    if not isinstance(error, (EvaluationFailed, Inconclusive)):
        return
    try:
        told = _told(request, line)
    except PromptOpsError:
        return
    error.data["report"] = told.report.to_dict()
    if not as_json and not files.on_standard_output:
        answer({}, *report_lines(told), as_json=False)
    for path in files.write(told):
        note(f"Wrote {path}.")


def _told(request: ReleaseRequest, line: Line) -> Told:
    from promptops.domain.errors import EvidenceRequired
    from promptops.domain.evaluation_history import tries

    evidence = line.registry.version(request.ref).evidence
    if evidence is None:
        raise EvidenceRequired(f"{request.ref} has no report", "Evaluate it again.")
    report = line.report(evidence)
    counts = "evidence" if report.verdict == "pass" else "measured by the stack"
    where = ", on this local installation only" if report.binding.model_kind == "standin" else ""
    remarks = [f"Report sha256:{evidence.sha256}, {counts} for exactly these bytes{where}."]
    if request.report_sha256 not in ("", evidence.sha256):
        remarks.append(f"{request.ref} was evaluated again since: this is the newer report.")
    return Told(report, [*remarks, *tries(line.past_evaluations.of_version(request.ref), evidence.key)])


def _resume(request_id: str) -> str:
    return f"Go on with: promptops show --request {request_id} --follow"
