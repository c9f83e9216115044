"""Every name that infrastructure and runtime share; with `*` for a part they are IAM patterns."""

from __future__ import annotations

from promptops.domain.identifiers import sort_key

DEFAULT_PREFIX = "prompt-ops"
STATE_STACK = "PromptOpsState"
LINE_STACK = "PromptOpsLine"
VERBS = ("publish", "evaluate", "approve", "resolve", "observe")
#: How each line of a log begins that somebody must look into; the drift alarm counts these lines.
DRIFT_ALARM = "Drift alarm: "


def artifact_key(prompt_id: str, version: int | str) -> str:
    return f"prompts/{prompt_id}/{_version(version)}.json"


def report_key(prompt_id: str, version: int | str, evaluation_id: str) -> str:
    return f"reports/{prompt_id}/{_version(version)}/{evaluation_id}.json"


def release_record_key(environment: str, prompt_id: str, version: int | str) -> str:
    return f"released/{environment}/{prompt_id}/{_version(version)}.json"


def archived_version_key(prompt_id: str, version: int | str) -> str:
    return f"archive/registry/{prompt_id}/versions/{_version(version)}.json"


def archived_revocation_key(prompt_id: str, sequence: int | str) -> str:
    return f"archive/registry/{prompt_id}/restrictions/{_counted(sequence)}.json"


def archived_release_key(environment: str, prompt_id: str, revision: int | str) -> str:
    return f"archive/ledger/{environment}/releases/{prompt_id}/{_counted(revision)}.json"


def archived_freeze_key(environment: str, sequence: int | str) -> str:
    return f"archive/ledger/{environment}/restrictions/{_counted(sequence)}.json"


def drill_key(environment: str, prompt_id: str, op_id: str) -> str:
    """The evidence of one rollback drill."""
    return f"archive/ledger/{environment}/drills/{prompt_id}/{op_id}.json"


def dataset_key(sha256: str) -> str:
    return f"datasets/{sha256}.jsonl"


def chunk_key(evaluation_id: str, chunk: int | str) -> str:
    return f"evaluations/{evaluation_id}/{chunk}.json"


def endpoint_kind(endpoint: str) -> str:
    """The kind of the models of an endpoint, as reports and those who accept them write it."""
    return f"endpoint/{endpoint}"


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


def line_namespace(prefix: str) -> str:
    """Metrics of the line itself; those of prompt versions have a namespace of their own."""
    return f"{prefix}/line"


def state_machine_name(prefix: str) -> str:
    return f"{prefix}-release"


def metric_namespace(prefix: str) -> str:
    return prefix


def alarm_name(prefix: str, environment: str, prompt_id: str, version: int | str, signal: str) -> str:
    return f"{prefix}/{environment}/{prompt_id}/{_version(version)}/{signal}"


class LedgerKeys:
    """Partition (`pk`) and sort (`sk`) keys of the rows of one environment's ledger."""

    FREEZE = ("FREEZE", "CURRENT")

    @staticmethod
    def head(prompt_id: str) -> tuple[str, str]:
        return "HEAD", prompt_id

    @staticmethod
    def release(prompt_id: str, revision: int) -> tuple[str, str]:
        return f"RELEASE#{prompt_id}", _counted(revision)

    @staticmethod
    def released_version(prompt_id: str, version: int) -> tuple[str, str]:
        return f"VERSION#{prompt_id}", sort_key(version)

    @staticmethod
    def restriction(sequence: int) -> tuple[str, str]:
        return "RESTRICTION", _counted(sequence)

    @staticmethod
    def archived(prompt_id: str) -> tuple[str, str]:
        """Up to which revision a prompt's releases have their copies in the archive."""
        return "ARCHIVED", prompt_id

    @staticmethod
    def drift(at: str, prompt_id: str) -> tuple[str, str]:
        return "DRIFT", f"{at}#{prompt_id}"

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


class RegistryKeys:
    """Keys (`prompt_id`, `version`) of the rows of the registry, and the index over them.

    An id of ours never begins with `@`. The index is sparse: only rows that have `listed` are in it, families
    under `all`, rows of owner and tag under their own sort key. It is one because CloudFormation adds no two
    to a table that is there.
    """

    FAMILY = "family"
    #: Partition of one row a version that is or was revoked: whether it is now.
    REVOKED = "@revoked"
    #: Partitions of a row an evaluation, how far it has come, and of a row a day, what all of them spent.
    RUNS, SPEND = "@runs", "@spend"
    #: What is counted in them.
    COUNTED = ("cases", "done", "passed", "spent_microusd")
    #: The index, by (`listed`, `prompt_id`).
    LISTING = "listing"
    ALL = "all"

    @staticmethod
    def version(prompt_id: str, version: int) -> tuple[str, str]:
        return prompt_id, sort_key(version)

    @classmethod
    def family(cls, prompt_id: str) -> tuple[str, str]:
        return prompt_id, cls.FAMILY

    @staticmethod
    def label(prompt_id: str, label: str) -> tuple[str, str]:
        return prompt_id, f"label#{label}"

    @staticmethod
    def owner(prompt_id: str, owner: str) -> tuple[str, str]:
        return prompt_id, f"owner#{owner}"

    @staticmethod
    def tag(prompt_id: str, tag: str) -> tuple[str, str]:
        return prompt_id, f"tag#{tag}"

    @staticmethod
    def restriction(prompt_id: str, sequence: int | str) -> tuple[str, str]:
        return prompt_id, f"restriction#{_counted(sequence)}"

    @classmethod
    def revoked(cls, prompt_id: str, version: int) -> tuple[str, str]:
        return cls.REVOKED, f"{prompt_id}/{sort_key(version)}"

    @classmethod
    def run(cls, evaluation_id: str) -> tuple[str, str]:
        return cls.RUNS, evaluation_id

    @classmethod
    def spend(cls, day: str) -> tuple[str, str]:
        """`day` as `2026-03-01`."""
        return cls.SPEND, day


def _counted(number: int | str) -> str:
    """A revision or sequence as a key that sorts as numbers do."""
    return f"{number:010d}" if isinstance(number, int) else number


def _version(version: int | str) -> str:
    return f"v{version}" if isinstance(version, int) else version
