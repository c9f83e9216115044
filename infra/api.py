"""The HTTP API: signed routes for every verb, open ones for the page that asks approvers to sign in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import arns
from infra.context import Context
from infra.function import Function
from infra.log_groups import log_group
from promptops.contract.routes import ROUTES, Route

#: Requests a second and at once, for all callers together; resolving applications read AWS directly.
RATE, BURST = 50, 100
#: No path, no query, no address: a link's secret or a person must not end up in a log.
ACCESS_LOG = {
    "request_id": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "error": "$context.integrationErrorMessage",
}


class Api(Construct):
    """The API with its address; `connect` adds the routes once the functions exist."""

    def __init__(self, scope: Construct, id: str, context: Context) -> None:
        super().__init__(scope, id)
        self._environments = context.environment_names
        api = apigateway.CfnApi(
            self, "Api", name=f"{context.prefix}-api", protocol_type="HTTP", description="PromptOps"
        )
        logs = log_group(self, "AccessLogs", context)
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=logs.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=RATE, throttling_burst_limit=BURST
            ),
        )
        self.id = api.ref
        self.url = context.target.api_url(self.id)

    def connect(self, by_verb: Mapping[str, Function], promotes: Mapping[str, Function]) -> None:
        """Have every route served, each environment's by its own promote function."""
        for verb, function in by_verb.items():
            self._serve([route for route in ROUTES if route.function == verb], function)
        promote = [route for route in ROUTES if route.function == "promote"]
        for environment, function in promotes.items():
            # What concerns every environment is done by the function of the highest one.
            highest = environment == self._environments[-1]
            served = [route for route in promote if route.per_environment or highest]
            self._serve(served, function, environment)

    def _serve(self, routes: Sequence[Route], function: Function, environment: str = "") -> None:
        if not routes:
            return
        integration = apigateway.CfnIntegration(
            self,
            f"{function.node.id}Integration",
            api_id=self.id,
            integration_type="AWS_PROXY",
            integration_uri=function.arn,
            payload_format_version="2.0",
        )
        for route in routes:
            self._route(route, environment, integration.ref)
            lambda_.CfnPermission(
                self,
                _route_id(route, environment) + " permission",
                action="lambda:InvokeFunction",
                function_name=function.arn,
                principal="apigateway.amazonaws.com",
                source_arn=arns.route(self.id, route, environment),
            )

    def _route(self, route: Route, environment: str, integration: str) -> None:
        apigateway.CfnRoute(
            self,
            _route_id(route, environment),
            api_id=self.id,
            route_key=f"{route.method} {route.path_in(environment)}",
            target=f"integrations/{integration}",
            authorization_type="AWS_IAM" if route.authorization == "AWS_IAM" else "NONE",
        )


def _route_id(route: Route, environment: str) -> str:
    return f"{route.method} {route.path_in(environment)}".replace("/", " ").title()
