"""What keeps hostile input out of versions, names, logs and memory."""

from __future__ import annotations

from tests.faults.mutations.mutation import Mutation

IDS = "promptops/domain/identifiers.py"
CHECKS = "promptops/domain/checks.py"
TEMPLATE = "promptops/domain/template.py"
YAML = "promptops/cli/strict_yaml.py"
JSON = "promptops/domain/strict_json.py"
API = "promptops/aws/http_api.py"
HOSTILE = "tests/unit/domain/test_hostile_text.py"
ON_YAML = "tests/unit/cli/test_strict_yaml.py"
ON_API = "tests/unit/aws/test_http_api.py"
ON_CHECKS = "tests/unit/domain/test_checks.py"
ON_IDS = "tests/unit/domain/test_identifiers.py"

OF_INPUT = (
    Mutation(
        "names",
        "an id is an id as a whole",
        IDS,
        "_ID.fullmatch(prompt_id) and",
        "_ID.match(prompt_id) and",
        f"{ON_IDS}::test_anything_else_is_none",
    ),
    Mutation(
        "names",
        "an id has no double dash",
        IDS,
        ' and "--" not in prompt_id:',
        ":",
        f"{ON_IDS}::test_anything_else_is_none",
    ),
    Mutation(
        "names",
        "some ids are ours",
        IDS,
        "if prompt_id in RESERVED_IDS or prompt_id.startswith(RESERVED_PREFIXES):",
        "if prompt_id.startswith(RESERVED_PREFIXES):",
        f"{ON_IDS}::test_what_names_and_paths_of_ours_are_made_of_is_reserved",
    ),
    Mutation(
        "names",
        "an id is ASCII in lower case",
        IDS,
        '_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])")',
        '_ID = re.compile(r"\\w(?:[\\w-]{0,62}\\w)")',
        f"{HOSTILE}::test_no_lookalike_of_an_id_is_an_id",
    ),
    Mutation(
        "size",
        "YAML has no aliases",
        YAML,
        'if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):',
        "if False:",
        f"{ON_YAML}::test_aliases_and_anchors_are_not_allowed",
    ),
    Mutation(
        "size",
        "YAML is nested so deep and no deeper",
        YAML,
        "        if self._depth > MAX_DEPTH:\n",
        "        if self._depth < 0:\n",
        f"{ON_YAML}::test_nesting_is_limited",
    ),
    Mutation(
        "json",
        "YAML repeats no key",
        YAML,
        "            if key in lines:\n",
        "            if key in lines and not lines:\n",
        f"{ON_YAML}::test_a_repeated_key_names_both_lines",
    ),
    Mutation(
        "size",
        "a body is measured before it is decoded",
        API,
        "    if size <= MAX_BODY_BYTES:\n",
        "    if size:\n",
        f"{ON_API}::test_a_huge_body_in_base64_is_refused_before_it_is_decoded",
    ),
    Mutation(
        "size",
        "JSON is nested so deep and no deeper",
        JSON,
        "        if depth > max_depth:\n",
        "        if depth < 0:\n",
        f"{ON_API}::test_base64_hides_nothing",
    ),
    Mutation(
        "size",
        "values are nested so deep and no deeper",
        CHECKS,
        "        if depth > MAX_DEPTH:\n",
        "        if depth < 0:\n",
        f"{ON_CHECKS}::test_values_may_be_so_deep_and_no_deeper",
    ),
    Mutation(
        "size",
        "a text has at most so many bytes",
        CHECKS,
        "    if len(content) > max_bytes:\n",
        "    if len(content) < 0:\n",
        f"{ON_CHECKS}::test_what_cannot_be_seen_or_stored_is_refused_with_its_place",
    ),
    Mutation(
        "size",
        "an artifact is measured before it is read",
        "promptops/aws/s3_reader.py",
        'if response["ContentLength"] > MAX_BYTES:',
        'if response["ContentLength"] < 0:',
        "tests/adapters/test_s3_reader.py::test_what_is_larger_than_any_artifact_is_refused_before_it_is_read",
    ),
    Mutation(
        "template",
        "a template holds names and nothing else",
        TEMPLATE,
        'VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")',
        'VARIABLE_NAME = re.compile(r"[a-z][^}]{0,63}")',
        "tests/unit/domain/test_template.py::test_nothing_but_a_name_is_allowed",
    ),
    Mutation(
        "template",
        "no text is read as a format",
        TEMPLATE,
        'return "".join(parts)',
        'return "".join(parts).format(**values)',
        "tests/architecture/test_nothing_is_executed.py"
        "::test_no_text_is_executed_or_read_as_a_format[promptops/domain/template.py]",
    ),
    Mutation(
        "size",
        "no pattern repeats a repetition",
        IDS,
        '_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])")',
        '_ID = re.compile(r"([a-z0-9]+-?)+")',
        f"{HOSTILE}::test_no_pattern_repeats_a_repetition",
    ),
    Mutation(
        "template",
        "a value is never scanned again",
        TEMPLATE,
        "            parts.append(values[name])\n",
        "            parts.append(Template.parse(values[name]).render(values))\n",
        "tests/unit/domain/test_rendering.py::test_values_and_defaults_enter_the_messages_and_are_not_scanned_again",
    ),
    Mutation(
        "template",
        "a value is as long as declared and no longer",
        "promptops/domain/variables.py",
        "        if len(text) > self.max_chars:\n",
        "        if len(text) < 0:\n",
        "tests/unit/domain/test_template.py::test_wrong_values_are_refused_by_name_and_never_repeated",
    ),
    Mutation(
        "secrets",
        "a prompt holds no secret",
        CHECKS,
        "    if found:\n        line = ",
        "    if found and not text:\n        line = ",
        f"{ON_CHECKS}::test_a_secret_is_refused_with_its_line_and_never_repeated",
    ),
    Mutation(
        "secrets",
        "a secret is masked where it is told",
        "promptops/domain/secret_scan.py",
        'f"{match.group()[:_SHOWN_CHARS]}****"',
        'f"{match.group()}****"',
        f"{ON_CHECKS}::test_a_secret_is_refused_with_its_line_and_never_repeated",
    ),
    Mutation(
        "logs",
        "what is shown cannot forge a line",
        "promptops/domain/errors.py",
        "text = one_line(repr(str(value)[: SHOWN_CHARS + 1]))",
        "text = str(value)",
        "tests/unit/test_logs.py::test_what_somebody_typed_into_a_pointer_forges_no_line",
    ),
    Mutation(
        "json",
        "JSON has no NaN",
        JSON,
        "            parse_constant=_no_constant,\n",
        "",
        "tests/unit/domain/test_strict_json.py::test_what_the_standard_does_not_have_is_refused",
    ),
    Mutation(
        "json",
        "JSON repeats no name",
        JSON,
        "            object_pairs_hook=_each_name_once,\n",
        "",
        "tests/unit/domain/test_strict_json.py::test_what_the_standard_does_not_have_is_refused",
    ),
    Mutation(
        "unseen",
        "nothing invisible is published",
        CHECKS,
        "    for position in hidden_at(text):\n",
        "    for position in ():\n",
        f"{ON_CHECKS}::test_what_cannot_be_seen_or_stored_is_refused_with_its_place",
    ),
    Mutation(
        "unseen",
        "a reviewer sees what is invisible",
        "promptops/domain/visible.py",
        'f"⟨U+{ord(character):04X}⟩" if is_hidden(character) else character',
        '"" if is_hidden(character) else character',
        "tests/unit/domain/test_visible.py::test_what_is_drawn_as_nothing_is_spelled_out",
    ),
)
