"""drift: git, registry, ledgers and pointers side by side, and an exit code that says whether they agree."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptops.cli.checked import check
from promptops.domain.compile import compile_cases
from promptops.domain.drift import Drift
from promptops.domain.errors import AccessRefused
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, next_release
from promptops.ports import Commit
from tests.unit.cli.stack import Stack
from tests.unit.release_world import CAROL, PROMPT

PROMPTS = Path(__file__).parents[3] / "prompts"
HEADS = ["PROMPT", "ENV", "GIT", "REGISTRY", "LEDGER", "POINTER", "DRIFT"]


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A checkout with one prompt."""
    root = tmp_path / "prompts"
    shutil.copytree(PROMPTS / "_blocks", root / "_blocks")
    shutil.copytree(PROMPTS / PROMPT, root / PROMPT)
    return root


def publish(stack: Stack, prompts: Path, version: int, *, prompt_id: str = PROMPT) -> None:
    """The folder as it is now, as this version."""
    checked = check(prompts / prompt_id)
    cases = compile_cases(checked.source, checked.folder.dataset)
    record = stack.world.publish(version, prompt_id=prompt_id)
    stack.world.change(record.ref, source_sha256=checked.source.digest(cases.sha256))


def release(stack: Stack, version: int, *, to: str) -> None:
    stack.world.release(stack.world.registry.version(PromptRef(PROMPT, version)), to=to)


@pytest.fixture
def agreed(stack: Stack, prompts: Path) -> Stack:
    """v1 is what the folder says, and is live in dev and staging."""
    publish(stack, prompts, 1)
    release(stack, 1, to="staging")
    return stack


def lines(stack: Stack, *arguments: str) -> dict[str, dict[str, Any]]:
    """The lines of a command's document by environment, however it ended."""
    found = stack.document("drift", PROMPT, *arguments)
    document = found["error"]["data"] if "error" in found else found
    return {line["environment"]: line for line in document["lines"]}


def drift_of(stack: Stack, prompts: Path, environment: str = "dev") -> list[str]:
    return list(lines(stack, "--folder", str(prompts))[environment]["drift"])


def test_where_all_say_the_same_there_is_a_line_for_each_environment_and_exit_0(agreed, prompts):
    result = agreed.run("drift", PROMPT, "--folder", str(prompts))

    heads, dev, staging, prod = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert heads.split() == HEADS
    assert dev.split()[:4] == [PROMPT, "dev", "v1", "v1"]
    assert dev.count("v1, revision 1") == 2
    assert all(line.endswith(" none") for line in (dev, staging, prod))
    assert prod.split()[2:] == ["v1", "v1", "-", "-", "none"]


def test_what_differs_is_counted_on_standard_error_with_exit_5(agreed, prompts):
    agreed.world.pointers["dev"].values[PROMPT] = "v99"

    result = agreed.run("drift", "--folder", str(prompts))

    assert result.exit_code == 5
    assert result.stderr == (
        "E_DRIFT: 1 of 3 lines differ. Publish what changed in git; pointers are repaired within a minute.\n"
    )
    assert result.stdout.splitlines()[1].endswith("pointer typed by hand")


def test_scripts_get_one_document_whether_something_differs_or_not(agreed, prompts):
    same = agreed.document("drift", "--folder", str(prompts))
    agreed.world.pointers["dev"].values[PROMPT] = "v99"

    other = agreed.document("drift", "--folder", str(prompts))

    assert [line["drift"] for line in same["lines"]] == [[], [], []]
    assert other["error"]["code"] == "E_DRIFT"
    (dev, *_) = other["error"]["data"]["lines"]
    assert dev["pointer"] == "v99"
    assert dev["drift"] == ["pointer typed by hand"]
    assert dev["ledger"] == {"version": "v1", "revision": 1, "state": "live"}
    assert dev["registry"] == {"version": "v1", "revoked": ""}
    assert dev["git"] == {"state": "published", "problem": ""}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "no pointer"),
        ("v99", "pointer typed by hand"),
        ("v1 ", "pointer is not ours"),
        ("{}", "pointer is not ours"),
        ("", "pointer is not ours"),
    ],
)
def test_every_pointer_that_is_not_the_ledgers_is_named(agreed, prompts, value, says):
    values = agreed.world.pointers["dev"].values
    values.pop(PROMPT)
    if value is not None:
        values[PROMPT] = value

    assert drift_of(agreed, prompts) == [says]
    assert drift_of(agreed, prompts, "staging") == []


