"""ARNs of what is addressed by its name: pointers, alarms, functions, the release workflow, API routes."""

from __future__ import annotations

from aws_cdk import Aws

from infra.context_values import Model
from promptops.contract import names
from promptops.contract.routes import Route


def parameter(name: str) -> str:
    return _regional("ssm", f"parameter{name}")


def function(prefix: str, verb: str, environment: str = "") -> str:
    return _regional("lambda", f"function:{names.function_name(prefix, verb, environment)}")


def state_machine(prefix: str) -> str:
    return _regional("states", f"stateMachine:{names.state_machine_name(prefix)}")


def executions(prefix: str) -> str:
    return _regional("states", f"execution:{names.state_machine_name(prefix)}:*")


def alarm(name: str) -> str:
    return _regional("cloudwatch", f"alarm:{name}")


def route(api_id: str, route: Route, environment: str = "") -> str:
    """One route of the API; path parameters match anything."""
    path = "/".join("*" if part.startswith("{") else part for part in route.path_in(environment).split("/"))
    return _regional("execute-api", f"{api_id}/*/{route.method}{path}")


def model(model: Model) -> list[str]:
    """What invoking a model needs: itself, or its profile and the model in every Region it may route to.

    A global profile routes anywhere: besides its own Region it asks for the model in no Region at all.
    """
    if not model.regions:
        return [_foundation_model(Aws.REGION, model.id)]
    geography, underlying = model.id.split(".", 1)
    regions = [*model.regions, *([""] if geography == "global" else [])]
    return [
        _regional("bedrock", f"inference-profile/{model.id}"),
        *(_foundation_model(region, underlying) for region in regions),
    ]


def _foundation_model(region: str, id: str) -> str:
    return f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{id}"


def _regional(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
