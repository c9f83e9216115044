"""Which route serves a path, and whose policy allows it."""

from __future__ import annotations

import pytest

from promptops.contract.routes import ROUTES


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/v1/publish", "/v1/publish"),
        ("/v1/prod/rollback", "/v1/{env}/rollback"),
        ("/v1/approvals/prod-4f1c", "/v1/approvals/{approval_id}"),
        ("/v1/prod/rollback/more", None),
        ("/v1/nothing", None),
    ],
)
def test_a_path_has_one_route_or_none(path: str, served: str | None):
    serving = [route.path for route in ROUTES if route.method == "POST" and route.serves(path)]

    assert serving == ([served] if served else [])


def test_every_signed_route_says_whose_policy_allows_it():
    assert all(bool(route.policies) == (route.authorization == "AWS_IAM") for route in ROUTES)
