"""From a source to the one artifact it means: blocks inlined and pinned, everything checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from promptops.domain.allowances import Allowances
from promptops.domain.artifact import Artifact, Message
from promptops.domain.blocks import BLOCK_ID, Inliner, without_includes
from promptops.domain.canonical import sha256
from promptops.domain.checks import MAX_TEXT_BYTES, check_text, check_value, encoded
from promptops.domain.dataset import outline, read_case
from promptops.domain.errors import (
    EmptyPrompt,
    InvalidDataset,
    InvalidMetadata,
    InvalidTemplate,
    TooLarge,
    UndeclaredVariable,
    shown,
)
from promptops.domain.graders.grading import Builder
from promptops.domain.graders.table import TABLE
from promptops.domain.json_schema import compile_schema
from promptops.domain.measurable import check_measurable
from promptops.domain.source import PromptSource
from promptops.domain.suggestion import did_you_mean
from promptops.domain.template import VARIABLE_NAME, Template
from promptops.domain.variables import Variable

MAX_ARTIFACT_BYTES = MAX_TEXT_BYTES
#: Of cases beside the source: a call of the API carries 6 MB at most, in which every quote takes four bytes.
MAX_DATASET_BYTES = 4_194_304
MAX_METADATA_CHARS = 4_000
#: How many of each a source may have: a reviewer reads them all.
MAX_ENTRIES = {"messages": 50, "variables": 100, "examples": 50, "blocks": 50}
MAX_VARIABLE_CHARS = 1_000_000
#: bedrock, or an endpoint's name; which ones there are, the stack knows.
PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,31}")
_EXAMPLE_FIELDS = {"input", "output"}


def compile_source(source: PromptSource) -> Artifact:
    """The checked artifact; a block stands where its `{{> block-id}}` stood, without its final line feed.

    Errors name the text as its author wrote it. Raises MissingBlock, BlockCycle, BlockChanged and what
    `check_artifact` raises.
    """
    _check_metadata(source)
    placed = _placed(source.messages)
    for place, text in [*placed, *((f"block {name}", text) for name, text in source.blocks.items())]:
        check_text(text, place, source.allowances)
        _parse(without_includes(text), place)
    inliner = Inliner(source.blocks)
    artifact = Artifact(
        prompt_id=source.prompt_id,
        messages=tuple(
            Message(message.role, inliner.inline(message.content.rstrip("\n"), place))
            for message, (place, _) in zip(source.messages, placed, strict=True)
        ),
        model=source.model,
        variables=source.variables,
        parameters=source.parameters,
        output_schema=source.output_schema,
        blocks={name: sha256(source.blocks[name].encode()) for name in inliner.used},
        examples=source.examples,
        allowances=source.allowances,
    )
    check_artifact(artifact)
    return artifact


def check_artifact(artifact: Artifact) -> None:
    """Returns if today's rules allow this artifact; raises the first BadInput there is, with its place."""
    _check_values(artifact)
    for place, text in _placed(artifact.messages):
        check_text(text, place, artifact.allowances)
        if not text.strip():
            raise EmptyPrompt(f"{place} has no text", "Write it, or leave the message out.")
        for name in _parse(text, place).names:
            _check_declared(name, artifact, place)
    if "user" not in {message.role for message in artifact.messages}:
        raise InvalidMetadata("messages has no user message", "Add one; it is what a model answers.")
    size = len(artifact.to_bytes())
    if size > MAX_ARTIFACT_BYTES:
        raise TooLarge(
            f"{artifact.prompt_id} compiles to {size} bytes, limit {MAX_ARTIFACT_BYTES}",
            "Shorten the messages, or move what changes into variables.",
        )


@dataclass(frozen=True)
class CompiledCases:
    """The cases a version is published with; of sensitive ones only digest and number are known here."""

    content: bytes = b""
    sha256: str = ""
    count: int = 0
    sensitive: bool = False


def compile_cases(source: PromptSource, dataset: str, table: Mapping[str, Builder] = TABLE) -> CompiledCases:
    """The dataset beside the source, all its cases sound, or the one it names; empty where there is none.

    Raises TooLarge, InvalidEncoding, InvalidDataset, EvaluationEmpty, InvalidThreshold or InvalidMetadata.
    """
    try:
        content = encoded(dataset, "the dataset", MAX_DATASET_BYTES)
    except TooLarge as error:
        raise TooLarge(error.what, "`promptops dataset upload` takes four times as much.") from error
    if source.dataset:
        if content:
            raise InvalidMetadata("there are cases, and dataset names others by digest", "Keep one of them.")
        return CompiledCases(sha256=source.dataset.sha256, count=source.dataset.cases, sensitive=True)
    if not content:
        return CompiledCases()
    cases = outline(content)
    for case in cases:
        read_case(case, source.variables, table)
    check_measurable(cases, source.policy)
    return CompiledCases(content, sha256(content), len(cases))


def warnings_of(source: PromptSource, artifact: Artifact, cases: int) -> tuple[str, ...]:
    """What is allowed and worth a second look, each as `W_CODE: what. advice`."""
    return (
        *_unused(artifact),
        *_untrusted_orders(artifact),
        *_too_few_cases(source, cases),
        *_let_through(source.allowances),
    )


