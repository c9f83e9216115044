"""The source of a version as authors write it, before it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promptops.domain.allowance_rules import read_allowances
from promptops.domain.allowances import NOTHING, Allowances
from promptops.domain.artifact import Message
from promptops.domain.canonical import digest
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, UnknownMetadata, shown
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.label import check_label
from promptops.domain.policy import Policy
from promptops.domain.suggestion import did_you_mean
from promptops.domain.template import VARIABLE_NAME
from promptops.domain.uploaded import UploadedDataset
from promptops.domain.variables import Variable

SCHEMA = 1
MAX_OWNER_CHARS = 128
MAX_TAG_CHARS = 64
MAX_TAGS = 20
ROLES = ("system", "user", "assistant")
_REQUIRED = ("prompt_id", "owner", "risk", "rationale", "messages", "model")
_FIELDS = {
    *_REQUIRED,
    "schema",
    "label",
    "description",
    "variables",
    "parameters",
    "output_schema",
    "thresholds",
    "evaluation",
    "dataset",
    "tags",
    "blocks",
    "examples",
    "allow_invisible",
    "allow_secret",
}


@dataclass(frozen=True)
class PromptSource:
    """One prompt folder, parsed: texts and metadata, blocks still to be inlined.

    `blocks` maps the id of each block the messages include to its text. `label` is a semantic version, or
    empty. `dataset` names cases that lie in the restricted bucket; all others travel beside the source.
    """

    prompt_id: str
    owner: str
    rationale: str
    policy: Policy
    messages: tuple[Message, ...]
    model: Mapping[str, str]
    label: str = ""
    description: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    output_schema: Mapping[str, object] | None = None
    tags: tuple[str, ...] = ()
    blocks: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Mapping[str, str], ...] = ()
    allowances: Allowances = NOTHING
    dataset: UploadedDataset | None = None

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> PromptSource:
        """The source in a publish request; raises InvalidMetadata, its leaves, or an id error."""
        for name in _as_mapping(document, "source"):
            if name not in _FIELDS:
                what = f"{shown(name)} is not a field{did_you_mean(name, _FIELDS)}"
                raise UnknownMetadata(what, "Remove it or correct its name.")
        if document.get("schema", SCHEMA) != SCHEMA:
            raise InvalidMetadata(f"schema is {shown(document['schema'])}", f"Write schema: {SCHEMA}.")
        for name in _REQUIRED:
            if document.get(name) in (None, "", [], {}):
                raise InvalidMetadata(f"{name} is missing", f"Add {name} to prompt.yaml.")
        model = _mapping(document, "model")
        if set(model) != {"id", "provider"}:
            raise InvalidMetadata(
                f"model has the fields {sorted(model)}", "Write model: {id: …, provider: bedrock}."
            )
        return cls(
            prompt_id=check_prompt_id(_text(document, "prompt_id")),
            owner=_name(_text(document, "owner"), "owner", MAX_OWNER_CHARS),
            label=check_label(_text(document, "label")) if document.get("label") else "",
            rationale=_text(document, "rationale"),
            description=_text(document, "description"),
            policy=Policy.from_dict(
                {
                    "risk": document["risk"],
                    "thresholds": document.get("thresholds") or {},
                    "evaluation": document.get("evaluation") or {},
                }
            ),
            messages=_messages(document["messages"]),
            model=_texts_by_name(model, "model"),
            variables={name: _variable(name, item) for name, item in _mapping(document, "variables").items()},
            parameters=_mapping(document, "parameters"),
            output_schema=_mapping(document, "output_schema") or None,
            tags=_tags(document),
            blocks=_texts_by_name(_mapping(document, "blocks"), "blocks"),
            examples=tuple(
                _texts_by_name(_as_mapping(item, f"example {number}"), f"example {number}")
                for number, item in enumerate(_list(document, "examples"), start=1)
            ),
            allowances=read_allowances(document),
            dataset=None
            if document.get("dataset") is None
            else UploadedDataset.from_dict(document["dataset"]),
        )

    def to_dict(self) -> dict[str, object]:
        """The document `from_dict` reads."""
        return {
            "schema": SCHEMA,
            "prompt_id": self.prompt_id,
            "owner": self.owner,
            # A source without a label has the digest it had before there were labels.
            **({"label": self.label} if self.label else {}),
            "rationale": self.rationale,
            "description": self.description,
            **self.policy.to_dict(),
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "model": dict(self.model),
            "variables": {name: variable.to_dict() for name, variable in self.variables.items()},
            "parameters": dict(self.parameters),
            "output_schema": self.output_schema,
            "tags": list(self.tags),
            "blocks": dict(self.blocks),
            "examples": [dict(example) for example in self.examples],
            **self.allowances.to_dict(),
            **({"dataset": self.dataset.to_dict()} if self.dataset else {}),
        }

    def digest(self, dataset_sha256: str) -> str:
        """What tells two publishes of the same thing from two different ones: source and dataset together."""
        return digest({"source": self.to_dict(), "dataset": dataset_sha256})


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list):
        raise InvalidMetadataType("messages is not a list", "Write a list of {role, file}.")
    messages = []
    for item in value:
        entry = _as_mapping(item, "message")
        role, content = entry.get("role"), entry.get("content")
        if role not in ROLES or not isinstance(content, str):
            raise InvalidMetadata(
                f"a message has role {shown(role)}", f"Use one of {', '.join(ROLES)}, with a text."
            )
        messages.append(Message(str(role), content))
    return tuple(messages)


def _variable(name: str, value: object) -> Variable:
    if not isinstance(name, str) or not VARIABLE_NAME.fullmatch(name):
        fix = "Use a-z, 0-9 and '_', and begin with a-z."
        raise InvalidMetadata(f"{shown(name)} is not a variable's name", fix)
    return Variable.from_dict(name, _as_mapping(value, f"variable {name}"))


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidMetadataType(
            f"{name} must be text, found {shown(value)}", f"Quote it: {name}: {shown(value)}."
        )
    return value


def _tags(document: Mapping[str, object]) -> tuple[str, ...]:
    tags = _texts(document, "tags")
    if len(tags) > MAX_TAGS:
        raise InvalidMetadata(
            f"there are {len(tags)} tags, limit {MAX_TAGS}", "Keep those people search for."
        )
    for position, tag in enumerate(tags):
        if tag in tags[:position]:
            raise InvalidMetadata(f"tags holds {shown(tag)} twice", "Remove one of them.")
    return tuple(_name(tag, "a tag", MAX_TAG_CHARS) for tag in tags)


def _name(text: str, where: str, max_chars: int) -> str:
    """The same text, if it can be searched for: one line, no blanks around it, not long."""
    if not text or " ".join(text.split()) != text:
        raise InvalidMetadata(f"{where} is {shown(text)}", "Write one line without blanks at its ends.")
    if len(text) > max_chars:
        raise InvalidMetadata(f"{where} has {len(text)} characters, limit {max_chars}", "Shorten it.")
    return text


def _texts(document: Mapping[str, object], name: str) -> list[str]:
    values = _list(document, name)
    for value in values:
        if not isinstance(value, str):
            raise InvalidMetadataType(f"{name} holds {shown(value)}", "Each must be text; quote it.")
    return [str(value) for value in values]


def _texts_by_name(values: Mapping[str, object], where: str) -> dict[str, str]:
    for name, value in values.items():
        if not isinstance(value, str):
            raise InvalidMetadataType(f"{shown(name)} of {where} is {shown(value)}", "Quote it; it is text.")
    return {name: str(value) for name, value in values.items()}


def _list(document: Mapping[str, object], name: str) -> list[object]:
    value = document.get(name) or []
    if not isinstance(value, list):
        raise InvalidMetadataType(f"{name} is not a list", f"Write {name}: [a, b].")
    return value


def _mapping(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    return _as_mapping(document.get(name) or {}, name)


def _as_mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidMetadataType(f"{name} is not a mapping", "Write it as name: value pairs.")
    return value
