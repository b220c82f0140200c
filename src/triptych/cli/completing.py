"""completion: what makes a shell complete commands and options."""

from __future__ import annotations

import click

from triptych.cli.context import DONE


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what makes a shell (bash, zsh, fish) complete commands, options and files.

    \b
      bash:  triptych completion bash > ~/.local/share/bash-completion/completions/triptych
      zsh:   triptych completion zsh > "${fpath[1]}/_triptych"
      fish:  triptych completion fish > ~/.config/fish/completions/triptych.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, "click knows all of them"
    root = click.get_current_context().find_root().command
    click.echo(made(root, {}, "triptych", "_TRIPTYCH_COMPLETE").source())
    return DONE


COMMANDS = (completion,)
