"""Speed of the exact dispersion operator beside disba, in one run.

    python benchmarks/dispersion_speed.py [--models 1000] [--repeats 5] [--out benchmarks/results/dispersion_speed.csv]

Every figure is a median over repeats; seisgrad and disba take turns in the same process, one thread each unless
said. The models are drawn here: smooth crust and mantle profiles with correlated roughness on 256 layers of 0.5 km,
and crusts of 8 layers.
"""

import argparse
import csv
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import disba
import numpy as np
import torch

import seisgrad as sg
from seisgrad.dispersion.engine.batch import modes_of
from seisgrad.dispersion.engine.modes import PENDING, schedule
from seisgrad.report.provenance import write_record

Model = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def fine(number: int, seed: int) -> Model:
    """Models of 256 layers of 0.5 km: Vs from 0.8-3 km/s at the surface to 4.4-4.9, 3 % roughness."""
    rng = np.random.default_rng(seed)
    depth = 0.5 * np.arange(256)
    nodes = np.array([0.0, 3.0, 12.0, 35.0, 70.0, 130.0])
    low = np.array([0.8, 2.2, 3.1, 3.7, 4.2, 4.4])
    high = np.array([3.0, 3.3, 3.7, 4.4, 4.6, 4.9])
    vs = np.array([np.interp(depth, nodes, rng.uniform(low, high)) for _ in range(number)])
    rough = rng.standard_normal((number, 256))
    smooth = np.array([np.convolve(r, np.ones(8) / 8**0.5, mode="same") for r in rough])
    vs = vs * (1.0 + 0.03 * smooth)
    # the half-space carries the fastest S wave, so that every code traps the fundamental mode
    vs[:, -1] = vs.max(axis=1) + 0.05
    vp = vs * rng.uniform(1.7, 1.85, (number, 1))
    return np.full((number, 256), 0.5), vp, vs, 1.74 * vp**0.25


def coarse(number: int, seed: int) -> Model:
    """Crusts of 8 layers."""
    rng = np.random.default_rng(seed)
    vs = np.sort(rng.uniform(1.0, 4.2, (number, 8)), axis=1)
    vs[:, -1] = 4.6
    vp = vs * 1.75
    h = rng.uniform(2.0, 8.0, (number, 8))
    return h, vp, vs, 1.74 * vp**0.25


def layered(model: Model) -> sg.LayeredModel:
    return sg.LayeredModel(*(torch.from_numpy(p) for p in model))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def theirs(model: Model, periods: np.ndarray, wave: str) -> None:
    """disba's fundamental mode of every model."""
    for h, vp, vs, rho in zip(*model, strict=True):
        disba.PhaseDispersion(h, vp, vs, rho, algorithm="dunkin")(periods, mode=0, wave=wave)


def race(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds of both, taking turns."""
    ours()
    peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(repeats)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def forward(
    rows: list, name: str, model: Model, periods: np.ndarray, waves: tuple[str, ...], few: int, repeats: int
) -> float:
    """Throughput against disba; returns our seconds per model."""
    number = len(model[0])
    subset = tuple(p[:few] for p in model)
    whole = layered(model)
    t = torch.from_numpy(periods)
    us, them = race(
        lambda: [sg.dispersion.velocity(whole, t, wave) for wave in waves],
        lambda: [theirs(subset, periods, wave) for wave in waves],
        repeats,
    )
    us, them = us / number, them / few
    rows.append((name, "ms per model", 1e3 * us, 1e3 * them, them / us))
    return us


def kernels(rows: list, model: Model, periods: np.ndarray, forward_seconds: float, repeats: int) -> None:
    """All phase kernels at all periods, against disba's difference kernels (timed at one period and parameter)."""
    batch = layered(tuple(p[:100] for p in model))
    t = torch.from_numpy(periods)
    waves = ("rayleigh", "love")
    [sg.dispersion.kernels(batch, t, wave) for wave in waves]
    times = [
        seconds(lambda: [sg.dispersion.kernels(batch, t, wave) for wave in waves]) for _ in range(repeats)
    ]
    us = statistics.median(times) / 100
    one = tuple(p[0] for p in model)
    peer = 0.0
    for wave in waves:
        sensitivity = disba.PhaseSensitivity(*one, algorithm="dunkin")
        sensitivity(periods[29], mode=0, wave=wave, parameter="velocity_s")
        took = seconds(lambda s=sensitivity, w=wave: s(periods[29], mode=0, wave=w, parameter="velocity_s"))
        peer += took * len(periods) * 4
    rows.append(
        (
            "phase kernels, 4 parameters, 256 layers x 59 periods, R + L",
            "ms per model",
            1e3 * us,
            1e3 * peer,
            peer / us,
        )
    )
    rows.append(("phase kernels against the forward", "cost ratio", us / forward_seconds, np.nan, np.nan))


def threads(rows: list, model: Model, periods: np.ndarray, repeats: int) -> None:
    """Two threads against one."""
    whole, t = layered(model), torch.from_numpy(periods)

    def work(number: int) -> float:
        torch.set_num_threads(number)
        return seconds(lambda: [sg.dispersion.velocity(whole, t, wave) for wave in ("rayleigh", "love")])

    pairs = [(work(1), work(2)) for _ in range(repeats)]
    torch.set_num_threads(1)
    rows.append(
        ("two threads against one", "speed ratio", statistics.median(a / b for a, b in pairs), np.nan, np.nan)
    )


def floor(rows: list, model: Model, periods: np.ndarray) -> None:
    """Evaluations of the secular function per root; two are the least that prove a bracket."""
    h, vp, vs, rho = (np.ascontiguousarray(p[:50]) for p in model)
    omega = 2.0 * np.pi / periods
    for code, wave in ((1, "Rayleigh"), (0, "Love")):
        shape = (50, 1, len(omega))
        velocity, status = np.full(shape, np.nan), np.full(shape, PENDING)
        asked = omega, *schedule(omega, 1), np.zeros(1, np.int64)
        count = modes_of[code](0, 50, h, vp, vs, rho, *asked, velocity, status)
        rows.append(
            (
                f"{wave}: evaluations per root (least possible: 2)",
                "count",
                count / velocity.size,
                np.nan,
                np.nan,
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "dispersion_speed.csv"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    periods = np.arange(2.0, 61.0)
    rows: list = []
    model = fine(arguments.models, 1)
    name = f"256 layers x 59 periods, R + L, {arguments.models} models"
    took = forward(rows, name, model, periods, ("rayleigh", "love"), 20, arguments.repeats)
    short = coarse(arguments.models, 2)
    thirty = np.geomspace(2.0, 60.0, 30)
    forward(
        rows,
        f"8 layers x 30 periods, R, {arguments.models} models",
        short,
        thirty,
        ("rayleigh",),
        200,
        arguments.repeats,
    )
    forward(
        rows,
        f"8 layers x 30 periods, R + L, {arguments.models} models",
        short,
        thirty,
        ("rayleigh", "love"),
        200,
        arguments.repeats,
    )
    kernels(rows, model, periods, took, arguments.repeats)
    threads(rows, model, periods, arguments.repeats)
    floor(rows, model, periods)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next(
        (line.split(":")[1].strip() for line in described if "model name" in line), platform.processor()
    )
    with arguments.out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("case", "unit", "seisgrad", "disba", "ratio", "machine"))
        for row in rows:
            writer.writerow((*row, cpu))
    write_record(arguments.out)
    for case, unit, us, them, ratio in rows:
        print(f"{case:62s} {us:10.4g} {them:12.4g} {ratio:10.4g}  {unit}")


if __name__ == "__main__":
    main()
