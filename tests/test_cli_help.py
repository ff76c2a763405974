"""Every command says how it is used: ``--help`` ends with an example, and the example is one that the command takes."""

import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import seisgrad
from seisgrad.cli import app, main


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below a group, by the words that lead to it."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


TREE = dict(commands(typer.main.get_command(app)))


def words_of(command: Any) -> list[str]:
    """The example of a command as a shell would split it; what follows a comma or semicolon is for people."""
    found = re.search(r"(?:Example|Try): seisgrad (.*?)(?:[,;] |$)", command.epilog or "")
    assert found, f"{command.name} has no example"
    return shlex.split(found[1])


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_help_ends_with_an_example_that_parses(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"(Example|Try): seisgrad", shown)
    words = words_of(TREE[path])
    taken: tuple[str, ...] = ()
    while words and (*taken, words[0]) in TREE:
        taken += (words.pop(0),)
    assert taken[: len(path)] == path, f"the example of {path} is one of {taken}"
    context = TREE[taken].make_context(taken[-1], list(words))  # parses every option, and runs nothing
    assert not context.args


def test_examples_name_no_option_twice_and_every_option_is_explained() -> None:
    for path, command in TREE.items():
        words = [word for word in words_of(command) if word.startswith("--")]
        assert len(words) == len(set(words)), path
        for parameter in command.params:
            assert getattr(parameter, "help", "") or parameter.name in ("help",), (path, parameter.name)


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["seisgrad", "--version"])
    monkeypatch.delitem(sys.modules, "seisgrad.__main__", raising=False)  # another test may have looked at it
    with pytest.raises(SystemExit) as end:
        runpy.run_module("seisgrad", run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == seisgrad.__version__
