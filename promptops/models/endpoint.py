"""An address that speaks OpenAI's API, and the key it wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from promptops.domain.errors import AccessRefused, InvalidEndpoint, shown
from promptops.domain.question import ModelName

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Endpoint:
    """`url` is what `/chat/completions` comes after, such as `https://models.example.com/v1`.

    `api_key` is asked for with every request and may be empty. Only `models` are asked there; empty is any.
    """

    name: str
    url: str
    api_key: Callable[[], str] = field(default=str, repr=False)
    models: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        encrypted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not encrypted or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise InvalidEndpoint(
                f"the url of the endpoint {shown(self.name)} is none that may be asked",
                "Write https://host/path (http only on this machine), without user, password or query.",
            )

    def check_lists(self, model: ModelName) -> None:
        """Raises AccessRefused for a model that is not among its models."""
        if self.models and model.id not in self.models:
            raise AccessRefused(
                f"{shown(model.id)} is not a model of the endpoint {self.name}",
                "Add it under endpoints in cdk.json, or name another model.",
            )
