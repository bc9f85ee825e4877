"""dutchbook completion: what a shell needs to complete commands and options."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

COMPLETE_VARIABLE = "_DUTCHBOOK_COMPLETE"
"""Set by the script below when the shell asks for completions."""


class Shell(StrEnum):
    """The shells that are served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="The shell to complete in.")],
) -> None:
    """Print a script that lets a shell complete commands and options.

    Put `eval "$(dutchbook completion bash)"` into ~/.bashrc, the same with zsh into ~/.zshrc; for fish write it into
    ~/.config/fish/completions/dutchbook.fish.
    """
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="dutchbook", complete_var=COMPLETE_VARIABLE, shell=shell)
    sys.stdout.write(script.strip() + "\n")
