"""The models an installation may ask, with their limits and prices, and the endpoints beside Bedrock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from infra.context_values import Endpoint, InvalidContext, Model, count, entries, texts
from promptops.domain.evaluation.prices import Price

_ENDPOINT = re.compile(r"[a-z][a-z0-9-]{0,30}")
_RESERVED_ENDPOINTS = frozenset({"bedrock", "standin", "preview"})
_SECRET_ARN = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
)
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-f0-9-]+")
_PRICE_SOURCE = "cdk.json"
_NO_CAP = "none"


def models(value: Iterable[Mapping[str, Any]]) -> tuple[Model, ...]:
    return tuple(
        _model(item, texts("regions", item.get("regions", ())))
        for item in entries("models", value, "id", "regions", "requests_per_minute", "prices")
    )


def endpoints(value: Iterable[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    read = tuple(
        _endpoint(item)
        for item in entries("endpoints", value, "name", "url", "secret_arn", "key_arn", "models")
    )
    names = [endpoint.name for endpoint in read]
    if len(set(names)) != len(names):
        raise InvalidContext(f"endpoints are {names}; name each once")
    return read


def cap(name: str) -> Any:
    """US dollars as text, or `none`."""

    def read(value: object) -> str:
        if value == _NO_CAP:
            return _NO_CAP
        try:
            usd = float(str(value))
        except ValueError:
            usd = -1.0
        if isinstance(value, bool) or not 0 < usd < 1e9:
            raise InvalidContext(f"{name} is {value!r}; write US dollars above 0, or {_NO_CAP!r}")
        return f"{usd:g}"

    return read


def _endpoint(item: Mapping[str, Any]) -> Endpoint:
    name, url = item["name"], item["url"]
    if not _ENDPOINT.fullmatch(name) or name in _RESERVED_ENDPOINTS:
        reserved = ", ".join(sorted(_RESERVED_ENDPOINTS))
        raise InvalidContext(
            f"endpoint is {name!r}; use a-z, 0-9 and '-', at most 31 characters, and none of {reserved}"
        )
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise InvalidContext(
            f"url of the endpoint {name} is {url!r}; write https://host/path without user, password or query"
        )
    secret_arn, key_arn = item["secret_arn"], item.get("key_arn", "")
    if not _SECRET_ARN.fullmatch(secret_arn):
        raise InvalidContext(
            f"secret_arn of the endpoint {name} is {secret_arn!r}; write the secret's whole ARN, with the "
            "six characters at its end"
        )
    if key_arn and not _KEY_ARN.fullmatch(key_arn):
        raise InvalidContext(f"key_arn of the endpoint {name} is {key_arn!r}; write the ARN of a KMS key")
    asked = tuple(
        _model(model, ())
        for model in entries(f"models of {name}", item["models"], "id", "requests_per_minute", "prices")
    )
    if not asked:
        raise InvalidContext(f"the endpoint {name} lists no models; only listed ones are asked")
    return Endpoint(name, url, secret_arn, asked, key_arn)


def _model(item: Mapping[str, Any], regions: tuple[str, ...]) -> Model:
    model_id, limit = item["id"], item.get("requests_per_minute")
    if not isinstance(model_id, str) or not model_id:
        raise InvalidContext(f"id of a model is {model_id!r}; write its id")
    return Model(
        model_id,
        regions,
        0 if limit is None else count(f"requests_per_minute of {model_id}")(limit),
        _price(model_id, item["prices"]) if "prices" in item else None,
    )


def _price(model_id: str, value: Mapping[str, Any]) -> Price:
    where = f"prices of {model_id}"
    for key in value.keys() - {"input", "output", "cached_input", "as_of"}:
        raise InvalidContext(f"{where} has {key!r}; known: input, output, cached_input, as_of")
    try:
        as_of = date.fromisoformat(value["as_of"]).isoformat()
    except (KeyError, TypeError, ValueError):
        raise InvalidContext(f"{where} need as_of, the day you read them, such as 2026-03-01") from None
    cached = value.get("cached_input")
    return Price(
        _usd(where, value.get("input")),
        _usd(where, value.get("output", 0)),
        as_of,
        _PRICE_SOURCE,
        None if cached is None else _usd(where, cached),
    )


def _usd(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise InvalidContext(f"{where} have {value!r}; write US dollars a million tokens")
    return float(value)
