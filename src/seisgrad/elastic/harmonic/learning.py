"""The training of learned elements: spectra of the surface against those of the exact operator."""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.elastic.harmonic.network import HarmonicNet, HarmonicSize
from seisgrad.elastic.harmonic.operator import recorded
from seisgrad.elastic.learning import SurfaceSamples, card_entries
from seisgrad.elastic.survey import COMPONENTS, Survey
from seisgrad.training.task import Batch, Split
from seisgrad.waves.places import as_complex

#: Nearer than this to the source the motion is not judged, km: it is singular there, and a mesh blurs it.
CLEAR = 2.0
#: No sample counts for more than one of this relative error: some begin half a wave late and say little.
_WORST = 1.0


class HarmonicTask:
    """Spectra of the surface of one frequency a batch, all sources of an earth together.

    Args:
        samples: to learn from.
        size: of the network.
        seed: of its first weights.

    Raises:
        InputError: arrays that do not fit each other, or that are not finite.
    """

    def __init__(self, samples: SurfaceSamples, size: HarmonicSize, *, seed: int = 0) -> None:
        self.samples = samples
        splits: tuple[Split, Split] = ("train", "validation")
        self._arrays = {split: samples.arrays(split) for split in splits}
        self._receivers = torch.tensor(samples.receivers, dtype=torch.float64)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network: nn.Module = HarmonicNet(size)

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return len(self._arrays[split]["earth"])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths, their sources and spectra at one frequency, drawn for the whole batch."""
        arrays, which = self._arrays[split], int(generator.integers(len(self.samples.frequencies)))
        found = {name: torch.from_numpy(arrays[name][index]) for name in ("earth", "source")}
        frequency = torch.full((len(index),), self.samples.frequencies[which], dtype=torch.float64)
        return found | {
            "spectra": torch.from_numpy(arrays["spectra"][index, :, which]),
            "frequency": frequency,
        }

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative L2 error over receivers two kilometres away and more, a mean over all else."""
        frequency = float(batch["frequency"][0])
        component = COMPONENTS[::-1].index(self.samples.force)  # along the line, down
        place, response = network(batch["earth"], self.samples.grid, frequency, component)
        true, errors = as_complex(batch["spectra"]), []
        for k, sources in enumerate(batch["source"]):
            survey = Survey(
                sources, self._receivers, batch["frequency"][:1], self.samples.force, self.samples.quantity
            )
            far = (self._receivers - survey.sources[:, None]).abs() > CLEAR
            predicted = recorded(place, response[k : k + 1], survey, frequency)[0]
            errors.append(relative_errors(predicted, true[k], far[:, None]))
        return {"loss": torch.cat(errors).clamp(max=_WORST).mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        earth = torch.from_numpy(self._arrays["train"]["earth"])
        size: HarmonicSize = self.network.size  # type: ignore[assignment]
        learned = {"network": "harmonic", "arguments": asdict(size), "forces": list(COMPONENTS)}
        return card_entries(self.samples, earth) | learned


def relative_errors(
    predicted: Complex[Tensor, "source component receiver"],
    true: Complex[Tensor, "source component receiver"],
    where: Tensor,
) -> Float[Tensor, "source component"]:
    """‖û − u‖/‖u‖ over the receivers where ``where`` holds, ``[source, 1, receiver]``."""
    difference, size = (u.abs().square().where(where, 0.0).sum(-1) for u in (predicted - true, true))
    return (difference / size).sqrt()
