"""A light install: what the dispersion system needs is all that is required, and a missing package is one sentence."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from seisgrad._lazy import PACKAGES, extra, require
from seisgrad.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTIONS = packages_distributions()


def names(requirements: list[str]) -> set[str]:
    """The distributions that requirements name, those of the extras they lead to included."""
    found = set()
    for requirement in map(Requirement, requirements):
        found.add(canonicalize_name(requirement.name))
        for further in requirement.extras if requirement.name == "seisgrad" else ():
            found |= names(PROJECT["optional-dependencies"][further])
    return found


def imports(tree: ast.AST, inside: str | None = None) -> Iterator[tuple[int, str, str | None]]:
    """Line, package and surrounding ``extra`` of every import that happens while the library runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0], inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, str(node.module).partition(".")[0], inside
        else:
            around = ast.unparse(node.items[0]) if isinstance(node, ast.With) else ""
            named = re.fullmatch(r"extra\('(\w+)'\)", around)
            yield from imports(node, named[1] if named else inside)


def test_every_import_is_of_what_is_required_or_stands_in_its_extra() -> None:
    required = names(PROJECT["dependencies"])
    wrong = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for line, package, inside in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if package in sys.stdlib_module_names or package in ("seisgrad", "__future__"):
                continue
            installs = required if inside is None else names(PROJECT["optional-dependencies"][inside])
            if not installs & set(map(canonicalize_name, DISTRIBUTIONS.get(package, ()))):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {package} in extra {inside}")
    assert not wrong


def test_all_is_every_extra_that_the_library_can_use() -> None:
    used = re.compile(r'with extra\("(\w+)"\)')
    found = {name for path in (ROOT / "src").rglob("*.py") for name in used.findall(path.read_text())}
    (everything,) = map(Requirement, PROJECT["optional-dependencies"]["all"])
    assert found | {"tensorboard"} == everything.extras


def test_the_sentence_names_the_package_and_what_to_install() -> None:
    with pytest.raises(InputError) as failure, extra("records"):
        import no_such_package.part  # type: ignore[import-not-found]  # noqa: F401
    words = "this needs the package no_such_package, which is not installed: pip install 'seisgrad[records]'"
    assert str(failure.value) == words


def test_another_failure_passes_through() -> None:
    with pytest.raises(ImportError, match="cannot import name 'no_such_name'"), extra("records"):
        from math import no_such_name  # type: ignore[attr-defined]  # noqa: F401


