"""`ippon completion SHELL`: the script that a shell reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import get_completion_class

from ippon.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options

SHELLS = ("bash", "zsh", "fish")


def completion(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Print the script."""
    from ippon.cli.commands import COMPLETE, root  # noqa: PLC0415 - the table of verbs names this module

    shell = arguments["shell"]
    made_by = get_completion_class(shell) if shell in SHELLS else None
    if made_by is None:
        raise UsageError(
            f"no completion for `{shell}`; there is: {', '.join(SHELLS)}", hint='eval "$(ippon completion bash)"'
        )
    script = made_by(root(session), {}, "ippon", COMPLETE).source()
    session.screen(options).lines([script])
    return 0
