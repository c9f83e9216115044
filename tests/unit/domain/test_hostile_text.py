"""Whatever text arrives: reviewers see all of it, names stay inside their prefix, errors are one line."""

from __future__ import annotations

import importlib
import json
import pkgutil
import posixpath
import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import promptops
from promptops.contract import names
from promptops.domain import checks
from promptops.domain.artifact import Artifact
from promptops.domain.canonical import canonical
from promptops.domain.changes import changes
from promptops.domain.compile import compile_cases, compile_source
from promptops.domain.errors import (
    SHOWN_CHARS,
    BadInput,
    InvalidPromptId,
    from_dict,
    shown,
)
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer, parse_pointer
from promptops.domain.request import check_reason, environment_of, new_id
from promptops.domain.source import PromptSource
from promptops.domain.strict_json import read_bounded_json, read_json
from promptops.domain.variables import Variable, bind
from promptops.domain.visible import is_hidden
from promptops.stages.publish import publish

HIDDEN = ["\u202e", "\u2066", "\u200b", "\u200f", "\u2060", "\u00ad", "\ue000", "\U000e0041", "\U000e0100"]
PROMPT = "support-ticket"
SOURCE: dict[str, Any] = {
    "prompt_id": PROMPT,
    "owner": "ml-platform",
    "risk": "low",
    "rationale": "first",
    "description": "d",
    "tags": ["t"],
    "messages": [{"role": "user", "content": "{{ticket}}\n{{> tone}}"}],
    "blocks": {"tone": "Say please."},
    "model": {"id": "a-model", "provider": "bedrock"},
    "parameters": {"stop_sequences": ["x"]},
    "variables": {"ticket": {"type": "string", "default": "d", "enum": ["d", "e"]}},
    "output_schema": {"type": "object", "title": "t"},
    "examples": [{"input": "i", "output": "o"}],
    "allow_secret": {"password": "it is a placeholder"},
}
CASE: dict[str, Any] = {
    "id": "one",
    "vars": {},
    "tags": ["t"],
    "assert": [{"type": "contains", "value": "x", "metric": "m"}],
}


def compiled(document: dict[str, Any], case: dict[str, Any] | None = None) -> None:
    source = PromptSource.from_dict(document)
    compile_source(source)
    compile_cases(source, json.dumps(case or CASE) + "\n")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every text of a document, names included (`...` stands for the name itself)."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name, ...)
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def spoiled(document: Any, path: tuple[Any, ...], text: str) -> Any:
    """The document with a text put into the middle of the one at the end of the way."""
    if not path:
        return document[:1] + text + document[1:]
    here, *rest = path
    if rest == [...]:
        return {spoiled(name, (), text) if name == here else name: value for name, value in document.items()}
    if isinstance(document, list):
        return [spoiled(item, tuple(rest), text) if at == here else item for at, item in enumerate(document)]
    return {**document, here: spoiled(document[here], tuple(rest), text)}


def test_the_document_itself_is_sound() -> None:
    compiled(SOURCE)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda text: f"U+{ord(text):04X}")
@pytest.mark.parametrize("path", list(places(SOURCE)), ids=lambda path: ".".join(map(str, path)))
def test_no_text_a_reviewer_reads_hides_anything(path: tuple[Any, ...], hidden: str) -> None:
    with pytest.raises(BadInput):
        compiled(spoiled(SOURCE, path, hidden))


@pytest.mark.parametrize("path", [("id",), ("tags", 0), ("assert", 0, "metric"), ("assert", 0, "type")])
def test_no_name_of_a_case_hides_anything(path: tuple[Any, ...]) -> None:
    for hidden in HIDDEN:
        with pytest.raises(BadInput):
            compiled(SOURCE, spoiled(CASE, path, hidden))


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda text: f"U+{ord(text):04X}")
def test_no_reason_comment_or_author_hides_anything(hidden: str) -> None:
    with pytest.raises(BadInput):
        check_reason(f"because{hidden} of it")
    with pytest.raises(BadInput, match="is not an e-mail address"):
        publish(
            PromptSource.from_dict(SOURCE),
            "",
            Actor("iam", "arn"),
            [f"alice{hidden}@example.com"],
            "",
            **dict.fromkeys(("registry", "artifacts", "datasets", "archive", "clock")),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("allowed", "text"),
    [("U+00AD", "soft\u00adhyphen"), ("U+200B", "zero\u200bwidth"), ("U+2028", "a\u2028b")],
)
def test_what_is_merely_unseen_may_stay_where_it_is_listed(allowed: str, text: str) -> None:
    said = {"messages": [{"role": "user", "content": text}], "variables": {}}

    artifact = compile_source(PromptSource.from_dict({**SOURCE, **said, "allow_invisible": [allowed]}))

    assert artifact.messages[0].content == text
    assert artifact.to_dict()["allow_invisible"] == [allowed]
    assert Artifact.from_bytes(artifact.to_bytes(), artifact.digest()) == artifact
    checks.check_text(text, "again", artifact.allowances)
    with pytest.raises(BadInput):
        compiled({**SOURCE, **said, "allow_invisible": ["U+00A0"]})