def test_a_pointer_that_lags_behind_is_named(agreed, prompts):
    older = agreed.world.pointer()
    agreed.world.publish(2)
    release(agreed, 2, to="dev")
    publish_folder_as(agreed, prompts, 2)
    agreed.world.pointers["dev"].values[PROMPT] = older

    assert drift_of(agreed, prompts) == ["pointer lags behind"]


def publish_folder_as(stack: Stack, prompts: Path, version: int) -> None:
    published = stack.world.registry.version(PromptRef(PROMPT, 1)).source_sha256
    stack.world.change(PromptRef(PROMPT, version), source_sha256=published)


def test_a_version_that_is_not_promoted_everywhere_is_no_drift(agreed, prompts):
    agreed.world.publish(2)
    publish_folder_as(agreed, prompts, 2)
    release(agreed, 2, to="dev")

    result = agreed.run("drift", "--folder", str(prompts))

    assert result.exit_code == 0, result.stdout


def test_a_pointer_that_holds_anything_prints_as_one_short_line(agreed, prompts):
    agreed.world.pointers["dev"].values[PROMPT] = "\x1b[2J" + "x" * 4000 + "\n"

    result = agreed.run("drift", PROMPT, "--folder", str(prompts))

    assert len(result.stdout.splitlines()) == 4
    assert "\x1b" not in result.stdout
    assert "x" * 30 not in result.stdout


def test_a_pointer_where_nothing_was_released_is_named(agreed, prompts):
    agreed.world.pointers["prod"].values[PROMPT] = "v1"

    assert drift_of(agreed, prompts, "prod") == ["pointer without a release"]


def test_a_folder_that_changed_since_it_was_published_is_named(agreed, prompts):
    (prompts / PROMPT / "cases.jsonl").open("a").write(
        (prompts / PROMPT / "cases.jsonl").read_text().splitlines()[0].replace('"id": "', '"id": "again-')
        + "\n"
    )

    result = agreed.run("drift", "--folder", str(prompts))

    assert drift_of(agreed, prompts) == ["folder changed since v1"]
    assert "changed since v1" in result.stdout
    assert result.exit_code == 5


def test_a_folder_that_was_never_published_is_named(stack, prompts):
    assert drift_of(stack, prompts) == ["folder is not published"]


def test_a_broken_folder_is_named_and_the_others_are_compared(agreed, prompts):
    other = prompts / "refund-policy"
    other.mkdir()
    (other / "prompt.yaml").write_text("schema: 1\nownr: x\n")

    result = agreed.run("drift", "--folder", str(prompts))

    assert "broken: E_METADATA_UNKNOWN" in result.stdout
    assert result.stderr.startswith("E_DRIFT: 3 of 6 lines differ.")


def test_a_folder_whose_name_is_no_id_is_left_out_with_a_word(agreed, prompts):
    shutil.copytree(prompts / PROMPT, prompts / "My Prompt")

    result = agreed.run("drift", "--folder", str(prompts))

    assert result.exit_code == 0
    assert "My Prompt is left out: E_ID" in result.stderr


def test_a_live_prompt_without_a_folder_is_named(agreed, prompts):
    shutil.rmtree(prompts / PROMPT)

    assert drift_of(agreed, prompts) == ["live without a folder"]
    assert drift_of(agreed, prompts, "prod") == []


