"""Going on from a trained network in another region, or beginning anew: measured once by ``experiments/elastic``.

The trainings are no part of ``seisgrad reproduce``; their result is a file of the repository.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from seisgrad.errors import InputError
from seisgrad.report.reproduce.table import Line

FILE = Path(__file__).resolve().parents[4] / "experiments" / "elastic" / "results" / "fine_tuning.csv"
"""Where the file is in a checkout of the repository; it is no part of an installed package."""


@dataclass(frozen=True)
class Tuning:
    """Errors on unseen earths of a new region, by where the training began.

    Attributes:
        steps: of training in the new region.
        errors: mean relative L2 of the spectra after so many steps, by network and beginning, such as
            ``"harmonic, trained before"``.
    """

    steps: tuple[int, ...]
    errors: dict[str, tuple[float, ...]]


def tuning(file: Path | None = None) -> Tuning | None:
    """The study, or None where there is no such file.

    Raises:
        InputError: a file without the columns ``network``, ``began``, ``steps`` and ``relative_l2``.
    """
    file = file or FILE
    if not file.is_file():
        return None
    found: dict[str, dict[int, float]] = {}
    with file.open(encoding="utf-8") as rows:
        try:
            for row in csv.DictReader(rows):
                course = found.setdefault(f"{row['network']}, {row['began']}", {})
                course[int(row["steps"])] = float(row["relative_l2"])
            steps = tuple(next(iter(found.values())))
            errors = {name: tuple(course[step] for step in steps) for name, course in found.items()}
        except (KeyError, StopIteration, ValueError) as error:
            raise InputError(
                f"{file} is no table of networks, beginnings, steps and errors ({error!r}); make it again with "
                "experiments/elastic/fine_tuning.py"
            ) from error
    return Tuning(steps, errors)


def tuning_lines(found: Tuning) -> list[Line]:
    """Cases ``fine-tuning N steps``."""
    return [
        Line(name, f"fine-tuning {step} steps", "relative_l2", error, 1, 0)
        for name, errors in found.errors.items()
        for step, error in zip(found.steps, errors, strict=True)
    ]
