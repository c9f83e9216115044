"""What the archive gives back: compared with an installation's tables, or written where they lack it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptops.aws.dynamodb_archived_rows import Row, ledger_rows, registry_rows
from promptops.aws.dynamodb_restore import Compared, beside, compare, write
from promptops.cli import records
from promptops.domain.errors import AuditBroken
from promptops.domain.restored import Restored
from promptops.stages.restore import rebuild, without_copy

if TYPE_CHECKING:
    from promptops.cli.line import Line
    from promptops.domain.audit import Finding, Remark
    from promptops.stages.audit import Auditor

Say = Callable[[str], None]
#: Beside the environments: the table of the registry.
REGISTRY = ""


@dataclass(frozen=True)
class Place:
    """One table beside the rows it should have; `environment` is empty for the registry."""

    environment: str
    table: str
    kinds: tuple[Compared, ...]

    def to_dict(self) -> dict[str, object]:
        kinds = [kind.to_dict() for kind in self.kinds]
        return {"environment": self.environment, "table": self.table, "kinds": kinds}

    @property
    def problems(self) -> list[str]:
        """What a drill finds: the table should be as archived, or further."""
        return [
            f"{self.table} {problem} {kind.kind} {name}, by the archive"
            for kind in self.kinds
            for problem, names in (("lacks the", kind.missing), ("is behind in the", kind.earlier))
            for name in names
        ] + self.differing

    @property
    def differing(self) -> list[str]:
        """What a restore finds: it leaves alone what is none of the archive's."""
        return [
            f"{self.table} differs in the {kind.kind} {name}, by the archive"
            for kind in self.kinds
            for name in kind.differing
        ]


def restored(line: Line, say: Say, bucket: str) -> Restored:
    """Everything in the bucket, checked; no table is opened for it."""
    say("reading the archive")
    return _restored(records.auditor_of(line, say, bucket), line.installation.environments)


def compared(
    line: Line, say: Say, bucket: str
) -> tuple[Restored, list[Place], Sequence[Finding], Sequence[Remark]]:
    """The archive, each table of the installation beside the rows it should have, and rows without a copy."""
    say("reading the archive")
    auditor = records.auditor_of(line, say, bucket)
    started = auditor.clock.now()
    found = _restored(auditor, line.installation.environments)
    tables = {REGISTRY: line.installation.registry_table, **line.installation.ledger_tables}
    client = line.client("dynamodb")
    places = []
    for environment, rows in _rows(found).items():
        say(f"comparing {environment or 'the registry'}")
        table = tables[environment]
        places.append(Place(environment, table, tuple(compare(table, rows, client))))
    say("looking for rows without a copy")
    return found, places, *without_copy(found, auditor.registry, auditor.trails, started)


def written(line: Line, found: Restored, tables: Mapping[str, str], say: Say) -> list[Place]:
    """How the tables were before all that they lacked was written; nothing is if a row has other content.

    Raises AuditBroken if the archive itself is not whole, IllegalTransition if somebody else writes too.
    """
    if found.findings:
        raise AuditBroken(str(found.findings[0]), "Nothing was written; see docs/audit.md.")
    client = line.client("dynamodb")
    looked = []
    for environment, rows in _rows(found).items():
        say(f"comparing {tables[environment]}")
        kinds, wanted = beside(tables[environment], rows, client)
        looked.append((Place(environment, tables[environment], tuple(kinds)), wanted))
    if not any(place.differing for place, _ in looked):
        for place, wanted in looked:
            say(f"writing {place.table}")
            write(place.table, wanted, client)
    return [place for place, _ in looked]


def _restored(records: Auditor, environments: Sequence[str]) -> Restored:
    return rebuild(
        environments,
        archive=records.archive,
        reports=records.reports,
        check_artifact=records.check_artifact,
    )


def _rows(found: Restored) -> dict[str, list[Row]]:
    registry = [row for prompt in found.prompts for row in registry_rows(prompt)]
    return {REGISTRY: registry, **{one.environment: [*ledger_rows(one)] for one in found.ledgers}}