@pytest.mark.parametrize(
    "points",
    [
        ["U+202E"], ["U+2066"], ["U+E0041"], ["U+E0100"], ["U+FEFF"], ["U+0000"], ["U+0007"], ["U+D800"],
        ["U+0041"], ["U+110000"], ["u+00ad"], ["00AD"], ["\u00ad"], "U+00AD", [173], {"a": 1},
        ["U+00AD"] * 11,
    ],
)  # fmt: skip
def test_what_turns_tags_or_controls_a_text_cannot_be_allowed(points: Any) -> None:
    with pytest.raises(BadInput, match="allow_invisible"):
        PromptSource.from_dict({**SOURCE, "allow_invisible": points})


def test_who_approves_is_shown_what_is_let_through() -> None:
    allowed = {"allow_invisible": ["U+00AD"], "allow_secret": {"password": "a placeholder"}}
    before = compile_source(PromptSource.from_dict({**SOURCE, "allow_secret": None}))

    seen = changes(before, compile_source(PromptSource.from_dict({**SOURCE, **allowed})))

    shown_to_approvers = {fact.name: fact.after for fact in seen.facts if fact.changed}
    assert shown_to_approvers == {
        "allow_invisible": '["U+00AD"]',
        "allow_secret": '{"password": "a placeholder"}',
    }


def test_what_looks_like_a_secret_may_stay_with_its_reason() -> None:
    key = "AKIA" + "QWERTYUIOPASDFGH"
    said = {"messages": [{"role": "user", "content": f"What is {key}?"}], "variables": {}}
    allowed = {"AWS access key": "made up for this example"}

    artifact = compile_source(PromptSource.from_dict({**SOURCE, **said, "allow_secret": allowed}))

    assert artifact.to_dict()["allow_secret"] == allowed
    for other in ({"password": "x"}, {}, None):
        with pytest.raises(BadInput, match="AWS access key AKIA"):
            compiled({**SOURCE, **said, "allow_secret": other})
    for wrong in ({"AWS access key": " "}, {"everything": "x"}, ["AWS access key"], {"AWS access key": 1}):
        with pytest.raises(BadInput, match="allow_secret"):
            compiled({**SOURCE, **said, "allow_secret": wrong})


@given(st.text(st.characters(exclude_characters="abcdefghijklmnopqrstuvwxyz0123456789-"), min_size=1))
def test_no_lookalike_of_an_id_is_an_id(other: str) -> None:
    for prompt_id in (other, f"support{other}ticket", f"support-ticket{other}", f"{other}support-ticket"):
        with pytest.raises(InvalidPromptId):
            check_prompt_id(prompt_id)


ANYTHING = st.text() | st.from_regex(r"[a-z0-9./#@*%-]{1,70}", fullmatch=True)


@given(ANYTHING, st.integers(1, 999_999))
@settings(max_examples=300)
def test_no_id_leaves_its_prefix(text: str, version: int) -> None:
    try:
        prompt_id = check_prompt_id(text)
    except BadInput:
        return

    assert re.fullmatch(r"[a-z0-9-]{2,64}", prompt_id)
    keys = {
        names.artifact_key(prompt_id, version): f"prompts/{prompt_id}/",
        names.report_key(prompt_id, version, "e"): f"reports/{prompt_id}/",
        names.release_record_key("dev", prompt_id, version): f"released/dev/{prompt_id}/",
        names.archived_version_key(prompt_id, version): f"archive/registry/{prompt_id}/versions/",
        names.archived_release_key("dev", prompt_id, 1): f"archive/ledger/dev/releases/{prompt_id}/",
        names.pointer_parameter("p", "dev", prompt_id): f"/p/dev/{prompt_id}/",
    }
    for key, prefix in keys.items():
        assert key.startswith(prefix)
        assert posixpath.normpath(key) == key
    assert names.pointer_parameter("p", "dev", prompt_id) != names.settings_parameter("p", "dev")
    for partition, sort in (
        names.LedgerKeys.release(prompt_id, 1),
        names.LedgerKeys.released_version(prompt_id, version),
    ):
        assert partition.split("#") == [partition.partition("#")[0], prompt_id]
        assert "#" not in sort
    registry = names.RegistryKeys
    assert registry.version(prompt_id, version)[0] not in (registry.REVOKED, *names.LedgerKeys.FREEZE)
    assert registry.version(prompt_id, version)[1] != registry.FAMILY


@given(ANYTHING)
def test_only_v_and_a_number_is_a_version(text: str) -> None:
    try:
        number = parse_version(text)
    except BadInput:
        return

    assert text == f"v{number}"


@given(ANYTHING)
def test_no_id_of_a_request_names_another_ledger_than_it_says(text: str) -> None:
    for environment in ("dev", "prod-eu"):
        assert environment_of(new_id(environment)) == environment
    try:
        environment = environment_of(text)
    except BadInput:
        return

    assert text.startswith(f"{environment}-")


