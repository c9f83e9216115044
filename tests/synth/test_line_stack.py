"""The line: functions, schedule, alarms, topics, dashboard and outputs as promised."""

from __future__ import annotations

import json

import pytest

from promptops.contract.metrics import DIMENSIONS, METRICS
from promptops.contract.names import DRIFT_ALARM
from tests.synth.deployed import ACCOUNT, Deployed, Resource, deploy
from tests.synth.policy_evaluator import Account, Call, verdict

FUNCTIONS = {
    "publish",
    "evaluate",
    "approve",
    "resolve",
    "observe",
    "promote-dev",
    "promote-staging",
    "promote-prod",
}

ENVIRONMENTS = ("dev", "staging", "prod")
SCHEDULED = {"publish", "promote-dev", "promote-staging", "promote-prod"}


def rules_of(cloud: Deployed, start: str) -> list[Resource]:
    return [rule for rule in cloud.all("AWS::Events::Rule") if rule.id.startswith(start)]


@pytest.fixture
def functions(cloud: Deployed) -> list[Resource]:
    return list(cloud.all("AWS::Lambda::Function"))


def test_there_is_a_function_for_each_verb_and_environment(functions: list[Resource]):
    assert {function.name for function in functions} == {f"prompt-ops-{name}" for name in FUNCTIONS}


def test_functions_run_on_the_newest_python_on_arm_with_powertools_and_traces(functions: list[Resource]):
    for function in functions:
        properties = function.properties
        assert properties["Runtime"] == "python3.14"
        assert properties["Architectures"] == ["arm64"]
        assert properties["TracingConfig"] == {"Mode": "Active"}
        (layer,) = properties["Layers"]
        assert ":layer:AWSLambdaPowertoolsPythonV3-python314-arm64:" in layer


def test_functions_reserve_nothing_and_freeze_nothing(functions: list[Resource]):
    for function in functions:
        assert "ReservedConcurrentExecutions" not in function.properties
        assert "SnapStart" not in function.properties


def test_each_function_logs_json_to_a_group_of_its_own_that_expires(
    cloud: Deployed, functions: list[Resource]
):
    groups = {group.id: group for group in cloud.all("AWS::Logs::LogGroup")}
    used = [function.properties["LoggingConfig"] for function in functions]

    assert {config["LogFormat"] for config in used} == {"JSON"}
    assert len({config["LogGroup"] for config in used}) == len(functions)
    assert all(groups[config["LogGroup"]].properties["RetentionInDays"] == 90 for config in used)


def test_behind_the_api_no_function_outlives_its_caller(cloud: Deployed):
    for name in FUNCTIONS - {"evaluate"}:
        assert cloud.function(name).properties["Timeout"] < 30
    assert cloud.function("evaluate").properties["Timeout"] <= 600


def test_every_environment_is_reconciled_each_minute_and_losses_are_kept(cloud: Deployed):
    queue = cloud.one("AWS::SQS::Queue")
    reconciled = set()
    for rule in rules_of(cloud, "SchedulesReconcile"):
        (target,) = rule.properties["Targets"]
        assert rule.properties["ScheduleExpression"] == "rate(1 minute)"
        assert json.loads(target["Input"]) == {"task": "reconcile"}
        reconciled.add(target["Arn"].rsplit(":", 1)[1])

    assert reconciled == {f"prompt-ops-promote-{name}" for name in ("dev", "staging", "prod")}
    assert queue.properties["SqsManagedSseEnabled"] is True


def test_the_archive_is_compared_with_the_registry_every_five_minutes(cloud: Deployed):
    (rule,) = rules_of(cloud, "SchedulesArchive")
    (target,) = rule.properties["Targets"]

    assert rule.properties["ScheduleExpression"] == "rate(5 minutes)"
    assert json.loads(target["Input"]) == {"task": "archive"}
    assert target["Arn"].endswith(":function:prompt-ops-publish")


def test_what_a_rule_cannot_deliver_is_kept(cloud: Deployed):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))
    rules = list(cloud.all("AWS::Events::Rule"))

    assert len(rules) == 7
    for rule in rules:
        (target,) = rule.properties["Targets"]
        assert target["DeadLetterConfig"]["Arn"] == queue, rule.id
        assert rule.properties["State"] == "ENABLED"


