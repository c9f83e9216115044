"""What keeps releases from being lost, doubled, forged or half-done, and bad bytes from being served."""

from __future__ import annotations

from tests.faults.mutations.mutation import Mutation

LEDGER = "promptops/aws/dynamodb_ledger.py"
TRANSACTION = "promptops/aws/dynamodb_release.py"
REPAIR = "promptops/repair.py"
PROJECTION = "promptops/projection.py"
APPROVAL = "promptops/domain/approval.py"
RESOLVE = "promptops/stages/resolve.py"
ON_TABLES = "tests/adapters/test_dynamodb_ledger.py"
PROMOTE = "tests/unit/stages/test_promote.py"
ROLLBACK = "tests/unit/stages/test_rollback.py"
RECONCILE = "tests/unit/stages/test_reconcile.py"
RESOLVER = "tests/unit/stages/test_resolve.py"
WRITES = "            _write(pointers, prompt_id, head.pointer().to_text())\n"
DECIDES = "tests/unit/domain/test_who_decides.py::test_who_had_one_part_in_a_change_does_not_decide"
ON_HANDLER = "tests/adapters/test_promote_handler.py"
MATRIX = "tests/faults/test_fault_matrix.py"
SERVED_ON = (
    "tests/faults/test_fault_matrix_resolve.py"
    "::test_who_was_served_is_served_on_and_told_and_who_was_not_gets_the_reason"
)

