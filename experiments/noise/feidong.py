"""Phase and group velocities of the Feidong correlations beside those of another program, pair by pair.

The reference of a pair, which tells its branch, is the mean of the phase curves of all other pairs; its own is only
compared with.
"""

import argparse
import csv
import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import seisgrad as sg
from seisgrad.report.provenance import write_record

Real = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("SEISGRAD_DATA", HERE.parents[2] / "shared" / "data")) / "noise" / "feidong"
VELOCITIES = (1.0, 5.0)  # km/s
WAVELENGTHS = 1.5
THEIR_ALPHA = 5.0  # of the filters behind the compared group velocities, found by trying
WIDTHS = (
    5.0,
    8.0,
    12.0,
    20.0,
    30.0,
)  # alphas from which every record takes the one with the least uncertainty
SHIFTS = {"right": 0.0, "without the derivative": math.pi / 2, "without π/4": math.pi / 4}
"""Errors of a convention, and by how much each turns the phase, rad."""


def compared(files: list[Path], kind: str) -> tuple[Real, Real]:
    """Periods, s, and velocities of the other program, km/s, NaN where it has none, ``[pair, period]``."""
    tables = [np.loadtxt(file.with_suffix(f".{kind}.txt")) for file in files]
    values = np.stack([table[:, 1] for table in tables])
    return tables[0][:, 0], np.where(values > 0, values, np.nan)


def others_mean(period: Real, velocity: Real, but: int) -> "sg.noise.Reference":
    """The mean of all curves but one."""
    others = np.nanmean(np.delete(velocity, but, 0), axis=0)
    return sg.noise.Reference(period, others)


def turned(curve: "sg.noise.PhaseCurve", by: float) -> Real:
    """Velocities had the phase been taken for another convention's, on the branch that was chosen."""
    distance, period = curve.pair.distance, curve.period.numpy()
    phase = -2 * np.pi * distance / (curve.velocity.numpy() * period) + np.pi / 4
    return 2 * np.pi / period * distance / (np.pi / 4 - (phase + by))


def phase_rows(egf: "sg.noise.Correlations", phase: Real, group: Real, period: Real) -> list[dict]:
    """Every period of every pair that is far enough: differences in percent, and in waves, and what our rules say."""
    rows = []
    for number, pair in enumerate(egf.pairs):
        theirs, slipped = phase[number], jumped(period, phase[number], group[number], pair.distance)
        curve = sg.noise.phase_velocity(
            egf, number, periods=period, reference=others_mean(period, phase, number), velocities=VELOCITIES,
            wavelengths=0.9 * WAVELENGTHS,
        )  # fmt: skip
        ours, far = curve.velocity.numpy(), pair.distance >= WAVELENGTHS * theirs * period
        for i in np.flatnonzero(far):
            differences = {name: 100 * (turned(curve, by)[i] / theirs[i] - 1) for name, by in SHIFTS.items()}
            rows.append({
                "pair": pair.name, "period": period[i], "theirs": theirs[i], "ours": ours[i],
                "sigma": float(curve.sigma[i]), "snr": float(curve.snr[i]), "doubt": float(curve.doubt[i]),
                "zeros": float(curve.zeros[i]), "reason": curve.reasons[i],
                "waves": pair.distance / period[i] * (1 / ours[i] - 1 / theirs[i]), "theirs_jumped": slipped[i],
                **differences,
            })  # fmt: skip
    return rows


def jumped(period: Real, phase: Real, group: Real, distance: float) -> NDArray[np.bool_]:
    """Where the other program's phase lies beyond a jump, seen from the longest period.

    Between two neighbouring periods its phase grows by what its own group velocity says, to a fifth and to half a wave,
    or it has lost count.
    """
    waves = np.diff(distance / (phase * period))
    expected = distance / np.sqrt(group[1:] * group[:-1]) * np.diff(1 / period)
    off = np.abs(waves - expected) > np.fmax(0.5, 0.2 * np.abs(expected))
    return np.append(np.cumsum(off[::-1])[::-1] > 0, False)


def told_apart(rows: list[dict]) -> list[dict]:
    """How many picks with the other program's number of waves and with another one each rule flags."""
    there = [row for row in rows if math.isfinite(row["waves"])]
    rules = {
        "signal over noise below 3": lambda row: row["snr"] < 3,
        "ambiguous": lambda row: "ambiguous" in row["reason"],
        "zeros_differ": lambda row: "zeros_differ" in row["reason"],
        "all rules": lambda row: row["reason"] != "ok",
    }
    lines = []
    for name, broken in rules.items():
        counts = {"rule": name}
        for group, members in {
            "right": [row for row in there if abs(row["waves"]) < 0.5],
            "wrong": [row for row in there if abs(row["waves"]) >= 0.5],
            "wrong_where_theirs_jumped": [
                row for row in there if abs(row["waves"]) >= 0.5 and row["theirs_jumped"]
            ],
        }.items():
            counts |= {group: len(members), f"{group}_flagged": sum(broken(row) for row in members)}
        lines.append(counts)
    return lines


