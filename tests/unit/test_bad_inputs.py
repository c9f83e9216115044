"""Fifty things people get wrong, and the one line each of them gets."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from promptops.aws.http_api import ApiCall
from promptops.cli.folder import read_folder
from promptops.contract.bodies import DecisionBody, RollbackBody
from promptops.contract.messages import EvaluateTask
from promptops.domain.compile import compile_source
from promptops.domain.errors import DatasetChanged, PromptOpsError
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.identifiers import PromptRef
from promptops.domain.rendering import render
from promptops.domain.source import PromptSource
from promptops.domain.visible import is_hidden
from promptops.stages.approve import decide
from promptops.stages.evaluate import Evaluation
from promptops.stages.resolve import Resolver
from promptops.stages.rollback import rollback
from promptops.stages.upload_dataset import pack
from promptops.subject import Subjects
from tests.unit.approval_world import ALICE as REQUESTER
from tests.unit.approval_world import BOB as APPROVER
from tests.unit.approval_world import Scene
from tests.unit.bad_input_world import CASE, Place, Refusal, exit_code_of
from tests.unit.cli.stack import Stack
from tests.unit.fakes import FakeClock
from tests.unit.release_world import CAROL, PROMPT

FORM = re.compile(r"(?P<code>E_[A-Z0-9_]+): (?P<what>\S[^\n]*?)\. (?P<fix>\S[^\n]*[.?)])\n")
LONG = "x" * 5_000
CYRILLIC = "supp\u043ert-ticket"
OVERRIDE = "safe\u202eevil"
AWS_KEY = "AKIA" + "QWERTYUIOPASDFGH"
REASON = ("--reason", "better answers")


@dataclass(frozen=True)
class Row:
    """One wrong thing: what is done, and what must be said about it."""

    number: int
    does: Callable[[Place], Refusal]
    code: str
    words: tuple[str, ...]
    http_status: int = 0


def row(number: int, does: Callable[[Place], Refusal], code: str, *words: str, http_status: int = 0) -> Row:
    return Row(number, does, code, words, http_status)


def typed(*arguments: str) -> Callable[[Place], Refusal]:
    return lambda place: place.types(*arguments)


def says(text: str | bytes) -> Callable[[Place], Refusal]:
    """A user message that is checked on the author's machine."""
    return lambda place: place.user(text).validates()


def metadata(old: str, new: str) -> Callable[[Place], Refusal]:
    return lambda place: place.metadata(old, new).validates()


def blocks(text: str, **named: str) -> Callable[[Place], Refusal]:
    def does(place: Place) -> Refusal:
        for name, content in named.items():
            place.file(f"../_blocks/{name}.md", content)
        return place.user(text).validates()

    return does


def renders(**values: object) -> Callable[[Place], Refusal]:
    """An application uses the prompt with these values."""

    def does(place: Place) -> Refusal:
        artifact = compile_source(PromptSource.from_dict(read_folder(place.folder).source))
        return place.sends(lambda: render(artifact, values))

    return does


def posts(body: str, **changes: Any) -> Callable[[Place], Refusal]:
    """A request to the API."""
    event = {
        "routeKey": "POST /v1/publish",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST"}},
        "body": body,
        **changes,
    }
    return lambda place: place.sends(lambda: ApiCall.from_event(event).body)


def nested(depth: int) -> str:
    return "output_schema: " + "{not: " * depth + "{}" + "}" * depth


def _published_otherwise(place: Place) -> Refusal:
    place.publish(read_folder(place.folder).source)
    return place.user("{{ticket}}, please\n").types("publish", str(place.folder), "--as", "v1")


def _promotes_what_is_not_there(place: Place) -> Refusal:
    place.world.released(1, 2)
    return place.types("promote", f"{PROMPT}@v99", "--to", "dev", *REASON)


def _is_no_file(make: Callable[[Path], None]) -> Callable[[Place], Refusal]:
    def does(place: Place) -> Refusal:
        file = place.folder / "user.md"
        file.unlink()
        make(file)
        return place.validates()

    return does


def _is_a_link(place: Place) -> Refusal:
    link = place.folder.parent / "linked"
    link.symlink_to(place.folder)
    return place.types("validate", str(link))


