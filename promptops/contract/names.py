"""Every name that infrastructure and runtime share; with `*` for a part they are IAM patterns."""

from __future__ import annotations

from promptops.domain.identifiers import sort_key

DEFAULT_PREFIX = "prompt-ops"
STATE_STACK = "PromptOpsState"
LINE_STACK = "PromptOpsLine"
VERBS = ("publish", "evaluate", "approve", "resolve", "observe")


def artifact_key(prompt_id: str, version: int | str) -> str:
    return f"prompts/{prompt_id}/{_version(version)}.json"


def report_key(prompt_id: str, version: int | str, evaluation_id: str) -> str:
    return f"reports/{prompt_id}/{_version(version)}/{evaluation_id}.json"


def release_record_key(environment: str, prompt_id: str, version: int | str) -> str:
    return f"released/{environment}/{prompt_id}/{_version(version)}.json"


def dataset_key(sha256: str) -> str:
    return f"datasets/{sha256}.jsonl"


def chunk_key(evaluation_id: str, chunk: int | str) -> str:
    return f"evaluations/{evaluation_id}/{chunk}.json"


def pointer_parameter(prefix: str, environment: str, prompt_id: str) -> str:
    return f"/{prefix}/{environment}/{prompt_id}/current"


def settings_parameter(prefix: str, environment: str) -> str:
    return f"/{prefix}/{environment}/settings"


def installation_parameter(prefix: str) -> str:
    return f"/{prefix}/installation"


def people_parameter(prefix: str) -> str:
    return f"/{prefix}/people"


def function_name(prefix: str, verb: str, environment: str = "") -> str:
    """`prompt-ops-publish`; promote has one function an environment: `prompt-ops-promote-prod`."""
    return f"{prefix}-{verb}-{environment}" if environment else f"{prefix}-{verb}"


def state_machine_name(prefix: str) -> str:
    return f"{prefix}-release"


def metric_namespace(prefix: str) -> str:
    return prefix


def alarm_name(prefix: str, environment: str, prompt_id: str, version: int | str, signal: str) -> str:
    return f"{prefix}/{environment}/{prompt_id}/{_version(version)}/{signal}"


class LedgerKeys:
    """Partition (`pk`) and sort (`sk`) keys of the rows of one environment's ledger."""

    FREEZE = ("FREEZE", "FREEZE")

    @staticmethod
    def head(prompt_id: str) -> tuple[str, str]:
        return "HEAD", prompt_id

    @staticmethod
    def release(prompt_id: str, revision: int) -> tuple[str, str]:
        return f"RELEASE#{prompt_id}", f"{revision:010d}"

    @staticmethod
    def released_version(prompt_id: str, version: int) -> tuple[str, str]:
        return f"VERSION#{prompt_id}", sort_key(version)

    @staticmethod
    def operation(op_id: str) -> tuple[str, str]:
        return f"OPERATION#{op_id}", "OPERATION"

    @staticmethod
    def request(request_id: str) -> tuple[str, str]:
        return f"REQUEST#{request_id}", "REQUEST"

    @staticmethod
    def approval(approval_id: str) -> tuple[str, str]:
        return f"APPROVAL#{approval_id}", "APPROVAL"

    @staticmethod
    def open_approval(prompt_id: str) -> tuple[str, str]:
        return "OPEN", prompt_id

    @staticmethod
    def approval_of_request(request_id: str) -> tuple[str, str]:
        return f"REQUEST#{request_id}", "APPROVAL"

    @staticmethod
    def token(approval_id: str) -> tuple[str, str]:
        return f"TOKEN#{approval_id}", "TOKEN"


def _version(version: int | str) -> str:
    return f"v{version}" if isinstance(version, int) else version
