"""What approve does, joined to AWS once at start."""

from __future__ import annotations

import os
from functools import partial

import boto3

from lambdas.approve.site import Site
from promptops.aws.clock import SystemClock
from promptops.aws.directory import CognitoDirectory
from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.oidc import CodeFlow
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_past_evaluations import S3PastEvaluations
from promptops.aws.s3_reports import S3Reports
from promptops.aws.ses_mail import SesMail
from promptops.aws.sessions import Sessions
from promptops.aws.sns_notice import SnsNotice
from promptops.aws.stepfunctions_workflow import StepFunctionsWorkflow
from promptops.contract.settings import ApproveSettings
from promptops.stages.approve import Desk
from promptops.stages.open_approval import open_approval

SETTINGS = ApproveSettings.from_env(os.environ)
DYNAMODB = boto3.client("dynamodb")
S3 = boto3.client("s3")

desk = Desk(
    ledgers=DynamoDbLedgers(SETTINGS.ledgers, DYNAMODB),
    registry=DynamoDbRegistry(SETTINGS.registry_table, DYNAMODB),
    artifacts=S3Artifacts(SETTINGS.artifact_bucket, S3),
    reports=S3Reports(SETTINGS.artifact_bucket, S3),
    directory=CognitoDirectory(
        prefix=SETTINGS.prefix,
        user_pool_id=SETTINGS.user_pool_id,
        group=SETTINGS.approvers_group,
        ssm=boto3.client("ssm"),
        cognito=boto3.client("cognito-idp"),
    ),
    clock=SystemClock(),
)
workflow = StepFunctionsWorkflow(boto3.client("stepfunctions"))
ask = partial(
    open_approval,
    ledgers=desk.ledgers,
    registry=desk.registry,
    directory=desk.directory,
    clock=desk.clock,
    workflow=workflow,
    mails=(
        SesMail(SETTINGS.mail_from, boto3.client("sesv2")),
        SnsNotice(SETTINGS.approval_topic_arn, boto3.client("sns")),
    ),
    page_url=SETTINGS.page_url,
    hours=float(SETTINGS.approval_hours),
)
site = Site(
    desk=desk,
    workflow=workflow,
    sessions=Sessions(SETTINGS.session_key_id, boto3.client("kms"), desk.clock),
    code_flow=CodeFlow(
        sign_in_url=SETTINGS.sign_in_url,
        client_id=SETTINGS.user_pool_client_id,
        user_pool_id=SETTINGS.user_pool_id,
        redirect_uri=f"{SETTINGS.page_url}/sign-in/callback",
        ca_file=os.environ.get("AWS_CA_BUNDLE"),
    ),
    page_url=SETTINGS.page_url,
    past=S3PastEvaluations(SETTINGS.artifact_bucket, S3),
)
