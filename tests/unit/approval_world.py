"""An installation in memory where refund-policy v3 waits for approval in prod, and the site that shows it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from lambdas.approve.site import Site
from promptops.aws.http_api import ApiCall
from promptops.aws.oidc import CodeFlow
from promptops.aws.sessions import Sessions, SignInAttempt
from promptops.contract.messages import OpenApprovalTask
from promptops.domain.approval import Approval
from promptops.domain.artifact import Artifact, Message
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor, People, Person
from promptops.domain.policy import Policy, Risk, Thresholds
from promptops.domain.report import Binding, Report
from promptops.domain.request import ReleaseRequest
from promptops.domain.variables import Variable
from promptops.domain.version import Dataset, VersionRecord
from promptops.stages.approve import Desk
from promptops.stages.open_approval import open_approval
from tests.unit.fakes import FakeArtifacts, FakeRegistry
from tests.unit.fakes_evaluation import FakePastEvaluations, FakeReports
from tests.unit.fakes_release import FakeLedgers, FakeWorkflow

PAGE_URL = "https://page.example/live"
ORIGIN = "https://page.example"
PROMPT = "refund-policy"
REF = PromptRef(PROMPT, 3)
ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
BOB = Actor("oidc", "bob@example.com")
BOB_SIGNED = Actor("iam", "arn:aws:iam::111122223333:user/bob")
CAROL = Actor("oidc", "carol@example.com")
PEOPLE = People(
    [
        Person("Alice Author", ("alice@example.com", "a.author@example.com"), (ALICE.identity,)),
        Person("Bob Approver", (BOB.identity,), (BOB_SIGNED.identity,)),
        Person("Carol Approver", (CAROL.identity,)),
    ]
)
OLD_TEXT = """You answer refund questions.
Refunds are possible within 14 days.
Be brief.
Never promise money."""
NEW_TEXT = """You answer refund questions.
Refunds are possible within 30 days.
Be brief and kind.
Ask for the order number.
Never promise money."""


class FakeClock:
    def __init__(self) -> None:
        self.moment = datetime.fromisoformat("2026-05-26T09:00:00+00:00")

    def now(self) -> str:
        return self.moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def later(self, hours: float) -> str:
        return (self.moment + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def set(self, iso: str) -> None:
        self.moment = datetime.fromisoformat(iso)


class FakeDirectory:
    def __init__(self, people: People, approvers: set[str]) -> None:
        self.known = people
        self.group = approvers

    def people(self) -> People:
        return self.known

    def is_approver(self, email: str) -> bool:
        return email.casefold() in self.group

    def approvers(self) -> frozenset[str]:
        return frozenset(self.group)


@dataclass
class FakeMail:
    sent: list[tuple[tuple[str, ...], str, str, str]] = field(default_factory=list)
    off: bool = False

    def send(self, to: Sequence[str], subject: str, text: str, html: str) -> bool:
        self.sent.append((tuple(to), subject, text, html))
        return not self.off


class FakeKms:
    """The two calls of the MAC key, as boto3 answers them."""

    class exceptions:
        class KMSInvalidMacException(Exception):
            pass

    def __init__(self, key: bytes = b"only in KMS") -> None:
        self._key = key

    def generate_mac(self, *, KeyId: str, MacAlgorithm: str, Message: bytes) -> dict[str, Any]:
        return {"Mac": hmac.digest(self._key, Message, hashlib.sha256)}

    def verify_mac(self, *, KeyId: str, MacAlgorithm: str, Message: bytes, Mac: bytes) -> dict[str, Any]:
        if not hmac.compare_digest(hmac.digest(self._key, Message, hashlib.sha256), Mac):
            raise self.exceptions.KMSInvalidMacException
        return {"MacValid": True}


class FakeCodeFlow(CodeFlow):
    """A sign-in where everybody who comes back is `signs_in`."""

    def __init__(self, signs_in: str) -> None:
        super().__init__(
            sign_in_url="https://sign-in.example",
            client_id="client",
            user_pool_id="eu-central-1_pool",
            redirect_uri=f"{PAGE_URL}/sign-in/callback",
            ca_file=None,
        )
        self.signs_in = signs_in

    def email(self, code: str, attempt: SignInAttempt, now: str) -> str:
        return self.signs_in


class Scene:
    """`approval` waits; v2 is live in prod, v3 is the candidate, both by Alice."""

    def __init__(
        self, *, risk: Risk = "high", live: bool = True, text: str = NEW_TEXT, reason: str = "law"
    ) -> None:
        self.clock = FakeClock()
        self.registry = FakeRegistry()
        self.artifacts = FakeArtifacts()
        self.reports = FakeReports()
        self.ledgers = FakeLedgers(self.registry)
        self.directory = FakeDirectory(PEOPLE, {BOB.identity, CAROL.identity, "a.author@example.com"})
        self.workflow = FakeWorkflow()
        self.mail = FakeMail()
        self.desk = Desk(
            ledgers=self.ledgers,
            registry=self.registry,
            artifacts=self.artifacts,
            reports=self.reports,
            directory=self.directory,
            clock=self.clock,
        )
        self.publish(2, OLD_TEXT, risk="low")
        self.publish(3, text, risk=risk)
        self.prod = self.ledgers["prod"]
        if live:
            self.go_live(2)
        self.approval = self.ask("prod-" + "a" * 32, "the-task-token", reason=reason)
        self.sessions = Sessions("key", FakeKms(), self.clock)  # type: ignore[arg-type]
        self.code_flow = FakeCodeFlow(BOB.identity)
        self.site = Site(
            self.desk,
            self.workflow,
            self.sessions,
            self.code_flow,
            PAGE_URL,
            FakePastEvaluations(self.reports),
        )

    def publish(self, version: int, text: str, *, risk: Risk, prompt_id: str = PROMPT) -> VersionRecord:
        ref = PromptRef(prompt_id, version)
        artifact = Artifact(
            prompt_id,
            (Message("system", text), Message("user", "{{question}}")),
            {"id": "some-model", "provider": "bedrock"},
            variables={"question": Variable(max_chars=4000 if version > 2 else 2000)},
            parameters={"max_tokens": 400, "temperature": 0},
        )
        self.artifacts.create(ref, artifact.to_bytes())
        policy = Policy(risk, Thresholds(0.8, 3))
        report = Report(
            f"evaluation-{prompt_id}-{version}",
            prompt_id,
            version,
            Binding(artifact.digest(), "c" * 64, "graders", "some-model", "bedrock"),
            policy.thresholds,
            (
                CaseResult("late-order", 1.0, True, True, (), 900, 200, 80),
                CaseResult("angry-customer", 1.0, True, False, (), 900, 200, 80),
                CaseResult("no-receipt", 0.5, False, False, ("more than 80 words",), 900, 200, 80),
            ),
            self.clock.now(),
            self.clock.now(),
        )
        record = VersionRecord(
            ref=ref,
            sha256=artifact.digest(),
            size_bytes=len(artifact.to_bytes()),
            object_version="o",
            source_sha256="5" * 64,
            model="some-model",
            dataset=Dataset("datasets/c", "c" * 64, 3),
            policy=policy,
            owner="customer-care",
            description="Tells customers what they get back",
            rationale="New law",
            tags=(),
            published_by=ALICE,
            authors=("alice@example.com",),
            commit="9f1c2ab",
            published_at=self.clock.now(),
            evidence=self.reports.store(report),
        )
        self.registry.rows[ref] = record
        return record

    def go_live(self, version: int) -> None:
        head = self.prod.head(PROMPT)
        record = self.registry.version(PromptRef(PROMPT, version))
        release = next_release(
            head,
            version=version,
            sha256=record.sha256,
            kind="promote",
            actor=ALICE,
            reason="before",
            at=self.clock.now(),
            op_id=f"op-{head.revision}",
        )
        self.prod.history.setdefault(PROMPT, []).append(release)

    def ask(
        self, request_id: str, token: str, *, ref: PromptRef = REF, reason: str = "law", by: Actor = ALICE
    ) -> Approval:
        record = self.registry.version(ref)
        assert record.evidence
        head: Head = self.prod.head(ref.prompt_id)
        request = ReleaseRequest(
            request_id,
            "promote",
            "prod",
            ref.prompt_id,
            ref.version,
            record.sha256,
            record.policy.digest(),
            head.revision,
            ("prod",),
            reason,
            by,
            self.clock.now(),
            self.clock.later(72),
            report_sha256=record.evidence.sha256,
        ).step(self.clock.now(), f"requested by {by}")
        self.prod.put_request(request)
        self.prod.put_request(request.step(self.clock.now(), "evaluation passed", status="promoting"))
        return self.open(request_id, token)

    def open(self, request_id: str, token: str) -> Approval:
        return open_approval(
            OpenApprovalTask(request_id, "prod", token),
            ledgers=self.ledgers,
            registry=self.registry,
            directory=self.directory,
            clock=self.clock,
            workflow=self.workflow,
            mails=(self.mail,),
            page_url=PAGE_URL,
            hours=24,
        )

    def stored(self) -> Approval:
        return self.prod.approval(self.approval.approval_id)

    def cookies(self, email: str = BOB.identity) -> dict[str, str]:
        return cookies_in([self.sessions.begin_session(email)])

    def token(self, cookies: dict[str, str], approval_id: str | None = None) -> str:
        session = self.sessions.session(cookies)
        return self.sessions.form_token(session, approval_id or self.approval.approval_id)

    def form(self, cookies: dict[str, str], **changed: str) -> dict[str, str]:
        """What a browser sends for an approval; `changed` fields win, empty ones stay out."""
        fields = {"token": self.token(cookies), "decision": "approve", "confirmation": str(REF)}
        return {name: value for name, value in {**fields, **changed}.items() if value}

    def post(self, form: dict[str, str], cookies: dict[str, str], **headers: str) -> dict[str, Any]:
        sent = {"origin": ORIGIN, "content_type": "application/x-www-form-urlencoded", **headers}
        call = a_call(
            "POST /approvals/{approval_id}",
            approval_id=self.approval.approval_id,
            cookies=cookies,
            headers={name.replace("_", "-"): value for name, value in sent.items() if value},
            body=urlencode(form),
        )
        return self.site.answer(self.site.decide, call)

    def get(self, cookies: dict[str, str], approval_id: str | None = None) -> dict[str, Any]:
        wanted = self.approval.approval_id if approval_id is None else approval_id
        return self.site.answer(
            self.site.show, a_call("GET /approvals/{approval_id}", approval_id=wanted, cookies=cookies)
        )


def a_call(
    route_key: str,
    *,
    approval_id: str = "",
    cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: str = "",
) -> ApiCall:
    return ApiCall.from_event(an_event(route_key, approval_id, cookies, headers, query, body))


def an_event(
    route_key: str,
    approval_id: str = "",
    cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    body: str = "",
) -> dict[str, Any]:
    method, _, path = route_key.partition(" ")
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "headers": headers or {},
        "cookies": [f"{name}={value}" for name, value in (cookies or {}).items()],
        "queryStringParameters": query or {},
        "pathParameters": {"approval_id": approval_id} if approval_id else {},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "r"},
        "body": body,
        "isBase64Encoded": False,
    }


def cookies_in(set_cookies: Sequence[str]) -> dict[str, str]:
    """What a browser keeps of these Set-Cookie values."""
    pairs = (value.split(";")[0].partition("=") for value in set_cookies)
    return {name: value for name, _, value in pairs if value}
