"""The shipped surrogates side by side, from their audits: one table, and the paper's findings held to it.

    for name in weak weak_paper tectonic lvz tectonic_lvz; do
        seisgrad audit dispersion --operator $name --number 1000 --out audits/$name
    done
    seisgrad audit dispersion --operator default --prior weak --number 1000 --out audits/default
    python experiments/kernels/audit_findings.py audits/* [--out FILE]

Reads the tables of each audit, of the operator's own prior alone, and prints Markdown: kernels of vs by band, the bands
together by wave, artefacts, and what an inversion makes of it. ``results/audits.csv`` keeps the numbers.
"""

import argparse
import csv
import statistics
from pathlib import Path

from seisgrad.report.provenance import write_record

RESULTS = Path(__file__).parent / "results" / "audits.csv"
METRICS = ("value_relative_error", "cosine", "relative_l2", "sign_error", "paper_cosine", "paper_mae")
SPLIT = ("along_cosine", "error_inside", "error_outside")
INVERSION = ("angle", "trace_ratio", "falls", "gain")
COLUMNS = ("operator", "models", "quantity", "parameter", "group", "mean", "low", "high", "median")

Row = dict[str, str]


def rows_of(folder: Path, file: str) -> list[Row]:
    """A table of an audit, of the first set of models in it: those of the operator's own prior."""
    with (folder / file).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    own = next(csv.DictReader((folder / "summary.csv").open(encoding="utf-8")))["models"]
    return [row for row in rows if row["models"] == own]


def collected(folder: Path) -> list[Row]:
    """The numbers of one audit that the comparison is made of."""
    found = []
    for file, metrics in (("summary.csv", METRICS), ("subspace.csv", SPLIT)):
        for row in rows_of(folder, file):
            if row["metric"] in metrics and row["parameter"] in ("", "vs"):
                found.append(
                    {name: row.get(name, "") for name in COLUMNS}
                    | {"quantity": row["metric"], "operator": folder.name}
                )
    for row in rows_of(folder, "artefacts.csv"):
        told = {"quantity": "artefact_strength", "mean": row["strength"], "median": row["position"]}
        found.append(
            {
                "operator": folder.name,
                "models": row["models"],
                "parameter": row["parameter"],
                "group": row["branch"],
            }
            | told
        )
    for quantity in INVERSION:
        rows = [row for row in rows_of(folder, "consequences.csv") if row["quantity"] == quantity]
        values = sorted(float(row["value"]) for row in rows if row["value"] not in ("", "nan"))
        told = {
            "median": f"{statistics.median(values):.4g}",
            "low": f"{values[len(values) // 20]:.4g}",
            "high": f"{values[-1 - len(values) // 20]:.4g}",
        }
        if quantity == "falls":  # a gain over none at all is infinite, and so would be the mean
            told["mean"] = f"{statistics.fmean(values):.4g}"
        of = {"operator": folder.name, "models": rows[0]["models"], "quantity": quantity}
        found.append({name: "" for name in COLUMNS} | of | told)
    return found


def number(rows: list[Row], operator: str, quantity: str, group: str, parameter: str = "vs") -> Row | None:
    """The row of one number."""
    asked = (operator, quantity, group, parameter)
    return next(
        (r for r in rows if (r["operator"], r["quantity"], r["group"], r["parameter"]) == asked), None
    )


def table_of(rows: list[Row], quantity: str, digits: int, parameter: str = "vs") -> str:
    """One quantity by band (down) and operator (across), with its 95 % interval."""
    operators = list(dict.fromkeys(row["operator"] for row in rows))
    bands = list(dict.fromkeys(row["group"] for row in rows if row["quantity"] == "cosine"))
    lines = [f"| {quantity} | " + " | ".join(operators) + " |", "|---" * (len(operators) + 1) + "|"]
    for band in bands:
        cells = []
        for operator in operators:
            row = number(rows, operator, quantity, band, parameter)
            cells.append(
                "" if row is None else "{:.{d}f} ({:.{d}f}–{:.{d}f})".format(
                    *(float(row[name]) for name in ("mean", "low", "high")), d=digits
                )
            )  # fmt: skip
        lines.append(f"| {band} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("audits", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = [row for folder in options.audits for row in collected(folder)]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    write_record(options.out)
    for quantity, digits, parameter in (
        ("value_relative_error", 5, ""), ("cosine", 3, "vs"), ("relative_l2", 3, "vs"), ("sign_error", 3, "vs"),
        ("paper_cosine", 3, "vs"), ("paper_mae", 4, "vs"), ("along_cosine", 3, ""), ("error_inside", 3, "vs"),
        ("error_outside", 3, "vs"),
    ):  # fmt: skip
        print(table_of(rows, quantity, digits, parameter), end="\n\n")
    for row in rows:
        if row["quantity"] == "artefact_strength":
            told = f"artefact, {row['group']} {row['parameter']}, at {row['median']} km, {row['mean']}"
        elif row["quantity"] in INVERSION:
            share = f", mean {row['mean']}" if row["mean"] else ""
            told = f"{row['quantity']}: median {row['median']} (5–95 %: {row['low']}–{row['high']}){share}"
        else:
            continue
        print(f"{row['operator']}: {told}")


if __name__ == "__main__":
    main()
