"""What it means that Bedrock did not answer, or not as it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from promptops.aws.error_mapping import mapped
from promptops.domain.errors import AccessRefused, ModelRefused, ModelUnavailable, Throttled, Unavailable

LOOK = "Look at the case, the model and its guardrails."
_ACCESS = (
    "The stack asks the models listed in cdk.json that the account has access to; a preview needs "
    "bedrock:InvokeModel for yourself."
)
_CHECK = "Check the model id, its parameters, the length of the prompt and the account's model access."
#: The model's own trouble, and not the question's.
_PASSING = ("ModelTimeoutException", "ModelErrorException", "ModelNotReadyException")


@contextmanager
def answered_by(model_id: str, action: str) -> Iterator[None]:
    """Raise Throttled, AccessRefused, ModelUnavailable or ModelRefused for what goes wrong meanwhile."""
    try:
        with mapped(action):
            yield
    except Throttled:
        raise
    except AccessRefused as error:
        raise AccessRefused(f"{model_id}: {error.what}", _ACCESS, action=error.data["action"]) from error
    except Unavailable as error:
        raise ModelUnavailable(f"{model_id}: {error.what}", error.fix) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _PASSING:
            raise ModelUnavailable(f"{model_id} answered {code}", "Try again in a moment.") from error
        raise ModelRefused(f"{model_id} answered {code}", _CHECK) from error
    except ValueError:
        raise ModelUnavailable(f"{model_id} answered with something that is no JSON object", LOOK) from None
