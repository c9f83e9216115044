"""Who of ours may do what: every row is asked of the policies in the template, as AWS would evaluate them."""

from __future__ import annotations

import pytest

from promptops.contract import names
from promptops.contract.names import LedgerKeys, RegistryKeys
from tests.synth.deployed import ACCOUNT, REGION, Deployed, deploy
from tests.synth.policy_evaluator import Account

FUNCTIONS = (
    "publish",
    "evaluate",
    "approve",
    "resolve",
    "observe",
    "promote-dev",
    "promote-staging",
    "promote-prod",
)
READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem")
VIA_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
NEW = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}


@pytest.fixture
def account(cloud: Deployed) -> Account:
    return Account(cloud)


@pytest.fixture
def artifacts(cloud: Deployed) -> str:
    return cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts"))


@pytest.fixture
def evaluation(cloud: Deployed) -> str:
    return cloud.arn(cloud.one("AWS::S3::Bucket", "EvaluationData"))


@pytest.fixture
def registry(cloud: Deployed) -> str:
    return cloud.arn(cloud.one("AWS::DynamoDB::Table", "Registry"))


@pytest.fixture
def ledgers(cloud: Deployed) -> dict[str, str]:
    return {
        name: cloud.arn(cloud.one("AWS::DynamoDB::Table", f"Ledger{name.title()}"))
        for name in ("dev", "staging", "prod")
    }


def parameter(name: str) -> str:
    return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prompt-ops/{name}"


def those_who(account: Account, action: str, resource: str, **keys: str) -> set[str]:
    return {name for name in FUNCTIONS if account.ask(name, action, resource, **keys) == "allowed"}


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_only_its_promote_writes_an_environments_pointers_ledger_and_records(
    environment: str, account: Account, artifacts: str, ledgers: dict[str, str]
):
    alone = {f"promote-{environment}"}

    assert those_who(account, "ssm:PutParameter", parameter(f"{environment}/support-ticket/current")) == alone
    assert those_who(account, "s3:PutObject", f"{artifacts}/released/{environment}/a/v1.json", **NEW) == alone
    for action in WRITE:
        assert those_who(account, action, ledgers[environment]) == {*alone, "approve"}


def test_nobody_writes_settings_installation_or_people(account: Account):
    for name in ("prod/settings", "installation", "people"):
        assert those_who(account, "ssm:PutParameter", parameter(name)) == set()


def test_pointers_are_read_by_resolve_and_their_promote_only(account: Account):
    assert those_who(account, "ssm:GetParameter", parameter("prod/support-ticket/current")) == {
        "resolve",
        "promote-prod",
    }
    assert those_who(account, "ssm:GetParameterHistory", parameter("prod/support-ticket/current")) == {
        "promote-prod"
    }


def test_nobody_reads_pointers_by_path(account: Account):
    assert those_who(account, "ssm:GetParametersByPath", parameter("prod")) == set()


def test_only_publish_adds_versions(account: Account, artifacts: str, registry: str):
    assert those_who(account, "s3:PutObject", f"{artifacts}/prompts/a/v1.json", **NEW) == {"publish"}
    assert those_who(account, "dynamodb:PutItem", registry) == {"publish"}


def test_even_publish_overwrites_nothing(account: Account, artifacts: str):
    overwriting = {"s3:ObjectCreationOperation": "true"}

    assert account.ask("publish", "s3:PutObject", f"{artifacts}/prompts/a/v1.json", **overwriting) == "denied"


REVOKING = ("prompt_id", "version", "revoked", "restrictions", "entry")


def test_only_the_highest_environment_revokes_and_touches_nothing_else_of_a_version(
    account: Account, registry: str
):
    def update(who: str, *attributes: str) -> str:
        return account.ask(who, "dynamodb:UpdateItem", registry, **{"dynamodb:Attributes": attributes})

    assert update("promote-prod", *REVOKING) == "allowed"
    for attribute in ("sha256", "document", "latest", "evidence", "archived", "listed"):
        assert update("promote-prod", *REVOKING, attribute) == "not allowed"
    for who in ("promote-dev", "promote-staging", "approve", "evaluate", "resolve", "observe"):
        assert update(who, *REVOKING) == "not allowed"


