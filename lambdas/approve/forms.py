"""What a browser posted, if it is a form of our own page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from promptops.aws.http_api import ApiCall
from promptops.domain.errors import ForeignForm, MalformedRequest, TooLarge, UnsupportedMediaType

_MAX_FORM_BYTES = 16_384
_MAX_FIELDS = 8


def read_form(call: ApiCall, page_url: str) -> dict[str, str]:
    """The fields, with plain line ends; raises ForeignForm unless it was sent from our own origin."""
    check_origin(call, page_url)
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(f"the content type is {kind or 'missing'}", "Use the form on the page.")
    if len(call.raw_body) > _MAX_FORM_BYTES:
        raise TooLarge(f"the form has {len(call.raw_body)} bytes, limit {_MAX_FORM_BYTES}", "Shorten it.")
    try:
        fields = parse_qs(
            call.raw_body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise MalformedRequest("the form cannot be read", "Use the form on the page.") from error
    if any(len(values) > 1 for values in fields.values()):
        raise MalformedRequest("the form has a field twice", "Use the form on the page.")
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


def check_origin(call: ApiCall, page_url: str) -> None:
    """Returns if the browser says that our own page sent this; raises ForeignForm.

    Under `Referrer-Policy: no-referrer` browsers send `Origin: null` even for our own forms; then
    `Sec-Fetch-Site`, which no script can set, must vouch for it.
    """
    origin = call.headers.get("origin", "null")
    site = call.headers.get("sec-fetch-site", "")
    own = urlsplit(page_url)
    named = origin == f"{own.scheme}://{own.netloc}" and site in ("", "same-origin")
    unnamed = origin == "null" and site == "same-origin"
    if not (named or unnamed):
        raise ForeignForm("the form was sent from somewhere else", "Open the approval and decide there.")
