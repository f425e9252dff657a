"""How commands and groups of commands look: -h, flags without a type, help where a group is named alone."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from imr_nlp.cli.errors import CommandError
from imr_nlp.version import __version__

#: What every Typer application and group of this package is made with.
STYLE: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "rich",
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class Command(TyperCommand):
    """A command whose help shows flags without a type, for a flag takes no value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters as the help and the parser take them."""
        return _plain_flags(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. An empty one would become the name of the current folder.

        Raises:
            CommandError: An argument, or the value of an option, is empty.
        """
        for before, argument in zip(["", *args], args, strict=False):
            if not argument or re.fullmatch("--[a-z-]+=", argument):
                option = argument.rstrip("=") or (before if before.startswith("-") else "an argument")
                raise CommandError(f"{option} names nothing (is a variable of the shell empty?)", 2)
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    """A group of commands. Named alone, it prints its help; that is no error."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters as the help and the parser take them."""
        return _plain_flags(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; where there are none, print the help and end with code 0."""
        if not args and not ctx.resilient_parsing:
            sys.stdout.write(f"{ctx.get_help()}".strip())
            ctx.exit()
        return super().parse_args(ctx, args)


def _plain_flags(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption) and param.is_bool_flag and param.metavar is None:
            param.metavar = ""
    return params


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imr-nlp {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Print the version and stop."),
]
