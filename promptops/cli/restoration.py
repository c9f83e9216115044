"""What the archive gives back: compared with an installation's tables, or written into new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptops.aws.dynamodb_restore import (
    Compared,
    Row,
    check_empty,
    compare,
    ledger_rows,
    registry_rows,
    write,
)
from promptops.domain.errors import AuditBroken
from promptops.domain.restored import Restored
from promptops.stages.restore import rebuild

if TYPE_CHECKING:
    from promptops.cli.line import Line

Say = Callable[[str], None]
#: Beside the environments: the table of the registry.
REGISTRY = ""


@dataclass(frozen=True)
class Place:
    """One table and what became of its rows; `environment` is empty for the registry."""

    environment: str
    table: str
    kinds: tuple[Compared, ...]

    def to_dict(self) -> dict[str, object]:
        kinds = [kind.to_dict() for kind in self.kinds]
        return {"environment": self.environment, "table": self.table, "kinds": kinds}

    @property
    def problems(self) -> list[str]:
        return [
            f"{self.table} {problem} {kind.kind} {name}, by the archive"
            for kind in self.kinds
            for problem, names in (("lacks the", kind.missing), ("differs in the", kind.differing))
            for name in names
        ]


def restored(line: Line, say: Say, bucket: str) -> Restored:
    """Everything in the bucket, checked; no table is opened for it."""
    say("reading the archive")
    records = line.auditor(say, bucket)
    return rebuild(
        line.installation.environments,
        archive=records.archive,
        reports=records.reports,
        check_artifact=records.check_artifact,
    )


def compared(line: Line, found: Restored, say: Say) -> list[Place]:
    """Each table of the installation beside the rows it should have."""
    tables = {REGISTRY: line.installation.registry_table, **line.installation.ledger_tables}
    client = line.client("dynamodb")
    places = []
    for environment, rows in _rows(found).items():
        say(f"comparing {environment or 'the registry'}")
        table = tables[environment]
        places.append(Place(environment, table, tuple(compare(table, rows, client))))
    return places


def written(
    line: Line, found: Restored, tables: Mapping[str, str], say: Say
) -> dict[str, tuple[str, Counter[str]]]:
    """Table and rows of each kind that were put into it, by environment; raises unless all were empty."""
    if found.findings:
        raise AuditBroken(str(found.findings[0]), "Nothing was written; see docs/audit.md.")
    client = line.client("dynamodb")
    for table in tables.values():
        check_empty(table, client)
    done = {}
    for environment, rows in _rows(found).items():
        say(f"writing {tables[environment]}")
        write(tables[environment], rows, client)
        done[environment] = tables[environment], Counter(str(row.kind) for row in rows)
    return done


def _rows(found: Restored) -> dict[str, list[Row]]:
    registry = [row for prompt in found.prompts for row in registry_rows(prompt)]
    return {REGISTRY: registry, **{one.environment: [*ledger_rows(one)] for one in found.ledgers}}
