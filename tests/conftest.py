"""What every test shares: shapes and types checked while the tests run, seeded draws, and the real data's folder."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import hypothesis
import pytest
import torch
from beartype import BeartypeConf, FrozenDict, beartype
from jaxtyping import install_import_hook

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"


def _checkable_modules() -> Iterator[str]:
    """Every module whose functions can be wrapped in a check: not those that Numba compiles or Typer calls."""
    for path in sorted((SOURCE / "seisgrad").rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        numba = r"^\s*((import|from) numba|@compiled\()"
        by_numba = re.search(numba, path.read_text(encoding="utf-8"), re.MULTILINE)
        compiled = by_numba or name == "seisgrad.implicit"  # whose formula the compiled loops call
        if path.name != "__init__.py" and not compiled and not name.startswith("seisgrad.cli."):
            yield name


def checked(function: Callable) -> Callable:
    """The function with its argument and return types checked at every call, ``Self`` apart.

    The import hook decorates methods one by one, where beartype cannot know which class ``Self`` is. An int passes
    for a float, as it does for a type checker.
    """
    rules = BeartypeConf(hint_overrides=FrozenDict({Self: object}), is_pep484_tower=True)
    return beartype(conf=rules)(function)


# From here on, a call whose tensors do not have the shapes written in the signature fails the test.
install_import_hook(list(_checkable_modules()), f"{__name__}.checked")

hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "seeded"))


SEED = 20010113


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """A test that forgets its seed still repeats."""
    torch.manual_seed(SEED)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """So does what a test module draws while it is imported, a network held by a class for example."""
    if isinstance(collector, pytest.Module):
        torch.manual_seed(SEED)


def pytest_fixture_setup(fixturedef: pytest.FixtureDef) -> None:
    """So does a fixture that several tests share, whichever of them comes first."""
    if fixturedef.scope != "function":
        torch.manual_seed(SEED)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data, named by ``SEISGRAD_DATA`` (default: ``../shared/data`` beside the checkout)."""
    named = os.environ.get("SEISGRAD_DATA")
    folder = Path(named) if named else HERE.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SEISGRAD_DATA to the folder that holds it")
    return folder