VERSIONS = st.integers(1, 999_999)
IDS = st.from_regex(r"[a-z0-9]{2,20}(-[a-z0-9]{1,20}){0,2}", fullmatch=True).filter(
    lambda text: (
        not text.startswith(("aws-", "ssm-"))
        and text not in ("current", "latest", "settings", "family", "evidence")
    )
)
DIGESTS = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(IDS, VERSIONS, VERSIONS, DIGESTS, st.sampled_from(["live", "retired", "revoked"]))
def test_what_is_written_is_what_is_read(
    prompt_id: str, version: int, revision: int, sha256: str, state: Any
) -> None:
    ref, pointer = PromptRef(prompt_id, version), Pointer(version, revision, sha256, state)
    release = next_release(
        Head(prompt_id, revision),
        version=version,
        sha256=sha256,
        kind="promote",
        actor=Actor("iam", "arn"),
        reason="r",
        at="t",
        op_id="o",
    )

    assert PromptRef.parse(str(ref)) == ref
    assert parse_pointer(pointer.to_text()) == pointer
    assert Release.from_dict(json.loads(canonical(release.to_dict()))) == release


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_documents_are_read_as_they_were_written(document: object) -> None:
    text = canonical(document).decode() if _is_encodable(document) else json.dumps(document)

    assert read_json(text) == document
    if not re.search(r"\d{19}", text):
        assert read_bounded_json(text, max_depth=32, max_values=1_000) == document


@given(st.text())
def test_a_text_is_no_structure(text: str) -> None:
    document = {"a": text, text: [text]}

    read = read_bounded_json(json.dumps(document, ensure_ascii=False), max_depth=2, max_values=10)

    assert read == document


@given(st.sampled_from(sorted(SOURCE)), JSON)
@settings(max_examples=300, deadline=None)
def test_whatever_a_field_holds_it_is_taken_or_refused(field: str, value: Any) -> None:
    try:
        artifact = compile_source(PromptSource.from_dict({**SOURCE, field: value}))
    except BadInput:
        return
    source = PromptSource.from_dict({**SOURCE, field: value})

    assert Artifact.from_bytes(artifact.to_bytes(), artifact.digest()) == artifact
    assert PromptSource.from_dict(source.to_dict()) == source


@given(
    st.sampled_from(
        ["vars", "assert", "id", "critical", "tags", "weight", "threshold", "description", "provenance", "x"]
    ),
    JSON,
)
@settings(deadline=None)
def test_whatever_a_case_holds_it_is_taken_or_refused(field: str, value: Any) -> None:
    try:
        compile_cases(PromptSource.from_dict(SOURCE), json.dumps({**CASE, field: value}))
    except BadInput:
        return
    assert field != "x"


@given(st.text(), st.text())
def test_an_error_is_one_line_that_hides_nothing(what: str, fix: str) -> None:
    error = BadInput(f"{what} {shown(what)}", fix)

    assert not [character for character in str(error) if is_hidden(character) or character in "\n\t"]
    assert str(from_dict(error.to_dict())) == str(error)
    assert len(shown(what)) <= SHOWN_CHARS


def test_a_huge_text_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def reads(*_: object) -> Any:
        raise AssertionError("it was read")

    monkeypatch.setattr(checks, "hidden_at", reads)
    monkeypatch.setattr(checks, "find_secret", reads)
    monkeypatch.setattr("difflib.get_close_matches", reads)
    huge = "\u00e9" * 1_000_000

    for look in (
        lambda: checks.check_text(huge, "user.md"),
        lambda: check_prompt_id(huge),
        lambda: parse_version(huge),
        lambda: check_reason(huge),
        lambda: bind({"ticket": Variable()}, {huge: 1}),
        lambda: PromptSource.from_dict({huge: 1}),
    ):
        with pytest.raises(BadInput) as refused:
            look()
        assert len(str(refused.value)) < 400


def patterns() -> list[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern of the library, with the name it has there."""
    found = []
    for module in pkgutil.walk_packages(promptops.__path__, "promptops."):
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            values = value if isinstance(value, tuple) else (value,)
            inner = [getattr(item, "pattern", item) for item in values]
            every = [item for item in (*values, *inner) if isinstance(item, re.Pattern)]
            found += [(f"{module.name}.{name}", item) for item in every]
    return found


def test_no_pattern_repeats_a_repetition() -> None:
    found = patterns()

    assert len(found) > 20
    assert [name for name, pattern in found if _explodes(_parser.parse(pattern.pattern, pattern.flags))] == []
    assert _explodes(_parser.parse(r"^([a-z]+-?)+$"))
    assert _explodes(_parser.parse(r"(?:a|b*)*"))


def _explodes(parsed: Any, *, repeated: bool = False) -> bool:
    """Whether an unbounded repetition stands inside another one; possessive ones are never tried again."""
    for kind, argument in parsed:
        if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            _, most, inner = argument
            endless = most is _constants.MAXREPEAT
            if (endless and repeated) or _explodes(inner, repeated=repeated or endless):
                return True
        elif any(_explodes(inner, repeated=repeated) for inner in _inner(argument)):
            return True
    return False


def _inner(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from _inner(item)


def _is_encodable(document: object) -> bool:
    try:
        canonical(document)
    except UnicodeEncodeError:
        return False
    return True
