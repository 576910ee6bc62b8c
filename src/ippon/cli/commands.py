"""The full command line, built from the flag table with click, one verb at a time: help, errors, completion."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import shell_complete

from ippon.cli.help import HELP, LATER_VERBS, VERBS
from ippon.cli.session import Session
from ippon.cli.table import TABLE
from ippon.cli.width import width_of
from ippon.errors import NotBuiltError, Problem, UsageError
from ippon.records.flags import LATER, Flag, Given, flags_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.cli.verb import Verb


def run_click(words: Sequence[str], environ: Mapping[str, str], *, started: float) -> int:
    """Do what the words say; the exit code. Mistakes raise `UsageError`."""
    group = root(Session(environ=environ, started=started))
    if COMPLETE in environ:
        return shell_complete(group, {}, "ippon", COMPLETE, environ[COMPLETE])
    try:
        with group.make_context("ippon", list(words)) as context:
            code: int = group.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.ClickException as error:
        raise usage_error(error, words) from None
    return code


class Verbs(click.Group):
    """A group whose verbs are built when they are asked for."""

    def __init__(self, session: Session, names: Sequence[str], prefix: str = "", **extra: Any) -> None:
        super().__init__(**extra)
        self._session = session
        self._names = names
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Their names."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        """One of them, None for an unknown name."""
        if cmd_name not in self._names:
            return None
        name = f"{self._prefix}{cmd_name}"
        return verb_command(name, self._session) if name in TABLE else _group_of(name, self._session)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the words begin with; UsageError with the nearest names."""
        word = args[0]
        if word in self._names or word.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if not self._prefix and word in LATER_VERBS:
            raise NotBuiltError(f"ippon {word}")
        near = ", ".join(nearest(word, self._names))
        raise UsageError(f"unknown verb `{self._prefix}{word}`; nearest: {near}", hint="ippon --help")

    def get_help(self, ctx: click.Context) -> str:
        """The page that teaches, at the top; click's own list of verbs below."""
        return HELP.rstrip("\n") if not self._prefix else super().get_help(ctx)


