"""What ``seisgrad doctor`` looks at: one small function per question, each answered by findings with a next step."""

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal, NamedTuple

from seisgrad.errors import SeisgradError

State = Literal["ok", "note", "broken"]

ROOM = 1.0
"""GB of free disk below which a note is made: a small dataset or a table of a paper would not fit."""


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        topic: such as ``packages``.
        name: such as ``torch``.
        state: ``ok``; ``note``, where something is missing that not everybody needs; ``broken``.
        said: what was found.
        step: what to do about it; empty where nothing need be done.
    """

    topic: str
    name: str
    state: State
    said: str
    step: str = ""


def python() -> Iterator[Finding]:
    """The interpreter, against what the package asks for."""
    from packaging.specifiers import SpecifierSet

    asked, here = "", platform.python_version()
    try:
        asked = metadata("seisgrad")["Requires-Python"] or ""
    except PackageNotFoundError:  # run from a source tree that is not installed
        yield Finding("python", "seisgrad", "note", "not installed, run from its source", "pip install .")
    else:
        yield Finding("python", "seisgrad", "ok", version("seisgrad"))
    good = here in SpecifierSet(asked, prereleases=True)
    step = "" if good else f"make an environment with Python {asked}"
    yield Finding("python", "python", "ok" if good else "broken", f"{here} at {sys.executable}", step)


def packages() -> Iterator[Finding]:
    """Every requirement that is not of an extra: there, and of a version that the package asks for."""
    for requirement in _requirements():
        if requirement.marker is not None and "extra" in str(requirement.marker):
            continue
        wanted = f"pip install '{requirement.name}{requirement.specifier}'"
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield Finding("packages", requirement.name, "broken", "missing", wanted)
            continue
        if requirement.specifier.contains(found, prereleases=True):
            yield Finding("packages", requirement.name, "ok", found)
        else:
            said = f"{found}, expected {requirement.specifier}"
            yield Finding("packages", requirement.name, "broken", said, wanted)


def extras() -> Iterator[Finding]:
    """Which extras are installed; a missing one is no fault."""
    wanted: dict[str, list[str]] = {}
    for requirement in _requirements():
        for name in re.findall(r"extra == [\"']([^\"']+)", str(requirement.marker or "")):
            wanted.setdefault(name, []).append(requirement.name)
    for extra, names in sorted(wanted.items()):
        missing = [name for name in names if name != "seisgrad" and not _installed(name)]
        if missing:
            said = f"without {', '.join(missing)}"
            yield Finding("extras", extra, "note", said, f"if you need it: pip install 'seisgrad[{extra}]'")
        else:
            yield Finding("extras", extra, "ok", "installed")


def threads() -> Iterator[Finding]:
    """Cores, and what says how many threads work on them."""
    from seisgrad.dataset.workers import cores

    number = cores()
    yield Finding("threads", "cores", "ok", f"{number} may be used")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_WAIT_POLICY"):
        value = os.environ.get(name)
        if value is None:
            yield Finding("threads", name, "ok", "not set")
        elif value.isdigit() and int(value) > number:
            said = f"{value}, and there are {number} cores"
            yield Finding("threads", name, "note", said, f"unset {name}, or set it to {number} or fewer")
        else:
            yield Finding("threads", name, "ok", value)
    import torch

    yield Finding("threads", "torch", "ok", f"{torch.get_num_threads()} threads")


def cache() -> Iterator[Finding]:
    """Where Numba keeps what it has compiled: whether it can be written, and whether something is there."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    engine = Path(__file__).parent.parent / "dispersion" / "engine"
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        step = "unset NUMBA_DISABLE_JIT"
        yield Finding("cache", "numba", "broken", "NUMBA_DISABLE_JIT is set: nothing is compiled", step)
        return
    place = Path(named) if named else engine / "__pycache__"
    there = len(list(place.rglob("*.nbc"))) if place.is_dir() else 0
    standing = next(p for p in (place, *place.absolute().parents) if p.exists())
    if not os.access(standing, os.W_OK | os.X_OK):
        said = (
            f"{place} allows no writing, so that Numba takes a folder of its own or compiles anew every time"
        )
        yield Finding("cache", "numba", "note", said, "set NUMBA_CACHE_DIR to a folder of yours")
    else:
        first = "" if there else "; the first use compiles, some ten seconds"
        yield Finding("cache", "numba", "ok", f"{there} compiled functions in {place}{first}")


def gpu() -> Iterator[Finding]:
    """The graphics processor that torch finds, if there is one."""
    import torch

    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            found = torch.cuda.get_device_properties(index)
            said = f"{found.name}, {found.total_memory / 1e9:.0f} GB, CUDA {torch.version.cuda}"
            yield Finding("gpu", f"cuda:{index}", "ok", said)
    else:
        built = "built for CUDA, finds none" if torch.version.cuda else "built without CUDA"
        yield Finding("gpu", "cuda", "ok", f"none: torch is {built}; everything runs on the CPU")


def weights() -> Iterator[Finding]:
    """Every shipped network: card, format, checksum and finite weights."""
    from seisgrad.acoustic import surrogate as acoustic
    from seisgrad.dispersion import surrogate as dispersion
    from seisgrad.elastic import surrogate as elastic
    from seisgrad.source import surrogate as source

    for system in (dispersion, acoustic, elastic, source):
        room = system.__name__.split(".")[1]
        names = system.shipped()
        if not names:
            yield Finding("weights", room, "broken", "no network is there", "install seisgrad again")
        for name in names:
            size = (system.SHIPPED.folder(name) / "weights.safetensors").stat
            try:
                card = system.SHIPPED.verify(name)
            except SeisgradError as error:
                yield Finding("weights", f"{room} {name}", "broken", str(error), "install seisgrad again")
                continue
            said = f"network of {card['network']}, {_size(size().st_size)}, SHA-256 {card['sha256'][:12]}…"
            yield Finding("weights", f"{room} {name}", "ok", said)


def disk() -> Iterator[Finding]:
    """Free space where results and temporary files go."""
    for name, place in (("here", Path.cwd()), ("temporary", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(place).free / 1e9
        said = f"{free:.1f} GB free in {place}"
        if not os.access(place, os.W_OK | os.X_OK):
            step = "give --out another place" if name == "here" else "set TMPDIR to a folder of yours"
            yield Finding(
                "disk", name, "note" if name == "here" else "broken", f"{place} allows no writing", step
            )
        elif free < ROOM:
            yield Finding("disk", name, "note", said, "make room before a long work")
        else:
            yield Finding("disk", name, "ok", said)


CHECKS = (python, packages, extras, threads, cache, gpu, weights, disk)
"""All of them, in the order in which they are told."""


def _requirements():
    from packaging.requirements import Requirement

    try:
        return [Requirement(line) for line in requires("seisgrad") or []]
    except PackageNotFoundError:
        return []


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"
