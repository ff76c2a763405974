"""Judge trained networks on the events of `seisgrad reproduce sourcenet` and compare them in pairs.

    python experiments/sourcenet/judge.py training/* --bank greens.zarr --errors errors

Every folder is one that train.py has finished, NAME-SEED; how many passes it was taught stands in its card. Errors are
kept event by event in the folder of --errors, so that a stopped run goes on and later trainings join earlier ones;
folders that are not finished are left out and told. Written are results/judged.csv, which the command reads, and the
tables of the documentation made from it: baselines.csv, ablations.csv, models.csv and size.csv. Where results.csv of
the command lies beside them, its cases become cases.csv; --tables makes the tables again and judges nothing.
"""

import argparse
import csv
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch

from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.sourcenet import CASES, GROUPS, elsewhere, errors_on, random_lines
from seisgrad.report.reproduce.sourcenet_tables import (
    ABLATIONS,
    BASELINES,
    MODELS,
    OURS,
    Row,
    Trained,
    read_rows,
    rows_of,
)
from seisgrad.source import load, make_bank
from seisgrad.source.earths import NAMES, named_column
from seisgrad.source.judging import Errors

RESULTS = Path(__file__).parent / "results"
FEW = ("held-out", "hadley-kanamori", "gil7")
EVENTS = 12_800


def main() -> None:
    """Judge and write."""
    asked = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    asked.add_argument("folders", nargs="*", type=Path)
    asked.add_argument("--bank", type=Path, help="Green's functions; what they lack is added")
    asked.add_argument("--errors", type=Path, help="folder of errors by event")
    asked.add_argument("--events", type=int, default=1500, help="drawn of each group of earths")
    asked.add_argument("--groups", nargs="+", default=FEW, choices=[group.name for group in GROUPS])
    asked.add_argument("--out", type=Path, default=RESULTS)
    asked.add_argument("--tables", action="store_true", help="only make the tables from judged.csv again")
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    chosen.out.mkdir(parents=True, exist_ok=True)
    if not chosen.tables:
        rows = rows_of(judged(chosen.folders, chosen.bank, chosen.errors, chosen.events, chosen.groups))
        write(chosen.out / "judged.csv", Row._fields, [list(map(cell, row)) for row in rows])
    if rows := read_rows(chosen.out / "judged.csv"):
        tables(rows, chosen.out)
    if (chosen.out / "results.csv").is_file():
        cases(chosen.out)


def judged(
    folders: Sequence[Path], bank: Path, kept: Path, number: int, groups: Sequence[str]
) -> dict[Trained, list[dict[str, Errors]]]:
    """Errors of all finished networks, by name and passes."""
    make_bank(bank, {name: named_column(name) for name in NAMES} | (elsewhere() if "ak135" in groups else {}))
    cards = {folder: folder / "card.json" for folder in sorted(folders)}
    entries = {
        folder: json.loads(card.read_text(encoding="utf-8"))
        for folder, card in cards.items()
        if card.is_file()
    }
    done = {folder: card for folder, card in entries.items() if "errors" in card}
    for folder in cards.keys() - done.keys():
        print(f"{folder}: not finished, left out", flush=True)
    networks = {str(folder): load(folder) for folder in done}
    errors: dict[str, dict[str, Errors]] = {name: {} for name in networks}
    for group in GROUPS:
        if group.name in groups:
            told = partial(print, group.name, flush=True)
            for name, found in errors_on(group, networks, bank, number, kept, told).items():
                errors[name][group.name] = found
    together: defaultdict[Trained, list[dict[str, Errors]]] = defaultdict(list)
    for folder, card in done.items():
        together[folder.name.rpartition("-")[0], card["settings"]["epochs"]].append(errors[str(folder)])
    return dict(together)


