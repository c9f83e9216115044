"""The checks of promptops doctor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from promptops.aws.error_mapping import mapped
from promptops.cli.boundary import as_ours
from promptops.cli.line import Line
from promptops.cli.model_access import check_models
from promptops.contract.names import function_name
from promptops.domain.errors import Unavailable

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """What one check found; `exit_code` is 0 unless it failed."""

    check: str
    status: Status
    text: str
    next_step: str = ""
    exit_code: int = 0

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One thing to look at. Without a `needed` one the later checks cannot look; others only warn."""

    name: str
    look: Callable[[Line], tuple[Status, str, str]]
    needed: bool = False


def check_all(checks: Sequence[Check], line: Line) -> list[Finding]:
    """The findings in order; ends after a needed check that failed."""
    findings = []
    for check in checks:
        try:
            findings.append(Finding(check.name, *check.look(line)))
        except Exception as error:
            problem = as_ours(error)
            if check.needed:
                text = f"{problem.code}: {problem.what}"
                findings.append(Finding(check.name, "fail", text, problem.fix, problem.exit_code))
                break
            findings.append(Finding(check.name, "warn", problem.what, problem.fix))
    return findings


def _profile(line: Line) -> tuple[Status, str, str]:
    return "ok", f"{line.session.profile_name} in {line.session.region_name}", ""


def _credentials(line: Line) -> tuple[Status, str, str]:
    with mapped("sts:GetCallerIdentity"):
        identity = line.client("sts").get_caller_identity()
    return "ok", identity["Arn"], ""


def _ca_bundle(line: Line) -> tuple[Status, str, str]:
    path = line.session._session.get_config_variable("ca_bundle")
    if not path:
        return "ok", "the system's own", ""
    if not Path(path).is_file():
        raise Unavailable(f"{path} does not exist", "Correct AWS_CA_BUNDLE or ca_bundle of the profile.")
    return "ok", str(path), ""


def _installation(line: Line) -> tuple[Status, str, str]:
    found = line.installation
    return "ok", f"/{line.prefix} in {found.region}: {', '.join(found.environments)}", ""


def _release(line: Line) -> tuple[Status, str, str]:
    here, there = version("promptops"), line.installation.release
    if here == there:
        return "ok", here, ""
    return "warn", f"this is {here}, the stack is {there}", "Upgrade the older of the two."


def _api(line: Line) -> tuple[Status, str, str]:
    line.api.reach()
    return "ok", line.installation.api_url, ""


def _freezes(line: Line) -> tuple[Status, str, str]:
    frozen = {name: line.ledgers[name].frozen_because() for name in line.ledgers.names}
    if any(frozen.values()):
        told = "; ".join(f"{name} is frozen: {reason}" for name, reason in frozen.items() if reason)
        return "warn", told, "Promotions there are refused until somebody lifts it: promptops unfreeze."
    return "ok", "no environment is frozen", ""


def _mail(line: Line) -> tuple[Status, str, str]:
    with mapped("ses:GetAccount"):
        account = line.client("sesv2").get_account()
    if not account.get("SendingEnabled", False):
        return "warn", "SES does not send", "Approvals still work: promptops approvals, or the page."
    if not account.get("ProductionAccessEnabled", False):
        step = "Verify each approver's address, or request production access."
        return "warn", "SES is in its sandbox: only verified addresses get mail", step
    return "ok", "SES sends", ""


def _powertools(line: Line) -> tuple[Status, str, str]:
    name = function_name(line.prefix, "resolve")
    with mapped("lambda:GetFunctionConfiguration"):
        configuration: dict[str, Any] = line.client("lambda").get_function_configuration(FunctionName=name)
    layers = [layer["Arn"].rsplit(":layer:")[-1] for layer in configuration.get("Layers", [])]
    found = [layer for layer in layers if "Powertools" in layer]
    if found:
        return "ok", found[0], ""
    return "warn", f"{name} has no Powertools layer", "Deploy the stack again."


CHECKS = (
    Check("profile", _profile, needed=True),
    Check("CA bundle", _ca_bundle, needed=True),
    Check("credentials", _credentials, needed=True),
    Check("installation", _installation, needed=True),
    Check("release", _release),
    Check("API", _api, needed=True),
    Check("freezes", _freezes),
    Check("mail", _mail),
    Check("models", check_models),
    Check("Powertools", _powertools),
)
