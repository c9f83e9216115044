"""Two versions of a prompt, side by side; the unchanged parts fold but are never left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from lambdas.approve.page.layout import banner, card
from promptops.domain.changes import Changes, Fact, Line, MessageChange, Segment
from promptops.domain.markup import Html, fragment, tag
from promptops.domain.visible import is_hidden, visible

_CONTEXT_LINES = 3
_SUMMARIES = {"same": "unchanged", "added": "new", "removed": "removed"}


def texts(changes: Changes, live: str, candidate: str) -> Html:
    """The card with every message; `live` is empty where there is nothing to compare with."""
    new = "Nothing is live yet, so this is the whole text."
    return card(
        "Text",
        tag("p", f"From {live} to {candidate}." if live else new, class_="lead"),
        _hidden_characters(changes.messages),
        [_message(message, alone=not live) for message in changes.messages],
        name="text",
    )


def settings(facts: Sequence[Fact], live: str, candidate: str) -> Html:
    """The card with everything that is not text: what changed as a table, the rest folded below it."""
    title = "Model, parameters, variables and rules"
    if not live:
        return card(title, _values([fact for fact in facts if fact.after]), name="settings")
    changed = [fact for fact in facts if fact.changed]
    same = [fact for fact in facts if not fact.changed]
    return card(
        title,
        _changed_table(changed, live, candidate) if changed else tag("p", "Nothing changes here."),
        tag("details", tag("summary", f"Unchanged: {len(same)}"), _values(same)) if same else None,
        name="settings",
    )


def _hidden_characters(messages: Sequence[MessageChange]) -> Html | None:
    texts = (item.text for message in messages for line in message.lines for item in line.after)
    hidden = sorted({visible(character) for text in texts for character in text if is_hidden(character)})
    if not hidden:
        return None
    return banner("Characters nobody can see", tag("p", f"The text holds {', '.join(hidden)}; ask why."))


def _message(message: MessageChange, *, alone: bool) -> Html:
    summary = _SUMMARIES.get(message.kind) or _counted(message.lines)
    header = tag("header", tag("h3", message.role), None if alone else tag("span", summary))
    body = tag("div", list(_rows(message.lines, alone)), class_="diff only" if alone else "diff")
    return tag("article", header, body, class_="message")


def _counted(lines: Sequence[Line]) -> str:
    added = sum(line.kind in ("added", "changed") for line in lines)
    removed = sum(line.kind in ("removed", "changed") for line in lines)
    return f"{added} {'line' if added == 1 else 'lines'} added, {removed} removed"


def _rows(lines: Sequence[Line], alone: bool) -> Iterator[Html]:
    if alone:
        for line in lines:
            yield tag("div", tag("span", _segments(line.after), class_="side"), class_="line")
        return
    for kind, group in groupby(lines, key=lambda line: line.kind):
        run = [_row(line) for line in group]
        if kind != "same" or len(run) <= 2 * _CONTEXT_LINES + 1:
            yield from run
            continue
        hidden = run[_CONTEXT_LINES:-_CONTEXT_LINES]
        yield from run[:_CONTEXT_LINES]
        yield tag("details", tag("summary", f"{len(hidden)} unchanged lines"), hidden, class_="fold")
        yield from run[-_CONTEXT_LINES:]


def _row(line: Line) -> Html:
    if line.kind == "same":
        sides = [_side("span", "old", line.before), _side("span", "new", line.after)]
    else:
        sides = [
            _side("del", "old", line.before) if line.before else tag("span", class_="side none"),
            _side("ins", "new", line.after) if line.after else tag("span", class_="side none"),
        ]
    return tag("div", *sides, class_=f"line {line.kind}")


def _side(element: str, name: str, segments: Sequence[Segment]) -> Html:
    return tag(element, _segments(segments), class_=f"side {name}", aria_hidden=_repeats(element, name))


def _repeats(element: str, name: str) -> str | bool:
    """An unchanged line stands on both sides; a screen reader needs it once."""
    return "true" if (element, name) == ("span", "old") else False


def _segments(segments: Sequence[Segment]) -> Html:
    return fragment(*(tag("mark", item.text) if item.changed else item.text for item in segments))


def _changed_table(facts: Sequence[Fact], live: str, candidate: str) -> Html:
    rows = [
        tag(
            "tr",
            tag("th", fact.name, scope="row"),
            tag("td", _value(fact.before, "del"), data_label=live),
            tag("td", _value(fact.after, "ins"), data_label=candidate),
        )
        for fact in facts
    ]
    columns = [tag("th", title, scope="col") for title in ("Name", live, candidate)]
    return tag("table", tag("thead", tag("tr", columns)), tag("tbody", rows))


def _values(facts: Sequence[Fact]) -> Html:
    rows = [
        tag("tr", tag("th", fact.name, scope="row"), tag("td", _value(fact.after, "span"))) for fact in facts
    ]
    return tag("table", tag("tbody", rows))


def _value(text: str, element: str) -> Html:
    return tag(element, text, class_="mono") if text else tag("span", "none", class_="lead")
