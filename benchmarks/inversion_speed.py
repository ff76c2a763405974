"""Speed of many inversions beside a global search (evodcinv) and a sampler (bayesbay), in one run.

    pip install "seisgrad[bench]" bayesbay
    python benchmarks/inversion_speed.py [--sites 10000] [--processes 2] [--peers 5] [--sampled 2]

Earths are drawn from a prior around ak135, on 20 and on 53 layers over the half-space, and give phase velocities of the
fundamental Rayleigh and Love wave at 59 periods from 2 to 60 s with 1 % noise. seisgrad inverts them all to
convergence, with uncertainty, as ``seisgrad invert`` does; the others take some of the same sites one by one on one
core. Core seconds are processor time, that of all processes and of their start together. Then some sites are
spoilt, and it is told by how much the others change.

evodcinv looks for six layers by competitive particle swarms, once with the settings of its front page (10 particles,
100 iterations) and once with four times as many models (20 and 200). bayesbay samples up to 15 layers; it is timed
over ``--iterations`` of one chain and multiplied up to the 9 chains of 50 000 of its authors' Rayleigh-wave example;
its misfit is the median over the second half of what was run. bayesbay is left out where it is not installed.
"""

import argparse
import csv
import importlib.util
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from _inversion_peers import (
    BOTTOM,
    CHAINS,
    PERIODS,
    SAMPLES,
    SPREAD,
    WAVES,
    Result,
    by_bayesbay,
    by_evodcinv,
    core_seconds,
)

import seisgrad as sg
from seisgrad.dataset.workers import on_this_machine
from seisgrad.dispersion.outcome import REFUSED, Outcome
from seisgrad.dispersion.region import invert_sites
from seisgrad.dispersion.sites import Sites
from seisgrad.dispersion.starting_model import (
    StartingModel,
    correlation_length,
    depth_grid,
    discontinuities,
    starting_model,
)
from seisgrad.report.provenance import write_record

THINNEST = 0.6
"""Thickness of the first layers, km: a tenth of the shortest wavelength."""
NOISE = 0.01
"""Of the data, as a fraction."""
SURVEY = sg.dispersion.Survey(tuple(sg.dispersion.Branch(wave) for wave in WAVES), PERIODS)
CASES = (("53 layers", 0.105), ("20 layers", 0.38))
"""Thickness over depth further down."""
SPOILT = 0.02
"""Share of the sites that are spoilt."""


class Row(NamedTuple):
    """One line of the table."""

    case: str
    method: str
    sites: int
    seconds: float
    chi2: float
    ratio: float


def prior(growth: float) -> StartingModel:
    reference = sg.earth.read_model("ak135")
    depth = depth_grid(THINNEST, BOTTOM, keep=discontinuities(reference), growth=growth)
    on_grid = sg.earth.resample(reference, depth)
    return starting_model(
        on_grid, sigma=SPREAD, length=correlation_length(depth, 2.0 * THINNEST), words="ak135"
    )


def drawn(starting: StartingModel, number: int, seed: int) -> Sites:
    """Sites whose earths trap both waves at all periods."""
    forward = sg.dispersion.Physics(SURVEY, starting.depth) @ starting.tie
    generator = torch.Generator().manual_seed(seed)
    found: list[torch.Tensor] = []
    while sum(map(len, found)) < number:
        with torch.no_grad():
            curves = forward(starting.prior.sample(min(number, 1000), generator))
        found.append(curves[curves.isfinite().all((-2, -1))])
    clean = torch.cat(found)[:number]
    sigma = NOISE * clean
    velocity = clean + sigma * torch.randn(clean.shape, generator=generator, dtype=torch.float64)
    nowhere = torch.full((number,), torch.nan, dtype=torch.float64)
    return Sites(tuple(f"S{i}" for i in range(number)), nowhere, nowhere, SURVEY, velocity, sigma)


def spoilt(sites: Sites, seed: int) -> tuple[Sites, torch.Tensor]:
    """The same with failures among them, and which sites they are."""
    generator = torch.Generator().manual_seed(seed)
    bad = torch.randperm(len(sites), generator=generator)[: max(5, round(SPOILT * len(sites)))]
    velocity, sigma = sites.velocity.clone(), sites.sigma.clone()
    for kind, chosen in enumerate(bad.tensor_split(5)):
        if kind == 0:  # an outlier
            velocity[chosen, 0, 20] *= 1.3
        elif kind == 1:  # the waves exchanged
            velocity[chosen] = velocity[chosen].flip(1)
        elif kind == 2:  # errors called a hundred times too small
            sigma[chosen] /= 100.0
        elif kind == 3:  # an earth that the prior excludes
            velocity[chosen] *= 0.6
        else:  # in m/s
            velocity[chosen] *= 1000.0
    return Sites(sites.names, sites.latitude, sites.longitude, sites.survey, velocity, sigma), bad


