"""One preview: the sample, the rest if that may still change the verdict, and the report over both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptops.asking.run import AskingRun
from promptops.cli.previews.subject import Subject
from promptops.domain.artifact import Artifact
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.compare import compared
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.floors import Measured
from promptops.domain.evaluation.gate import enough
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.sample import Drawn, drawn
from promptops.domain.grader_set import GRADERS
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.report import Baseline, Binding, Report
from promptops.measure import Measure, measure
from promptops.ports import Clock

#: The model kind of what was measured outside the release line, and its report's id: evidence nowhere.
PREVIEW = "preview"


@dataclass(frozen=True)
class PreviewRun:
    """What is measured and how; with `full` the sample alone does not decide.

    `candidate` and `live` are asked as they are here: with the model of the preview.
    """

    subject: Subject
    candidate: Artifact
    live: Artifact | None
    baseline: Baseline | None
    measuring: Measuring
    asking: AskingRun
    threads: int
    full: bool
    clock: Clock

    @property
    def drawn(self) -> Drawn:
        """Which cases come first."""
        return drawn(self.subject.cases, size=self.measuring.sample, seed=self.measuring.seed)

    def report(self, on_case: Callable[[CaseResult], object], on_rest: Callable[[], object]) -> Report:
        """Of version 0, stored nowhere; `on_rest` hears that the sample did not decide.

        Raises what every case would meet alike: AccessRefused, SpendCapReached, EvaluationError.
        """
        started_at, plan = self.clock.now(), self.drawn
        results = self._measured(plan.order[: plan.sample], on_case)
        if plan.sample < len(plan.order) and self._open(results):
            on_rest()
            results += self._measured(plan.order[plan.sample :], on_case)
        policy = self.subject.policy
        return Report(
            evaluation_id=PREVIEW,
            prompt_id=self.subject.artifact.prompt_id,
            version=0,
            binding=Binding(
                content_sha256=self.subject.artifact.digest(),
                dataset_sha256=self.subject.cases_sha256,
                graders=GRADERS,
                model_id=self.candidate.model["id"],
                model_kind=PREVIEW,
                graded_by=self.measuring.graded_by(),
            ),
            thresholds=policy.thresholds,
            cases=tuple(results),
            started_at=started_at,
            finished_at=self.clock.now(),
            measuring=self.measuring,
            dataset_cases=len(self.subject.cases),
            baseline=self.baseline,
            comparison=self._compared(results),
            usage=self.asking.meter.usage(),
        )

    def _measured(
        self, positions: tuple[int, ...], on_case: Callable[[CaseResult], object]
    ) -> list[CaseResult]:
        return measure(
            [self.subject.cases[position] for position in positions],
            CompiledPrompt(self.candidate),
            CompiledPrompt(self.live) if self.live else None,
            by=Measure(
                model=self.asking.model,
                assistants=self.asking.assistants,
                threads=self.threads,
                repeats=self.measuring.repeats,
                min_pass_rate=self.subject.policy.thresholds.min_pass_rate,
            ),
            on_case=on_case,
        )

    def _open(self, results: list[CaseResult]) -> bool:
        measured = Measured(results, len(self.subject.cases))
        thresholds = self.subject.policy.thresholds
        return enough(measured, thresholds, self._compared(results), full=self.full) == "rest"

    def _compared(self, results: list[CaseResult]) -> Comparison | None:
        if self.live is None:
            return None
        thresholds = self.subject.policy.thresholds
        return compared(results, thresholds=thresholds, seed=self.measuring.seed)
