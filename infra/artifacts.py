"""The bucket of what is written once: artifacts, reports, release records and the archive."""

from __future__ import annotations

from constructs import Construct

from infra.context import Context
from infra.locked_bucket import LockedBucket
from promptops.contract import names

WRITE_ONCE = (
    names.artifact_key("*", "*"),
    names.report_key("*", "*", "*"),
    names.release_record_key("*", "*", "*"),
    names.archived_version_key("*", "*"),
    names.archived_revocation_key("*", "*"),
    names.archived_release_key("*", "*", "*"),
    names.archived_freeze_key("*", "*"),
    names.drill_key("*", "*", "*"),
)


class Artifacts(LockedBucket):
    """Every version of every prompt with its evidence and the proofs of its releases."""

    def __init__(self, scope: Construct, id: str, context: Context) -> None:
        days = context.retention_days
        super().__init__(scope, id, context, purpose="prompt artifacts", retention_days=days)
        if context.target.requires_if_none_match:
            # Object Lock alone lets a second put hide the first behind a newer version.
            self.deny(
                "OnlyNewObjects",
                ["s3:PutObject"],
                self.objects(*WRITE_ONCE),
                {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
            )
