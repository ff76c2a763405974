"""Table 1 of arXiv:2604.04107 beside the audits of the shipped surrogates, whose numbers ``results/audits.csv`` keeps.

    python experiments/kernels/table_1.py

Writes results/table_1.csv with the columns of ``seisgrad reproduce``, for the ensembles of the paper's kind. Cosines
are those of kernels that are smoothed and normalised alike. ``seisgrad reproduce kernels`` makes the table itself, with
the paper's own way of comparing too, other parameters and the other figures.
"""

import csv
from pathlib import Path

from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.table import BANDS, EXPERIMENT, PAPER, PAPER_COLUMNS, band_case

HERE = Path(__file__).resolve().parent
OPERATORS = {"default": "weak", "weak": "weak", "weak_paper": "weak_paper"}
"""Operators, and the ensembles that they are audited on: 1000 models each."""
METRICS = {
    ("value_relative_error", ""): ("mape_percent", 100.0),
    ("paper_cosine", "vs"): ("paper_cosine_vs", 1.0),
    ("cosine", "vs"): ("raw_cosine_vs", 1.0),
    ("relative_l2", "vs"): ("relative_l2_vs", 1.0),
}
"""Quantities of the audit by parameter: their names in a reproduction, and the factor between."""
MODELS = 1000


def main() -> None:
    """Take the numbers over, and write."""
    paper = {
        (band_case(wave, band), metric): PAPER[wave][i][column]
        for wave in PAPER
        for i, band in enumerate(BANDS)
        for metric, column in PAPER_COLUMNS.items()
    }
    with (HERE / "results" / "audits.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = []
    for row in rows:
        metric, factor = METRICS.get((row["quantity"], row["parameter"]), ("", 1.0))
        if metric and OPERATORS.get(row["operator"]) == row["models"] and row["mean"]:
            case = row["group"]
            ours = f"{factor * float(row['mean']):.6g}"
            lines.append(
                [EXPERIMENT, row["operator"], case, metric, ours, paper.get((case, metric), ""), MODELS]
            )
    table = HERE / "results" / "table_1.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("experiment", "operator", "case", "metric", "ours", "paper", "n"))
        writer.writerows(lines)
    write_record(table)


if __name__ == "__main__":
    main()
