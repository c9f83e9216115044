"""What the local AWS holds of the run's prompts, read with the rights of its account's root."""

from __future__ import annotations

import json
from collections import defaultdict

from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.names import DEFAULT_PREFIX, function_name, pointer_parameter, release_record_key
from promptops.domain.errors import UnknownPrompt
from promptops.domain.identifiers import PromptRef
from tests.e2e.conftest import LocalAws
from tests.e2e.inside import installation
from tests.faults.storm.history import Found
from tests.faults.storm.plan import ENVIRONMENTS, PROMPTS
from tests.waiting import until

MANY = 100_000


class Remains:
    """Looked at all the while, because Parameter Store forgets all but the last hundred values."""

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._ssm, self._dynamodb, self._s3 = (aws.client(name) for name in ("ssm", "dynamodb", "s3"))
        self._place = installation(aws)
        self._ledgers = DynamoDbLedgers(self._place.ledger_tables, self._dynamodb)
        self._values: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)

    def look(self) -> None:
        """Remember the values every pointer had."""
        for environment in ENVIRONMENTS:
            for prompt_id in PROMPTS:
                name = pointer_parameter(DEFAULT_PREFIX, environment, prompt_id)
                try:
                    pages = self._ssm.get_paginator("get_parameter_history").paginate(Name=name)
                    entries = [entry for page in pages for entry in page["Parameters"]]
                except self._ssm.exceptions.ParameterNotFound:
                    continue
                for entry in entries:
                    self._values[environment, prompt_id][entry["Version"]] = entry["Value"]

    def quiet(self) -> None:
        """No workflow runs any more, and each environment has been reconciled once."""
        states = self._aws.client("stepfunctions")
        machine = self._place.state_machine_arn
        until(
            "the workflows to end",
            lambda: not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"],
            seconds=180,
        )
        for environment in ENVIRONMENTS:
            function = function_name(DEFAULT_PREFIX, "promote", environment)
            self._aws.invoke(function, {"task": "reconcile"})
        self.look()

    def found(self) -> list[Found]:
        return [self._found(environment, prompt_id) for environment in ENVIRONMENTS for prompt_id in PROMPTS]

    def missed(self) -> int:
        """Values that came and went between two looks."""
        return sum(max(values) - len(values) for values in self._values.values() if values)

    def _found(self, environment: str, prompt_id: str) -> Found:
        ledger = self._ledgers[environment]
        releases = list(reversed(ledger.releases(prompt_id, limit=MANY)))
        return Found(
            environment=environment,
            prompt_id=prompt_id,
            head=ledger.head(prompt_id),
            releases=releases,
            operations=self._operations(environment, prompt_id),
            pointer=SsmPointers(DEFAULT_PREFIX, environment, self._ssm).read(prompt_id),
            pointer_values=[value for _, value in sorted(self._values[environment, prompt_id].items())],
            versions=self._versions(prompt_id),
            records=self._records(environment, prompt_id),
        )

    def _operations(self, environment: str, prompt_id: str) -> dict[str, int]:
        table = self._place.ledger_tables[environment]
        rows = [
            json.loads(item["document"]["S"])
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
            if item["pk"]["S"].startswith("OPERATION#")
        ]
        return {row["op_id"]: row["revision"] for row in rows if row["prompt_id"] == prompt_id}

    def _versions(self, prompt_id: str) -> dict[int, str]:
        registry = DynamoDbRegistry(self._place.registry_table, self._dynamodb)
        try:
            return {record.ref.version: record.sha256 for record in registry.versions(prompt_id)}
        except UnknownPrompt:
            return {}

    def _records(self, environment: str, prompt_id: str) -> frozenset[int]:
        prefix = release_record_key(environment, prompt_id, "").rpartition("/")[0] + "/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._place.artifact_bucket, Prefix=prefix
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return frozenset(PromptRef.parse(f"{prompt_id}@{key[len(prefix) : -5]}").version for key in keys)
