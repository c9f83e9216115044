"""A secret out of Secrets Manager, read again every few minutes so that a rotated one is used."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from promptops.asking.timer import SystemTimer, Timer
from promptops.aws.error_mapping import mapped
from promptops.domain.errors import AccessRefused

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS = 300.0
FIELD = "api_key"
_FIX = f'Store the key itself as text, or JSON such as {{"{FIELD}": "…"}}.'


class SecretText:
    """The text of a secret, whenever it is called; of a JSON object the text of `api_key`."""

    def __init__(self, arn: str, client: SecretsManagerClient, *, timer: Timer | None = None) -> None:
        self._arn = arn
        self._client = client
        self._timer = timer or SystemTimer()
        self._lock = threading.Lock()
        self._text = ""
        self._read_at = float("-inf")

    @classmethod
    def of(cls, arn: str) -> SecretText:
        """Read where the ARN says the secret is, be it in another Region than ours."""
        region = arn.split(":")[3]
        return cls(arn, boto3.client("secretsmanager", region_name=region))

    def __call__(self) -> str:
        """The key; raises AccessRefused where none can be read, Throttled or Unavailable, never quoting."""
        with self._lock:
            if self._timer.now() - self._read_at >= KEPT_SECONDS:
                self._text = _key_in(self._load(), self._arn)
                self._read_at = self._timer.now()
            return self._text

    def __repr__(self) -> str:
        return f"SecretText({self._arn!r})"

    def _load(self) -> str:
        try:
            with mapped("secretsmanager:GetSecretValue"):
                return str(self._client.get_secret_value(SecretId=self._arn).get("SecretString", ""))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise AccessRefused(
                f"the secret {self._arn} cannot be read ({code})", "Check secret_arn."
            ) from error


def _key_in(secret: str, arn: str) -> str:
    text = secret.strip()
    if text.startswith("{"):
        try:
            text = str(json.loads(text)[FIELD]).strip()
        except (ValueError, KeyError):
            raise AccessRefused(f"the secret {arn} has no {FIELD}", _FIX) from None
    if not text or not text.isascii() or not text.isprintable():
        raise AccessRefused(f"the secret {arn} is no key that a header can hold", _FIX)
    return text
