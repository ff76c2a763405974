"""From Green's functions of noise along a line to a section, end to end, over two known earths.

Correlations with errors (``worlds.py`` and ``full_waves.py`` tell of what noise) become spectra of unit amplitude,
which the exact elastic operator fits from a layered start. Beside them stand the operator's own phases in the true
earth, at the same records with errors of the same size: what the inversion comes to where nothing is wrong with the
data. Written are the error of vs in the top 2.5 km, before and after, and how far the model is from the truth in the
standard deviations of the Laplace posterior, on few and on more nodes.
"""

import argparse
import csv
from collections.abc import Callable
from pathlib import Path

import torch
from full_waves import from_all_sides
from worlds import GRID, STATIONS, fundamental, spectra, start, truth, with_errors

import seisgrad as sg
from seisgrad.earth import SolidSection
from seisgrad.elastic.inversion import invert
from seisgrad.elastic.settings import Settings
from seisgrad.elastic.uncertainty import laplace
from seisgrad.inversion import Stage
from seisgrad.inversion.waveform.plan import Plan
from seisgrad.report.provenance import write_record

HERE = Path(__file__).resolve().parent
TOP = 2.5  # km: half of the longest wavelength
NODES = ((3, 4), (5, 7))
SEED = 11


def of_noise(
    made: Callable[[SolidSection], "sg.noise.Correlations"],
) -> Callable[[SolidSection], "sg.elastic.Spectra"]:
    """What the chain makes of correlations with errors."""
    return lambda section: spectra(with_errors(made(section), SEED)).spectra


def own(section: SolidSection) -> "sg.elastic.Spectra":
    """The operator's own phases, at the records that the fundamental mode has, with errors of their size."""
    like = of_noise(fundamental)(section)
    exact = torch.view_as_complex(sg.elastic.Harmonic(GRID, like.survey, slowest=1.3)(section.earth))
    draw = torch.randn(exact.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(SEED))
    error = (1j * like.deviation.nan_to_num() * draw).exp()
    values = torch.view_as_real(exact / exact.abs() * error)
    return sg.elastic.Spectra(like.survey, values.where(~like.values.isnan(), torch.nan), like.deviation)


CASES: list[tuple[str, str, Callable[[SolidSection], "sg.elastic.Spectra"]]] = [
    ("layered", "fundamental mode", of_noise(fundamental)),
    ("layered", "all waves, sources in the volume", of_noise(lambda s: from_all_sides(s, "volume"))),
    ("layered", "the operator's own", own),
    ("basin", "fundamental mode", of_noise(fundamental)),
    ("basin", "the operator's own", own),
]


def exact(grid, survey, speeds):
    """The operator of a stage."""
    return sg.elastic.Harmonic(grid, survey, slowest=min(speeds[0], 1.3), dtype=torch.float32)


def row(case: str, data: str, observed: "sg.elastic.Spectra", iterations: int) -> dict:
    """Invert one case."""
    section, begin = truth(case), start()
    stages = (
        Stage(highest=0.4, iterations=iterations, rate=0.3, smoothing=1.5),
        Stage(iterations=iterations, rate=0.3, smoothing=1.0),
    )
    found = invert(observed, begin, Plan(Settings(components="both"), stages=stages, then=()), exact)
    top = GRID.z <= TOP
    inner = (GRID.x >= STATIONS[1]) & (GRID.x <= STATIONS[-2])

    def part(field: torch.Tensor) -> torch.Tensor:
        return field[top][:, inner]

    def rms(field: torch.Tensor) -> float:
        return float(field.square().mean().sqrt())

    off = part(found.section.vs - section.vs)
    line = {
        "case": case, "data": data, "records": found.mask.used,
        "error_before": round(rms(part(begin.vs - section.vs)), 4), "error_after": round(rms(off), 4),
        "bias": round(float(off.mean()), 4), "error_of_lateral_mean": round(rms(off.mean(1)), 4),
    }  # fmt: skip
    for nodes in NODES:
        seen, name = laplace(found, nodes), "{}x{}".format(*nodes)
        line[f"sigma_{name}"] = round(rms(part(seen.sigma)), 4)
        line[f"rms_sigmas_{name}"] = round(rms(off / part(seen.sigma)), 2)
        line["phase_error"] = " ".join(f"{value:.3f}" for value in seen.noise.tolist())
    return line


def main() -> None:
    """Invert, and write ``results/section.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--iterations", type=int, default=6)
    options = parser.parse_args()
    rows = []
    for case, data, made in CASES:
        rows.append(row(case, data, made(truth(case)), options.iterations))
        print(*rows[-1].values(), sep=", ", flush=True)
    options.out.mkdir(exist_ok=True)
    with (options.out / "section.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    write_record(options.out / "section.csv")


if __name__ == "__main__":
    main()
