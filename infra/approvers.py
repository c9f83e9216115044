"""Who may approve: the user pool that outlives deployments, and the sign-in that belongs to the page."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.context import Context
from infra.target import Target

GROUP = "approvers"
CALLBACK = "/sign-in/callback"


class Approvers(Construct):
    """People invited by an administrator, and the group of those who approve."""

    def __init__(self, scope: Construct, id: str, context: Context) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "UserPool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            standard_attributes=cognito.StandardAttributes(email=cognito.StandardAttribute(required=True)),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.REQUIRED if context.mfa == "required" else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        cognito.CfnUserPoolGroup(
            self,
            "Group",
            user_pool_id=self.pool.user_pool_id,
            group_name=GROUP,
            description="May decide about high-risk prompts",
        )


_MINUTES = "minutes"


class SignIn(Construct):
    """The hosted sign-in of the approval page: code flow with PKCE, a public client, no secret to keep."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        target: Target,
        pool: cognito.IUserPool,
        page_url: str,
    ) -> None:
        super().__init__(scope, id)
        domain = f"{prefix}-{Aws.ACCOUNT_ID}"
        self.url = target.sign_in_url(domain)
        cognito.CfnUserPoolDomain(self, "Domain", domain=domain, user_pool_id=pool.user_pool_id)
        client = cognito.CfnUserPoolClient(
            self,
            "Client",
            user_pool_id=pool.user_pool_id,
            generate_secret=False,
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_flows=["code"],
            # Without aws.cognito.signin.user.admin, and with no other flow than the hosted pages,
            # nobody obtains a token that could change their own e-mail address.
            allowed_o_auth_scopes=["openid", "email"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            callback_ur_ls=[page_url + CALLBACK],
            logout_ur_ls=[page_url + "/approvals"],
            supported_identity_providers=["COGNITO"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=15,
            id_token_validity=15,
            refresh_token_validity=60,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                access_token=_MINUTES, id_token=_MINUTES, refresh_token=_MINUTES
            ),
        )
        self.client_id = client.ref
