"""What can go wrong with a provider. The sender obeys the class; adapters only choose it.

ProviderError
├── TemporaryError      nothing was taken; try again later
├── RejectedError       a definite no; never tried again by itself
├── TooLarge            a file with more bytes than were asked for
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

    @property
    def said(self) -> str:
        """What the provider said; nothing where no answer came and the words are our own."""
        return self.detail if self.code else ""


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


class TooLarge(ProviderError):
    """`size` in bytes where the other side said it."""

    def __init__(self, size: int | None = None) -> None:
        super().__init__("the file is too large")
        self.size = size


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


# What WhatsApp itself says of a message its provider had taken, by the code that is passed on.
LATE_CAUSES = {
    "131026": Cause.RECIPIENT,
    "131030": Cause.RECIPIENT,
    "131031": Cause.SERVICE_ACCESS,
    "131042": Cause.SERVICE_ACCESS,
    "131047": Cause.WINDOW,
    "131051": Cause.CONTENT,
    "131052": Cause.CONTENT,
    "131053": Cause.CONTENT,
    "132000": Cause.TEMPLATE,
    "132001": Cause.TEMPLATE,
    "132005": Cause.TEMPLATE,
    "132007": Cause.TEMPLATE,
    "132012": Cause.TEMPLATE,
    "132015": Cause.TEMPLATE,
    "132016": Cause.TEMPLATE,
}


def late_cause(code: str) -> Cause:
    """Why a message failed after it was taken; providers write the code with a point, too."""
    return LATE_CAUSES.get(code.partition(".")[0], Cause.OTHER)
