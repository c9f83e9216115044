"""The approval page as people, late-comers and mail scanners meet it, in Chromium and without any script."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from infra.local.demo.browser import CHROMIUM_NAMES, Browser, FormBrowser, browser
from infra.local.mail_page import sent_mail
from promptops.domain.approval import Approval
from promptops.domain.people import Actor
from promptops.domain.request import ReleaseRequest
from tests.e2e.approvers import approvers_group_with
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import ledger, pointers, request_row
from tests.waiting import until

WOKEN_SECONDS = 5
HAS_CHROMIUM = any(map(shutil.which, CHROMIUM_NAMES))
NO_CHROMIUM = pytest.mark.skipif(
    not HAS_CHROMIUM, reason="no Chromium is installed; the same journeys run below without a browser"
)
BROWSERS = [pytest.param("chromium", marks=NO_CHROMIUM), "plain"]
PROTECTION = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
POLICY = {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"}
COOKIE = r"__Host-[^;]+; Max-Age=\d+; Path=/; Secure; HttpOnly; SameSite=Lax"

Opens = Callable[[], AbstractContextManager[Browser]]


@dataclass(frozen=True)
class Asked:
    """A release to prod that waits for a decision."""

    aws: LocalAws
    request_id: str
    approval_id: str

    @property
    def page(self) -> str:
        return f"{self.aws.instance.outputs['ApprovalPageUrl']}/{self.approval_id}"

    @property
    def approval(self) -> Approval:
        return ledger(self.aws, "prod").approval(self.approval_id)

    @property
    def request(self) -> ReleaseRequest:
        return request_row(self.aws, self.request_id)

    @property
    def ref(self) -> str:
        return f"{self.approval.subject.prompt_id}@v{self.approval.subject.version}"

    def live(self) -> str | None:
        """The pointer of prod."""
        return pointers(self.aws, "prod").read(self.approval.subject.prompt_id)


@dataclass(frozen=True)
class Pair:
    """Two requests for one prompt: the newer took the older one's place."""

    superseded: Asked
    waiting: Asked


