from __future__ import annotations

import pytest

from promptops.domain.visible import visible


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("\u202e", "⟨U+202E⟩"),
        ("\u200b", "⟨U+200B⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\u00a0", "⟨U+00A0⟩"),
        ("\ufe0f", "⟨U+FE0F⟩"),
        ("\u3164", "⟨U+3164⟩"),
        ("\r", "⟨U+000D⟩"),
        ("\x1b", "⟨U+001B⟩"),
    ],
)
def test_what_is_drawn_as_nothing_is_spelled_out(hidden: str, shown: str) -> None:
    assert visible(f"a{hidden}b") == f"a{shown}b"


def test_ordinary_text_of_any_language_stays() -> None:
    text = "Grüße,\n\tこんにちは مرحبا 😀 <b> {{name}}"

    assert visible(text) == text
