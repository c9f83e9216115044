"""The local template is the cloud's, but for what infra/local/differences.py lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from infra.local.differences import DIFFERENCES
from tests.synth.deployed import STACKS, Deployed

# The layer is published by AWS from an account of its own.
POWERTOOLS_ACCOUNT = "017000801446"


def test_every_difference_is_listed(cloud: Deployed, local: Deployed):
    listed = [difference.where for difference in DIFFERENCES]

    unlisted = [
        place for place in differing(cloud, local) if not any(fnmatchcase(place, where) for where in listed)
    ]

    assert unlisted == []


def test_every_listed_difference_is_there(cloud: Deployed, local: Deployed):
    places = differing(cloud, local)

    gone = [
        known.where for known in DIFFERENCES if not any(fnmatchcase(place, known.where) for place in places)
    ]

    assert gone == []


def test_the_cloud_template_holds_no_endpoint_and_no_account(cloud: Deployed):
    for stack in STACKS:
        text = (cloud.assembly / f"{stack}.template.json").read_text()
        assert not re.findall(r"localhost|127\.0\.0\.1|:4566|standin|example\.com", text)
        assert set(re.findall(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", text)) <= {POWERTOOLS_ACCOUNT}


def differing(cloud: Deployed, local: Deployed) -> list[str]:
    mine, theirs = dict(_all_leaves(cloud)), dict(_all_leaves(local))
    return sorted(place for place in mine.keys() | theirs.keys() if mine.get(place) != theirs.get(place))


def _all_leaves(deployed: Deployed) -> Iterator[tuple[str, Any]]:
    for stack, template in zip(STACKS, (deployed.state, deployed.line), strict=True):
        yield from _leaves(deployed.resolve(template), stack)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{place}/{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _leaves(item, f"{place}/{_name(item) or position}")
    else:
        yield place, value


def _name(item: Any) -> str:
    """A statement is known by its name or actions, so that one more does not shift the others."""
    if not isinstance(item, dict) or "Action" not in item:
        return ""
    actions = item["Action"]
    return str(item.get("Sid") or (actions if isinstance(actions, str) else "+".join(actions)))
