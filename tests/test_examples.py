"""The scripts of ``examples`` run, and so does every command of its page on the inputs that lie beside it."""

import re
import runpy
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from seisgrad.cli import app, main

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "make_data")
(MAKE_FOLDER, *QUICK), LONG = (
    [line for line in block.splitlines() if line]
    for block in re.findall(
        r"```sh\n(.*?)```", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
)
SAID = {
    "kernels_of_a_model": "most sensitive per km to vs",
    "invert_a_curve": "within two standard deviations of the truth",
    "audit_your_own_network": "rayleigh phase 0: ",
    "acoustic_gradient": "real change -",
    "mechanism_of_an_event": "(true: 4.50 at 8 km)",
}
"""What each script says, among other things."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert SAID[name] in capsys.readouterr().out
    assert not list(tmp_path.iterdir())  # a script leaves nothing behind


def test_the_page_names_every_script_and_the_inputs_are_small() -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.py`" in page for name in SCRIPTS)
    files = [path for path in (EXAMPLES / "data").rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < 200_000
    assert sum(path.stat().st_size for path in files) < 1_000_000


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command below one, and of each system where a command takes one as its first argument."""
    below = getattr(command, "commands", None)
    if below is not None:
        for name, one in below.items():
            yield from leaves(one, (*words, name))
        return
    systems = next((p.help for p in command.params if p.name == "system"), None)
    yield from [(*words, system) for system in systems.split(", ")] if systems else [words]


EXCEPT = {("simulate", "elastic"), ("train", "elastic")}
"""The smallest dataset of these takes a quarter of an hour, and the commands are those of other systems."""


def test_the_page_has_every_command() -> None:
    wanted = set(leaves(typer.main.get_command(app)))
    assert {("audit", "source"), ("fwi", "elastic"), ("noise", "egf"), ("explorer",)} <= wanted
    shown = {tuple(shlex.split(line)[1:3]) for line in QUICK + LONG}
    assert {words for words in wanted if words not in {line[: len(words)] for line in shown}} == EXCEPT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inputs, in a place that may be written to."""
    there = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "data", there / "data")
    assert MAKE_FOLDER == "mkdir results"
    (there / "results").mkdir()
    return there


def run(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    program, *words = shlex.split(line)
    assert program == "seisgrad"
    assert main([*words, "--quiet"]) == 0, line
    if "results/" in words[-1]:
        assert (folder / words[-1]).exists()


HEAVY = ("sites.csv", "simulate", "train", "fwi", "source")
"""Words of commands that take some seconds each, and have tests of their own besides."""


@pytest.mark.parametrize(
    "line",
    [pytest.param(x, marks=pytest.mark.slow if any(word in x for word in HEAVY) else ()) for x in QUICK],
)
def test_a_command_runs(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, since some take what others have made."""
    run(line, folder, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("line", LONG)
def test_a_longer_command_runs(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(line, folder, monkeypatch)
