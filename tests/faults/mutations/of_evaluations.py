"""What evidence rests on: taken away, each by itself, it must turn a test red."""

from __future__ import annotations

from tests.faults.mutations.mutation import Mutation

RULES = "promptops/domain/evidence_rules.py"
STAGE = "promptops/stages/evaluate.py"
MEASURE = "promptops/measure.py"
PROMOTED = "tests/unit/stages/test_promote.py"
EVALUATED = "tests/unit/stages/test_evaluate.py"
MEASURED = "tests/unit/test_measure.py"
COUNTS = "tests/unit/domain/test_evidence.py"
STORED = "tests/adapters/test_s3_evaluation.py"

OF_EVALUATIONS = (
    # What counts.
    Mutation(
        "evidence",
        "a report is for exactly these bytes and cases",
        RULES,
        "if _wanted(record, report, demands) != report.binding or not",
        "if not",
        f"{COUNTS}::test_a_report_of_another_text_dataset_grader_or_model_is_none[content_sha256]",
    ),
    Mutation(
        "evidence",
        "a report is read as it was linked",
        "promptops/aws/s3_reports.py",
        "if found != evidence.sha256:",
        "if not found:",
        f"{STORED}::test_a_report_is_loaded_only_as_it_was_linked",
    ),
    Mutation(
        "evidence",
        "the evidence is the one the request went on with",
        RULES,
        "if record.evidence.sha256 != request.report_sha256:",
        "if not record.evidence.sha256:",
        f"{PROMOTED}::test_promote_refuses_evidence_that_is_not_the_one_the_request_went_on_with",
    ),
    Mutation(
        "evidence",
        "a sample is as large as policy says",
        RULES,
        "len(report.cases) < max(least, 1):",
        "not report.cases:",
        f"{PROMOTED}::test_evidence_that_is_not_of_the_real_thing_does_not_count",
    ),
    Mutation(
        "evidence",
        "all cases were run where all are asked for",
        RULES,
        "if demands.full and not report.complete:",
        "if demands.full and not report.cases:",
        f"{COUNTS}::test_a_sample_is_evidence_unless_every_case_is_asked_for",
    ),
    Mutation(
        "evidence",
        "the report compares with what is live",
        RULES,
        "if live and (baseline is None or _name(baseline) != (live.ref.version, live.sha256)):",
        "if live and live is None:",
        f"{PROMOTED}::test_evidence_beside_another_version_than_the_live_one_is_made_again",
    ),
    Mutation(
        "evidence",
        "what is live is read in the target",
        "promptops/domain/request.py",
        'return self.environment if self.kind == "promote" else self.against',
        "return self.against",
        f"{PROMOTED}::test_what_is_live_in_the_target_is_what_evidence_must_compare_with",
    ),
    Mutation(
        "evidence",
        "an unclear verdict stops high risk",
        RULES,
        'if gate.verdict == "pass" or (gate.verdict == "inconclusive" and not demands.conclusive):',
        'if gate.verdict in ("pass", "inconclusive"):',
        f"{PROMOTED}::test_an_unclear_comparison_stops_high_risk_and_who_asked_for_a_verdict",
    ),
    Mutation(
        "evidence",
        "who asks for an evaluation is answered with that one",
        RULES,
        'if demands.evaluation_id not in ("", report.evaluation_id):',
        "if demands.evaluation_id and not report.evaluation_id:",
        f"{PROMOTED}::test_an_evaluation_that_another_one_overtook_is_no_answer_to_who_asked",
    ),
    # How it is made.
    Mutation(
        "evidence",
        "what could not be measured is no evidence",
        "promptops/domain/evaluation/reporting.py",
        'if gate.verdict == "error":',
        "if not gate.verdict:",
        f"{EVALUATED}::test_what_would_never_be_answered_ends_in_no_verdict_and_names_the_codes",
    ),
    Mutation(
        "evidence",
        "a report is over whole parts of the dataset",
        STAGE,
        "if [case.case_id for case in results] not in wanted:",
        "if not results:",
        f"{EVALUATED}::test_a_report_that_lacks_a_case_is_an_error",
    ),
    Mutation(
        "evidence",
        "what was answered is not asked again",
        STAGE,
        "if case.case_id not in known]",
        "if case.case_id or known]",
        f"{EVALUATED}::test_what_was_answered_is_kept_and_only_the_rest_is_asked_again",
    ),
    Mutation(
        "evidence",
        "what came to evidence is not taken up again",
        STAGE,
        'evidence=evidence.sha256 if evidence else "",',
        "",
        f"{EVALUATED}::test_after_it_has_come_to_evidence_an_evaluation_asks_every_case_anew",
    ),
    Mutation(
        "evidence",
        "a run of the same chunk loses nothing of another's",
        STAGE,
        "for case in found if not case.error or case.case_id not in results}",
        "for case in found}",
        f"{EVALUATED}::test_two_runs_of_one_chunk_at_a_time_lose_nothing",
    ),
    Mutation(
        "evidence",
        "a critical case passes when all its repeats do",
        "promptops/domain/evaluation/repeats.py",
        "needed = 1.0 if case.critical else min_pass_rate",
        "needed = min_pass_rate",
        f"{MEASURED}::test_a_case_passes_when_enough_of_its_repeats_do_and_a_critical_one_when_all_do",
    ),
    Mutation(
        "evidence",
        "a model that is gone is not asked for every case",
        MEASURE,
        "return self._silences >= self._enough",
        "return False",
        f"{EVALUATED}::test_after_enough_silence_no_further_case_of_the_chunk_is_asked",
    ),
    Mutation(
        "evidence",
        "a sensitive case is quoted nowhere",
        MEASURE,
        "quoting=self.by.quoting",
        "quoting=True",
        f"{EVALUATED}::test_a_report_of_sensitive_cases_holds_no_word_of_case_or_answer",
    ),
    Mutation(
        "evidence",
        "a grader that could not run is no failure",
        MEASURE,
        "        except GraderUnavailable as error:\n            return self._error(case, error)\n",
        "",
        f"{MEASURED}::test_a_grader_that_could_not_run_is_an_error_of_its_case",
    ),
    Mutation(
        "evidence",
        "a score is a number from 0 to 1",
        "promptops/domain/evaluation/case_result.py",
        "if not _is_number(score) or not 0 <= score <= 1:",
        "if not _is_number(score):",
        f"{STORED}::test_a_score_that_is_no_score_is_no_result",
    ),
    Mutation(
        "evidence",
        "the score must reach the threshold",
        "promptops/domain/evaluation/gate.py",
        "    if floor.missed:\n",
        "    if not floor.cases:\n",
        f"{EVALUATED}::test_the_score_must_reach_the_threshold",
    ),
)
