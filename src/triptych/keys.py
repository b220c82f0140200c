"""Keys and collections: who may see and change what. One small file beside the catalog, `access.json`.

    Access.open(folder) -> Access       the file as it is now; `fresh()` reads it again when it has changed
    access.check(token) -> Key | None    whose bearer token that is; None for all that is not valid now
    add, revoke, publish, hide           writing: one process at a time, the file is replaced as a whole

A token is `tk_ID_SECRET`, with 256 random bits as secret: it is shown once, and its SHA-256 is kept. (A slow hash
protects secrets that people think of; nobody guesses 256 bits.) A key that was revoked or has expired stays in
the file, so that the last one that goes does not open the library to everybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from triptych import files
from triptych.errors import LibraryError, UserError

FILE = "access.json"
SCOPES = ("read", "write", "admin")  # each includes those before it
EVERY = "*"  # all collections, also those that come later
_NAME = re.compile(r"[\w.@ -]{1,80}")
_TOKEN = re.compile(r"tk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. `grants` say the highest scope in each collection, `*` stands for all."""

    id: str
    name: str
    hash: str  # SHA-256 of the secret, hexadecimal
    grants: Mapping[str, str]
    created: str  # ISO 8601, UTC
    expires: str | None = None
    revoked: str | None = None

    def valid(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or now < datetime.fromisoformat(self.expires))

    def may(self, scope: str, collection: str) -> bool:
        """Whether the key has `scope` in `collection` (`*`: in all)."""
        granted = (self.grants.get(collection), self.grants.get(EVERY))
        return any(have and SCOPES.index(have) >= SCOPES.index(scope) for have in granted)

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        return "revoked" if self.revoked else "valid" if self.valid(now) else "expired"


@dataclass(frozen=True, slots=True)
class _Stored:
    keys: Mapping[str, Key] = field(default_factory=dict)
    public: frozenset[str] = frozenset()
    signing: bytes = b""  # signs the addresses of pictures
    stamp: tuple[int, int] = (0, 0)  # time and size of the file that this was read from


class Access:
    """The keys and public collections of the library in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._stored = _Stored()
        self.fresh()

    def fresh(self) -> Access:
        """See what another process has changed. Costs one look at the file."""
        stamp = files.stamp(self._path)
        if stamp != self._stored.stamp:
            self._stored = self._read(stamp)
        return self

    @property
    def keys(self) -> tuple[Key, ...]:
        """All keys that were ever made, the oldest first."""
        return tuple(sorted(self._stored.keys.values(), key=lambda key: key.created))

    @property
    def guarded(self) -> bool:
        """Whether keys decide. Without any, whoever reaches the server may do everything: loopback only."""
        return bool(self._stored.keys)

    @property
    def public(self) -> frozenset[str]:
        """Collections that everybody may read, `*` for all."""
        return self._stored.public

    @property
    def signing(self) -> bytes:
        """The secret that signs addresses of pictures; b"" before the first key was made."""
        return self._stored.signing

    def is_public(self, collection: str) -> bool:
        return collection in self.public or EVERY in self.public

    def find(self, key_id: str) -> Key | None:
        """The key with that id, whether it is valid or not."""
        return self._stored.keys.get(key_id)

    def check(self, token: str, now: datetime | None = None) -> Key | None:
        """The valid key whose token this is. Takes the same time whatever is wrong with it."""
        form = _TOKEN.fullmatch(token)
        key = self._stored.keys.get(form[1]) if form else None
        secret = form[2] if form else token
        given = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
        same = hmac.compare_digest(given, key.hash if key else "0" * 64)
        return key if same and key is not None and key.valid(now or datetime.now(UTC)) else None

    # ------------------------------------------------------------------------------------ writing

    def add(self, name: str, grants: Mapping[str, str], expires: datetime | None = None) -> tuple[Key, str]:
        """A new key and its token, which is never shown again. Raises UserError."""
        if not _NAME.fullmatch(name):
            raise UserError(
                f"The name {name!r} is not one for a key: letters, digits, . @ - _ and spaces, 1 to 80."
            )
        if not grants:
            raise UserError("The key would open nothing. Grant something: --grant COLLECTION:read")
        for collection, scope in grants.items():
            if scope not in SCOPES:
                raise UserError(
                    f"The scope '{scope}' of '{collection}' is unknown. There are: {', '.join(SCOPES)}."
                )
        if expires is not None and expires <= datetime.now(UTC):
            raise UserError(f"The key would have expired already, on {expires:%Y-%m-%d}. Name a later day.")
        secret = secrets.token_urlsafe(32)
        made = Key(
            id=secrets.token_hex(4),
            name=name,
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            grants=dict(grants),
            created=_now(),
            expires=None if expires is None else expires.isoformat(timespec="seconds"),
        )
        with self._changing() as stored:
            self._write(replace(stored, keys={**stored.keys, made.id: made}))
        return made, f"tk_{made.id}_{secret}"

    def revoke(self, name: str) -> Key:
        """End the valid key with that id or name. Raises UserError when there is none, or more than one."""
        with self._changing() as stored:
            found = [k for k in stored.keys.values() if name in (k.id, k.name) and k.revoked is None]
            if len(found) != 1:
                what = "no key" if not found else f"{len(found)} keys"
                raise UserError(f"There is {what} '{name}' that could be revoked. See: triptych keys list")
            ended = replace(found[0], revoked=_now())
            self._write(replace(stored, keys={**stored.keys, ended.id: ended}))
        return ended

    def publish(self, collection: str, public: bool) -> None:
        """Let everybody read a collection (`*`: all of them), or no longer."""
        with self._changing() as stored:
            named = frozenset({collection})
            self._write(replace(stored, public=stored.public | named if public else stored.public - named))

    def _changing(self) -> _Changing:
        return _Changing(self)

    def _write(self, stored: _Stored) -> None:
        signing = stored.signing or secrets.token_bytes(32)
        raw = {
            "keys": [asdict(key) for key in stored.keys.values()],
            "public": sorted(stored.public),
            "signing": signing.hex(),
        }
        files.write(self._path, json.dumps(raw, ensure_ascii=False, indent=1).encode())
        self._path.chmod(0o600)
        self.fresh()

    # ------------------------------------------------------------------------------------ the file

    def _read(self, stamp: tuple[int, int]) -> _Stored:
        if stamp == (0, 0):
            return _Stored()
        try:
            raw = json.loads(self._path.read_text("utf-8"))
            keys = [Key(**entry) for entry in raw["keys"]]
            return _Stored(
                {key.id: key for key in keys}, frozenset(raw["public"]), bytes.fromhex(raw["signing"]), stamp
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            # Never taken for an empty one: that would open everything.
            raise LibraryError(
                f"The file of keys '{self._path}' cannot be read: {error}. Restore it, or move it away and make "
                "new keys: triptych keys add"
            ) from error


class _Changing:
    """The file as it is, with the right to replace it, for the time of a `with` block."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = FileLock(access._path.with_suffix(".lock"))

    def __enter__(self) -> _Stored:
        self._lock.acquire(timeout=10)
        self._access.fresh()
        return self._access._stored

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
