"""From noise to velocities: what ``experiments/noise`` measured once on real and on synthetic correlations.

The records behind the paper's section 4, a line of nodes in Los Angeles, are not open. What its chain comes to is shown
on correlations that are; they are no part of the project, and their results are files of the repository.
"""

import csv
import math
from pathlib import Path

from seisgrad.errors import InputError
from seisgrad.report.reproduce.table import Line

FOLDER = Path(__file__).resolve().parents[4] / "experiments" / "noise" / "results"
"""Where the files are in a checkout of the repository; they are no part of an installed package."""
FILES = {"feidong": "feidong_summary.csv", "synthetic": "synthetic.csv"}
SECTIONS = "section.csv"
CHOSEN = {
    "phase, all points": "phase_velocity",
    "phase": "phase_velocity",
    "group, filters of the house, unflagged": "group_velocity",
    "group": "group_velocity",
}
"""The lines of the files that are told, and what they are about."""
OF_SECTIONS = {"error_after": "section_vs_error", "rms_sigmas_5x7": "section_rms_sigmas"}
"""What is told of the inversions of spectra from noise: km/s, and the posterior's standard deviations."""


def noise_lines(folder: Path | None = None) -> list[Line]:
    """Of operator ``noise``: medians of the absolute and of the signed difference of velocities in per cent, and
    errors of sections; none without the files.

    Raises:
        InputError: a file without its columns, or with something else than numbers in them.
    """
    lines = []
    for case, name in FILES.items():
        chosen = {"median_absolute_percent": "median_percent", "median_percent": "bias_percent"}
        for row, metric, value, number in _numbers((folder or FOLDER) / name, chosen, ("case",), "n"):
            if row in CHOSEN:
                lines.append(Line("noise", case, f"{CHOSEN[row]}_{metric}", value, number, 0, math.nan))
    for case, metric, value, number in _numbers(
        (folder or FOLDER) / SECTIONS, OF_SECTIONS, ("case", "data"), "records"
    ):
        lines.append(Line("noise", case, metric, value, number, 0, math.nan))
    return lines


def _numbers(
    file: Path, columns: dict[str, str], names: tuple[str, ...], many: str
) -> list[tuple[str, str, float, int]]:
    """Name, metric, value and number of records of every row and column of a file; none where it is not there."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    try:
        return [
            (", ".join(row[name] for name in names), metric, float(row[column]), int(row[many]))
            for row in rows
            for column, metric in columns.items()
        ]
    except (KeyError, TypeError, ValueError) as error:
        expected = ", ".join((*names, *columns, many))
        raise InputError(
            f"{file} is no table of {expected} ({error!r}); make it again with experiments/noise"
        ) from error
