"""What people get wrong at the real command: one line that says what and how to go on, never a traceback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from infra.local.checkout import ROOT
from infra.local.instance import REGION
from infra.local.loopback import Answer, fetch
from infra.local.ports import LOOPBACK, free_ports
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed

SECONDS = 60
PROMPT = "wants-a-ticket"
LINE = re.compile(r"(?P<code>E_[A-Z0-9_]+): (?P<what>\S[^\n]*?)\. (?P<fix>\S[^\n]*)\n")


@dataclass(frozen=True)
class Refused:
    """How a command ended that could not do what was typed."""

    exit_code: int
    code: str
    line: str


def typed(environ: Mapping[str, str], *arguments: str) -> Refused:
    """The one line that the command says in an environment; fails on any other output."""
    done = ran(environ, *arguments)
    said = LINE.fullmatch(done.stderr)
    assert said, done.stderr
    assert done.stdout == ""
    return Refused(done.returncode, said["code"], done.stderr)


def ran(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command does in an environment that has nothing of this one's AWS."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [str(Path(sys.executable).with_name("promptops")), *arguments],
        env={**inherited, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def released(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A prompt that is live in dev and has one variable, `ticket`."""
    folder = renamed(tmp_path_factory.mktemp("prompts"), "support-ticket", PROMPT)
    alice = aws.person("alice")
    alice.types("publish", str(folder))
    alice.types("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "first release")
    return PROMPT


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    ("person", "arguments", "code"),
    [
        ("alice", ("show", "nobody-wrote-this"), "E_PROMPT_UNKNOWN"),
        ("alice", ("history", "nobody-wrote-this", "--env", "dev"), "E_PROMPT_UNKNOWN"),
        ("alice", ("evaluate", "nobody-wrote-this@v1"), "E_PROMPT_UNKNOWN"),
        ("alice", ("promote", "nobody-wrote-this@v1", "--to", "dev", "--reason", "new"), "E_PROMPT_UNKNOWN"),
        ("carol", ("rollback", "nobody-wrote-this", "--env", "dev", "--reason", "bad"), "E_NOT_RELEASED"),
        ("dave", ("resolve", "nobody-wrote-this", "--env", "dev"), "E_NOT_RELEASED"),
    ],
    ids=["show", "history", "evaluate", "promote", "rollback", "resolve"],
)
def test_an_unknown_prompt(aws: LocalAws, person: str, arguments: tuple[str, ...], code: str):
    said = typed(aws.person(person).environ, *arguments)

    assert (said.exit_code, said.code) == (2, code)
    assert "nobody-wrote-this" in said.line


@pytest.mark.parametrize("command", ["publish", "validate"])
def test_broken_yaml(aws: LocalAws, tmp_path: Path, command: str):
    folder = renamed(tmp_path, "support-ticket", "broken-yaml")
    metadata = folder / "prompt.yaml"
    metadata.write_text(f"{metadata.read_text(encoding='utf-8')}\ntags: [unclosed\n", encoding="utf-8")

    said = typed(aws.person("alice").environ, command, str(folder))

    assert (said.exit_code, said.code) == (2, "E_METADATA")
    assert "prompt.yaml" in said.line


def test_a_missing_variable(aws: LocalAws, released: str):
    said = typed(aws.person("dave").environ, "resolve", released, "--env", "dev")

    assert (said.exit_code, said.code) == (2, "E_VARIABLE_MISSING")
    assert "ticket" in said.line


