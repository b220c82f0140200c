"""Signed addresses of page pictures: for `<img>`, which sends no key. HMAC-SHA256 over everything that they show.

An address is good for one picture (asset, collection, page, width, boxes), for 15 minutes at most, and only as long
as the key that it was made for may read the collection.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from triptych.keys import Access
from triptych.server.identity import PUBLIC, Identity

SECONDS = 900  # that an address is good for at most
_STEP = 300  # addresses change this often, so that browsers find them in their cache
_FIELDS = ("collection", "width", "boxes")


class Signer:
    """Signs addresses and checks them."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def address(self, who: Identity, path: str, variant: Mapping[str, str]) -> str:
        """`path` with its variant, signed where keys decide."""
        if not self._access.guarded:
            return f"{path}?{urlencode(variant)}"
        expires = int(time.time()) // _STEP * _STEP + SECONDS
        told = {**variant, "key": who.name, "expires": str(expires)}
        return f"{path}?{urlencode({**told, 'signature': self._sign(path, told)})}"

    def who(self, path: str, query: Mapping[str, str], now: float | None = None) -> Identity | None:
        """For whom the address was signed; None unless it is just as it was signed, and still good."""
        now = time.time() if now is None else now
        told = {name: query[name] for name in (*_FIELDS, "key", "expires") if name in query}
        given = query.get("signature", "")
        if not hmac.compare_digest(self._sign(path, told).encode(), given.encode("utf-8", "replace")):
            return None
        if set(query) - {*told, "signature"} or not now <= int(told.get("expires", "0")) <= now + SECONDS:
            return None
        if told["key"] == PUBLIC:
            return Identity(PUBLIC, None, self._access)
        key = self._access.find(told["key"])
        sound = key is not None and key.valid(datetime.now(UTC))
        return Identity(told["key"], key, self._access) if sound else None

    def _sign(self, path: str, told: Mapping[str, str]) -> str:
        said = "\n".join([path, *(f"{name}={told[name]!r}" for name in sorted(told))])
        return hmac.new(self._access.signing, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
