"""keys: who may see and change what over HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triptych.cli.context import DONE, Context, as_json, pass_context, put_json
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.keys import Access, Key

_AGE = re.compile(r"(\d{1,5})([hdwy])")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "y": 24 * 365}


@click.group()
def keys() -> None:
    """Who may see and change what over HTTP: keys, and public collections.

    \b
      triptych keys add alice --grant letters:read --grant notes:write --expires 90d
      triptych keys add boss --grant '*:admin'
      triptych keys list
      triptych keys revoke alice
      triptych keys publish brochures         everybody may read this collection
      triptych keys hide brochures

    Scopes: read (search, ask, look), write (also upload and delete), admin (also jobs of others); `*` stands for all
    collections, also later ones. As soon as there is a key, only keys and public collections count. The server
    notices changes at once. A key is shown once, when it is made; its SHA-256 is kept in access.json.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--grant",
    "grants",
    multiple=True,
    required=True,
    metavar="COLLECTION:SCOPE",
    help="May be given several times.",
)
@click.option(
    "--expires", metavar="WHEN", help="A day like 2027-01-31, or after a time like 12h, 90d, 8w, 1y."
)
@as_json
@pass_context
def add(context: Context, name: str, grants: Sequence[str], expires: str | None, as_json: bool) -> int:
    """Make a key, and show it this once."""
    key, token = _access(context).add(name, dict(map(_grant, grants)), _moment(expires))
    _note(context, "key-added", key)
    if as_json:
        put_json({**_told(key), "key": token})
    else:
        click.echo(token)
        context.note(
            f"This is the key '{name}' ({key.id}). It is not shown again. Send it as: Authorization: Bearer KEY"
        )
    return DONE


@keys.command(name="list")
@as_json
@pass_context
def list_(context: Context, as_json: bool) -> int:
    """Keys that were made, and what is public."""
    from triptych.cli.console import safe

    access = _access(context)
    if as_json:
        put_json({"keys": [_told(key) for key in access.keys], "public": sorted(access.public)})
        return DONE
    for key in access.keys:
        grants = ", ".join(f"{collection}:{scope}" for collection, scope in key.grants.items())
        until = f"until {key.expires[:10]}" if key.expires else "for ever"
        click.echo(f"{key.id}  {key.state(datetime.now(UTC)):8} {until:16} {safe(key.name)}  {safe(grants)}")
    for name in sorted(access.public):
        click.echo(f"public: {safe(name)}")
    if not access.keys:
        context.note(
            "There are no keys: the server listens to this machine only. Type: triptych keys add NAME"
        )
    return DONE


@keys.command()
@click.argument("name", metavar="NAME_OR_ID")
@as_json
@pass_context
def revoke(context: Context, name: str, as_json: bool) -> int:
    """End a key, at once and for good."""
    key = _access(context).revoke(name)
    _note(context, "key-revoked", key)
    if as_json:
        put_json(_told(key))
    context.note(f"The key '{key.name}' ({key.id}) opens nothing any more.")
    return DONE


@keys.command()
@click.argument("collection")
@as_json
@pass_context
def publish(context: Context, collection: str, as_json: bool) -> int:
    """Let everybody who reaches the server read a collection."""
    access = _access(context)
    access.publish(collection, True)
    if as_json:
        put_json({"public": sorted(access.public)})
    return DONE


@keys.command()
@click.argument("collection")
@as_json
@pass_context
def hide(context: Context, collection: str, as_json: bool) -> int:
    """Let only keys read a collection that was public."""
    access = _access(context)
    access.publish(collection, False)
    if as_json:
        put_json({"public": sorted(access.public)})
    return DONE


def _access(context: Context) -> Access:
    from triptych.keys import Access

    folder = Path(context.library)
    if not (folder / "catalog.sqlite").is_file():
        raise UserError(f"There is no library in '{folder}'. Make one with: triptych add FOLDER")
    return Access(folder)


def _note(context: Context, act: str, key: Key) -> None:
    from triptych import settings
    from triptych.journal import FOLDER, Journal

    folder = Path(context.library)
    chosen, _ = settings.load(folder, context.config)
    Journal(folder / FOLDER, "audit", chosen.log.days).append(
        {"who": "command line", "act": act, "key": key.id}
    )


def _grant(text: str) -> tuple[str, str]:
    collection, mark, scope = text.rpartition(":")
    if not mark or not collection:
        raise UserError(f"'{text}' is not a grant. Type COLLECTION:SCOPE, like letters:read or '*:admin'.")
    return collection, scope


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    if age := _AGE.fullmatch(text):
        return datetime.now(UTC) + timedelta(hours=int(age[1]) * _HOURS[age[2]])
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise UserError(f"'{text}' is no time. Type a day like 2027-01-31, or 12h, 90d, 8w, 1y.") from None


def _told(key: Key) -> dict[str, object]:
    state = key.state(datetime.now(UTC))
    return {
        "id": key.id,
        "name": key.name,
        "grants": dict(key.grants),
        "created": key.created,
        "expires": key.expires,
        "state": state,
    }


COMMANDS = (keys,)
