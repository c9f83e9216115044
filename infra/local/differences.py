"""Every difference between the template deployed on this machine and the one deployed to an account.

`infra/target.py` makes them; a test compares both templates and fails on one that is not listed here, and on
one that is listed and not there.
"""

from __future__ import annotations

from dataclasses import dataclass

_STATE, _LINE = "PromptOpsState/Resources", "PromptOpsLine/Resources"
_APPROVE = f"{_LINE}/FunctionsApproveFunction*/Properties/Environment/Variables"

_ADDRESS = "the local API and sign-in answer under localhost and the port of the local AWS"
_MODEL = "the model is a stand-in here, and its reports are evidence here and nowhere else"
_MAIL = "mail is on, because what is sent can be read locally; in an account it is opt-in"


@dataclass(frozen=True)
class Difference:
    """A place in the templates, `*` standing for any text, and the reason why it differs."""

    where: str
    why: str


DIFFERENCES: tuple[Difference, ...] = (
    Difference("PromptOpsLine/Outputs/ApiUrl/Value", _ADDRESS),
    Difference("PromptOpsLine/Outputs/ApprovalPageUrl/Value", _ADDRESS),
    Difference(f"{_APPROVE}/PROMPTOPS_PAGE_URL", _ADDRESS),
    Difference(f"{_APPROVE}/PROMPTOPS_SIGN_IN_URL", _ADDRESS),
    Difference(f"{_LINE}/SignInClient*/Properties/CallbackURLs/0", _ADDRESS),
    Difference(f"{_LINE}/SignInClient*/Properties/LogoutURLs/0", _ADDRESS),
    Difference(f"{_LINE}/SettingsInstallation*/Properties/Value", _ADDRESS),
    Difference(f"{_LINE}/SettingsSettings*/Properties/Value", _ADDRESS),
    Difference(f"{_LINE}/FunctionsEvaluateFunction*/PROMPTOPS_MODEL_KIND", _MODEL),
    Difference(f"{_LINE}/FunctionsPromote*Function*/PROMPTOPS_ACCEPTED_MODEL_KINDS", _MODEL),
    Difference(f"{_APPROVE}/PROMPTOPS_MAIL_FROM", _MAIL),
    Difference(f"{_LINE}/FunctionsApproveIdentityPolicy*/Statement/ses:SendEmail/*", _MAIL),
    Difference(f"{_LINE}/MailSender*", _MAIL),
    Difference(
        f"{_LINE}/SettingsPeople*/Properties/Value",
        "the demonstration's people are known; in an account they are the ones in cdk.json",
    ),
    Difference(
        f"{_STATE}/ArtifactsBucketPolicy*/Statement/OnlyNewObjects/*",
        "the local AWS refuses even the conditional put under a policy that requires s3:if-none-match",
    ),
)
