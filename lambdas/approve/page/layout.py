"""The frame around every page."""

from __future__ import annotations

from lambdas.approve.page.style import CSS
from promptops.domain.markup import Child, Html, raw, tag


def shell(title: str, *content: Child, page_url: str, email: str = "") -> Html:
    """The whole document; with an address it says who is signed in and offers to sign out."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{title} · PromptOps"),
        tag("style", raw(CSS)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the content", class_="skip", href="#content"),
        _bar(page_url, email),
        tag("main", *content, id="content"),
        tag("footer", "Opening a page decides nothing. A decision is recorded with your name and the time."),
    )
    return raw(f"<!doctype html>{tag('html', head, body, lang='en')}")


def card(title: str, *content: Child, name: str) -> Html:
    """One titled box; `name` is unique on the page."""
    return tag("section", tag("h2", title, id=name), *content, class_="card", aria_labelledby=name)


def banner(title: str, *content: Child, tone: str = "") -> Html:
    """What the reader must know first; `tone` is good, bad, or empty for a warning."""
    return tag("div", tag("h2", title), *content, class_=f"banner {tone}".strip(), role="status")


def definitions(*rows: tuple[str, Child] | None, columns: str = "two") -> Html:
    """Names with their values; rows that are None are left out."""
    items = [tag("div", tag("dt", row[0]), tag("dd", row[1])) for row in rows if row]
    return tag("dl", items, class_=f"facts {columns}")


def _bar(page_url: str, email: str) -> Html:
    brand = tag("a", "PromptOps ", tag("span", "approvals"), class_="brand", href=f"{page_url}/approvals")
    if not email:
        return tag("div", tag("div", brand), class_="bar")
    leave = tag("button", "Sign out", class_="quiet", type="submit")
    form = tag("form", leave, method="post", action=f"{page_url}/sign-out")
    return tag("div", tag("div", brand, tag("span", email, class_="who"), form), class_="bar")
