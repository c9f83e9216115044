"""What AWS says becomes what we say."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    SSLError,
)

from promptops.aws.error_mapping import _FIX, MEANING, mapped
from promptops.domain.errors import (
    AccessRefused,
    EndpointDown,
    MissingCredentials,
    PromptOpsError,
    Throttled,
    Unavailable,
    every_error,
)


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetParameter"
    )


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            client_error("ThrottlingException"),
            Throttled,
            "E_THROTTLED: ssm:GetParameter answered ThrottlingException",
        ),
        (
            client_error("AccessDenied", 403),
            AccessRefused,
            "E_ACCESS: ssm:GetParameter answered AccessDenied",
        ),
        (client_error("ExpiredTokenException"), MissingCredentials, "E_CREDENTIALS"),
        (client_error("Strange", 502), Unavailable, "E_UNAVAILABLE"),
        (client_error("KMS.KMSInvalidStateException"), Unavailable, "E_UNAVAILABLE"),
        (client_error("ConditionalRequestConflict", 409), Throttled, "E_THROTTLED"),
        (
            EndpointConnectionError(endpoint_url="x"),
            EndpointDown,
            "E_ENDPOINT: ssm:GetParameter got no answer from x (EndpointConnectionError). Check network",
        ),
        (
            EndpointConnectionError(endpoint_url="https://127.0.0.1:9/"),
            EndpointDown,
            "Run promptops local up",
        ),
        (
            SSLError(endpoint_url="https://x", error="self-signed"),
            EndpointDown,
            "the certificate of https://x is not trusted. Set AWS_CA_BUNDLE",
        ),
        (NoCredentialsError(), MissingCredentials, "E_CREDENTIALS: there are no AWS credentials"),
        (ProfileNotFound(profile="nobody"), MissingCredentials, "nobody"),
    ],
)
def test_each_failure_has_its_leaf_and_next_step(error, kind, text):
    with pytest.raises(kind) as raised, mapped("ssm:GetParameter"):
        raise error

    assert text in str(raised.value)
    assert raised.value.fix
    assert raised.value.__cause__ is error


def test_codes_outside_the_table_are_the_callers_to_interpret():
    with pytest.raises(ClientError), mapped("s3:PutObject"):
        raise client_error("PreconditionFailed", 412)


def test_every_meaning_has_a_fix():
    assert set(MEANING.values()) == set(_FIX)


def test_codes_and_class_names_are_unique():
    errors = list(every_error(PromptOpsError))

    assert len({error.code for error in errors}) == len(errors)
    assert len({error.__name__ for error in errors}) == len(errors)
