"""What promptfoo's `__expected` columns say, as assertions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.graders.table import NEGATION

#: The columns' own defaults, which are not those of assertions written out.
_THRESHOLDS = {"similar": 0.8, "cost": 0.75, "latency": 0.75, "levenshtein": 0.75}
_LISTS = ("contains-all", "contains-any", "icontains-all", "icontains-any")
_TEXTS_AS_THEY_ARE = ("is-json", "contains-json")
_SCRIPTS = ("javascript:", "fn:", "eval:", "python:", "file://")
#: Types of promptfoo's that there is no grader for; without them their cells would be texts to be equal.
_OTHERS = re.compile(
    r"agent-rubric|answer-relevance|bleu|classifier|contains-(html|sql|xml)|context-[a-z]+|factuality|g-eval"
    r"|conversation-relevance|finish-reason|gleu|guardrails|human|is-(html|refusal|sql|xml|valid-[a-z-]+)"
    r"|javascript|max-score|meteor|model-graded-[a-z]+|moderation|perplexity(-score)?|pi|python|rouge-[lns]"
    r"|ruby|search-rubric|select-best|tool-call-f1|trace-[a-z-]+|webhook"
)
_RUBRICS = ("llm-rubric:", "grade:")
_TYPED = re.compile(
    r"(?P<kind>[a-z][a-z0-9-]*)(\((?P<threshold>[0-9]+\.?[0-9]*)\))?(:(?P<value>.*))?", re.DOTALL
)


def expected_assertion(text: str, kinds: frozenset[str]) -> Mapping[str, object]:
    """The assertion in one cell: `contains: refund`, `similar(0.9): …`; a text of no kind is to be equal.

    Raises InvalidDataset for scripts and for kinds of promptfoo's that there are no graders for.
    """
    if text.startswith(_SCRIPTS):
        what = f"__expected begins with {shown(text.partition(':')[0])}"
        raise InvalidDataset(what, "Cases are data; no script is run for them.")
    for prefix in _RUBRICS:
        if text.startswith(prefix):
            return {"type": "llm-rubric", "value": text.removeprefix(prefix)}
    match = _TYPED.fullmatch(text)
    base = match["kind"].removeprefix(NEGATION) if match else ""
    if match and _OTHERS.fullmatch(base):
        what = f"__expected asks for {shown(match['kind'])}"
        raise InvalidDataset(what, f"Known: {', '.join(sorted(kinds))}.")
    if match is None or base not in kinds:
        return {"type": "equals", "value": text}
    value = match["value"]
    assertion: dict[str, object] = {"type": match["kind"]}
    if base in _LISTS:
        assertion["value"] = [item.strip() for item in (value or "").split(",")]
    elif value is not None:
        assertion["value"] = value if base in _TEXTS_AS_THEY_ARE else value.strip()
    if base in _THRESHOLDS:
        assertion["threshold"] = float(match["threshold"] or _THRESHOLDS[base])
    return assertion
