"""The people of the demo: who they are and what work they do."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class DemoPerson:
    """`policy` is the output that names the managed policy of their work; without it, the administrator's."""

    name: str
    work: str
    policy: str = ""
    signs_in: bool = False
    approves: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


DEMO_PEOPLE = (
    DemoPerson("alice", "author", "PolicyAuthor", signs_in=True),
    DemoPerson("bob", "approver", "PolicyApprover", signs_in=True, approves=True),
    DemoPerson("carol", "on-call", "PolicyOnCall", signs_in=True, approves=True),
    DemoPerson("dave", "application", "PolicyReader"),
    DemoPerson("erin", "administrator"),
    DemoPerson("frank", "auditor", "PolicyAuditor"),
)
