"""Tables of results, the records of what made them, and how a number is written on the page."""

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from seisgrad.report.provenance import NOT_RECORDED, record_of

Row = dict[str, str]
_NUMBER = re.compile(r"[−∞]?[\d\s.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*(\s†)?(\s\([\d.]*\))?")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FOLDERS = ("experiments", "benchmarks")


def tables_of(root: Path) -> list[str]:
    """Every table that is kept, by its place in the checkout."""
    found = (path for folder in FOLDERS for path in (root / folder).glob("**/results/*.csv"))
    return sorted(path.relative_to(root).as_posix() for path in found)


def rows_of(path: Path) -> list[Row]:
    """The lines of a table."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def record(path: Path) -> dict:
    """What made a table; ``not recorded`` for every fact that nobody kept."""
    kept = record_of(path)
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    return {name: NOT_RECORDED for name in ("command", "date", "commit")} | found


def chosen(rows: Iterable[Row], where: Mapping[str, object]) -> list[Row]:
    """The rows whose columns match: each a pattern with ``*``, or a list of patterns."""
    return [row for row in rows if all(_fits(row[column], wanted) for column, wanted in where.items())]


def _fits(value: str, wanted: object) -> bool:
    patterns = wanted if isinstance(wanted, list) else [wanted]
    return any(fnmatchcase(value, str(pattern)) for pattern in patterns)


def value_of(text: str) -> float:
    """A cell as a number; NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def shown(text: str, decimals: int | None = None) -> str:
    """A cell as the page shows it: three significant digits at most, or so many decimals; words as they are."""
    value = value_of(text)
    if text.strip().lstrip("+-").lower() not in ("nan", "inf") and value != value:
        return text.replace("|", r"\|")
    if not math.isfinite(value):
        return "" if math.isnan(value) else "∞"
    if decimals is not None:
        return _minus(f"{value:.{decimals}f}")
    plain = text.strip().lstrip("+")
    if plain.lstrip("-").isdigit():
        return _minus(_spaced(int(value)))
    if "e" not in plain and len(plain.lstrip("-0.").replace(".", "")) <= 3:
        return _minus(plain)
    size = math.floor(math.log10(abs(value)))
    if size < -4:
        mantissa = f"{value / 10**size:.1f}".removesuffix(".0")
        return _minus(f"{mantissa}·10{str(size).translate(_RAISED)}")
    rounded = round(value, 2 - size)
    return _minus(_spaced(round(rounded)) if size >= 2 else f"{rounded:.{2 - size}f}")


def _spaced(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0") if abs(value) >= 10_000 else str(value)


def _minus(text: str) -> str:
    return text.replace("-", "−")


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; columns of numbers to the right."""
    rule = ["---:" if _numbers(line[i] for line in lines) else "---" for i in range(len(header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *lines)) + "\n"


def _numbers(cells: Iterable[str]) -> bool:
    there = [cell for cell in cells if cell]
    return bool(there) and all(_NUMBER.fullmatch(cell) for cell in there)
