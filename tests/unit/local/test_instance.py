from __future__ import annotations

import shlex
import socket
import ssl
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.certificate import make_certificate
from infra.local.environment import as_person, as_root, exports
from infra.local.errors import LocalError
from infra.local.instance import Instance, create, known, remove
from infra.local.ports import check_port, free_ports


@pytest.fixture(autouse=True)
def instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("infra.local.instance.INSTANCES", tmp_path)
    return tmp_path


def test_an_instance_is_read_back_as_it_was_saved():
    made = replace(create("two", None), outputs={"ApiUrl": "https://x"}, passwords={"a@b.c": "p"})
    made.save()

    assert Instance.load("two") == made
    assert list(known()) == ["two"]


def test_passwords_are_for_the_owner_s_eyes_only():
    made = create("two", None)

    assert stat.S_IMODE((made.folder / "instance.json").stat().st_mode) == 0o600


def test_removing_leaves_only_logs_and_a_new_start_not_even_those():
    made = create("two", None)
    (made.logs / "emulator.log").write_text("old")

    remove("two")

    assert [path.name for path in made.folder.iterdir()] == ["logs"]
    assert Instance.load("two") is None
    assert list(create("two", None).logs.iterdir()) == []


@pytest.mark.parametrize("name", ["", "Two", "../two", "-two", "a" * 33, "a b"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str):
    with pytest.raises(LocalError, match=r"^E_NAME: .* Use 1 to 32 of a-z") as refused:
        create(name, None)

    assert refused.value.exit_code == 2


def test_ports_of_one_instance_differ():
    assert len(set(free_ports(4))) == 4


def test_a_port_that_is_taken_is_refused_by_its_number():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LocalError, match=rf"^E_PORT_TAKEN: .*\({port}\)\. Choose another --port"):
            create("two", port)


@pytest.mark.parametrize("port", [0, 80, 65_536])
def test_a_port_out_of_range_is_refused(port: int):
    with pytest.raises(LocalError, match=r"^E_PORT: "):
        check_port(port)


def test_the_certificate_names_the_loopback_and_the_api(tmp_path: Path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    first = certificate.read_bytes()
    make_certificate(certificate, key)

    printed = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in ("DNS:localhost", "DNS:*.execute-api.localhost", "IP Address:127.0.0.1", "CA:FALSE"):
        assert name in printed
    ssl.create_default_context(cafile=str(certificate))
    assert certificate.read_bytes() == first
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_exports_work_in_a_shell_that_has_other_credentials(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-real-account")
    made = create("two", None)

    shell = f"eval {shlex.quote(exports(made, 'bob'))}; env"
    seen = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout.splitlines()

    assert "AWS_PROFILE=bob" in seen
    assert f"AWS_ENDPOINT_URL=https://127.0.0.1:{made.port}" in seen
    assert not [line for line in seen if line.startswith("AWS_ACCESS_KEY_ID")]


def test_a_deployment_sees_nothing_of_the_caller_s_own_aws(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-a-real-account")

    environment = as_root(create("two", None))

    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "test"


def test_people_find_their_keys_in_the_instance_alone():
    made = create("two", None)

    assert as_person(made, "alice")["AWS_SHARED_CREDENTIALS_FILE"].startswith(str(made.folder))
