"""The application: the commands by name, and the one place where an error becomes a sentence and an exit
status."""

import contextlib
import gc
import logging
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from seisgrad.cli import (
    audit,
    convert,
    demo,
    doctor,
    explorer,
    forward,
    fwi,
    invert,
    measure,
    noise,
    plot,
    reproduce,
    simulate,
    source,
    surrogates,
    train,
)
from seisgrad.errors import InputError, SeisgradError

BAD_INPUT = 2
WORK_FAILED = 1
INTERRUPTED = 130
#: Times as many new objects as usual before Python looks for garbage.
RARELY = 20

app = typer.Typer(
    name="seisgrad",
    help="Seismic forward models you can differentiate, learn and trust.",
    epilog="Try: seisgrad demo --out demo",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = {  # in the order in which --help shows them
    "demo": demo,
    "measure": measure,
    "forward": forward,
    "invert": invert,
    "fwi": fwi,
    "simulate": simulate,
    "train": train,
    "audit": audit,
    "surrogates": surrogates,
    "plot": plot,
    "convert": convert,
    "explorer": explorer,
    "doctor": doctor,
}
for name, module in COMMANDS.items():
    app.command(name, epilog=module.EXAMPLE)(getattr(module, name))
GROUPS = {"noise": noise, "reproduce": reproduce, "source": source}
for name, module in GROUPS.items():
    app.add_typer(module.app, name=name)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        typer.echo(version("seisgrad"))
    except PackageNotFoundError:  # run from a source tree that is not installed
        import seisgrad

        typer.echo(seisgrad.__version__)
    raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 where the work failed, 2 where the input is bad.

    Args:
        arguments: the words after ``seisgrad``; those of this process by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with _quiet_warnings(), _rare_collections():
            status = app(words, prog_name="seisgrad", standalone_mode=False)
    except InputError as error:
        return _fail(str(error), BAD_INPUT)
    except SeisgradError as error:
        return _fail(str(error), WORK_FAILED)
    except typer.exceptions.TyperException as error:
        return _fail(f"{_plain(error.format_message())}; see {_help(words)}", BAD_INPUT)
    except typer.Abort as stop:
        return _fail(str(stop) or "interrupted", INTERRUPTED)
    if status == INTERRUPTED:  # what Typer makes of a Ctrl-C that no command has answered
        return _fail("interrupted", INTERRUPTED)
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for garbage less often: while packages are imported and loops compiled it would walk again and
    again over objects that stay, an eighth of the time of a short command."""
    usual = gc.get_threshold()
    gc.set_threshold(RARELY * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _plain(message: str) -> str:
    return message.replace("Value error, ", "").rstrip(".")


def _help(words: Sequence[str]) -> str:
    command = next((word for word in words[:1] if word in {*COMMANDS, *GROUPS}), None)
    return f"seisgrad {command} --help" if command else "seisgrad --help"


def _fail(sentence: str, status: int) -> int:
    """One line on stderr, whatever line breaks a message brought along."""
    print("seisgrad: " + " ".join(sentence.split()), file=sys.stderr)
    return status


@contextlib.contextmanager
def _quiet_warnings():
    """Warnings of the libraries below go to logging while a command runs: stderr is for the one sentence."""
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
