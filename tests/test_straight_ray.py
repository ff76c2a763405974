"""Backgrounds without a network: exact in a homogeneous earth, straight rays in others, and the laws of operators."""

import math

import pytest
import torch
from operator_suite import OperatorSuite
from scipy.special import hankel2
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.acoustic.outgoing import Outgoing
from seisgrad.acoustic.straight_ray import StraightRay, hankel
from seisgrad.errors import InputError
from seisgrad.operator import Operator

SMALL = Grid((4, 5), 0.4)
GRID = Grid((24, 30), 0.16)
FREQUENCIES = torch.tensor([1.5, 3.0], dtype=torch.float64)


def survey(grid: Grid, frequencies: Tensor = FREQUENCIES) -> Survey:
    depth, length = grid.extent
    sources = torch.tensor([[0.31 * depth, 0.22 * length], [0.7 * depth, 0.53 * length]], dtype=torch.float64)
    receivers = torch.tensor(
        [[0.0, 0.9 * length], [depth, 0.4 * length], [0.5 * depth, 0.0]], dtype=torch.float64
    )
    return Survey(sources, receivers, frequencies)


def constant(grid: Grid, velocity: float = 3.0, density: float = 2.2) -> Tensor:
    return (
        torch.tensor([velocity, density], dtype=torch.float64)[:, None, None].expand(2, *grid.shape).clone()
    )


class TestStraightRay(OperatorSuite):
    def operator(self) -> Operator:
        return StraightRay(SMALL, survey(SMALL))

    def point(self, generator: torch.Generator) -> Tensor:
        return constant(SMALL) * (
            1.0 + 0.1 * torch.randn(2, *SMALL.shape, generator=generator, dtype=torch.float64)
        )


def green(grid: Grid, asked: Survey, velocity: float, density: float) -> Tensor:
    distance = torch.cdist(asked.sources, asked.receivers)[:, None]
    phase = 2 * math.pi * asked.frequencies[:, None] * distance / velocity
    return torch.view_as_real(torch.from_numpy(-0.25j * density * hankel2(0, phase.numpy())))


def test_a_homogeneous_earth_has_its_green_function() -> None:
    asked = survey(GRID)
    found = StraightRay(GRID, asked)(constant(GRID, 2.7, 2.0))
    expected = green(GRID, asked, 2.7, 2.0)
    assert (found - expected).norm() < 1e-5 * expected.norm()  # torch.special knows J and Y to 1e-6


def test_time_is_slowness_along_the_ray_and_density_enters_at_its_ends() -> None:
    asked = survey(GRID)
    earth = constant(GRID)
    earth[0] = 2.0 + 0.3 * GRID.z[:, None]  # linear in depth: ∫ ds/v has a closed form
    earth[1] = 2.0 + 0.1 * GRID.x
    depths = torch.stack(torch.broadcast_tensors(asked.sources[:, None, 0], asked.receivers[None, :, 0]))
    speed = 2.0 + 0.3 * depths
    mean = (speed[1] / speed[0]).log() / (speed[1] - speed[0])
    phase = 2 * math.pi * FREQUENCIES[:, None] * (torch.cdist(asked.sources, asked.receivers) * mean)[:, None]
    density = 2.0 + 0.1 * asked.sources[:, None, 1], 2.0 + 0.1 * asked.receivers[None, :, 1]
    expected = (
        -0.25j * (density[0] * density[1]).sqrt()[:, None] * torch.from_numpy(hankel2(0, phase.numpy()))
    )
    found = torch.view_as_complex(StraightRay(GRID, asked)(earth))
    assert (found - expected).norm() < 1e-4 * expected.norm()


def test_waves_of_hankel_are_differentiable_twice() -> None:
    phase = torch.linspace(0.3, 40.0, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(hankel, (phase,), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(hankel, (phase,))


def test_a_receiver_at_the_source_is_finite_and_so_is_its_gradient() -> None:
    place = torch.tensor([[0.8, 0.8]], dtype=torch.float64)
    earth = constant(SMALL).requires_grad_()
    found = StraightRay(SMALL, Survey(place, place, FREQUENCIES))(earth)
    assert found.isfinite().all()
    (gradient,) = torch.autograd.grad(found.sum(), earth)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("background", [StraightRay, Outgoing])
def test_reciprocity_of_source_and_receiver(background) -> None:
    asked = survey(GRID)
    turned = Survey(asked.receivers, asked.sources, FREQUENCIES)
    earth = prior("von_karman").draw(1, seed=3, grid=GRID).earth[0]
    there, back = background(GRID, asked)(earth), background(GRID, turned)(earth)
    # straight rays are the same both ways; what runs outward from one end is only nearly what does from the other
    tolerance = 1e-10 if background is StraightRay else 0.05
    assert (there - back.transpose(0, 2)).norm() < tolerance * there.norm()


@pytest.mark.parametrize("background", [StraightRay, Outgoing])
def test_a_selection_is_part_of_the_whole(background) -> None:
    earth = prior("von_karman").draw(1, seed=3, grid=GRID).earth[0]
    op = background(GRID, survey(GRID))
    assert torch.allclose(op.select([1], [0])(earth), op(earth)[1:, :1], rtol=1e-5)


def test_the_outgoing_wave_is_nearer_to_the_physics_than_straight_rays_are() -> None:
    draw = prior("von_karman").draw(1, seed=5, grid=GRID)
    far = GRID.nodes[(GRID.nodes - draw.sources[0]).norm(dim=1) > 0.5]
    asked = Survey(draw.sources[0], far, torch.tensor([4.0], dtype=torch.float64))
    earth = draw.earth[0]
    truth = Physics(GRID, asked)(earth)
    ray, outgoing = (
        float((make(GRID, asked)(earth) - truth).norm() / truth.norm()) for make in (StraightRay, Outgoing)
    )
    assert outgoing < ray < 0.3


@pytest.mark.parametrize("background", [StraightRay, Outgoing])
def test_a_source_outside_the_grid_is_refused_by_name(background) -> None:
    asked = survey(GRID)
    with pytest.raises(InputError, match="source 1 lies at"):
        background(GRID, Survey(asked.sources + 10.0, asked.receivers, FREQUENCIES))
