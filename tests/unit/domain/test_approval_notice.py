from __future__ import annotations

from dataclasses import replace

from promptops.domain.approval_notice import approval_notice
from tests.unit.approval_world import PAGE_URL, Scene


def test_what_people_typed_can_neither_add_markup_nor_lines_nor_links() -> None:
    nasty = "hi\r\nBcc: all@example.com\n<a href='https://evil.example'>x</a>\u202e"
    approval = replace(Scene().approval, reason=nasty)

    notice = approval_notice(approval, requester=nasty, from_version=2, page_url=PAGE_URL)

    assert "\n" not in notice.subject
    assert "\nBcc" not in notice.text
    assert notice.html.count("<a ") == 1
    assert "⟨U+202E⟩" in notice.text
