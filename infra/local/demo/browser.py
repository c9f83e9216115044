"""A person's browser: Chromium where the machine has one, else plain HTTP with cookies and forms.

The pages need no JavaScript, so both walk the same way through the same pages.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from infra.local.loopback import Answer, fetch

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAX_REDIRECTS = 10


class Browser(Protocol):
    """Open a page, fill in its form, press its button, read what it says."""

    name: str

    def open(self, url: str) -> None: ...

    def fill(self, field: str, value: str) -> None: ...

    def press(self, text: str) -> None:
        """Press the button, or follow the link, with exactly this text."""

    def text(self) -> str: ...

    def url(self) -> str: ...

    def screenshot(self, path: Path) -> bool:
        """False where there is nothing to look at."""


@contextmanager
def browser(certificate: Path, *, width: int = 1200) -> Iterator[Browser]:
    """The best browser this machine has, closed afterwards."""
    executable = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if executable is None:
        yield FormBrowser(certificate)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        context = chromium.new_context(ignore_https_errors=True, viewport={"width": width, "height": 900})
        yield ChromiumBrowser(context.new_page())
        chromium.close()


class ChromiumBrowser:
    name = "Chromium"

    def __init__(self, page: object) -> None:
        from playwright.sync_api import Page

        assert isinstance(page, Page)
        self.page = page

    def open(self, url: str) -> None:
        self.page.goto(url)

    def fill(self, field: str, value: str) -> None:
        self.page.locator(f'[name="{field}"]:visible').first.fill(value)

    def press(self, text: str) -> None:
        button = self.page.get_by_role("button", name=text, exact=True)
        self.page.get_by_role("link", name=text, exact=True).or_(button).first.click()
        self.page.wait_for_load_state()

    def text(self) -> str:
        return self.page.inner_text("body")

    def url(self) -> str:
        return self.page.url

    def screenshot(self, path: Path) -> bool:
        self.page.screenshot(path=path, full_page=True)
        return True


class FormBrowser:
    """HTTP, cookies, redirects and forms; nothing else a browser does.

    `answers` is what each address said, in order, redirects too.
    """

    name = "plain HTTP"

    def __init__(self, certificate: Path) -> None:
        self.answers: list[tuple[str, Answer]] = []
        self._certificate = certificate
        self._cookies: dict[str, dict[str, str]] = {}
        self._url = ""
        self._page = _Page()
        self._filled: dict[str, str] = {}

    def open(self, url: str) -> None:
        self.request("GET", url)

    def fill(self, field: str, value: str) -> None:
        self._filled[field] = value

    def press(self, text: str) -> None:
        form = next((form for form in self._page.forms if text in form.buttons), None)
        if form is None and text in self._page.links:
            self.open(urljoin(self._url, self._page.links[text]))
            return
        if form is None:
            raise LookupError(f"no button or link {text!r} on {self._url}")
        fields = {
            **form.fields,
            **{name: value for name, value in self._filled.items() if name in form.inputs},
        }
        name, value = form.buttons[text]
        if name:
            fields[name] = value
        self._filled = {}
        self.request(form.method, urljoin(self._url, form.action), urlencode(fields))

    def text(self) -> str:
        return " ".join(" ".join(self._page.texts).split())

    def url(self) -> str:
        return self._url

    def screenshot(self, path: Path) -> bool:
        return False

    def request(self, method: str, url: str, body: str = "", headers: dict[str, str] | None = None) -> int:
        """The status after redirects; the page becomes the current one."""
        for _ in range(MAX_REDIRECTS):
            status, location, html = self._exchange(method, url, body, headers or {})
            if status not in (301, 302, 303, 307):
                self._url, self._page = url, _Page()
                self._page.feed(html)
                return status
            method, url, body = "GET", urljoin(url, location), ""
        raise RuntimeError(f"more than {MAX_REDIRECTS} redirects, the last one to {url}")

    def _exchange(self, method: str, url: str, body: str, headers: dict[str, str]) -> tuple[int, str, str]:
        parts = urlsplit(url)
        jar = self._cookies.setdefault(parts.netloc, {})
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items()), **headers}
        if method == "POST":
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            sent.setdefault("Origin", f"{parts.scheme}://{parts.netloc}")
        answer = fetch(
            url,
            certificate=self._certificate,
            method=method,
            body=body.encode(),
            headers=sent,
            timeout_seconds=60,
        )
        self.answers.append((url, answer))
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                _remember(jar, value)
        location = next((value for name, value in answer.headers if name.lower() == "location"), "")
        return answer.status, location, answer.body.decode("utf-8", "replace")


def _remember(jar: dict[str, str], header: str) -> None:
    for name, morsel in SimpleCookie(header).items():
        if morsel["max-age"] == "0":
            jar.pop(name, None)
        else:
            jar[name] = morsel.value


class _Form:
    def __init__(self, method: str, action: str) -> None:
        self.method = method
        self.action = action
        self.fields: dict[str, str] = {}
        self.inputs: set[str] = set()
        self.buttons: dict[str, tuple[str, str]] = {}


class _Page(HTMLParser):
    """The forms and the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self._link = ""
        self._button: tuple[str, str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(given.get("method", "get").upper(), given.get("action", "")))
        elif tag in ("input", "textarea", "select") and self.forms:
            form = self.forms[-1]
            form.inputs.add(given.get("name", ""))
            if "name" in given:
                form.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self._button = (given.get("name", ""), given.get("value", ""))
        elif tag == "a":
            self._link = given.get("href", "")
        elif tag in ("style", "script", "title"):
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None
        elif tag == "a":
            self._link = ""
        elif tag in ("style", "script", "title"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if self._button is not None and self.forms and data.strip():
            self.forms[-1].buttons[data.strip()] = self._button
        if self._link:
            self.links[data.strip()] = self._link
        if not self._hidden:
            self.texts.append(data)