def test_every_rule_may_invoke_its_function_and_no_other_may(cloud: Deployed):
    allowed = {
        permission.properties["SourceArn"]: permission.properties["FunctionName"]
        for permission in cloud.all("AWS::Lambda::Permission")
        if permission.properties["Principal"] == "events.amazonaws.com"
    }
    wanted = {
        cloud.resolve({"Fn::GetAtt": [rule.id, "Arn"]}): rule.properties["Targets"][0]["Arn"]
        for rule in cloud.all("AWS::Events::Rule")
    }

    assert allowed == wanted


def test_promote_hears_of_the_heads_of_its_own_ledger_and_a_bad_record_blocks_nobody(cloud: Deployed):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))
    heard = {}
    for mapping in cloud.all("AWS::Lambda::EventSourceMapping"):
        given = mapping.properties
        (pattern,) = given["FilterCriteria"]["Filters"]
        assert json.loads(pattern["Pattern"]) == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"pk": {"S": ["HEAD"]}}},
        }
        assert given["BisectBatchOnFunctionError"] is True
        assert given["MaximumRetryAttempts"] == 2
        assert given["MaximumRecordAgeInSeconds"] == 300
        assert given["DestinationConfig"]["OnFailure"]["Destination"] == queue
        heard[given["FunctionName"].rsplit(":", 1)[1]] = given["EventSourceArn"]

    for name in ("dev", "staging", "prod"):
        table = cloud.one("AWS::DynamoDB::Table", f"Ledger{name.title()}")
        assert table.properties["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
        assert heard.pop(f"prompt-ops-promote-{name}") == cloud.resolve(
            {"Fn::GetAtt": [table.id, "StreamArn"]}
        )
    assert heard == {}


def test_lambda_may_read_each_stream_with_the_role_of_its_own_environment_alone(cloud: Deployed):
    account = Account(cloud)
    for name in ("dev", "staging", "prod"):
        table = cloud.one("AWS::DynamoDB::Table", f"Ledger{name.title()}")
        stream = cloud.resolve({"Fn::GetAtt": [table.id, "StreamArn"]})
        for action in ("DescribeStream", "GetRecords", "GetShardIterator"):
            for role in FUNCTIONS:
                answer = account.ask(role, f"dynamodb:{action}", stream)
                assert (answer == "allowed") == (role == f"promote-{name}"), (role, action, name)


def test_promote_hears_of_every_change_of_a_pointer_in_its_own_environment(cloud: Deployed):
    heard = {}
    for rule in rules_of(cloud, "AcceleratorsPointers"):
        (target,) = rule.properties["Targets"]
        pattern = rule.properties["EventPattern"]
        assert "Input" not in target
        assert (pattern["source"], pattern["detail-type"]) == (["aws.ssm"], ["Parameter Store Change"])
        assert pattern["detail"]["operation"] == ["Create", "Update", "Delete"]
        heard[target["Arn"].rsplit(":", 1)[1]] = pattern["detail"]["name"]

    assert heard == {
        f"prompt-ops-promote-{name}": [{"prefix": f"/prompt-ops/{name}/"}]
        for name in ("dev", "staging", "prod")
    }


def test_asynchronous_calls_that_keep_failing_are_kept(cloud: Deployed):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))
    configured = {
        config.properties["FunctionName"]: config.properties["DestinationConfig"]["OnFailure"]["Destination"]
        for config in cloud.all("AWS::Lambda::EventInvokeConfig")
    }

    assert configured == {f"prompt-ops-{name}": queue for name in SCHEDULED}


def test_what_is_scheduled_may_send_what_it_failed_at_to_the_queue(cloud: Deployed):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))
    account = Account(cloud)

    for name in SCHEDULED:
        assert account.ask(name, "sqs:SendMessage", queue) == "allowed"


def test_policies_fit_in_what_iam_allows(cloud: Deployed):
    for policy in cloud.all("AWS::IAM::ManagedPolicy"):
        assert len(json.dumps(policy.properties["PolicyDocument"], separators=(",", ":"))) <= 6144, policy.id
    for policy in cloud.all("AWS::IAM::Policy"):
        assert len(json.dumps(policy.properties["PolicyDocument"], separators=(",", ":"))) <= 10240, policy.id


