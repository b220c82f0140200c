"""verify, rebuild, doctor, config: looking after a library."""

from __future__ import annotations

import json
from pathlib import Path

import click

from triptych.cli.context import DONE, FAILED, Context, as_json, pass_context, put_json


@click.command()
@as_json
@pass_context
def verify(context: Context, as_json: bool) -> int:
    """Check that catalog, indexes and originals agree.

    Says what differs and how to mend it, and exits with 1 then. Reads every original, and compares every passage and vector. A damaged index is moved aside and made again; a damaged original is moved aside, and comes back when its file is added again.
    """
    from triptych.cli.console import plural

    with context.open() as library:
        report = library.verify()
    if as_json:
        put_json(report)
    else:
        for difference in report["differences"]:
            click.echo(difference)
        click.echo(
            f"{'ok' if report['ok'] else 'not ok'}: {plural(report['assets'], 'file')}, {plural(report['pages'], 'page')}"
        )
    return DONE if report["ok"] else FAILED


@click.command()
@click.option("--encoder", metavar="SPEC", help="Re-embed all text and captions with this encoder first.")
@click.option("--image-encoder", metavar="SPEC", help="Look at all pictures again with this encoder first.")
@as_json
@pass_context
def rebuild(context: Context, encoder: str | None, image_encoder: str | None, as_json: bool) -> int:
    """Make all indexes anew from the catalog; reads no page again.

    \b
      triptych rebuild
      triptych rebuild --encoder builtin:static
      triptych rebuild --image-encoder open_clip:ViT-B-32
    """
    with context.open() as library:
        report = library.rebuild(encoder, image_encoder)
    if as_json:
        put_json(report)
    else:
        click.echo(f"rebuilt: {report['chunks']} pieces in {report['seconds']} s")
    return DONE


@click.command()
@as_json
@pass_context
def doctor(context: Context, as_json: bool) -> int:
    """What works on this machine and what to type for what does not."""
    from triptych.doctor import examine, report_text

    report = examine(context.library, context.config)
    if as_json:
        put_json(report)
    else:
        click.echo(report_text(report))
    return DONE if report["ok"] else FAILED


@click.command()
@as_json
@pass_context
def config(context: Context, as_json: bool) -> int:
    """Every setting, its value, and where that came from.

    \b
    Settings stand in triptych.toml in the library, and are overlaid by --config FILE, by the environment, by flags:
      [ocr]
      language = "de"
      TRIPTYCH_OCR__LANGUAGE=de triptych add scans/
    """
    from triptych import settings

    _, origins = settings.load(Path(context.library), context.config)
    if as_json:
        put_json({o.key: {"value": o.value, "origin": o.origin} for o in origins})
    else:
        width = max(len(o.key) for o in origins)
        for o in origins:
            click.echo(f"{o.key:{width}}  {json.dumps(o.value):<20}  {o.origin}")
    return DONE


@click.command()
@as_json
@pass_context
def cost(context: Context, as_json: bool) -> int:
    """What vision-language models have cost this library, and what they may still cost."""
    from triptych.cli.console import cost_text

    with context.open() as library:
        ledger = library.vlms.ledger
        if as_json:
            put_json(ledger.to_dict())
        else:
            click.echo(cost_text(ledger))
    return DONE


COMMANDS = (verify, rebuild, doctor, config, cost)
