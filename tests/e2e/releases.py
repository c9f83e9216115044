"""Prompts that are live somewhere, for tests that are about something else."""

from __future__ import annotations

from pathlib import Path

from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import VersionRecord
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import installation


def two_releases(aws: LocalAws, tmp_path: Path, prompt_id: str) -> None:
    """v1 and then v2 of a prompt of that id, published by alice and released in dev."""
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", prompt_id)
    for version, max_tokens in (("v1", 600), ("v2", 500)):
        alice.types("publish", str(changed(folder, max_tokens)))
        alice.types("promote", f"{prompt_id}@{version}", "--to", "dev", "--reason", f"release of {version}")


def version(aws: LocalAws, prompt_id: str, number: int) -> VersionRecord:
    """What the registry says of a version."""
    registry = DynamoDbRegistry(installation(aws).registry_table, aws.client("dynamodb"))
    return registry.version(PromptRef(prompt_id, number))
