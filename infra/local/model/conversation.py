"""Which part of a conversation instructs, and which part is only data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_INSTRUCTING_ROLES = ("system", "developer")
_TAG = re.compile(r"^[ \t]*<([A-Za-z][\w-]*)>", re.M)
_QUOTE_FENCE = re.compile(r"^[ \t]*(```|\"\"\"|~~~).*$", re.M)
_RULER = re.compile(r"^[ \t]*(?:-{3,}|={3,})[ \t]*$", re.M)
_DATA_LABEL = re.compile(
    r"^[ \t]*(?:\w+ ){0,2}(?:ticket|input|text|question|message|e-?mail|document|content|data|query|request"
    r"|report|review|article|transcript|complaint|comment|note)[ \t]*:",
    re.M | re.I,
)


@dataclass(frozen=True)
class Conversation:
    """The instructions to follow and the data to work on; `whole` is the data with the tags around it."""

    instructions: str
    data: str
    whole: str = ""


def read_conversation(messages: Sequence[Mapping[str, Any]]) -> Conversation:
    """The two parts of an OpenAI-style list of messages.

    System messages instruct and the last user message is data. Without a system message the user message
    instructs up to its fence, its label (`Ticket:`) or else its last paragraph; a single paragraph is both.
    """
    system = "\n\n".join(_text(message) for message in messages if message.get("role") in _INSTRUCTING_ROLES)
    users = [_text(message) for message in messages if message.get("role") == "user"]
    last = users[-1] if users else ""
    if system.strip():
        return Conversation(system, _unfenced(last), last)
    start = _data_start(last)
    return Conversation(last[:start], _unfenced(last[start:] or last), last[start:])


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, Mapping))


def _data_start(text: str) -> int:
    marks = [
        match.start()
        for pattern in (_TAG, _QUOTE_FENCE, _RULER, _DATA_LABEL)
        if (match := pattern.search(text))
    ]
    if marks:
        return min(marks)
    last_paragraph = re.search(r"\n\s*\n(?!.*\n\s*\n)", text.rstrip(), re.S)
    return last_paragraph.end() if last_paragraph else len(text)


def _unfenced(text: str) -> str:
    tag = _TAG.search(text)
    if tag:
        end = text.rfind(f"</{tag.group(1)}>")
        return text[tag.end() : end if end > tag.end() else len(text)].strip()
    fence = _QUOTE_FENCE.search(text)
    if fence:
        end = text.rfind(fence.group(1))
        return text[fence.end() : end if end > fence.end() else len(text)].strip()
    return _DATA_LABEL.sub("", text, count=1).strip() if _DATA_LABEL.match(text) else text.strip()
