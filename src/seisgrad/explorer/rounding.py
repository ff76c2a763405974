"""Weights as whole numbers of a step of their row, rounded so that the answers of their layer hardly change.

Rounded each for itself, the weights of a row err independently of each other. But the inputs of a layer are averages of
an earth at neighbouring depths, and what layers before made of them: few of their combinations vary. What one rounded
weight is off by, those not yet rounded can make up for, as far as the inputs go together (Hassibi & Stork 1993 for
weights that are dropped, Frantar et al. 2023 for rounded ones). That costs no byte, and answers are several times as
close.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.dispersion.modal.solver import ModeSolver
from seisgrad.earth import LayeredModel
from seisgrad.earth.scaling import density_from_vp
from seisgrad.explorer.settings import PRESETS, SETTINGS

STEP, FINE_STEP = 2e-4, 1e-4
"""Steps of the rounded weights, in root mean squares of their row: of most layers, and of those that close a block.

What such a layer sees has been bent, each input for itself, and varies more freely: less of its errors is made up for.
"""
_DAMPING = 1e-4
"""Inputs are taken to vary on their own by this share of their mean square, so that no weight makes up for too much."""
_PERIODS = 13
"""Periods of each earth on which inputs are looked at."""


def rounded(
    matrix: Float[Tensor, "out into"], moments: Float[Tensor, "into into"], fineness: float
) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """Whole numbers ``[out, into]``, folded so that 0, -1, 1, -2 … are 0, 1, 2, 3 …, and the step of each row.

    Args:
        matrix: weights of a linear layer.
        moments: mean products of its inputs.
        fineness: the step in root mean squares of a row.
    """
    rest = matrix.double()
    step = (fineness * rest.square().mean(1).sqrt()).float()
    step = torch.where(step > 0.0, step, torch.ones_like(step))
    order = moments.diagonal().argsort(descending=True)
    rest, moments = rest[:, order], moments.double()[order][:, order]
    moments = moments + _DAMPING * moments.diagonal().mean() * torch.eye(len(moments), dtype=torch.float64)
    # row i says how the inputs after i make up for input i once those before are settled
    share = torch.linalg.cholesky(torch.linalg.inv(moments), upper=True)
    whole = torch.empty(rest.shape, dtype=torch.int64)
    for i in range(rest.shape[1]):
        number = torch.round(rest[:, i] / step)
        whole[:, order[i]] = number.long()
        off = (rest[:, i] - number * step) / share[i, i]
        rest[:, i + 1 :] -= off[:, None] * share[i, i + 1 :]
    found = whole.numpy().astype(np.int32)
    return ((found << 1) ^ (found >> 31)).astype(np.uint32), step.numpy()


def input_moments(network: ModeNetwork, band: tuple[float, float], seed: int = 0) -> dict[str, Tensor]:
    """Mean products of the inputs of every linear layer by its name, over earths like those that are dragged."""
    sums: dict[str, Tensor] = {}
    samples: dict[str, int] = {}

    def note(name: str, _: nn.Module, given: tuple[Tensor, ...]) -> None:
        x = given[0].flatten(0, -2)
        sums[name] = sums.get(name, 0.0) + (x.mT @ x).double()
        samples[name] = samples.get(name, 0) + len(x)

    hooks = [
        layer.register_forward_pre_hook(partial(note, name))
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear)
    ]
    periods = torch.tensor(np.geomspace(*band, _PERIODS))
    try:
        for tops, x in dragged(seed):
            for wave in network.shapes:
                ModeSolver(network, wave, tops, periods, strict=False)(x.unbind(1), False)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: total / samples[name] for name, total in sums.items()}


def dragged(seed: int, depths: int = 8, earths: int = 6) -> Iterator[tuple[Tensor, Tensor]]:
    """Tops (km) and earths ``[earth, 3, layer]`` on them, drawn around those that the page begins with."""
    generator = np.random.default_rng(seed)
    (low, high), (least, most) = SETTINGS["vs"], SETTINGS["ratio"]
    for preset in PRESETS * depths:
        number = len(preset["tops"])
        tops = np.sort(np.array(preset["tops"]) * np.exp(generator.normal(0.0, 0.15, number)))
        tops = torch.tensor(tops + SETTINGS["gap"][0] * np.arange(number))
        vs = np.array(preset["vs"]) * np.exp(generator.normal(0.0, 0.1, (earths, number)))
        shear = torch.tensor(np.clip(vs, low, high))
        vp = shear * torch.tensor(generator.uniform(least, most, (earths, 1)))
        thickness = torch.cat([tops.diff(), tops.new_zeros(1)]).expand_as(vp)
        yield tops, LayeredModel(thickness, vp, shear, density_from_vp(vp.clamp(1.5, 8.5))).stack()
