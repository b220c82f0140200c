"""log: what was asked of a library."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triptych.cli.context import DONE, Context, as_json, pass_context
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.library import Library
    from triptych.querylog import Asked, QueryLog

_KINDS = ("search", "ask", "click")


def asker(library: Library, collection: str | None, where: str | None) -> tuple[QueryLog, Asked]:
    """The log of a library, and who asks at the command line."""
    from triptych.querylog import Asked, QueryLog

    log = QueryLog(library.folder, library.settings.log)
    return log, Asked(_user(), None if collection is None else (collection,), where)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in containers
        return "unknown"


@click.command(name="log")
@click.option("--kind", type=click.Choice(_KINDS), help="Only searches, questions or clicks.")
@click.option(
    "--last", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest last."
)
@click.option(
    "--export", type=click.Path(path_type=Path), metavar="FILE.jsonl", help="Write all of it as JSON lines."
)
@as_json
@pass_context
def log(context: Context, kind: str | None, last: int, export: Path | None, as_json: bool) -> int:
    """What was asked, found and answered, and what people opened.

    \b
    The log is off until you turn it on in triptych.toml:
      [log]
      queries = "full"     off; ids: no words of questions, pages and answers; full
      days = 90            after which it is deleted

    Command line and server write to it, with the user or the key that asked. What people opened or judged on the
    server's page makes a labelled set: triptych label DIR --from-log
    """
    from triptych import settings
    from triptych.querylog import OFF, QueryLog

    folder = Path(context.library)
    chosen, _ = settings.load(folder, context.config)
    kept = QueryLog(folder, chosen.log)
    entries = list(kept.entries(kind))
    if export is not None:
        _write(export, entries)
        context.note(f"wrote {export}")
    elif as_json:
        click.echo(json.dumps({"entries": entries[-last:]}, ensure_ascii=False))
    else:
        for entry in entries[-last:]:
            click.echo(_line(entry))
    if kept.level == OFF:
        context.note('The query log is off. To turn it on: queries = "full" under [log] in triptych.toml')
    return DONE


def _write(place: Path, entries: list[dict[str, Any]]) -> None:
    try:
        place.write_text("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entries), "utf-8")
    except OSError as error:
        raise UserError(
            f"Cannot write '{place}': {error.strerror}. Name a file in a folder that exists."
        ) from error


def _line(entry: Mapping[str, Any]) -> str:
    """One entry for people: when, who, what, how long, what came of it."""
    from triptych.cli.console import plural, safe

    at = datetime.fromisoformat(entry["at"]).astimezone(UTC)
    head = f"{at:%Y-%m-%d %H:%M:%S}  {safe(str(entry.get('user', ''))):12.12} {entry['kind']:6}"
    if entry["kind"] == "click":
        return f"{head} {entry['verdict']} {entry['asset'][:12]}, page {entry['page']}"
    asked = safe(str(entry.get("text") or entry.get("image") or "(not kept)"))
    came = safe(str(entry["answer"])) if entry.get("answer") else plural(len(entry.get("hits", ())), "hit")
    return f"{head} {1000 * entry['seconds'].get('total', 0):7.1f} ms  {asked}  ->  {came}"


COMMANDS = (log,)
