"""Known costs of pieces of work, each with where it was measured; estimates before a long work are made of them."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.cli.estimate import BASE, Estimate

if TYPE_CHECKING:
    from seisgrad.dataset import Recipe
    from seisgrad.noise import Settings

SAMPLE = {"dispersion": 0.005, "acoustic": 1.0, "elastic": 60.0, "source": 0.0015}
"""Seconds of one thread for a sample of the usual kind: docs/datasets, docs/source."""
CURVES = 0.0037
"""Of a dispersion sample without kernel rows: docs/datasets."""
PACKED = {"dispersion": 0.65, "acoustic": 0.9, "elastic": 0.9, "source": 0.7}
"""Size in the store over size in memory: docs/datasets."""
NODES = {"acoustic": 64 * 64, "elastic": 128 * 256}
"""Nodes of the usual grid; the time of a simulation grows with their number to the power 3/2."""
EARTH = 17.0, 0.05
"""Seconds of one core and GB of disk for a velocity model of a bank: docs/source."""
CHANNEL_DAY, PAIR_DAY = 0.05, 1 / 1270
"""Seconds of one thread for a channel's day at 20 Hz, and for a component of a pair of a day: docs/noise."""


KERNELS = 90.0, 0.06
"""Seconds of one thread for artefacts, recovered earths and figures, and for a model of an ensemble."""
ACOUSTIC = 60.0, 4.0, 150.0, 9.0
"""Seconds of one thread for what is done once, for a model of every case, and for a gradient of the physics and of
the surrogate: docs/reproduce-acoustic."""
AMBIENT = 600.0, 60.0, 340.0
"""Seconds of one thread for what is done once, for an earth, and for a pass of all inversions:
docs/reproduce-ambient-noise."""
AUDIT = {
    "dispersion": (45.0, 0.16),
    "acoustic": (30.0, 420.0),
    "elastic": (30.0, 120.0),
    "source": (30.0, 15.0),
}
"""Seconds of one thread for what is done once, and for one of ``--number``: docs/audit."""
PAGES = 0.01
"""GB of the tables, the figures and the page of a reproduction or an audit."""


def of_samples(recipe: "Recipe", number: int, workers: int, shard: int, place: Path) -> Estimate:
    """Samples of a dataset.

    Args:
        recipe: what is made.
        number: of samples still to be made.
        workers: processes.
        shard: samples made together.
        place: of the store.
    """
    from math import prod

    import numpy as np

    fields = recipe.fields()
    size = sum(prod(f.space.shape) * np.dtype(f.dtype).itemsize for f in fields.values()) / 1e9
    seconds = SAMPLE[recipe.system]
    if recipe.system == "dispersion" and "rows" not in fields:
        seconds = CURVES
    if recipe.system in NODES:
        earth = fields["earth"].space.shape
        seconds *= (earth[-1] * earth[-2] / NODES[recipe.system]) ** 1.5
        seconds *= fields["source"].space.shape[0] if recipe.system == "elastic" else 1
    busy = max(1, min(workers, math.ceil(number / shard)))
    memory = BASE + busy * (BASE + 2 * shard * size)
    return Estimate(
        number * seconds / busy,
        memory,
        number * size * PACKED[recipe.system],
        place,
        f"known cost of a sample, {_processes(busy)}",
    )


def of_earths(number: int, workers: int, bank: Path) -> Estimate:
    """Velocity models that a bank of Green's functions, made or begun, still lacks."""
    from seisgrad.source.greens import DEPTHS, DISTANCES, settings_of

    own = settings_of(bank)
    share = len(own["depths"]) * len(own["distances"]) / (len(DEPTHS) * len(DISTANCES))
    busy = max(1, min(workers, number))
    seconds, size = share * EARTH[0], share * EARTH[1]
    basis = f"known cost of a velocity model, {_processes(busy)}"
    return Estimate(
        math.ceil(number / busy) * seconds, BASE + busy * (BASE + 4 * size), number * size, bank, basis
    )


def of_days(
    days: int, stations: int, settings: "Settings", replicates: int, memory: float, workers: int, place: Path
) -> Estimate:
    """Days of records, correlated between all pairs of stations.

    Args:
        days: still to be made.
        stations: that there may be.
        settings: components, lags and rate.
        replicates: stacks that are kept besides.
        memory: GB allowed to a process.
        workers: processes.
        place: of the store.
    """
    pairs = stations * (stations - 1) // 2 * len(settings.components)
    letters = len({letter for name in settings.components for letter in name})
    channels = stations * (3 if letters > 1 else 1)
    busy = max(1, min(workers, days))
    size = pairs * (2 * settings.lag * settings.sampling + 1) * 4 / 1e9
    seconds = days * (channels * CHANNEL_DAY + pairs * PAIR_DAY) / busy
    disk = size * (days + 1 + replicates)
    needed = min(memory, 4 * size + 0.002 * channels)
    basis = f"known cost of a day of {stations} stations, {_processes(busy)}"
    return Estimate(seconds, BASE + (busy if busy > 1 else 0) * BASE + busy * needed, disk, place, basis)


def of_kernels(models: int, ensembles: int, place: Path) -> Estimate:
    """``reproduce kernels`` with so many models of each of so many ensembles, without a training."""
    return _of_paper(KERNELS[0] + KERNELS[1] * models * ensembles, place)


def of_acoustic(models: int, truths: int, iterations: int, place: Path) -> Estimate:
    """``reproduce acoustic``; inversions are done by the physics, the surrogate, and the one after the other."""
    once, model, exact, learned = ACOUSTIC
    gradients = truths * iterations * (5 * exact + 4 * learned)
    return _of_paper(once + model * models + gradients, place)


def of_ambient(models: int, passes: int, place: Path) -> Estimate:
    """``reproduce ambient-noise`` with so many earths, and passes of the inversions in each band."""
    once, model, inversion = AMBIENT
    return _of_paper(once + model * models + inversion * passes, place)


def of_audit(system: str, number: int, place: Path) -> Estimate:
    """``audit`` of a system with ``--number``, without a bank of Green's functions."""
    once, each = AUDIT[system]
    return _of_paper(once + each * number, place)


def _of_paper(seconds: float, place: Path) -> Estimate:
    return Estimate(seconds, None, PAGES, place, "as on one thread of a server; less with more threads")


def _processes(number: int) -> str:
    return f"{number} processes" if number > 1 else "one process"