@pytest.mark.parametrize("who", ["promote-dev", "promote-staging"])
def test_other_environments_see_what_is_revoked_and_list_no_prompt(who: str, account: Account, registry: str):
    def query(partition: str) -> str:
        return account.ask(who, "dynamodb:Query", registry, **{"dynamodb:LeadingKeys": [partition]})

    assert query(RegistryKeys.REVOKED) == "allowed"
    assert query("support-ticket") == "not allowed"
    for place in (registry, f"{registry}/index/{RegistryKeys.LISTING}"):
        assert account.ask(who, "dynamodb:Scan", place) == "not allowed"


def test_the_highest_environment_reads_a_prompts_log_before_it_adds_to_it(account: Account, registry: str):
    for partition in (RegistryKeys.REVOKED, "support-ticket"):
        keys = {"dynamodb:LeadingKeys": [partition]}
        assert account.ask("promote-prod", "dynamodb:Query", registry, **keys) == "allowed"


def test_only_publish_lists_prompts_by_the_index(account: Account, registry: str):
    assert those_who(account, "dynamodb:Query", f"{registry}/index/{RegistryKeys.LISTING}") == {"publish"}


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_environments_copies_and_drills_are_kept_by_its_promote_only(
    environment: str, account: Account, artifacts: str
):
    for key in (
        names.archived_release_key(environment, "a", 1),
        names.archived_freeze_key(environment, 1),
        names.drill_key(environment, "a", "march"),
    ):
        for action, keys in (("s3:PutObject", NEW), ("s3:GetObject", {})):
            assert those_who(account, action, f"{artifacts}/{key}", **keys) == {f"promote-{environment}"}


def test_copies_of_versions_are_kept_by_publish_and_of_revocations_by_the_highest_environment(
    account: Account, artifacts: str
):
    for key, who in (
        (names.archived_version_key("a", 1), "publish"),
        (names.archived_revocation_key("a", 1), "promote-prod"),
    ):
        assert those_who(account, "s3:PutObject", f"{artifacts}/{key}", **NEW) == {who}
        assert those_who(account, "s3:GetObject", f"{artifacts}/{key}") == {who}


def test_nobody_overwrites_a_copy(account: Account, artifacts: str):
    overwriting = {"s3:ObjectCreationOperation": "true"}

    for who, key in (
        ("publish", names.archived_version_key("a", 1)),
        ("promote-prod", names.archived_release_key("prod", "a", 1)),
        ("promote-prod", names.archived_freeze_key("prod", 1)),
        ("promote-prod", names.archived_revocation_key("a", 1)),
        ("promote-staging", names.drill_key("staging", "a", "march")),
    ):
        assert account.ask(who, "s3:PutObject", f"{artifacts}/{key}", **overwriting) == "denied"


def test_evaluate_touches_nothing_of_a_version_but_its_evidence(account: Account, registry: str):
    def update(*attributes: str) -> str:
        return account.ask("evaluate", "dynamodb:UpdateItem", registry, **{"dynamodb:Attributes": attributes})

    assert update("prompt_id", "version", "evidence") == "allowed"
    assert update("prompt_id", "version", "evidence", "sha256") == "not allowed"
    assert update("revoked") == "not allowed"


COUNTING = ("prompt_id", "version", "cases", "done", "passed", "spent_microusd")


