"""The training of learned elements: spectra of the surface against those of the exact operator."""

from collections.abc import Sequence
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
from seisgrad.training.mixture import Mixture
from seisgrad.training.task import Batch, Split
from seisgrad.waves.places import as_complex

#: Nearer than this to the source the motion is not judged, km: it is singular there, and a mesh blurs it.
CLEAR = 2.0
#: No sample counts for more than one of this relative error: some begin half a wave late and say little.
_WORST = 1.0


class HarmonicTask:
    """Spectra of the surface of one frequency a batch, all sources of an earth together.

    Args:
        sets: samples, which may differ in ensemble, grid, frequencies and receivers; a batch comes from each as often
            as it has samples.
        size: of the network.
        seed: of its first weights.

    Raises:
        InputError: no set; arrays that do not fit each other, or that are not finite.
    """

    def __init__(self, sets: Sequence[SurfaceSamples], size: HarmonicSize, *, seed: int = 0) -> None:
        self.sets, self._mixture, self._size = tuple(sets), Mixture([one.arrays for one in sets]), size
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network: nn.Module = HarmonicNet(size)

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return self._mixture.number(split)

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths of one set, their sources and spectra at one frequency, both drawn for the whole batch."""
        which, index, arrays = self._mixture.one(split, index, generator)
        frequencies = self.sets[which].frequencies
        hertz = int(generator.integers(len(frequencies)))
        found = {name: torch.from_numpy(arrays[name][index]) for name in ("earth", "source")}
        return found | {
            "spectra": torch.from_numpy(arrays["spectra"][index, :, hertz]),
            "set": torch.full((len(index),), which),
            "frequency": torch.full((len(index),), frequencies[hertz], dtype=torch.float64),
        }

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss``: the relative L2 error over receivers two kilometres away and more, a mean over all else."""
        frequency, samples = float(batch["frequency"][0]), self.sets[int(batch["set"][0])]
        receivers = torch.tensor(samples.receivers, dtype=torch.float64)
        component = COMPONENTS[::-1].index(samples.force)  # along the line, down
        place = self._size.mesh(samples.grid, frequency).to(batch["earth"])
        response = network(batch["earth"], samples.grid, frequency, component)
        true, errors = as_complex(batch["spectra"]), []
        for k, sources in enumerate(batch["source"]):
            survey = Survey(sources, receivers, batch["frequency"][:1], samples.force, samples.quantity)
            far = (receivers - survey.sources[:, None]).abs() > CLEAR
            predicted = recorded(place, response[k : k + 1], survey, frequency)[0]
            errors.append(relative_errors(predicted, true[k], far[:, None]))
        return {"loss": torch.cat(errors).clamp(max=_WORST).mean()}

    def description(self) -> dict[str, Any]:
        """The card's entries."""
        learned = {"network": "harmonic", "arguments": asdict(self._size), "forces": list(COMPONENTS)}
        earths = [torch.from_numpy(arrays["earth"]) for arrays in self._mixture.arrays["train"]]
        return card_entries(self.sets, earths) | learned


def relative_errors(
    predicted: Complex[Tensor, "source component receiver"],
    true: Complex[Tensor, "source component receiver"],
    where: Tensor,
) -> Float[Tensor, "source component"]:
    """‖û − u‖/‖u‖ over the receivers where ``where`` holds, ``[source, 1, receiver]``."""
    difference, size = (u.abs().square().where(where, 0.0).sum(-1) for u in (predicted - true, true))
    return (difference / size).sqrt()
