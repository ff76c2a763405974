"""How many models it takes: what ``experiments/acoustic/size_curve.py`` measured once, as lines of the table.

The trainings take hours and are no part of ``seisgrad reproduce``; their result is a file of the repository.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from seisgrad.errors import InputError
from seisgrad.report.reproduce.table import Line

FILE = Path(__file__).resolve().parents[4] / "experiments" / "acoustic" / "results" / "size_curve.csv"
"""Where the file is in a checkout of the repository; it is no part of an installed package."""


@dataclass(frozen=True)
class Sizes:
    """Networks that differ only in how many models they learned from.

    Attributes:
        models: learned from; 0 for the network before any training.
        errors: relative L2 on unseen models, all frequencies together.
        by_frequency: the same at each, Hz.
        judged: unseen models and frequencies of each error; 0 where the file does not say.
    """

    models: tuple[int, ...]
    errors: tuple[float, ...]
    by_frequency: dict[float, tuple[float, ...]]
    judged: int


def sizes(file: Path | None = None) -> Sizes | None:
    """The study, or None where there is no such file.

    Raises:
        InputError: a file without the columns ``earths`` and ``mean``.
    """
    file = file or FILE
    if not file.is_file():
        return None
    with file.open(encoding="utf-8") as rows:
        found = list(csv.DictReader(rows))
    try:
        models = tuple(int(row["earths"]) for row in found)
        errors = tuple(float(row["mean"]) for row in found)
        named = [name for name in found[0] if name.endswith(" Hz")]
        by = {float(name.removesuffix(" Hz")): tuple(float(row[name]) for row in found) for name in named}
        judged = int(found[0].get("models") or 0) * len(named)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"{file} is no table of earths, mean and errors by frequency ({error!r}); make it again with "
            "experiments/acoustic/size_curve.py"
        ) from error
    return Sizes(models, errors, by, judged)


def size_lines(found: Sizes) -> list[Line]:
    """Cases ``train-N``."""
    return [
        Line("default", f"train-{number}", "relative_l2", error, found.judged, 0)
        for number, error in zip(found.models, found.errors, strict=True)
    ]