def test_evaluate_counts_in_rows_no_prompt_can_have_and_nobody_else_does(account: Account, registry: str):
    def count(who: str, partition: str, *attributes: str) -> str:
        keys = {"dynamodb:LeadingKeys": [partition], "dynamodb:Attributes": attributes}
        return account.ask(who, "dynamodb:UpdateItem", registry, **keys)

    for partition in (RegistryKeys.RUNS, RegistryKeys.SPEND):
        assert count("evaluate", partition, *COUNTING) == "allowed"
        for attribute in ("evidence", "entry", "revoked", "latest"):
            assert count("evaluate", partition, *COUNTING, attribute) == "not allowed"
        for who in ("approve", "resolve", "observe", "promote-dev", "promote-prod"):
            assert count(who, partition, *COUNTING) == "not allowed"
    for partition in ("support-ticket", RegistryKeys.REVOKED):
        assert count("evaluate", partition, *COUNTING) == "not allowed"


def test_without_endpoints_nobody_reads_a_secret(account: Account):
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:models/key-AbCdEf"

    assert those_who(account, "secretsmanager:GetSecretValue", secret) == set()


def test_the_keys_of_listed_endpoints_are_read_by_evaluate_and_no_other_secret_is(tmp_path):
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:models/key-AbCdEf"
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f0f0f0f-1234"
    models = [{"id": "m"}]
    listed = {"name": "other", "url": "https://models.example.org/v1", "secret_arn": secret, "models": models}
    account = Account(deploy(tmp_path, endpoints=[{**listed, "key_arn": key}]))
    through_secrets = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}

    assert those_who(account, "secretsmanager:GetSecretValue", secret) == {"evaluate"}
    assert those_who(account, "secretsmanager:GetSecretValue", secret.replace("AbCdEf", "AbCdEg")) == set()
    for action in ("secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret"):
        assert those_who(account, action, secret) == set()
    assert those_who(account, "kms:Decrypt", key, **through_secrets) == {"evaluate"}
    assert those_who(account, "kms:Decrypt", key) == set()


