"""Sign-in by OpenID Connect: authorization code flow with PKCE, no client secret."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from promptops.aws.sessions import SignInAttempt
from promptops.domain.errors import EndpointDown, SignInRequired

TIMEOUT_SECONDS = 5.0
_MAX_ANSWER_BYTES = 65_536


class CodeFlow:
    """Sign-in at one user pool's pages.

    The ID token is read from the token endpoint's own TLS answer, which is what vouches for it (OpenID
    Connect Core 3.1.3.7): it never passes through a browser, so its signature need not be checked as well.
    """

    def __init__(
        self, *, sign_in_url: str, client_id: str, user_pool_id: str, redirect_uri: str, ca_file: str | None
    ) -> None:
        """`ca_file` names certificates to trust instead of the system's."""
        if urlsplit(sign_in_url).scheme != "https":
            raise ValueError("the sign-in must be at an https address")
        self._sign_in_url = sign_in_url.rstrip("/")
        self._client_id = client_id
        self._issuer = _issuer(user_pool_id)
        self._redirect_uri = redirect_uri
        context = ssl.create_default_context(cafile=ca_file)
        self._opener = build_opener(HTTPSHandler(context=context), _NoRedirects())

    def authorize_url(self, attempt: SignInAttempt) -> str:
        """Where to send the browser."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._sign_in_url}/oauth2/authorize?{urlencode(query)}"

    def logout_url(self, then: str) -> str:
        """Where a browser ends its session with the sign-in itself; the pool must know `then`."""
        query = {"client_id": self._client_id, "logout_uri": then}
        return f"{self._sign_in_url}/logout?{urlencode(query)}"

    def email(self, code: str, attempt: SignInAttempt, now: str) -> str:
        """The verified address of who signed in, in lower case.

        Raises SignInRequired when the code or what it buys is not good, EndpointDown when nobody answers.
        """
        claims = _claims(self._exchange(code, attempt.verifier))
        wrong = _wrong_claim(claims, self._issuer, self._client_id, attempt.nonce, now)
        if wrong:
            raise SignInRequired(f"the sign-in did not prove who you are ({wrong})", "Sign in again.")
        return str(claims["email"]).strip().casefold()

    def _exchange(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = Request(f"{self._sign_in_url}/oauth2/token", urlencode(form).encode(), headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                document = json.loads(answer.read(_MAX_ANSWER_BYTES))
            return str(document["id_token"])
        except HTTPError as error:
            if error.code < 500:
                raise SignInRequired("the sign-in was refused or used before", "Sign in again.") from error
            raise EndpointDown(f"the sign-in answered {error.code}", "Try again in a minute.") from error
        except (URLError, HTTPException, OSError) as error:
            raise EndpointDown("the sign-in does not answer", "Try again in a minute.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise SignInRequired("the sign-in answered without an identity", "Sign in again.") from error


class _NoRedirects(HTTPRedirectHandler):
    """A token endpoint that redirects is not ours; the code must not travel on."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _issuer(user_pool_id: str) -> str:
    region = user_pool_id.partition("_")[0]
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://cognito-idp.{region}.{domain}/{user_pool_id}"


def _claims(id_token: str) -> Mapping[str, object]:
    try:
        payload = id_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise SignInRequired("the sign-in answered without an identity", "Sign in again.") from error
    if not isinstance(claims, dict):
        raise SignInRequired("the sign-in answered without an identity", "Sign in again.")
    return claims


def _wrong_claim(claims: Mapping[str, object], issuer: str, client_id: str, nonce: str, now: str) -> str:
    """The first claim that does not hold, empty if all do."""
    audience = claims.get("aud")
    expires = claims.get("exp")
    seconds = datetime.fromisoformat(now).timestamp()
    email = claims.get("email")
    holds = {
        "iss": claims.get("iss") == issuer,
        "aud": audience in (client_id, [client_id]),
        "token_use": claims.get("token_use") == "id",
        "exp": isinstance(expires, (int, float)) and seconds < expires,
        "nonce": claims.get("nonce") == nonce,
        "email": isinstance(email, str) and "@" in email,
        "email_verified": claims.get("email_verified") in (True, "true"),
    }
    return next((name for name, good in holds.items() if not good), "")
