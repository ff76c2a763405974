"""Surface waves by local modes: Lamb's residue in a half-space, the dispersion operator in layers, and the laws."""

import math

import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor

from seisgrad import dispersion
from seisgrad.earth import LayeredModel
from seisgrad.elastic import Grid, Survey
from seisgrad.elastic.background import Background
from seisgrad.errors import InputError
from seisgrad.operator import Operator

GRID = Grid((64, 60), 0.4)
SMALL = Grid((5, 6), 1.2)
FREQUENCIES = torch.tensor([0.4, 0.2], dtype=torch.float64)
SOURCES, RECEIVERS = (torch.tensor(at, dtype=torch.float64) for at in ([3.1, 15.0], [0.0, 9.3, 15.0, 22.7]))


def survey(**words) -> Survey:
    return Survey(SOURCES, RECEIVERS, FREQUENCIES, **words)


def layered(grid: Grid, top: float = 1.8, slope: float = 0.06) -> Tensor:
    vs = (top + slope * grid.z)[:, None].expand(*grid.shape)
    return torch.stack([1.8 * vs, vs, 2.0 + 0.1 * vs])


def bumpy(grid: Grid, generator: torch.Generator) -> Tensor:
    noise = torch.randn(3, *grid.shape, generator=generator, dtype=torch.float64)
    return layered(grid) * (1.0 + 0.03 * noise)


class TestBackground(OperatorSuite):
    tolerance = 1e-9
    accuracy = 1e-9  # a slope of films a metre thick

    def operator(self) -> Operator:
        places = torch.tensor([0.4, 4.1], dtype=torch.float64)
        return Background(SMALL, Survey(places[:1], places, FREQUENCIES[:1]))

    def point(self, generator: torch.Generator) -> Tensor:
        return bumpy(SMALL, generator)


def test_a_half_space_has_the_residue_of_lamb() -> None:
    vp, vs, rho = 3.1, 1.7, 2.1
    earth = torch.tensor([vp, vs, rho], dtype=torch.float64)[:, None, None].expand(3, *GRID.shape)
    found = torch.view_as_complex(Background(GRID, survey(quantity="displacement"))(earth))
    omega = 2.0 * math.pi * FREQUENCIES
    c = float(dispersion.velocity(LayeredModel([0.0], [vp], [vs], [rho]), [1.0])[0])
    k, ka, kb = omega / c, omega / vp, omega / vs
    na, nb = (k**2 - ka**2).sqrt(), (k**2 - kb**2).sqrt()
    # the pole of the vertical motion of a half-space under a vertical line force (Lamb 1904)
    rayleigh = 8 * k * (2 * k**2 - kb**2) - 8 * k * na * nb - 4 * k**3 * (nb / na + na / nb)
    size = -(kb**2) * na / (rho * vs**2 * rayleigh)
    offset = RECEIVERS - SOURCES[:, None]
    vertical = -1j * size[:, None] * torch.exp(-1j * k[:, None] * offset.abs()[:, None])
    assert_near(found[:, :, 0], vertical, 2e-6)
    # retrograde: by (2k² − kb² − 2 na nb)/(kb² na) k of the vertical motion, a quarter of a period before it along +x
    ratio = (k * (2 * k**2 - kb**2 - 2 * na * nb) / (kb**2 * na))[:, None]
    assert_near(found[:, :, 1], 1j * ratio * torch.sign(offset)[:, None] * vertical, 2e-6)


def test_layers_have_the_phase_velocity_ellipticity_and_energy_of_the_dispersion_operator() -> None:
    thickness = torch.tensor([1.15, 2.0, 4.0, 0.0], dtype=torch.float64)  # midway between nodes
    grid = Grid((200, 40), 0.1)
    tops = torch.tensor([1.15, 3.15, 7.15], dtype=torch.float64)
    which = torch.searchsorted(tops, grid.z)
    vs = torch.tensor([1.4, 2.0, 2.6, 3.4], dtype=torch.float64)
    model = LayeredModel(thickness, 1.8 * vs, vs, 2.0 + 0.2 * vs)
    earth = model.stack()[:, which][..., None].expand(3, *grid.shape)
    places = torch.tensor([0.3, 3.8], dtype=torch.float64)
    op = Background(grid, Survey(places[:1], places, FREQUENCIES, quantity="displacement"))
    found = torch.view_as_complex(op(earth))[0]
    periods = torch.sort(1.0 / FREQUENCIES).values
    c, chi = dispersion.velocity(model, periods), dispersion.ellipticity(model, periods)
    wave = torch.exp(-2j * math.pi / periods / c * 3.5)
    assert (found[:, 0, 1] / found[:, 0, 0] / wave).angle().abs().max() < 0.02
    assert torch.allclose((found[:, 1, 1] / found[:, 0, 1]).imag, -chi, rtol=0.01)
    depth = torch.linspace(0.0, 60.0, 6001, dtype=torch.float64)
    modes = dispersion.eigenfunctions(model, periods, depth=depth)
    rho = model.rho[torch.searchsorted(tops, depth)]
    energy = 0.5 * torch.trapezoid(rho * modes.displacement.square().sum(0), depth)
    size = periods / (8 * math.pi * modes.group_velocity * energy)
    assert torch.allclose(found[:, 0, 0].abs(), size, rtol=0.015)


