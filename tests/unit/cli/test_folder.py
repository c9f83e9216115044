"""Prompt folders: what is read from a good one, and what every bad one gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promptops.cli.checked import check
from promptops.cli.folder import read_folder
from promptops.domain.canonical import sha256
from promptops.domain.errors import (
    BadInput,
    BinaryContent,
    InvalidDataset,
    InvalidEncoding,
    InvalidMetadata,
    InvalidMetadataType,
    MissingBlock,
    NotAFile,
    TooLarge,
    UndeclaredVariable,
    UnknownMetadata,
)
from promptops.domain.source import PromptSource

METADATA = """\
schema: 1
prompt_id: support-ticket
owner: ml-platform
risk: low
rationale: first
messages:
  - {role: system, file: system.md}
  - {role: user, file: user.md}
model: {id: some.model-v1:0, provider: bedrock}
variables:
  ticket: {type: string, max_chars: 800}
thresholds: {min_score: 0.8, min_cases: 1}
dataset: {file: cases.jsonl}
"""
CASE = '{"id": "one", "vars": {"ticket": "x"}, "assert": [{"type": "contains", "value": "x"}]}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "support-ticket"
    blocks = tmp_path / "_blocks"
    made.mkdir()
    blocks.mkdir()
    (made / "prompt.yaml").write_text(METADATA)
    (made / "system.md").write_text("Answer.\n{{> polite}}\n")
    (made / "user.md").write_text("{{ticket}}\n")
    (made / "cases.jsonl").write_text(CASE)
    (blocks / "polite.md").write_text("Be polite.\n")
    return made


def replace(folder: Path, old: str, new: str) -> None:
    assert old in METADATA
    (folder / "prompt.yaml").write_text(METADATA.replace(old, new))


def test_a_folder_becomes_the_source_publish_takes(folder: Path) -> None:
    read = read_folder(folder)

    source = PromptSource.from_dict(read.source)
    assert [(message.role, message.content) for message in source.messages] == [
        ("system", "Answer.\n{{> polite}}\n"),
        ("user", "{{ticket}}\n"),
    ]
    assert source.blocks == {"polite": "Be polite.\n"}
    assert read.dataset == CASE
    assert {path.name for path in read.files} == {
        "prompt.yaml",
        "system.md",
        "user.md",
        "cases.jsonl",
        "polite.md",
    }


def test_cases_are_read_from_other_kinds_of_files(folder: Path) -> None:
    replace(folder, "{file: cases.jsonl}", "{file: evals/cases.csv}")
    (folder / "evals").mkdir()
    (folder / "evals" / "cases.csv").write_text("ticket,__expected,__metadata:a\nx,contains: x,b\n")

    checked = check(folder)

    assert checked.validated.cases == 1
    assert checked.folder.files[3] == (folder / "evals" / "cases.csv").resolve()
    assert [warning.partition(":")[0] for warning in checked.validated.warnings] == ["W_DATASET_IGNORED"]


def test_a_wrong_case_is_named_where_it_stands(folder: Path) -> None:
    replace(folder, "cases.jsonl", "cases.csv")
    (folder / "cases.csv").write_text("ticket,__expected\nx,contains: x\ny,word-count: many\n")

    with pytest.raises(InvalidDataset, match=r"^E_DATASET: cases.csv:3: "):
        check(folder)


def test_sensitive_cases_are_named_by_their_digest(folder: Path) -> None:
    named = f'{{sha256: "{"a" * 64}", cases: 120, sensitive: true}}'
    replace(folder, "{file: cases.jsonl}", named)

    checked = check(folder)

    assert (checked.folder.dataset, checked.validated.cases) == ("", 120)
    assert checked.validated.dataset.sensitive
    assert checked.folder.body().source["dataset"] == {"sha256": "a" * 64, "cases": 120, "sensitive": True}
    assert "cases.jsonl" not in {path.name for path in checked.folder.files}


@pytest.mark.parametrize(
    ("dataset", "problem"),
    [
        (
            "{file: cases.jsonl, sensitive: true}",
            "beside the prompt, and that is not restricted.*dataset upload",
        ),
        ("{file: cases.jsonl, cases: 1}", "dataset: 'cases' is not a field"),
        ("{sensitive: true}", "names a file beside the prompt|dataset names no file"),
        (f"{{sha256: {'a' * 64}}}", "dataset is .*promptops dataset upload"),
        ("{fil: cases.jsonl}", "'fil' is not a field .did you mean 'file'"),
    ],
)
def test_a_dataset_is_a_file_or_an_upload(folder: Path, dataset: str, problem: str) -> None:
    replace(folder, "{file: cases.jsonl}", dataset)

    with pytest.raises(BadInput, match=problem):
        check(folder)


def test_how_a_prompt_is_measured_stands_in_its_folder(folder: Path) -> None:
    replace(folder, "thresholds:", "evaluation: {repeats: 3, judge: {id: a-judge}}\nthresholds:")

    assert check(folder).source.policy.evaluation.repeats == 3


def test_a_text_prompt_is_one_user_message(folder: Path) -> None:
    replace(
        folder,
        "messages:\n  - {role: system, file: system.md}\n  - {role: user, file: user.md}\n",
        "text: user.md\n",
    )

    assert read_folder(folder).source["messages"] == [{"role": "user", "content": "{{ticket}}\n"}]


def test_the_prompts_of_this_repository_pass_every_check() -> None:
    prompts = Path(__file__).parents[3] / "prompts"

    checked = [check(folder.parent) for folder in sorted(prompts.glob("*/prompt.yaml"))]

    assert len(checked) >= 2
    assert all(item.validated.cases >= item.source.policy.thresholds.min_cases for item in checked)


@pytest.mark.parametrize(
    ("content", "byte"),
    [
        (b"\xff\xfea\x00", "byte 0 is 0xFF"),
        (b"\xef\xbb\xbfHello", "byte 0 is 0xEF"),
        (b"Hello \xe9", "byte 6 is 0xE9"),
    ],
)
@pytest.mark.parametrize("name", ["user.md", "prompt.yaml", "cases.jsonl"])
def test_other_encodings_are_refused_and_never_converted(
    folder: Path, name: str, content: bytes, byte: str
) -> None:
    (folder / name).write_bytes(content)

    with pytest.raises(InvalidEncoding, match=rf"^E_ENCODING: {name}: {byte}. Save it as UTF-8 without BOM"):
        read_folder(folder)


def test_an_owner_that_yaml_reads_as_false_is_shown_as_written(folder: Path) -> None:
    replace(folder, "owner: ml-platform", "owner: no")

    with pytest.raises(InvalidMetadataType, match=r'owner must be text, found no. Quote it: "no"'):
        read_folder(folder)


def test_an_unknown_field_gets_a_guess(folder: Path) -> None:
    replace(folder, "owner:", "ownr:")

    with pytest.raises(UnknownMetadata, match=r"'ownr' is not a field \(did you mean 'owner'\?\)"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("file: user.md", "fil: user.md", "message 2: 'fil'"),
        ("{file: cases.jsonl}", "{path: cases.jsonl}", "dataset: 'path'"),
        ("risk: low", "risk: low\nblocks: {polite: hi}", "'blocks'"),
    ],
)
def test_unknown_fields_are_found_at_every_level(folder: Path, old: str, new: str, named: str) -> None:
    replace(folder, old, new)

    with pytest.raises(UnknownMetadata, match=named):
        read_folder(folder)


@pytest.mark.parametrize(
    ("new", "what"),
    [("", "schema is missing"), ("schema: 2\n", "schema is '2'"), ("schema: true\n", "schema is 'True'")],
)
def test_only_the_known_schema_is_read(folder: Path, new: str, what: str) -> None:
    replace(folder, "schema: 1\n", new)

    with pytest.raises(InvalidMetadata, match=what):
        read_folder(folder)


@pytest.mark.parametrize(
    "name", ["../secret.md", "/etc/hostname", "sub/../../secret.md", "..", "", "user.md\\x"]
)
def test_files_outside_the_folder_are_refused(folder: Path, name: str) -> None:
    (folder.parent / "secret.md").write_text("secret")
    replace(folder, "file: user.md", f"file: '{name}'")

    with pytest.raises((NotAFile, InvalidMetadata)):
        read_folder(folder)


def test_a_link_is_not_followed(folder: Path) -> None:
    (folder.parent / "elsewhere.md").write_text("secret")
    (folder / "user.md").unlink()
    (folder / "user.md").symlink_to(folder.parent / "elsewhere.md")

    with pytest.raises(NotAFile, match=r"'user\.md' is a link"):
        read_folder(folder)


def test_a_folder_behind_a_link_is_not_followed(folder: Path) -> None:
    (folder / "inner").symlink_to(folder.parent)
    replace(folder, "file: user.md", "file: inner/_blocks/polite.md")

    with pytest.raises(NotAFile, match="through a link"):
        read_folder(folder)


def test_a_linked_block_is_not_followed(folder: Path) -> None:
    block = folder.parent / "_blocks" / "polite.md"
    block.rename(folder.parent / "elsewhere.md")
    block.symlink_to(folder.parent / "elsewhere.md")

    with pytest.raises(NotAFile, match=r"is a link"):
        read_folder(folder)


def test_a_folder_or_a_pipe_in_place_of_a_file_is_refused_without_waiting(folder: Path) -> None:
    (folder / "user.md").unlink()
    os.mkfifo(folder / "user.md")

    with pytest.raises(NotAFile, match=r"not a regular file"):
        read_folder(folder)

    (folder / "system.md").unlink()
    (folder / "system.md").mkdir()
    with pytest.raises(NotAFile):
        read_folder(folder)


@pytest.mark.parametrize("path", ["missing", "support-ticket/user.md", "-"])
def test_what_is_no_folder_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(NotAFile, match="is not a prompt folder"):
        read_folder(folder.parent / path)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "user.md").unlink()

    with pytest.raises(NotAFile, match=r"user.md' does not exist"):
        read_folder(folder)


def test_a_large_file_is_refused_before_it_is_read(folder: Path) -> None:
    with (folder / "user.md").open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(TooLarge, match=f"user.md: {1 << 40} bytes, limit 65536"):
        read_folder(folder)


def test_a_missing_block_names_those_there_are(folder: Path) -> None:
    (folder / "system.md").write_text("{{> polit}}")

    with pytest.raises(MissingBlock, match=r"there is no block 'polit'. Known in _blocks: polite"):
        read_folder(folder)


def test_blocks_within_blocks_are_read_too(folder: Path) -> None:
    blocks = folder.parent / "_blocks"
    (blocks / "polite.md").write_text("Be polite. {{> brief@sha256:" + sha256(b"Be brief.") + "}}")
    (blocks / "brief.md").write_text("Be brief.")
    (folder / "user.md").write_text("{{ticket}} {{{{> never}}")

    checked = check(folder)

    assert checked.validated.artifact.messages[0].content == "Answer.\nBe polite. Be brief."
    assert {path.name for path in checked.folder.files} >= {"polite.md", "brief.md"}


@pytest.mark.parametrize("name", ["../secret", "a/b", "", "A"])
def test_a_block_s_name_leads_nowhere_else(folder: Path, name: str) -> None:
    (folder.parent / "secret.md").write_text("secret")
    (folder / "system.md").write_text(f"{{{{> {name}}}}}")

    with pytest.raises(MissingBlock, match="is not a block's id"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\x1f\x8brest", "gzip"), (b"PK\x03\x04", "zip"), (b"%PDF-1.7", "PDF"), (b"\x89PNG\r\n", "PNG")],
)
def test_what_is_no_text_is_named(folder: Path, content: bytes, kind: str) -> None:
    (folder / "user.md").write_bytes(content)

    with pytest.raises(BinaryContent, match=f"E_BINARY: user.md looks like {kind}"):
        read_folder(folder)


def test_checks_of_publish_are_made_before_anything_is_sent(folder: Path) -> None:
    (folder / "user.md").write_text("{{tickt}}")

    with pytest.raises(UndeclaredVariable, match="did you mean 'ticket'"):
        check(folder)
