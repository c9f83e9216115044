"""What a caller is told about a body that is not what the route takes."""

from __future__ import annotations

import pytest

from promptops.contract.bodies import ResolveBody
from promptops.domain.errors import MalformedRequest


def test_a_body_that_lacks_something_names_that_and_nothing_optional():
    with pytest.raises(MalformedRequest) as refused:
        ResolveBody.from_event({"prompt_id": "support-ticket"})

    assert str(refused.value) == (
        "E_BODY: ResolveBody lacks environment. Send a JSON object with prompt_id, environment."
    )


def test_fields_nobody_knows_are_ignored():
    body = ResolveBody.from_event({"prompt_id": "a-b", "environment": "dev", "actor": "mallory"})

    assert body == ResolveBody("a-b", "dev")