@pytest.mark.parametrize("quantity", ["velocity", "displacement"])
def test_reciprocity_of_the_surface(quantity: str) -> None:
    earth = bumpy(GRID, torch.Generator().manual_seed(4))
    tensor = torch.stack(
        [
            Background(GRID, Survey(RECEIVERS, RECEIVERS, FREQUENCIES, force, quantity))(earth)
            for force in ("vertical", "horizontal")
        ]
    )  # [force, source, frequency, component, receiver, part]
    turned = tensor.permute(3, 4, 2, 0, 1, 5)
    assert (tensor - turned).abs().max() < 1e-13 * tensor.abs().max()


def test_a_mirrored_earth_has_the_mirrored_waves() -> None:
    earth = bumpy(GRID, torch.Generator().manual_seed(4))
    asked = survey()
    length = GRID.extent[1]
    mirrored = Survey(length - SOURCES, length - RECEIVERS, FREQUENCIES)
    there = Background(GRID, asked)(earth)
    back = Background(GRID, mirrored)(earth.flip(-1))
    assert_near(back * torch.tensor([1.0, -1.0])[:, None, None], there, 1e-7)


def test_velocity_is_the_derivative_of_displacement_and_a_selection_is_part_of_the_whole() -> None:
    earth = bumpy(GRID, torch.Generator().manual_seed(4))
    op = Background(GRID, survey())
    velocity, still = (
        torch.view_as_complex(one(earth)) for one in (op, Background(GRID, survey(quantity="displacement")))
    )
    assert_near(velocity, 2j * math.pi * FREQUENCIES[:, None, None] * still, 1e-12)
    assert_near(torch.view_as_complex(op.select([1], [0])(earth)), velocity[1:, :1], 1e-9)


def test_the_phase_is_the_integral_of_the_slowness() -> None:
    vs = (2.0 + 0.02 * GRID.x).expand(GRID.shape)
    earth = torch.stack([1.8 * vs, vs, torch.full_like(vs, 2.2)])
    scale = dispersion.velocity(LayeredModel([0.0], [1.8], [1.0], [2.2]), [1.0])[0]
    ends = torch.tensor([3.1, 22.7], dtype=torch.float64)
    found = torch.view_as_complex(Background(GRID, Survey(ends[:1], ends[1:], FREQUENCIES))(earth)).squeeze()
    time = math.log((2.0 + 0.02 * 22.7) / (2.0 + 0.02 * 3.1)) / 0.02 / scale
    turns = found[:, 0] * torch.exp(2j * math.pi * FREQUENCIES * time)
    assert turns.angle().abs().max() < 0.01


def test_a_mode_that_a_deep_slow_layer_guides_is_passed_over() -> None:
    """The fundamental mode of such a column runs in the slow layer; the surface moves as if it were not there."""
    fast, deep = layered(GRID, top=3.0, slope=0.02), layered(GRID, top=3.0, slope=0.02)
    deep[:2, 36:44] *= 0.5
    asked = Survey(SOURCES, RECEIVERS, torch.tensor([0.7, 0.8], dtype=torch.float64))
    there, here = (Background(GRID, asked)(earth) for earth in (fast, deep))
    assert_near(here, there, 0.02)
    assert Background(GRID, asked, modes=1)(deep).abs().max() < 0.1 * there.abs().max()


def test_a_slow_earth_below_still_traps_the_wave() -> None:
    earth = layered(GRID, top=3.0, slope=-0.05)
    assert Background(GRID, survey())(earth).isfinite().all()


def test_what_cannot_be_is_refused() -> None:
    far = Survey(SOURCES, RECEIVERS + 10.0, FREQUENCIES)
    with pytest.raises(InputError, match="receiver 3 lies at"):
        Background(GRID, far)
    earth = layered(GRID).clone()
    earth[1, 2, 3] = 0.0
    with pytest.raises(InputError, match="vs at node z 2, x 3 is 0 km/s"):
        Background(GRID, survey())(earth)
    with pytest.raises(InputError, match="modes is 0"):
        Background(GRID, survey(), modes=0)
    with pytest.raises(InputError, match="columns is 0"):
        Background(GRID, survey(), columns=0.0)


def assert_near(found: Tensor, expected: Tensor, tolerance: float) -> None:
    assert (found - expected).abs().max() < tolerance * expected.abs().max()
