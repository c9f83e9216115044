"""The workflow's evaluation: plan, a sample, the rest if the sample leaves it open, report.

What travels is ranges of cases in the order of the draw; only the function opens the cases.
"""

from __future__ import annotations

from infra.states import EVALUATE, State, choice, each, message, selected, task
from promptops.contract.messages import EvaluateTask, EvaluationPlan, SampleDecision


def evaluation(concurrency: int, *, then: str, catch: str) -> dict[str, State]:
    """The states, the first being where to begin; their input is what `begin` answered."""
    planned = ("dataset_sha256", "run_id", "started_at", "sample_chunks")
    about = {
        "prompt_id": "$.prompt_id",
        "version": "$.version",
        "evaluation_id": "$.request_id",
        **{name: f"$.{name}" for name in ("against", "baseline", "full")},
    }
    about_planned = {**about, **{name: f"$.plan.{name}" for name in planned}}
    chunk = message(EvaluateTask, task="chunk", chunk="$$.Map.Item.Value", **about_planned)
    decide = message(EvaluateTask, task="decide", chunks="$.plan.chunks", **about_planned)
    report = message(EvaluateTask, task="report", chunks="$.decision.chunks", **about_planned)

    def map_over(chunks: str, state: str, *, then: str) -> State:
        ask = {state: task(EVALUATE, "$", OutputPath="$.Payload")}
        return each(chunks, chunk, ask, then=then, catch=catch, at_once=concurrency)

    return {
        "Plan evaluation": task(
            EVALUATE,
            message(EvaluateTask, task="plan", **about),
            then="Evaluate sample",
            catch=catch,
            ResultSelector=selected(EvaluationPlan),
            ResultPath="$.plan",
        ),
        "Evaluate sample": map_over("$.plan.sample", "Evaluate chunk of sample", then="Decide on sample"),
        "Decide on sample": task(
            EVALUATE,
            decide,
            then="Enough?",
            catch=catch,
            ResultSelector=selected(SampleDecision),
            ResultPath="$.decision",
        ),
        "Enough?": choice("$.decision.go_on", {"rest": "Evaluate rest"}, otherwise="Write report"),
        "Evaluate rest": map_over("$.plan.rest", "Evaluate chunk of rest", then="Write report"),
        "Write report": task(EVALUATE, report, then=then, catch=catch, ResultPath=None),
    }
