"""What training knows of acoustic waves: earths, sources and exact wavefields, and how a network is judged."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Complex, Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.samples import Samples, arrays_of, opened
from seisgrad.acoustic.series.lattice import lattice
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize
from seisgrad.acoustic.series.readout import Places, at
from seisgrad.acoustic.survey import as_complex
from seisgrad.errors import InputError
from seisgrad.nn.sampling import sample
from seisgrad.training.task import Batch, Split

#: Nearer than this to the source a field is not judged, km.
CLEAR = 0.5
#: Velocity about which waves are expanded, km/s: the mean of the ensembles.
REFERENCE = 3.0


class FieldTask:
    """Wavefields at all nodes, one frequency per batch, for :func:`seisgrad.training.fit`.

    The arrays are held in memory; a sample of 64 x 64 nodes and 8 frequencies takes 0.3 MB.

    Args:
        train: ``earth`` [sample, 2, z, x], ``source`` [sample, 2] and ``pressure`` [sample, frequency, z, x, 2] to
            learn from.
        validation: samples that decide which weights are kept; not among those of ``train``.
        grid: of the earths.
        frequencies: Hz.
        size: of the network.
        data: what the samples are, JSON-able, for the card.

    Raises:
        InputError: arrays that do not fit the grid and the frequencies, or that are not finite.
    """

    def __init__(
        self,
        train: Samples,
        validation: Samples,
        grid: Grid,
        frequencies: tuple[float, ...],
        size: SeriesSize,
        *,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.grid, self.frequencies = grid, tuple(frequencies)
        shapes = {"earth": (2, *grid.shape), "source": (2,)}
        shapes["pressure"] = (len(self.frequencies), *grid.shape, 2)
        self._arrays = {
            split: arrays_of(samples, shapes, split)
            for split, samples in (("train", train), ("validation", validation))
        }
        self.network: nn.Module = SeriesNet(size)
        self._data = dict(data or {})

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return len(self._arrays[split]["earth"])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths, sources and their fields at one frequency, drawn for the whole batch."""
        arrays, which = self._arrays[split], int(generator.integers(len(self.frequencies)))
        found = {name: torch.from_numpy(arrays[name][index]) for name in ("earth", "source")}
        found["pressure"] = torch.from_numpy(arrays["pressure"][index, which])
        return found | {"frequency": torch.full((len(index),), self.frequencies[which], dtype=torch.float64)}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative L2 error of the field beyond half a kilometre from the source, a mean over samples."""
        earth, source = batch["earth"], batch["source"]
        predicted = fields(network, self.grid, float(batch["frequency"][0]), earth, source)
        true = as_complex(batch["pressure"])
        return {"loss": relative_error(predicted, true, clear_of(self.grid, source)).mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        earth = self._arrays["train"]["earth"]
        velocity, density = earth[:, 0] / REFERENCE, earth[:, 1]
        density = density / density.mean((-2, -1), keepdims=True)
        across = [lattice(self.grid, f, REFERENCE).wavelengths for f in self.frequencies]
        return {
            "system": "acoustic",
            "network": "series",
            "arguments": asdict(self.network.size),  # type: ignore[call-overload]
            "reference": REFERENCE,
            "range": {
                "velocity": [float(velocity.min()), float(velocity.max())],
                "density": [float(density.min()), float(density.max())],
                "wavelengths": [min(across), max(across)],
            },
            "data": self._data,
        }


def fields(
    network: nn.Module,
    grid: Grid,
    frequency: float,
    earth: Float[Tensor, "sample 2 z x"],
    source: Float[Tensor, "sample 2"],
) -> Complex[Tensor, "sample z x"]:
    """Pressure at all nodes by a network of series, of one unit source in each earth."""
    tables = lattice(grid, frequency, REFERENCE).to(earth)
    wave = at(tables, network(tables, earth, source[:, None], REFERENCE)[:, 0], Places.of(grid.nodes))
    return (wave * _amplitude(grid, earth, source)).unflatten(1, grid.shape)


def relative_error(
    predicted: Complex[Tensor, "*batch z x"],
    true: Complex[Tensor, "*batch z x"],
    where: Bool[Tensor, "*batch z x"],
) -> Float[Tensor, "*batch"]:
    """‖û − u‖/‖u‖ over the nodes where ``where`` holds."""
    difference, size = (
        (u.real.square() + u.imag.square()).where(where, 0.0).sum((-2, -1)) for u in (predicted - true, true)
    )
    return (difference / size).sqrt()


def clear_of(
    grid: Grid, sources: Float[Tensor, "source 2"], distance: float = CLEAR
) -> Bool[Tensor, "source z x"]:
    """Which nodes are farther than ``distance`` km from each source."""
    z = grid.z[:, None].to(sources) - sources[:, 0, None, None]
    x = grid.x.to(sources) - sources[:, 1, None, None]
    return torch.hypot(z, x) > distance


def _amplitude(grid: Grid, earth: Tensor, source: Tensor) -> Float[Tensor, "sample node"]:
    """√(ρ ρ_s) at all nodes."""
    rows, columns = (source / grid.spacing)[:, None, None].unbind(-1)
    at_source = sample(earth[:, 1:], rows, columns)[:, 0, 0]
    return torch.sqrt(at_source * earth[:, 1].flatten(1))


def field_task(path: Path, size: SeriesSize) -> FieldTask:
    """The task of learning a dataset of wavefields that ``seisgrad simulate acoustic`` made.

    Raises:
        InputError: no complete dataset of this system.
    """
    train, validation, settings, told = opened(path)
    if "frequencies" not in settings:
        raise InputError(
            f"{path} holds snapshots in time, and the network 'series' learns spectra; simulate without --times, or "
            "train the network 'space_time'"
        )
    grid = Grid(tuple(settings["shape"]), settings["spacing"])
    return FieldTask(train, validation, grid, tuple(settings["frequencies"]), size, data=told)