def group_rows(egf: "sg.noise.Correlations", period: Real, theirs: Real, alpha: float | None) -> list[dict]:
    """Differences in percent of every period of every pair that has a group velocity.

    ``right`` is of what is measured, ``crest`` of the crest of the image at the period of each filter, without the
    corrections for the filter's width and for the slope of the spectrum, as the other program reads it.
    """
    rows = []
    for number, pair in enumerate(egf.pairs):
        found = sg.noise.group_velocity(egf, number, periods=period, velocities=VELOCITIES, alpha=alpha)
        ridge = found.image.period.numpy(), found.image.ridge.numpy()
        for i in np.flatnonzero(np.isfinite(theirs[number])):
            ours, crest = float(found.velocity[i]), float(np.interp(period[i], *ridge))
            rows.append({
                "pair": pair.name, "period": period[i], "theirs": theirs[number, i], "ours": ours,
                "reason": found.reasons[i], "right": 100 * (ours / theirs[number, i] - 1),
                "crest": 100 * (crest / theirs[number, i] - 1),
            })  # fmt: skip
    return rows


def least_uncertain(egf: "sg.noise.Correlations", period: Real, theirs: Real) -> list[dict]:
    """Group velocities behind the filters that leave each record the least uncertainty, by its own measure."""
    rows = []
    for number, pair in enumerate(egf.pairs):
        some = [
            sg.noise.group_velocity(egf, number, periods=period, velocities=VELOCITIES, alpha=alpha)
            for alpha in WIDTHS
        ]
        best = min(some, key=lambda found: float((found.sigma / found.velocity).nanmedian()))
        for i in np.flatnonzero(np.isfinite(theirs[number])):
            off = 100 * (float(best.velocity[i]) / theirs[number, i] - 1)
            rows.append({"pair": pair.name, "reason": best.reasons[i], "right": off})
    return rows


def against_slope(phases: list[dict], groups: list[dict]) -> list[dict]:
    """Group velocities beside those that the slope of our phase velocities gives, U = c / (1 + d ln c/d ln T).

    The slope is that of a straight line through the picks within 15 % in period.
    """
    rows = []
    for group in groups:
        near = [
            (math.log(row["period"]), math.log(row["ours"]))
            for row in phases
            if row["pair"] == group["pair"] and abs(math.log(row["period"] / group["period"])) < 0.15
        ]
        if len(near) < 4 or not np.isfinite(near).all():
            continue
        slope, level = np.polyfit([x - math.log(group["period"]) for x, _ in near], [y for _, y in near], 1)
        expected = math.exp(level) / (1 + slope)
        rows.append({name: 100 * (group[name] / expected - 1) for name in ("ours", "theirs")})
    return rows


def summary(case: str, rows: list[dict], key: str = "right") -> dict:
    """Median absolute difference, bias and share of the rows that have a value."""
    found = np.array([row[key] for row in rows])
    there = np.isfinite(found)
    return {
        "case": case,
        "median_absolute_percent": round(float(np.median(np.abs(found[there]))), 2),
        "median_percent": round(float(np.median(found[there])), 2),
        "answered_percent": round(100 * float(there.mean()), 1),
        "n": int(there.sum()),
    }


def main() -> None:
    """Compare, and write ``results/feidong.csv`` (every point), ``feidong_summary.csv`` and ``feidong_waves.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder of A_B.dat, .phase.txt and .group.txt"
    )
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    files = sorted(options.data.glob("*.dat"))
    correlations = sg.noise.read_folded_text(files, "C")
    egf = sg.noise.to_egf(sg.noise.fold(correlations))
    period, phase = compared(files, "phase")
    _, group = compared(files, "group")
    every = phase_rows(egf, phase, group, period)
    picked = [row for row in every if row["reason"] == "ok"]
    house, alike = group_rows(egf, period, group, None), group_rows(egf, period, group, THEIR_ALPHA)

    def among(case: str, rows: list[dict]) -> dict:
        return summary(case, rows) | {"answered_percent": round(100 * len(rows) / len(every), 1)}

    lines = [
        summary("phase, all points", every),
        *(summary(f"phase, all points, {name}", every, name) for name in list(SHIFTS)[1:]),
        among("phase, picked", picked),
        among("phase, picked, signal over noise at least 5", [row for row in picked if row["snr"] >= 5]),
        among("phase, picked, signal over noise 3 to 5", [row for row in picked if 3 <= row["snr"] < 5]),
        among("phase, picked, signal over noise below 3", [row for row in picked if row["snr"] < 3]),
        summary("group, filters of the house", house),
        summary("group, filters of the house, unflagged", [r for r in house if r["reason"] == "ok"]),
        summary("group, filters of the least uncertainty", least_uncertain(egf, period, group)),
        summary("group, filters as wide as theirs", alike),
        summary("group, filters as wide as theirs, crest of the image", alike, "crest"),
        summary("group, ours against the slope of our phases", against_slope(every, house), "ours"),
        summary("group, theirs against the slope of our phases", against_slope(every, house), "theirs"),
    ]
    waves = told_apart(every)
    options.out.mkdir(exist_ok=True)
    write(options.out / "feidong_summary.csv", lines)
    write(options.out / "feidong_waves.csv", waves)
    write(
        options.out / "feidong.csv", [{name: _short(value) for name, value in row.items()} for row in every]
    )
    for line in [*lines, *waves]:
        print(*line.values(), sep=", ")


def write(path: Path, rows: list[dict]) -> None:
    """Rows of equal keys as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    write_record(path)


def _short(value: object) -> object:
    return round(float(value), 4) if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    main()
