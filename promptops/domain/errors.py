"""Every error a user of PromptOps can meet, in one tree.

    PromptOpsError
    ├── BadInput             exit 2, HTTP 400: what was typed or sent is wrong
    ├── PolicyRefused        exit 4, HTTP 403: understood, and not allowed
    ├── Conflict             exit 5, HTTP 409: somebody else was faster
    ├── Unavailable          exit 6, HTTP 503: a service did not answer; try again
    ├── EvaluationFailed     exit 7, HTTP 422: measured, and not good enough
    ├── Inconclusive         exit 8, HTTP 422: measured, and not enough to tell
    └── EvaluationError      exit 9, HTTP 422: could not be measured

The message is `E_CODE: what is wrong (value, limit). How to fix it.` A leaf's class name is also the error
name the release workflow catches, its code is what scripts match on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from promptops.domain.visible import one_line

SHOWN_CHARS = 80
MAX_SENTENCE_CHARS = 1_000


def shown(value: object) -> str:
    """The value as it may appear in a message: escaped, quoted, at most 80 characters."""
    text = one_line(repr(str(value)[: SHOWN_CHARS + 1]))
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 2]}…'"


class PromptOpsError(Exception):
    """What went wrong, and the next step."""

    code: ClassVar[str] = "E_INTERNAL"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, fix: str = "", **data: object) -> None:
        self.what = _sentence(what)
        self.fix = _sentence(fix)
        self.data = data
        super().__init__(f"{self.code}: {self.what}." + (f" {self.fix}" if fix else ""))

    def to_dict(self) -> dict[str, object]:
        """`{code, what, fix, message, data}`, the form every API and `--json` answer carries."""
        return {
            "code": self.code,
            "what": self.what,
            "fix": self.fix,
            "message": str(self),
            "data": self.data,
        }


def _sentence(text: str) -> str:
    """One line that moves no cursor, turns no text around and ends."""
    line = one_line(text)
    return line if len(line) <= MAX_SENTENCE_CHARS else f"{line[: MAX_SENTENCE_CHARS - 1]}…"


class BadInput(PromptOpsError):
    code = "E_INPUT"
    exit_code = 2
    http_status = 400


class PolicyRefused(PromptOpsError):
    code = "E_REFUSED"
    exit_code = 4
    http_status = 403


class Conflict(PromptOpsError):
    code = "E_CONFLICT"
    exit_code = 5
    http_status = 409


class Unavailable(PromptOpsError):
    code = "E_UNAVAILABLE"
    exit_code = 6
    http_status = 503
    retryable = True


class EvaluationFailed(PromptOpsError):
    code = "E_EVAL_FAILED"
    exit_code = 7
    http_status = 422


class Inconclusive(PromptOpsError):
    code = "E_EVAL_INCONCLUSIVE"
    exit_code = 8
    http_status = 422


class EvaluationError(PromptOpsError):
    code = "E_EVAL_ERROR"
    exit_code = 9
    http_status = 422


class InvalidPromptId(BadInput):
    code = "E_ID"


class ReservedPromptId(BadInput):
    code = "E_ID_RESERVED"


class UnknownEnvironment(BadInput):
    code = "E_ENV"


class InvalidVersion(BadInput):
    code = "E_VERSION"


class UnknownVersion(BadInput):
    code = "E_VERSION_UNKNOWN"
    http_status = 404


class UnknownPrompt(BadInput):
    code = "E_PROMPT_UNKNOWN"
    http_status = 404


class NotReleased(BadInput):
    """The prompt exists, and nothing of it has been released in this environment."""

    code = "E_NOT_RELEASED"
    http_status = 404


class UnknownRequest(BadInput):
    code = "E_REQUEST_UNKNOWN"
    http_status = 404


class UnknownApproval(BadInput):
    code = "E_APPROVAL_UNKNOWN"
    http_status = 404


class InvalidMetadata(BadInput):
    code = "E_METADATA"


class InvalidMetadataType(InvalidMetadata):
    code = "E_METADATA_TYPE"


class UnknownMetadata(InvalidMetadata):
    code = "E_METADATA_UNKNOWN"


class DuplicateKey(BadInput):
    code = "E_DUPLICATE_KEY"


class TooDeep(BadInput):
    code = "E_TOO_DEEP"


class InvalidTemplate(BadInput):
    code = "E_TEMPLATE"


class UndeclaredVariable(BadInput):
    code = "E_VARIABLE_UNDECLARED"


class MissingVariable(BadInput):
    code = "E_VARIABLE_MISSING"


class UnknownVariable(BadInput):
    code = "E_VARIABLE_UNKNOWN"


class InvalidVariableType(BadInput):
    code = "E_VARIABLE_TYPE"


class VariableTooLarge(BadInput):
    code = "E_VARIABLE_TOO_LARGE"


class TooLarge(BadInput):
    code = "E_TOO_LARGE"
    http_status = 413


class EmptyPrompt(BadInput):
    code = "E_EMPTY"


class InvalidEncoding(BadInput):
    code = "E_ENCODING"


class BinaryContent(BadInput):
    code = "E_BINARY"


class ControlCharacter(BadInput):
    code = "E_CONTROL_CHAR"


class InvisibleCharacter(BadInput):
    code = "E_INVISIBLE_CHAR"


class SecretInPrompt(BadInput):
    code = "E_SECRET"


class MissingBlock(BadInput):
    code = "E_BLOCK_MISSING"


class BlockCycle(BadInput):
    code = "E_BLOCK_CYCLE"


class BlockChanged(BadInput):
    """A block is not the bytes that its include names."""

    code = "E_BLOCK_DIGEST"


class NotAFile(BadInput):
    code = "E_NOT_A_FILE"


class InvalidThreshold(BadInput):
    code = "E_THRESHOLD"


class InvalidDataset(BadInput):
    code = "E_DATASET"


class InvalidEndpoint(BadInput):
    """An address that prompts and keys must not be sent to."""

    code = "E_MODEL_ENDPOINT"


class InvalidRecording(BadInput):
    """A file that holds no answers of a run."""

    code = "E_RECORDING"


class InvalidLabel(BadInput):
    code = "E_LABEL"


class InvalidReason(BadInput):
    code = "E_REASON"


class InvalidIdempotencyKey(BadInput):
    code = "E_IDEMPOTENCY_KEY"


class IdempotencyMismatch(BadInput):
    """The operation's id belongs to another operation that has been done."""

    code = "E_IDEMPOTENCY_MISMATCH"


