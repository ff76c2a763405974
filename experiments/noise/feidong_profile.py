"""From correlations of real noise to a profile of vs with error bars, by the commands alone, without anybody's curves.

    seisgrad noise egf FOLDER --out egf.zarr
    seisgrad noise curves egf.zarr --kind group … --out group.csv
    seisgrad invert region.csv --out region                        # group velocities of all pairs: the reference
    seisgrad noise curves egf.zarr --reference region/profile.csv … --out phase.csv
    seisgrad invert phase.csv --site FD13_FD50 --out earth

The curves of the other program are only compared with, and inverted in the same way for a second profile.
"""

import argparse
import csv
import os
from pathlib import Path

import numpy as np
from feidong import DATA, HERE, Real, compared, write

import seisgrad as sg
from seisgrad.cli.app import main as seisgrad

PERIODS = "0.5:5:0.25"
PAIR = "FD13_FD50"  # the longest
PRIOR = 0.3  # of vs, what seisgrad invert takes where curves are the reference
RESOLVED = 0.5  # of the prior's sigma


def run(*words: str) -> None:
    """One command, told and then done."""
    print("$ seisgrad", *words, flush=True)
    if seisgrad([*words]) != 0:
        raise SystemExit(f"seisgrad {words[0]} failed")


def column(path: Path, name: str) -> Real:
    """A column of a CSV file of numbers."""
    with path.open(encoding="utf-8") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def without_sites(source: Path, target: Path) -> None:
    """All picks of a table as those of one place."""
    curves = sg.dispersion.read_curves(source)
    of_all = sg.dispersion.DispersionCurves.from_picks(
        pick._replace(site="", latitude=float("nan"), longitude=float("nan")) for pick in curves
    )
    sg.dispersion.write_curves(of_all, target)


def chain(data: Path) -> None:
    """The commands, in the folder of work."""
    window = ("--periods", PERIODS, "--quiet")
    run("noise", "egf", str(data), "--out", "egf.zarr", "--quiet")
    run("noise", "curves", "egf.zarr", "--kind", "group", *window, "--out", "group.csv")
    without_sites(Path("group.csv"), Path("region.csv"))
    run("invert", "region.csv", "--out", "region", "--quiet")
    run("noise", "curves", "egf.zarr", "--reference", "region/profile.csv", *window, "--out", "phase.csv")
    run("invert", "phase.csv", "--site", PAIR, "--out", "earth", "--quiet")


def beside(files: list[Path]) -> dict:
    """Our curves beside the other program's, which had no part in them."""
    period, theirs = compared(files, "phase")
    curves, off, right = sg.dispersion.read_curves("phase.csv"), [], 0
    for number, file in enumerate(files):
        picks = curves.select(site=file.stem)
        own = np.interp(picks.period.numpy(), period, theirs[number], left=np.nan, right=np.nan)
        each = 100 * (picks.velocity.numpy() / own - 1)
        off += each[np.isfinite(each)].tolist()
        right += int(abs(np.nanmedian(each)) < 3)
    return {
        "pairs_on_their_branch": right, "pairs": len(files), "picks": len(curves), "group_picks": len(
            sg.dispersion.read_curves("group.csv")),
        "median_absolute_percent": round(float(np.median(np.abs(off))), 2),
        "median_percent": round(float(np.median(off)), 2),
    }  # fmt: skip


def their_profile(file: Path) -> None:
    """The other program's curve of the pair at our periods and with our errors, inverted in the same way."""
    ours = sg.dispersion.read_curves("phase.csv").select(site=PAIR)
    period, theirs = np.loadtxt(file.with_suffix(".phase.txt"), usecols=(0, 1)).T
    velocity = np.interp(ours.period.numpy(), period[theirs > 0], theirs[theirs > 0])
    table = sg.dispersion.DispersionCurves.from_columns(
        wave="rayleigh", kind="phase", mode=0, period=ours.period, velocity=velocity.tolist(), sigma=ours.sigma
    )  # fmt: skip
    sg.dispersion.write_curves(table, "theirs.csv")
    run("invert", "theirs.csv", "--out", "theirs", "--quiet")


def main() -> None:
    """Go the whole way, and write ``results/feidong_profile.csv`` and ``results/feidong_chain.csv``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder of A_B.dat, .phase.txt and .group.txt"
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for what the commands write")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    data, out = options.data.resolve(), options.out.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    os.chdir(options.work)
    files = sorted(data.glob("*.dat"))
    chain(data)
    their_profile(data / f"{PAIR}.dat")
    depth, vs, sigma = (column(Path("earth/profile.csv"), name) for name in ("depth", "vs", "vs_sigma"))
    again = np.interp(depth, *(column(Path("theirs/profile.csv"), name) for name in ("depth", "vs")))
    residual = column(Path("earth/fit.csv"), "residual")
    resolved = sigma < RESOLVED * PRIOR * vs
    line = beside(files) | {
        "chi2_per_datum": round(float(np.mean(residual**2)), 2),
        "resolved_from_km": round(float(depth[resolved].min()), 2),
        "resolved_to_km": round(float(depth[resolved].max()), 2),
        "vs_sigma_percent": round(100 * float(np.median((sigma / vs)[resolved])), 1),
        "theirs_differ_sigmas": round(float(np.sqrt(np.mean(((again - vs) / sigma)[resolved] ** 2))), 2),
    }
    write(out / "feidong_chain.csv", [line])
    columns = zip(depth, vs, sigma, again, strict=True)
    names = ("depth", "vs", "vs_sigma", "vs_of_their_curve")
    rows = [{name: round(float(x), 3) for name, x in zip(names, row, strict=True)} for row in columns]
    write(out / "feidong_profile.csv", rows)
    for name, value in line.items():
        print(name, value)


if __name__ == "__main__":
    main()
