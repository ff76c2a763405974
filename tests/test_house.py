"""The house keeps its own rules: imports point one way, importing is light, and what the documents say still works."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import seisgrad

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "seisgrad"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Room -> the rooms it may import. `errors` is open to all; a room may always import itself.
MAY_IMPORT = {
    "errors": set(),
    "_lazy": set(),
    "operator": set(),
    "implicit": set(),
    "linear": set(),
    "config": set(),
    "checks": {"operator"},
    "earth": {"operator"},
    "nn": set(),
    "training": {"config", "nn"},
    "dataset": {"operator"},
    "dispersion": {"operator", "implicit", "config", "earth", "nn", "inversion", "dataset", "training"},
    "waves": {"operator", "earth"},
    "acoustic": {"operator", "waves", "earth", "nn", "inversion", "dataset", "training"},
    "elastic": {
        "operator",
        "linear",
        "config",
        "waves",
        "earth",
        "nn",
        "inversion",
        "dataset",
        "training",
        "dispersion",
    },
    "noise": {"operator", "waves", "earth", "dataset", "dispersion", "elastic"},
    "source": {"operator", "linear", "config", "earth", "nn", "inversion", "dataset", "training"},
    "inversion": {"operator", "linear", "config"},
    "plot": {"operator", "earth", "waves", "dispersion", "acoustic", "elastic", "inversion", "source"},
    "audit": {"operator", "inversion"},
    "report": {
        "operator",
        "audit",
        "earth",
        "waves",
        "dispersion",
        "acoustic",
        "elastic",
        "inversion",
        "plot",
        "source",
    },
    "explorer": {"audit", "dispersion", "earth", "nn"},
    "cli": {
        "explorer",
        "audit",
        "config",
        "operator",
        "implicit",
        "checks",
        "dataset",
        "earth",
        "dispersion",
        "waves",
        "acoustic",
        "elastic",
        "inversion",
        "noise",
        "plot",
        "report",
        "source",
        "training",
    },
}
HEAVY = ("torch", "numba", "scipy", "obspy", "xarray", "pandas", "matplotlib")


def room_of(path: Path) -> str:
    """The first name below the package: a folder, or a file without its suffix."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms of seisgrad that a file imports anywhere in it, inside functions too; names count as rooms."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            here = ("seisgrad", *path.relative_to(PACKAGE).parent.parts)
            above = ".".join(here[: len(here) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, (above, node.module)))
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "seisgrad" else {module}
    return {name.split(".")[1] for name in found if name.startswith("seisgrad.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
class TestEveryFile:
    def test_imports_point_one_way(self, path: Path) -> None:
        if path == PACKAGE / "__init__.py":  # the front door names every room and opens none
            return
        if path == PACKAGE / "__main__.py":  # the command line by the package's name
            assert imported_rooms(path) == {"cli"}
            return
        room = room_of(path)
        assert room in MAY_IMPORT, f"a new room, {room}: say here and in docs/architecture what it may import"
        wrong = imported_rooms(path) - MAY_IMPORT[room] - {room, "errors", "_lazy"}
        assert not wrong, f"{room} imports {', '.join(sorted(wrong))}"

    def test_says_what_it_is_for(self, path: Path) -> None:
        summary = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert summary, "no docstring on the first line"
        assert len(summary.split()) > 4, f"{summary!r} says nothing"

    def test_is_quiet(self, path: Path) -> None:
        if room_of(path) == "cli":
            return
        called = {node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        assert not [name.lineno for name in called if isinstance(name, ast.Name) and name.id == "print"]


def test_every_room_of_the_rules_is_in_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {room_of(path) for path in MODULES} - {"__init__", "__main__", "_lazy"}
    assert not [room for room in sorted(rooms) if f"| `{room}` |" not in page]


def loaded_by(statement: str) -> tuple[set[str], float]:
    """The heavy packages that a fresh interpreter has loaded after a statement, and the seconds it took."""
    code = f"import sys, time; t = time.perf_counter(); {statement}; t = time.perf_counter() - t"
    code += f"; print(t, *[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *names = done.stdout.split()
    return set(names), float(seconds)


def test_importing_is_light() -> None:
    names, seconds = loaded_by("import seisgrad")
    assert not names
    assert seconds < 0.5


def test_core_rooms_load_no_reader_and_no_plotter() -> None:
    names, _ = loaded_by("from seisgrad import checks, dispersion, earth, inversion; dispersion.Physics")
    assert not names & {"obspy", "xarray", "pandas", "matplotlib"}


@pytest.mark.parametrize("module", [seisgrad, seisgrad.dispersion, seisgrad.earth, seisgrad.inversion])
def test_every_public_name_is_there(module) -> None:
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_an_unknown_name_is_an_attribute_error_that_lists_the_known() -> None:
    with pytest.raises(AttributeError, match=r"'seisgrad' has no attribute 'sismology'.*dispersion"):
        seisgrad.sismology  # noqa: B018


def test_one_version_everywhere() -> None:
    changelog = re.search(
        r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    citation = re.search(
        r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert changelog is not None
    assert citation is not None
    assert changelog[1] == citation[1] == seisgrad.__version__


def test_every_requirement_has_a_pin_that_fits_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    wanted = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name != "seisgrad":
            assert pins[name] in requirement.specifier, f"{requirement} is pinned to {pins[name]}"


def test_no_file_names_a_machine() -> None:
    """Paths of one computer and hosts of package registries have no place in a project."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout, so there is no list of the project's files")
    machine = re.compile(
        rb"/(work|farm|root|home|Users)/|/(tmp)/[a-z]|pypi\.(org|io)|pythonhosted|npmjs|\.library/"
    )
    places = []
    for name in filter(None, listing.stdout.split(b"\0")):
        path = ROOT / os.fsdecode(name)
        if path.is_file() and (hit := machine.search(path.read_bytes())) and path != Path(__file__):
            places.append(f"{path.relative_to(ROOT)}: {hit[0].decode()}")
    assert not places


def python_blocks(page: str) -> list[str]:
    """The python code blocks of a Markdown page, in order, with line numbers that match the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return ["\n" * (text[: block.start()].count("\n") + 1) + block[1] for block in blocks]


PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))]


@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)])
def test_the_code_of_the_documents_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in python_blocks(page):
        exec(compile(block, page, "exec"), names)


def test_the_worked_example_of_the_contributors_guide(tmp_path: Path) -> None:
    """The operator of CONTRIBUTING.md passes the suite that all operators inherit, run as its reader would."""
    operator, test = python_blocks("CONTRIBUTING.md")
    (tmp_path / "travel_time.py").write_text(operator, encoding="utf-8")
    (tmp_path / "test_travel_time.py").write_text(test, encoding="utf-8")
    places = os.pathsep.join([str(tmp_path), str(ROOT / "tests"), str(ROOT / "src")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": places},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 5, done.stdout