class InvalidRecord(BadInput):
    """A use or feedback record that `observe` cannot take."""

    code = "E_RECORD"


class MalformedRequest(BadInput):
    """A request body or payload that is not the JSON object the route takes."""

    code = "E_BODY"


class UnsupportedMediaType(BadInput):
    code = "E_MEDIA_TYPE"
    http_status = 415


class NotConfirmed(BadInput):
    """What must be typed before an approval counts was not typed."""

    code = "E_CONFIRM"


class UnknownRoute(BadInput):
    code = "E_ROUTE"
    http_status = 404


class InvalidUsage(BadInput):
    """A command line that cannot be understood: an unknown option, a missing argument."""

    code = "E_USAGE"


class NotACheckout(BadInput):
    """A command that works on the project's own checkout was run elsewhere."""

    code = "E_CHECKOUT"


class MissingCredentials(BadInput):
    code = "E_CREDENTIALS"


class WrongAccount(BadInput):
    """Credentials of another AWS account than the one that was meant."""

    code = "E_ACCOUNT"


class AccessRefused(PolicyRefused):
    """AWS refused the call: the caller's policies do not allow it."""

    code = "E_ACCESS"


class EvidenceRequired(PolicyRefused):
    code = "E_EVAL_REQUIRED"


class EvidenceMismatch(PolicyRefused):
    code = "E_EVAL_MISMATCH"


class StandInEvidence(PolicyRefused):
    """A report made with a stand-in model, offered where only real models count."""

    code = "E_EVAL_STANDIN"


class ApprovalRequired(PolicyRefused):
    code = "E_APPROVAL_REQUIRED"


class ApprovalRejected(PolicyRefused):
    code = "E_APPROVAL_REJECTED"


class ApprovalExpired(PolicyRefused):
    code = "E_APPROVAL_EXPIRED"


class ApprovalStale(PolicyRefused):
    code = "E_APPROVAL_STALE"


class SelfApproval(PolicyRefused):
    code = "E_SELF_APPROVAL"


class NotAnApprover(PolicyRefused):
    code = "E_NOT_APPROVER"


class UnknownPerson(PolicyRefused):
    """An identity nobody is known to own, where it matters who somebody is."""

    code = "E_NOT_HUMAN"


class ForeignForm(PolicyRefused):
    """A form that our page did not make for this session and this approval."""

    code = "E_FORM"


class SignInRequired(PolicyRefused):
    code = "E_SIGN_IN"
    http_status = 401


class OutOfOrder(PolicyRefused):
    code = "E_ORDER"


class Revoked(PolicyRefused):
    code = "E_REVOKED"


