"""What training knows of elastic waves: earths, sources and exact spectra of the surface, and the misfits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.dataset.samples import Samples, arrays_of, opened
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.helmholtz import HelmholtzNet, HelmholtzSize, lagrange
from seisgrad.elastic.histogram import depth_histogram
from seisgrad.elastic.survey import Direction, Quantity
from seisgrad.errors import InputError
from seisgrad.training.task import Batch, Split
from seisgrad.waves.places import as_complex


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """Samples of the motion of the surface, on one grid.

    Args:
        train: ``earth`` [sample, 3, z, x], ``source`` [sample, source] and ``spectra`` [sample, source, frequency,
            component, receiver, 2] to learn from.
        validation: samples that decide which weights are kept; not among those of ``train``.
        grid: of the earths.
        receivers: km along the line.
        frequencies: Hz.
        force: direction of the sources.
        quantity: what the spectra are of.
        told: what the samples are, JSON-able, for the card.
    """

    train: Samples
    validation: Samples
    grid: Grid
    receivers: tuple[float, ...]
    frequencies: tuple[float, ...]
    force: Direction = "vertical"
    quantity: Quantity = "velocity"
    told: Mapping[str, Any] = field(default_factory=dict)

    def arrays(self, split: Split) -> dict[str, NDArray]:
        """The arrays of a split in memory.

        Raises:
            InputError: arrays that do not fit the grid, the receivers and the frequencies, or that are not finite.
        """
        samples = self.train if split == "train" else self.validation
        sources = samples["source"].shape[1]
        spectra = (sources, len(self.frequencies), 2, len(self.receivers), 2)
        return arrays_of(
            samples, {"earth": (3, *self.grid.shape), "source": (sources,), "spectra": spectra}, split
        )


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Weights of the two relative misfits; those of the paper's code by default.

    Args:
        l1: of ‖û − u‖₁/‖u‖₁.
        l2: of ‖û − u‖₂/‖u‖₂.

    Raises:
        InputError: a weight that is negative, or none that is positive.
    """

    l1: float = 0.9
    l2: float = 0.1

    def __post_init__(self) -> None:
        if min(self.l1, self.l2) < 0.0 or max(self.l1, self.l2) <= 0.0:
            raise InputError(
                f"the weights are l1 = {self.l1:g} and l2 = {self.l2:g}, expected none negative and one positive"
            )


class HelmholtzTask:
    """Spectra of the surface, one source and one frequency a sample, for :func:`seisgrad.training.fit`.

    Args:
        samples: to learn from.
        size: of the network.
        losses: how it is judged.
        seed: of its first weights.

    Raises:
        InputError: arrays that do not fit each other, or that are not finite.
    """

    def __init__(
        self, samples: SurfaceSamples, size: HelmholtzSize, losses: Losses | None = None, *, seed: int = 0
    ) -> None:
        self.samples, self.losses = samples, losses or Losses()
        splits: tuple[Split, Split] = ("train", "validation")
        self._arrays = {split: samples.arrays(split) for split in splits}
        self._frequencies = torch.tensor(samples.frequencies)
        self._read = lagrange(torch.tensor(samples.receivers), samples.grid).float()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = HelmholtzNet(size, samples.grid)
        earth, spectra = (torch.from_numpy(self._arrays["train"][name]) for name in ("earth", "spectra"))
        network.adapt(earth, self._frequencies, spectra)
        self.network: nn.Module = network

    def number(self, split: Split) -> int:
        """How many pairs of an earth and a frequency there are."""
        return len(self._arrays[split]["earth"]) * len(self._frequencies)

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths and frequencies, one of the sources of each earth, drawn anew, and the motion."""
        arrays = self._arrays[split]
        earth, hertz = np.divmod(index, len(self._frequencies))
        source = generator.integers(arrays["source"].shape[1], size=len(index))
        return {
            "earth": torch.from_numpy(arrays["earth"][earth]),
            "source": torch.from_numpy(arrays["source"][earth, source]),
            "spectra": torch.from_numpy(arrays["spectra"][earth, source, hertz]),
            "frequency": self._frequencies[hertz],
        }

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative misfits over both components and all receivers, means over samples, and each."""
        surface = network(batch["earth"], batch["source"], batch["frequency"])
        predicted = surface @ self._read.mT.to(surface)
        l1, l2 = relative_misfits(predicted, as_complex(batch["spectra"]))
        return {"loss": self.losses.l1 * l1 + self.losses.l2 * l2, "l1": l1, "l2": l2}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        learned = {
            "network": "helmholtz",
            "arguments": asdict(self.network.size),  # type: ignore[call-overload]
            "losses": asdict(self.losses),
            "forces": [self.samples.force],
        }
        return card_entries([self.samples], [torch.from_numpy(self._arrays["train"]["earth"])]) | learned


def card_entries(
    sets: Sequence[SurfaceSamples], earths: Sequence[Float[Tensor, "sample 3 z x"]]
) -> dict[str, Any]:
    """What a card tells of the samples, whatever network learned from them; of further sets under ``also``."""
    first, *others = sets
    frequencies = [f for one in sets for f in one.frequencies]
    return {
        "system": "elastic",
        "grid": {"shape": list(first.grid.shape), "spacing": first.grid.spacing},
        "quantity": first.quantity,
        "range": {
            "frequency": [min(frequencies), max(frequencies)],
            "earth": depth_histogram(*((earth, one.grid) for earth, one in zip(earths, sets, strict=True))),
        },
        "data": dict(first.told) | ({"also": [dict(one.told) for one in others]} if others else {}),
    }


def relative_misfits(
    predicted: Complex[Tensor, "batch component receiver"], true: Complex[Tensor, "batch component receiver"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """‖û − u‖/‖u‖ over components and receivers in the first and in the second norm, means over the batch."""
    difference, size = (u.abs().flatten(1) for u in (predicted - true, true))
    l1 = difference.sum(1) / size.sum(1)
    l2 = difference.square().sum(1).sqrt() / size.square().sum(1).sqrt()
    return l1.mean(), l2.mean()


def helmholtz_task(
    path: Path, size: HelmholtzSize, losses: Losses | None = None, *, seed: int = 0
) -> HelmholtzTask:
    """The task of learning a dataset that ``seisgrad simulate elastic`` made.

    Raises:
        InputError: no complete dataset of this system.
    """
    return HelmholtzTask(surface_samples(path), size, losses, seed=seed)


def surface_samples(path: Path) -> SurfaceSamples:
    """The samples of a dataset that ``seisgrad simulate elastic`` made.

    Raises:
        InputError: no complete dataset of this system.
    """
    train, validation, settings, told = opened(path, "elastic")
    return SurfaceSamples(
        train,
        validation,
        Grid(tuple(settings["shape"]), settings["spacing"]),
        tuple(settings["receivers"]),
        tuple(settings["frequencies"]),
        settings["force"],
        settings["quantity"],
        told,
    )
