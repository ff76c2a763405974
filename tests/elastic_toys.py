"""Small elastic earths, and datasets of surface waves by local modes in place of simulated ones."""

import numpy as np
import torch
from torch import Tensor

from seisgrad.elastic import Background, Grid, Survey
from seisgrad.elastic.learning import SurfaceSamples

GRID = Grid((16, 24), 0.8)
FREQUENCIES = (0.2, 0.3)
RECEIVERS = tuple(np.linspace(1.0, 17.0, 12).tolist())


def earths(number: int, grid: Grid = GRID, seed: int = 1) -> Tensor:
    """Velocities that grow with depth, each with a tilt and a strength of its own, ``[earth, 3, z, x]``, float32."""
    generator = torch.Generator().manual_seed(seed)
    draw = torch.rand(3, number, 1, 1, generator=generator, dtype=torch.float64)
    z, x = grid.z[:, None], grid.x / grid.extent[1] - 0.5
    vs = 1.6 + 0.4 * draw[0] + 0.08 * z + 0.4 * (draw[1] - 0.5) * x
    return torch.stack([(1.7 + 0.1 * draw[2]) * vs, vs, 2.0 + 0.1 * vs], 1).float()


def samples(train: int = 12, validation: int = 4) -> SurfaceSamples:
    """Two sources in every earth."""
    rng = np.random.default_rng(3)
    made = []
    for number, seed in ((train, 1), (validation, 2)):
        earth, source = earths(number, seed=seed), rng.uniform(1.0, 17.0, (number, 2)).astype(np.float32)
        spectra = [
            Background(GRID, Survey(torch.from_numpy(s), torch.tensor(RECEIVERS), torch.tensor(FREQUENCIES)))(
                e
            )
            for e, s in zip(earth, source, strict=True)
        ]
        made.append({"earth": earth.numpy(), "source": source, "spectra": torch.stack(spectra).numpy()})
    return SurfaceSamples(*made, GRID, RECEIVERS, FREQUENCIES)
