"""What promote does in its environment, joined to AWS once at start."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import boto3
from botocore.config import Config

from promptops.aws.change_events import hinted_prompts
from promptops.aws.clock import SystemClock
from promptops.aws.cloudwatch_alarms import CloudWatchAlarms
from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_archive import S3Archive
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.s3_reports import S3Reports
from promptops.aws.ssm_pointers import SsmPointers
from promptops.aws.stepfunctions_workflow import StepFunctionsWorkflow
from promptops.contract.answers import Reconciled
from promptops.contract.settings import PromoteSettings
from promptops.domain.errors import Unavailable
from promptops.domain.grader_set import GRADERS
from promptops.ports import SecondsLeft
from promptops.stages.archive import Archiver
from promptops.stages.drill import Drills
from promptops.stages.freeze import freeze, unfreeze
from promptops.stages.promote import Promotion
from promptops.stages.reconcile import Reconciler, is_passing
from promptops.stages.request import request
from promptops.stages.retire import retire
from promptops.stages.revoke import revoke, unrevoke
from promptops.stages.rollback import rollback

SETTINGS = PromoteSettings.from_env(os.environ)
#: A service that hangs must not take the whole call with it: what is committed has to be answered.
PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
DYNAMODB = boto3.client("dynamodb", config=PATIENCE)
S3 = boto3.client("s3", config=PATIENCE)

clock = SystemClock()
registry = DynamoDbRegistry(SETTINGS.registry_table, DYNAMODB)
ledgers = DynamoDbLedgers(SETTINGS.ledgers, DYNAMODB, SETTINGS.registry_table)
ledger = ledgers[SETTINGS.environment]
artifacts = S3Artifacts(SETTINGS.artifact_bucket, S3)
records = S3ReleaseRecords(SETTINGS.artifact_bucket, SETTINGS.environment, S3)
archive = S3Archive(SETTINGS.artifact_bucket, S3)
pointers = SsmPointers(SETTINGS.prefix, SETTINGS.environment, boto3.client("ssm", config=PATIENCE))

promotion = Promotion(
    environment=SETTINGS.environment,
    asks_approval=SETTINGS.asks_approval,
    graders=GRADERS,
    accepted_model_kinds=tuple(SETTINGS.accepted_model_kinds.split(",")),
    registry=registry,
    artifacts=artifacts,
    reports=S3Reports(SETTINGS.artifact_bucket, S3),
    ledgers=ledgers,
    pointers=pointers,
    records=records,
    clock=clock,
)
make_request = partial(
    request,
    environment=SETTINGS.environment,
    request_hours=float(SETTINGS.request_hours),
    registry=registry,
    ledgers=ledgers,
    workflow=StepFunctionsWorkflow(
        boto3.client("stepfunctions", config=PATIENCE), SETTINGS.state_machine_arn
    ),
    clock=clock,
)
roll_back = partial(
    rollback,
    ledger=ledger,
    registry=registry,
    artifacts=artifacts,
    pointers=pointers,
    records=records,
    clock=clock,
)
drills = Drills(
    is_highest=len(ledgers.names) > 1 and SETTINGS.environment == ledgers.names[-1],
    ledger=ledger,
    registry=registry,
    artifacts=artifacts,
    pointers=pointers,
    records=records,
    archive=archive,
    clock=clock,
    monotonic=time.monotonic,
)
retire_here = partial(retire, ledger=ledger, pointers=pointers, records=records, clock=clock)
freeze_here = partial(freeze, ledger=ledger, clock=clock)
unfreeze_here = partial(unfreeze, ledger=ledger, clock=clock)
revoke_version = partial(
    revoke,
    ledger=ledger,
    registry=registry,
    artifacts=artifacts,
    pointers=pointers,
    records=records,
    clock=clock,
)
unrevoke_version = partial(unrevoke, registry=registry, clock=clock)
archiver = Archiver(
    ledger,
    archive,
    records,
    # What concerns all environments is archived once, by the highest of them.
    registry if SETTINGS.environment == ledgers.names[-1] else None,
)
reconciler = Reconciler(
    ledger=ledger,
    registry=registry,
    artifacts=artifacts,
    archive=archiver.copy,
    pointers=pointers,
    records=records,
    alarms=CloudWatchAlarms(
        SETTINGS.prefix,
        SETTINGS.environment,
        SETTINGS.alarm_topic_arn,
        boto3.client("cloudwatch", config=PATIENCE),
    ),
    clock=clock,
)


def reconcile(prompt_ids: Sequence[str], seconds_left: SecondsLeft) -> Reconciled:
    """One pass over these prompts, or the environment; raises Unavailable if it is worth another one."""
    done = reconciler.reconcile(prompt_ids, seconds_left)
    if is_passing(done):
        raise Unavailable(
            f"{len(done.errors)} errors in {done.checked} prompts of {done.environment}",
            "The log says which and why; the next pass tries again.",
        )
    return done


def look_at(event: Mapping[str, Any], seconds_left: SecondsLeft) -> Reconciled:
    """One pass over the prompts an event names; what it leaves as it was is the schedule's to say."""
    prompt_ids = hinted_prompts(event, prefix=SETTINGS.prefix, environment=SETTINGS.environment)
    if not prompt_ids:
        return Reconciled(SETTINGS.environment, 0, [], [], [], [], [])
    return reconciler.reconcile(prompt_ids, seconds_left)
