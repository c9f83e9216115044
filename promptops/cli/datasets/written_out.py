"""A test as the cases it stands for: defaults merged in, files read, matrices spread."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from promptops.cli.datasets.files import Files, is_reference
from promptops.cli.datasets.found_test import FoundTest
from promptops.domain.assertions import SET
from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.suggestion import did_you_mean

_OWN = ("id", "critical", "tags", "weight", "threshold", "description", "provenance")
_OPTIONS = ("disableDefaultAsserts", "disableVarExpansion", "rubricPrompt")
_OF_NO_USE = ("metadata",)
_AS_IT_IS = "A version is measured as it is."
_JUDGE = "Name the judge once, as evaluation.judge in prompt.yaml."
#: promptfoo's, and why they are not read.
_REFUSED = {
    "provider": _AS_IT_IS,
    "providers": _AS_IT_IS,
    "prompts": _AS_IT_IS,
    "providerOutput": "A recorded run is read by promptops evaluate --replay.",
    "assertScoringFunction": "A score is the weighted mean of the assertions.",
    "options.provider": _JUDGE,
    "options.prefix": _AS_IT_IS,
    "options.suffix": _AS_IT_IS,
    "assert.provider": _JUDGE,
    "assert.transform": "The answer is graded as it is.",
    "assert.contextTransform": "The answer is graded as it is.",
    "options.transform": "The answer is graded as it is.",
    "options.transformVars": "Write the variables as they are sent.",
}
_CODE = ("python", "not-python")


def written_out(test: FoundTest, files: Files) -> Iterator[dict[str, object]]:
    """The cases of one test, more than one where its variables are lists of texts.

    Raises InvalidDataset for what is not read, by name.
    """
    options = {**_mapping(test.default, "options"), **_mapping(test.document, "options")}
    _refuse_others(test.document, (*_OWN, *_OF_NO_USE, "vars", "assert", "options"), "")
    _refuse_others(test.default, (*_OWN[1:], *_OF_NO_USE, "vars", "assert", "options"), "")
    _refuse_others(options, _OPTIONS, "options.")
    case: dict[str, Any] = {
        name: document[name]
        for document in (test.default, test.document)
        for name in _OWN
        if document.get(name) is not None
    }
    default = {} if options.get("disableDefaultAsserts") else test.default
    case["assert"] = [
        _assertion(item, test.root, options, files, trimmed=trimmed)
        for document, trimmed in ((default, True), (test.document, not test.external))
        for item in _list(document, "assert")
    ]
    variables = {**_mapping(test.default, "vars"), **_mapping(test.document, "vars")}
    spread = list(_spread(variables, files, spreading=not options.get("disableVarExpansion")))
    for number, values in enumerate(spread, start=1):
        own = {"id": f"{case['id']}-{number}"} if "id" in case and len(spread) > 1 else {}
        yield {**case, **own, "vars": values}


def braces(variables: Mapping[str, object]) -> Iterator[str]:
    """The variables whose values seem to use one another, which no value does here."""
    for name, value in variables.items():
        if isinstance(value, str) and any(f"{{{{{other}}}}}" in value for other in variables):
            yield name


def _spread(variables: Mapping[str, object], files: Files, *, spreading: bool) -> Iterator[dict[str, object]]:
    """Every combination of the values in lists, the last variable changing fastest."""
    choices = [_choices(value, files, spreading=spreading) for value in variables.values()]
    for values in itertools.product(*choices):
        yield dict(zip(variables, values, strict=True))


def _choices(value: object, files: Files, *, spreading: bool) -> list[object]:
    """A list of texts is a list of choices, as is a pattern for files; anything else is one value."""
    if is_reference(value):
        return [files.variable(name) for name in files.matching(str(value))]
    if spreading and isinstance(value, list) and value and isinstance(value[0], str):
        return [choice for item in value for choice in _choices(item, files, spreading=False)]
    return [value]


def _assertion(
    item: object, root: object, options: Mapping[str, object], files: Files, *, trimmed: bool
) -> dict[str, Any]:
    if isinstance(item, Mapping) and "$ref" in item:
        rest = {name: value for name, value in item.items() if name != "$ref"}
        item = {**_pointed_to(root, item["$ref"]), **rest}
    if not isinstance(item, Mapping):
        raise InvalidDataset(f"an assertion is {shown(item)}", "Write {type: …, value: …}.")
    _refuse_others(item, None, "assert.")
    assertion = dict(item)
    kind, value = assertion.get("type"), assertion.get("value")
    if isinstance(assertion.get("metric"), str):
        assertion["metric"] = "-".join(assertion["metric"].split())
    if kind == SET:
        inner = [
            _assertion(each, root, options, files, trimmed=trimmed) for each in _list(assertion, "assert")
        ]
        return {**assertion, "assert": inner}
    if kind not in _CODE:
        if isinstance(value, list):
            assertion["value"] = [
                files.value(each, trimmed=trimmed) if is_reference(each) else each for each in value
            ]
        elif is_reference(value):
            assertion["value"] = files.value(str(value), trimmed=trimmed)
    if isinstance(kind, str) and kind.endswith("llm-rubric"):
        prompt = assertion.get("rubricPrompt", options.get("rubricPrompt"))
        if prompt is not None:
            assertion["rubricPrompt"] = (
                files.value(str(prompt), trimmed=True) if is_reference(prompt) else prompt
            )
    return assertion


def _pointed_to(root: object, pointer: object) -> Mapping[str, object]:
    """What a `$ref` such as `#/assertionTemplates/polite` stands for, in the same file."""
    parts = str(pointer).split("/")
    found = root
    for part in parts[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    if parts[0] != "#" or not isinstance(found, Mapping) or "$ref" in found:
        raise InvalidDataset(f"$ref {shown(pointer)} leads to no assertion", "Write the assertion out.")
    return found


def _refuse_others(document: Mapping[str, object], known: tuple[str, ...] | None, where: str) -> None:
    """Of assertions, where none is `known`, the graders' own checks name what is left."""
    for name in document:
        if f"{where}{name}" in _REFUSED and (known is None or name not in known):
            raise InvalidDataset(f"{where}{name} is not read", _REFUSED[f"{where}{name}"])
        if known is not None and name not in known:
            what = f"{shown(f'{where}{name}')} is not read{did_you_mean(str(name), known)}"
            raise InvalidDataset(what, f"Known: {', '.join(known)}.")


def _mapping(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidDataset(f"{name} is {shown(value)}", f"Write {name}: with name: value pairs.")
    return value


def _list(document: Mapping[str, object], name: str) -> list[object]:
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidDataset(f"{name} is not a list", f"Write {name}: with one item a line, after '- '.")
    return value
