"""Every error that AWS documents for a call of ours has a meaning, or somebody who interprets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.session import get_session

from promptops.aws.error_mapping import MEANING

ROOT = Path(__file__).parents[3]
SERVICES = {"bedrock": "bedrock-runtime", "states": "stepfunctions", "ses": "sesv2"}
#: The adapter that makes the call catches these; its own test shows what becomes of them.
INTERPRETED = {
    "bedrock:Converse": {
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ResourceNotFoundException",
        "ValidationException",
    },
    "bedrock:InvokeModel": {
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ResourceNotFoundException",
        "ServiceQuotaExceededException",
        "ValidationException",
    },
    "dynamodb:PutItem": {"ConditionalCheckFailedException"},
    "dynamodb:UpdateItem": {"ConditionalCheckFailedException"},
    "dynamodb:TransactWriteItems": {"TransactionCanceledException"},
    "kms:VerifyMac": {"KMSInvalidMacException"},
    "s3:GetObject": {"NoSuchKey"},
    "secretsmanager:GetSecretValue": {
        "DecryptionFailure",
        "InvalidParameterException",
        "InvalidRequestException",
        "ResourceNotFoundException",
    },
    "ssm:GetParameter": {"ParameterNotFound"},
    "states:SendTaskSuccess": {"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"},
    "states:StartExecution": {"ExecutionAlreadyExists"},
}
#: Wrong calls of ours and wrong stacks: they fail loudly, under AWS's own name.
FAULTS = {
    "cloudwatch": {"InvalidNextToken", "ResourceConflict", "ResourceNotFound"},
    "cognito-idp": {"InvalidParameterException", "OperationNotEnabledException", "ResourceNotFoundException"},
    "dynamodb": {
        "IdempotentParameterMismatchException",
        "ItemCollectionSizeLimitExceededException",
        "ResourceNotFoundException",
    },
    "kms": {
        "DryRunOperationException",
        "InvalidGrantTokenException",
        "InvalidKeyUsageException",
        "NotFoundException",
    },
    "s3": {
        "EncryptionTypeMismatch",
        "InvalidObjectState",
        "InvalidRequest",
        "InvalidWriteOffset",
        "TooManyParts",
    },
    "ssm": {
        "HierarchyLevelLimitExceededException",
        "HierarchyTypeMismatchException",
        "IncompatiblePolicyException",
        "InvalidAllowedPatternException",
        "InvalidKeyId",
        "InvalidNextToken",
        "InvalidPolicyAttributeException",
        "InvalidPolicyTypeException",
        "ParameterAlreadyExists",
        "ParameterLimitExceeded",
        "ParameterMaxVersionLimitExceeded",
        "ParameterNotFound",
        "ParameterPatternMismatchException",
        "ParameterVersionNotFound",
        "PoliciesLimitExceededException",
        "UnsupportedParameterType",
    },
    "states": {
        "InvalidArn",
        "InvalidExecutionInput",
        "InvalidName",
        "InvalidOutput",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "ValidationException",
    },
}


def calls() -> list[str]:
    """Every `service:Operation` an adapter makes."""
    text = "\n".join(file.read_text("utf-8") for file in (ROOT / "promptops" / "aws").glob("*.py"))
    return sorted(set(re.findall(r'(?:mapped\(|answered_by\(model_id, )"([a-z0-9-]+:[A-Za-z]+)"\)', text)))


def test_the_adapters_calls_are_found():
    assert {"bedrock:Converse", "dynamodb:TransactWriteItems", "s3:PutObject"} <= set(calls())


@pytest.mark.parametrize("call", calls())
def test_every_documented_error_of_a_call_is_known(call):
    service, _, operation = call.partition(":")
    model = get_session().get_service_model(SERVICES.get(service, service))
    documented = {
        shape.metadata.get("error", {}).get("code", shape.name)
        for shape in model.operation_model(operation).error_shapes
        if not shape.metadata.get("fault")
    }

    unknown = documented - set(MEANING) - INTERPRETED.get(call, set()) - FAULTS.get(service, set())

    assert not unknown
