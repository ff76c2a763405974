"""What do the 436 dispersion values of station SNU, Korea, say about the earth? Each question is answered by numbers.

    python experiments/snu/invert.py [--draws 400] [--out experiments/snu/results] [--figures docs/_static]

Reads ``dispersion/snu.dsp`` in the folder that SEISGRAD_DATA names (default: ``../shared/data`` beside the checkout)
and writes ``numbers.csv``, ``profile.csv`` and three figures, in two minutes on one core. ``docs/snu.md``
tells the results.
"""

import argparse
import csv
from pathlib import Path

import figures
import questions
from picks import Fit, fit, read
from questions import Numbers, beginning, drop

from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.report.provenance import write_record

HERE = Path(__file__).resolve().parent


def write_profile(begin: StartingModel, best: Fit, path: Path) -> None:
    """The profile: depth, vs, its sigma and its ratio to the prior's, and the averaging width."""
    posterior = best.posterior
    columns = (
        begin.rock_depth,
        posterior.mean,
        posterior.sigma,
        posterior.shrinkage,
        posterior.spread("depth"),
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("depth", "vs", "vs_sigma", "sigma_ratio", "spread"))
        for row in zip(*(column.tolist() for column in columns), strict=True):
            table.writerow([f"{value:.4g}" for value in row])
    write_record(path)


def main() -> None:
    """Ask all questions, write the answers and draw the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=400, help="models of each ensemble")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the tables")
    parser.add_argument(
        "--figures", type=Path, default=HERE.parents[1] / "docs" / "_static", help="of the figures"
    )
    asked = parser.parse_args()
    picks, numbers = read(), Numbers()
    begin = beginning(picks, "ak135 5 %")
    op = picks.operator(begin)
    best = fit(op, picks, begin.prior)
    questions.errors(picks, begin, op, best, numbers)
    questions.kinds(picks, begin, op, best, numbers)
    questions.outliers(picks, begin, op, best, numbers)
    questions.resolution(picks, begin, best, numbers)
    others = questions.priors(picks, numbers)
    left = questions.without(picks, begin, op, best, numbers)
    drawn = questions.sampled(picks, begin, op, best, asked.draws, numbers)
    made = questions.zone(begin, best, numbers)
    questions.learned(picks, numbers)
    questions.command(picks, begin, best, numbers)
    asked.out.mkdir(parents=True, exist_ok=True)
    numbers.write(asked.out / "numbers.csv")
    write_profile(begin, best, asked.out / "profile.csv")
    figures.write(
        asked.figures,
        fit=figures.fit_figure(picks, begin, best),
        earth=figures.earth_figure(begin, best, others, left),
        trust=figures.trust_figure(picks, begin, best, left, drawn, drop(begin.rock_depth), made),
    )


if __name__ == "__main__":
    main()
