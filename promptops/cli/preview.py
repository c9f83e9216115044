"""An evaluation of a folder from here: a preview for its author, never evidence."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from promptops.aws.clock import SystemClock
from promptops.cli.graders.python import PythonGraders
from promptops.cli.outcome import INTERRUPTED
from promptops.cli.output import answer, note
from promptops.cli.previews.asked import Asked
from promptops.cli.previews.heard import Heard
from promptops.cli.previews.provider import asking, models_of, provider
from promptops.cli.previews.recording import recorded
from promptops.cli.previews.run import PreviewRun
from promptops.cli.previews.subject import live_in, needs_all, read_subject, with_model
from promptops.cli.previews.tally import Tally
from promptops.cli.progress import progress
from promptops.cli.report.files import ReportFiles
from promptops.cli.report.show import show_report
from promptops.cli.report.told import Told
from promptops.domain.errors import PromptOpsError
from promptops.domain.report import Report

if TYPE_CHECKING:
    from promptops.cli.line import Line

NO_EVIDENCE = "This is a preview: it was measured here and is no evidence for a promotion."


def show_preview(folder: Path, line: Line, asked: Asked, files: ReportFiles, *, as_json: bool) -> None:
    """The report of the folder's cases; raises what its verdict means unless they pass."""
    asked.check()
    files.check(asked.record, as_json=as_json)
    with closing(PythonGraders(folder)) as graders:
        subject = read_subject(folder, graders)
        for warning in subject.warnings:
            note(warning)
        live = live_in(asked.against, subject, line)
        candidate = with_model(subject.artifact, asked.model)
        beside = with_model(live.artifact, asked.model) if live.artifact else None
        measuring, clock = asked.measuring(subject.policy.evaluation), SystemClock()
        models = models_of((candidate, beside), measuring)
        with recorded(provider(asked, models, line), asked.record) as answering:
            heard = Heard(answering)
            run = PreviewRun(
                subject=subject,
                candidate=candidate,
                live=beside,
                baseline=live.baseline,
                measuring=measuring,
                asking=asking(asked, models, heard, clock.now()[:10]).run(measuring),
                threads=asked.concurrency,
                full=asked.full or needs_all(subject, live),
                clock=clock,
            )
            run.asking.meter.check_priced(models)
            report = _followed(run, as_json=as_json)
    remarks = (NO_EVIDENCE, *filter(None, (live.remark, *_other_models(asked, subject.artifact.model["id"]))))
    failed = frozenset(case.case_id for case in report.cases if not case.passed)
    shown = [case for case in subject.cases if case.case_id in failed] if files.html else []
    told = Told(report, remarks, heard.to(shown, candidate))
    show_report(told, files, {"preview": True}, f"promptops publish {folder}", as_json=as_json)


def _followed(run: PreviewRun, *, as_json: bool) -> Report:
    """The report; whoever stops the run, or what does, is told how far it came and what it cost."""
    drawn, model = run.drawn, run.candidate.model["id"]
    with progress(f"{drawn.sample:,} cases with {model}") as shown:
        tally = Tally(shown, run.asking.meter, drawn.sample)

        def on_rest() -> None:
            shown.say(f"The sample of {drawn.sample:,} does not decide ({tally}): measuring the rest.")
            tally.planned = len(drawn.order)

        try:
            return run.report(tally.note, on_rest)
        except KeyboardInterrupt:
            shown.say(f"Interrupted: {tally}. Nothing was judged; questions under way still cost.")
            if as_json:
                answer(_so_far("interrupted", tally, run), as_json=True)
            raise typer.Exit(INTERRUPTED) from None
        except PromptOpsError as error:
            if tally.done:
                shown.say(f"Stopped: {tally}.")
            error.data.update(_so_far("stopped", tally, run))
            raise


def _so_far(outcome: str, tally: Tally, run: PreviewRun) -> Mapping[str, object]:
    usage = asdict(run.asking.meter.usage())
    counts = {"planned": tally.planned, "done": tally.done, "passed": tally.passed}
    return {"outcome": outcome, "preview": True, **counts, "usage": usage}


def _other_models(asked: Asked, written: str) -> list[str]:
    """What differs from prompt.yaml, which a reader of the numbers must know."""
    if asked.replay:
        return [
            f"Replayed from {asked.replay}: no model was asked; tokens, cost and latency are as recorded."
        ]
    where = f" at {asked.endpoint}" if asked.endpoint else ""
    if asked.model and asked.model != written:
        return [f"Asked {asked.model}{where}; prompt.yaml names {written}."]
    return [f"Asked {written}{where}."] if where else []
