"""Mistakes that a prompt registry makes when it is written quickly. Ours makes none of them."""

from __future__ import annotations

import ast
import gc
import secrets
import string
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import promptops
from promptops.contract.bodies import PromoteBody, RetireBody, RevokeBody, RollbackBody
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import (
    BadInput,
    EvaluationEmpty,
    InvalidRecord,
    InvalidTemplate,
    NotReleased,
    PromptOpsError,
    Retired,
    Revoked,
)
from promptops.domain.identifiers import PromptRef, check_prompt_id, sort_key
from promptops.domain.pointer import Pointer, parse_pointer
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.template import Template
from promptops.domain.usage import parse_uses
from promptops.domain.variables import Variable
from promptops.stages.request import request
from promptops.stages.resolve import Resolver
from promptops.stages.retire import retire
from promptops.stages.revoke import revoke
from promptops.stages.rollback import rollback
from tests.faults.memory import MemorySystem
from tests.faults.system import Died, Fault
from tests.unit.release_world import ALICE, World

PROMPT, OTHER = "support-ticket", "refund-policy"
#: More calls than any command makes.
CALLS = range(1, 40)


@pytest.fixture
def system() -> Iterator[MemorySystem]:
    """Two prompts, live in both environments."""
    with_two = MemorySystem()
    for prompt_id in (PROMPT, OTHER):
        with_two.promote(with_two.publish(prompt_id, 1, "low"), "prod", "alice")
    yield with_two
    with_two.close()


def released(system: MemorySystem, content: int, environment: str = "dev") -> PromptRef:
    ref = system.publish(PROMPT, content, "low")
    system.promote(ref, environment, "alice")
    return ref


# ---- releases


def test_whatever_is_done_to_one_prompt_the_others_stay_as_they_are(system):
    before = [(system.releases(env, OTHER), system.pointer(env, OTHER)) for env in system.environments]

    ref = released(system, 2, "prod")
    system.roll_back(PROMPT, "prod", to=1, op_id="back", reason="worse")
    system.drill(PROMPT, "dev", op_id="drill", reason="practice")
    system.revoke(ref)
    system.retire(PROMPT, "prod", op_id="retire", reason="unused")
    for environment in system.environments:
        system.reconcile(environment)

    after = [(system.releases(env, OTHER), system.pointer(env, OTHER)) for env in system.environments]
    assert after == before


@pytest.mark.parametrize("kind", ["crash", "lost reply", "throttled"])
@pytest.mark.parametrize("at", CALLS)
def test_a_promotion_that_dies_anywhere_leaves_something_live(system, kind, at):
    ref = system.publish(PROMPT, 2, "low")
    died = False
    try:
        with system.under(Fault(kind, at), lambda: None):
            system.promote(ref, "dev", "alice")
    except (Died, PromptOpsError):
        died = True

    live = parse_pointer(system.pointer("dev", PROMPT) or "")
    served = system.client("dev", 0.0).use(PROMPT, "any")
    committed = {row.head().pointer() for row in system.releases("dev", PROMPT)}
    assert isinstance(live, Pointer)
    assert live in committed
    assert (served.version, served.bytes_sha256) == (live.version, live.sha256)
    assert died or live.version == 2 or kind != "crash"


@pytest.mark.parametrize("at", CALLS)
def test_two_publishers_never_get_one_number(system, at):
    found: list[PromptRef] = []

    with system.under(Fault("meanwhile", at), lambda: found.append(system.publish(PROMPT, 3, "low"))):
        found.append(system.publish(PROMPT, 2, "low"))

    assert len(set(found)) == len(found)
    served = {ref: system.versions()[ref].sha256 for ref in found}
    assert len(set(served.values())) == len(found)
    for ref, digest in served.items():
        assert sha256(system.truth.artifacts.objects[ref]) == digest


