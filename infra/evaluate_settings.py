"""What the evaluate function is told, within what a function can be told at all."""

from __future__ import annotations

from infra.context import Context
from infra.context_values import InvalidContext
from infra.state_stack import StateStack
from promptops.contract.asked_models import AskedEndpoint, endpoints_to_json, models_to_json
from promptops.contract.settings import EvaluateSettings

#: Lambda takes 4,096 bytes of variables; the others of this function, with real names in them, need the rest.
_MAX_BYTES = 3_200


def evaluate_settings(context: Context, state: StateStack) -> EvaluateSettings:
    """The settings; raises InvalidContext if models and endpoints are too many for them."""
    models = models_to_json(context.asked_models)
    endpoints = endpoints_to_json(
        [
            AskedEndpoint(each.name, each.url, each.secret_arn, tuple(model.id for model in each.models))
            for each in context.endpoints
        ]
    )
    size = len(models.encode()) + len(endpoints.encode())
    if size > _MAX_BYTES:
        raise InvalidContext(
            f"limits and prices of models, and endpoints, are {size} bytes of settings, and a function takes "
            f"{_MAX_BYTES}; list fewer models, or give fewer of them limits and prices of their own"
        )
    return EvaluateSettings(
        registry_table=state.registry.table_name,
        artifact_bucket=state.artifacts.bucket.bucket_name,
        evaluation_bucket=state.evaluation_data.bucket.bucket_name,
        model_kind=context.target.model_kind,
        chunk_cases=str(context.chunk_cases),
        concurrency=str(context.evaluation_concurrency),
        models=models,
        endpoints=endpoints,
        max_usd_per_run=context.evaluation_max_usd_per_run,
        max_usd_per_day=context.evaluation_max_usd_per_day,
    )
