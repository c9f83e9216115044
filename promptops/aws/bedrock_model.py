"""The model of a version, asked through Bedrock's Converse."""

from __future__ import annotations

import time
from typing import Any

from promptops.aws.bedrock_calls import BedrockCalls, Reply
from promptops.aws.bedrock_errors import LOOK, answered_by
from promptops.aws.converse import check_parameters, converse_arguments
from promptops.domain.errors import ModelRefused, ModelUnavailable
from promptops.domain.question import Question
from promptops.evaluation_ports import Answer

#: An answer cut at max_tokens is the version's own doing, and graded as it is.
ANSWERED = ("end_turn", "stop_sequence", "max_tokens")
#: The same question would be stopped again.
_REFUSED = ("guardrail_intervened", "content_filtered", "model_context_window_exceeded")


class BedrockModel:
    """Asks the model a question names, with its parameters."""

    def __init__(self, calls: BedrockCalls) -> None:
        self._calls = calls

    def answer(self, question: Question) -> Answer:
        """The answer; raises ModelUnavailable, ModelRefused, Throttled, AccessRefused or EvaluationError.

        No message quotes what was sent or answered.
        """
        check_parameters(question)
        arguments = converse_arguments(question)
        model_id = arguments.pop("modelId")
        began = time.perf_counter()
        with answered_by(model_id, "bedrock:Converse"):
            reply = self._calls.post("Converse", model_id, arguments)
        waited_ms = round((time.perf_counter() - began) * 1000)
        text, reason, usage = _read(reply, model_id)
        if reason in _REFUSED:
            raise ModelRefused(f"{model_id} stopped with {reason}", LOOK)
        if reason not in ANSWERED:
            raise ModelUnavailable(f"{model_id} stopped with {reason}", LOOK)
        if not text.strip():
            raise ModelUnavailable(f"{model_id} answered nothing ({reason})", LOOK)
        read, written = (int(usage.get(f"cache{kind}InputTokens", 0)) for kind in ("Read", "Write"))
        return Answer(
            text,
            input_tokens=int(usage["inputTokens"]) + read + written,
            output_tokens=int(usage["outputTokens"]),
            latency_ms=waited_ms,
            cached_input_tokens=read,
        )


def _read(reply: Reply, model_id: str) -> tuple[str, str, dict[str, Any]]:
    """Text, stop reason and usage."""
    try:
        document = reply.document
        content = (document["output"].get("message") or {}).get("content") or []
        text = "".join(block.get("text", "") for block in content)
        usage = document["usage"]
        int(usage["inputTokens"]), int(usage["outputTokens"])
        return text, str(document["stopReason"]), usage
    except (LookupError, TypeError, ValueError, AttributeError):
        raise ModelUnavailable(f"{model_id} answered with something else than a message", LOOK) from None
