"""The approval site, route by route: who is asking, what they may see, what they decide."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lambdas.approve.forms import check_origin, read_form
from lambdas.approve.page.approval import approval_page
from lambdas.approve.page.notice import error_page, signed_out_page
from lambdas.approve.page.responses import page, protected, redirect
from lambdas.approve.page.waiting import waiting_page
from promptops.aws.http_api import ApiCall, respond, respond_error
from promptops.aws.oidc import CodeFlow
from promptops.aws.sessions import SESSION_COOKIE, SIGN_IN_COOKIE, Session, Sessions, forgotten
from promptops.contract.bodies import DecisionBody
from promptops.contract.messages import Decided
from promptops.domain.approval import Approval
from promptops.domain.errors import (
    NotConfirmed,
    PromptOpsError,
    SignInRequired,
    Unavailable,
    UnknownApproval,
    UnknownRequest,
    UnknownRoute,
)
from promptops.domain.people import Actor
from promptops.domain.request import environment_of
from promptops.evaluation_ports import PastEvaluations
from promptops.ports import Workflow
from promptops.stages.approve import Desk, Waiting, decide, view, waiting
from promptops.stages.background import background

Response = dict[str, Any]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """Pages for signed-in approvers; every link starts with `page_url`, never with what a request says."""

    desk: Desk
    workflow: Workflow
    sessions: Sessions
    code_flow: CodeFlow
    page_url: str
    past: PastEvaluations

    def answer(self, route: Callable[[ApiCall], Response], call: ApiCall) -> Response:
        """The route's page, or the page that says why not."""
        try:
            return route(call)
        except PromptOpsError as error:
            logger.info("Refused: %s", error.code)
            return self._refusal(error, call)
        except Exception:
            logger.exception("Unexpected error")
            return self._refusal(PromptOpsError("something unexpected happened", "Try again later."), call)

    def home(self, call: ApiCall) -> Response:
        """GET /approvals: what waits."""
        session = self.sessions.session(call.cookies)
        items = waiting(_actor(session), desk=self.desk)
        return page(200, waiting_page(items, page_url=self.page_url, email=session.email))

    def show(self, call: ApiCall) -> Response:
        """GET /approvals/{approval_id}: one approval; never decides."""
        return self._approval(call, self.sessions.session(call.cookies), 200)

    def decide(self, call: ApiCall) -> Response:
        """POST /approvals/{approval_id}: the form, from our page, in this session, for this approval."""
        session = self.sessions.session(call.cookies)
        form = read_form(call, self.page_url)
        approval_id = call.path["approval_id"]
        self.sessions.check_form_token(session, approval_id, form.get("token", ""))
        body = DecisionBody(form.get("decision", ""), form.get("comment", ""))
        try:
            self._check_confirmation(approval_id, session, form)
            decide(approval_id, body, _actor(session), desk=self.desk, workflow=self.workflow)
        except PromptOpsError as error:
            if isinstance(error, (UnknownApproval, Unavailable)):
                raise
            return self._approval(call, session, error.http_status, comment=body.comment, problem=error)
        return redirect(f"{self.page_url}/approvals/{approval_id}")

    def decide_signed(self, call: ApiCall) -> Response:
        """POST /v1/approvals/{approval_id}: a decision in JSON, signed with IAM credentials."""
        try:
            body = DecisionBody.from_event(call.body)
            approval = decide(
                call.path["approval_id"], body, call.actor, desk=self.desk, workflow=self.workflow
            )
        except Exception as error:
            return protected(respond_error(error))
        return protected(respond(200, _decided(approval).to_dict()))

    def sign_in(self, call: ApiCall) -> Response:
        """GET /sign-in: on to the sign-in, remembering where the reader was going."""
        attempt, cookie = self.sessions.begin_sign_in(_approval_id(call.query.get("to", "")))
        return redirect(self.code_flow.authorize_url(attempt), [cookie])

    def callback(self, call: ApiCall) -> Response:
        """GET /sign-in/callback: back from the sign-in, with a code that is worth an identity."""
        attempt = self.sessions.sign_in_attempt(call.cookies, call.query.get("state", ""))
        code = call.query.get("code", "")
        if not code:
            raise SignInRequired("the sign-in was not completed", "Sign in again.")
        email = self.code_flow.email(code, attempt, self.desk.clock.now())
        target = f"{self.page_url}/approvals{'/' if attempt.to else ''}{attempt.to}"
        return redirect(target, [self.sessions.begin_session(email), forgotten(SIGN_IN_COOKIE)])

    def nothing(self, call: ApiCall) -> Response:
        """Every other route."""
        raise UnknownRoute("there is no such page", "Open the link in the mail.")

    def sign_out(self, call: ApiCall) -> Response:
        """POST /sign-out: the session is forgotten."""
        check_origin(call, self.page_url)
        document = signed_out_page(
            page_url=self.page_url,
            sign_in=f"{self.page_url}/sign-in",
            everywhere=self.code_flow.logout_url(f"{self.page_url}/approvals"),
        )
        return page(200, document, [forgotten(SESSION_COOKIE)])

    def _approval(
        self,
        call: ApiCall,
        session: Session,
        status: int,
        comment: str = "",
        problem: PromptOpsError | None = None,
    ) -> Response:
        approval_id = call.path["approval_id"]
        seen = view(approval_id, _actor(session), desk=self.desk)
        document = approval_page(
            seen,
            background(
                seen.record,
                seen.report,
                seen.from_version,
                registry=self.desk.registry,
                reports=self.desk.reports,
                past=self.past,
            ),
            self._others(approval_id, session),
            page_url=self.page_url,
            email=session.email,
            token=self.sessions.form_token(session, approval_id),
            comment=comment,
            problem=problem,
        )
        return page(status, document)

    def _others(self, approval_id: str, session: Session) -> list[Waiting]:
        items = waiting(_actor(session), desk=self.desk)
        return [item for item in items if item.approval.approval_id != approval_id and item.obstacle is None]

    def _check_confirmation(self, approval_id: str, session: Session, form: dict[str, str]) -> None:
        if form.get("decision") != "approve":
            return
        seen = view(approval_id, _actor(session), desk=self.desk)
        if seen.obstacle is None and form.get("confirmation", "").strip() != seen.confirmation:
            raise NotConfirmed(f"{seen.confirmation} was not typed", "Type it as shown above the field.")

    def _refusal(self, error: PromptOpsError, call: ApiCall) -> Response:
        to = _approval_id(call.path.get("approval_id", ""))
        sign_in = f"{self.page_url}/sign-in{'?' + urlencode({'to': to}) if to else ''}"
        email = self._email(call)
        document = error_page(error, page_url=self.page_url, email=email, sign_in="" if email else sign_in)
        return page(error.http_status, document)

    def _email(self, call: ApiCall) -> str:
        """Who is signed in, so that they can sign out of the wrong account; empty where nobody is known."""
        try:
            return self.sessions.session(call.cookies).email
        except PromptOpsError:
            return ""


def _decided(approval: Approval) -> Decided:
    subject = approval.subject
    return Decided(
        approval_id=approval.approval_id,
        request_id=approval.request_id,
        environment=subject.environment,
        prompt_id=subject.prompt_id,
        version=subject.version,
        status=approval.status,
    )


def _actor(session: Session) -> Actor:
    return Actor("oidc", session.email)


def _approval_id(text: str) -> str:
    """The text if it could be an approval's id, else nothing: it becomes part of an address."""
    try:
        environment = environment_of(text)
    except UnknownRequest:
        return ""
    return text if environment.isascii() and environment.replace("-", "").isalnum() else ""
