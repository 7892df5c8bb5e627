"""Keeps the sandbox's credentials in one small file and issues its signed tokens."""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import jwt

from .identity import new_id

ALGORITHM = "HS512"
BUSINESS_ID = "isobotsandbox"
YEAR = 365 * 24 * 3600
ACCESS_SECONDS = 5 * YEAR
REFRESH_SECONDS = 10 * YEAR


@dataclass(frozen=True)
class Credentials:
    """The four values a customer of the provider copies from its console."""

    client_id: str
    secret_id: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True)
class State:
    """What the file holds; the tokens are computed from it, never stored."""

    signing_key: str
    client_id: str
    secret_id: str
    generation: int
    access_expires: int
    refresh_expires: int


def issue(state_path: str | Path) -> Credentials:
    """Return the currently valid credentials, creating the state file on the first call."""
    return _credentials(_load(Path(state_path)))


class CredentialStore:
    """Checks and rotates the tokens of one state file."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()

    def current(self) -> Credentials:
        """The pair that is valid now."""
        return issue(self._path)

    def generation(self) -> int:
        """How many pairs there have been."""
        return _load(self._path).generation

    def accepts_access(self, token: str, *, old_too: bool) -> bool:
        """Whether the token opens the API; earlier access tokens only when `old_too`."""
        state = _load(self._path)
        if _same(token, _token(state, "access")):
            return state.access_expires > time.time()
        return old_too and _is_older_access(state, token)

    def is_of_current_pair(self, token: str) -> bool:
        """Whether the token is one of the current two, even when its time is over."""
        state = _load(self._path)
        return _same(token, _token(state, "access")) or _same(token, _token(state, "refresh"))

    def may_refresh(self, client_id: str, secret_id: str, refresh_token: str) -> bool:
        """Whether these three values entitle the caller to a new pair."""
        return _entitled(_load(self._path), client_id, secret_id, refresh_token)

    def rotate_for(
        self, client_id: str, secret_id: str, refresh_token: str, access_seconds: int | None
    ) -> Credentials | None:
        """Replace the pair if the caller is entitled; of two racing callers one wins."""
        with self._lock:
            state = _load(self._path)
            if not _entitled(state, client_id, secret_id, refresh_token):
                return None
            return self._rotate(state, access_seconds)

    def invalidate(self) -> None:
        """Make the current pair worthless; `issue` then hands out its successor."""
        with self._lock:
            self._rotate(_load(self._path), None)

    def _rotate(self, state: State, access_seconds: int | None) -> Credentials:
        now = int(time.time())
        lifetime = ACCESS_SECONDS if access_seconds is None else access_seconds
        following = replace(
            state,
            generation=state.generation + 1,
            access_expires=now + lifetime,
            refresh_expires=now + REFRESH_SECONDS,
        )
        # Stored before it is answered: a pair nobody kept would lock the customer out.
        _write(self._path, following).replace(self._path)
        _sync_folder(self._path.parent)
        return _credentials(following)


def _credentials(state: State) -> Credentials:
    return Credentials(
        client_id=state.client_id,
        secret_id=state.secret_id,
        access_token=_token(state, "access"),
        refresh_token=_token(state, "refresh"),
    )


def _token(state: State, kind: str) -> str:
    identifier = _token_id(state, kind, state.generation)
    claims: dict[str, object] = {
        "businessId": state.client_id,
        "name": "Sandbox",
        "api": True,
        "id": identifier,
        "exp": state.access_expires if kind == "access" else state.refresh_expires,
        "jti": identifier,
    }
    return jwt.encode(claims, state.signing_key, algorithm=ALGORITHM)


def _token_id(state: State, kind: str, generation: int) -> str:
    # Derived, not random: the same file must always give the same tokens.
    message = f"{kind}:{generation}".encode()
    return hmac.new(state.signing_key.encode(), message, hashlib.sha256).hexdigest()[:24].upper()


def _is_older_access(state: State, token: str) -> bool:
    try:
        claims = jwt.decode(token, state.signing_key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        return False
    older = range(1, state.generation)
    return any(claims.get("jti") == _token_id(state, "access", number) for number in older)


def _entitled(state: State, client_id: str, secret_id: str, refresh_token: str) -> bool:
    return (
        _same(client_id, state.client_id)
        and _same(secret_id, state.secret_id)
        and _same(refresh_token, _token(state, "refresh"))
        and state.refresh_expires > time.time()
    )


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode())


def _load(path: Path) -> State:
    try:
        stored = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _create(path)
    try:
        return State(**json.loads(stored))
    except (ValueError, TypeError) as error:
        message = "the sandbox state file is damaged; delete it to start with new credentials"
        raise ValueError(message) from error


def _create(path: Path) -> State:
    now = int(time.time())
    state = State(
        signing_key=secrets.token_hex(64),
        client_id=BUSINESS_ID,
        secret_id=new_id(30),
        generation=1,
        access_expires=now + ACCESS_SECONDS,
        refresh_expires=now + REFRESH_SECONDS,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    prepared = _write(path, state)
    try:
        # A link fails when the file exists: of two processes creating it, both use one file.
        path.hardlink_to(prepared)
    except FileExistsError:
        state = _load(path)
    except OSError:
        prepared.replace(path)
    prepared.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return state


def _write(path: Path, state: State) -> Path:
    """Write the state beside its file; mkstemp gives mode 0600 from the first byte."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(asdict(state), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # a platform without folder handles has nothing to flush
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
