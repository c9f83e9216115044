"""A prompt whose versions do as well as its texts say, and evaluations of it through the deployed line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from promptops.aws.s3_reports import S3Reports
from promptops.domain.report import Report
from promptops.domain.request import ReleaseRequest
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.inside import installation, request_row
from tests.e2e.releases import version
from tests.waiting import until

SHORT, LONG = "Keep output under 40 words.", "Be as thorough as you can."
MAX_WORDS = 60
_METADATA = """schema: 1
prompt_id: {prompt_id}
owner: ml-platform
risk: low
rationale: {rationale}
messages:
  - {{role: system, file: system.md}}
  - {{role: user, file: user.md}}
model: {{id: us.anthropic.claude-haiku-4-5-20251001-v1:0, provider: bedrock}}
parameters: {{max_tokens: 600, temperature: 0}}
variables:
  ticket: {{max_chars: 400}}
thresholds: {{min_score: 0.1, min_cases: 10}}
dataset: {{file: cases.jsonl}}
"""


def a_prompt(folder: Path, prompt_id: str, length: str, cases: Sequence[Mapping[str, Any]]) -> Path:
    """A folder whose answers are short or long; published again with another text it is the next version."""
    folder.mkdir(exist_ok=True)
    texts = {
        "prompt.yaml": _METADATA.format(prompt_id=prompt_id, rationale=f"{length} {len(cases)} cases"),
        "system.md": f"Return JSON with the field summary.\n{length}\n",
        "user.md": "<ticket>{{ticket}}</ticket>\n",
        "cases.jsonl": "".join(json.dumps(case) + "\n" for case in cases),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def wanting(words: Mapping[str, int] | None, *, number: int) -> dict[str, Any]:
    """A case that wants so many words, `{min}` or `{max}`, or with None only an answer."""
    value = words or {"min": 1}
    return {
        "id": f"case-{number}",
        "vars": {"ticket": f"Ticket {number}: the report page shows an error"},
        "assert": [{"type": "word-count", "value": value}],
    }


def evaluated(aws: LocalAws, prompt_id: str, number: int, *, against: str = "") -> ReleaseRequest:
    """The ended request of an evaluation that alice asked dev for."""
    body = {"prompt_id": prompt_id, "version": f"v{number}", "against": against}
    said = post(aws, "/v1/dev/evaluate", body, signed_by="alice")
    assert said.status == 202, said
    return ended(aws, str(said.document["request_id"]))


def ended(aws: LocalAws, request_id: str) -> ReleaseRequest:
    def look() -> ReleaseRequest | None:
        request = request_row(aws, request_id)
        return request if request.ended else None

    return until(f"{request_id} to end", look, seconds=120)


def report_of(aws: LocalAws, prompt_id: str, number: int) -> Report:
    """The report that is linked to a version."""
    evidence = version(aws, prompt_id, number).evidence
    assert evidence is not None
    return S3Reports(installation(aws).artifact_bucket, aws.client("s3")).load(evidence)
