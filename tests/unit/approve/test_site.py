from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from promptops.aws.http_api import ApiCall
from promptops.aws.sessions import SESSION_COOKIE, SIGN_IN_COOKIE
from promptops.domain.errors import EndpointDown
from tests.unit.approval_world import (
    BOB,
    BOB_SIGNED,
    CAROL,
    ORIGIN,
    PAGE_URL,
    REF,
    Scene,
    a_call,
    an_event,
    cookies_in,
)

SELF = "a.author@example.com"


class Elements(HTMLParser):
    """Every element with its attributes, and the text of the page."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def links(self) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.found for name in ("href", "action") if name in attrs]


def decision_forms(page: dict[str, Any]) -> list[dict[str, str | None]]:
    return [form for form in Elements(page["body"]).all("form") if "decision" in (form.get("class") or "")]


def test_the_page_shows_all_a_decision_rests_on() -> None:
    scene = Scene(reason="the law changes on 1 June")

    page = scene.get(scene.cookies())
    text = Elements(page["body"]).text

    assert page["statusCode"] == 200
    for shown in (
        "refund-policy@v3",
        "prod",
        "high risk",
        "Alice Author",
        "the law changes on 1 June",
        "v2 → v3",
        "30 days",
        "14 days",
        "0.83",
        "no-receipt",
        "24 hours left",
        scene.approval.subject.report_sha256,
        scene.approval.subject.sha256,
        "at most 4000 characters",
        "waiting for approval in prod",
    ):
        assert shown in text, shown


def test_a_person_approves_on_the_page_and_sees_what_comes_next() -> None:
    scene = Scene()
    cookies = scene.cookies()

    answer = scene.post(scene.form(cookies, comment="fine\r\nwith me"), cookies)

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"] == f"{PAGE_URL}/approvals/{scene.approval.approval_id}"
    assert (scene.stored().status, scene.stored().decided_by) == ("APPROVED", BOB)
    assert scene.stored().comment == "fine\nwith me"
    after = scene.get(cookies)
    assert "The workflow goes on by itself" in after["body"]
    assert decision_forms(after) == []


def test_a_rejection_needs_no_typing_but_a_comment() -> None:
    scene = Scene()
    cookies = scene.cookies()
    silent = scene.post(scene.form(cookies, decision="reject", confirmation=""), cookies)
    assert (silent["statusCode"], scene.stored().status) == (400, "PENDING")

    spoken = scene.post(scene.form(cookies, decision="reject", confirmation="", comment="no"), cookies)

    assert (spoken["statusCode"], scene.stored().status) == (303, "REJECTED")


def test_what_was_typed_wrong_decides_nothing_and_keeps_the_comment() -> None:
    scene = Scene()
    cookies = scene.cookies()

    answer = scene.post(scene.form(cookies, confirmation="refund-policy@v2", comment="my <words>"), cookies)

    assert answer["statusCode"] == 400
    assert "my &lt;words&gt;</textarea>" in answer["body"]
    assert len(decision_forms(answer)) == 1
    assert scene.stored() == scene.approval


def test_a_mail_scanner_that_follows_every_link_and_form_decides_nothing() -> None:
    scene = Scene()
    approval_id = scene.approval.approval_id
    for method in ("GET", "HEAD", "OPTIONS"):
        for _ in range(5):
            call = a_call(f"{method} /approvals/{{approval_id}}", approval_id=approval_id)
            assert scene.site.answer(scene.site.show, call)["statusCode"] == 401
    scene.site.answer(scene.site.sign_in, a_call("GET /sign-in", query={"to": approval_id}))

    assert scene.post({"decision": "approve", "confirmation": str(REF)}, {})["statusCode"] == 401

    assert scene.stored() == scene.approval
    assert scene.workflow.woken == {}


def test_looking_decides_nothing_even_with_the_form_in_the_address() -> None:
    scene = Scene()
    cookies = scene.cookies()
    call = a_call(
        "GET /approvals/{approval_id}",
        approval_id=scene.approval.approval_id,
        cookies=cookies,
        query=scene.form(cookies),
        headers={"origin": ORIGIN},
    )

    assert scene.site.answer(scene.site.show, call)["statusCode"] == 200

    assert scene.stored() == scene.approval


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://page.example"}, 403),
        ({"origin": "https://page.example.evil.example"}, 403),
        ({"origin": "https://page.example:8443"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "null", "sec-fetch-site": "same-site"}, 403),
        ({"origin": ORIGIN, "sec-fetch-site": "cross-site"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/json"}, 415),
        ({"content_type": ""}, 415),
    ],
)
def test_a_form_from_elsewhere_is_refused(headers: dict[str, str], status: int) -> None:
    scene = Scene()
    cookies = scene.cookies()

    assert scene.post(scene.form(cookies), cookies, **headers)["statusCode"] == status

    assert scene.stored() == scene.approval


@pytest.mark.parametrize("origin", [ORIGIN, "null", ""])
def test_our_own_form_is_taken_however_the_browser_names_it(origin: str) -> None:
    scene = Scene()
    cookies = scene.cookies()

    headers = {"origin": origin, "sec-fetch-site": "same-origin"}
    assert scene.post(scene.form(cookies), cookies, **headers)["statusCode"] == 303


def _no_token(scene: Scene) -> str:
    return ""


def _of_another_approval(scene: Scene) -> str:
    return scene.token(scene.cookies(), "prod-" + "e" * 32)


def _of_another_session(scene: Scene) -> str:
    return scene.token(scene.cookies())


def _of_a_cookie(scene: Scene) -> str:
    return scene.cookies()[SESSION_COOKIE].partition(".")[2]


@pytest.mark.parametrize("token", [_no_token, _of_another_approval, _of_another_session, _of_a_cookie])
def test_a_form_without_the_token_of_this_session_and_approval_is_refused(
    token: Callable[[Scene], str],
) -> None:
    scene = Scene()
    cookies = scene.cookies()

    answer = scene.post(scene.form(cookies, token=token(scene)), cookies)

    assert answer["statusCode"] == 403
    assert scene.stored() == scene.approval


@pytest.mark.parametrize(
    "body",
    ["token=a&token=b", "&".join(f"f{n}=1" for n in range(50)), "comment=%ff", "x" * 20_000],
)
def test_a_mangled_form_is_refused(body: str) -> None:
    scene = Scene()
    call = a_call(
        "POST /approvals/{approval_id}",
        approval_id=scene.approval.approval_id,
        cookies=scene.cookies(),
        headers={"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"},
        body=body,
    )

    assert scene.site.answer(scene.site.decide, call)["statusCode"] in (400, 403, 413)

    assert scene.stored() == scene.approval


def test_an_author_signed_in_by_another_address_may_look_and_not_decide() -> None:
    scene = Scene()
    cookies = scene.cookies(SELF)

    page = scene.get(cookies)
    answer = scene.post(scene.form(cookies), cookies)

    assert decision_forms(page) == []
    assert "Somebody else must decide" in page["body"]
    assert answer["statusCode"] == 403
    assert scene.stored() == scene.approval


def test_who_is_no_approver_sees_nothing_of_the_prompt() -> None:
    scene = Scene()

    page = scene.get(scene.cookies("eve@example.com"))

    assert page["statusCode"] == 403
    assert "refund" not in page["body"]
    assert f"{PAGE_URL}/sign-out" in Elements(page["body"]).links()


def test_who_is_no_approver_any_more_cannot_decide_with_an_open_page() -> None:
    scene = Scene()
    cookies = scene.cookies()
    form = scene.form(cookies)
    scene.directory.group.remove(BOB.identity)

    assert scene.post(form, cookies)["statusCode"] == 403
    assert scene.stored() == scene.approval


def test_the_second_decision_is_told_who_was_first() -> None:
    scene = Scene()
    bob, carol = scene.cookies(), scene.cookies(CAROL.identity)
    late = scene.form(carol, decision="reject", comment="no")
    scene.post(scene.form(bob), bob)

    answer = scene.post(late, carol)

    assert answer["statusCode"] == 409
    assert "Bob Approver approved" in answer["body"]
    assert scene.stored().decided_by == BOB


def test_an_expired_approval_says_so_and_has_no_form() -> None:
    scene = Scene()
    scene.clock.set(scene.approval.expires_at)
    cookies = scene.cookies()

    page = scene.get(cookies)
    answer = scene.post(scene.form(cookies), cookies)

    assert "This approval has expired" in page["body"]
    assert decision_forms(page) == []
    assert answer["statusCode"] == 403
    assert scene.stored() == scene.approval


def test_a_superseded_approval_says_so_and_has_no_form() -> None:
    scene = Scene()
    scene.ask("prod-" + "b" * 32, "newer")

    page = scene.get(scene.cookies())

    assert "Superseded" in page["body"]
    assert decision_forms(page) == []
    assert "refund-policy@v3 to prod" in Elements(page["body"]).text


def test_a_session_ends_and_cannot_be_forged() -> None:
    scene = Scene()
    cookies = scene.cookies()
    payload, _, mac = cookies[SESSION_COOKIE].partition(".")
    other = scene.cookies(CAROL.identity)[SESSION_COOKIE].partition(".")[0]
    attempt, sign_in = scene.sessions.begin_sign_in("")
    forged = [
        f"{other}.{mac}",
        payload,
        f"{payload}.",
        f"{payload}.AAAA",
        f".{mac}",
        "",
        "a.b",
        "ÿ.ÿ",
        cookies_in([sign_in])[SIGN_IN_COOKIE],
    ]

    for value in forged:
        assert scene.get({SESSION_COOKIE: value})["statusCode"] == 401, value
    assert scene.get(cookies)["statusCode"] == 200
    scene.clock.set(scene.clock.later(0.25))
    assert scene.get(cookies)["statusCode"] == 401
    assert attempt.state


def test_a_sign_in_leads_back_to_the_approval() -> None:
    scene = Scene()
    approval_id = scene.approval.approval_id
    signed_out = Elements(scene.get({})["body"])
    assert f"{PAGE_URL}/sign-in?to={approval_id}" in signed_out.links()

    begun = scene.site.answer(scene.site.sign_in, a_call("GET /sign-in", query={"to": approval_id}))
    cookies = cookies_in(begun["cookies"])
    query = parse_qs(urlsplit(begun["headers"]["Location"]).query)
    back = a_call("GET /sign-in/callback", cookies=cookies, query={"state": query["state"][0], "code": "c"})
    done = scene.site.answer(scene.site.callback, back)

    assert (begun["statusCode"], done["statusCode"]) == (303, 303)
    assert query["redirect_uri"] == [f"{PAGE_URL}/sign-in/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert done["headers"]["Location"] == f"{PAGE_URL}/approvals/{approval_id}"
    assert scene.get(cookies_in(done["cookies"]))["statusCode"] == 200


def test_cookies_are_kept_from_scripts_other_sites_and_other_hosts() -> None:
    scene = Scene()
    _, sign_in = scene.sessions.begin_sign_in("")

    for cookie in (sign_in, scene.sessions.begin_session(BOB.identity)):
        assert cookie.startswith("__Host-")
        assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")
        assert int(cookie.partition("Max-Age=")[2].partition(";")[0]) <= 900


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "../x", "prod-xyz", "x\r\ny", "é-" + "a" * 32]
)
def test_a_sign_in_never_leads_elsewhere(to: str) -> None:
    scene = Scene()

    begun = scene.site.answer(scene.site.sign_in, a_call("GET /sign-in", query={"to": to}))
    cookies = cookies_in(begun["cookies"])
    state = parse_qs(urlsplit(begun["headers"]["Location"]).query)["state"][0]
    back = a_call("GET /sign-in/callback", cookies=cookies, query={"state": state, "code": "c"})
    done = scene.site.answer(scene.site.callback, back)

    assert done["headers"]["Location"] == f"{PAGE_URL}/approvals"


@pytest.mark.parametrize(
    "query", [{}, {"state": "other", "code": "c"}, {"code": "c"}, {"error": "access_denied"}]
)
def test_a_callback_this_browser_did_not_begin_signs_nobody_in(query: dict[str, str]) -> None:
    scene = Scene()
    _, cookie = scene.sessions.begin_sign_in("")
    call = a_call("GET /sign-in/callback", cookies=cookies_in([cookie]), query=query)

    answer = scene.site.answer(scene.site.callback, call)

    assert (answer["statusCode"], answer["cookies"]) == (401, [])


def test_signing_out_forgets_the_session_and_only_our_page_can_do_it() -> None:
    scene = Scene()
    ours = a_call("POST /sign-out", cookies=scene.cookies(), headers={"origin": ORIGIN})
    theirs = a_call("POST /sign-out", cookies=scene.cookies(), headers={"origin": "https://evil.example"})

    left = scene.site.answer(scene.site.sign_out, ours)

    assert left["cookies"][0].startswith(f"{SESSION_COOKIE}=; Max-Age=0;")
    assert scene.site.answer(scene.site.sign_out, theirs)["statusCode"] == 403


@pytest.mark.parametrize("approval_id", ["x", "prod-" + "0" * 32, "%00", "' OR 1=1", "a" * 5000, "<script>"])
def test_every_unknown_approval_gets_the_same_page(approval_id: str) -> None:
    scene = Scene()
    cookies = scene.cookies()

    first, other = scene.get(cookies, "mars-" + "1" * 32), scene.get(cookies, approval_id)

    assert (other["statusCode"], other["body"]) == (404, first["body"])


def _every_answer(scene: Scene) -> Iterator[dict[str, Any]]:
    cookies = scene.cookies()
    approval_id = scene.approval.approval_id
    site, pages = scene.site, "GET /approvals/{approval_id}"
    yield scene.get(cookies)
    yield scene.get({})
    yield scene.get(cookies, "nothing")
    yield scene.get(scene.cookies("eve@example.com"))
    yield site.answer(site.home, a_call("GET /approvals", cookies=cookies))
    yield site.answer(site.sign_in, a_call("GET /sign-in"))
    yield site.answer(site.callback, a_call("GET /sign-in/callback"))
    yield site.answer(site.sign_out, a_call("POST /sign-out", headers={"origin": ORIGIN}))
    yield site.answer(site.nothing, a_call("GET /favicon.ico"))
    yield scene.post({}, cookies)
    yield site.answer(site.decide_signed, a_call("POST /v1/approvals/{approval_id}", approval_id=approval_id))
    yield site.answer(lambda call: 1 / 0, a_call(pages, approval_id=approval_id))  # type: ignore[arg-type, return-value]
    yield scene.post(scene.form(cookies), cookies)
    yield scene.get(cookies)


def test_every_answer_carries_the_protective_headers() -> None:
    for answer in _every_answer(Scene()):
        headers = answer["headers"]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "script" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert {name.lower(): value for name, value in headers.items()}["cache-control"] == "no-store"


def test_the_policy_allows_the_very_style_of_the_page() -> None:
    scene = Scene()

    page = scene.get(scene.cookies())

    style = page["body"].partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page["headers"]["Content-Security-Policy"]


def test_pages_hold_no_script_no_foreign_address_and_no_task_token() -> None:
    for answer in _every_answer(Scene()):
        assert "the-task-token" not in json.dumps(answer)
        if "text/html" not in answer["headers"].get("Content-Type", ""):
            continue
        elements = Elements(answer["body"])
        assert not {name for name, _ in elements.found} & {"script", "img", "link", "iframe", "base"}
        assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
        assert not [attributes for _, attributes in elements.found if "style" in attributes]
        for link in elements.links():
            assert link.startswith((f"{PAGE_URL}/", "#content", "https://sign-in.example/logout"))


NASTY = (
    '<script>alert(1)</script><img src=x onerror=alert(1)></textarea></style>"\' onfocus="x" '
    "javascript:alert(1) <form action=https://evil.example>\u202egnp"
)


def test_no_text_of_a_prompt_or_person_becomes_markup() -> None:
    plain, nasty = Scene(text="text", reason="reason"), Scene(text=NASTY, reason=NASTY)
    wanted = [name for name, _ in Elements(plain.get(plain.cookies())["body"]).found]

    page = nasty.get(nasty.cookies())["body"]
    found = Elements(page)

    extra = [name for name, _ in found.found if name not in wanted]
    assert extra == []
    assert len(found.all("form")) == 2
    assert "<script>alert(1)</script>" in found.text
    assert "⟨U+202E⟩" in found.text
    assert "\u202e" not in page
    assert "Characters nobody can see" in page


def test_a_comment_is_shown_as_text() -> None:
    scene = Scene()
    cookies = scene.cookies()

    scene.post(scene.form(cookies, comment="<b>fine</b>"), cookies)

    assert "<b>fine</b>" in Elements(scene.get(cookies)["body"]).text


def test_the_first_release_shows_the_whole_text() -> None:
    scene = Scene(live=False)

    page = scene.get(scene.cookies())

    assert "Nothing is live yet" in page["body"]
    assert "Never promise money." in page["body"]


def test_an_unexpected_fault_shows_no_details() -> None:
    scene = Scene()

    def broken(call: object) -> dict[str, Any]:
        raise RuntimeError("secret detail")

    page = scene.site.answer(broken, a_call("GET /approvals"))

    assert page["statusCode"] == 500
    assert "secret" not in page["body"]


def test_a_decision_whose_workflow_cannot_be_told_asks_to_try_again() -> None:
    scene = Scene()
    cookies = scene.cookies()

    def down(token: str, outcome: object) -> bool:
        raise EndpointDown("Step Functions does not answer", "Try again.")

    woken = scene.workflow.wake
    scene.workflow.wake = down  # type: ignore[method-assign, assignment]
    assert scene.post(scene.form(cookies), cookies)["statusCode"] == 503

    scene.workflow.wake = woken  # type: ignore[method-assign]
    scene.post(scene.form(cookies), cookies)

    assert scene.workflow.woken["the-task-token"]["decision"] == "APPROVED"


def signed(scene: Scene, body: dict[str, object], arn: str | None) -> dict[str, Any]:
    event = an_event(
        "POST /v1/approvals/{approval_id}",
        scene.approval.approval_id,
        headers={"content-type": "application/json"},
        body=json.dumps(body),
    )
    if arn:
        event["requestContext"]["authorizer"] = {"iam": {"userArn": arn}}
    return scene.site.decide_signed(ApiCall.from_event(event))


def test_a_decision_signed_with_iam_counts_for_the_person_behind_it() -> None:
    scene = Scene()

    answer = signed(scene, {"decision": "approve", "actor": "ceo"}, BOB_SIGNED.identity)

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "APPROVED"
    assert scene.stored().decided_by == BOB_SIGNED


@pytest.mark.parametrize(
    ("arn", "status", "code"),
    [
        (None, 401, "E_SIGN_IN"),
        ("arn:aws:iam::111122223333:user/alice", 403, "E_SELF_APPROVAL"),
        ("arn:aws:sts::111122223333:assumed-role/deployer/bob", 403, "E_NOT_HUMAN"),
    ],
)
def test_a_signed_decision_of_somebody_else_changes_nothing(arn: str | None, status: int, code: str) -> None:
    scene = Scene()

    answer = signed(scene, {"decision": "approve"}, arn)

    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (status, code)
    assert scene.stored() == scene.approval
