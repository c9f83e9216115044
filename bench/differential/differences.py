"""Where we judge otherwise than promptfoo, and why; docs/promptfoo.md shows this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """What each of the two does, and why ours is so."""

    where: str
    promptfoo: str
    promptops: str
    because: str


#: By the name under which a check says that it may differ.
DIFFERENCES: dict[str, Difference] = {
    "value-required": Difference(
        "`equals` without a value",
        "compares with the text `undefined`",
        "never equals that text",
        "It is a slip of whoever wrote it.",
    ),
    "empty-lists": Difference(
        "`contains-any` and its family with no text, or with an empty one",
        "`contains-any` of none fails, `contains-all` of none and an empty text always pass",
        "refused when the cases are read",
        "An assertion that every answer meets, or none, measures nothing.",
    ),
    "regex-linear": Difference(
        "`regex` with lookaround or a backreference",
        "as JavaScript has it",
        "refused when the cases are read",
        "Such patterns can take exponential time over a long answer; the others are found in linear time.",
    ),
    "regex-broken": Difference(
        "`regex` that is no pattern of JavaScript's, such as `(` or `(?i)card`",
        "fails, also as `not-regex`",
        "refused when the cases are read",
        "A grader that cannot run is an error, not a verdict about an answer.",
    ),
    "characters": Difference(
        "`.` in `regex`, and the distance of `levenshtein`, over characters such as 👍",
        "counts UTF-16 units, two for 👍",
        "counts characters, one for 👍",
        "Readers of a text see characters.",
    ),
    "spaces": Difference(
        "`word-count` over U+0085 and the separators U+001C to U+001F",
        "they do not part words",
        "they do",
        "Unicode counts them as white space.",
    ),
    "never-met": Difference(
        "`word-count` of a fraction or of less than none",
        "fails; `not-word-count` passes",
        "refused when the cases are read",
        "No text has so many words.",
    ),
    "unknown-variable": Difference(
        "`{{name}}` in a value, where the prompt has no such variable",
        "is left out",
        "refused when the cases are read",
        "A misspelt name would make an assertion easier to meet.",
    ),
    "strict-json": Difference(
        "what counts as JSON",
        "`contains-json` reads YAML: `{a: 1}`, `{braces}`, objects that are cut off; it counts braces inside "
        "texts. A name twice in an object: the last value counts",
        "strict JSON only; an object with a name twice is none",
        "Programs that read the answer use a JSON parser, and differ about names that stand twice.",
    ),
    "large-objects": Difference(
        "`contains-json` with an object of more than 100,000 characters",
        "does not find it",
        "finds it",
        "An answer does not stop being JSON where it is long.",
    ),
    "schema-true": Difference(
        "`is-json` with the schema `true`",
        "an error once an answer is JSON",
        "every JSON document fits",
        "So says JSON Schema.",
    ),
    "schema-broken": Difference(
        "a schema with an unknown keyword, type or format",
        "an error once an answer is JSON; other answers are judged",
        "refused when the cases are read",
        "It is wrong whatever the answer is.",
    ),
    "schema-as-yaml": Difference(
        "a schema written as a text that is YAML and not JSON",
        "is read",
        "refused when the cases are read",
        "Write it as an object; the same text then means the same everywhere.",
    ),
    "multiple-of": Difference(
        "`multipleOf: 0.1` and the number 0.3",
        "no multiple, as 0.3 / 0.1 is not whole in floating point",
        "a multiple",
        "It is one.",
    ),
    "scores": Difference(
        "`similar` where the cosine is negative",
        "scores below 0, and above 1 when negated",
        "0, and 1 when negated",
        "Scores are shares from 0 to 1; the verdict is the same.",
    ),
    "blank-answers": Difference(
        "`similar` to a blank answer",
        "asks the embedding model",
        "scores 0 and asks nobody",
        "It means nothing, and embedding models refuse blank texts: a bad answer would become an error.",
    ),
    "similar-to-several": Difference(
        "`similar` to one of several texts",
        "the score of the first that is similar enough",
        "the best score",
        "The order in which texts are written should not matter; the verdict is the same.",
    ),
    "could-not-run": Difference(
        "`similar` whose embedding model does not answer",
        "fails",
        "an error",
        "A grader that could not run says nothing about the answer.",
    ),
    "judge": Difference(
        "a judge of `llm-rubric` that answers without a verdict, with two, with a score outside 0..1, "
        "or in YAML; a score of `null`",
        "passes where `pass` is missing, takes the first of two and any score; `null` is 0",
        "an error; `null` is as no score at all",
        "A judge that has not judged must not let an answer pass.",
    ),
    "metric-names": Difference(
        "`{{name}}` in the name of a metric",
        "is filled in",
        "refused when the cases are read",
        "Names of metrics are shown where texts of sensitive cases must not be.",
    ),
    "weightless": Difference(
        "a test of which every assertion has weight 0",
        "passes with score 0",
        "refused when the cases are read",
        "It measures nothing and counts as a case.",
    ),
    "unmet-set": Difference(
        "an `assert-set` of weight 0 that is not met",
        "fails the test, unlike any other assertion of weight 0",
        "counts for its metric only",
        "Weight 0 means the same everywhere.",
    ),
}


def markdown() -> str:
    """The table as the page has it."""
    lines = ["| Where | promptfoo | promptops | Because |", "|---|---|---|---|"]
    lines += [
        f"| {item.where} | {item.promptfoo} | {item.promptops} | {item.because} |"
        for item in DIFFERENCES.values()
    ]
    return "\n".join(lines)
