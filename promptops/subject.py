"""What an evaluation is about, read again and checked by each of its tasks."""

from __future__ import annotations

from collections.abc import Sequence
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
        """All that are asked, its own first."""
        versions = [self.artifact, *([self.live] if self.live else [])]
        own = [ModelName(version.model["id"], version.model["provider"]) for version in versions]
        helping = (self.policy.evaluation.judge, self.policy.evaluation.embedder)
        return [*own, *(model for model in helping if model)]

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
                "policy": record.policy.digest(),
                "baseline": baseline.sha256 if baseline else "",
                **more,
            }
        )


class Subjects:
    """Where subjects come from. The last dataset is kept: parsing 10,000 cases once a chunk would be slow."""

    def __init__(self, *, registry: Registry, artifacts: Artifacts, datasets: Datasets) -> None:
        self._registry = registry
        self._artifacts = artifacts
        self._datasets = datasets
        self._last: tuple[str, tuple[CaseOutline, ...]] = ("", ())

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
        measuring = record.policy.evaluation
        outlines = self._outlines(record)
        baseline = self._registry.version(PromptRef(task.prompt_id, task.baseline)) if task.baseline else None
        return Subject(
            record,
            self._artifacts.load(record),
            outlines,
            drawn(outlines, size=measuring.sample, seed=measuring.seed),
            baseline,
            self._live(baseline) if baseline else None,
        )

    def _outlines(self, record: VersionRecord) -> tuple[CaseOutline, ...]:
        sha256, outlines = self._last
        if sha256 != record.dataset.sha256:
            content = self._datasets.load(record.dataset.key, record.dataset.sha256)
            outlines = outline(content, quoting=not record.dataset.sensitive)
            self._last = (record.dataset.sha256, outlines)
        return outlines

    def _live(self, baseline: VersionRecord) -> Artifact | None:
        try:
            return self._artifacts.load(baseline)
        except Unavailable as error:
            # Lost or spoilt bytes must not keep the version from being replaced.
            if error.retryable:
                raise
            return None
