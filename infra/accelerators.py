"""What makes reconciliation prompt: changes of a ledger and of its pointers, seconds after they happen.

None of it is needed: events are hints, may be lost, doubled or forged, and the schedule finds everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from infra.rules import Rule
from promptops.contract.names import LedgerKeys, pointer_parameter

#: Long enough for the release itself to write its pointer, so that there is usually nothing left to do.
WINDOW_SECONDS = 5
BATCH_RECORDS = 100
MAX_RETRIES = 2
#: The schedule has been there five times by then.
MAX_AGE_SECONDS = 300
HEAD_MOVED = {
    "eventName": ["INSERT", "MODIFY"],
    "dynamodb": {"Keys": {"pk": {"S": [LedgerKeys.head("")[0]]}}},
}


class Accelerators(Construct):
    """Each environment's promote function hears of its ledger's heads and of its pointers.

    `streams` are the ARNs of the ledgers' streams, by environment.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        promotes: Mapping[str, Function],
        streams: Mapping[str, str],
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id)
        for environment, promote in promotes.items():
            name = environment.title()
            self._hear_of_heads(f"Heads{name}", promote, streams[environment], dead_letters)
            start, _, _ = pointer_parameter(prefix, environment, "*").partition("*")
            Rule(
                self,
                f"Pointers{name}",
                promote,
                description=f"Look at a pointer of {environment} as soon as somebody changed it",
                pattern={
                    "source": ["aws.ssm"],
                    "detail-type": ["Parameter Store Change"],
                    "detail": {"name": [{"prefix": start}], "operation": ["Create", "Update", "Delete"]},
                },
                dead_letters=dead_letters,
            )

    def _hear_of_heads(self, id: str, promote: Function, stream_arn: str, dead_letters: sqs.Queue) -> None:
        """With the function's own role, which infra/permissions.py gives what reading a stream takes."""
        lambda_.CfnEventSourceMapping(
            self,
            id,
            function_name=promote.arn,
            event_source_arn=stream_arn,
            # What happened before the mapping was made, the schedule has seen.
            starting_position="LATEST",
            batch_size=BATCH_RECORDS,
            maximum_batching_window_in_seconds=WINDOW_SECONDS,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=MAX_RETRIES,
            maximum_record_age_in_seconds=MAX_AGE_SECONDS,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(HEAD_MOVED))]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=dead_letters.queue_arn)
            ),
        )
