"""models, train: fetching models, looking after them, and fitting them to one's own pictures."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from triptych.cli.context import DONE, FAILED, Context, as_json, pass_context, put_json
from triptych.errors import ModelError, TriptychError


class Meter:
    """One line on a terminal that says how far a download is."""

    def __init__(self, on: bool) -> None:
        self.on = on and sys.stderr.isatty()

    def __call__(self, done: int, total: int | None, what: str) -> None:
        if not self.on:
            return
        from triptych.model_files import pretty

        share = f"{100 * done // total:3}% of {pretty(total)}" if total else pretty(done)
        line = f"\r\x1b[K{share}  {what}"[: shutil.get_terminal_size().columns]
        click.echo(line, nl=False, err=True)

    def clear(self) -> None:
        if self.on:
            click.echo("\r\x1b[K", nl=False, err=True)


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> int:
    """List, pull, check and remove models; alone it lists them.

    \b
      triptych models pull open_clip:ViT-B-32/laion2b_s34b_b79k
      triptych models check
    """
    return int(context.invoke(list_)) if context.invoked_subcommand is None else DONE


@models.command(name="list")
@as_json
def list_(as_json: bool = False) -> int:
    """What is here, what is known and how large it is. Asks no network."""
    from triptych import model_files
    from triptych.models import listing

    rows = listing()
    if as_json:
        put_json({"home": str(model_files.home()), "models": rows})
        return DONE
    width = max(len(row["spec"]) for row in rows)
    for row in rows:
        size = model_files.pretty(row["bytes"])
        click.echo(f"{row['status']:8} {size:>7}  {row['spec']:{width}}  {row['note']}")
    click.echo(f"Pulled models are kept in {model_files.home()}", err=True)
    return DONE


@models.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@click.option(
    "--from",
    "origin",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Take it from this folder, no network.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be fetched and how large it is.")
@as_json
@pass_context
def pull(context: Context, specs: Sequence[str], origin: Path | None, dry_run: bool, as_json: bool) -> int:
    """Fetch models: says the size, then downloads and compares every hash."""
    if origin is not None and len(specs) != 1:
        raise click.UsageError("--from takes one model at a time.")
    failed = False
    for spec in specs:
        try:
            _pull(context, spec, origin, dry_run, as_json)
        except TriptychError as error:
            if not isinstance(error, ModelError) and len(specs) == 1:
                raise
            failed = True
            if as_json:
                put_json({"event": "model", "spec": spec, "status": "failed", "error": str(error)})
            else:
                click.echo(f"triptych: {error}", err=True)
    return FAILED if failed else DONE


def _pull(context: Context, spec: str, origin: Path | None, dry_run: bool, as_json: bool) -> None:
    from triptych import model_files
    from triptych import pull as service

    meter = Meter(not context.quiet and not as_json)
    if origin is None:
        plan = service.plan(spec)
        if as_json:
            put_json(plan.to_dict())
        else:
            repositories = ", ".join(part.source.repo for part in plan.parts)
            count = sum(len(part.files) for part in plan.parts)
            context.note(f"{spec}: {count} files, {model_files.pretty(plan.bytes)}, from {repositories}")
        if dry_run:
            return
        status = service.pull(plan, meter)
    else:
        status = service.copy(spec, origin, meter)
    meter.clear()
    folder = model_files.place(spec)
    if as_json:
        put_json({"event": "model", "spec": spec, "status": status, "folder": str(folder), "error": None})
    else:
        click.echo(f"{status:9}  {spec}  ({folder})")


@models.command()
@click.argument("specs", metavar="[SPEC]...", nargs=-1)
@as_json
def check(specs: Sequence[str], as_json: bool) -> int:
    """Compare every byte of the pulled models with their hashes; exits with 1 when something differs."""
    from triptych.models import check as compare

    reports = compare(specs)
    ok = all(report["ok"] for report in reports)
    if as_json:
        put_json({"ok": ok, "models": reports})
    else:
        for report in reports:
            click.echo(f"{'ok' if report['ok'] else 'damaged':8} {report['spec']}")
            for difference in report["differences"]:
                click.echo(f"         {difference}")
            if not report["ok"]:
                click.echo(f"         Type: triptych models pull {report['spec']}")
        if not reports:
            click.echo("No model was pulled yet. Type: triptych models list")
    return DONE if ok else FAILED


@models.command()
@click.argument("specs", metavar="SPEC...", nargs=-1, required=True)
@as_json
def remove(specs: Sequence[str], as_json: bool) -> int:
    """Delete pulled models from this machine."""
    from triptych.model_files import pretty
    from triptych.models import remove as delete

    for spec in specs:
        freed = delete(spec)
        row: dict[str, Any] = {"event": "removed", "spec": spec, "bytes": freed}
        put_json(row) if as_json else click.echo(f"removed    {spec}  ({pretty(freed)})")
    return DONE


COMMANDS = (models,)
