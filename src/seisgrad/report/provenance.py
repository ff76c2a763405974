"""What made a table: a small JSON file beside it with command, date, machine and versions."""

import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import seisgrad

NOT_RECORDED = "not recorded"
PACKAGES = {
    name: name.removesuffix("-ppl")
    for name in (
        "numpy",
        "scipy",
        "numba",
        "torch",
        "deepwave",
        "obspy",
        "disba",
        "evodcinv",
        "bayesbay",
        "pyro-ppl",
    )
}
"""Distributions whose versions are kept where their module is loaded, and the names of the modules."""


def record_of(table: Path) -> Path:
    """Where the record of a table lies: ``results.json`` beside ``results.csv``."""
    return table.with_suffix(".json")


def digest(table: Path) -> str:
    """The first sixteen hexadecimal digits of the SHA-256 of a file: whether a record belongs to it."""
    return hashlib.sha256(table.read_bytes()).hexdigest()[:16]


def write_record(table: Path, command: str | None = None, *, part: bool = False) -> None:
    """Say beside a table that was just written what made it.

    Args:
        table: the CSV file.
        command: what was typed; the words of this process by default, absolute paths shortened to their last name.
        part: whether this run wrote only some of the lines; the records of the others are kept under ``earlier``.
    """
    record = {
        "file": table.name,
        "sha256": digest(table),
        "command": command or _typed(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "machine": _machine(),
        "versions": {"python": platform.python_version(), "seisgrad": seisgrad.__version__} | _versions(),
    }
    path = record_of(table)
    if part and path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        record["earlier"] = [*before.pop("earlier", []), before]
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _typed() -> str:
    """``python benchmarks/elastic_speed.py --threads 1``, or ``seisgrad reproduce kernels``."""
    script = Path(getattr(sys.modules["__main__"], "__file__", None) or sys.argv[0])
    if script.suffix == ".py":
        checkout = next(
            (folder for folder in script.parents if (folder / "pyproject.toml").is_file()), script.parent
        )
        shown = f"python {script.relative_to(checkout).as_posix()}"
    else:
        shown = script.name
    return " ".join(
        (shown, *(Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]))
    )


def _commit() -> str:
    """The commit of the checkout that this package runs from, and whether its sources have been changed since."""
    source = Path(seisgrad.__file__).parent
    try:
        words = ("git", "-C", str(source), "rev-parse", "--short", "HEAD")
        commit = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        words = ("git", "-C", str(source), "status", "--porcelain", "--", ".")
        changed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # no git here, or no checkout
        return NOT_RECORDED
    return f"{commit}, sources changed" if changed else commit


def _machine() -> dict[str, str | int | float]:
    """Processor, cores, memory in GB and, where there is one, GPU."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.is_file() else []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    found: dict[str, str | int | float] = {
        "processor": next(names, platform.processor() or platform.machine()),
        "cores": os.cpu_count() or 0,
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found["memory_GB"] = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name, module in PACKAGES.items() if module in sys.modules}
