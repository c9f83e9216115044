"""Findings of cdk-nag that are accepted, each with its reason; a test fails on others and on stale ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """A rule's finding at the constructs named; `*` stands for any text, `detail` is what was found there."""

    rule: str
    where: str
    why: str
    detail: str = ""


_FUNCTIONS = "PromptOpsLine/Functions/*/Identity/Policy/Resource"
_PROMOTE = "PromptOpsLine/Functions/Promote*/Identity/Policy/Resource"
_KIT = "PromptOpsLine/AccessKit/*/Resource"
_OBJECTS = "one kind of object of one bucket: prompt ids and versions are born after the deployment"

ACCEPTED: tuple[Accepted, ...] = (
    Accepted(
        "S1",
        "PromptOpsState/*/Bucket/Resource",
        "who reads and writes objects is recorded by CloudTrail data events, which an account turns on for "
        "all its buckets at once; a log bucket of ours would be a second, weaker record",
    ),
    Accepted(
        "COG2",
        "PromptOpsState/Approvers/UserPool/Resource",
        "one-time passwords are offered to everybody, and demanded with `mfa: required` in cdk.json",
    ),
    Accepted(
        "COG8",
        "PromptOpsState/Approvers/UserPool/Resource",
        "the plus tier is billed for each person who signs in; idle, an installation costs next to nothing",
    ),
    *(
        Accepted(
            "APIG4",
            f"PromptOpsLine/Api/{route}",
            "browsers cannot sign requests: these routes demand the approver's session, or make it",
        )
        for route in ("Get  Approvals*", "Post  Approvals*", "Get  Sign-In*", "Post  Sign-Out")
    ),
    Accepted("SQS3", "PromptOpsLine/DeadLetters/Resource", "this is the dead-letter queue"),
    Accepted(
        "IAM5",
        _FUNCTIONS,
        "X-Ray, listing streams, and SES for approve define no resource to name",
        "Resource::*",
    ),
    Accepted(
        "IAM5",
        "PromptOpsLine/Workflow/Identity/Policy/Resource",
        "the delivery of logs and X-Ray define no resource to name",
        "Resource::*",
    ),
    Accepted(
        "IAM5",
        _KIT,
        "asking whether models and mail are open to the account, and for metrics, alarms and dashboards, "
        "defines no resource to name",
        "Resource::*",
    ),
    *(
        Accepted("IAM5", where, _OBJECTS, f"Resource::PromptOpsState:*Arn*/{kind}/*.json*")
        for where, kinds in (
            (_FUNCTIONS, ("prompts", "reports", "released", "archive", "datasets", "evaluations")),
            (_KIT, ("prompts", "reports", "released", "archive")),
        )
        for kind in kinds
    ),
    *(
        Accepted(
            "IAM5",
            where,
            "the indices over the registry, to list by",
            "Resource::PromptOpsState:*Arn*/index/[*]",
        )
        for where in ("PromptOpsLine/Functions/Publish/Identity/Policy/Resource", _KIT)
    ),
    Accepted(
        "IAM5",
        _PROMOTE,
        "the pointers of one environment; prompts are born after the deployment",
        "Resource::arn:*:parameter/prompt-ops/*/current",
    ),
    Accepted(
        "IAM5",
        "PromptOpsLine/Functions/Resolve/Identity/Policy/Resource",
        "pointers and settings of all environments, to read",
        "Resource::arn:*:parameter/prompt-ops/*",
    ),
    Accepted(
        "IAM5",
        _KIT,
        "pointers and settings of all environments, to read",
        "Resource::arn:*:parameter/prompt-ops/*",
    ),
    Accepted(
        "IAM5",
        _PROMOTE,
        "the alarms of one environment, named for versions born after the deployment",
        "Resource::arn:*:alarm:prompt-ops/*",
    ),
    Accepted(
        "IAM5",
        _PROMOTE,
        "describing alarms by the beginning of their name is authorised on all alarms",
        "Resource::arn:*:alarm:[*]",
    ),
    Accepted(
        "IAM5",
        _KIT,
        "executions of the release workflow, to read; one is born with each request",
        "Resource::arn:*:execution:prompt-ops-release:*",
    ),
    Accepted(
        "IAM5",
        _KIT,
        "one route of the API in its only stage; `*` at the end is the approval's id",
        "Resource::arn:*:execute-api:*/POST/v1/*",
    ),
)