def _check_metadata(source: PromptSource) -> None:
    """What goes into the registry's row and is read by people there, and how much there is of everything."""
    for name, most in MAX_ENTRIES.items():
        if len(getattr(source, name)) > most:
            raise TooLarge(f"{name} has {len(getattr(source, name))} entries, limit {most}", "Keep fewer.")
    for name in source.blocks:
        if not BLOCK_ID.fullmatch(name):
            raise InvalidMetadata(f"{shown(name)} is not a block's id", "Use a-z, 0-9 and '-'.")
    texts = [(name, getattr(source, name)) for name in ("owner", "description", "rationale")]
    for name, text in [*texts, *(("tags", tag) for tag in source.tags)]:
        if len(text) > MAX_METADATA_CHARS:
            raise TooLarge(f"{name} has {len(text)} characters, limit {MAX_METADATA_CHARS}", "Shorten it.")
        check_text(text, name)
    _check_model("model", source.model["id"], source.model["provider"])
    for name in ("judge", "embedder"):
        if model := getattr(source.policy.evaluation, name):
            _check_model(f"evaluation.{name}", model.id, model.provider)


def _check_model(where: str, model_id: str, provider: str) -> None:
    check_text(model_id, where)
    if not PROVIDER.fullmatch(provider):
        what = f"{where}.provider is {shown(provider)}"
        raise InvalidMetadata(what, "Write bedrock, or the name of an endpoint: a-z, 0-9 and '-'.")


def _check_values(artifact: Artifact) -> None:
    """All of an artifact but its messages."""
    declared = {name: variable.to_dict() for name, variable in artifact.variables.items()}
    for where, value in (
        ("model", artifact.model),
        ("variables", declared),
        ("parameters", artifact.parameters),
        ("output_schema", artifact.output_schema),
        ("examples", list(artifact.examples)),
        ("allow_secret", artifact.allowances.secrets),
    ):
        check_value(value, where, artifact.allowances)
    for name, variable in artifact.variables.items():
        _check_variable(name, variable)
    for number, example in enumerate(artifact.examples, start=1):
        if set(example) != _EXAMPLE_FIELDS:
            what = f"example {number} has the fields {shown(', '.join(sorted(example)))}"
            raise InvalidMetadata(what, "Write {input: …, output: …}.")
    if artifact.output_schema is not None:
        try:
            compile_schema(artifact.output_schema)
        except InvalidDataset as error:
            raise InvalidMetadata(f"output_schema: {error.what}", error.fix) from error


def _check_variable(name: str, variable: Variable) -> None:
    if not VARIABLE_NAME.fullmatch(name):
        fix = "Use a-z, 0-9 and '_', and begin with a-z."
        raise InvalidMetadata(f"{shown(name)} is not a variable's name", fix)
    if variable.max_chars > MAX_VARIABLE_CHARS:
        what = f"max_chars of {name} is {variable.max_chars}, limit {MAX_VARIABLE_CHARS}"
        raise TooLarge(what, "No model reads that much.")
    for item in variable.enum:
        replace(variable, enum=()).text(name, item)


def _placed(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    """Each message's name in errors, with its text."""
    numbered = enumerate(messages, start=1)
    return [(f"message {number} ({message.role})", message.content) for number, message in numbered]


def _parse(text: str, place: str) -> Template:
    try:
        return Template.parse(text)
    except InvalidTemplate as error:
        raise InvalidTemplate(f"{place}, {error.what}", error.fix) from error


def _check_declared(name: str, artifact: Artifact, place: str) -> None:
    if name not in artifact.variables:
        what = f"{place} uses {shown(name)}{did_you_mean(name, artifact.variables)}"
        raise UndeclaredVariable(what, "Declare it under variables in prompt.yaml.")


def _unused(artifact: Artifact) -> Iterable[str]:
    used = {name for message in artifact.messages for name in Template.parse(message.content).names}
    for name in sorted(set(artifact.variables) - used):
        yield f"W_VARIABLE_UNUSED: no message uses {name}. Remove it from variables."


def _untrusted_orders(artifact: Artifact) -> Iterable[str]:
    """A system message is what the model obeys, so text from outside does not belong there."""
    systems = [Template.parse(message.content) for message in artifact.messages if message.role == "system"]
    for name in sorted({name for template in systems for name in template.names}):
        variable = artifact.variables[name]
        if variable.type == "string" and not variable.trusted and not variable.enum:
            yield f"W_UNTRUSTED_IN_SYSTEM: a system message uses {name}. Move it to a user message."


def _too_few_cases(source: PromptSource, cases: int) -> Iterable[str]:
    needed = source.policy.thresholds.min_cases
    if cases < needed:
        yield f"W_EVAL_TOO_FEW: {cases} of {needed} cases. Without them no version can be released."


def _let_through(allowances: Allowances) -> Iterable[str]:
    for point in allowances.invisible:
        yield f"W_INVISIBLE_ALLOWED: {point} may stand unseen in this prompt. Approvers see where."
    for kind, reason in allowances.secrets.items():
        yield f"W_SECRET_ALLOWED: what looks like a {kind} is kept for ever ({reason}). Approvers see this."