def test_the_key_of_a_secret_in_another_region_serves_there(tmp_path):
    secret = f"arn:aws:secretsmanager:eu-north-1:{ACCOUNT}:secret:models/key-AbCdEf"
    key = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/0f0f0f0f-1234"
    listed = {"name": "other", "url": "https://models.example.org/v1", "models": [{"id": "m"}]}
    account = Account(deploy(tmp_path, endpoints=[{**listed, "secret_arn": secret, "key_arn": key}]))
    there, here = (
        {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"} for region in ("eu-north-1", REGION)
    )

    assert those_who(account, "secretsmanager:GetSecretValue", secret) == {"evaluate"}
    assert those_who(account, "kms:Decrypt", key, **there) == {"evaluate"}
    assert those_who(account, "kms:Decrypt", key, **here) == set()


def test_only_evaluate_writes_reports_and_asks_models(account: Account, artifacts: str):
    profile = (
        f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"
    )
    model = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"

    assert those_who(account, "s3:PutObject", f"{artifacts}/reports/a/v1/0f.json", **NEW) == {"evaluate"}
    assert those_who(account, "bedrock:InvokeModel", profile) == {"evaluate"}
    assert those_who(account, "bedrock:InvokeModel", model) == {"evaluate"}
    assert those_who(account, "bedrock:InvokeModel", model.replace("haiku", "opus")) == set()


def test_a_global_profile_is_granted_with_its_model_in_no_region(tmp_path):
    model = "anthropic.claude-haiku-4-5-20251001-v1:0"
    asked = {"id": f"global.{model}", "regions": [REGION]}
    deployed = deploy(tmp_path, models=[asked])

    for arn in (
        f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/global.{model}",
        f"arn:aws:bedrock:{REGION}::foundation-model/{model}",
        f"arn:aws:bedrock:::foundation-model/{model}",
    ):
        assert Account(deployed).ask("evaluate", "bedrock:InvokeModel", arn) == "allowed"


def test_only_evaluate_opens_evaluation_data(cloud: Deployed, account: Account, evaluation: str):
    key = cloud.arn(cloud.one("AWS::KMS::Key", "EvaluationData"))

    for name in ("datasets/0f.jsonl", "evaluations/0f/1.json"):
        assert those_who(account, "s3:GetObject", f"{evaluation}/{name}") == {"evaluate"}
    assert those_who(account, "kms:Decrypt", key, **VIA_S3) == {"evaluate"}
    assert those_who(account, "s3:PutObject", f"{evaluation}/evaluations/0f/1.json") == {"evaluate"}
    assert those_who(account, "s3:PutObject", f"{evaluation}/datasets/0f.jsonl") == {"publish"}


def test_keys_are_used_through_s3_only(cloud: Deployed, account: Account):
    for start in ("Artifacts", "EvaluationData"):
        key = cloud.arn(cloud.one("AWS::KMS::Key", start))
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            assert those_who(account, action, key) == set()


def test_no_function_can_change_a_keys_policy_or_delete_a_key(cloud: Deployed, account: Account):
    for key in cloud.all("AWS::KMS::Key"):
        for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant"):
            assert those_who(account, action, cloud.arn(key)) == set()


def test_resolve_and_observe_know_no_table(account: Account, registry: str, ledgers: dict[str, str]):
    for table in (registry, *ledgers.values()):
        for action in (*READ, *WRITE):
            assert {"resolve", "observe"} & those_who(account, action, table) == set()


@pytest.mark.parametrize("who", FUNCTIONS)
def test_no_function_deletes_or_unlocks_an_object(
    who: str, account: Account, artifacts: str, evaluation: str
):
    for bucket in (artifacts, evaluation):
        for action in (
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:BypassGovernanceRetention",
            "s3:PutObjectRetention",
        ):
            assert account.ask(who, action, f"{bucket}/prompts/a/v1.json") == "denied"
        for action in ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning"):
            assert account.ask(who, action, bucket) == "denied"


@pytest.mark.parametrize("who", FUNCTIONS)
def test_no_function_removes_rows_or_tables(
    who: str, account: Account, registry: str, ledgers: dict[str, str]
):
    for table in (registry, *ledgers.values()):
        for action in ("dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable"):
            assert account.ask(who, action, table) == "denied"


def test_promote_may_do_all_that_one_release_transaction_holds(
    account: Account, registry: str, ledgers: dict[str, str]
):
    assert account.ask("promote-prod", "dynamodb:ConditionCheckItem", registry) == "allowed"
    assert account.ask("promote-prod", "dynamodb:ConditionCheckItem", ledgers["staging"]) == "allowed"
    for action in ("dynamodb:ConditionCheckItem", *READ, *WRITE):
        assert account.ask("promote-prod", action, ledgers["prod"]) == "allowed"
    released = {"dynamodb:Attributes": ["prompt_id", "version", "latest"]}
    for action in WRITE:
        assert account.ask("promote-prod", action, registry, **released) == "not allowed"


def test_promote_sees_of_other_environments_single_rows_only(account: Account, ledgers: dict[str, str]):
    for name in ("dev", "staging"):
        assert account.ask("promote-prod", "dynamodb:GetItem", ledgers[name]) == "allowed"
        for action in ("dynamodb:Query", "dynamodb:Scan", *WRITE):
            assert account.ask("promote-prod", action, ledgers[name]) == "not allowed"
    assert account.ask("promote-prod", "dynamodb:ConditionCheckItem", ledgers["dev"]) == "not allowed"


def test_a_rollback_needs_no_key_of_ours(cloud: Deployed):
    tables = cloud.all("AWS::DynamoDB::Table")

    assert all("KMSMasterKeyId" not in table.properties["SSESpecification"] for table in tables)


def test_promote_projects_the_alarms_of_its_environment_only(account: Account):
    alarms = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:prompt-ops"

    for action in ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"):
        assert those_who(account, action, f"{alarms}/prod/support-ticket/v12/errors") == {"promote-prod"}
        assert those_who(account, action, f"{alarms}/dead-letters") == set()


def test_only_promote_starts_the_workflow_and_only_the_workflow_invokes(cloud: Deployed, account: Account):
    machine = cloud.arn(cloud.one("AWS::StepFunctions::StateMachine"))
    publish = cloud.arn(cloud.function("publish"))

    assert those_who(account, "states:StartExecution", machine) == {
        "promote-dev",
        "promote-staging",
        "promote-prod",
    }
    assert those_who(account, "lambda:InvokeFunction", publish) == set()


def test_the_workflow_invokes_its_functions_and_touches_no_data(
    cloud: Deployed, account: Account, artifacts: str, evaluation: str, ledgers: dict[str, str]
):
    invoked = {
        name
        for name in FUNCTIONS
        if account.ask("release", "lambda:InvokeFunction", cloud.arn(cloud.function(name))) == "allowed"
    }

    assert invoked == set(FUNCTIONS) - {"resolve", "observe"}
    assert account.ask("release", "s3:GetObject", f"{artifacts}/prompts/a/v1.json") == "not allowed"
    assert account.ask("release", "s3:GetObject", f"{evaluation}/datasets/0f.jsonl") == "denied"
    assert account.ask("release", "dynamodb:GetItem", ledgers["prod"]) == "not allowed"


def test_approve_writes_of_a_ledger_only_what_an_approval_is_made_of(
    account: Account, ledgers: dict[str, str]
):
    def put(row: tuple[str, str]) -> str:
        return account.ask(
            "approve", "dynamodb:PutItem", ledgers["prod"], **{"dynamodb:LeadingKeys": [row[0]]}
        )

    for row in (LedgerKeys.approval, LedgerKeys.request, LedgerKeys.token, LedgerKeys.open_approval):
        assert put(row("prod-0f")) == "allowed"
    for other in (
        LedgerKeys.head("a"),
        LedgerKeys.release("a", 1),
        LedgerKeys.released_version("a", 1),
        LedgerKeys.operation("0f"),
        LedgerKeys.FREEZE,
        LedgerKeys.restriction(1),
        LedgerKeys.drift("2026", "a"),
        LedgerKeys.archived("a"),
    ):
        assert put(other) == "not allowed"


def test_approve_wakes_the_workflow_but_starts_and_releases_nothing(cloud: Deployed, account: Account):
    machine = cloud.arn(cloud.one("AWS::StepFunctions::StateMachine"))

    other = machine.replace("prompt-ops-release", "payroll")

    assert those_who(account, "states:SendTaskSuccess", machine) == {"approve"}
    assert those_who(account, "states:SendTaskSuccess", other) == set()
    assert account.ask("approve", "ssm:PutParameter", parameter("prod/a/current")) == "not allowed"


def test_mail_goes_out_from_the_configured_address_only(local: Deployed):
    account = Account(local)
    identity = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/bob@example.com"

    assert (
        account.ask("approve", "ses:SendEmail", identity, **{"ses:FromAddress": "promptops@example.com"})
        == "allowed"
    )
    assert (
        account.ask("approve", "ses:SendEmail", identity, **{"ses:FromAddress": "other@example.com"})
        == "not allowed"
    )


def test_each_function_logs_to_its_own_group_only(cloud: Deployed, account: Account):
    for name in FUNCTIONS:
        group = cloud.function(name).properties["LoggingConfig"]["LogGroup"]
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
        assert those_who(account, "logs:PutLogEvents", stream) == {name}


def test_roles_are_for_their_service_alone_and_hold_written_statements_only(cloud: Deployed):
    for role in cloud.all("AWS::IAM::Role"):
        (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"]["Service"] in ("lambda.amazonaws.com", "states.amazonaws.com")
        assert "ManagedPolicyArns" not in role.properties
        assert "Policies" not in role.properties
    for policy in cloud.all("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in actions if "*" in action]
