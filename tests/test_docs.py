"""The documents keep their word: every public name is documented, no link inside is dead, the drawing is up to date."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

import seisgrad

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
HIDDEN = "_lazy", "cli"  # no room for callers: the command line has a page of its own
ROOMS = [room.name for room in pkgutil.iter_modules(seisgrad.__path__) if room.name not in HIDDEN]


# Every public name is documented.


def public_names(module: ModuleType) -> list[str]:
    """What a module offers: ``__all__`` if it has one, or else what it defines itself and does not hide."""
    own = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not isinstance(value, TypeVar)
    ]
    return sorted(getattr(module, "__all__", [name for name in own if not name.startswith("_")]))


def public_objects() -> dict[str, object]:
    """Everything that callers may use, by its dotted name at the place where they find it."""
    modules = [seisgrad, *(importlib.import_module(f"seisgrad.{room}") for room in ROOMS)]
    return {f"{m.__name__}.{name}": getattr(m, name) for m in modules for name in public_names(m)}


def directives(page: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The ``auto…`` directives of a page: kind, what of, options."""
    pattern = r"^\.\. auto(\w+):: (\S+)\n((?:   :[\w-]+:.*\n)*)"
    for found in re.finditer(pattern, page, re.MULTILINE):
        options = re.findall(r":([\w-]+): *(.*)", found[3])
        yield found[1], found[2], dict(options)


def documented() -> list[object]:
    """All objects for which a page of the API has an entry."""
    found = []
    for path in (DOCS / "api").glob("*.md"):
        for kind, name, options in directives(path.read_text(encoding="utf-8")):
            if kind == "module":
                module = importlib.import_module(name)
                names = public_names(module) if "members" in options else []
                if chosen := options.get("members"):
                    names = re.split(r",\s*", chosen)
                names = set(names) - set(re.split(r",\s*", options.get("exclude-members", "")))
                found += [module, *(getattr(module, one) for one in sorted(names))]
            else:
                home, _, last = name.rpartition(".")
                found.append(getattr(importlib.import_module(home), last))
    return found


def members(owner: type) -> Iterator[tuple[str, object]]:
    """Public methods and properties that a class of this project writes itself."""
    for name, value in vars(owner).items():
        if not name.startswith("_") and isinstance(
            value, property | classmethod | staticmethod | type(members)
        ):
            yield name, value


def test_every_public_name_has_an_entry_in_the_api() -> None:
    names, there = public_objects(), set(map(id, documented()))
    missing = [name for name, value in names.items() if id(value) not in there]
    assert len(names) > 200  # the count itself sees the rooms
    assert not missing, f"{len(missing)} of {len(names)} public names are on no page of docs/api: {missing}"


def test_every_public_name_says_what_it_is() -> None:
    empty = []
    for name, value in public_objects().items():
        if isinstance(value, ModuleType) or inspect.isclass(value) or inspect.isfunction(value):
            text = inspect.getdoc(value) or ""
            written = not inspect.isclass(value) or "__doc__" in vars(value)
            # what dataclasses and named tuples write by themselves is their signature
            if not written or len(text.split()) < 4 or text.startswith(f"{name.rpartition('.')[2]}("):
                empty.append(name)
    assert not empty, f"say what these are: {empty}"


def test_every_method_of_a_public_class_says_what_it_does() -> None:
    classes = {value for value in public_objects().values() if inspect.isclass(value)}
    silent = [
        f"{owner.__module__}.{owner.__qualname__}.{name}"
        for owner in classes
        for name, _ in members(owner)
        if not (inspect.getdoc(getattr(owner, name)) or "").strip()
    ]
    assert not silent, f"say what these do: {sorted(silent)}"


def test_every_page_of_the_api_is_in_its_table_of_contents() -> None:
    contents = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"}
    assert pages == set(re.findall(r"^([\w-]+)$", contents.partition("maxdepth")[2], re.MULTILINE))


# No link inside is dead.


