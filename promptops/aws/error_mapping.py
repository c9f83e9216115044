"""What AWS's errors mean to us: one table, used by every adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from promptops.domain.errors import (
    AccessRefused,
    EndpointDown,
    MissingCredentials,
    PromptOpsError,
    Throttled,
    Unavailable,
)

_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "SlowDown",
    # S3, while another conditional write of the same key is under way.
    "ConditionalRequestConflict",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestThrottled",
    "RequestThrottledException",
    "LimitExceededException",
    "LimitExceeded",
    "TooManyUpdates",
    "TransactionInProgressException",
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
    "ExecutionLimitExceeded",
    "KmsThrottlingException",
)
_REFUSED = (
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorizedException",
    "KmsAccessDeniedException",
    "403",
)
_CREDENTIALS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
)
_DOWN = (
    "InternalError",
    "InternalServerError",
    "InternalServerException",
    "InternalFailure",
    "InternalServiceError",
    "InternalErrorException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ServiceException",
    "RequestTimeout",
    "KMSInternalException",
    "DependencyTimeoutException",
    "DisabledException",
    "KeyUnavailableException",
    "KMSInvalidStateException",
    "KmsInvalidStateException",
    "KMS.DisabledException",
    "KMS.KMSInvalidStateException",
    "KMS.NotFoundException",
    "500",
    "503",
)

MEANING: dict[str, type[PromptOpsError]] = {
    **dict.fromkeys(_THROTTLED, Throttled),
    **dict.fromkeys(_REFUSED, AccessRefused),
    **dict.fromkeys(_CREDENTIALS, MissingCredentials),
    **dict.fromkeys(_DOWN, Unavailable),
}

_FIX: dict[type[PromptOpsError], str] = {
    Throttled: "AWS asks to slow down; try again.",
    AccessRefused: "Ask for the policy that allows it; the stack's outputs name them.",
    MissingCredentials: "Sign in again, or check AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL.",
    Unavailable: "Try again; if it lasts, look at the service's health.",
}

LOOPBACK = "://127.0.0.1:"
ON_THIS_MACHINE = (
    'Run promptops local up, then eval "$(promptops local env)" again, or unset AWS_ENDPOINT_URL.'
)
_AWAY = "Check network, AWS_REGION and AWS_ENDPOINT_URL."

_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)


@contextmanager
def mapped(action: str) -> Iterator[None]:
    """Raise our error for AWS's while `action` (`ssm:GetParameter`) is under way.

    Client errors outside the table go through as they are: they are the caller's to interpret.
    """
    try:
        yield
    except ClientError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        what = f"{action} answered {error.response['Error']['Code']}"
        raise meaning(what, _FIX[meaning], action=action) from error
    except _NO_CREDENTIALS as error:
        raise MissingCredentials(
            "there are no AWS credentials", "Set AWS_PROFILE, or sign in with aws sso login."
        ) from error
    except (ProfileNotFound, NoRegionError) as error:
        raise MissingCredentials(str(error).rstrip("."), "Set AWS_PROFILE and AWS_REGION.") from error
    except SSLError as error:
        what = f"{action}: the certificate of {_endpoint(error)} is not trusted"
        raise EndpointDown(what, "Set AWS_CA_BUNDLE to its authority's file.") from error
    except (ConnectionError, HTTPClientError) as error:
        endpoint = _endpoint(error)
        what = f"{action} got no answer from {endpoint} ({type(error).__name__})"
        raise EndpointDown(what, ON_THIS_MACHINE if LOOPBACK in endpoint else _AWAY) from error
    except BotoCoreError as error:
        raise Unavailable(f"{action} could not be called: {error}", "Check the AWS settings.") from error


def _endpoint(error: BotoCoreError | HTTPClientError) -> str:
    return str(error.kwargs.get("endpoint_url") or "AWS").partition("?")[0]


def _meaning(error: ClientError) -> type[PromptOpsError] | None:
    kind = MEANING.get(error.response["Error"]["Code"])
    if kind is None and error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Unavailable
    return kind
