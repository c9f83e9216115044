"""The API serves the routes of the contract, and nobody unsigned but the approval page's visitors."""

from __future__ import annotations

import json
from pathlib import Path

from promptops.contract.routes import ROUTES, Route
from tests.synth.deployed import Deployed, deploy

ENVIRONMENTS = ("dev", "staging", "prod")


def _function(route: Route, environment: str) -> str:
    """What concerns every environment is done by the promote function of the highest."""
    if route.function == "promote":
        return f"prompt-ops-promote-{environment or ENVIRONMENTS[-1]}"
    return f"prompt-ops-{route.function}"


EXPECTED = {
    f"{route.method} {route.path_in(environment)}": (_function(route, environment), route.authorization)
    for route in ROUTES
    for environment in (ENVIRONMENTS if route.per_environment else ("",))
}


def test_each_route_is_served_by_its_function(cloud: Deployed):
    assert {key: function for key, (function, _) in served(cloud).items()} == {
        key: function for key, (function, _) in EXPECTED.items()
    }


def test_versions_are_revoked_by_the_function_of_the_highest_environment(cloud: Deployed, tmp_path: Path):
    only = deploy(tmp_path, environments=[{"name": "live"}])

    for path in ("POST /v1/revoke", "POST /v1/unrevoke"):
        assert served(cloud)[path] == ("prompt-ops-promote-prod", "AWS_IAM")
        assert served(only)[path] == ("prompt-ops-promote-live", "AWS_IAM")


def test_every_route_asks_for_a_signature_but_those_for_browsers(cloud: Deployed):
    for key, (_, authorization) in served(cloud).items():
        assert authorization == ("AWS_IAM" if EXPECTED[key][1] == "AWS_IAM" else "NONE")


def test_the_api_may_invoke_each_function_for_its_own_routes_only(cloud: Deployed):
    api = cloud.one("AWS::ApiGatewayV2::Api").id
    allowed = {
        (
            permission.properties["FunctionName"].rsplit(":", 1)[1],
            permission.properties["SourceArn"].split("/", 2)[2],
        )
        for permission in cloud.all("AWS::Lambda::Permission")
        if permission.properties["Principal"] == "apigateway.amazonaws.com"
        and f":{api}/" in permission.properties["SourceArn"]
    }
    routes = {
        (function, key.replace(" ", "").replace("{approval_id}", "*"))
        for key, (function, _) in EXPECTED.items()
    }

    assert {(function, path) for function, path in allowed} == routes


def test_the_access_log_names_routes_never_paths_queries_or_people(cloud: Deployed):
    stage = cloud.one("AWS::ApiGatewayV2::Stage").properties
    logged = set(json.loads(stage["AccessLogSettings"]["Format"]).values())

    assert logged == {
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationErrorMessage",
    }


def test_the_stage_is_throttled(cloud: Deployed):
    settings = cloud.one("AWS::ApiGatewayV2::Stage").properties["DefaultRouteSettings"]

    assert settings["ThrottlingRateLimit"] == 50
    assert settings["ThrottlingBurstLimit"] == 100


def served(cloud: Deployed) -> dict[str, tuple[str, str]]:
    functions = {
        integration.id: integration.properties["IntegrationUri"].rsplit(":", 1)[1]
        for integration in cloud.all("AWS::ApiGatewayV2::Integration")
    }
    return {
        route.properties["RouteKey"]: (
            functions[route.properties["Target"].removeprefix("integrations/")],
            route.properties["AuthorizationType"],
        )
        for route in cloud.all("AWS::ApiGatewayV2::Route")
    }
