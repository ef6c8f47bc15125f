"""moto, amended where a story of Amazon Cognito could not go on without; beyond that it is moto as it comes.

- Signatures and IAM policies are checked (moto can do that, and does not unless asked), and refusals come in the JSON
  of Cognito's protocol, as AWS sends them, not in the XML of IAM's.
- Setting a password moves UserLastModifiedDate: AWS names it the time when the user was last modified.
"""
import sys

from moto import server, settings
from moto.cognitoidp.models import CognitoIdpBackend
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.iam.access_control import IAMRequest
from moto.iam.models import iam_backends

OF_CUSTOMERS = ["ConfirmForgotPassword", "GlobalSignOut", "RespondToAuthChallenge"]


def amend_dates():
    as_it_comes = CognitoIdpBackend.admin_set_user_password

    def admin_set_user_password(self, user_pool_id, username, password, permanent):
        as_it_comes(self, user_pool_id, username, password, permanent)
        self.admin_get_user(user_pool_id, username).last_modified_date = utcnow()

    CognitoIdpBackend.admin_set_user_password = admin_set_user_password


def amend_refusal(method, error_type, words):
    as_it_comes = getattr(IAMRequest, method)

    def refuse(self, *reason):
        if self._service != "cognito-idp":
            as_it_comes(self, *reason)
        raise JsonRESTError(error_type, words(self))

    setattr(IAMRequest, method, refuse)


def check_rights():
    def denied(request):
        return f"User: {request._access_key.arn} is not authorized to perform: {request._action}"

    amend_refusal("_raise_access_denied", "AccessDeniedException", denied)
    amend_refusal("_raise_signature_does_not_match", "InvalidSignatureException", lambda _: "The signatures differ.")
    amend_refusal("_raise_invalid_access_key", "UnrecognizedClientException", lambda _: "The key is not known.")
    public = ActionAuthenticatorMixin.PUBLIC_OPERATIONS
    public += [f"AWSCognitoIdentityProviderService.{name}" for name in OF_CUSTOMERS]
    iam = iam_backends["123456789012"]["aws"]
    iam.create_user("us-east-1", "root")
    everything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    iam.put_user_policy("root", "everything", everything)
    key = iam.create_access_key("root")
    key.access_key_id = key.secret_access_key = "test"
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0


amend_dates()
check_rights()
server.main(sys.argv[1:])