def test_a_published_version_keeps_its_bytes_whatever_is_published_after_it(system):
    first = PromptRef(PROMPT, 1)
    record, content = system.versions()[first], system.truth.artifacts.objects[first]

    later = [system.publish(PROMPT, number, "low") for number in (2, 1, 3)]

    assert first not in later
    assert (system.versions()[first].sha256, system.truth.artifacts.objects[first]) == (
        record.sha256,
        content,
    )
    assert system.truth.artifacts.create(first, b"other bytes") is None
    assert system.truth.artifacts.objects[first] == content


# ---- pointers set by hand


@pytest.mark.parametrize("version", [2, 99], ids=["released in dev alone", "never published"])
def test_a_version_typed_into_the_pointer_without_a_release_is_served_to_nobody(system, version):
    released(system, 2, "dev")
    warm = system.client("prod", 0.0)
    before = warm.use(PROMPT, "any")

    system.put_by_hand("prod", PROMPT, f"v{version}")

    assert warm.use(PROMPT, "any").version == before.version
    with pytest.raises(NotReleased):
        system.client("prod", 0.0).use(PROMPT, "any")
    system.reconcile("prod")
    assert system.client("prod", 0.0).use(PROMPT, "any").version == before.version
    assert [row.version for row in system.releases("prod", PROMPT)] == [1]


@pytest.mark.parametrize("withdraw", ["retire", "revoke"])
@pytest.mark.parametrize("form", ["bare", "older"])
def test_who_was_told_that_a_prompt_is_gone_believes_no_older_pointer(system, withdraw, form):
    older = system.pointer("prod", PROMPT)
    client = system.client("prod", 30.0)
    client.use(PROMPT, "any")
    if withdraw == "retire":
        system.retire(PROMPT, "prod", op_id="retire", reason="unused")
    else:
        system.revoke(PromptRef(PROMPT, 1))
    system.tick(61)
    gone = Retired if withdraw == "retire" else Revoked
    with pytest.raises(gone):
        client.use(PROMPT, "any")

    system.put_by_hand("prod", PROMPT, "v1" if form == "bare" else older)
    system.tick(61)

    with pytest.raises(gone):
        client.use(PROMPT, "any")


def test_a_prompt_that_comes_back_with_a_newer_revision_is_served_again(system):
    client = system.client("prod", 30.0)
    system.retire(PROMPT, "prod", op_id="retire", reason="unused")
    with pytest.raises(Retired):
        client.use(PROMPT, "any")

    system.roll_back(PROMPT, "prod", to=1, op_id="back", reason="still used")
    system.tick(61)

    assert client.use(PROMPT, "any").revision == 3


# ---- names and numbers


class Untouched:
    """A port that nobody may call."""

    environment = "dev"

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was reached")


def is_an_id(text: str) -> bool:
    try:
        return bool(check_prompt_id(text))
    except BadInput:
        return False


ODD_IDS = st.one_of(
    st.text(max_size=80),
    st.text("abc-./\\%{}*#@ \n\x00\u043e\u041e\u0663", min_size=1, max_size=12),
    st.sampled_from(
        ["../prod/x", "a/../b", "support-ticket\n", "Support-Ticket", "supp\u043ert-ticket", "*", "@revoked"]
    ),
).filter(lambda text: not is_an_id(text))


@given(ODD_IDS)
def test_an_odd_id_reaches_no_path_no_key_and_no_service(text):
    nobody: Any = Untouched()
    ports: Any = {"ledger": nobody, "pointers": nobody, "records": nobody, "clock": nobody}
    choosing: Any = {**ports, "registry": nobody, "artifacts": nobody}
    reader = Resolver("dev", pointers=nobody, artifacts=nobody, records=nobody)

    for command in (
        lambda: reader.resolve(text),
        lambda: rollback(RollbackBody(text, "a reason"), ALICE, **choosing),
        lambda: retire(RetireBody(text, "a reason"), ALICE, **ports),
        lambda: revoke(RevokeBody(text, "v1", "a reason"), ALICE, **choosing),
        lambda: request(
            PromoteBody(text, "v1", "a reason"),
            ALICE,
            "dev",
            request_hours=1,
            registry=nobody,
            ledgers=nobody,
            workflow=nobody,
            clock=nobody,
        ),
    ):
        with pytest.raises(BadInput):
            command()