def nearest(word: str, names: Sequence[str]) -> list[str]:
    """The names that a word was probably meant to be; all of them, three at most, where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    return get_close_matches(word, names, n=3, cutoff=0.6) or list(names)[:3]


def root(session: Session) -> click.Group:
    """`ippon`."""
    group = Verbs(session, VERBS, name="ippon", no_args_is_help=False)
    group.params.append(
        click.Option(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version, help="the version"
        )
    )
    return group


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's own signature
    if wanted:
        from ippon.records.version import __version__  # noqa: PLC0415

        click.echo(f"ippon {__version__}")
        ctx.exit()


def _group_of(name: str, session: Session) -> click.Group:
    """`runs` and `cache`: their first verb is what they do alone."""
    names = [each.split()[1] for each in TABLE if each.startswith(f"{name} ")]

    def alone(**_: object) -> int | None:
        context = click.get_current_context()
        return None if context.invoked_subcommand else session.act(TABLE[f"{name} {names[0]}"], Given(), {})

    told = {"name": name, "help": GROUP_HELP[name], "context_settings": _settings(session)}
    return Verbs(session, names, prefix=f"{name} ", invoke_without_command=True, callback=alone, **told)


GROUP_HELP = {
    "runs": "Earlier runs: ls (what `ippon runs` does alone), show RUN.",
    "cache": "What is remembered: stats, why, verify, prune, export, import, clear.",
}


class VerbCommand(click.Command):
    """A verb whose help shows its flags in the groups of the table."""

    flags: Sequence[Flag] = ()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The flags, group by group, each with its twin's rule said once."""
        grouped = {flag.name: flag.group for flag in self.flags if flag.group != LATER}
        for group in dict.fromkeys([*grouped.values(), OTHER]):
            options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
            records = [each.get_help_record(ctx) for each in options if grouped.get(each.name or "", OTHER) == group]
            with formatter.section(group):
                formatter.write_dl([record for record in records if record is not None])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, said in two words."""
        option = super().get_help_option(ctx)
        assert option is not None, "every verb has its help"
        option.help = "this page"
        return option


def verb_command(name: str, session: Session) -> click.Command:
    """The click command of one verb."""
    verb = TABLE[name]
    flags = () if verb.flags == "none" else flags_of(verb.flags)

    def act(**found: str | bool | tuple[str, ...] | None) -> int:
        names = {flag.name for flag in flags} | {"suite"}
        arguments = {key: value for key, value in found.items() if key not in names}
        return session.act(verb, given_of({key: value for key, value in found.items() if key in names}), arguments)

    epilog = "Each flag has its twin in the environment: --max-usd is IPPON_MAX_USD." if len(flags) > LITTLE else None
    params = [*_arguments(verb), *_options(flags), *_own(verb)]
    command = VerbCommand(
        name, callback=act, help=verb.help, epilog=epilog, params=params, context_settings=_settings(session)
    )
    command.flags = flags
    return command


OTHER = "other"
COMPLETE = "_IPPON_COMPLETE"  # set by a shell that asks how a word could go on
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def given_of(found: Mapping[str, str | bool | tuple[str, ...] | None]) -> Given:
    """What click found, as the scanner would give it: only what was said."""
    said = {key: value for key, value in found.items() if value not in {None, False, ()}}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items() if value is not None}


CLICKS_LEAST = 52  # columns that click takes where there are fewer, unless it is told


def _settings(session: Session) -> dict[str, Any]:
    width = width_of(session.environ, terminal=sys.stdout.isatty())
    return {**SETTINGS, "terminal_width": width} if width < CLICKS_LEAST else SETTINGS


LITTLE = 5  # with fewer flags the twins go without saying


def _arguments(verb: Verb) -> list[click.Parameter]:
    return [
        click.Argument([each.strip("[]").lower()], required=not each.startswith("["), metavar=each)
        for each in verb.arguments
    ]


def _options(flags: Sequence[Flag]) -> list[click.Parameter]:
    options: list[click.Parameter] = []
    for flag in flags:
        words = [flag.name, flag.long, *([flag.short] if flag.short else [])]
        if flag.kind == "switch":
            options.append(click.Option(words, is_flag=True, help=flag.help, hidden=flag.group == LATER))
        else:
            options.append(
                click.Option(
                    words, type=str, multiple=flag.many, metavar=flag.word, help=flag.help, hidden=flag.group == LATER
                )
            )
    return options


def _own(verb: Verb) -> list[click.Parameter]:
    return [_own_option(*each) for each in verb.own]


def _own_option(flag: str, word: str, text: str) -> click.Option:
    names = [flag.strip("-").replace("-", "_") + "_", flag]
    return (
        click.Option(names, type=str, metavar=word, help=text) if word else click.Option(names, is_flag=True, help=text)
    )


def _with_verb(path: str, word: str) -> str | None:
    """What was meant where a group, which takes no flags, is given one of its first verb's: `ippon cache stats --json`."""
    first = next((each for each in TABLE if each.startswith(f"{path.removeprefix('ippon ')} ")), None)
    flags = () if first is None else flags_of(TABLE[first].flags)
    return next((f"ippon {first} {word} {each.word or ''}".rstrip() for each in flags if word == each.long), None)


def usage_error(error: click.ClickException, words: Sequence[str]) -> UsageError:
    """A mistake found by click, in ippon's words."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else " ".join(["ippon", *words[:1]])
    match error:
        case click.NoSuchOption():
            near = nearest(error.option_name, error.possibilities or [])
            also = f"; nearest: {', '.join(near)}" if near else ""
            message = f"unknown flag `{error.option_name}` of {path}{also}"
            if (whole := _with_verb(path, error.option_name)) is not None:
                return UsageError(Problem(message=f"{path} alone takes no flags", hint=whole))
        case click.MissingParameter() if error.param is not None and context is not None:
            message = f"{path} needs {error.param.make_metavar(context)}"
        case click.BadOptionUsage() if "requires an argument" in error.message:
            message = f"{error.option_name} needs a value"
        case _:
            message = error.format_message().rstrip(".")
            message = message[:1].lower() + message[1:]
    return UsageError(Problem(message=message, hint=f"{path} --help"))
