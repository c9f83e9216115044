"""promptfoo's test files mean here what they mean there; what is not read is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptops.cli.datasets.case_file import CaseFile
from promptops.cli.datasets.reading import read_cases
from promptops.domain.errors import BadInput

CONFIG = """\
description: Support answers
prompts: [file://prompt.txt]
providers: [openai:gpt-4.1-mini]
outputPath: results.json
defaultTest:
  vars: {shop: Northfield, tone: kind}
  assert:
    - $ref: '#/assertionTemplates/kind'
  options: {rubricPrompt: file://rubric.txt}
  threshold: 0.5
assertionTemplates:
  kind: {type: llm-rubric, value: 'Is {{tone}}'}
  short: {type: word-count, value: {max: 90}, metric: Length in words}
tests:
  - description: Refund, late
    vars: {question: file://questions/late.txt, tone: stern}
    assert:
      - $ref: '#/assertionTemplates/short'
      - {type: is-json, value: file://schema.yaml}
      - type: assert-set
        metric: the decision
        threshold: 0.5
        assert:
          - {type: contains-any, value: [file://word.txt, never]}
    threshold: 0.8
    metadata: {reviewer: ann}
  - vars: {question: [a, b], lang: [en, de]}
    options: {disableDefaultAsserts: true}
    assert: [{type: equals, value: x}]
  - file://more/*.yaml
  - file://rows.csv
"""
FILES = {
    "promptfooconfig.yaml": CONFIG,
    "rubric.txt": "Grade {{output}} by {{rubric}}.\n",
    "questions/late.txt": " Too late? \n",
    "schema.yaml": "type: object\nrequired: [decision]\n",
    "word.txt": "deny\n",
    "more/b.yaml": "vars: {question: from b}\nassert: [{type: equals, value: file://more/exact.md}]\n",
    "more/a.yaml": "- vars: {question: from a}\n",
    "more/exact.md": "exact\n",
    "rows.csv": (
        "question,__expected,__expected2,__description,__metric,__threshold,__metadata:source,"
        "__config:__expected2:threshold\n"
        'late?,"contains-all: refund, late",similar: sorry,Row one,tone,0.4,chat,0.9\n'
        "late?,grade: is kind,levenshtein(3): abc,Row one,,,,\n"
        "late?,not-is-json,plain text,,,,,\n"
    ),
}


def read(folder: Path, files: dict[str, str], name: str = "promptfooconfig.yaml") -> CaseFile:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return read_cases(folder, name, max_bytes=1_000_000)


@pytest.fixture
def found(tmp_path: Path) -> CaseFile:
    return read(tmp_path, FILES)


@pytest.fixture
def cases(found: CaseFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.lines.splitlines()]


DEFAULT = {"type": "llm-rubric", "value": "Is {{tone}}", "rubricPrompt": "Grade {{output}} by {{rubric}}."}


def test_a_test_stands_on_the_default_test(cases: list[dict[str, Any]]) -> None:
    assert cases[0] == {
        "id": "refund-late",
        "description": "Refund, late",
        "vars": {"shop": "Northfield", "tone": "stern", "question": "Too late?"},
        "threshold": 0.8,
        "assert": [
            DEFAULT,
            {"type": "word-count", "value": {"max": 90}, "metric": "Length-in-words"},
            {"type": "is-json", "value": {"type": "object", "required": ["decision"]}},
            {
                "type": "assert-set",
                "metric": "the-decision",
                "threshold": 0.5,
                "assert": [{"type": "contains-any", "value": ["deny", "never"]}],
            },
        ],
    }


def test_lists_of_texts_are_spread_the_last_changing_fastest(cases: list[dict[str, Any]]) -> None:
    spread = cases[1:5]

    assert [(case["vars"]["question"], case["vars"]["lang"]) for case in spread] == [
        ("a", "en"),
        ("a", "de"),
        ("b", "en"),
        ("b", "de"),
    ]
    assert [case["id"] for case in spread] == ["case-0002", "case-0003", "case-0004", "case-0005"]
    assert {json.dumps(case["assert"]) for case in spread} == {'[{"type": "equals", "value": "x"}]'}
    assert {case["threshold"] for case in spread} == {0.5}


def test_tests_in_other_files_are_read_in_the_order_of_their_names(cases: list[dict[str, Any]]) -> None:
    from_a, from_b = cases[5:7]

    assert (from_a["vars"]["question"], from_a["assert"]) == ("from a", [DEFAULT])
    assert (from_b["vars"]["question"], from_b["assert"]) == (
        "from b",
        [DEFAULT, {"type": "equals", "value": "exact\n"}],
    )


def test_rows_say_what_promptfoo_reads_in_them(cases: list[dict[str, Any]]) -> None:
    first, second, third = cases[7:]

    assert (first["id"], second["id"], third["id"]) == ("row-one", "row-one-2", "case-0010")
    assert (first["threshold"], second["threshold"]) == (0.4, 0.5)
    assert first["assert"] == [
        DEFAULT,
        {"type": "contains-all", "value": ["refund", "late"], "metric": "tone"},
        {"type": "similar", "value": "sorry", "threshold": 0.9, "metric": "tone"},
    ]
    assert second["assert"][1:] == [
        {"type": "llm-rubric", "value": " is kind", "rubricPrompt": DEFAULT["rubricPrompt"]},
        {"type": "levenshtein", "value": "abc", "threshold": 3.0},
    ]
    assert third["assert"][1:] == [{"type": "not-is-json"}, {"type": "equals", "value": "plain text"}]


def test_what_is_of_no_use_is_said(found: CaseFile) -> None:
    (warning,) = found.warnings

    assert warning.startswith(
        "W_DATASET_IGNORED: metadata, __metadata:source, description, prompts, providers, "
    )
    assert set(found.files) == set(FILES)


def test_places_are_those_of_the_files(found: CaseFile) -> None:
    assert found.places == (
        "promptfooconfig.yaml test 1",
        *["promptfooconfig.yaml test 2"] * 4,
        "more/a.yaml test 1",
        "more/b.yaml test 1",
        "rows.csv:2",
        "rows.csv:3",
        "rows.csv:4",
    )


def one(test: str, **fields: str) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items()) + f"tests: [{test}]\n"


EQUALS = "assert: [{type: equals, value: x}]"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (one(f"{{{EQUALS}}}", scenarios="[]"), "promptfooconfig.yaml: 'scenarios' is not read"),
        (one(f"{{{EQUALS}}}", nunjucksFilters="{}"), "'nunjucksFilters' is not read"),
        (one(f"{{{EQUALS}, provider: openai}}"), "promptfooconfig.yaml test 1: provider is not read"),
        (one(f"{{{EQUALS}, prompts: [a]}}"), "test 1: prompts is not read"),
        (one(f"{{{EQUALS}, providerOutput: x}}"), "providerOutput is not read.*--replay"),
        (one(f"{{{EQUALS}, assertScoringFunction: file://f.js}}"), "assertScoringFunction is not read"),
        (one(f"{{{EQUALS}, treshold: 1}}"), "'treshold' is not read .did you mean 'threshold'"),
        (one(f"{{{EQUALS}, options: {{transform: x}}}}"), "options.transform is not read"),
        (one(f"{{{EQUALS}, options: {{prefix: x}}}}"), "options.prefix is not read"),
        (one(f"{{{EQUALS}, options: {{storeOutputAs: x}}}}"), "'options.storeOutputAs' is not read"),
        (one(f"{{{EQUALS}}}", defaultTest="{provider: x}"), "test 1: provider is not read"),
        (one(f"{{{EQUALS}}}", defaultTest="[]"), "defaultTest is not a mapping"),
        (one("{assert: [{type: llm-rubric, value: x, provider: y}]}"), "assert.provider is not read.*judge"),
        (one("{assert: [{type: equals, value: x, transform: y}]}"), "assert.transform is not read"),
        (one("{assert: [{type: assert-set, assert: [{type: equals, transform: y}]}]}"), "assert.transform"),
        (one("{assert: [{type: equals, value: file://f.js}]}"), "'file://f.js' is a script"),
        (one("{assert: [{type: equals, value: 'file://f.py:get'}]}"), "is a script"),
        (one("{vars: {a: file://f.py}}"), "is a script"),
        (one("{assert: [{$ref: '#/assertionTemplates/none'}]}"), "leads to no assertion"),
        (one("{assert: x}"), "assert is not a list"),
        (one("{vars: file://vars.csv}"), "vars is 'file://vars.csv'"),
        (one("file://tests.xlsx"), "'tests.xlsx' is no file of tests"),
        (one("file://tests.js"), "'tests.js' is no file of tests"),
        (one("{path: file://x.py, config: {}}"), "test 1 is no test"),
    ],
)
def test_what_is_not_read_is_refused_by_name(tmp_path: Path, config: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        read(tmp_path, {"promptfooconfig.yaml": config})


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/hostname", "link.txt", "folder/secret.txt", "../*.txt"]
)
@pytest.mark.parametrize(
    "place", ["{vars: {a: 'file://%s'}}", "{assert: [{type: equals, value: 'file://%s'}]}"]
)
def test_no_file_outside_the_folder_is_read(tmp_path: Path, name: str, place: str) -> None:
    inside = tmp_path / "inside"
    outside = tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    for file in (tmp_path / "secret.txt", outside / "secret.txt"):
        file.write_text("canary")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "folder").symlink_to(outside)

    with pytest.raises(BadInput, match="E_NOT_A_FILE"):
        read(inside, {"promptfooconfig.yaml": one(place % name)})


@pytest.mark.parametrize(
    ("head", "cell", "problem"),
    [
        ("__expected", "javascript: output.length", "begins with 'javascript'"),
        ("__expected", "file://check.py", "begins with 'file'"),
        ("__expected", "rouge-n(0.5): x", "__expected asks for 'rouge-n'"),
        ("__expected", "not-is-html", "__expected asks for 'not-is-html'"),
        ("__prefix", "Be kind. ", "__prefix is not read"),
        ("__providerOutput", "x", "__providerOutput is not read"),
        ("__expcted", "x", "the column '__expcted' is not known"),
        ("__config:__expected2:threshold", "0.5", "is for __expected2, which is no column"),
    ],
)
def test_columns_that_are_not_read_are_refused_by_name(
    tmp_path: Path, head: str, cell: str, problem: str
) -> None:
    with pytest.raises(BadInput, match=f"^E_DATASET: rows.csv.*{problem}"):
        read(tmp_path, {"rows.csv": f'question,{head}\nx,"{cell}"\n'}, "rows.csv")


def test_a_threshold_in_a_row_without_its_assertion_is_passed_over(tmp_path: Path) -> None:
    table = "question,__expected,__expected2,__config:__expected2:threshold\nx,y,,0.5\n"

    case = json.loads(read(tmp_path, {"rows.csv": table}, "rows.csv").lines)

    assert case["assert"] == [{"type": "equals", "value": "y"}]


@pytest.mark.parametrize(
    ("cell", "assertion"),
    [
        ("contains", {"type": "contains"}),
        ("note: hello", {"type": "equals", "value": "note: hello"}),
        ("similar(x): y", {"type": "equals", "value": "similar(x): y"}),
        ("cost(0.01)", {"type": "cost", "threshold": 0.01}),
        ("latency", {"type": "latency", "threshold": 0.75}),
        ("starts-with(2): We", {"type": "starts-with", "value": "We"}),
        ('is-json: {"type": "object"}', {"type": "is-json", "value": ' {"type": "object"}'}),
        ("llm-rubric: a: b", {"type": "llm-rubric", "value": " a: b"}),
        ("regex: a\nb", {"type": "regex", "value": "a\nb"}),
    ],
)
def test_a_cell_is_the_assertion_promptfoo_makes_of_it(
    tmp_path: Path, cell: str, assertion: dict[str, object]
) -> None:
    quoted = cell.replace('"', '""')

    found = read(tmp_path, {"rows.csv": f'question,__expected\nx,"{quoted}"\n'}, "rows.csv")

    assert json.loads(found.lines)["assert"] == [assertion]


def test_a_value_that_seems_to_use_another_is_sent_as_it_is_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, {"promptfooconfig.yaml": one("{vars: {a: 'x {{b}}', b: y}, " + EQUALS + "}")})

    assert json.loads(found.lines)["vars"] == {"a": "x {{b}}", "b": "y"}
    assert found.warnings == (
        "W_DATASET_BRACES: promptfooconfig.yaml test 1: a is sent as it is. Values are never templates.",
    )


def test_lists_stay_values_where_they_are_not_to_be_spread(tmp_path: Path) -> None:
    test = "{vars: {a: [x, y], b: [1, 2]}, options: {disableVarExpansion: true}, " + EQUALS + "}"

    found = read(tmp_path, {"promptfooconfig.yaml": one(test)})

    assert json.loads(found.lines)["vars"] == {"a": ["x", "y"], "b": [1, 2]}


def test_code_of_a_custom_grader_is_left_to_who_runs_it(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"promptfooconfig.yaml": one("{assert: [{type: python, value: file://grade.py}]}")}
    )

    assert json.loads(found.lines)["assert"] == [{"type": "python", "value": "file://grade.py"}]
