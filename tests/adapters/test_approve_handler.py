from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from types import ModuleType

import pytest
from moto import mock_aws

from promptops.contract.routes import ROUTES
from promptops.contract.settings import ApproveSettings
from promptops.domain.errors import MalformedRequest
from tests.unit.approval_world import PAGE_URL, an_event


@pytest.fixture(scope="module")
def handler() -> Iterator[ModuleType]:
    settings = ApproveSettings(
        prefix="prompt-ops",
        registry_table="registry",
        ledger_tables='{"dev": "ledger-dev", "prod": "ledger-prod"}',
        artifact_bucket="artifacts",
        page_url=PAGE_URL,
        sign_in_url="https://sign-in.example",
        user_pool_id="eu-central-1_pool",
        user_pool_client_id="client",
        approvers_group="approvers",
        session_key_id="key",
        mail_from="",
        approval_topic_arn="",
        approval_hours="24",
    )
    # In this order, or the fake keys that moto sets would be what is put back.
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in settings.to_env().items():
            patch.setenv(name, value)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield importlib.import_module("lambdas.approve.handler")


def test_it_serves_exactly_the_routes_that_lead_to_it(handler: ModuleType) -> None:
    assert set(handler.ROUTES) == {
        f"{route.method} {route.path}" for route in ROUTES if route.function == "approve"
    }


@pytest.mark.parametrize(
    ("route_key", "status"),
    [
        ("GET /approvals", 401),
        ("GET /approvals/{approval_id}", 401),
        ("HEAD /approvals/{approval_id}", 404),
        ("POST /approvals/{approval_id}", 401),
        ("POST /v1/approvals/{approval_id}", 415),
        ("GET /sign-in/callback", 401),
        ("POST /sign-out", 403),
        ("$default", 404),
    ],
)
def test_a_stranger_gets_a_protected_refusal_on_every_route(
    handler: ModuleType, route_key: str, status: int
) -> None:
    answer = handler.handler(an_event(route_key, "prod-" + "a" * 32), None)

    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["headers"]["X-Frame-Options"] == "DENY"


def test_a_body_too_large_is_refused_with_the_same_headers(handler: ModuleType) -> None:
    answer = handler.handler(an_event("POST /approvals/{approval_id}", "x", body="x" * 6_000_000), None)

    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["error"]["code"] == "E_TOO_LARGE"
    assert answer["headers"]["X-Frame-Options"] == "DENY"


def test_no_other_task_is_known(handler: ModuleType) -> None:
    with pytest.raises(MalformedRequest, match="open"):
        handler.handler({"task": "decide", "approval_id": "x"}, None)