def test_a_retired_prompt_needs_no_folder(agreed, prompts):
    shutil.rmtree(prompts / PROMPT)
    for environment in ("dev", "staging"):
        retire(agreed, environment)
        agreed.world.reconcile(environment)

    result = agreed.run("drift", "--folder", str(prompts))

    assert result.exit_code == 0
    assert "v1 retired, revision 2" in result.stdout


def test_outside_a_checkout_git_is_not_looked_at(agreed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "prompts" / PROMPT)

    result = agreed.run("drift")

    assert result.exit_code == 0
    assert "git is left out" in result.stderr
    assert result.stdout.splitlines()[1].split()[2:4] == ["-", "v1"]


def test_in_a_checkout_its_prompts_are_compared_without_being_named(agreed, prompts, monkeypatch):
    monkeypatch.chdir(prompts.parent)

    result = agreed.run("drift")

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 4)


def test_a_folder_that_is_named_and_not_there_is_refused(agreed, tmp_path):
    result = agreed.run("drift", "--folder", str(tmp_path / "nowhere"))

    assert result.exit_code == 2
    assert result.stderr.startswith("E_NOT_A_FILE: there is no folder ")


def test_a_revoked_version_that_is_still_live_is_named(agreed, prompts):
    agreed.world.revoke(PromptRef(PROMPT, 1))

    result = agreed.run("drift", "--folder", str(prompts))

    assert drift_of(agreed, prompts) == ["v1 is revoked and still live"]
    assert " v1 revoked " in result.stdout
    assert drift_of(agreed, prompts, "prod") == []


def test_a_withdrawn_version_is_no_drift_any_more(agreed, prompts):
    agreed.world.revoke(PromptRef(PROMPT, 1))
    for environment in ("dev", "staging"):
        agreed.world.reconcile(environment)

    assert agreed.run("drift", "--folder", str(prompts)).exit_code == 0


def test_a_ledger_and_a_registry_that_disagree_are_named(agreed, prompts):
    ref = PromptRef(PROMPT, 1)
    agreed.world.change(ref, sha256="0" * 64)
    assert drift_of(agreed, prompts) == ["v1 has another digest in the registry"]

    history = agreed.world.ledgers["dev"].history[PROMPT]
    history[0] = replace(history[0], version=7)
    agreed.world.pointers["dev"].values[PROMPT] = history[0].head().pointer().to_text()
    assert drift_of(agreed, prompts) == ["v7 is not in the registry"]


def test_one_environment_is_compared_alone(agreed, prompts):
    agreed.world.pointers["dev"].values[PROMPT] = "v99"

    assert agreed.run("drift", "--env", "staging", "--folder", str(prompts)).exit_code == 0
    assert agreed.run("drift", "--env", "dev", "--folder", str(prompts)).exit_code == 5


def test_all_prompts_of_a_large_catalog_are_compared(stack, tmp_path):
    for number in range(205):
        stack.world.publish(prompt_id=f"prompt-{number:03d}")
    (tmp_path / "prompts").mkdir()

    found = stack.document("drift", "--env", "dev", "--folder", str(tmp_path / "prompts"))

    assert len(found["lines"]) == 205


