"""A bucket whose object versions nobody of ours can remove, with its own key."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.context import Context
from infra.roles import role_pattern

#: What would undo write-once: deleting, shortening the lock, or changing the rules of the bucket.
_UNDOING_OBJECTS = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:BypassGovernanceRetention",
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
)
_UNDOING_BUCKET = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutEncryptionConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketOwnershipControls",
)


class LockedBucket(Construct):
    """Versioned, encrypted with its own key, TLS only, private, locked for `retention_days`."""

    def __init__(
        self, scope: Construct, id: str, context: Context, *, purpose: str, retention_days: int
    ) -> None:
        super().__init__(scope, id)
        self._context = context
        self.key = kms.Key(
            self,
            "Key",
            description=f"{context.prefix}: {purpose}",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        days = Duration.days(retention_days)
        lock = s3.ObjectLockRetention
        retention = lock.governance(days) if context.lock_mode == "GOVERNANCE" else lock.compliance(days)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            object_lock_default_retention=retention,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self._deny_undoing()
        policy = self.bucket.policy
        assert policy is not None
        policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)

    def deny(
        self, sid: str, actions: list[str], resources: list[str], conditions: Mapping[str, object]
    ) -> None:
        """Refuse these actions to everybody for whom the conditions hold."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=resources,
                conditions=conditions,
            )
        )

    def objects(self, *patterns: str) -> list[str]:
        return [self.bucket.arn_for_objects(pattern) for pattern in patterns]

    def _deny_undoing(self) -> None:
        ours = {"ArnLike": {"aws:PrincipalArn": role_pattern(self._context.prefix)}}
        self.deny("NoDeletionByTheLine", [*_UNDOING_OBJECTS], self.objects("*"), ours)
        self.deny("NoRuleChangesByTheLine", [*_UNDOING_BUCKET], [self.bucket.bucket_arn], ours)