def markdown_files() -> list[Path]:
    """The Markdown of the project, by git where there is one, or else by what stands in its folders."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode == 0:
        return sorted(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "experiments").rglob("*.md")])


def prose(path: Path) -> str:
    """A page without its code."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r"^(```+|:::+)(?!\{toctree\}|\{figure\}|\{image\}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL
    )
    return re.sub(r"(?<!`)`[^`\n]+`(?!`)", lambda found: found[0].strip("`").replace("](", ""), text)


def anchors(path: Path) -> set[str]:
    """The names by which a page's headings can be pointed at, as GitHub and MyST make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,3} +(.+?) *$", prose(path), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found | set(re.findall(r"^\((\S+)\)=$", prose(path), re.MULTILINE))


def links(path: Path) -> list[str]:
    """Where a page points to inside the project: links, images, tables from files, entries of tables of contents."""
    text = prose(path)
    tables = re.findall(r"^:file: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    found = [link for link in re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)]
    found += re.findall(r"(?:href|src)=\"([^\"]+)\"", text)
    found += re.findall(r"^[`:]{3,}\{(?:figure|image)\} (\S+)", text, re.MULTILINE)
    for contents in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        entries = [
            line.strip() for line in contents.splitlines() if line.strip() and not line.startswith(":")
        ]
        found += [re.sub(r"^.*<(.+)>$", r"\1", entry) + ".md" for entry in entries if "*" not in entry]
    return [*(link for link in found if not re.match(r"[a-z]+:", link)), *tables]


def made_when_built(path: Path) -> bool:
    """Whether a page is one that the gallery makes of a script: docs/gallery/plot_x of examples/tutorials/plot_x.py.

    The explorer is made as well, by docs/conf.py.
    """
    if path == DOCS / "seisgrad-explorer.html":
        return True
    if path.parent != DOCS / "gallery":
        return False
    return path.stem == "index" or (ROOT / "examples" / "tutorials" / f"{path.stem}.py").is_file()


def dead(path: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    nowhere = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        there = target.is_dir() or target.is_file() or made_when_built(target)
        if not there or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            nowhere.append(link)
    return nowhere


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_inside_is_dead(path: Path) -> None:
    assert not dead(path)


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One `two`: three\n[a](#one-two-three) [b](page.md#one) [c](gone.md) ![d](gone.png)\n"
        "```python\nx[0](nothing.md)\n```\n`[e](code.md)` [](https://example.org)\n"
        "```{toctree}\n:maxdepth: 1\n\nPage <page>\nmissing\n```\n"
    )
    assert dead(page) == ["page.md#one", "gone.md", "gone.png", "missing.md"]


def test_every_page_is_in_one_table_of_contents() -> None:
    contents = re.findall(r"```\{toctree\}.*?```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    entries = re.findall(r"^(?:.* <)?([\w/*-]+)>?$", "\n".join(contents), re.MULTILINE)
    listed = [page for entry in entries for page in DOCS.glob(f"{entry}.md") if page.parent == DOCS]
    assert sorted(listed) == sorted(set(DOCS.glob("*.md")) - {DOCS / "index.md"})


# The architecture.


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    """The script of the documentation that draws the rooms."""
    spec = importlib.util.spec_from_file_location("architecture_drawing", DOCS / "architecture_drawing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_drawing_is_the_one_that_the_rules_make(drawing: ModuleType) -> None:
    there = drawing.TARGET.read_text(encoding="utf-8")
    assert there == drawing.draw(drawing.rules()), "run: python docs/architecture_drawing.py"


def test_every_room_is_drawn_with_a_word_on_it(drawing: ModuleType) -> None:
    boxes = re.findall(
        r'y="\d+">(\w+)(?:</text><text| <tspan) class="small"[^>]*>([^<]+)<', drawing.TARGET.read_text()
    )
    assert sorted(room for room, _ in boxes) == sorted([*drawing.rules(), "errors"])


def test_what_is_drawn_says_all_that_may_be(drawing: ModuleType) -> None:
    may = drawing.rules()
    drawn = drawing.shortened(may)
    assert all(drawing.reached(room, drawn) >= may[room] for room in may)
    assert drawing.shortened({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {
        "a": {"b"},
        "b": {"c"},
        "c": set(),
    }
    height = drawing.layers(may)
    assert all(height[room] > height[other] for room in may for other in may[room])


def test_the_table_of_rooms_says_what_the_rules_say(drawing: ModuleType) -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]+) \|$", page, re.MULTILINE))
    for room, others in drawing.rules().items():
        if not rows[room].startswith("everything"):
            assert set(re.findall(r"`(\w+)`", rows[room])) - {"errors"} == others, room