def _evaluation(place: Place, min_cases: int, *, other_dataset: bool = False) -> Callable[[], object]:
    """The evaluation of a published version with one case, or with none."""
    source = {**read_folder(place.folder).source, "thresholds": {"min_cases": min_cases}}
    record = place.publish(source, CASE if min_cases > 1 or other_dataset else "").record

    class Datasets:
        def store(self, content: bytes) -> str:
            raise AssertionError("nothing is stored")

        def load(self, key: str, sha256: str) -> bytes:
            if other_dataset:
                raise DatasetChanged("the dataset is another one", "Publish again.")
            return CASE.encode()

    parts: dict[str, Any] = dict.fromkeys(("results", "reports", "runs", "asking"))
    world = place.world
    evaluation = Evaluation(
        Subjects(registry=world.registry, artifacts=world.artifacts, datasets=Datasets()),
        registry=world.registry,
        clock=world.clock,
        kind_of=lambda model: "bedrock",
        chunk_cases=50,
        **parts,
    )
    return lambda: evaluation.plan(EvaluateTask("plan", PROMPT, record.ref.version, "e"))


def _has_the_score(score: object) -> Callable[[Place], Refusal]:
    document = {**CaseResult("case 7", 0.0, False, False, (), 1, 1, 1).to_dict(), "score": score}
    return lambda place: place.sends(lambda: CaseResult.from_dict(document))


def _promotion(place: Place, *, score: float | None = 1.0, risk: str = "low", to: str = "dev") -> Refusal:
    """What the workflow's promotion of a fresh version ends with."""
    world = place.world
    record = world.publish(risk=risk)  # type: ignore[arg-type]
    request_id = world.ask(record.ref, to=to).request_id  # type: ignore[union-attr]
    promotion = world.promotion(to)
    promotion.begin(request_id)
    if score is not None:
        world.evaluate(record, score=score)

    def goes_on() -> None:
        promotion.begin(request_id)
        promotion.promote(request_id)

    return place.sends(goes_on)


def _somebody_was_faster(place: Place) -> Refusal:
    world = place.world
    world.released(1)
    request_id = world.requested(_evaluated(place, 2), to="dev")
    world.release(world.publish(3))
    return place.sends(lambda: world.promotion("dev").promote(request_id))


def _evaluated(place: Place, version: int) -> PromptRef:
    record = place.world.publish(version)
    place.world.evaluate(record)
    return record.ref


def _asks(change: Callable[[Scene], None], **decision: Any) -> Callable[[Place], Refusal]:
    """A decision about refund-policy v3, after something has happened."""

    def does(place: Place) -> Refusal:
        scene = Scene()
        change(scene)
        body = DecisionBody(decision.get("decision", "approve"), decision.get("comment", ""))
        actor = decision.get("actor", APPROVER)
        approval_id = decision.get("approval_id", scene.approval.approval_id)
        return place.sends(lambda: decide(approval_id, body, actor, desk=scene.desk, workflow=scene.workflow))

    return does


def _nothing(_: Scene) -> None:
    return


def _is_decided(scene: Scene) -> None:
    body = DecisionBody("reject", "the law is another one")
    decide(scene.approval.approval_id, body, APPROVER, desk=scene.desk, workflow=scene.workflow)


def _is_over(scene: Scene) -> None:
    scene.clock.set(scene.approval.expires_at.replace("Z", "+00:00"))


def _rolls_back(*versions: int, to: str = "", revoked: int = 0) -> Callable[[Place], Refusal]:
    def does(place: Place) -> Refusal:
        place.world.released(*versions)
        if to == "v9":
            place.world.publish(9)
        if revoked:
            place.world.revoke(PromptRef(PROMPT, revoked))
        target = ("--to", to) if to else ()
        return place.types("rollback", PROMPT, "--env", "dev", *REASON, *target)

    return does


def _drills(environment: str) -> Callable[[Place], Refusal]:
    def does(place: Place) -> Refusal:
        place.world.released(1, 2, to=environment)
        return place.types("rollback", PROMPT, "--env", environment, "--drill", *REASON)

    return does