OF_RELEASES = (
    # The protocol.
    Mutation(
        "protocol",
        "the head is compared before it is set, and its row once",
        TRANSACTION,
        '"revision = :seen", {":seen": seen}',
        '"revision <> :seen OR revision = :seen", {":seen": seen}',
        f"{ON_TABLES}::test_who_comes_second_is_told_who_won",
        more=(
            (
                TRANSACTION,
                "conditional_put(table, release_row(release))",
                'conditional_put(table, release_row(release), "attribute_exists(pk) OR " + NEW)',
            ),
        ),
    ),
    Mutation(
        "protocol",
        "the operation's row is part of the transaction",
        TRANSACTION,
        '    items.append(Guarded("once", conditional_put(table, operation_row(release))))\n',
        "",
        f"{ON_TABLES}::test_repeating_an_operation_gives_its_first_result",
    ),
    Mutation(
        "protocol",
        "after a refusal the operation's row is asked first",
        LEDGER,
        "done = commit.release if failed is None else self._done(commit)",
        "done = commit.release if failed is None else None",
        f"{ON_TABLES}::test_a_lost_reply_of_an_applied_transaction_is_found_again",
    ),
    Mutation(
        "faults",
        "an answer that never came is looked up",
        LEDGER,
        "                done = self._done(commit)\n                if done:\n"
        "                    return done\n                raise\n",
        "                raise\n",
        f"{ON_TABLES}::test_an_answer_that_never_came_is_looked_up_by_the_operation",
    ),
    Mutation(
        "protocol",
        "an operation's id stands for one operation",
        LEDGER,
        "check_same_operation(done, operation_fields(commit.release))",
        "check_same_operation(done, {})",
        f"{ON_TABLES}::test_an_op_id_used_for_something_else_is_refused",
    ),
    Mutation(
        "protocol",
        "the head is read again after the pointer is written",
        PROJECTION,
        "written, head = head, ledger.head(prompt_id)",
        "written = head",
        "tests/unit/test_projection.py::test_a_head_that_moves_while_it_is_written_is_written_again",
    ),
    Mutation(
        "protocol",
        "the release record comes before the pointer",
        PROJECTION,
        f"                records.create(release)\n{WRITES}",
        f"                pass\n{WRITES}            records.create(release)\n",
        "tests/unit/test_projection.py::test_the_first_release_is_proven_before_its_pointer_is_written",
    ),
    Mutation(
        "protocol",
        "a freeze is looked at in the transaction",
        TRANSACTION,
        'f"{NEW} OR frozen = :no"',
        'f"{NEW} OR frozen = :no OR frozen <> :no"',
        f"{ON_TABLES}::test_a_freeze_stops_promotions_and_lets_rollbacks_through",
    ),
    Mutation(
        "order",
        "no environment is skipped",
        TRANSACTION,
        "        items.append(_order(commit, lower_table))\n",
        "        pass\n",
        f"{ON_TABLES}::test_a_version_climbs_the_environments_in_order",
    ),
    Mutation(
        "approval",
        "an approval is consumed by one release",
        TRANSACTION,
        "AND consumed_by = :nobody AND",
        "AND (consumed_by = :nobody OR consumed_by <> :nobody) AND",
        f"{ON_TABLES}::test_an_approval_is_consumed_by_exactly_one_release",
    ),
    Mutation(
        "approval",
        "an approval ends at its time",
        TRANSACTION,
        "AND expires_at > :now",
        "AND (expires_at > :now OR expires_at <= :now)",
        f"{ON_TABLES}::test_an_approval_that_is_over_at_the_moment_of_release_does_not_count",
    ),
    Mutation(
        "approval",
        "an approval is for one head and these digests",
        APPROVAL,
        "        self.check_current(subject)\n",
        "",
        f"{PROMOTE}::test_an_approval_counts_for_the_head_it_was_given_on_only",
    ),
    Mutation(
        "protocol",
        "a rollback never undoes a newer fix",
        "promptops/fallback.py",
        "if (head.version, head.state) != left:",
        "if head.revision < 0:",
        f"{ROLLBACK}::test_a_rollback_never_undoes_a_newer_fix",
    ),
    Mutation(
        "faults",
        "bytes that cannot be read stop no rollback",
        "promptops/fallback.py",
        "    except Exception:\n"
        '        logger.warning("The artifact of %s could not be checked", record.ref, exc_info=True)\n',
        "    finally:\n        pass\n",
        f"{ROLLBACK}::test_bytes_that_cannot_be_checked_do_not_stop_a_rollback",
    ),
    Mutation(
        "faults",
        "bad bytes are passed over by a rollback",
        "promptops/fallback.py",
        "except (Revoked, ArtifactMissing, DigestMismatch) as error:",
        "except Revoked as error:",
        f"{MATRIX}::test_a_rollback_is_whole_or_nothing_and_heals[bytes others]",
    ),
    Mutation(
        "faults",
        "bytes are read before they are released",
        "promptops/stages/promote.py",
        "        self.artifacts.load(record)\n",
        "",
        f"{MATRIX}::test_a_promotion_is_whole_or_nothing_and_heals[bytes missing]",
    ),
    Mutation(
        "faults",
        "a pointer that is refused is no lost release",
        PROJECTION,
        "    except PromptOpsError as error:\n        logger.exception",
        "    except PointerDenied as error:\n        logger.exception",
        f"{MATRIX}::test_a_promotion_is_whole_or_nothing_and_heals[pointer throttled]",
        more=((PROJECTION, "    except Exception as error:\n", "    except KeyError as error:\n"),),
    ),
    Mutation(
        "faults",
        "a pointer held by a label is told apart",
        "promptops/aws/ssm_pointers.py",
        "raise self._labelled(name) from error",
        "raise",
        f"{MATRIX}::test_a_label_on_the_oldest_of_a_full_history_is_told_apart_and_heals_with_the_label",
    ),
    Mutation(
        "faults",
        "a workflow that cannot start is told",
        "promptops/stages/request.py",
        "        ledger.put_request(failed)\n        raise\n",
        "        ledger.put_request(failed)\n",
        f"{MATRIX}::test_a_workflow_that_cannot_start_releases_nothing_and_says_so",
    ),
    # The audit trail.
    Mutation(
        "history",
        "a release's chain covers all of its row",
        "promptops/domain/ledger.py",
        "return replace(self, chain=digest(document))",
        'return replace(self, chain=digest({"revision": self.revision}))',
        "tests/unit/domain/test_ledger_chain.py::test_a_changed_row_no_longer_has_its_chain",
    ),
    Mutation(
        "history",
        "a release names the chain before it",
        "promptops/domain/ledger.py",
        "        previous_chain=head.chain,\n",
        "",
        "tests/unit/domain/test_ledger_chain.py::test_each_release_names_the_chain_of_the_one_before",
    ),
    Mutation(
        "history",
        "a release record is what was written, or no proof",
        "promptops/aws/s3_release_records.py",
        "return Release.from_dict(document) if is_sealed(document) else None",
        "return Release.from_dict(document)",
        "tests/adapters/test_s3_release_records.py::test_a_record_changed_after_the_fact_proves_nothing",
    ),
    Mutation(
        "history",
        "a release record is created once",
        "promptops/aws/s3_write_once.py",
        '        IfNoneMatch="*",\n',
        "",
        "tests/adapters/test_s3_release_records.py::test_the_first_record_of_a_version_stays",
    ),
    Mutation(
        "bytes",
        "an artifact is created once",
        "promptops/aws/s3_write_once.py",
        '        IfNoneMatch="*",\n',
        "",
        "tests/adapters/test_registry_and_artifacts.py::test_an_artifact_is_created_once",
    ),
    # What is served.
    Mutation(
        "bytes",
        "bytes have the digest that was released",
        "promptops/domain/artifact.py",
        "if found != expected_sha256:",
        "if not found:",
        f"{SERVED_ON}[bytes others]",
    ),
    Mutation(
        "bytes",
        "the registry has the digest that is released",
        TRANSACTION,
        '"sha256 = :sha256 AND (attribute_not_exists(revoked) OR revoked = :no)"',
        '"sha256 <> :no AND version <> :sha256 AND (attribute_not_exists(revoked) OR revoked = :no)"',
        f"{ON_TABLES}::test_unpublished_versions_and_other_digests_are_refused",
    ),
    Mutation(
        "bytes",
        "a version row is written once",
        "promptops/aws/dynamodb_publication.py",
        '"ConditionExpression": NEW}} for item in puts',
        '"ConditionExpression": "attribute_exists(prompt_id) OR " + NEW}} for item in puts',
        "tests/adapters/test_registry_listing.py::test_a_label_names_one_version_for_ever",
    ),
    Mutation(
        "pointer",
        "only a version released here is adopted",
        REPAIR,
        "        if proof is None:\n",
        "        if proof is None and version < 0:\n",
        f"{RECONCILE}::test_a_version_that_was_never_released_here_is_refused",
    ),
    Mutation(
        "pointer",
        "the transaction knows what was released here",
        TRANSACTION,
        'if first_allowed else "sha256 = :sha256"',
        'if first_allowed else f"{NEW} OR sha256 = :sha256"',
        f"{ON_TABLES}::test_only_what_was_released_here_can_come_back",
    ),
    Mutation(
        "pointer",
        "a bare pointer needs its release record",
        RESOLVE,
        "        if release is None:\n            raise NotReleased(\n",
        "        if release is None:\n"
        "            return Pointer(pointer.version, 1, '0' * 64)\n"
        "            raise NotReleased(\n",
        f"{RESOLVER}::test_a_bare_pointer_needs_a_release_record_at_a_cold_start",
    ),
    Mutation(
        "pointer",
        "a client never goes back to a lower revision",
        RESOLVE,
        "if known is not None and pointer.revision <= known.pointer.revision:",
        "if known is not None and pointer == known.pointer:",
        f"{RESOLVER}::test_a_lower_revision_is_ignored_by_a_warm_process",
    ),
    Mutation(
        "revoked",
        "a revoked version is not released",
        TRANSACTION,
        "OR revoked = :no)",
        "OR revoked = :no OR revoked <> :no)",
        f"{ON_TABLES}::test_a_revoked_version_comes_back_by_no_kind_of_release",
    ),
    Mutation(
        "revoked",
        "a rollback passes over revoked versions",
        "promptops/fallback.py",
        "    check_not_revoked(record)\n    try:\n",
        "    try:\n",
        f"{ROLLBACK}::test_versions_that_cannot_be_served_are_passed_over",
    ),
    Mutation(
        "revoked",
        "a revoked version leaves service everywhere",
        "promptops/stages/reconcile.py",
        "            if revocation:\n",
        "            if revocation and not prompt_id:\n",
        f"{RECONCILE}::test_a_revoked_version_leaves_service_for_the_one_before_it",
    ),
    Mutation(
        "revoked",
        "a tombstone is refused by every client",
        RESOLVE,
        '    if pointer.state == "revoked":\n',
        '    if pointer.state == "revoked" and not pointer.version:\n',
        f"{RESOLVER}::test_a_revoked_version_is_refused_also_by_a_warm_process",
    ),
    Mutation(
        "outage",
        "who serves from memory says so",
        RESOLVE,
        "stale=known.problem is not None,",
        "stale=False,",
        f"{RESOLVER}::test_an_outage_serves_the_last_known_good_and_says_so",
    ),
    Mutation(
        "outage",
        "a pointer that cannot follow fails the pass",
        "lambdas/promote/line.py",
        "    if is_passing(done):\n",
        "    if is_passing(done) and not done.checked:\n",
        f"{ON_HANDLER}::test_a_pointer_that_cannot_be_written_now_fails_the_pass_so_that_it_is_tried_again",
    ),
    Mutation(
        "outage",
        "what no pass ends by itself alarms",
        "promptops/stages/reconcile.py",
        "    if codes:\n",
        "    if codes and not found:\n",
        f"{ON_HANDLER}::test_a_pointer_that_may_not_be_written_rings_and_is_not_tried_twice_a_minute",
    ),
    Mutation(
        "outage",
        "an outage takes nothing away from who was served",
        RESOLVE,
        "            if known is None:\n                self._remember(prompt_id, problem,",
        "            if known is None or problem:\n                self._remember(prompt_id, problem,",
        f"{SERVED_ON}[pointer down]",
    ),
    Mutation(
        "outage",
        "absence is never a command",
        RESOLVE,
        "except (Retired, Revoked) as error:\n            self._known.pop",
        "except (Retired, Revoked, NotReleased) as error:\n            self._known.pop",
        f"{RESOLVER}::test_a_deleted_pointer_is_never_a_command",
    ),
    Mutation(
        "bytes",
        "the digest covers the model",
        "promptops/domain/artifact.py",
        '"model": dict(self.model),',
        '"model": {},',
        "tests/unit/domain/test_compile.py::test_the_bytes_of_an_artifact_never_change",
    ),
    Mutation(
        "bytes",
        "the digest covers the parameters",
        "promptops/domain/artifact.py",
        '"parameters": dict(self.parameters),',
        '"parameters": {},',
        "tests/unit/domain/test_compile.py::test_the_bytes_of_an_artifact_never_change",
    ),
    # Who.
    Mutation(
        "identity",
        "the actor is who signed",
        "promptops/aws/http_api.py",
        'arn = self.iam.get("userArn")',
        'arn = json.loads(self.raw_body or "{}").get("actor") or self.iam.get("userArn")',
        "tests/unit/aws/test_http_api.py::test_the_actor_is_who_signed_whatever_the_body_says",
    ),
    Mutation(
        "approval",
        "no author approves their own change",
        APPROVAL,
        "            if author == person:\n",
        "            if author == person and not person:\n",
        f"{DECIDES}[signed in-wrote it]",
    ),
    Mutation(
        "approval",
        "no requester approves their own request",
        APPROVAL,
        "for known in (self.requested_by, *self.publishers)]:",
        "for known in self.publishers]:",
        f"{DECIDES}[signed in-asked for it]",
    ),
    Mutation(
        "pointer",
        "a pointer is judged beside a head that rests",
        REPAIR,
        "            if head != before:\n                continue\n",
        "",
        f"{RECONCILE}::test_nobody_is_accused_while_the_head_moves_between_the_looks",
    ),
)
