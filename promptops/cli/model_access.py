"""Whether models may be used: those of the prompts in this folder, and those of versions gone back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.parse import urlsplit

from promptops.aws.error_mapping import mapped
from promptops.cli.line import Line
from promptops.domain.errors import PromptOpsError
from promptops.domain.identifiers import PromptRef

#: How long somebody on call waits for a remark about a rollback that is done already.
LOOK_SECONDS = 3.0
_GEOGRAPHY = re.compile(r"^(us|us-gov|eu|apac|global|jp|au|ca)\.")


def check_models(line: Line, prompts: Path = Path("prompts")) -> tuple[Literal["ok", "warn"], str, str]:
    models = models_of(prompts)
    if not models:
        return "warn", "no prompts/ folder here names a model", "Run it in your prompts' repository."
    client = line.client("bedrock")
    if _is_stand_in(client):
        return "ok", "the local AWS answers with a stand-in", ""
    closed = []
    for model in models:
        found = _availability(client, base_model(model))
        if found is None:
            return "warn", f"Bedrock here does not know {model}", "Check the model id and the Region."
        if found["authorizationStatus"] != "AUTHORIZED" or found["entitlementAvailability"] != "AVAILABLE":
            closed.append(model)
    if closed:
        step = "Grant it in the Bedrock console, under model access."
        return "warn", f"no access to {', '.join(closed)}", step
    return "ok", ", ".join(models), ""


def retired_models(refs: Sequence[PromptRef], line: Line) -> list[str]:
    """`W_MODEL_RETIRED: what. advice` for each version whose model is at its end or gone.

    Never raises and never takes longer than LOOK_SECONDS: what cannot be found out in time is not said.
    """
    found: list[str] = []
    # A thread that nobody waits for: a call that hangs ends with the process.
    looking = Thread(target=_look, args=(refs, line, found), daemon=True)
    looking.start()
    looking.join(LOOK_SECONDS)
    return list(found)


def base_model(model: str) -> str:
    """The model's own id: that of an inference profile without its geography."""
    return _GEOGRAPHY.sub("", model)


def _look(refs: Sequence[PromptRef], line: Line, found: list[str]) -> None:
    try:
        records = line.registry.records(refs)
        client = line.client("bedrock")
        if _is_stand_in(client):
            return
        ends: dict[str, str] = {}
        for ref in refs:
            model = _foundation_model(records[ref].model)
            if model not in ends:
                ends[model] = _end_of(client, model) if model else ""
            if ends[model]:
                what = f"{ref} runs on {records[ref].model}, which Bedrock {ends[model]}"
                found.append(f"W_MODEL_RETIRED: {what}. Publish and promote a version on another model.")
    except Exception:
        # The rollback is done; whether its model lasts is worth a remark and never a failure.
        return


def _end_of(client: Any, model: str) -> str:
    """What Bedrock says against a model; empty while it is active."""
    gone = (client.exceptions.ResourceNotFoundException, client.exceptions.ValidationException)
    try:
        details: dict[str, Any] = client.get_foundation_model(modelIdentifier=model)["modelDetails"]
    except gone:
        return "does not know any more"
    lifecycle = details.get("modelLifecycle", {})
    if lifecycle.get("status", "ACTIVE") == "ACTIVE":
        return ""
    ends = lifecycle.get("endOfLifeTime")
    return f"calls {lifecycle['status']}{f', with its end on {ends:%Y-%m-%d}' if ends else ''}"


def _foundation_model(model: str) -> str:
    """The foundation model behind an id or ARN; empty for what names none, as an application's profile."""
    if not model.startswith("arn:"):
        return base_model(model)
    kind, _, name = model.split(":", 5)[-1].partition("/")
    return base_model(name) if kind in ("foundation-model", "inference-profile") else ""


def _is_stand_in(client: Any) -> bool:
    return bool(urlsplit(client.meta.endpoint_url).hostname == "127.0.0.1")


def _availability(client: Any, model: str) -> dict[str, Any] | None:
    with mapped("bedrock:GetFoundationModelAvailability"):
        try:
            found: dict[str, Any] = client.get_foundation_model_availability(modelId=model)
        except client.exceptions.ResourceNotFoundException:
            return None
    return found


def models_of(prompts: Path) -> list[str]:
    """The model ids the prompt folders name; folders that cannot be read name none."""
    from promptops.cli.folder import METADATA_FILE, read_folder

    models = set()
    for metadata in sorted(prompts.glob(f"*/{METADATA_FILE}")):
        try:
            model = read_folder(metadata.parent).source.get("model")
        except PromptOpsError:
            continue
        if isinstance(model, dict) and isinstance(model.get("id"), str):
            models.add(model["id"])
    return sorted(models)