def _repeats(op_id: str, *, to: str = "v1") -> Callable[[Place], Refusal]:
    """A rollback whose id was given to another one, when there is another."""

    def does(place: Place) -> Refusal:
        world = place.world
        world.released(1, 2, 3)
        world.roll_back(to="v2", op_id="once")

        def again() -> object:
            return rollback(
                RollbackBody(PROMPT, "it is worse", to, op_id),
                CAROL,
                ledger=world.ledgers["dev"],
                registry=world.registry,
                artifacts=world.artifacts,
                pointers=world.pointers["dev"],
                records=world.records["dev"],
                clock=FakeClock(),
            )

        return place.sends(again)

    return does


def _somewhere(profile: str = "", **env: str) -> Callable[[Place], Refusal]:
    """The command with its own way to AWS instead of an installation in memory."""

    def does(place: Place) -> Refusal:
        # Signed in, the account is one in memory; signed out, nothing may stand in for credentials.
        with mock_aws() if "AWS_ACCESS_KEY_ID" in env else nullcontext():
            return place.unplugged().types(
                "show", PROMPT, *(["--profile", profile] if profile else []), env=env
            )

    return does


def _resolves(pointer: str) -> Callable[[Place], Refusal]:
    def does(place: Place) -> Refusal:
        world = place.world
        world.pointers["dev"].values[PROMPT] = pointer
        parts: dict[str, Any] = {"artifacts": world.artifacts, "records": world.records["dev"]}
        resolver = Resolver("dev", pointers=world.pointers["dev"], **parts)
        return place.sends(lambda: resolver.resolve(PROMPT))

    return does


