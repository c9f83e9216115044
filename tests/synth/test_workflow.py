"""The release workflow: every state is reached, fails somewhere, and reads only what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from promptops.contract.answers import Ended
from promptops.contract.messages import (
    Begun,
    Checked,
    ChunkDone,
    EvaluateTask,
    EvaluationPlan,
    Message,
    OpenApprovalTask,
    PromoteTask,
    SampleDecision,
    ValidateTask,
    WorkflowInput,
)
from promptops.domain import errors
from promptops.domain.dataset import MAX_CASES
from promptops.domain.evaluation.cut import MAX_CHUNKS
from promptops.domain.request import ENDS
from tests.synth.deployed import Deployed

States = Mapping[str, Mapping[str, Any]]

#: The message a task is sent, and the one it answers with where that is read.
TASKS: dict[tuple[str, str], tuple[type[Message], type[Message] | None]] = {
    ("Promote", "begin"): (PromoteTask, Begun),
    ("Promote", "check"): (PromoteTask, Checked),
    ("Promote", "promote"): (PromoteTask, None),
    ("Promote", "end"): (PromoteTask, Ended),
    ("Publish", "validate"): (ValidateTask, None),
    ("Evaluate", "plan"): (EvaluateTask, EvaluationPlan),
    ("Evaluate", "decide"): (EvaluateTask, SampleDecision),
    ("Evaluate", "report"): (EvaluateTask, None),
    ("Approve", "open"): (OpenApprovalTask, None),
}
CAUGHT = {"Error", "Cause"}


@pytest.fixture
def machine(cloud: Deployed) -> dict[str, Any]:
    machine = cloud.one("AWS::StepFunctions::StateMachine").properties
    return json.loads(machine["DefinitionString"])  # type: ignore[no-any-return]


@pytest.fixture
def line(machine: dict[str, Any]) -> States:
    return machine["States"]  # type: ignore[no-any-return]


def test_every_state_is_reached(machine: dict[str, Any]):
    for start, states in all_machines(machine):
        assert reached(start, states) == set(states)


def test_every_task_is_tried_again_and_no_failure_goes_unrecorded(line: States):
    for state in all_states(line):
        if state["Type"] == "Task":
            retried = {name for retry in state["Retry"] for name in retry["ErrorEquals"]}
            assert {"Throttled", "EndpointDown", "Unavailable", "ModelUnavailable"} <= retried
            assert {"Lambda.ServiceException", "Lambda.TooManyRequestsException"} <= retried
            assert {"Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown"} <= retried
    for name, state in line.items():
        if state["Type"] in ("Task", "Map"):
            everything = [catch["Next"] for catch in state["Catch"] if catch["ErrorEquals"] == ["States.ALL"]]
            ending = name in ("Record outcome", "Record success")
            assert everything == ["Not recorded" if ending else "Record outcome"], name


def test_no_choice_is_without_a_default(line: States):
    assert all("Default" in state for state in all_states(line) if state["Type"] == "Choice")


def test_errors_are_matched_by_the_names_of_real_classes(line: States):
    for state in all_states(line):
        for handler in (*state.get("Retry", ()), *state.get("Catch", ())):
            for name in handler["ErrorEquals"]:
                assert name.startswith(("States.", "Lambda.", "Runtime.", "Sandbox.")) or issubclass(
                    getattr(errors, name), errors.PromptOpsError
                )


def test_failures_of_our_own_are_errors_of_the_tree_with_their_code(line: States):
    ours = [line["No evidence"]["Result"], line["Release"]["ItemProcessor"]["States"]["Nobody decided"]]

    for failure in ours:
        cause = json.loads(failure["Cause"])
        known = getattr(errors, failure["Error"])
        assert cause["errorType"] == failure["Error"]
        assert cause["errorMessage"].startswith(known.code + ": ")


def test_environments_are_walked_one_after_the_other(line: States):
    assert line["Release"]["MaxConcurrency"] == 1
    assert line["Release"]["ItemsPath"] == "$.path"


def test_a_run_fails_where_the_line_broke_and_not_where_it_said_no(line: States):
    recorded = line[line["Record outcome"]["Next"]]

    assert line[recorded["Choices"][0]["Next"]]["Type"] == "Succeed"
    assert recorded["Choices"][0]["StringEquals"] in ENDS
    assert line[recorded["Default"]]["Type"] == "Fail"


def test_the_sample_is_asked_first_and_the_rest_only_if_it_leaves_something_open(line: States):
    sample, rest = line["Evaluate sample"], line["Evaluate rest"]

    assert (sample["ItemsPath"], rest["ItemsPath"]) == ("$.plan.sample", "$.plan.rest")
    assert [sample["MaxConcurrency"], rest["MaxConcurrency"]] == [5, 5]
    (onward,) = line[line["Decide on sample"]["Next"]]["Choices"]
    assert (onward["Variable"], onward["StringEquals"]) == ("$.decision.go_on", "rest")
    assert line[onward["Next"]] == rest
    assert line[line["Decide on sample"]["Next"]]["Default"] == rest["Next"] == "Write report"
    assert line["Write report"]["Parameters"]["Payload"]["chunks.$"] == "$.decision.chunks"


#: Of AWS, for a standard execution: events in its history, and bytes of a state's input or output.
MAX_EVENTS, MAX_BYTES = 25_000, 256 * 1024
#: An iteration, its task and each attempt of that: what the history tells of a chunk.
PER_CHUNK, PER_ATTEMPT = 4, 3
#: Everything else: a hundred states, entered, asked, answered and left, is more than there are.
REST_OF_THE_LINE = 400


def test_the_largest_dataset_fits_into_one_execution_however_often_its_chunks_are_tried(line: States):
    (ask,) = line["Evaluate rest"]["ItemProcessor"]["States"].values()
    attempts = 1 + sum(retry["MaxAttempts"] for retry in ask["Retry"])

    events = MAX_CHUNKS * (PER_CHUNK + PER_ATTEMPT * attempts) + REST_OF_THE_LINE

    assert events < MAX_EVENTS


def test_the_largest_plan_and_what_its_chunks_answer_fit_into_a_state(line: States):
    chunks = [{"chunk": number, "first": MAX_CASES, "count": MAX_CASES} for number in range(MAX_CHUNKS)]
    longest = "x" * 64
    plan = EvaluationPlan(longest, longest, chunks, chunks, MAX_CHUNKS, MAX_CHUNKS, longest)
    begun = Begun(longest, longest, longest, 10**9, "missing", [longest] * 20, longest, 10**9, True)
    state = {**begun.to_dict(), "plan": plan.to_dict(), "decision": SampleDecision("report", 0).to_dict()}
    answers = [ChunkDone(MAX_CHUNKS, MAX_CASES, MAX_CASES).to_dict() for _ in chunks]

    assert len(json.dumps(state)) < MAX_BYTES / 2
    assert len(json.dumps(answers)) < MAX_BYTES / 2


def test_a_decision_is_waited_for_as_long_as_the_context_says(line: States):
    wait = line["Release"]["ItemProcessor"]["States"]["Wait for approval"]

    assert wait["Resource"].endswith(":lambda:invoke.waitForTaskToken")
    assert wait["TimeoutSeconds"] == 48 * 3600


def test_messages_name_real_fields_and_paths_read_what_is_there(machine: dict[str, Any]):
    check(machine["StartAt"], machine["States"], _fields(WorkflowInput))


def test_the_log_holds_no_data(cloud: Deployed):
    logging = cloud.one("AWS::StepFunctions::StateMachine").properties["LoggingConfiguration"]

    assert logging["IncludeExecutionData"] is False
    assert logging["Level"] == "ALL"


def test_functions_that_the_workflow_names_exist(cloud: Deployed):
    machine = cloud.one("AWS::StepFunctions::StateMachine").properties
    substitutions = machine["DefinitionSubstitutions"]
    arns = {cloud.arn(function) for function in cloud.all("AWS::Lambda::Function")}

    assert set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"])) == set(substitutions)
    assert {substitutions["Promote"] + f"-{name}" for name in ("dev", "staging", "prod")} <= arns
    assert {substitutions[name] for name in ("Publish", "Evaluate", "Approve")} <= arns


Known = Mapping[str, Any]


def check(start: str, states: States, known: Known) -> None:
    """Walk the states with what is known to be in their input; fails on a path that may lead nowhere."""
    waiting, seen = [(start, known)], set()
    while waiting:
        name, given = waiting.pop()
        if (name, repr(given)) in seen:
            continue
        seen.add((name, repr(given)))
        state = states[name]
        for path in _read_by(state):
            _at(given, path, name)
        if state["Type"] == "Map":
            item = {key.removesuffix(".$") for key in state["ItemSelector"]}
            check(state["ItemProcessor"]["StartAt"], state["ItemProcessor"]["States"], _leaves(item))
        after = _output(state, given)
        waiting += [(following, after) for following in _next(state)]
        waiting += [(catch["Next"], {**given, "error": _leaves(CAUGHT)}) for catch in state.get("Catch", ())]


def _output(state: Mapping[str, Any], given: Known) -> Known:
    if state["Type"] == "Pass":
        return {**given, "error": _leaves(state["Result"])}
    if state["Type"] != "Task":
        return given
    answer = _answered(state)
    if state.get("OutputPath") == "$.Payload":
        return answer
    place = state.get("ResultPath")
    if place is None:
        return given if "ResultPath" in state else {}
    selected = {key.removesuffix(".$"): {} for key in state["ResultSelector"]}
    assert set(selected) <= set(answer)
    return {**given, place.removeprefix("$."): selected}


def _answered(state: Mapping[str, Any]) -> Known:
    parameters = state["Parameters"]
    payload = parameters.get("Payload")
    if payload is None:
        return {}
    target = str(parameters.get("FunctionName", parameters.get("FunctionName.$")))
    function = re.search(r"\$\{(\w+)\}", target)
    assert function
    sent, answer = TASKS[function[1], payload["task"]]
    fields = {key.removesuffix(".$") for key in payload}
    assert fields <= set(_fields(sent))
    sent.from_event(dict.fromkeys(fields, ""))
    return _fields(answer) if answer else {}


def _read_by(state: Mapping[str, Any]) -> Iterator[str]:
    """Paths into the state's input."""
    for part in ("Parameters", "ItemSelector", "ItemsPath", "Choices", "ErrorPath", "CausePath"):
        for text in _texts(state.get(part, {})):
            yield from re.findall(r"(?<!\$)\$\.[\w.]+", text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _at(known: Known, path: str, name: str) -> None:
    for part in path.removeprefix("$.").split("."):
        assert part in known, f"{name} reads {path}"
        known = known[part]


def _fields(message: type[Message]) -> Known:
    return _leaves(message.__dataclass_fields__)  # type: ignore[attr-defined]


def _leaves(names: Iterable[str]) -> Known:
    return {name: {} for name in names}


def _next(state: Mapping[str, Any]) -> list[str]:
    branches = [choice["Next"] for choice in state.get("Choices", ())]
    return [
        *branches,
        *([state["Default"]] if "Default" in state else []),
        *([state["Next"]] if "Next" in state else []),
    ]


def reached(start: str, states: States) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [*_next(states[name]), *(catch["Next"] for catch in states[name].get("Catch", ()))]
    return seen


def all_machines(machine: Mapping[str, Any]) -> Iterator[tuple[str, States]]:
    yield machine["StartAt"], machine["States"]
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from all_machines(state["ItemProcessor"])


def all_states(states: States) -> Iterator[Mapping[str, Any]]:
    for state in states.values():
        yield state
        if "ItemProcessor" in state:
            yield from all_states(state["ItemProcessor"]["States"])
