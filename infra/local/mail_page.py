"""The mail that the product sent on this machine, as a page for a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from infra.local.instance import ACCOUNT, Instance
from infra.local.loopback import fetch
from infra.local.ports import LOOPBACK

_LINK = re.compile(r"https://[^\s<>\"']+")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sent mail</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border: 1px solid #8886; border-radius: .5rem; padding: .25rem 1rem; margin: 1rem 0; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }} small {{ color: #666; }}
</style></head><body><h1>Sent mail</h1>{mails}</body></html>
"""


class MailServer(ThreadingHTTPServer):
    """Serves the page on the instance's mail port of the loopback interface."""

    daemon_threads = True

    def __init__(self, instance: Instance) -> None:
        super().__init__((LOOPBACK, instance.mail_port), _Handler)
        self.instance = instance

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: MailServer

    def do_GET(self) -> None:
        if self.path != "/":
            self.send_error(404)
            return
        try:
            status, page = 200, mail_page(sent_mail(self.server.instance))
        except (OSError, HTTPException, ValueError):
            status, page = 503, _PAGE.format(mails="<p>The local AWS does not answer.</p>")
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page reloads without being told of."""


def sent_mail(instance: Instance) -> list[dict[str, Any]]:
    """What was sent, oldest first, in the emulator's words: Source, To, Subject, BodyText, Timestamp."""
    answer = fetch(f"{instance.endpoint}/_ministack/ses/messages", certificate=instance.certificate)
    mails: list[dict[str, Any]] = json.loads(answer.body)["messages"].get(ACCOUNT, [])
    return mails


def mail_page(mails: Sequence[Mapping[str, Any]]) -> str:
    """The page, newest mail first; what a mail says is text, and its https links can be followed."""
    return _PAGE.format(mails="".join(map(_mail, reversed(mails))) or "<p>None yet.</p>")


def _mail(mail: Mapping[str, Any]) -> str:
    sender, sent_at = escape(str(mail["Source"])), datetime.fromtimestamp(float(mail["Timestamp"]), tz=UTC)
    receivers = escape(", ".join([*mail.get("To", ()), *mail.get("CC", ()), *mail.get("BCC", ())]))
    text = escape(str(mail.get("BodyText") or ""), quote=False)
    return (
        f"<article><h2>{escape(str(mail['Subject']))}</h2>"
        f"<small>from {sender} to {receivers}, {sent_at.astimezone():%H:%M:%S}</small>"
        f"<pre>{_LINK.sub(_anchor, text)}</pre></article>"
    )


def _anchor(link: re.Match[str]) -> str:
    return f'<a href="{link[0]}">{link[0]}</a>'