KEY = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
ROWS = [
    *(
        row(1, does, "E_ID", "'../prod/x' is not a prompt id", "a-z")
        for does in (
            typed("show", "../prod/x"),
            typed("resolve", "../prod/x", "--env", "dev"),
            typed("promote", "../prod/x@v1", "--to", "dev", *REASON),
            metadata("prompt_id: support-ticket", "prompt_id: ../prod/x"),
        )
    ),
    row(2, typed("show", "Support-Ticket"), "E_ID", "lower case; did you mean 'support-ticket'?"),
    row(3, typed("show", CYRILLIC), "E_ID", "character 5 is U+043E CYRILLIC SMALL LETTER O"),
    row(4, typed("show", "support-ticket\n"), "E_ID", "'support-ticket\\n'", "character 15 is U+000A"),
    row(5, typed("resolve", "", "--env", "dev"), "E_ID", "0 characters, allowed are 2 to 64"),
    row(5, typed("show", "a" * 65), "E_ID", "65 characters"),
    row(5, typed("show", LONG), "E_ID", "5000 characters"),
    row(5, typed("show", "--", "-a"), "E_ID", "may not begin or end with '-'"),
    row(5, typed("show", "a--b"), "E_ID", "'--' is not allowed"),
    *(row(6, typed("show", name), "E_ID_RESERVED", name) for name in ("aws-x", "ssm-x", "current", "latest")),
    *(
        row(7, typed(*arguments), "E_ENV", "unknown environment 'production'. Known: dev, staging, prod")
        for arguments in (
            ("promote", f"{PROMPT}@v1", "--to", "production", *REASON),
            ("rollback", PROMPT, "--env", "production", *REASON),
            ("resolve", PROMPT, "--env", "production"),
        )
    ),
    *(
        row(8, lambda place, v=version: place.types("publish", str(place.folder), "--as", v), "E_VERSION")  # type: ignore[misc]
        for version in ("12", "V12", "v012")
    ),
    *(
        row(8, typed("promote", f"{PROMPT}@{version}", "--to", "dev", *REASON), "E_VERSION", "Use v<number>")
        for version in ("12", "V12", "v012", "v0", "v1.2", "v\u0661\u0662", "v" + "9" * 5_000)
    ),
    row(
        9,
        _promotes_what_is_not_there,
        "E_VERSION_UNKNOWN",
        "v99 is not published",
        "v1 to v2",
    ),
    row(10, _published_otherwise, "E_IMMUTABLE", "v1 "),
    row(10, metadata("owner:", "label: 1.2\nowner:"), "E_METADATA_TYPE", "label must be text", '"1.2"'),
    row(10, metadata("owner:", "label: v1.2.0\nowner:"), "E_LABEL", "'v1.2.0' is no semantic version"),
    row(10, metadata("owner:", f"label: 1.0.0-{LONG}\nowner:"), "E_LABEL", "characters, allowed are 64"),
    row(12, says("x" * 262_145), "E_TOO_LARGE", "262145 bytes, limit 65536"),
    row(12, says("é" * 32_769), "E_TOO_LARGE", "bytes, limit 65536"),
    row(13, says(""), "E_EMPTY", "has no text"),
    row(13, says(" \n\t\n"), "E_EMPTY", "has no text"),
    row(14, says("hallo".encode("utf-16")), "E_ENCODING", "byte 0 is 0xFF", "UTF-8 without BOM"),
    row(14, says(b"gr\xfc\xdfe"), "E_ENCODING", "byte 2 is 0xFC"),
    row(14, says(b"\xef\xbb\xbfhello"), "E_ENCODING", "byte 0 is 0xEF"),
    row(15, says("a\nb\n123456\x00"), "E_CONTROL_CHAR", "line 3 col 7: U+0000"),
    row(15, says("bell \x07"), "E_CONTROL_CHAR", "U+0007"),
    row(16, says(OVERRIDE), "E_INVISIBLE_CHAR", "line 1 col 5: U+202E", "Remove it"),
    row(16, says("zero\u200bwidth"), "E_INVISIBLE_CHAR", "U+200B", "allow_invisible: [U+200B]"),
    row(16, says("tag\U000e0041"), "E_INVISIBLE_CHAR", "U+E0041"),
    row(17, says("\n\n\n {{name"), "E_TEMPLATE", "line 4 col 2: '{{' is not closed"),
    *(
        row(18, says(text), "E_TEMPLATE", "Only {{name}} is allowed")
        for text in (
            "{{u.__class__}}",
            "{{a[0]}}",
            "{{x|upper}}",
            "{% if a %}{{ a == 1 }}",
            "{{" + LONG + "}}",
        )
    ),
    row(19, says("{{tickt}}"), "E_VARIABLE_UNDECLARED", "'tickt' (did you mean 'ticket'?)"),
    row(21, renders(days=3), "E_VARIABLE_MISSING", "ticket missing"),
    row(
        21, renders(ticket="secret-value", tickt="secret-value"), "E_VARIABLE_UNKNOWN", "Known: days, ticket"
    ),
    row(21, renders(ticket="x", **{LONG: 1}), "E_VARIABLE_UNKNOWN", "xxx…' is not a variable"),
    row(22, renders(ticket=["secret-value"]), "E_VARIABLE_TYPE", "ticket is a list"),
    row(22, renders(ticket="x", days=float("nan")), "E_VARIABLE_TYPE", "days is not finite"),
    row(22, renders(ticket="x" * 10_000_000), "E_VARIABLE_TOO_LARGE", "10000000 characters, limit 800"),
    row(22, renders(ticket="x", days=10**5_000), "E_VARIABLE_TOO_LARGE", "days is a huge number"),
    row(23, metadata("owner: ml-platform", "owner: no"), "E_METADATA_TYPE", "owner must be text", '"no"'),
    row(23, metadata("prompt_id: support-ticket", "prompt_id: 012"), "E_METADATA_TYPE", '"012"'),
    row(23, metadata("id: some.model-v1:0", "id: 1.10"), "E_METADATA_TYPE", "model", "'1.1'"),
    row(24, metadata("risk: low", "risk: &a low\ntags: [*a, *a]"), "E_METADATA", "aliases are not allowed"),
    row(24, metadata("risk: low", "risk: low\n<<: {owner: b}"), "E_METADATA_TYPE", "<<"),
    row(24, metadata("risk: low", "risk: !!python/name:os.system low"), "E_METADATA", "tag"),
    row(24, metadata("risk: low", "risk: low\n---\nrisk: high"), "E_METADATA", "a single document"),
    row(25, metadata("owner:", "risk: low\nowner:"), "E_DUPLICATE_KEY", "'risk' lines 3 and 5"),
    row(25, posts('{"status": {"a": 1, "a": 2}}'), "E_DUPLICATE_KEY", "'a' stands twice", http_status=400),
    row(26, metadata("risk: low", f"risk: low\n{nested(21)}"), "E_TOO_DEEP", "deeper than 20"),
    row(26, posts("[" * 100_000), "E_TOO_DEEP", "nested more than 32 deep", http_status=400),
    row(
        27, metadata("owner:", "ownr:"), "E_METADATA_UNKNOWN", "'ownr' is not a field (did you mean 'owner'?)"
    ),
    row(27, metadata("owner:", f"{LONG[:500]}:"), "E_METADATA_UNKNOWN", "xxx…' is not a field"),
    row(
        28, _is_no_file(lambda file: file.symlink_to("/etc/hostname")), "E_NOT_A_FILE", "'user.md' is a link"
    ),
    row(28, _is_no_file(Path.mkdir), "E_NOT_A_FILE", "user.md"),
    row(28, _is_no_file(os.mkfifo), "E_NOT_A_FILE", "'user.md' is not a regular file"),
    row(28, metadata("file: user.md", "file: /dev/zero"), "E_NOT_A_FILE", "not inside the folder"),
    row(28, _is_a_link, "E_NOT_A_FILE", "is not a prompt folder"),
    row(28, typed("validate", "-"), "E_NOT_A_FILE", "is not a prompt folder"),
    row(28, typed("validate", "/dev/null"), "E_NOT_A_FILE", "is not a prompt folder"),
    row(29, says(gzip.compress(b"text")), "E_BINARY", "looks like gzip", "Prompts are text"),
    row(29, says(b"PK\x03\x04rest"), "E_BINARY", "looks like zip"),
    row(30, says(f"\n\nkey {AWS_KEY}"), "E_SECRET", "line 3: AWS access key AKIA****"),
    row(31, blocks("{{> a}}", a="{{> b}}", b="{{> a}}"), "E_BLOCK_CYCLE", "a→b→a"),
    row(31, blocks("{{> polit}}"), "E_BLOCK_MISSING", "'polit'", "Known in _blocks: polite"),
    row(
        31, blocks("{{> a@sha256:0123456789ab}}", a="x"), "E_BLOCK_DIGEST", "a at sha256:0123456789ab, it is"
    ),
    row(32, lambda place: place.file("cases.jsonl", "\n").validates(), "E_EVAL_EMPTY", "holds no case"),
    row(
        32, lambda place: place.sends(_evaluation(place, 1)), "E_EVAL_EMPTY", "without cases", http_status=422
    ),
    row(32, lambda place: place.sends(_evaluation(place, 20)), "E_EVAL_TOO_FEW", "1 of 20", http_status=422),
    *(
        row(33, _has_the_score(score), "E_EVAL_SCORE", "'case 7'", "not in 0..1", http_status=422)
        for score in (float("nan"), float("inf"), 1.2, -0.1, "0.9", True, None)
    ),
    row(
        34,
        lambda place: place.sends(_evaluation(place, 1, other_dataset=True)),
        "E_EVAL_DATASET_CHANGED",
        "another",
        http_status=422,
    ),
    row(35, metadata("min_score: 0.8", "min_score: 80"), "E_THRESHOLD", "80 is outside 0..1", "mean 0.8"),
    row(36, lambda place: _promotion(place, score=None), "E_EVAL_REQUIRED", "@v1", http_status=403),
    row(36, lambda place: _promotion(place, score=0.5), "E_EVAL_FAILED", "0.50", "0.80", http_status=422),
    row(
        37,
        lambda place: _promotion(place, risk="high", to="prod"),
        "E_APPROVAL_REQUIRED",
        "approv",
        http_status=403,
    ),
    row(38, _asks(_nothing, actor=REQUESTER), "E_SELF_APPROVAL", "Alice Author", http_status=403),
    row(39, _asks(lambda scene: scene.go_live(2)), "E_APPROVAL_STALE", "base_revision was 1, now 2"),
    row(40, _asks(_is_over), "E_APPROVAL_EXPIRED", "expired at", http_status=403),
    row(40, _asks(_is_decided), "E_APPROVAL_DECIDED", "rejected by", http_status=409),
    row(
        40, _asks(_nothing, approval_id="prod-" + "0" * 32), "E_APPROVAL_UNKNOWN", "no such", http_status=404
    ),
    row(43, _somebody_was_faster, "E_CONFLICT", "1", "2", "v3", http_status=409),
    row(44, _rolls_back(1), "E_NO_PREVIOUS", "dev"),
    row(44, _rolls_back(1, 2, to="v9"), "E_NEVER_RELEASED", "v9", "dev"),
    row(44, _rolls_back(1, 2, to="v1", revoked=1), "E_REVOKED", "it insults customers"),
    row(44, _drills("prod"), "E_DRILL", "prod"),
    row(45, _repeats("once"), "E_IDEMPOTENCY_MISMATCH", "once", http_status=400),
    row(45, _repeats("i" * 256), "E_IDEMPOTENCY_KEY", http_status=400),
    row(45, _repeats("new\nline"), "E_IDEMPOTENCY_KEY", http_status=400),
    *(
        row(46, typed("rollback", PROMPT, "--env", "dev", "--reason", reason), "E_REASON", word)
        for reason, word in (
            (" ", "is empty"),
            ("bell \x07", "control characters"),
            (OVERRIDE, "character 5 of the reason is U+202E"),
            ("zero\u200bwidth", "U+200B"),
            (LONG, "5000 characters, limit 500"),
        )
    ),
    *(
        row(46, typed(*arguments, "--reason", "zero\u200bwidth"), "E_REASON", "U+200B")
        for arguments in (
            ("promote", f"{PROMPT}@v1", "--to", "dev"),
            ("retire", PROMPT, "--env", "dev"),
            ("revoke", f"{PROMPT}@v1"),
            ("unrevoke", f"{PROMPT}@v1"),
            ("freeze", "--env", "dev"),
            ("unfreeze", "--env", "dev"),
            ("rollback", PROMPT, "--env", "dev", "--drill"),
        )
    ),
    row(46, _asks(_nothing, decision="reject"), "E_REASON", "needs a comment", http_status=400),
    row(46, _asks(_nothing, comment="ok\U000e0041"), "E_REASON", "U+E0041", http_status=400),
    row(47, _somewhere(), "E_CREDENTIALS", "no AWS Region is set"),
    row(47, _somewhere(AWS_REGION="eu-central-1"), "E_CREDENTIALS", "no AWS credentials were found"),
    row(47, _somewhere("mallory", AWS_REGION="eu-central-1"), "E_CREDENTIALS", "no AWS profile 'mallory'"),
    row(
        47,
        _somewhere(**KEY, PROMPTOPS_ACCOUNT="222222222222"),
        "E_ACCOUNT",
        "account 123456789012, expected 222222222222",
        "AWS_PROFILE",
    ),
    row(
        47, _somewhere(**KEY, PROMPTOPS_ACCOUNT="production"), "E_USAGE", "PROMPTOPS_ACCOUNT is 'production'"
    ),
    row(47, _somewhere(**KEY), "E_NOT_INSTALLED", "eu-central-1", "--region"),
    row(
        47, _somewhere(**{**KEY, "AWS_REGION": "eu central"}), "E_USAGE", "'eu central' is not an AWS Region"
    ),
    row(47, _somewhere(**KEY, AWS_ENDPOINT_URL="https://127.0.0.1:1"), "E_ENDPOINT", "promptops local up"),
    *(
        row(48, _resolves(value), "E_POINTER_MALFORMED", http_status=503)
        for value in ("v12 ", "V12", "{{ssm:x}}", "x" * 4_096, '{"a": 1}', "[]", "", "v12\u202e")
    ),
    *(
        row(49, _asks(_nothing, approval_id=wrong), "E_APPROVAL_UNKNOWN", "no such approval", http_status=404)
        for wrong in ("a" * 1_048_576, "%00", "\x00", CYRILLIC, "' OR 1=1 --", '{"$ne": null}', "../../etc")
    ),
    row(
        50, posts("{}", headers={"content-type": "text/plain"}), "E_MEDIA_TYPE", "text/plain", http_status=415
    ),
    row(50, posts("{}", headers={}), "E_MEDIA_TYPE", "missing", http_status=415),
    row(50, posts("x" * 10_000_000), "E_TOO_LARGE", "10000000 bytes, limit 5242880", http_status=413),
    row(50, posts("[1, 2]"), "E_BODY", "not an object", http_status=400),
    row(50, posts('{"a": NaN}'), "E_BODY", "NaN", http_status=400),
]
#: What a request to publish can hold as well, by whoever wrote no file.
SENT = {
    "E_EMPTY",
    "E_CONTROL_CHAR",
    "E_INVISIBLE_CHAR",
    "E_TEMPLATE",
    "E_VARIABLE_UNDECLARED",
    "E_SECRET",
    "E_BLOCK_CYCLE",
    "E_BLOCK_DIGEST",
}
ALLOWED = {11, 20, 42}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    for name in list(os.environ):
        if name.startswith(("AWS_", "PROMPTOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Place(tmp_path / PROMPT, monkeypatch, capsys)


@pytest.fixture
def stack(place: Place) -> Stack:
    """The installation of the place, where v1 and v2 were released."""
    place.world.released(1, 2)
    return place.stack


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.number:02}-{row.code}" for row in ROWS])
def test_what_is_wrong_is_said_in_one_harmless_line_with_the_way_on(row: Row, place: Place) -> None:
    refusal = row.does(place)

    said = FORM.fullmatch(refusal.line)
    assert said, refusal.line
    assert said["code"] == row.code
    for word in row.words:
        assert word in refusal.line
    assert refusal.exit_code == exit_code_of(row.code)
    assert refusal.exit_code in (2, 3, 4, 5, 6, 7, 8, 9)
    assert refusal.document["code"] == row.code
    assert f"{refusal.document['message']}\n" == refusal.line
    if row.http_status:
        assert refusal.http_status == row.http_status
    _check_harmless(refusal)


def _check_harmless(refusal: Refusal) -> None:
    """Nothing that was typed or sent moves a cursor, hides, fills the screen, or was meant for nobody."""
    line = refusal.line.removesuffix("\n")
    document = json.dumps(refusal.document)
    assert not [character for character in line if is_hidden(character) or character in "\n\t"]
    assert not re.search(r"x{80}|a{80}|9{80}", line)
    assert len(line) < 500
    assert "Traceback" not in line
    assert "secret-value" not in document
    assert AWS_KEY[4:] not in document


def test_every_kind_of_bad_input_has_its_row() -> None:
    assert {row.number for row in ROWS} | ALLOWED >= set(range(1, 51)) - {41}


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.code in SENT],
    ids=lambda row: f"{row.number:02}-{row.code}",
)
def test_publish_refuses_what_nobody_checked_before_it_was_sent(row: Row, place: Place) -> None:
    expected = row.does(place).code
    document = read_folder(place.folder).source

    refusal = place.sends(lambda: place.publish(document))

    assert refusal.code == expected
    assert refusal.http_status in (400, 413)
    assert not place.world.registry.rows


