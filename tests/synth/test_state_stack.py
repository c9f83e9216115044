"""What must survive is encrypted, locked, recoverable and kept."""

from __future__ import annotations

import pytest

from promptops.contract.names import RegistryKeys
from tests.synth.deployed import Deployed, Resource, deploy
from tests.synth.policy_evaluator import Account

KEPT = {
    "AWS::S3::Bucket",
    "AWS::KMS::Key",
    "AWS::DynamoDB::Table",
    "AWS::Cognito::UserPool",
    "AWS::S3::BucketPolicy",
}


@pytest.fixture
def buckets(cloud: Deployed) -> list[Resource]:
    return list(cloud.all("AWS::S3::Bucket"))


@pytest.fixture
def tables(cloud: Deployed) -> list[Resource]:
    return list(cloud.all("AWS::DynamoDB::Table"))


@pytest.fixture
def account(cloud: Deployed) -> Account:
    return Account(cloud)


def test_nothing_in_the_state_stack_is_deleted_with_it(cloud: Deployed):
    kept = [raw for raw in cloud.state["Resources"].values() if raw["Type"] in KEPT]

    assert len(kept) == 11
    assert all(raw["DeletionPolicy"] == "RetainExceptOnCreate" for raw in kept)
    assert all(raw["UpdateReplacePolicy"] == "Retain" for raw in kept)


def test_nothing_that_is_kept_has_a_fixed_name(cloud: Deployed):
    named = {"BucketName", "TableName", "UserPoolName"}

    assert not [resource.id for resource in cloud.all() if named & resource.properties.keys()]


def test_the_state_stack_cannot_be_deleted_by_one_command(cloud: Deployed):
    manifest = (cloud.assembly / "manifest.json").read_text()

    assert '"terminationProtection": true' in manifest


def test_each_bucket_is_encrypted_with_its_own_rotating_key(cloud: Deployed, buckets: list[Resource]):
    keys = set()
    for bucket in buckets:
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["BucketKeyEnabled"] is True
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        keys.add(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    used = [key for key in cloud.all("AWS::KMS::Key") if cloud.arn(key) in keys]

    assert len(used) == len(buckets) == 2
    assert all(key.properties["EnableKeyRotation"] for key in used)
    assert all(key.properties["PendingWindowInDays"] == 30 for key in used)


def test_each_bucket_is_versioned_private_and_locked_by_default(buckets: list[Resource]):
    for bucket in buckets:
        properties = bucket.properties
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert properties["ObjectLockEnabled"] is True
        retention = properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        assert retention["Mode"] == "GOVERNANCE"
        assert retention["Days"] >= 30


def test_compliance_mode_and_retention_are_a_choice_of_the_context(tmp_path):
    strict = deploy(tmp_path, lock_mode="COMPLIANCE", retention_days="3650")

    bucket = strict.one("AWS::S3::Bucket", "Artifacts")

    retention = bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "COMPLIANCE", "Days": 3650}


def test_buckets_refuse_everything_but_tls(account: Account, buckets: list[Resource]):
    for bucket in buckets:
        key = f"arn:aws:s3:::{bucket.id}/prompts/a/v1.json"
        assert account.ask_admin("s3:GetObjectTagging", key, **{"aws:SecureTransport": "false"}) == "denied"
        assert account.ask_admin("s3:GetObjectTagging", key, **{"s3:TlsVersion": "1.2"}) == "allowed"


def test_what_is_written_once_cannot_be_put_without_the_condition(cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts"))
    create = {"s3:ObjectCreationOperation": "true", "s3:TlsVersion": "1.3"}

    written_once = (
        "prompts/a/v1.json",
        "reports/a/v1/0f.json",
        "released/prod/a/v1.json",
        "archive/registry/a/versions/v1.json",
        "archive/registry/a/restrictions/0000000001.json",
        "archive/ledger/prod/releases/a/0000000001.json",
        "archive/ledger/prod/restrictions/0000000001.json",
        "archive/ledger/prod/drills/a/0f.json",
    )
    for key in written_once:
        assert account.ask_admin("s3:PutObject", f"{bucket}/{key}", **create) == "denied"
        conditional = {**create, "s3:if-none-match": "*"}
        assert account.ask_admin("s3:PutObject", f"{bucket}/{key}", **conditional) == "allowed"


def test_evaluation_data_is_closed_even_to_administrators(cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "EvaluationData"))
    key = cloud.arn(cloud.one("AWS::KMS::Key", "EvaluationData"))

    assert account.ask_admin("s3:GetObject", f"{bucket}/datasets/0f.jsonl") == "denied"
    assert account.ask_admin("s3:PutObject", f"{bucket}/datasets/0f.jsonl") == "denied"
    assert account.ask_admin("kms:Decrypt", key) == "denied"
    assert account.ask_admin("s3:PutBucketPolicy", bucket, **{"s3:TlsVersion": "1.3"}) == "allowed"


def test_tables_are_recoverable_protected_and_on_an_aws_managed_key(tables: list[Resource]):
    assert len(tables) == 4
    for table in tables:
        properties = table.properties
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["SSESpecification"] == {"SSEEnabled": True}


def test_the_registry_has_the_keys_the_documents_use(cloud: Deployed):
    registry = cloud.one("AWS::DynamoDB::Table", "Registry")

    assert [(key["AttributeName"], key["KeyType"]) for key in registry.properties["KeySchema"]] == [
        ("prompt_id", "HASH"),
        ("version", "RANGE"),
    ]


def test_the_registry_is_listed_through_one_index_of_keys(cloud: Deployed):
    (index,) = cloud.one("AWS::DynamoDB::Table", "Registry").properties["GlobalSecondaryIndexes"]

    assert index["IndexName"] == RegistryKeys.LISTING
    assert [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] == [
        ("listed", "HASH"),
        ("prompt_id", "RANGE"),
    ]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLInsert",
        "dynamodb:DeleteTable",
    ],
)
def test_rows_and_tables_are_not_removed_by_anybody(
    action: str, cloud: Deployed, account: Account, tables: list[Resource]
):
    assert {account.ask_admin(action, cloud.arn(table)) for table in tables} == {"denied"}


def test_approvers_cannot_invite_themselves_and_are_in_a_group(cloud: Deployed):
    pool = cloud.one("AWS::Cognito::UserPool").properties

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["DeletionProtection"] == "ACTIVE"
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert cloud.one("AWS::Cognito::UserPoolGroup").properties["GroupName"] == "approvers"


def test_references_go_one_way(cloud: Deployed):
    exported = {output["Export"]["Name"] for output in cloud.state["Outputs"].values() if "Export" in output}

    assert exported
    assert "Fn::ImportValue" not in str(cloud.state)
    assert not [output for output in cloud.line["Outputs"].values() if "Export" in output]
