"""models, train: fetching models, looking after them, and fitting them to one's own pictures."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triptych.cli.context import DONE, FAILED, Context, as_json, collection_option, pass_context, put_json
from triptych.errors import ModelError, TriptychError

if TYPE_CHECKING:
    from triptych.training.pairs import Pair


class Meter:
    """One line on a terminal that says how far a download is."""

    def __init__(self, on: bool) -> None:
        self.on = on and sys.stderr.isatty()

    def __call__(self, done: int, total: int | None, what: str) -> None:
        if not self.on:
            return
        from triptych.hub.model_files import pretty

        share = f"{100 * done // total:3}% of {pretty(total)}" if total else pretty(done)
        line = f"\r\x1b[K{share}  {what}"[: shutil.get_terminal_size().columns]
        click.echo(line, nl=False, err=True)

    def clear(self) -> None:
        if self.on:
            click.echo("\r\x1b[K", nl=False, err=True)


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def models(context: click.Context, as_json: bool) -> int:
    """List, pull, check and remove models; alone it lists them.

    \b
      triptych models pull open_clip:ViT-B-32/laion2b_s34b_b79k
      triptych models check
    """
    return int(context.invoke(list_, as_json=as_json)) if context.invoked_subcommand is None else DONE


@models.command(name="list")
@as_json
def list_(as_json: bool = False) -> int:
    """What is here, what is known and how large it is. Asks no network."""
    from triptych.hub import model_files
    from triptych.hub.models import listing

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
    from triptych.hub import model_files
    from triptych.hub import pull as service

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
    try:
        status = service.pull(plan, meter) if origin is None else service.copy(spec, origin, meter)
    finally:
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
    from triptych.hub.models import check as compare

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
    from triptych.hub.model_files import pretty
    from triptych.hub.models import remove as delete

    for spec in specs:
        freed = delete(spec)
        row: dict[str, Any] = {"event": "removed", "spec": spec, "bytes": freed}
        put_json(row) if as_json else click.echo(f"removed    {spec}  ({pretty(freed)})")
    return DONE


@click.group()
def train() -> None:
    """Fit models to one's own material."""


@train.command()
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="SET_DIR",
    required=True,
    help="Labelled questions about files of the library.",
)
@as_json
@pass_context
def fusion(context: Context, labels: Path, as_json: bool) -> int:
    """Fit how signals become one ranking to labelled questions.

    It learns how far to believe each signal, and remembers which files answered which questions (as vectors, without
    their words): a question like one of these ranks them higher. What does not surely gain on questions it has not seen
    changes nothing. Use it: triptych search --fusion learned
    """
    from triptych.errors import MissingPackage
    from triptych.evaluation import labelled

    try:
        from triptych.training import fusion as training
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        raise MissingPackage(
            "Training needs the Python package 'scipy'. Type: pip install 'triptych[fusion]'"
        ) from error
    with context.open() as library:
        model = training.fit(training.examples(library, labelled.read(labels)))
        model.save(library.folder)
    if as_json:
        put_json({"queries": model.queries, "gain": model.gain, "changed": model.gain > 0})
    elif model.gain > 0:
        click.echo(
            f"Gains {100 * model.gain:.1f} points of nDCG@10 on questions it has not seen ({model.queries} in all)."
        )
        click.echo(
            'Use it: triptych search --fusion learned, or fusion = "learned" under [search] in triptych.toml'
        )
    else:
        click.echo(
            f"{model.queries} questions teach nothing that surely helps: learned ranks as adaptive does."
        )
    return DONE


@train.command()
@click.option(
    "--pairs", type=click.Path(path_type=Path), metavar="FILE", help="CSV, TSV or JSON lines: image, text."
)
@click.option("--from-library", is_flag=True, help="Pictures of the library that people described.")
@collection_option
@click.option(
    "--base",
    metavar="MODEL",
    default="clip-ViT-B-32",
    show_default=True,
    help="A folder, or a model that was pulled for sentence_transformers.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", required=True, help="Where the model goes."
)
@click.option(
    "--epochs", type=click.IntRange(1), default=8, show_default=True, help="At most this many passes."
)
@click.option(
    "--batch", type=click.IntRange(2), default=64, show_default=True, help="Pairs held against each other."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1, min_open=True),
    default=1e-5,
    show_default=True,
    help="Peak learning rate.",
)
@click.option(
    "--held-back",
    type=click.FloatRange(0.01, 0.5),
    default=0.1,
    show_default=True,
    help="Share of the pictures that is only measured.",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Epochs without gain after which it stops.",
)
@click.option("--device", metavar="NAME", help="cpu, cuda, cuda:1. Default: the GPU where there is one.")
@click.option("--restart", is_flag=True, help="Forget an unfinished training.")
@as_json
@pass_context
def encoder(
    context: Context,
    pairs: Path | None,
    from_library: bool,
    collection: str | None,
    base: str,
    out: Path,
    epochs: int,
    batch: int,
    rate: float,
    held_back: float,
    patience: int,
    device: str | None,
    restart: bool,
    as_json: bool,
) -> int:
    """Fit an image-text model to pairs of pictures and texts.

    Prints Recall@k on held-back pairs before and after. May be interrupted: the same command goes on. The
    result is a folder to be named as sentence_transformers:FOLDER.
    """
    from triptych import plugins

    if (pairs is None) != from_library:
        raise click.UsageError("Which pairs? Give --pairs FILE or --from-library.")
    known = _pairs(context, pairs, collection)
    plugins.module("encoders", "sentence_transformers")  # says what to install when torch is missing
    from triptych.training.contrastive import Recipe, train

    recipe = Recipe(epochs=epochs, batch=batch, rate=rate, held_back=held_back, patience=patience)
    report = train(
        base.removeprefix("sentence_transformers:"), known, out, recipe,
        say=context.note, device=device, restart=restart,
    )  # fmt: skip
    if as_json:
        put_json(report.to_dict())
    else:
        click.echo(f"before  {report.before}\nafter   {report.after}")
        if report.folder:
            click.echo(
                f'{report.stopped} after {report.epochs} epochs. Use it: image_encoder = "sentence_transformers:{out}"'
            )
        else:
            click.echo("No epoch found more of the held-back pairs than the base; nothing was written.")
    return DONE if report.folder else FAILED


def _pairs(context: Context, file: Path | None, collection: str | None) -> list[Pair]:
    from triptych.training import pairs

    if file is not None:
        return pairs.read(file)
    with context.open() as library:
        return pairs.described(library.catalog, library.blobs, collection)


COMMANDS = (models, train)