COMMANDS = {
    "forward": "forward ak135 --periods 10:60:10 --out curve.csv",
    "kernels": "forward ak135 --wave love --kind group --periods 10,20 --kernels --out kernels.nc",
    "surrogate": "forward ak135 --periods 10:60:10 --operator default --out surrogate.csv",
    "surrogates": "surrogates",
    "invert": "invert curves.csv --out earth",
    "demo": "demo --out demo",
    "measure": "measure record.sac --event 13,-89,60,2001-01-13T17:33:30 --station 59.6,9.6 --wave love --out out.csv",
    "simulate": "simulate dispersion --prior broad --number 2 --seed 1 --out data.zarr",
    "train": "train dispersion --data data.zarr --out trained",
    "correlate": "noise correlate records --stations stations --band 0.1,0.5 --out cc.zarr",
    "egf": "noise egf cc.zarr --out egf.zarr",
    "source": "source invert event --model crust.csv --out source",
    "waves": "simulate acoustic --number 2 --seed 1 --out waves.zarr",
    "network": "train acoustic --data waves.zarr --minutes 1 --out network",
}
MISSING = {
    "demo": ("obspy", "records"),
    "measure": ("obspy", "records"),
    "simulate": ("zarr", "datasets"),
    "train": ("lightning_fabric", "training"),
    "correlate": ("zarr and obspy", "datasets,records"),
    "egf": ("zarr and obspy", "datasets,records"),
    "waves": ("zarr and deepwave", "datasets,waves"),
    "network": ("lightning_fabric and deepwave", "training,waves"),
    "source": ("obspy", "records"),
    "sg.acoustic.Physics": ("deepwave", "waves"),
    "sg.elastic.Physics": ("deepwave", "waves"),
}
SCRIPT = """
import contextlib, io, json, sys
from importlib.machinery import PathFinder

HIDDEN = set(json.loads(sys.argv[1]))


class Without(PathFinder):
    "As if these packages were not installed."

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else super().find_spec(name, path, target)


sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
from seisgrad.cli import main

answers = {}
for name, line in json.loads(sys.argv[2]).items():
    words = io.StringIO()
    with contextlib.redirect_stderr(words), contextlib.redirect_stdout(io.StringIO()):
        answers[name] = main(line.split()), words.getvalue()
import seisgrad as sg
from seisgrad.errors import InputError

for room in ("acoustic", "elastic"):
    try:
        getattr(sg, room).Physics
    except InputError as error:
        answers[f"sg.{room}.Physics"] = 2, str(error)
print(json.dumps(answers))
"""
CURVES = "wave,kind,mode,period,velocity,sigma\n" + "".join(
    f"rayleigh,phase,0,{period},{velocity},0.03\n"
    for period, velocity in [(10, 3.2), (15, 3.4), (20, 3.6), (30, 3.8), (40, 3.95)]
)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Status and words of the commands in an interpreter where nothing but what is required can be imported."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "curves.csv").write_text(CURVES)
    (folder / "crust.csv").write_text("thickness,vp,vs,rho\n30,6,3.5,2.7\n0,8,4.5,3.3\n")
    (folder / "record.sac").write_bytes(b"a record")
    for name in ("records", "stations", "event", "data.zarr", "cc.zarr"):
        (folder / name).mkdir()
    origin = {"time": "2019-07-06T03:19:53", "latitude": 35.8, "longitude": -117.6, "depth": 8.0}
    (folder / "event" / "origin.json").write_text(json.dumps(origin))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(sorted(optional_packages())), json.dumps(COMMANDS)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {name: tuple(answer) for name, answer in json.loads(done.stdout).items()}


def optional_packages() -> set[str]:
    """The import names of everything that only extras install."""
    wanted = names([r for extra in PROJECT["optional-dependencies"].values() for r in extra])
    wanted -= names(PROJECT["dependencies"]) | {"seisgrad"}
    found = {package for package, of in DISTRIBUTIONS.items() if wanted & set(map(canonicalize_name, of))}
    return found - sys.stdlib_module_names


@pytest.mark.parametrize("command", ["forward", "kernels", "surrogate", "surrogates", "invert"])
def test_the_dispersion_system_needs_no_extra(command: str, answers: dict) -> None:
    assert answers[command] == (0, "")


@pytest.mark.parametrize("command", sorted(MISSING))
def test_a_missing_package_is_one_sentence(command: str, answers: dict) -> None:
    package, name = MISSING[command]
    status, words = answers[command]
    assert status == 2
    (sentence,) = words.splitlines()
    verb = "are" if "and" in package else "is"
    assert sentence.endswith(f"{package}, which {verb} not installed: pip install 'seisgrad[{name}]'")


def test_packages_are_those_of_the_extras() -> None:
    for name, package in PACKAGES.items():
        own = [r for r in PROJECT["optional-dependencies"][name] if not r.startswith("seisgrad")]
        assert names(own) & set(map(canonicalize_name, DISTRIBUTIONS[package]))


def test_everything_is_there_in_this_environment() -> None:
    require(*PACKAGES)


def test_the_oldest_versions_that_are_tested_are_the_floors() -> None:
    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    wanted = PROJECT["dependencies"] + [
        r for extra in PROJECT["optional-dependencies"].values() for r in extra
    ]
    floors = {
        canonicalize_name(requirement.name): {Version(bound.version) for bound in requirement.specifier}
        for requirement in map(Requirement, wanted)
    }
    assert not {name: pin for name, pin in pins.items() if floors[name] != {Version(pin)}}
    tested = names([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]])
    assert tested - pins.keys() == {"seisgrad", "deepwave", "torch"}