def test_no_credentials(aws: LocalAws, tmp_path: Path):
    place = {name: value for name, value in aws.person("alice").environ.items() if name != "AWS_PROFILE"}
    nobody = {
        **place,
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    said = typed(nobody, "show", PROMPT)

    assert (said.exit_code, said.code) == (2, "E_CREDENTIALS")
    assert "AWS_PROFILE" in said.line


def test_a_profile_that_does_not_exist(aws: LocalAws):
    said = typed({**aws.person("alice").environ, "AWS_PROFILE": "mallory"}, "show", PROMPT)

    assert (said.exit_code, said.code) == (2, "E_CREDENTIALS")
    assert "mallory" in said.line


@pytest.mark.parametrize(
    ("person", "arguments"),
    [
        ("alice", ("show", PROMPT)),
        ("dave", ("resolve", PROMPT, "--env", "dev", "--var", "ticket=It is slow.")),
        ("alice", ("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "new")),
    ],
    ids=["show", "resolve", "promote"],
)
def test_a_local_aws_that_is_down(aws: LocalAws, person: str, arguments: tuple[str, ...]):
    (closed,) = free_ports(1)
    down = {**aws.person(person).environ, "AWS_ENDPOINT_URL": f"https://{LOOPBACK}:{closed}"}

    said = typed(down, *arguments)

    assert (said.exit_code, said.code) == (6, "E_ENDPOINT")
    assert "promptops local up" in said.line


def test_an_installation_that_is_not_there(aws: LocalAws):
    said = typed(aws.person("erin").environ, "show", PROMPT, "--prefix", "another-one")

    assert (said.exit_code, said.code) == (6, "E_NOT_INSTALLED")
    assert "/another-one/" in said.line


def test_a_port_that_is_taken(taken: int):
    said = typed({}, "local", "up", "--name", "port-taken", "--port", str(taken))

    assert (said.exit_code, said.code) == (2, "E_PORT_TAKEN")
    assert str(taken) in said.line


@pytest.mark.parametrize("command", ["status", "env"])
def test_a_local_aws_that_was_never_started(command: str):
    said = typed({}, "local", command, "--name", "never-started")

    assert (said.exit_code, said.code) == (6, "E_LOCAL_DOWN")
    assert "promptops local up --name never-started" in said.line


@pytest.mark.parametrize(
    "arguments", [("show", PROMPT), ("rollback", PROMPT, "--env", "dev", "--reason", "it is worse")]
)
def test_an_account_that_was_not_meant(aws: LocalAws, arguments: tuple[str, ...]):
    environ = aws.person("carol").environ

    said = typed({**environ, "PROMPTOPS_ACCOUNT": "222222222222"}, *arguments)

    assert (said.exit_code, said.code) == (2, "E_ACCOUNT")
    assert "expected 222222222222" in said.line
    assert "AWS_PROFILE" in said.line


def test_doctor_names_an_account_that_was_not_meant(aws: LocalAws):
    done = ran({**aws.person("carol").environ, "PROMPTOPS_ACCOUNT": "222222222222"}, "doctor")

    assert done.returncode == 2
    assert "E_ACCOUNT" in done.stdout
    assert "expected 222222222222" in done.stdout


def test_the_account_that_was_meant(aws: LocalAws, released: str):
    account = aws.client("sts").get_caller_identity()["Account"]

    said = typed({**aws.person("alice").environ, "PROMPTOPS_ACCOUNT": account}, "show", "nobody-wrote-this")

    assert said.code == "E_PROMPT_UNKNOWN"


def test_another_region_than_the_installations(aws: LocalAws):
    said = typed({**aws.person("erin").environ, "AWS_REGION": "us-west-2"}, "show", PROMPT)

    assert (said.exit_code, said.code) == (6, "E_NOT_INSTALLED")
    assert "us-west-2" in said.line
    assert "--region" in said.line


@pytest.mark.parametrize("region", ["eu central", "../..", "x" * 5_000])
def test_what_is_no_region(aws: LocalAws, region: str):
    said = typed({**aws.person("erin").environ, "AWS_REGION": region}, "show", PROMPT)

    assert (said.exit_code, said.code) == (2, "E_USAGE")
    assert len(said.line) < 300


@pytest.mark.parametrize(
    ("name", "content", "code", "place"),
    [
        ("user.md", b"\xff\xfeh\x00i\x00", "E_ENCODING", "byte 0 is 0xFF"),
        ("user.md", b"\x1f\x8brest", "E_BINARY", "gzip"),
        ("user.md", b"{{ticket", "E_TEMPLATE", "line 1 col 1"),
        ("user.md", b"{{ticket.__class__}}", "E_TEMPLATE", "Only {{name}} is allowed"),
        ("user.md", b"{{tickt}}", "E_VARIABLE_UNDECLARED", "did you mean 'ticket'?"),
        ("user.md", b"safe\xe2\x80\xaeevil", "E_INVISIBLE_CHAR", "U+202E"),
        ("user.md", b"a\x00", "E_CONTROL_CHAR", "U+0000"),
        ("user.md", b" \n", "E_EMPTY", "has no text"),
        ("user.md", b"x" * 262_145, "E_TOO_LARGE", "262145 bytes, limit 65536"),
        ("user.md", b"key " + b"AKIA" + b"QWERTYUIOPASDFGH", "E_SECRET", "AKIA****"),
        ("user.md", b"{{> nothing}}", "E_BLOCK_MISSING", "'nothing'"),
        ("cases.jsonl", b'{"id": "a", "id": "b"}\n', "E_DATASET", "cases.jsonl:1"),
        ("cases.jsonl", b"[" * 100_000, "E_DATASET", "nested"),
        ("cases.jsonl", b"\n", "E_EVAL_EMPTY", "no case"),
        ("prompt.yaml", b"a: &a [x]\nb: [*a, *a]\n", "E_METADATA", "aliases are not allowed"),
        ("prompt.yaml", b"a: " + b"[" * 60_000, "E_TOO_DEEP", "deeper than 20"),
        ("prompt.yaml", b"owner: a\nowner: b\n", "E_DUPLICATE_KEY", "lines 1 and 2"),
    ],
)
def test_a_folder_that_cannot_be_published(
    aws: LocalAws, tmp_path: Path, name: str, content: bytes, code: str, place: str
):
    folder = renamed(tmp_path, "support-ticket", "spoiled-ticket")
    (folder / name).write_bytes(content)

    said = typed(aws.person("alice").environ, "publish", str(folder))

    assert (said.exit_code, said.code) == (9 if code == "E_EVAL_EMPTY" else 2, code)
    assert place in said.line
    assert len(said.line) < 400
    assert typed(aws.person("alice").environ, "show", "spoiled-ticket").code == "E_PROMPT_UNKNOWN"


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"content-type": "text/plain"}, b"{}", 415, "E_MEDIA_TYPE"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"a=1", 415, "E_MEDIA_TYPE"),
        ({"content-type": "application/json"}, b'{"reason": "a", "reason": "b"}', 400, "E_DUPLICATE_KEY"),
        ({"content-type": "application/json"}, b'{"reason": NaN}', 400, "E_BODY"),
        ({"content-type": "application/json"}, b"[1]", 400, "E_BODY"),
        ({"content-type": "application/json"}, b"\xff\xfe", 400, "E_BODY"),
        ({"content-type": "application/json"}, b"[" * 100_000, 400, "E_TOO_DEEP"),
        ({"content-type": "application/json"}, b"{}", 400, "E_BODY"),
    ],
)
@pytest.mark.parametrize(("person", "path"), [("alice", "/v1/publish"), ("carol", "/v1/dev/rollback")])
def test_a_body_that_no_function_takes(
    aws: LocalAws,
    person: str,
    path: str,
    headers: dict[str, str],
    content: bytes,
    status: int,
    code: str,
):
    said = sent(aws, "POST", path, content, headers, signed_by=person)

    assert (said.status, code_of(said)) == (status, code)


