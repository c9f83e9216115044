"""The HTTP API: its routes, who serves them, how callers prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Authorization = Literal["AWS_IAM", "SIGN_IN"]


@dataclass(frozen=True)
class Route:
    """One route. `SIGN_IN` routes are open to the network and demand the approver's session themselves.

    `per_environment` routes exist once for each environment, `{env}` in the path being its name. `policies`
    names those of the access kit that allow the call.
    """

    method: str
    path: str
    function: str
    authorization: Authorization = "AWS_IAM"
    per_environment: bool = False
    policies: tuple[str, ...] = ()

    def path_in(self, environment: str) -> str:
        return self.path.replace("{env}", environment)

    def serves(self, path: str) -> bool:
        """Whether this is the route of `/v1/prod/promote` and the like."""
        pattern, parts = self.path.split("/"), path.split("/")
        return len(pattern) == len(parts) and all(
            part == place or place.startswith("{") for place, part in zip(pattern, parts, strict=True)
        )


ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/publish", "publish", policies=("Author", "Ci")),
    Route("POST", "/v1/datasets", "publish", policies=("Author", "Ci")),
    Route("POST", "/v1/{env}/evaluate", "promote", per_environment=True, policies=("Author", "Ci")),
    Route("POST", "/v1/{env}/promote", "promote", per_environment=True, policies=("Author",)),
    Route("POST", "/v1/{env}/rollback", "promote", per_environment=True, policies=("OnCall",)),
    Route("POST", "/v1/{env}/drill", "promote", per_environment=True, policies=("OnCall",)),
    Route("POST", "/v1/{env}/retire", "promote", per_environment=True, policies=("OnCall",)),
    Route("POST", "/v1/{env}/freeze", "promote", per_environment=True, policies=("OnCall",)),
    Route("POST", "/v1/{env}/unfreeze", "promote", per_environment=True, policies=("OnCall",)),
    # A version is revoked everywhere, so by the function of the highest environment.
    Route("POST", "/v1/revoke", "promote", policies=("OnCall",)),
    Route("POST", "/v1/unrevoke", "promote", policies=("OnCall",)),
    Route("POST", "/v1/resolve", "resolve", policies=("Reader",)),
    Route("POST", "/v1/observe", "observe", policies=("Reader",)),
    Route("POST", "/v1/approvals/{approval_id}", "approve", policies=("Approver",)),
    Route("GET", "/approvals", "approve", "SIGN_IN"),
    Route("GET", "/approvals/{approval_id}", "approve", "SIGN_IN"),
    Route("POST", "/approvals/{approval_id}", "approve", "SIGN_IN"),
    Route("GET", "/sign-in", "approve", "SIGN_IN"),
    Route("GET", "/sign-in/callback", "approve", "SIGN_IN"),
    Route("POST", "/sign-out", "approve", "SIGN_IN"),
)
