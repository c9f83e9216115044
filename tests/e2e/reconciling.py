"""What makes reconciliation happen in the deployed installation, put to rest for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from promptops.contract.names import DEFAULT_PREFIX, function_name
from tests.e2e.conftest import LocalAws
from tests.waiting import until


@contextmanager
def resting(aws: LocalAws, environment: str) -> Iterator[None]:
    """Neither clock nor events start a reconciliation of this environment."""
    with ExitStack() as rest:
        rest.enter_context(rules_resting(aws, environment))
        rest.enter_context(stream_resting(aws, environment))
        yield


@contextmanager
def rules_resting(aws: LocalAws, environment: str) -> Iterator[None]:
    """Neither the clock nor a changed pointer does."""
    events = aws.client("events")
    function = aws.client("lambda").get_function_configuration(FunctionName=_promote(environment))
    rules = events.list_rule_names_by_target(TargetArn=function["FunctionArn"])["RuleNames"]
    assert len(rules) == 2
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


@contextmanager
def stream_resting(aws: LocalAws, environment: str) -> Iterator[None]:
    """A head that moves in the ledger does not."""
    functions = aws.client("lambda")
    found = functions.list_event_source_mappings(FunctionName=_promote(environment))["EventSourceMappings"]
    (mapping,) = found
    try:
        _switch(aws, mapping["UUID"], "Disabled")
        yield
    finally:
        _switch(aws, mapping["UUID"], "Enabled")


def _switch(aws: LocalAws, uuid: str, state: str) -> None:
    functions = aws.client("lambda")
    functions.update_event_source_mapping(UUID=uuid, Enabled=state == "Enabled")
    until(state, lambda: functions.get_event_source_mapping(UUID=uuid)["State"] == state)


def _promote(environment: str) -> str:
    return function_name(DEFAULT_PREFIX, "promote", environment)
