"""Everything an installation has on record, joined to AWS for an audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_audit import DynamoDbRegistryTrail, DynamoDbTrail
from promptops.aws.pointer_history import SsmPointerHistory
from promptops.aws.s3_archive import S3Archive
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_report_finder import S3ReportFinder
from promptops.copies import READERS
from promptops.stages.audit import WORKERS, Auditor

if TYPE_CHECKING:
    from promptops.cli.line import Line
    from promptops.domain.artifact import Artifact
    from promptops.domain.version import VersionRecord

#: Each prompt that is looked at may read a part of the archive again.
CONNECTIONS = WORKERS * READERS


def auditor_of(line: Line, say: Callable[[str], None], bucket: str = "") -> Auditor:
    """Reads with the caller's own rights; writes nothing."""
    found = line.installation
    bucket = bucket or found.artifact_bucket
    dynamodb, s3 = line.client("dynamodb", CONNECTIONS), line.client("s3", CONNECTIONS)
    ssm = line.client("ssm", CONNECTIONS)
    artifacts = S3ArtifactReader(bucket, s3)

    def artifact(record: VersionRecord) -> Artifact:
        return artifacts.read(record.ref.prompt_id, record.ref.version, record.sha256)

    return Auditor(
        registry=DynamoDbRegistryTrail(found.registry_table, dynamodb, line.registry),
        trails={
            name: DynamoDbTrail(name, found.ledger_tables[name], dynamodb) for name in found.environments
        },
        pointers={name: SsmPointerHistory(line.prefix, name, ssm) for name in found.environments},
        archive=S3Archive(bucket, s3),
        reports=S3ReportFinder(bucket, s3),
        check_artifact=artifact,
        clock=SystemClock(),
        people=line.people,
        asking=frozenset(found.approval_environments),
        say=say,
    )
