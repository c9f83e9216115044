from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from promptops.aws.oidc import CodeFlow
from promptops.aws.sessions import SignInAttempt
from promptops.domain.errors import EndpointDown, SignInRequired

NOW = "2026-05-26T09:00:00.000000Z"
SECONDS = datetime.fromisoformat(NOW).timestamp()
REDIRECT = "https://page.example/live/sign-in/callback"
# The pair that RFC 7636, appendix B, gives as its example.
VERIFIER, CHALLENGE = (
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
)
ATTEMPT = SignInAttempt("the-state", "the-nonce", VERIFIER, "", NOW)
CLAIMS: dict[str, object] = {
    "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool",
    "aud": "client",
    "token_use": "id",
    "exp": SECONDS + 1,
    "nonce": "the-nonce",
    "email": "Bob@Example.com",
    "email_verified": True,
}


class TokenEndpoint(HTTPServer):
    """Answers every exchange with what the test put here, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TokenHandler)
        self.status = 200
        self.answer: object = {"id_token": a_token(CLAIMS)}
        self.location = ""
        self.asked: list[tuple[str, dict[str, list[str]]]] = []


class TokenHandler(BaseHTTPRequestHandler):
    server: TokenEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, parse_qs(body)))
        content = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def endpoint(certificate: Path) -> Iterator[TokenEndpoint]:
    server = TokenEndpoint()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def a_flow(endpoint: TokenEndpoint, certificate: Path | None) -> CodeFlow:
    return CodeFlow(
        sign_in_url=f"https://127.0.0.1:{endpoint.server_port}",
        client_id="client",
        user_pool_id="eu-central-1_pool",
        redirect_uri=REDIRECT,
        ca_file=str(certificate) if certificate else None,
    )


def a_token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.signature"


def test_the_browser_is_sent_with_state_nonce_and_challenge(
    endpoint: TokenEndpoint, certificate: Path
) -> None:
    address = urlsplit(a_flow(endpoint, certificate).authorize_url(ATTEMPT))
    query = {name: values[0] for name, values in parse_qs(address.query).items()}

    assert address.path == "/oauth2/authorize"
    assert query == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": REDIRECT,
        "scope": "openid email",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


def test_a_code_buys_the_verified_address(endpoint: TokenEndpoint, certificate: Path) -> None:
    assert a_flow(endpoint, certificate).email("the-code", ATTEMPT, NOW) == "bob@example.com"

    ((path, form),) = endpoint.asked
    assert path == "/oauth2/token"
    assert form == {
        "grant_type": ["authorization_code"],
        "client_id": ["client"],
        "redirect_uri": [REDIRECT],
        "code": ["the-code"],
        "code_verifier": [VERIFIER],
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other"},
        {"aud": "another-client"},
        {"aud": ["client", "another-client"]},
        {"token_use": "access"},
        {"exp": SECONDS},
        {"exp": "tomorrow"},
        {"nonce": "another"},
        {"nonce": None},
        {"email": None},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
    ],
)
def test_a_token_that_proves_less_signs_nobody_in(
    endpoint: TokenEndpoint, certificate: Path, wrong: dict[str, object]
) -> None:
    endpoint.answer = {"id_token": a_token({**CLAIMS, **wrong})}

    with pytest.raises(SignInRequired, match=next(iter(wrong))):
        a_flow(endpoint, certificate).email("code", ATTEMPT, NOW)


@pytest.mark.parametrize(
    "answer", [{}, [], "text", {"id_token": "x"}, {"id_token": a_token([1])}, {"id_token": 7}]
)
def test_an_answer_without_an_identity_signs_nobody_in(
    endpoint: TokenEndpoint, certificate: Path, answer: object
) -> None:
    endpoint.answer = answer

    with pytest.raises(SignInRequired):
        a_flow(endpoint, certificate).email("code", ATTEMPT, NOW)


def test_a_code_used_before_is_refused(endpoint: TokenEndpoint, certificate: Path) -> None:
    endpoint.status = 400

    with pytest.raises(SignInRequired):
        a_flow(endpoint, certificate).email("code", ATTEMPT, NOW)


def test_the_code_does_not_follow_a_redirect(endpoint: TokenEndpoint, certificate: Path) -> None:
    endpoint.status, endpoint.location = 307, f"https://127.0.0.1:{endpoint.server_port}/elsewhere"

    with pytest.raises(SignInRequired):
        a_flow(endpoint, certificate).email("code", ATTEMPT, NOW)

    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_sign_in_asks_to_try_again(endpoint: TokenEndpoint, certificate: Path, status: int) -> None:
    endpoint.status = status

    with pytest.raises(EndpointDown):
        a_flow(endpoint, certificate).email("code", ATTEMPT, NOW)


def test_an_endpoint_whose_certificate_nobody_vouches_for_is_not_believed(endpoint: TokenEndpoint) -> None:
    with pytest.raises(EndpointDown):
        a_flow(endpoint, None).email("code", ATTEMPT, NOW)

    assert endpoint.asked == []


def test_a_sign_in_without_tls_is_not_accepted() -> None:
    with pytest.raises(ValueError, match="https"):
        CodeFlow(sign_in_url="http://x", client_id="c", user_pool_id="r_p", redirect_uri="r", ca_file=None)
