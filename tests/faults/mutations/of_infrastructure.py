"""What roles, keys, buckets, tables and routes allow; each test synthesises the stacks again."""

from __future__ import annotations

from tests.faults.mutations.mutation import Mutation

PERMISSIONS = "infra/permissions.py"
BUCKET = "infra/locked_bucket.py"
ALLOWED = "tests/synth/test_permissions.py"
STATE = "tests/synth/test_state_stack.py"
LINE = "tests/synth/test_line_stack.py"

OF_INFRASTRUCTURE = (
    Mutation(
        "access",
        "promote writes its own environment's pointers",
        PERMISSIONS,
        'arns.parameter(names.pointer_parameter(prefix, environment, "*"))',
        'arns.parameter(names.pointer_parameter(prefix, "*", "*"))',
        f"{ALLOWED}::test_only_its_promote_writes_an_environments_pointers_ledger_and_records[prod]",
    ),
    Mutation(
        "access",
        "promote writes its own environment's ledger",
        PERMISSIONS,
        "return [allow([_GET], [*others.values()]), *checks]",
        "return [allow([_GET, *_WRITE], [*others.values()]), *checks]",
        f"{ALLOWED}::test_only_its_promote_writes_an_environments_pointers_ledger_and_records[prod]",
    ),
    Mutation(
        "access",
        "nobody reads pointers by path",
        PERMISSIONS,
        'allow(["ssm:GetParameter", "ssm:GetParameters"], parameters)',
        'allow(["ssm:GetParameter*"], ["*"])',
        f"{ALLOWED}::test_nobody_reads_pointers_by_path",
    ),
    Mutation(
        "access",
        "the API invokes a function for its own routes",
        "infra/api.py",
        "                source_arn=arns.route(self.id, route, environment),\n",
        '                source_arn="",\n',
        f"{LINE}::test_every_permission_to_invoke_names_its_source",
    ),
    Mutation(
        "access",
        "a rule invokes with its own name",
        "infra/rules.py",
        "            source_arn=rule.attr_arn,\n",
        '            source_arn="",\n',
        f"{LINE}::test_every_permission_to_invoke_names_its_source",
    ),
    Mutation(
        "access",
        "evaluate touches nothing but the evidence",
        PERMISSIONS,
        '["prompt_id", "version", "evidence"]',
        '["prompt_id", "version", "evidence", "sha256", "revoked"]',
        f"{ALLOWED}::test_evaluate_touches_nothing_of_a_version_but_its_evidence",
    ),
    Mutation(
        "access",
        "who revokes touches nothing else of a version",
        PERMISSIONS,
        'allow(["dynamodb:UpdateItem"], registry, few)]',
        'allow(["dynamodb:UpdateItem"], registry)]',
        f"{ALLOWED}::test_only_the_highest_environment_revokes_and_touches_nothing_else_of_a_version",
    ),
    Mutation(
        "access",
        "approve writes what an approval is made of",
        PERMISSIONS,
        "allow(_WRITE, ledgers, own)",
        "allow(_WRITE, ledgers)",
        f"{ALLOWED}::test_approve_writes_of_a_ledger_only_what_an_approval_is_made_of",
    ),
    Mutation(
        "access",
        "permissions are written by hand",
        "infra/rules.py",
        "        dead_letters.add_to_resource_policy(\n",
        "        dead_letters.grant_send_messages(iam.ServicePrincipal('events.amazonaws.com'))\n"
        "        dead_letters.add_to_resource_policy(\n",
        "tests/architecture/test_layout.py::test_infrastructure_hands_out_permissions_by_hand",
    ),
    Mutation(
        "access",
        "keys are used through S3 only",
        PERMISSIONS,
        "return allow(actions, [key.key_arn for key in keys], service)",
        "return allow(actions, [key.key_arn for key in keys])",
        f"{ALLOWED}::test_keys_are_used_through_s3_only",
    ),
    Mutation(
        "privacy",
        "evaluation data is read by evaluate alone",
        "infra/evaluation_data.py",
        '        self.deny("OnlyEvaluateReads", _READS, self.objects("*"), but_evaluate)\n',
        "",
        f"{STATE}::test_evaluation_data_is_closed_even_to_administrators",
    ),
    Mutation(
        "history",
        "no row is deleted by anybody",
        "infra/registry.py",
        '    "dynamodb:DeleteItem",\n',
        "",
        f"{ALLOWED}::test_no_function_removes_rows_or_tables[promote-prod]",
    ),
    Mutation(
        "history",
        "no version of an object is deleted by the line",
        BUCKET,
        '    "s3:DeleteObjectVersion",\n',
        "",
        f"{ALLOWED}::test_no_function_deletes_or_unlocks_an_object[promote-prod]",
    ),
    Mutation(
        "history",
        "objects are locked by default",
        BUCKET,
        "            object_lock_default_retention=retention,\n",
        "            object_lock_enabled=True,\n",
        f"{STATE}::test_each_bucket_is_versioned_private_and_locked_by_default",
    ),
    Mutation(
        "history",
        "what is written once cannot be written over",
        "infra/artifacts.py",
        '{"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}',
        '{"Null": {"s3:if-none-match": "false"}, "Bool": {"s3:ObjectCreationOperation": "true"}}',
        f"{ALLOWED}::test_even_publish_overwrites_nothing",
    ),
    Mutation(
        "identity",
        "every route of the line is signed",
        "infra/api.py",
        '"AWS_IAM" if route.authorization == "AWS_IAM" else "NONE"',
        '"NONE"',
        "tests/synth/test_api.py::test_every_route_asks_for_a_signature_but_those_for_browsers",
    ),
    Mutation(
        "privacy",
        "the workflow's log holds no data",
        "infra/workflow.py",
        "include_execution_data=False",
        "include_execution_data=True",
        "tests/synth/test_workflow.py::test_the_log_holds_no_data",
    ),
)