class Retired(PolicyRefused):
    code = "E_RETIRED"


class Frozen(PolicyRefused):
    code = "E_FROZEN"


class Immutable(PolicyRefused):
    """The version or label names other bytes already, for ever."""

    code = "E_IMMUTABLE"


class NotForDrill(PolicyRefused):
    code = "E_DRILL"


class NoPreviousRelease(PolicyRefused):
    code = "E_NO_PREVIOUS"


class NeverReleased(PolicyRefused):
    code = "E_NEVER_RELEASED"


class RequestExpired(PolicyRefused):
    code = "E_REQUEST_EXPIRED"


class RequestStale(PolicyRefused):
    """What the request was made for is not what is registered now."""

    code = "E_REQUEST_STALE"


class AlreadyDecided(Conflict):
    code = "E_APPROVAL_DECIDED"


class RequestEnded(Conflict):
    code = "E_REQUEST_ENDED"


class IllegalTransition(Conflict):
    """What this would change is not in a state that allows it."""

    code = "E_STATE"


class AuditBroken(Conflict):
    """The records of what happened do not agree with one another."""

    code = "E_AUDIT"


class Drifted(Conflict):
    """Git, registry, ledger and pointer do not say the same."""

    code = "E_DRIFT"


class DigestMismatch(Unavailable):
    """Stored bytes are not the bytes that were released; they are never served."""

    code = "E_DIGEST"
    retryable = False


class ArtifactMissing(Unavailable):
    code = "E_BLOB_MISSING"
    retryable = False


class PromptUnavailable(Unavailable):
    """No verified version can be served: not from AWS, not from memory."""

    code = "E_PROMPT_UNAVAILABLE"


class MalformedPointer(Unavailable):
    code = "E_POINTER_MALFORMED"
    retryable = False


class UnreadableRow(Unavailable):
    """A row of a table is none that we wrote."""

    code = "E_ROW"
    retryable = False


class PointerDenied(Unavailable):
    """Committed, and Parameter Store refuses the pointer to our role."""

    code = "E_POINTER_DENIED"
    retryable = False


class PointerLabelled(Unavailable):
    """Committed, and a label on the oldest of the pointer's history keeps it from taking a new value."""

    code = "E_POINTER_LABELLED"
    retryable = False


class Throttled(Unavailable):
    code = "E_THROTTLED"


class EndpointDown(Unavailable):
    code = "E_ENDPOINT"


class NotInstalled(Unavailable):
    """The account and Region hold no PromptOps installation under this prefix."""

    code = "E_NOT_INSTALLED"
    retryable = False


class ModelUnavailable(Unavailable):
    """The model did not answer as a model does; says nothing about the prompt."""

    code = "E_MODEL"


class ModelRefused(ModelUnavailable):
    """Neither would the model answer if it were asked the same again."""

    code = "E_MODEL_REFUSED"
    retryable = False


class EvaluationEmpty(EvaluationError):
    code = "E_EVAL_EMPTY"


class EvaluationTooFew(EvaluationError):
    code = "E_EVAL_TOO_FEW"


class InvalidScore(EvaluationError):
    """A case's score that is no number in 0..1."""

    code = "E_EVAL_SCORE"


class DatasetChanged(EvaluationError):
    code = "E_EVAL_DATASET_CHANGED"


class GraderUnavailable(EvaluationError):
    """A grader that could not run: neither met nor not met, whatever `not-` stands before it."""

    code = "E_EVAL_GRADER"


class NotRecorded(EvaluationError):
    """A question that the recorded run did not ask."""

    code = "E_EVAL_NOT_RECORDED"


class SpendCapReached(EvaluationError):
    """The run or the day has spent what it may, or what it spends cannot be known."""

    code = "E_EVAL_SPEND"


def every_error(root: type[PromptOpsError] = PromptOpsError) -> Iterator[type[PromptOpsError]]:
    """Each class of the tree, the root first."""
    yield root
    for child in root.__subclasses__():
        yield from every_error(child)


def passing_codes() -> frozenset[str]:
    """Of what may be otherwise a moment later."""
    return frozenset(error.code for error in every_error() if error.retryable)


def from_dict(document: dict[str, object]) -> PromptOpsError:
    """The error another process described with `to_dict`, as this process's own class."""
    by_code = {error.code: error for error in every_error()}
    kind = by_code.get(str(document.get("code")), PromptOpsError)
    data = document.get("data")
    return kind(
        str(document.get("what", "no details")),
        str(document.get("fix", "")),
        **(data if isinstance(data, dict) else {}),
    )
