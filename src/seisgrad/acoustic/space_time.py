"""The Fourier neural operator of Yang et al. (2021, doi:10.1785/0320210026): snapshots of all nodes in one go.

Three-dimensional Fourier layers over z, x and time take an earth and a source to the whole wavefield. Of what the
paper describes, modes, width, layers and the loss are as there. Assumed are the channels (velocity, density, the source
as a Gaussian of one node's width, and z, x and time from 0 to 1), the projection through 128 channels and the zeros
behind the end of the time axis, as in Li et al. (2021).

Twenty modes on 10 km and 4 s are wavelengths above half a kilometre and frequencies below 5 Hz: what is finer has to
come from the nonlinearities.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.acoustic.grid import Grid
from seisgrad.dataset.samples import Samples, arrays_of, opened
from seisgrad.errors import InputError
from seisgrad.nn.fourier import FourierNetwork
from seisgrad.training.task import Batch, Split

#: Standard deviation of the Gaussian that shows the source, km.
_BLOB = 0.16
#: Zeros behind the last time over the length of the time axis: 6 of 101.
_PADDING = 0.06


@dataclass(frozen=True, kw_only=True)
class SpaceTimeSize:
    """The size of a :class:`SpaceTimeNet`; by default the paper's, with 262 million weights.

    Args:
        modes: wavenumbers of either sign along each of z, x and time.
        width: channels.
        layers: how many.
        hidden: channels of the projection.
        factorised: sum over the axes instead of all wavenumbers together: 0.5 million weights at the same modes.
    """

    modes: int = 20
    width: int = 32
    layers: int = 4
    hidden: int = 128
    factorised: bool = False


class SpaceTimeNet(nn.Module):
    """Velocity, density and a source to pressure at every node and time; any grid and number of times.

    Args:
        size: the paper's by default.
    """

    def __init__(self, size: SpaceTimeSize | None = None) -> None:
        super().__init__()
        self.size = size = size or SpaceTimeSize()
        self.core = FourierNetwork(
            6,
            1,
            (size.modes,) * 3,
            width=size.width,
            layers=size.layers,
            hidden=size.hidden,
            factorised=size.factorised,
            padding=(0.0, 0.0, _PADDING),
        )
        self.mean = nn.Buffer(torch.zeros(2))
        self.spread = nn.Buffer(torch.ones(2))
        self.amplitude = nn.Buffer(torch.ones(()))

    def adapt(self, earth: Float[Tensor, "sample 2 z x"], pressure: Float[Tensor, "sample z x time"]) -> None:
        """Take mean and spread of velocity and density, and the size of the pressure, from a training set."""
        self.mean.copy_(earth.mean((0, 2, 3)))
        self.spread.copy_(earth.std((0, 2, 3), correction=0).clamp(min=1e-3))
        self.amplitude.copy_(pressure.norm() / pressure.numel() ** 0.5)

    def forward(
        self,
        earth: Float[Tensor, "batch 2 z x"],
        source: Float[Tensor, "batch 2"],
        spacing: float,
        number: int,
    ) -> Float[Tensor, "batch z x time"]:
        """Pressure at ``number`` times over the duration of the training.

        Args:
            earth: velocity, km/s, and density, g/cm³.
            source: z and x, km.
            spacing: of the grid, km.
            number: of times.
        """
        _, _, rows, columns = earth.shape
        medium = (earth - self.mean[:, None, None]) / self.spread[:, None, None]
        z, x = (spacing * torch.arange(n, device=earth.device).to(earth) for n in (rows, columns))
        away = (z - source[:, :1]).square()[:, :, None] + (x - source[:, 1:]).square()[:, None]
        blob = torch.exp(-0.5 * away / _BLOB**2)
        still = torch.cat([medium, blob[:, None]], 1)[..., None].expand(-1, -1, -1, -1, number)
        axes = [torch.linspace(0.0, 1.0, n, device=earth.device).to(earth) for n in (rows, columns, number)]
        places = torch.stack(torch.meshgrid(*axes, indexing="ij")).expand(len(earth), -1, -1, -1, -1)
        return self.amplitude * self.core(torch.cat([still, places], 1))[:, 0]


class SpaceTimeTask:
    """Snapshots at all nodes, for :func:`seisgrad.training.fit`.

    The arrays are held in memory; a sample of 64 x 64 nodes and 101 times takes 1.7 MB.

    Args:
        train: ``earth`` [sample, 2, z, x], ``source`` [sample, 2] and ``pressure`` [sample, z, x, time] to learn from.
        validation: samples that decide which weights are kept; not among those of ``train``.
        grid: of the earths.
        times: s.
        size: of the network.
        seed: of its first weights.
        data: what the samples are, JSON-able, for the card.

    Raises:
        InputError: arrays that do not fit the grid and the times, or that are not finite.
    """

    def __init__(
        self,
        train: Samples,
        validation: Samples,
        grid: Grid,
        times: tuple[float, ...],
        size: SpaceTimeSize,
        *,
        seed: int = 0,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.grid, self.times = grid, tuple(times)
        shapes = {"earth": (2, *grid.shape), "source": (2,), "pressure": (*grid.shape, len(self.times))}
        self._arrays = {
            split: arrays_of(samples, shapes, split)
            for split, samples in (("train", train), ("validation", validation))
        }
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = SpaceTimeNet(size)
        earth, pressure = (torch.from_numpy(self._arrays["train"][name]) for name in ("earth", "pressure"))
        network.adapt(earth, pressure)
        self.network: nn.Module = network
        self._card = {
            "system": "acoustic",
            "network": "space_time",
            "arguments": asdict(size),
            "times": list(self.times),
            "data": dict(data or {}),
        }

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return len(self._arrays[split]["earth"])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths, sources and their snapshots."""
        return {name: torch.from_numpy(values[index]) for name, values in self._arrays[split].items()}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative L2 error over all nodes and times, a mean over samples."""
        predicted = network(batch["earth"], batch["source"], self.grid.spacing, len(self.times))
        return {"loss": relative_l2(predicted, batch["pressure"]).mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        return self._card


def relative_l2(
    predicted: Float[Tensor, "batch z x time"], true: Float[Tensor, "batch z x time"]
) -> Float[Tensor, " batch"]:
    """‖û − u‖/‖u‖ over nodes and times."""
    return (predicted - true).flatten(1).norm(dim=1) / true.flatten(1).norm(dim=1)


def space_time_task(path: Path, size: SpaceTimeSize, *, seed: int = 0) -> SpaceTimeTask:
    """The task of learning a dataset of snapshots that ``seisgrad simulate acoustic --times`` made.

    Raises:
        InputError: no complete dataset of this system, or one of spectra.
    """
    train, validation, settings, told = opened(path, "acoustic")
    if "times" not in settings:
        raise InputError(
            f"{path} holds spectra, and the network 'space_time' learns snapshots; simulate with --times, or train "
            "the network 'series'"
        )
    grid = Grid(tuple(settings["shape"]), settings["spacing"])
    return SpaceTimeTask(train, validation, grid, tuple(settings["times"]), size, seed=seed, data=told)