def tables(rows: Sequence[Row], out: Path) -> None:
    """The tables of the documentation."""
    by = {(row.network, row.passes, row.case): row for row in rows}
    kinds = list(dict.fromkeys((row.network, row.passes) for row in rows))
    least = min((passes for name, passes in kinds if name in BASELINES), default=0)
    of_ablations = sorted({passes for name, passes in kinds if name in ABLATIONS})

    def sorted_by(names: Sequence[str]) -> list[Trained]:
        return sorted((k for k in kinds if k[0] in names), key=lambda k: (names.index(k[0]), k[1]))

    ours = [(OURS, passes) for passes in (least,) if (OURS, passes) in kinds]
    baselines = [*ours, *sorted_by(BASELINES)]
    ablations = [k for k in sorted_by([OURS, *ABLATIONS]) if k[1] in of_ablations]
    models = [k for k in sorted_by(list(MODELS)) if k[1] in of_ablations[:1]]
    size = sorted_by([OURS])
    for name, chosen in (
        ("baselines", baselines),
        ("ablations", ablations),
        ("models", models),
        ("size", size),
    ):
        lines = [line(kind, by, kind[0] if name != "models" else f"{MODELS[kind[0]]}") for kind in chosen]
        if name == "baselines":
            lines.append(guess())
        first = "velocity models" if name == "models" else "network"
        write(out / f"{name}.csv", [first, *HEADER], lines)


def cases(out: Path) -> None:
    """The cases of the shipped network, one line each."""
    with (out / "results.csv").open(encoding="utf-8") as text:
        found = {(row["case"], row["metric"]): row for row in csv.DictReader(text) if row["operator"] == OURS}
    lines = []
    for case in CASES:
        if (case.name, "kagan_mean_deg") in found:
            line = [case.name, case.words]
            for metric, digits in (("kagan_mean_deg", 1), ("kagan_median_deg", 1), ("mw_mae", 3)):
                row = found[case.name, metric]
                paper = f" ({row['paper']})" if row["paper"] else ""
                line.append(f"{float(row['ours']):.{digits}f}{paper}")
            covered = found.get((case.name, "coverage_90"))
            line += [
                f"{float(covered['ours']):.0%}" if covered else "",
                found[case.name, "kagan_mean_deg"]["n"],
            ]
            lines.append(line)
    header = ("case", "events", "mean (°)", "median (°)", "Mw", "in the ball of 90 %", "number")
    write(out / "cases.csv", header, lines)


HEADER = (
    "events taught",
    "trainings",
    "15-24: mean (°)",
    "median (°)",
    "Mw",
    "6-10: mean (°)",
    "Hadley-Kanamori: mean (°)",
    "GIL7: mean (°)",
    "15-24: further off than ours (°), 95 %",
)


def line(kind: Trained, by: Mapping[tuple[str, int, str], Row], name: str) -> list[str]:
    """One line of a table for people."""
    main = by[(*kind, "15-24")]
    each = f" ({main.lowest:.1f} to {main.highest:.1f})" if main.seeds > 1 else ""
    apart = f"{main.further:+.1f} ({main.further_low:+.1f} to {main.further_high:+.1f})"
    others = [by.get((*kind, case)) for case in ("6-10", "hadley-kanamori", "gil7")]
    return [
        name,
        f"{EVENTS * kind[1]}",
        f"{main.seeds}",
        f"{main.kagan_mean_deg:.1f}{each}",
        f"{main.kagan_median_deg:.1f}",
        f"{main.mw_mae:.3f}",
        *(f"{row.kagan_mean_deg:.1f}" if row else "" for row in others),
        "" if math.isnan(main.further) else apart,
    ]


def guess() -> list[str]:
    """The line of answers at random, which know nothing of an event."""
    mean, median = (f"{row.mean:.1f}" for row in random_lines())
    return ["a random guess", "0", "", mean, median, "", mean, mean, mean, ""]


def cell(value: str | int | float) -> str:
    """As it stands in judged.csv."""
    return ("" if math.isnan(value) else f"{value:.4f}") if isinstance(value, float) else str(value)


def write(file: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table."""
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
    write_record(file)


if __name__ == "__main__":
    main()