@given(st.lists(st.integers(1, 999_999), unique=True))
def test_versions_sort_as_numbers_wherever_they_are_stored(versions):
    assert sorted(versions) == [int(key[1:]) for key in sorted(map(sort_key, versions))]


def test_before_v10_comes_v9():
    world = World()
    world.released(*range(1, 11))

    assert world.roll_back().version == 9


# ---- templates and what they are filled with


@pytest.mark.parametrize(
    "text",
    [
        "{ticket.__class__.__init__.__globals__}",
        "{ticket:>999999999}",
        "{0} {} {!r} %(ticket)s $ticket ${ticket}",
        'Answer {"severity": "high", "nested": {"a": [1]}}',
    ],
)
def test_what_other_template_languages_would_run_is_plain_text(text):
    assert Template.parse(text).render({"ticket": "down"}) == text


@pytest.mark.parametrize(
    "text",
    ["{{ticket.secret}}", "{{ticket[0]}}", "{{ticket|upper}}", "{{ticket:>9}}", "{{ticket()}}", "{{#if a}}"],
)
def test_between_double_braces_there_is_a_name_or_nothing(text):
    with pytest.raises(InvalidTemplate):
        Template.parse(text)


def test_prompt_texts_meet_no_formatter_no_evaluation_and_no_template_engine():
    forbidden = {"format_map", "eval", "exec", "vformat"}
    found = []
    for file in Path(promptops.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                literal = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)
                if name in forbidden or (name == "format" and not literal):
                    found.append(f"{file.name}:{node.lineno} {name}")
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                if {"jinja2", "mako", "chevron"} & {name.partition(".")[0] for name in modules}:
                    found.append(f"{file.name}:{node.lineno} {modules}")
    assert found == []


def test_what_one_caller_fills_in_is_not_there_for_the_next():
    prompt = CompiledPrompt(
        Artifact("greeting", (Message("user", "Hi {{name}}"),), {"id": "m"}, {"name": Variable()})
    )
    head, tail = secrets.token_hex(8), secrets.token_hex(8)

    assert prompt.render({"name": f"{head}-{tail}"}) == [{"role": "user", "content": f"Hi {head}-{tail}"}]
    assert prompt.render({"name": "Bob"}) == [{"role": "user", "content": "Hi Bob"}]

    assert kept(head, tail) == []


def kept(head: str, tail: str) -> list[str]:
    """Where in memory both parts of a value still stand together."""
    gc.collect()
    found = []
    for thing in gc.get_objects():
        if isinstance(thing, FrameType):
            continue
        items: Any = ()
        if isinstance(thing, dict):
            items = [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set)):
            items = list(thing)
        found += [
            type(thing).__name__ for item in items if isinstance(item, str) and _holds(item, head, tail)
        ]
    return found


def _holds(text: str, head: str, tail: str) -> bool:
    return head in text and tail in text


# ---- no data


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n\n"])
def test_an_evaluation_without_cases_is_no_evaluation(content):
    with pytest.raises(EvaluationEmpty):
        parse_dataset(content, {})


def test_what_was_not_measured_is_not_zero():
    use = {"environment": "dev", "prompt_id": PROMPT, "version": "v1"}

    with pytest.raises(InvalidRecord):
        parse_uses([use], ["dev"])
    assert parse_uses([{**use, "latency_ms": 5}], ["dev"])[0].measured == {"latency_ms": 5.0}


def test_a_punctuation_mark_is_never_part_of_an_id():
    assert not any(is_an_id(f"a{mark}b") for mark in string.punctuation if mark != "-")
