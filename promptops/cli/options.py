"""The options several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.contract.names import DEFAULT_PREFIX

AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
Profile = Annotated[str, typer.Option(metavar="NAME", help="AWS profile; default is AWS's own chain.")]
Region = Annotated[str, typer.Option(metavar="REGION", help="AWS Region; default AWS_REGION or profile.")]
Prefix = Annotated[
    str, typer.Option(metavar="PREFIX", envvar="PROMPTOPS_PREFIX", help="Path prefix of the installation.")
]
Env = Annotated[str, typer.Option("--env", metavar="ENV", help="Environment, e.g. dev, staging or prod.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the audit record.")]
Comment = Annotated[str, typer.Option("--comment", metavar="TEXT", help="What the requester should know.")]
Timeout = Annotated[int, typer.Option("--timeout", metavar="SECONDS", help="How long to follow.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow until it has ended.")]

PREFIX = DEFAULT_PREFIX
FOLLOW_SECONDS = 900
