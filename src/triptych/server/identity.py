"""Who asks, and what they may: the access class of every route, checked in one place before the route runs.

    OPEN     everybody: health, the page's own files, the description of the API
    READ     whoever may read some collection; what they see is narrowed inside the query
    WRITE    whoever may write to some collection; the route checks which
    ADMIN    whoever administers every collection
    PICTURE  as READ, or an address that this server signed
    LOCAL    who administers, or nobody where there are no keys: figures for machines

A route declares its class with `access(CLASS)`; one that does not is refused, and fails a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from triptych.keys import EVERY, SCOPES, Access, Key
from triptych.server.problems import Problem, absent, unauthorized

OPEN, READ, WRITE, ADMIN, PICTURE, LOCAL = "open", "read", "write", "admin", "picture", "local"
CLASSES = (OPEN, READ, WRITE, ADMIN, PICTURE, LOCAL)
OWNER, PUBLIC = "owner", "public"  # names of those without a key
FIELD = "x-access"  # where a route's class stands in OpenAPI


def access(name: str) -> dict[str, Any]:
    """The access class of a route, as its `openapi_extra`."""
    assert name in CLASSES
    return {FIELD: name}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `key` is None for the owner, who sits at the machine, and for the public."""

    name: str  # id of the key, "owner" or "public"
    key: Key | None
    access: Access

    @property
    def owner(self) -> bool:
        """Whoever is at home: nobody made a key and the server is reached (on loopback), or they started it
        themselves for their own use."""
        return self.name == OWNER

    def may(self, scope: str, collection: str) -> bool:
        if self.owner or (scope == "read" and self.access.is_public(collection)):
            return True
        return self.key is not None and self.key.may(scope, collection)

    def anywhere(self, scope: str) -> bool:
        """Whether there is a collection, now or later, in which they may."""
        if self.owner or (scope == "read" and self.access.public):
            return True
        granted = () if self.key is None else self.key.grants.values()
        return any(SCOPES.index(have) >= SCOPES.index(scope) for have in granted)

    def visible(self, there: Iterable[str]) -> tuple[str, ...]:
        """Those of the collections that are there which they may read."""
        return tuple(name for name in there if self.may("read", name))

    def scope(self, there: Iterable[str], named: Iterable[str] = ()) -> tuple[str, ...] | None:
        """Where a query of theirs may look; None is everywhere, and only for those who may see everything,
        so that what others have plays no part in anything. Raises Problem for a collection they cannot see."""
        seen = self.visible(there)
        wanted = tuple(dict.fromkeys(named))
        if any(name not in seen for name in wanted):
            raise absent("collection")
        if wanted:
            return wanted
        return None if self.may("read", EVERY) else seen

    def demand(self, scope: str, collection: str) -> None:
        """Raises Problem unless they may: as if the collection were not there, where they cannot see it."""
        if self.may(scope, collection):
            return
        if self.may("read", collection):
            raise Problem(
                403, "scope", f"This key may not {scope} in that collection; it needs the scope {scope}."
            )
        raise absent("collection")


def identify(request: Request, access: Access) -> Identity:
    """Whose request this is. Raises Problem for a key that is not valid."""
    header = request.headers.get("authorization", "")
    if not access.guarded:
        return Identity(OWNER, None, access)
    if not header:
        return Identity(PUBLIC, None, access)
    scheme, _, token = header.partition(" ")
    key = access.check(token.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise unauthorized()
    return Identity(key.id, key, access)


def admit(who: Identity, needed: str) -> None:
    """Raises Problem where `who` has no business with a route of that class."""
    if needed in (OPEN, PICTURE):  # pictures: the route looks at the signature
        return
    allowed = who.may("admin", EVERY) if needed in (ADMIN, LOCAL) else who.anywhere(needed)
    if not allowed:
        raise (
            unauthorized()
            if who.key is None
            else Problem(403, "scope", f"This key may not do that; it needs the scope {needed}.")
        )
