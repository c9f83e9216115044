"""What `up` and `status` say, for people and for programs."""

from __future__ import annotations

from typing import Any

from infra.local.instance import DEFAULT_NAME, Instance, shown
from infra.local.people import DEMO_PEOPLE
from infra.local.supervision import State


def summary(instance: Instance) -> dict[str, Any]:
    """Everything a program needs to use the instance; `passwords` are for this machine only."""
    return {
        "name": instance.name,
        "endpoint": instance.endpoint,
        "certificate": str(instance.certificate),
        "api_url": instance.outputs["ApiUrl"],
        "approval_page_url": instance.outputs["ApprovalPageUrl"],
        "mail_url": instance.mail_url,
        "model_url": instance.model_url,
        "logs": str(instance.logs),
        "outputs": dict(instance.outputs),
        "people": [
            {
                "profile": person.name,
                "work": person.work,
                "email": person.email,
                "password": instance.passwords.get(person.email),
                "approves": person.approves,
            }
            for person in DEMO_PEOPLE
        ],
    }


def welcome(instance: Instance) -> str:
    """Where everything is, who can sign in, what to try."""
    named = "" if instance.name == DEFAULT_NAME else f" --name {instance.name}"
    return "\n".join(
        [
            f"The local AWS is up ({instance.name}). Nothing of it leaves this machine.",
            "",
            f"  Approval page   {instance.outputs['ApprovalPageUrl']}",
            f"  Sent mail       {instance.mail_url}",
            f"  Logs            {shown(instance.logs)}",
            "",
            *_people(instance),
            "",
            "Try:",
            f'  eval "$(promptops local env{named})"',
            "  promptops publish prompts/support-ticket",
            '  promptops promote support-ticket@v1 --to prod --reason "first release"',
            '  AWS_PROFILE=dave promptops resolve support-ticket --env prod --var ticket="It is slow"',
            "  promptops history support-ticket --env prod",
            f"  promptops local down{named}",
        ]
    )


def state_line(instance: Instance, state: State | None, health: dict[str, bool]) -> str:
    """One part a line, and whether it answers; then where people go, once it is deployed."""
    children = state.children if state else {}
    parts = [
        f"  {part:<10} {'answers' if healthy else 'DOES NOT ANSWER'}"
        + (f", process {children[part]}" if part in children else "")
        for part, healthy in health.items()
    ]
    page = instance.outputs.get("ApprovalPageUrl")
    return "\n".join(
        [
            f"The local AWS {instance.name}: {instance.endpoint}",
            *parts,
            f"  {'logs':<10} {shown(instance.logs)}",
            *(["", f"  Approval page   {page}", f"  Sent mail       {instance.mail_url}"] if page else []),
            *(["", *_people(instance)] if instance.passwords else []),
        ]
    )


def _people(instance: Instance) -> list[str]:
    passwords = instance.passwords
    return [
        "People: an AWS profile each; those with a password can sign in to the approval page",
        *(
            f"  {person.name:<7} {person.work:<14} {person.email:<18} {passwords.get(person.email, '-')}"
            for person in DEMO_PEOPLE
        ),
    ]
