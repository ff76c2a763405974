"""What training knows of acoustic waves: earths, sources and exact wavefields, and how a network is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Complex, Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.series.lattice import lattice
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize
from seisgrad.acoustic.series.readout import Places, at
from seisgrad.dataset.samples import Samples, arrays_of, opened
from seisgrad.errors import InputError
from seisgrad.nn.sampling import sample
from seisgrad.training.mixture import Mixture
from seisgrad.training.task import Batch, Split
from seisgrad.waves.places import as_complex

#: Nearer than this to the source a field is not judged, km.
CLEAR = 0.5
#: Velocity about which waves are expanded, km/s: the mean of the ensembles.
REFERENCE = 3.0


@dataclass(frozen=True, eq=False)
class FieldSamples:
    """Samples that share a grid and frequencies.

    Args:
        train: ``earth`` [sample, 2, z, x], ``source`` [sample, 2] and ``pressure`` [sample, frequency, z, x, 2] to
            learn from.
        validation: samples that decide which weights are kept; not among those of ``train``.
        grid: of the earths.
        frequencies: Hz.
    """

    train: Samples
    validation: Samples
    grid: Grid
    frequencies: tuple[float, ...]

    def arrays(self, split: Split) -> dict[str, NDArray]:
        """The arrays of a split in memory; a sample of 64 x 64 nodes and 8 frequencies takes 0.3 MB.

        Raises:
            InputError: arrays that do not fit the grid and the frequencies, or that are not finite.
        """
        shapes = {"earth": (2, *self.grid.shape), "source": (2,)}
        shapes["pressure"] = (len(self.frequencies), *self.grid.shape, 2)
        return arrays_of(self.train if split == "train" else self.validation, shapes, split)


class FieldTask:
    """Wavefields at all nodes, of one set of samples and one frequency per batch, for :func:`seisgrad.training.fit`.

    Args:
        sets: samples, each set on a grid of its own; a batch comes from each as often as it has samples.
        size: of the network.
        data: what the samples are, JSON-able, for the card.

    Raises:
        InputError: no set; arrays that do not fit their grid and frequencies, or that are not finite.
    """

    def __init__(
        self, sets: Sequence[FieldSamples], size: SeriesSize, *, data: Mapping[str, Any] | None = None
    ) -> None:
        self.sets, self._mixture = tuple(sets), Mixture([one.arrays for one in sets])
        self.network: nn.Module = SeriesNet(size)
        self._data = dict(data or {})

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return self._mixture.number(split)

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths, sources and their fields of one set at one frequency, both drawn for the whole batch."""
        which, index, arrays = self._mixture.one(split, index, generator)
        frequencies = self.sets[which].frequencies
        hertz = int(generator.integers(len(frequencies)))
        found = {name: torch.from_numpy(arrays[name][index]) for name in ("earth", "source")}
        found["pressure"] = torch.from_numpy(arrays["pressure"][index, hertz])
        found["set"] = torch.full((len(index),), which)
        return found | {"frequency": torch.full((len(index),), frequencies[hertz], dtype=torch.float64)}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative L2 error of the field beyond half a kilometre from the source, a mean over samples."""
        earth, source, grid = batch["earth"], batch["source"], self.sets[int(batch["set"][0])].grid
        predicted = fields(network, grid, float(batch["frequency"][0]), earth, source)
        true = as_complex(batch["pressure"])
        return {"loss": relative_error(predicted, true, clear_of(grid, source)).mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries; the range is that of all sets together."""
        earths = [arrays["earth"] for arrays in self._mixture.arrays["train"]]
        velocity = np.concatenate([earth[:, 0].ravel() for earth in earths]) / REFERENCE
        density = np.concatenate(
            [(earth[:, 1] / earth[:, 1].mean((-2, -1), keepdims=True)).ravel() for earth in earths]
        )
        across = [lattice(one.grid, f, REFERENCE).wavelengths for one in self.sets for f in one.frequencies]
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


def field_task(paths: Sequence[Path], size: SeriesSize) -> FieldTask:
    """The task of learning datasets of wavefields that ``seisgrad simulate acoustic`` made.

    Args:
        paths: of the datasets; the card tells of the first one under ``data``, and its ensemble is the one that errors
            are measured on; of the others under ``also`` therein.
        size: of the network.

    Raises:
        InputError: no complete dataset of this system.
    """
    sets, told = [], []
    for path in paths:
        train, validation, settings, words = opened(path, "acoustic")
        if "frequencies" not in settings:
            raise InputError(
                f"{path} holds snapshots in time, and the network 'series' learns spectra; simulate without --times, "
                "or train the network 'space_time'"
            )
        grid = Grid(tuple(settings["shape"]), settings["spacing"])
        sets.append(FieldSamples(train, validation, grid, tuple(settings["frequencies"])))
        told.append(words)
    return FieldTask(sets, size, data=told[0] | ({"also": told[1:]} if told[1:] else {}) if told else None)
