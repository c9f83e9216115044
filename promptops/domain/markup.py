"""HTML that is escaped by construction: text is text unless a tag made it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from promptops.domain.visible import visible

_VOID = frozenset({"br", "input", "meta"})


class Html(str):
    """Markup that needs no more escaping; only `tag` and `raw` make it."""

    __slots__ = ()


Child: TypeAlias = "Html | str | Iterable[Html | str | None] | None"


def tag(element: str, /, *children: Child, **attributes: str | bool) -> Html:
    """An element: children are escaped and their invisible characters shown, attributes quoted.

    A trailing `_` is dropped from an attribute's name (`class_`), other `_` become `-`; True stands for an
    attribute without a value, False leaves it out.
    """
    opening = "".join([element, *(_attribute(key, value) for key, value in attributes.items())])
    if element in _VOID:
        return Html(f"<{opening}>")
    return Html(f"<{opening}>{fragment(*children)}</{element}>")


def fragment(*children: Child) -> Html:
    """The children one after the other, each escaped unless it is markup."""
    return Html("".join(_text(child) for child in children))


def raw(markup: str) -> Html:
    """Markup written in our own source; never anything that was read."""
    return Html(markup)


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(visible(child))
    return "".join(_text(item) for item in child)


def _attribute(name: str, value: str | bool) -> str:
    if value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
