"""A source found by the derivative of its waves with respect to where it is, in a known earth."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.report.reproduce.acoustic import SEED, VALIDATION, Setting
from seisgrad.report.reproduce.table import Line

RECEIVERS = 8
AWAY = 0.3
"""km by which the first guess is off along both axes, towards the middle."""
_STEPS = 12


@dataclass(frozen=True, eq=False)
class Located:
    """A source and the way to it.

    Attributes:
        grid: of the earth.
        earth: velocity and density.
        receivers: km.
        source: where it is, km.
        path: from the first guess to the last, km.
    """

    grid: Grid
    earth: Float[Tensor, "2 z x"]
    receivers: Float[Tensor, "receiver 2"]
    source: Float[Tensor, "2"]
    path: Float[Tensor, "step 2"]


def locate(setting: Setting | None = None) -> Located:
    """The source of the first validation model, from spectra at receivers along the edges, by L-BFGS on its position:
    the lower half of the frequencies, the lowest alone first. The data come from a finer computational grid."""
    setting = setting or Setting()
    grid = setting.grid
    draw = prior(VALIDATION.prior).draw(1, SEED, split="test", grid=grid)
    earth, source = draw.earth[0], draw.source
    extent = torch.tensor(grid.extent, dtype=torch.float64)
    angle = 2.0 * torch.pi * (torch.arange(RECEIVERS, dtype=torch.float64) + 0.5) / RECEIVERS
    receivers = 0.5 * extent + 0.45 * extent * torch.stack([angle.sin(), angle.cos()], -1)
    half = setting.frequencies[: max(1, len(setting.frequencies) // 2)]
    survey = Survey(source, receivers, torch.tensor(half, dtype=torch.float64))
    velocity = prior(VALIDATION.prior).velocity
    physics = Physics(grid, survey, velocity=velocity)
    with torch.no_grad():
        data = Physics(grid, survey, velocity=velocity, refine=physics.refine + 2)(earth)
    guess = source + AWAY * (0.5 * extent - source).sign()
    path = [guess[0]]
    for lowest in (1, len(half)):
        op = physics.select(frequency=list(range(lowest)))
        guess = _descend(op, earth, data[:, :lowest], guess, extent)
        path.append(guess[0])
    return Located(grid, earth, receivers, source[0], torch.stack(path))


def _descend(op: Physics, earth: Tensor, data: Tensor, guess: Tensor, extent: Tensor) -> Tensor:
    """The position with the least relative misfit."""
    place = guess.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([place], lr=0.1, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def misfit() -> Tensor:
        optimiser.zero_grad()
        inside = torch.minimum(place.clamp(min=0.0), extent)
        value = (op.moved(inside)(earth) - data).square().sum() / data.square().sum()
        value.backward()
        return value

    optimiser.step(misfit)  # type: ignore[arg-type]
    return place.detach()


def source_lines(found: Located) -> list[Line]:
    """How far the source is from where it should be, before and after."""
    return [
        Line(name, "validation", "source_location_error_km", float((place - found.source).norm()), 1, 0)
        for name, place in (("start", found.path[0]), ("exact", found.path[-1]))
    ]
