"""What can go wrong with a provider. The sender obeys the class; adapters only choose it.

ProviderError
├── TemporaryError      nothing was taken; try again later
├── RejectedError       a definite no; never tried again by itself
├── CredentialsError    the access token was refused; renew, then the same send again
├── AmbiguousError      the answer was lost after bytes left; never repeated by itself
├── RenewalRefused      the refresh credentials were refused; a person must act
├── ForgedWebhook       a webhook without the right proof of where it comes from
└── UnreadableBody      an authentic webhook that cannot be understood
"""

from __future__ import annotations

from provider.contracts import Cause


class ProviderError(Exception):
    """The root. `detail` is safe to store and show: no secret, no message text."""

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


class TemporaryError(ProviderError):
    """`retry_after` seconds where the provider said so; it then holds for the whole account."""

    def __init__(
        self, detail: str = "", *, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class RejectedError(ProviderError):
    def __init__(self, detail: str = "", *, cause: Cause = Cause.OTHER, code: str = "") -> None:
        super().__init__(detail, code=code)
        self.cause = cause


class CredentialsError(ProviderError):
    pass


class AmbiguousError(ProviderError):
    pass


class RenewalRefused(ProviderError):
    pass


class ForgedWebhook(ProviderError):
    pass


class UnreadableBody(ProviderError):
    pass