def test_11_publishing_the_same_again_is_no_error(place: Place) -> None:
    for version in ("", "v1", ""):
        done = place.stack.run("publish", str(place.folder), *(("--as", version) if version else ()))

        assert (done.exit_code, done.stderr) == (0, "")

    assert done.stdout == f"{PROMPT}@v1 has this content already.\n"


def test_19_a_variable_nobody_uses_is_a_warning(place: Place) -> None:
    done = place.user("hello").stack.run("validate", str(place.folder))

    assert done.exit_code == 0
    assert "W_VARIABLE_UNUSED: no message uses ticket." in done.stderr


def test_20_single_braces_are_literal(place: Place) -> None:
    done = place.user('{"a": {"b": [1, {}]}} {x} }} {{ticket}}').stack.run("validate", str(place.folder))

    assert (done.exit_code, done.stderr) == (0, "")


def test_41_no_environment_is_skipped(place: Place) -> None:
    ref = _evaluated(place, 1)
    request_id = place.world.requested(ref, to="prod")

    refusal = place.sends(lambda: place.world.promotion("prod").check(request_id))

    assert (refusal.code, refusal.exit_code, refusal.http_status) == ("E_ORDER", 4, 403)
    assert f"{ref} has not been released in staging" in refusal.line


def test_42_promoting_what_is_live_is_no_error(place: Place) -> None:
    place.world.released(1)

    done = place.stack.run("promote", f"{PROMPT}@v1", "--to", "dev", *REASON)

    assert (done.exit_code, done.stderr) == (0, "")
    assert "is live in dev already, revision 1" in done.stdout


