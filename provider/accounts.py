"""What is asked and said of an account at a provider: checks, renewals, incidents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from provider.contracts import ChannelKind


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """A line as the provider lists it. `number` is the number, page or bot id in its bare form."""

    kind: ChannelKind
    reference: str
    number: str
    active: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class WebhookReport:
    """What the provider says of its posting to us: where to, what waits, and what failed last.

    `url` is empty where no address is registered. It is another installation's secret, perhaps:
    never shown whole.
    """

    url: str
    pending: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinesReported:
    """The lines of an account that serves all channels of its adapter, as it lists them."""

    adapter: str
    lines: tuple[ReportedLine, ...]


@dataclass(frozen=True, slots=True)
class AccountReport:
    """The answer to an authenticated call; `lines` is None where that call does not list them."""

    lines: tuple[ReportedLine, ...] | None = None
    webhook: WebhookReport | None = None


class AccessKind(StrEnum):
    """What came of asking the provider whether it takes the token."""

    OK = "ok"
    REFUSED = "refused"
    NO_ACCESS = "no_access"
    UNREACHABLE = "unreachable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class AccessResult:
    """`detail` is the provider's own text, without secrets; `retry_after` seconds if it said so.

    `lines` is None where the provider was not asked for them, or did not list them.
    """

    kind: AccessKind
    detail: str = ""
    lines: tuple[ReportedLine, ...] | None = None
    code: str = ""
    retry_after: float | None = None
    webhook: WebhookReport | None = None

    @property
    def ok(self) -> bool:
        return self.kind is AccessKind.OK


class RefreshKind(StrEnum):
    """What came of asking for a new token."""

    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    MISSING = "missing"
    RUNNING = "running"
    # Only of renewals nobody asked for by hand: an earlier one failed, and it is too soon.
    RESTING = "resting"
    # Sending is: a backup was restored, whose pair may have been replaced since.
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """`detail` is the provider's own text, without secrets; `missing` names the keys to fill in."""

    kind: RefreshKind
    detail: str = ""
    missing: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.kind in (RefreshKind.RENEWED, RefreshKind.UNCHANGED)


class CheckKind(StrEnum):
    """What became of a daily check."""

    DONE = "done"
    NOT_DUE = "not_due"
    RUNNING = "running"
    NOTHING = "nothing"  # there is no token to check


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`renewal` is None where the token needed none."""

    kind: CheckKind
    access: AccessResult | None = None
    renewal: RefreshResult | None = None

    @property
    def ok(self) -> bool:
        if self.renewal is not None:
            return self.renewal.kind is RefreshKind.RENEWED
        return self.access is None or self.access.ok


# In the place of an account: the installation itself, each of whose troubles is apart.
INSTALLATION = "isobot"


class IncidentKind(StrEnum):
    """What is wrong with an account, or with the installation.

    The sentences are in `provider.incident_words`.
    """

    UNREACHABLE = "unreachable"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a kind of incident
    NO_ACCESS = "no_access"
    NO_CREDIT = "no_credit"
    RENEWAL_REFUSED = "renewal_refused"
    RENEWAL_UNCHANGED = "renewal_unchanged"
    MISSING_KEYS = "missing_keys"
    EVENTS_WAIT = "events_wait"
    EVENTS_DEAD = "events_dead"
    SENDS_WAIT = "sends_wait"
    PROVIDER_SILENT = "provider_silent"


@dataclass(frozen=True, slots=True)
class AccountState:
    """What Setup chat shows of the account; holds no secret."""

    has_token: bool
    expires_at: datetime | None
    checked_at: datetime | None
    renewed_at: datetime | None
    next_check_at: datetime | None
    paused_until: datetime | None
    is_renewing: bool
    missing: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TemplatesResult:
    """What came of asking the provider about templates. `detail` is its own text, no secrets."""

    kind: AccessKind
    detail: str = ""
    code: str = ""

    @property
    def ok(self) -> bool:
        return self.kind is AccessKind.OK
