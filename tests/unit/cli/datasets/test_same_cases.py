"""The same cases have the same digest, whatever kind of file they were written into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptops.cli.datasets.case_file import CaseFile
from promptops.cli.datasets.reading import read_cases
from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import BadInput, InvalidDataset, TooLarge
from promptops.domain.variables import Variable

TYPES = {"ticket": "string", "days": "number", "vip": "boolean"}
DECLARED = {name: Variable(kind) for name, kind in TYPES.items()}  # type: ignore[arg-type]
CASES = [
    {
        "id": "slow-search",
        "vars": {"ticket": 'Search, "slow"\nagain', "days": 3, "vip": True},
        "assert": [
            {"type": "contains", "value": "search"},
            {"type": "similar", "value": "x", "threshold": 0.8},
        ],
        "tags": ["latency", "search"],
        "weight": 2,
        "critical": True,
    },
    {
        "id": "case-0002",
        "vars": {"ticket": "Grüße", "days": 0.5, "vip": False},
        "assert": [{"type": "not-contains", "value": "refund"}],
    },
]
YAML = """\
- id: slow-search
  vars: {ticket: "Search, \\"slow\\"\\nagain", days: 3, vip: true}
  assert:
    - {type: contains, value: search}
    - {type: similar, value: x, threshold: 0.8}
  tags: [latency, search]
  weight: 2
  critical: true
- critical: false
  weight: 1
  vars: {vip: false, days: 0.5, ticket: Grüße}
  assert:
    - {value: refund, type: not-contains}
"""
CSV = """\
id,ticket,days,vip,__expected1,__expected2,tags,weight,critical
slow-search,"Search, ""slow""
again",3,true,contains: search,similar: x,"latency, search",2,true

,Grüße,0.5,False,not-contains: refund,,,,
"""
FILES = {
    "cases.yaml": YAML,
    "cases.yml": "tests:\n" + "".join(f"  {line}\n" for line in YAML.splitlines()),
    "cases.json": json.dumps([CASES[0], {**CASES[1], "id": None}]),
    "cases.csv": CSV,
    "bom.csv": "\ufeff" + CSV.replace("\n", "\r\n").replace('slow""\r\n', 'slow""\n'),
}


def read(folder: Path, text: str, name: str = "cases.yaml", max_bytes: int = 100_000) -> CaseFile:
    (folder / name).write_bytes(text.encode())
    return read_cases(folder, name, max_bytes=max_bytes, types=TYPES)


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_makes_the_same_lines(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, FILES[name], name)

    assert [json.loads(line) for line in found.lines.splitlines()] == CASES
    assert found.lines == read(tmp_path, YAML).lines
    assert (found.files, found.warnings) == ((name,), ())
    assert len(parse_dataset(found.lines.encode(), DECLARED)) == 2


def test_json_lines_stay_byte_by_byte(tmp_path: Path) -> None:
    text = '\n{"id":  "one"}\n'

    assert read(tmp_path, text, "cases.jsonl").lines == text


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("cases.jsonl", "\n\n{", "cases.jsonl:3: not JSON"),
        ("cases.csv", 'ticket,__expected\n"a\nb",x\nc,word-count: many\n', "cases.csv:4: .*word-count"),
        ("cases.yaml", YAML.replace("refund", "'{{tickt}}'"), "cases.yaml test 2: .*'tickt'"),
    ],
)
def test_an_error_in_a_case_is_placed_in_its_file(tmp_path: Path, name: str, text: str, place: str) -> None:
    found = read(tmp_path, text, name)

    with pytest.raises(InvalidDataset, match=f"^E_DATASET: {place}"), found.placing():
        parse_dataset(
            found.lines.encode(),
            {**DECLARED, "days": Variable("number", 1), "vip": Variable("boolean", True)},
        )


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("cases.txt", "x", "'cases.txt' is no case file"),
        ("cases.yaml", "a: b", "cases.yaml holds no tests"),
        ("cases.yaml", "- a", "cases.yaml test 1: 'a' is no file of tests"),
        ("cases.yaml", "- [a]", "cases.yaml test 1 is no test"),
        ("cases.yaml", "- {vars: {a: b}, vars: {}}", "E_DUPLICATE_KEY.*'vars' lines 1 and 1"),
        ("cases.yaml", "- &a {vars: {}}", "aliases are not allowed"),
        ("cases.json", "[1,", "cases.json: not JSON"),
        ("cases.csv", "a,a\n1,2", "cases.csv: the column 'a' stands twice"),
        ("cases.csv", "a\n1,2", "cases.csv:2: 2 cells under 1 heads"),
        ("cases.csv", 'a\n"1', "cases.csv:2: unexpected end"),
        ("cases.csv", "ticket,days\nx,three", "cases.csv:2: days is not a number"),
        ("cases.csv", "ticket,vip\nx,maybe", "cases.csv:2: vip is not true or false"),
        ("cases.csv", "ticket,weight\nx,nan", "cases.csv:2: weight is not a number"),
        ("cases.csv", "ticket,critical\nx,maybe", "cases.csv:2: critical is 'maybe'"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_place(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(BadInput, match=problem):
        read(tmp_path, text, name)


def test_what_a_small_file_grows_to_is_bounded(tmp_path: Path) -> None:
    many = f"- {{vars: {{a: [{', '.join(['x'] * 200)}], b: [{', '.join(['y'] * 200)}]}}}}"

    with pytest.raises(TooLarge, match="more than 20000 cases"):
        read(tmp_path, many, max_bytes=10**9)
    with pytest.raises(TooLarge, match=r"cases.yaml makes [0-9]+ bytes of cases, limit 300"):
        read(tmp_path, YAML, max_bytes=300)
