"""What all commands share: the library they are about, how they print, exit statuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from triptych.library import Library

DONE, FAILED, USAGE, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 130


class Context:
    """What stands before the command: which library, which settings, how much to say."""

    def __init__(self, library: str, config: Path | None, quiet: bool) -> None:
        self.library = library
        self.config = config
        self.quiet = quiet

    @contextmanager
    def open(self, create: bool = False, flags: dict[str, Any] | None = None) -> Iterator[Library]:
        from triptych.library import open as open_library

        with open_library(self.library, create=create, config=self.config, settings=flags) as library:
            yield library

    def note(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)


pass_context = click.make_pass_decorator(Context)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
collection_option = click.option("--collection", metavar="NAME", help="Only this collection.")


def put_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