def ours(sites: Sites, starting: StartingModel, processes: int) -> tuple[float, float, Outcome]:
    """Wall seconds, core seconds, and what became of the sites."""

    def spread(inverter, batches):
        if processes == 1 or len(batches) == 1:
            return map(inverter, batches)
        return on_this_machine(inverter, batches, processes)

    wall, core = time.perf_counter(), core_seconds()
    outcome = invert_sites(sites, starting, spread=spread)
    return time.perf_counter() - wall, core_seconds() - core, outcome


def race(case: str, growth: float, arguments: argparse.Namespace) -> list[Row]:
    starting = prior(growth)
    print(f"{case}: {len(starting.depth) - 1} over the half-space")
    sites = drawn(starting, arguments.sites, 1)
    invert_sites(drawn(starting, 8, 2), starting)  # compiles
    runs = [ours(sites, starting, arguments.processes) for _ in range(arguments.repeats)]
    wall, core = statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs)
    core, outcome = core / len(sites), runs[0][2]
    ended = [int((outcome.status == code).sum()) for code in range(REFUSED + 1)]
    print(
        f"  seisgrad: {len(sites) / wall:.4g} sites/s on {arguments.processes} processes; converged, stalled, "
        f"unexplained, refused: {ended}; searched again {int(outcome.searched.sum())}, ambiguous "
        f"{int(outcome.ambiguous.sum())}"
    )
    rows = [Row(case, "seisgrad", len(sites), core, float(outcome.chi2.median()), 1.0)]

    spoilt_sites, bad = spoilt(sites, 3)
    took, _, mixed = ours(spoilt_sites, starting, arguments.processes)
    good = torch.ones(len(sites), dtype=torch.bool)
    good[bad] = False
    moved = ((mixed.vs[good] - outcome.vs[good]) / outcome.sigma[good]).abs().max()
    unseen = int((~mixed.doubtful[bad]).sum())
    print(
        f"  with {len(bad)} sites spoilt: {took:.4g} s, the others changed by {float(moved):.2g} sigma at most; "
        f"{unseen} of the spoilt are not marked"
    )

    def peer(method: str, number: int, invert: Callable[..., Result]) -> None:
        results = [invert(sites.velocity[i], sites.sigma[i]) for i in range(min(number, len(sites)))]
        if results:
            seconds, misfit = (statistics.median(column) for column in zip(*results, strict=True))
            rows.append(Row(case, method, len(results), seconds, misfit, seconds / core))

    by_evodcinv(starting, sites.velocity[0], sites.sigma[0], 5, 2)  # compiles
    for population, iterations in ((10, 100), (20, 200)):
        peer(
            f"evodcinv, {population} particles, {iterations} iterations",
            arguments.peers,
            lambda v, s, p=population, n=iterations: by_evodcinv(starting, v, s, p, n),
        )
    if importlib.util.find_spec("bayesbay"):
        peer(
            f"bayesbay, {CHAINS} chains of {SAMPLES} (timed over {arguments.iterations})",
            arguments.sampled,
            lambda v, s: by_bayesbay(starting, v, s, arguments.iterations),
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", type=int, default=5, help="sites that evodcinv takes")
    parser.add_argument("--sampled", type=int, default=2, help="sites that bayesbay takes")
    parser.add_argument("--iterations", type=int, default=10_000, help="of bayesbay")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "inversion_speed.csv")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="(evodcinv|stochopy|bayesbay).*")
    rows = [row for case, growth in CASES for row in race(case, growth, arguments)]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next(
        (line.split(":")[1].strip() for line in described if "model name" in line), platform.processor()
    )
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            (
                "case",
                "method",
                "sites",
                "core seconds per site",
                "chi2 per datum",
                "times seisgrad",
                "machine",
            )
        )
        for row in rows:
            numbers = (f"{number:.4g}" for number in (row.seconds, row.chi2, row.ratio))
            writer.writerow((row.case, row.method, row.sites, *numbers, cpu))
    write_record(arguments.out)
    for row in rows:
        print(
            f"{row.case:10s} {row.method:52s} {row.sites:6d} {row.seconds:10.4g} {row.chi2:8.3g} {row.ratio:9.4g}"
        )


if __name__ == "__main__":
    main()
