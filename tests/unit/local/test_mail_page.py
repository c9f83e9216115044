from __future__ import annotations

from typing import Any

from infra.local.mail_page import mail_page


def a_mail(**changes: Any) -> dict[str, Any]:
    return {"Source": "promptops@example.com", "To": ["bob@example.com"], "Subject": "Decide",
            "BodyText": "See https://a.localhost:1/approvals?x=1&y=2 please", "Timestamp": 1_700_000_000.5,
            **changes}  # fmt: skip


def test_a_mail_shows_who_wrote_to_whom_and_links_can_be_followed():
    page = mail_page([a_mail()])

    for shown in ("promptops@example.com", "bob@example.com", "Decide"):
        assert shown in page
    assert '<a href="https://a.localhost:1/approvals?x=1&amp;y=2">' in page


def test_what_a_mail_says_is_text_and_never_markup():
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"

    page = mail_page([a_mail(Subject=hostile, BodyText=hostile, Source=hostile, To=[hostile])])

    assert "<script" not in page
    assert "<img" not in page


def test_a_link_cannot_carry_an_attribute():
    page = mail_page([a_mail(BodyText='https://a.example/"onmouseover=alert(1)')])

    assert '<a href="https://a.example/">' in page


def test_the_newest_mail_stands_first():
    page = mail_page([a_mail(Subject="older"), a_mail(Subject="newer")])

    assert page.index("newer") < page.index("older")


def test_a_page_without_mail_says_so():
    assert "None yet" in mail_page([])