def test_48_a_process_that_knows_a_good_version_keeps_serving_it(place: Place) -> None:
    world = place.world
    world.released(1)
    moments = iter(range(0, 10_000, 1_000))
    parts: dict[str, Any] = {"artifacts": _Reader(place), "records": world.records["dev"]}
    resolver = Resolver("dev", pointers=world.pointers["dev"], clock=lambda: float(next(moments)), **parts)
    assert resolver.resolve(PROMPT).version == 1

    world.pointers["dev"].values[PROMPT] = "V12"
    served = resolver.resolve(PROMPT)

    assert (served.version, served.stale) == (1, True)
    assert served.problem is not None
    assert served.problem.code == "E_POINTER_MALFORMED"


def test_49_every_wrong_id_gets_the_same_answer_and_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    scene = Scene()
    cookies = scene.cookies()
    bodies = set()
    for wrong in ("a" * 1_048_576, "%00", "\x00", CYRILLIC, "' OR 1=1", "prod-" + "0" * 32):
        caplog.clear()
        answer = scene.get(cookies, wrong)
        bodies.add((answer["statusCode"], answer["body"]))

        assert [record.getMessage() for record in caplog.records] == ["Refused: E_APPROVAL_UNKNOWN"]

    assert {status for status, _ in bodies} == {404}
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "", "sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_50_a_form_that_is_not_of_our_page_decides_nothing(headers: dict[str, str], status: int) -> None:
    scene = Scene()
    cookies = scene.cookies()

    assert scene.post(scene.form(cookies), cookies, **headers)["statusCode"] == status
    assert scene.post(scene.form(cookies, token=""), cookies)["statusCode"] == 403
    assert scene.stored().status == "PENDING"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("half \ud83d"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BODIES: dict[str, dict[str, Any]] = {
    "publish": {"source": {}, "dataset": CASE, "authors": [], "commit": "", "version": "v1"},
    "datasets": {"cases": pack(CASE)},
    "dev/promote": {"prompt_id": PROMPT, "version": "v1", "reason": "r"},
    "dev/rollback": {
        "prompt_id": PROMPT,
        "reason": "r",
        "to_version": "v1",
        "op_id": "o",
        "from_version": "v2",
    },
    "dev/retire": {"prompt_id": PROMPT, "reason": "r", "op_id": "o"},
    "dev/drill": {"prompt_id": PROMPT, "reason": "r", "op_id": "o"},
    "dev/freeze": {"reason": "r"},
    "dev/unfreeze": {"reason": "r"},
    "revoke": {"prompt_id": PROMPT, "version": "v1", "reason": "r"},
    "unrevoke": {"prompt_id": PROMPT, "version": "v1", "reason": "r"},
}


@pytest.mark.parametrize("route", BODIES)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_body_holds_it_is_done_or_refused(route: str, data: st.DataObject, stack: Stack) -> None:
    body, answer = BODIES[route], stack.api.answers[f"/v1/{route}"]
    assert callable(answer)
    field = data.draw(st.sampled_from(sorted(body)))
    try:
        answer({**body, field: data.draw(JSON)})
    except PromptOpsError as refusal:
        assert refusal.http_status != 500  # noqa: PT017


class _Reader:
    """The artifact bucket as those who resolve see it."""

    def __init__(self, place: Place) -> None:
        self._world = place.world

    def read(self, prompt_id: str, version: int, sha256: str) -> Any:
        return self._world.artifacts.load(self._world.registry.version(PromptRef(prompt_id, version)))
