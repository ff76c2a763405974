"""How accurate and how fast the Green's functions of layered ground are; beside them PyGRT, where it is.

    python benchmarks/source_greens.py [--out benchmarks/results/source_greens.csv] [--grt PATH] [--only NAME …]

``full_space``: without a free surface against Aki & Richards (2002), 4.29, all terms. ``converged``: half the step of
wavenumbers and twice the decay before the sum is cut, at the distances and depths of a bank. ``second_code``: GIL7
against PyGRT (pip install pygrt-kit; ``--grt`` is its program ``grt``), velocity in 0.05 to 0.5 Hz, without
attenuation and with it. PyGRT's Q refers to the highest frequency that it computes, so it is told the velocities which
ours have there. ``time``: processor seconds for one model of a bank, and those of PyGRT for the same traces.

``error`` is the largest difference over the largest value of a trace, ``correlation`` that of two traces, ``ratio`` the
amplitude of ours over the other's by least squares.
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from scipy.signal import butter, sosfiltfilt

from seisgrad.report.provenance import write_record
from seisgrad.source.earths import NAMES, named_column
from seisgrad.source.greens import BEFORE_P, DEPTHS, DISTANCES
from seisgrad.source.layered import Band, Column, Sum, elementary
from seisgrad.source.layered.ground import velocity
from seisgrad.source.radiation import ELEMENTARY, coefficients, components
from seisgrad.source.traveltime import first_arrivals

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from source_theory import RHO, VP, VS, full_space

FIELDS = ("experiment", "case", "component", "depth", "distance", "error", "correlation", "ratio", "seconds")
#: Distances by depth, km; none of the depths is an interface, where the two codes choose different sides.
PLACES = {2.5: (10.0, 60.0), 8.0: (20.0, 60.0, 150.0), 18.0: (30.0, 150.0)}
#: Seconds by which traces begin before the origin time, so that a filter finds silence.
QUIET = 40.0
#: Metres per N·m of a trace of PyGRT, which has 1e-20 cm per dyn·cm.
UNIT = 1e-15


def row(experiment: str, case: str, **values: object) -> dict:
    return {"experiment": experiment, "case": case, **values}


def error(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return np.abs(found - expected).max(-1) / np.abs(expected).max(-1)


def full_space_rows() -> list[dict]:
    column = Column(*(np.full(1, v) for v in (0.0, VP, VS, RHO, np.inf, np.inf)))
    depths, distances, band = np.array([1.0, 5.0, 25.0]), np.array([5.0, 50.0, 200.0]), Band()
    start = first_arrivals(column, depths, distances).p - BEFORE_P
    traces = elementary(column, depths, distances, start, band, free=False)
    rows, draws = [], np.random.default_rng(9)
    for i, depth in enumerate(depths):
        for j, distance in enumerate(distances):
            moment, azimuth = draws.standard_normal(6), draws.uniform(0.0, 360.0)
            expected = full_space(moment, azimuth, depth, distance, start[i, j], band)
            weights = coefficients(torch.tensor(moment), torch.tensor([azimuth]))[0]
            found = components(weights, torch.tensor(traces[i, j])).numpy()
            for name, value in zip("ZRT", error(found, expected), strict=True):
                rows.append(
                    row("full_space", "", component=name, depth=depth, distance=distance, error=value)
                )
    return rows


def bank_places(column: Column) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    depths, distances = np.array(DEPTHS), np.array(DISTANCES)
    return depths, distances, first_arrivals(column, depths, distances).p - BEFORE_P


def converged_rows() -> list[dict]:
    rows = []
    for name in ("gil7", "crust1_34.5_-120.5"):
        column = named_column(name)
        depths, distances, start = bank_places(column)
        depths, distances, start = depths[::6], distances[::12], start[::6, ::12]
        usual = elementary(column, depths, distances, start)
        fastest = 1.05 * column.vp.max()
        period = 4.0 * (2.0 * distances.max() + fastest * (start.max() + Band().length))
        fine = elementary(column, depths, distances, start, how=Sum(period=period, decay=2.0 * Sum().decay))
        for i, depth in enumerate(depths):
            for j, distance in enumerate(distances):
                worst = error(usual[i, j], fine[i, j]).max()
                rows.append(row("converged", name, depth=depth, distance=distance, error=worst))
    return rows


def write_model(column: Column, path: Path, highest: float) -> None:
    """GIL7 as PyGRT wants it: with the velocities that waves have at the highest frequency."""
    omega = 2.0 * np.pi * highest
    vp, vs = (
        1.0 / (1.0 / velocity(v, q, omega)).real for v, q in ((column.vp, column.qp), (column.vs, column.qs))
    )
    qp, qs = (np.minimum(q, 1e7) for q in (column.qp, column.qs))
    path.write_text(
        "".join(
            f"{' '.join(f'{v:.9g}' for v in layer)}\n"
            for layer in zip(column.thickness, vp, vs, column.rho, qp, qs, strict=True)
        )
    )


def run_grt(grt: Path, folder: Path, depths: str, distances: str, samples: int) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [grt, "greenfn", f"-M{folder / 'model'}", f"-Ds{depths}", "-Dr0", f"-N{samples}/0.1+a"]
    command += [f"-R{distances}", f"-O{folder / 'out'}", f"-E-{QUIET:g}", "-P1", "-Ges", "-s"]
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def second_code_rows(grt: Path) -> list[dict]:
    rows, sos = [], butter(4, (0.05, 0.5), "bandpass", fs=10.0, output="sos")
    gil7 = named_column("gil7")
    lossless = gil7._replace(qp=np.full(7, np.inf), qs=np.full(7, np.inf))
    band = Band(samples=1700)
    for case, column in (("without loss", lossless), ("with Q", gil7)):
        for depth, distances in PLACES.items():
            start = np.full((1, len(distances)), -QUIET)
            ours = elementary(
                column, np.array([depth]), np.array(distances), start, band, quantity="velocity"
            )[0]
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                write_model(column, folder / "model", 5.0)
                run_grt(grt, folder, f"{depth:g}", ",".join(f"{r:g}" for r in distances), 2048)
                for j, distance in enumerate(distances):
                    (made,) = (folder / "out").glob(f"model_{depth:g}_0_{distance:g}")
                    for g, name in enumerate(ELEMENTARY):
                        other = read_sac(made / f"{name[1:]}{name[0]}.sac")[: band.samples] * UNIT
                        a, b = (sosfiltfilt(sos, x)[250:1500] for x in (ours[j, g], other))
                        rows.append(
                            row(
                                "second_code",
                                case,
                                component=name,
                                depth=depth,
                                distance=distance,
                                error=error(a, b),
                                correlation=np.corrcoef(a, b)[0, 1],
                                ratio=(a @ b) / (b @ b),
                            )
                        )
    return rows


def read_sac(path: Path) -> np.ndarray:
    from obspy import read

    return read(path)[0].data.astype(np.float64)


def time_rows(grt: Path | None) -> list[dict]:
    rows = []
    elementary(named_column("gil7"), np.array([9.0]), np.array([9.0]), np.zeros((1, 1)))  # compiled
    for name in NAMES[:2] + NAMES[-2:]:
        column = named_column(name)
        depths, distances, start = bank_places(column)
        began = time.process_time()
        elementary(column, depths, distances, start)
        rows.append(row("time", f"seisgrad {name}", seconds=time.process_time() - began))
    if grt:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_model(named_column("gil7"), folder / "model", 5.0)
            depths, distances = (",".join(f"{v:g}" for v in values) for values in (DEPTHS, DISTANCES))
            rows.append(row("time", "PyGRT gil7", seconds=run_grt(grt, folder, depths, distances, 1024)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/source_greens.csv"))
    parser.add_argument("--grt", type=Path, help="the program grt of PyGRT")
    parser.add_argument("--only", nargs="*", choices=("full_space", "converged", "second_code", "time"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    work = {"full_space": full_space_rows, "converged": converged_rows, "time": lambda: time_rows(asked.grt)}
    if asked.grt:
        work["second_code"] = lambda: second_code_rows(asked.grt)
    made = [name for name in work if not asked.only or name in asked.only]
    kept = []
    if asked.out.exists():  # what this run does not make stays as it is
        with asked.out.open(newline="") as file:
            kept = [row for row in csv.DictReader(file) if row["experiment"] not in made]
    rows = [row for name in made for row in work[name]()]
    with asked.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(kept)
        writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in r.items()} for r in rows)
    write_record(asked.out, part=bool(kept))
    for name in dict.fromkeys((r["experiment"], r["case"]) for r in rows):
        these = [r for r in rows if (r["experiment"], r["case"]) == name]
        worst = {"error": max, "correlation": min, "ratio": max, "seconds": max}
        print(
            *name, *(f"{k} {f(r[k] for r in these if k in r):.6g}" for k, f in worst.items() if k in these[0])
        )


if __name__ == "__main__":
    main()
