"""The artifact: everything of a version that changes its behaviour, in one canonical JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from promptops.domain.allowances import NOTHING, Allowances
from promptops.domain.canonical import canonical, sha256
from promptops.domain.errors import DigestMismatch
from promptops.domain.variables import Variable

SCHEMA = 1


@dataclass(frozen=True)
class Message:
    """One message template; a text prompt is a single `user` message."""

    role: str
    content: str


@dataclass(frozen=True)
class Artifact:
    """One compiled version: blocks are inlined and pinned, the model and its parameters belong to it.

    `model` is `{id, provider}`; `blocks` maps the id of each inlined block to the sha256 of its file;
    `examples` are few-shot pairs, each `{input, output}`.
    """

    prompt_id: str
    messages: tuple[Message, ...]
    model: Mapping[str, str]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    output_schema: Mapping[str, object] | None = None
    blocks: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Mapping[str, str], ...] = ()
    allowances: Allowances = NOTHING

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "prompt_id": self.prompt_id,
            "messages": [{"role": message.role, "content": message.content} for message in self.messages],
            "variables": {name: variable.to_dict() for name, variable in self.variables.items()},
            "model": dict(self.model),
            "parameters": dict(self.parameters),
            "output_schema": self.output_schema,
            "blocks": dict(self.blocks),
            "examples": [dict(example) for example in self.examples],
            **self.allowances.to_dict(),
        }

    def to_bytes(self) -> bytes:
        """The canonical bytes that are stored, hashed, evaluated, approved and served."""
        return canonical(self.to_dict())

    def digest(self) -> str:
        return sha256(self.to_bytes())

    @classmethod
    def from_bytes(cls, content: bytes, expected_sha256: str) -> Artifact:
        """The artifact in these bytes, if they are the expected ones; raises DigestMismatch otherwise."""
        found = sha256(content)
        if found != expected_sha256:
            raise DigestMismatch(
                f"the stored artifact is sha256:{found[:12]}, released was {expected_sha256[:12]}",
                "It will not be served; restore the object's earlier version.",
            )
        document = json.loads(content)
        return cls(
            prompt_id=document["prompt_id"],
            messages=tuple(Message(item["role"], item["content"]) for item in document["messages"]),
            variables={name: Variable.from_dict(name, item) for name, item in document["variables"].items()},
            model=document["model"],
            parameters=document["parameters"],
            output_schema=document["output_schema"],
            blocks=document["blocks"],
            examples=tuple(document["examples"]),
            allowances=Allowances.from_dict(document),
        )
