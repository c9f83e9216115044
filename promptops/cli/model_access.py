"""Whether this account may use the models that the prompts in this folder name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from promptops.aws.error_mapping import mapped
from promptops.cli.line import Line
from promptops.domain.errors import PromptOpsError

_GEOGRAPHY = re.compile(r"^(us|us-gov|eu|apac|global|jp|au|ca)\.")


def check_models(line: Line, prompts: Path = Path("prompts")) -> tuple[Literal["ok", "warn"], str, str]:
    models = models_of(prompts)
    if not models:
        return "warn", "no prompts/ folder here names a model", "Run it in your prompts' repository."
    client = line.client("bedrock")
    if urlsplit(client.meta.endpoint_url).hostname == "127.0.0.1":
        return "ok", "the local AWS answers with a stand-in", ""
    closed = []
    for model in models:
        found = _availability(client, _GEOGRAPHY.sub("", model))
        if found is None:
            return "warn", f"Bedrock here does not know {model}", "Check the model id and the Region."
        if found["authorizationStatus"] != "AUTHORIZED" or found["entitlementAvailability"] != "AVAILABLE":
            closed.append(model)
    if closed:
        step = "Grant it in the Bedrock console, under model access."
        return "warn", f"no access to {', '.join(closed)}", step
    return "ok", ", ".join(models), ""


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
