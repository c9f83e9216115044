"""Pages that say one thing: signed out, not found, not allowed, broken."""

from __future__ import annotations

from lambdas.approve.page.layout import shell
from promptops.domain.errors import (
    AlreadyDecided,
    ForeignForm,
    NotAnApprover,
    PromptOpsError,
    SignInRequired,
    Unavailable,
    UnknownApproval,
    UnknownRoute,
)
from promptops.domain.markup import Html, tag

_TITLES: tuple[tuple[type[PromptOpsError], str], ...] = (
    (SignInRequired, "Please sign in"),
    (NotAnApprover, "You may not approve releases"),
    (ForeignForm, "Nothing was decided"),
    (AlreadyDecided, "Already decided"),
    (UnknownApproval, "No such approval"),
    (UnknownRoute, "No such page"),
    (Unavailable, "This cannot be shown right now"),
)


def error_page(error: PromptOpsError, *, page_url: str, email: str = "", sign_in: str = "") -> Html:
    """What went wrong and what to do; `sign_in` is where a signed-out reader goes on."""
    title = next((title for kind, title in _TITLES if isinstance(error, kind)), "That did not work")
    button = ("Sign in", sign_in) if sign_in else ("What waits for me", f"{page_url}/approvals")
    code = tag("p", f"Code {error.code}", class_="hint")
    return _notice(title, f"{error.what}. {error.fix}".strip(), button, page_url, email, code)


def signed_out_page(*, page_url: str, sign_in: str, everywhere: str) -> Html:
    """After signing out here; `everywhere` ends the session with the sign-in itself as well."""
    text = "You are signed out of this page. The sign-in may still know you on this computer."
    link = tag("p", tag("a", "Sign out there as well", href=everywhere))
    return _notice("Signed out", text, ("Sign in again", sign_in), page_url, "", link)


def _notice(title: str, text: str, button: tuple[str, str], page_url: str, email: str, last: Html) -> Html:
    label, target = button
    body = tag(
        "section",
        tag("h1", title),
        tag("p", text if "@" in text.partition(" ")[0] else text[:1].upper() + text[1:]),
        tag("p", tag("a", label, class_="button", href=target)),
        last,
        class_="card notice",
    )
    return shell(title, body, page_url=page_url, email=email)