@pytest.fixture(params=BROWSERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opens(kind: str, aws: LocalAws) -> Opens:
    certificate = aws.instance.certificate
    return lambda: browser(certificate) if kind == "chromium" else nullcontext(FormBrowser(certificate))


@pytest.fixture(scope="module")
def pair(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = renamed(tmp_path_factory.mktemp("prompts"), "refund-policy", "asked-twice")
    return Pair(ask(aws, folder), ask(aws, changed(folder, 500)))


def ask(aws: LocalAws, folder: Path) -> Asked:
    """Publish the folder and ask for prod, both as alice."""
    version = aws.person("alice").types("publish", str(folder)).document["version"]
    wish = {"prompt_id": folder.name, "version": version, "reason": "new rules"}
    request_id = post(aws, "/v1/prod/promote", wish, signed_by="alice").document["request_id"]
    prod = ledger(aws, "prod")
    approval = until("the approval", lambda: prod.approval_of_request(request_id))
    return Asked(aws, request_id, approval.approval_id)


def sign_in(visitor: Browser, person: str, asked: Asked) -> None:
    """From the approval's address through the sign-in and back to it."""
    email = f"{person}@example.com"
    visitor.open(asked.page)
    visitor.press("Sign in")
    visitor.fill("username", email)
    visitor.fill("password", asked.aws.instance.passwords[email])
    visitor.press("Sign in")
    assert visitor.url() == asked.page


def approve(visitor: Browser, asked: Asked, typed: str) -> None:
    visitor.fill("confirmation", typed)
    visitor.press("Approve")


def test_an_approver_types_the_version_and_the_release_goes_on(
    aws: LocalAws, tmp_path: Path, opens: Opens, kind: str
):
    asked = ask(aws, renamed(tmp_path, "refund-policy", f"approved-{kind}"))

    with opens() as bob:
        sign_in(bob, "bob", asked)
        assert asked.ref in bob.text()
        approve(bob, asked, "refund-policy@v1")
        assert "Not decided" in bob.text()
        assert (asked.approval.status, asked.live()) == ("PENDING", None)

        approve(bob, asked, asked.ref)

        assert f"Bob approved {asked.ref}" in bob.text()
        until("the workflow to go on", asked.live, WOKEN_SECONDS)
        until("its end", lambda: asked.request.ended)
        bob.open(asked.page)
        assert "It is live in prod now." in bob.text()
        assert "Your decision" not in bob.text()

    assert asked.request.status == "released"
    assert asked.approval.decided_by == Actor("oidc", "bob@example.com")


def test_a_rejection_needs_a_comment_and_the_requester_reads_it(
    aws: LocalAws, tmp_path: Path, opens: Opens, kind: str
):
    asked = ask(aws, renamed(tmp_path, "refund-policy", f"rejected-{kind}"))
    comment = "The fault window must stay at 90 days."

    with opens() as carol:
        sign_in(carol, "carol", asked)
        carol.press("Reject")
        assert "a rejection needs a comment" in carol.text()
        assert asked.approval.status == "PENDING"

        carol.fill("comment", comment)
        carol.press("Reject")

        assert f"Carol rejected {asked.ref}" in carol.text()
        until("the workflow to end", lambda: asked.request.ended, WOKEN_SECONDS)

    error = asked.request.error
    assert (asked.request.status, asked.live()) == ("refused", None)
    assert error is not None
    assert error["code"] == "E_APPROVAL_REJECTED"
    assert comment.rstrip(".") in str(error["what"])


def test_the_second_decision_is_told_who_was_first(aws: LocalAws, tmp_path: Path, opens: Opens, kind: str):
    asked = ask(aws, renamed(tmp_path, "refund-policy", f"decided-{kind}"))

    with opens() as bob:
        sign_in(bob, "bob", asked)
        carol = FormBrowser(aws.instance.certificate)
        sign_in(carol, "carol", asked)
        approve(carol, asked, asked.ref)

        bob.fill("comment", "Too late.")
        bob.press("Reject")

        assert f"Carol approved {asked.ref}" in bob.text()
        assert "rejected" not in bob.text().lower()

    assert (asked.approval.status, asked.approval.comment) == ("APPROVED", "")
    assert asked.approval.decided_by == Actor("oidc", "carol@example.com")


def test_a_superseded_request_says_so_and_cannot_be_decided(pair: Pair, opens: Opens):
    with opens() as bob:
        sign_in(bob, "bob", pair.superseded)

        assert "Superseded" in bob.text()
        assert "Your decision" not in bob.text()

    until("its end", lambda: pair.superseded.request.ended)
    assert pair.superseded.request.status == "refused"
    assert pair.waiting.approval.status == "PENDING"


def test_the_requester_cannot_approve_and_strangers_see_nothing(aws: LocalAws, pair: Pair, opens: Opens):
    asked = pair.waiting

    with opens() as alice:
        sign_in(alice, "alice", asked)
        assert "You may not approve releases" in alice.text()
        assert asked.ref not in alice.text()

        with approvers_group_with(aws, "alice@example.com"):
            alice.open(asked.page)
            assert "Somebody else must decide this" in alice.text()
            assert "Your decision" not in alice.text()

            for unknown in ("prod-" + "0" * 32, "moon-" + "0" * 32, "nonsense"):
                alice.open(asked.page.replace(asked.approval_id, unknown))
                assert "No such approval" in alice.text()

        alice.open(asked.page)
        assert "You may not approve releases" in alice.text()

    assert asked.approval.status == "PENDING"


def test_a_mail_scanner_decides_nothing_and_the_reader_then_can(aws: LocalAws, tmp_path: Path):
    asked = ask(aws, renamed(tmp_path, "refund-policy", "scanned-mail"))
    mails = until("a mail to each approver", lambda: mails_about(asked, to={"bob", "carol"}))
    before = asked.approval

    for mail in mails:
        assert asked.page in addresses_in(mail)
        for link in addresses_in(mail):
            scan(aws, link)

    assert asked.approval == before
    assert (asked.request.status, asked.live()) == ("waiting", None)

    bob = FormBrowser(aws.instance.certificate)
    sign_in(bob, "bob", asked)
    approve(bob, asked, asked.ref)

    assert f"Bob approved {asked.ref}" in bob.text()
    until("the workflow to go on", asked.live, WOKEN_SECONDS)


def mails_about(asked: Asked, *, to: set[str]) -> list[dict[str, Any]]:
    """The mails that name the approval, once all of these people and nobody else got one."""
    mails = [mail for mail in sent_mail(asked.aws.instance) if asked.approval_id in str(mail)]
    receivers = {address for mail in mails for address in mail["To"]}
    return mails if receivers == {f"{name}@example.com" for name in to} else []


def addresses_in(mail: dict[str, Any]) -> set[str]:
    texts = [unescape(value) for value in mail.values() if isinstance(value, str)]
    return {link for text in texts for link in re.findall(r"https?://[^\s<>\"']+", text)}


def scan(aws: LocalAws, link: str) -> None:
    """Open a link every way, press what is there, and post what an approval would be."""
    parts = urlsplit(link)
    own = f"{parts.scheme}://{parts.netloc}"
    scanner = FormBrowser(aws.instance.certificate)
    for method in ("HEAD", "GET"):
        scanner.request(method, link)
        scanner.request(method, f"{link}?{urlencode({'decision': 'approve'})}")
    scanner.press("Sign in")
    scanner.press("Sign in")
    form = urlencode({"decision": "approve", "confirmation": "scanned-mail@v1", "token": "", "comment": "ok"})
    for origin in (own, "null", "https://mail.example"):
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        assert scanner.request("POST", link, form, headers) == 401


def test_every_answer_to_a_browser_is_protected(aws: LocalAws, pair: Pair):
    asked, home = pair.waiting, aws.instance.outputs["ApprovalPageUrl"]
    site = home.removesuffix("/approvals")
    stranger, bob = FormBrowser(aws.instance.certificate), FormBrowser(aws.instance.certificate)

    assert stranger.request("GET", home) == 401
    assert stranger.request("GET", asked.page) == 401
    assert stranger.request("GET", f"{site}/sign-in/callback?state=x&code=y") == 401
    assert stranger.request("POST", asked.page, "decision=approve") == 401
    assert stranger.request("POST", f"{site}/sign-out", "", {"Origin": "https://mail.example"}) == 403
    sign_in(bob, "bob", asked)
    assert bob.request("GET", home) == 200
    assert bob.request("GET", f"{home}/nonsense") == 404
    assert bob.request("POST", asked.page, "decision=approve&token=x") == 403
    bob.open(asked.page)
    approve(bob, asked, "asked-twice@v1")
    bob.press("Sign out")
    assert bob.request("GET", home) == 401

    answers = [
        answer for visitor in (stranger, bob) for url, answer in visitor.answers if url.startswith(site)
    ]
    assert {answer.status for answer in answers} == {200, 303, 400, 401, 403, 404}
    for answer in answers:
        headers = {name.lower(): value for name, value in answer.headers}
        assert headers.items() >= PROTECTION.items()
        policy = {rule.strip() for rule in headers["content-security-policy"].split(";")}
        assert policy >= POLICY
        assert not [rule for rule in policy if "script" in rule or "unsafe" in rule]
        for name, cookie in answer.headers:
            if name.lower() == "set-cookie":
                assert re.fullmatch(
                    r"__Host-[^;]+; Max-Age=\d+; Path=/; Secure; HttpOnly; SameSite=Lax", cookie
                )