def test_lost_schedules_may_be_kept_by_the_rules_only(cloud: Deployed):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))
    statements = cloud.one("AWS::SQS::QueuePolicy").properties["PolicyDocument"]["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    rules = {cloud.resolve({"Fn::GetAtt": [rule.id, "Arn"]}) for rule in cloud.all("AWS::Events::Rule")}

    assert {statement["Condition"]["ArnEquals"]["aws:SourceArn"] for statement in allowed} == rules
    assert all(statement["Principal"] == {"Service": "events.amazonaws.com"} for statement in allowed)
    assert {statement["Resource"] for statement in allowed} == {queue}


def test_every_permission_to_invoke_names_its_source(cloud: Deployed):
    permissions = list(cloud.all("AWS::Lambda::Permission"))

    assert permissions
    assert all(permission.properties["SourceArn"] for permission in permissions)


def test_cloudwatch_may_publish_to_the_oncall_topic_and_use_its_key(cloud: Deployed):
    topic = cloud.arn(cloud.one("AWS::SNS::Topic", "OnCallAlarms"))
    key = cloud.one("AWS::KMS::Key", "OnCall")
    (policy,) = [each for each in cloud.all("AWS::SNS::TopicPolicy") if topic in each.properties["Topics"]]

    for statements, actions, resource in (
        (policy.properties["PolicyDocument"]["Statement"], ["sns:Publish"], topic),
        (key.properties["KeyPolicy"]["Statement"], ["kms:Decrypt", "kms:GenerateDataKey"], cloud.arn(key)),
    ):
        for_alarms = [
            each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        ]
        for action in actions:
            mine = Call("cloudwatch", action, resource, {"aws:SourceAccount": ACCOUNT})
            others = Call("cloudwatch", action, resource, {"aws:SourceAccount": "999999999999"})
            assert verdict(mine, for_alarms) == "allowed"
            assert verdict(others, for_alarms) == "not allowed"


def test_both_topics_are_encrypted_with_that_key(cloud: Deployed):
    key = cloud.arn(cloud.one("AWS::KMS::Key", "OnCall"))

    assert [topic.properties["KmsMasterKeyId"] for topic in cloud.all("AWS::SNS::Topic")] == [key, key]


def test_every_alarm_tells_oncall_and_says_what_missing_data_means(cloud: Deployed):
    topic = cloud.arn(cloud.one("AWS::SNS::Topic", "OnCallAlarms"))
    alarms = list(cloud.all("AWS::CloudWatch::Alarm"))

    assert len(alarms) == len(FUNCTIONS) + 4 + len(ENVIRONMENTS)
    for alarm in alarms:
        assert alarm.properties["AlarmActions"] == [topic]
        assert alarm.properties["OKActions"] == [topic]
        silence = "breaching" if "/reconcile/" in alarm.properties["AlarmName"] else "notBreaching"
        assert alarm.properties["TreatMissingData"] == silence
        assert alarm.properties["AlarmDescription"]


def test_a_refused_release_calls_nobody_and_a_broken_api_does(cloud: Deployed):
    alarms = {
        alarm.properties["AlarmName"]: alarm.properties for alarm in cloud.all("AWS::CloudWatch::Alarm")
    }
    api = alarms["prompt-ops/api/5xx"]

    for name in FUNCTIONS:
        assert alarms[f"prompt-ops/prompt-ops-{name}/errors"]["EvaluationPeriods"] == 3
    assert (api["Namespace"], api["MetricName"], api["EvaluationPeriods"]) == ("AWS/ApiGateway", "5xx", 1)
    assert api["Dimensions"] == [{"Name": "ApiId", "Value": cloud.one("AWS::ApiGatewayV2::Api").id}]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_that_nothing_reconciles_any_more_rings(cloud: Deployed, environment):
    name = f"prompt-ops/reconcile/{environment}"
    (alarm,) = [
        each.properties
        for each in cloud.all("AWS::CloudWatch::Alarm")
        if each.properties["AlarmName"] == name
    ]

    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": f"prompt-ops-promote-{environment}"}]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert alarm["Statistic"] == "Sum"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 3)


def test_the_drift_alarm_counts_the_lines_that_want_somebody_to_look(cloud: Deployed):
    alarms = {
        alarm.properties["AlarmName"]: alarm.properties for alarm in cloud.all("AWS::CloudWatch::Alarm")
    }
    drift = alarms["prompt-ops/drift"]
    filters = [each.properties for each in cloud.all("AWS::Logs::MetricFilter")]
    groups = {
        cloud.function(f"promote-{name}").properties["LoggingConfig"]["LogGroup"]
        for name in ("dev", "staging", "prod")
    }

    assert {each["LogGroupName"] for each in filters} == groups
    for each in filters:
        (transformation,) = each["MetricTransformations"]
        assert each["FilterPattern"] == f'{{ $.message = "{DRIFT_ALARM}*" }}'
        assert transformation["MetricValue"] == "1"
        assert "DefaultValue" not in transformation
        assert (transformation["MetricNamespace"], transformation["MetricName"]) == (
            drift["Namespace"],
            drift["MetricName"],
        )
    assert (drift["Statistic"], drift["Threshold"], drift["EvaluationPeriods"]) == ("Sum", 1, 1)
    assert "Dimensions" not in drift


def test_each_metric_is_charted_by_prompt_and_version_in_the_chosen_environment(cloud: Deployed):
    board = json.loads(cloud.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"])
    expressions = [
        line[0]["expression"]
        for widget in board["widgets"]
        for line in widget["properties"]["metrics"]
        if isinstance(line[0], dict)
    ]
    (choice,) = board["variables"]

    assert len(expressions) == len(METRICS)
    for metric, expression in zip(METRICS, expressions, strict=True):
        schema = ",".join(f'"{name}"' for name in ("prompt-ops", *DIMENSIONS))
        assert expression.startswith(f"SEARCH('{{{schema}}} ")
        assert f'MetricName="{metric.name}"' in expression
        assert f'environment="{choice["pattern"]}"' in expression
        assert f"'{metric.statistic}'" in expression
    assert [value["value"] for value in choice["values"]] == ["dev", "staging", "prod"]


def test_mail_is_sent_only_where_an_address_is_given(cloud: Deployed, tmp_path):
    mailing = deploy(tmp_path, mail_from="prompts@company.test")

    assert not list(cloud.all("AWS::SES::EmailIdentity"))
    assert mailing.one("AWS::SES::EmailIdentity").properties["EmailIdentity"] == "prompts@company.test"


def test_the_sign_in_is_a_public_client_that_can_do_nothing_but_sign_in(cloud: Deployed):
    client = cloud.one("AWS::Cognito::UserPoolClient").properties
    page = cloud.function("approve").properties["Environment"]["Variables"]["PROMPTOPS_PAGE_URL"]

    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == ["openid", "email"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["CallbackURLs"] == [f"{page}/sign-in/callback"]


def test_sessions_are_sealed_by_a_key_that_never_leaves_kms(cloud: Deployed):
    key = cloud.one("AWS::KMS::Key", "SessionKey").properties

    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")


def test_the_outputs_are_those_that_documentation_names(cloud: Deployed):
    own = {
        name
        for template in (cloud.state, cloud.line)
        for name, output in template["Outputs"].items()
        if "Export" not in output
    }

    assert own == {
        "ApiUrl",
        "ApprovalPageUrl",
        "UserPoolId",
        "UserPoolClientId",
        "ArtifactBucket",
        "EvaluationBucket",
        "RegistryTable",
        "LedgerTableDev",
        "LedgerTableStaging",
        "LedgerTableProd",
        "StateMachineArn",
        "OnCallTopicArn",
        "ApprovalTopicArn",
        "DeadLetterQueueUrl",
        "DashboardName",
        "PolicyReader",
        "PolicyAuthor",
        "PolicyApprover",
        "PolicyOnCall",
        "PolicyAuditor",
        "PolicyCi",
    }


def test_everything_is_tagged_with_installation_version_and_stack(cloud: Deployed):
    for name, part in (("Registry", "state"), ("FunctionsResolveFunction", "line")):
        (found,) = [resource for resource in cloud.all() if resource.id.startswith(name)]
        tags = {tag["Key"]: tag["Value"] for tag in found.properties["Tags"]}
        assert tags["promptops:installation"] == "prompt-ops"
        assert tags["promptops:stack"] == part
        assert tags["promptops:version"]


def test_two_installations_share_no_name(cloud: Deployed, tmp_path):
    other = deploy(tmp_path, prefix="second")
    named = (
        "FunctionName",
        "StateMachineName",
        "AlarmName",
        "DashboardName",
        "Name",
        "Domain",
        "LogGroupName",
    )

    def names(deployed: Deployed) -> set[str]:
        return {
            str(each.properties[key])
            for each in deployed.all()
            # A filter names its log group by reference.
            if each.type != "AWS::Logs::MetricFilter"
            for key in named
            if key in each.properties
        }

    assert not names(cloud) & names(other)
    assert {role.properties["Path"].split("/")[1] for role in other.all("AWS::IAM::Role")} == {"second"}
