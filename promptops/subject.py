"""What an evaluation is about, read again and checked by each of its tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promptops.contract.messages import EvaluateTask
from promptops.domain.artifact import Artifact
from promptops.domain.canonical import digest
from promptops.domain.dataset import Case, CaseOutline, outline, read_case
from promptops.domain.errors import DatasetChanged, EvaluationEmpty, EvaluationError, Unavailable
from promptops.domain.evaluation.sample import Drawn, drawn
from promptops.domain.identifiers import PromptRef
from promptops.domain.measurable import check_measurable
from promptops.domain.policy import Policy
from promptops.domain.question import ModelName
from promptops.domain.version import VersionRecord
from promptops.ports import Artifacts, Datasets, Registry

AGAIN = "Start the evaluation again."


@dataclass(frozen=True)
class Subject:
    """One version and its cases; `baseline` is the version it is compared with, None for none.

    `live` is the baseline's artifact, None also where its bytes cannot be had any more.
    """

    record: VersionRecord
    artifact: Artifact
    outlines: Sequence[CaseOutline]
    drawn: Drawn
    baseline: VersionRecord | None
    live: Artifact | None

    @property
    def policy(self) -> Policy:
        return self.record.policy

    @property
    def models(self) -> list[ModelName]:
        """All without which there is no verdict, its own first; the live version's is none of them."""
        helping = (self.policy.evaluation.judge, self.policy.evaluation.embedder)
        return [_asked_by(self.artifact), *(model for model in helping if model)]

    def beside(self, may_ask: Callable[[ModelName], bool]) -> Artifact | None:
        """The live version, unless its model may not be asked: that must not keep it from being replaced."""
        return self.live if self.live and may_ask(_asked_by(self.live)) else None

    @property
    def quoting(self) -> bool:
        """Whether what the cases say may leave their bucket."""
        return not self.record.dataset.sensitive

    @property
    def order(self) -> list[str]:
        """The ids of all cases in the order they are drawn."""
        return [self.outlines[position].case_id for position in self.drawn.order]

    def check(self) -> None:
        """Returns if the cases are what publish was told, where it could not see them itself.

        Raises DatasetChanged, InvalidDataset, InvalidThreshold or InvalidMetadata, without their texts.
        """
        dataset = self.record.dataset
        if len(self.outlines) != dataset.cases:
            what = f"the dataset has {len(self.outlines)} cases, prompt.yaml said {dataset.cases}"
            raise DatasetChanged(what, "Correct dataset.cases and publish again.")
        if dataset.sensitive:
            for outlined in self.outlines:
                read_case(outlined, self.artifact.variables, quoting=False)
            check_measurable(self.outlines, self.policy)

    def cases(self, first: int, count: int) -> list[Case]:
        """So many of the order, ready to be graded; raises EvaluationError where it has no such part."""
        positions = self.drawn.order[first : first + count] if first >= 0 else ()
        if count < 1 or len(positions) != count:
            raise EvaluationError(f"the dataset has no {count} cases from case {first}", AGAIN)
        return [
            read_case(self.outlines[position], self.artifact.variables, quoting=self.quoting)
            for position in positions
        ]

    def fingerprint(self, **more: object) -> str:
        """The digest of everything that the results of its cases depend on, and of what else is named."""
        record, baseline = self.record, self.baseline
        return digest(
            {
                "content": record.sha256,
                "dataset": record.dataset.sha256,
                # What was measured of the same cases while they were not sensitive quotes them.
                "sensitive": record.dataset.sensitive,
                "policy": record.policy.digest(),
                "baseline": baseline.sha256 if baseline else "",
                **more,
            }
        )


def _asked_by(version: Artifact) -> ModelName:
    return ModelName(version.model["id"], version.model["provider"])


class Subjects:
    """Where subjects come from. The last dataset is kept: to parse and draw 20,000 cases takes a second."""

    def __init__(self, *, registry: Registry, artifacts: Artifacts, datasets: Datasets) -> None:
        self._registry = registry
        self._artifacts = artifacts
        self._datasets = datasets
        self._last: tuple[object, tuple[CaseOutline, ...], Drawn] = (None, (), Drawn((), 0))

    def load(self, task: EvaluateTask) -> Subject:
        """What the task is about; raises EvaluationEmpty, DatasetChanged, or what reading it raises."""
        record = self._registry.version(PromptRef(task.prompt_id, task.version))
        dataset = record.dataset
        if not dataset.key:
            raise EvaluationEmpty(f"{record.ref} was published without cases", "Add cases.jsonl and publish.")
        if task.dataset_sha256 not in ("", dataset.sha256):
            raise DatasetChanged(
                f"planned for dataset {task.dataset_sha256[:12]}, the version has {dataset.sha256[:12]}",
                AGAIN,
            )
        outlines, draw = self._drawn(record)
        baseline = self._registry.version(PromptRef(task.prompt_id, task.baseline)) if task.baseline else None
        return Subject(
            record,
            self._artifacts.load(record),
            outlines,
            draw,
            baseline,
            self._live(baseline) if baseline else None,
        )

    def _drawn(self, record: VersionRecord) -> tuple[tuple[CaseOutline, ...], Drawn]:
        """The cases and their order; whatever decides either is part of what they are kept under."""
        dataset, measuring = record.dataset, record.policy.evaluation
        wanted = (dataset.sha256, dataset.sensitive, measuring.sample, measuring.seed)
        kept, outlines, draw = self._last
        if kept != wanted:
            content = self._datasets.load(dataset.key, dataset.sha256)
            outlines = outline(content, quoting=not dataset.sensitive)
            draw = drawn(outlines, size=measuring.sample, seed=measuring.seed)
            self._last = (wanted, outlines, draw)
        return outlines, draw

    def _live(self, baseline: VersionRecord) -> Artifact | None:
        try:
            return self._artifacts.load(baseline)
        except Unavailable as error:
            # Lost or spoilt bytes must not keep the version from being replaced.
            if error.retryable:
                raise
            return None
