"""`feedbot completion`: the lines that have a shell complete what is typed after `feedbot`."""

import click
from click.shell_completion import get_completion_class

from feedbot.cli.main import main

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print what a shell needs to complete commands, options and their words.

    bash must be 4.4 or later, which that of macOS is not. zsh looks for completions in the folders of
    `fpath`, which is to be set before `compinit`.

    \b
    Examples:
      feedbot completion bash > ~/.local/share/bash-completion/completions/feedbot
      feedbot completion zsh > ~/.zfunc/_feedbot
      feedbot completion fish > ~/.config/fish/completions/feedbot.fish
      eval "$(feedbot completion bash)"    # in this shell only
    """  # noqa: D301 - \b keeps click from folding the examples
    completion = get_completion_class(shell)
    assert completion is not None, "click knows these three"
    source = completion(main, {}, "feedbot", "_FEEDBOT_COMPLETE")
    # `source` would first ask the bash that is first in PATH for its version.
    click.echo(source.source_template % source.source_vars())
    return 0
