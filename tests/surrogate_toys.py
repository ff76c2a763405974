"""Small untrained surrogates in folders, as training would have left them."""

from dataclasses import asdict
from pathlib import Path

import torch

from seisgrad.dispersion.modal.network import Lesson
from seisgrad.dispersion.networks import Arguments, Layout, Modes, Residual
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.nn import weights

PERIODS = tuple(float(t) for t in range(2, 61))
LAYOUT = Layout(tuple(DEPTH.tolist()), ("rayleigh phase 0", "love phase 0"), PERIODS)
SMALL = Modes(width=24, blocks=1, scout_width=24, scout_blocks=1)


def save(folder: Path, arguments: Arguments, layout: Layout = LAYOUT) -> Path:
    """An untrained network of these arguments, with the normalisation of sixty earths of ``weak``."""
    torch.manual_seed(7)
    network = arguments.build(layout)
    earth = prior("weak").draw(60, seed=5).model.stack()
    if isinstance(arguments, Modes):
        period = torch.tensor([[2.0, 8.0, 25.0, 60.0]], dtype=torch.float64).expand(60, -1)
        velocity = torch.full_like(period, 3.0)
        lesson = Lesson(DEPTH, earth, period, velocity, velocity, torch.zeros_like(period))
        network.adapt({"rayleigh": lesson, "love": lesson})
    else:
        network.adapt(earth.float(), 3.0 + torch.rand(60, *layout.output_shape))
    card = {
        "system": "dispersion",
        "network": "modes" if isinstance(arguments, Modes) else "residual",
        "arguments": asdict(arguments),  # type: ignore[call-overload]
        "layout": layout.to_dict(),
        "losses": {"derivatives": True},
        "data": {"settings": {"prior": "weak"}, "number": {"train": 60}},
    }
    weights.save(folder, network, card)
    return folder


def plain(folder: Path) -> Path:
    """A network of curves."""
    return save(folder, Residual(width=24, blocks=1))
