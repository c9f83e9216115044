"""The parameters clients and the command line read: environments, the installation, the people."""

from __future__ import annotations

import json
from dataclasses import asdict

from aws_cdk import Aws, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.api import Api
from infra.context import Context
from infra.context_values import InvalidContext
from infra.state_stack import StateStack
from infra.tags import RELEASE
from infra.workflow import Workflow
from promptops.contract import names
from promptops.contract.settings import EnvironmentSettings, Installation

_MAX_PEOPLE_CHARS = 8192


class SettingsParameters(Construct):
    """What can be known about the installation without being told by the one who deployed it."""

    def __init__(
        self, scope: Construct, id: str, context: Context, state: StateStack, *, api: Api, workflow: Workflow
    ) -> None:
        super().__init__(scope, id)
        for environment in context.environment_names:
            self._parameter(
                f"Settings{environment.title()}",
                names.settings_parameter(context.prefix, environment),
                asdict(
                    EnvironmentSettings(
                        artifact_bucket=state.artifacts.bucket.bucket_name,
                        region=Aws.REGION,
                        ttl_seconds=context.ttl_seconds,
                        api_url=api.url,
                    )
                ),
            )
        self._parameter(
            "Installation",
            names.installation_parameter(context.prefix),
            asdict(
                Installation(
                    environments=[*context.environment_names],
                    registry_table=state.registry.table_name,
                    ledger_tables={name: table.table_name for name, table in state.ledgers.items()},
                    artifact_bucket=state.artifacts.bucket.bucket_name,
                    api_url=api.url,
                    approval_page_url=f"{api.url}/approvals",
                    state_machine_arn=workflow.arn,
                    region=Aws.REGION,
                    release=RELEASE,
                    approval_environments=[
                        environment.name
                        for environment in context.environments
                        if environment.approval == "required"
                    ],
                )
            ),
        )
        people = [person.to_dict() for person in context.people]
        if len(json.dumps(people)) > _MAX_PEOPLE_CHARS:
            raise InvalidContext(f"people is longer than {_MAX_PEOPLE_CHARS} characters, a parameter's limit")
        # Intelligent tiering: free up to 4 KB, and beyond that the only tier that fits.
        self._parameter("People", names.people_parameter(context.prefix), people, tier="Intelligent-Tiering")

    def _parameter(self, id: str, name: str, document: object, *, tier: str = "Standard") -> None:
        ssm.CfnParameter(
            self, id, name=name, type="String", tier=tier, value=Stack.of(self).to_json_string(document)
        )
