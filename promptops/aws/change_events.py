"""Which prompts an event says have changed: a hint to look now, never what there is to see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptops.contract.names import LedgerKeys, pointer_parameter
from promptops.domain.errors import InvalidPromptId, ReservedPromptId
from promptops.domain.identifiers import check_prompt_id

PARAMETER_CHANGED = "Parameter Store Change"


def is_change_event(event: Mapping[str, Any]) -> bool:
    """Whether AWS delivers changes with this: a batch of records, or an event of Parameter Store."""
    return isinstance(event.get("Records"), list) or event.get("detail-type") == PARAMETER_CHANGED


def hinted_prompts(event: Mapping[str, Any], *, prefix: str, environment: str) -> tuple[str, ...]:
    """The prompt ids it names, each once and in its order; what names none of ours is passed over.

    Never raises: a record that cannot be read would be delivered again and again, before all others.
    """
    named: list[object]
    if event.get("detail-type") == PARAMETER_CHANGED:
        named = [_of_parameter(event, prefix, environment)]
    else:
        named = [name for record in event["Records"] for name in _of_record(record)]
    return tuple(dict.fromkeys(str(name) for name in named if _is_prompt_id(name)))


def _of_parameter(event: Mapping[str, Any], prefix: str, environment: str) -> object:
    detail = event.get("detail")
    name = detail.get("name") if isinstance(detail, Mapping) else None
    if not isinstance(name, str):
        return None
    before, after = pointer_parameter(prefix, environment, "*").split("*")
    prompt_id = name.removeprefix(before).removesuffix(after)
    return prompt_id if name == f"{before}{prompt_id}{after}" else None


def _of_record(record: object) -> Iterator[object]:
    match record:
        case {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": str(sk)}}}}:
            if (pk, sk) == LedgerKeys.head(sk):
                yield sk


def _is_prompt_id(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(check_prompt_id(name))
    except (InvalidPromptId, ReservedPromptId):
        return False