def test_with_nothing_published_and_no_folder_it_says_so(stack, tmp_path):
    result = stack.run("drift", "--folder", str(tmp_path))

    assert result.exit_code == 0
    assert result.stdout == "No prompt is published yet, and there is no folder of one.\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("unheard-of",), "E_PROMPT_UNKNOWN"), (("Upper",), "E_ID"), (("--env", "nowhere"), "E_ENV")],
)
def test_what_cannot_be_compared_is_refused(agreed, arguments, code):
    result = agreed.run("drift", *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{code}: ")


def test_a_release_that_runs_while_we_look_is_no_drift(agreed, prompts, monkeypatch):
    """Read one after the other, a new pointer beside an old head would look forged."""
    ledger, pointers = agreed.world.ledgers["dev"], agreed.world.pointers["dev"]
    read_many = pointers.read_many

    def overtaken(prompt_ids: list[str]) -> Any:
        monkeypatch.setattr(pointers, "read_many", read_many)
        agreed.world.publish(2)
        publish_folder_as(agreed, prompts, 2)
        release(agreed, 2, to="dev")
        return read_many(prompt_ids)

    monkeypatch.setattr(pointers, "read_many", overtaken)

    found = lines(agreed, "--folder", str(prompts))["dev"]

    assert ledger.head(PROMPT).version == 2
    assert (found["ledger"]["version"], [note for note in found["drift"] if "pointer" in note]) == ("v2", [])
    assert not any("registry" in note for note in found["drift"])


def test_a_pointer_read_just_before_a_release_is_looked_at_again(agreed, prompts, monkeypatch):
    pointers = agreed.world.pointers["dev"]
    read = pointers.read

    def overtaken(prompt_id: str) -> str | None:
        monkeypatch.setattr(pointers, "read", read)
        before = read(prompt_id)
        agreed.world.publish(2)
        publish_folder_as(agreed, prompts, 2)
        release(agreed, 2, to="dev")
        return before

    monkeypatch.setattr(pointers, "read_many", lambda prompt_ids: {})
    monkeypatch.setattr(pointers, "read", overtaken)

    found = lines(agreed, "--env", "dev", "--folder", str(prompts))["dev"]

    assert found["ledger"]["version"] == "v2"
    assert not any("pointer" in note for note in found["drift"])


def test_what_reconcilers_found_of_one_prompt_is_shown_newest_first(agreed, prompts):
    for prompt_id, value in ((PROMPT, "v98"), ("refund-policy", "v97"), (PROMPT, "v99")):
        agreed.world.ledgers["dev"].note_drift(
            Drift(prompt_id, value, "{}", "arn:aws:iam::1:user/x", "refused", agreed.world.clock.now())
        )

    one = agreed.run("drift", PROMPT, "--folder", str(prompts))
    every = agreed.run("drift", "--folder", str(prompts))

    *_, title, heads, newest, oldest = one.stdout.splitlines()
    assert (one.exit_code, title) == (0, "Found before:")
    assert heads.split()[:3] == ["AT", "ENV", "OUTCOME"]
    assert newest.endswith("dev  refused  'v99'        arn:aws:iam::1:user/x")
    assert "'v98'" in oldest
    assert "v97" not in one.stdout
    assert "Found before" not in every.stdout


def test_reading_is_all_it_does(agreed, prompts):
    agreed.world.pointers["dev"].values[PROMPT] = "v99"
    before = json.dumps([agreed.world.pointers["dev"].written, agreed.world.pointers["dev"].values])

    agreed.run("drift", "--folder", str(prompts))

    after = json.dumps([agreed.world.pointers["dev"].written, agreed.world.pointers["dev"].values])
    assert after == before
    assert agreed.api.posted == []
    assert agreed.world.ledgers["dev"].found == []


def test_who_may_not_read_is_told_so(agreed, prompts, monkeypatch):
    def refused(prompt_ids: object) -> None:
        raise AccessRefused("ssm:GetParameters answered AccessDeniedException")

    monkeypatch.setattr(agreed.world.pointers["dev"], "read_many", refused)

    result = agreed.run("drift", "--folder", str(prompts))

    assert result.exit_code == 4
    assert result.stderr.startswith("E_ACCESS: ")


def retire(stack: Stack, environment: str) -> Head:
    ledger = stack.world.ledgers[environment]
    head = ledger.head(PROMPT)
    release = next_release(
        head,
        version=head.version,
        sha256=head.sha256,
        kind="retire",
        actor=CAROL,
        reason="nobody uses it",
        at=stack.world.clock.now(),
        op_id=f"retire-{environment}",
    )
    return ledger.commit(Commit(release, head, lower_environment=None, approval=None)).head()
