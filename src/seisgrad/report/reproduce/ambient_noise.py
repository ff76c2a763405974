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
CHOSEN = {
    "phase, all points": "phase_velocity",
    "phase": "phase_velocity",
    "group, filters of the house, unflagged": "group_velocity",
    "group": "group_velocity",
}
"""The lines of the files that are told, and what they are about."""


def noise_lines(folder: Path | None = None) -> list[Line]:
    """Medians of the absolute and of the signed difference in per cent, of operator ``noise``; none without the files.

    Raises:
        InputError: a file without the columns ``case``, ``median_absolute_percent``, ``median_percent`` and ``n``.
    """
    lines = []
    for case, name in FILES.items():
        file = (folder or FOLDER) / name
        if not file.is_file():
            continue
        with file.open(encoding="utf-8") as rows:
            try:
                for row in csv.DictReader(rows):
                    about = CHOSEN.get(row["case"])
                    if about is None:
                        continue
                    n, nan = int(row["n"]), math.nan
                    size, bias = float(row["median_absolute_percent"]), float(row["median_percent"])
                    lines += [
                        Line("noise", case, f"{about}_median_percent", size, n, 0, nan),
                        Line("noise", case, f"{about}_bias_percent", bias, n, 0, nan),
                    ]
            except (KeyError, ValueError) as error:
                raise InputError(
                    f"{file} is no table of cases and medians ({error!r}); make it again with experiments/noise"
                ) from error
    return lines
