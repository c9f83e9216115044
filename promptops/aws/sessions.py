"""Who is signed in, without storing it: cookies and form tokens that only our KMS key can have made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from promptops.aws.error_mapping import mapped
from promptops.domain.errors import ForeignForm, SignInRequired
from promptops.ports import Clock

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

SESSION_MINUTES = 15
SIGN_IN_MINUTES = 10
SESSION_COOKIE = "__Host-promptops-session"
SIGN_IN_COOKIE = "__Host-promptops-sign-in"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
_MAX_COOKIE_CHARS = 2_048
_MAC_BYTES = 32

Purpose = Literal["sign-in", "session", "form"]


@dataclass(frozen=True)
class SignInAttempt:
    """What a browser must bring back from the sign-in; `to` is the approval it wants, or empty."""

    state: str
    nonce: str
    verifier: str
    to: str
    expires_at: str

    @property
    def challenge(self) -> str:
        """The PKCE challenge, method S256."""
        return _encode(hashlib.sha256(self.verifier.encode()).digest())


@dataclass(frozen=True)
class Session:
    """A signed-in person, by the verified address of the sign-in."""

    email: str
    session_id: str
    expires_at: str


class Sessions:
    """Makes and checks cookies whose MAC comes from KMS; the key never leaves it and nothing is stored."""

    def __init__(self, key_id: str, client: KMSClient, clock: Clock) -> None:
        self._key_id = key_id
        self._client = client
        self._clock = clock

    def begin_sign_in(self, to: str) -> tuple[SignInAttempt, str]:
        """A fresh attempt, and the Set-Cookie that remembers it for ten minutes."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = SignInAttempt(state, nonce, verifier, to, self._clock.later(SIGN_IN_MINUTES / 60))
        return attempt, self._cookie(SIGN_IN_COOKIE, "sign-in", asdict(attempt), SIGN_IN_MINUTES)

    def sign_in_attempt(self, cookies: Mapping[str, str], state: str) -> SignInAttempt:
        """The attempt this browser began; raises SignInRequired if it began none with this state."""
        fields = self._read("sign-in", cookies.get(SIGN_IN_COOKIE, ""))
        if fields is None or not secrets.compare_digest(fields["state"].encode(), state.encode()):
            raise SignInRequired("this sign-in was not begun here, or took too long", "Sign in again.")
        return SignInAttempt(**fields)

    def begin_session(self, email: str) -> str:
        """The Set-Cookie of a session of a quarter of an hour."""
        session = Session(email, secrets.token_hex(16), self._clock.later(SESSION_MINUTES / 60))
        return self._cookie(SESSION_COOKIE, "session", asdict(session), SESSION_MINUTES)

    def session(self, cookies: Mapping[str, str]) -> Session:
        """The session of this browser; raises SignInRequired if there is none, or it has ended."""
        fields = self._read("session", cookies.get(SESSION_COOKIE, ""))
        if fields is None:
            raise SignInRequired("you are not signed in, or your session has ended", "Sign in again.")
        return Session(**fields)

    def form_token(self, session: Session, approval_id: str) -> str:
        """The token that a form for this approval in this session carries."""
        return _encode(self._mac("form", _form_message(session, approval_id)))

    def check_form_token(self, session: Session, approval_id: str, token: str) -> None:
        """Returns if our page made this token for this session and approval; raises ForeignForm."""
        mac = _decode(token) if len(token) < _MAX_COOKIE_CHARS else b""
        if not self._is_mac("form", _form_message(session, approval_id), mac):
            raise ForeignForm("the form was not made by this page for you", "Open the approval again.")

    def _cookie(self, name: str, purpose: Purpose, fields: Mapping[str, str], minutes: int) -> str:
        payload = _encode(json.dumps(fields).encode())
        mac = _encode(self._mac(purpose, payload.encode()))
        return f"{name}={payload}.{mac}; Max-Age={minutes * 60}; {_ATTRIBUTES}"

    def _read(self, purpose: Purpose, value: str) -> dict[str, str] | None:
        """The fields of a cookie of ours that has not expired; its MAC is checked before it is parsed."""
        payload, _, mac = value.partition(".")
        if len(value) > _MAX_COOKIE_CHARS or not self._is_mac(purpose, payload.encode(), _decode(mac)):
            return None
        fields: dict[str, str] = json.loads(_decode(payload))
        return fields if self._clock.now() < fields["expires_at"] else None

    def _mac(self, purpose: Purpose, message: bytes) -> bytes:
        with mapped("kms:GenerateMac"):
            answer = self._client.generate_mac(
                KeyId=self._key_id, MacAlgorithm="HMAC_SHA_256", Message=_labelled(purpose, message)
            )
        return answer["Mac"]

    def _is_mac(self, purpose: Purpose, message: bytes, mac: bytes) -> bool:
        if len(mac) != _MAC_BYTES:
            return False
        with mapped("kms:VerifyMac"):
            try:
                answer = self._client.verify_mac(
                    KeyId=self._key_id,
                    MacAlgorithm="HMAC_SHA_256",
                    Message=_labelled(purpose, message),
                    Mac=mac,
                )
            except self._client.exceptions.KMSInvalidMacException:
                return False
        return answer["MacValid"]


def forgotten(name: str) -> str:
    """The Set-Cookie that removes a cookie."""
    return f"{name}=; Max-Age=0; {_ATTRIBUTES}"


def _labelled(purpose: Purpose, message: bytes) -> bytes:
    """Without the purpose in it, a MAC made for one thing could be shown for another."""
    return f"promptops {purpose}\n".encode() + message


def _form_message(session: Session, approval_id: str) -> bytes:
    return f"{session.session_id}\n{session.email}\n{approval_id}".encode()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """The bytes, or none where the text is no base64."""
    try:
        return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