def test_a_body_of_10_mb_is_refused(aws: LocalAws):
    said = sent(
        aws, "POST", "/v1/publish", b"x" * 10_000_000, {"content-type": "application/json"}, signed_by="alice"
    )

    assert said.status == 413
    assert b"Traceback" not in said.body


@pytest.mark.parametrize("wrong", ["%00", "%E2%80%AE", "supp%D0%BErt", "%27%20OR%201", "prod-" + "0" * 32])
def test_a_wrong_id_in_an_address_is_no_approval(aws: LocalAws, wrong: str):
    said = sent(
        aws,
        "POST",
        f"/v1/approvals/{wrong}",
        b'{"decision": "approve"}',
        {"content-type": "application/json"},
        signed_by="bob",
    )

    assert (said.status, code_of(said)) == (404, "E_APPROVAL_UNKNOWN")
    assert json.loads(said.body)["error"]["what"] == "there is no such approval"


def test_an_id_of_a_megabyte_breaks_nothing(aws: LocalAws):
    try:
        refused = sent(aws, "GET", f"/approvals/{'a' * 1_048_576}", b"", {}, signed_by="").status
    except OSError:
        # The server may hang up before it has read all of it.
        refused = HTTPStatus.REQUEST_URI_TOO_LONG

    assert 400 <= refused < 500
    assert sent(aws, "GET", "/approvals", b"", {}, signed_by="").status < 500


def sent(
    aws: LocalAws, method: str, path: str, content: bytes, headers: Mapping[str, str], *, signed_by: str
) -> Answer:
    """The answer of the API to exactly these bytes; not signed for nobody."""
    url = f"{aws.instance.outputs['ApiUrl']}{path}"
    request = AWSRequest(method, url, dict(headers), content)
    if signed_by:
        SigV4Auth(aws.session(signed_by).get_credentials(), "execute-api", REGION).add_auth(request)
    return fetch(
        url,
        certificate=aws.instance.certificate,
        method=method,
        body=content or None,
        headers=dict(request.headers.items()),
        timeout_seconds=SECONDS,
    )


def code_of(said: Answer) -> str:
    code: str = json.loads(said.body)["error"]["code"]
    return code
