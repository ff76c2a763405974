"""Spectral elements in the frequency domain: against Lamb's problem, layered theory, and the laws of any operator."""

import math

import numpy as np
import pytest
import torch
from operator_suite import OperatorSuite
from scipy.optimize import brentq
from torch import Tensor
from torch.testing import assert_close

import seisgrad as sg
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.elements import element_matrices, moduli
from seisgrad.elastic.harmonic.mesh import Resolution, mesh
from seisgrad.elastic.harmonic.operator import Harmonic
from seisgrad.elastic.survey import Survey
from seisgrad.errors import InputError
from seisgrad.operator import Operator
from seisgrad.waves.places import as_complex

VP, VS, RHO = 3.0 * math.sqrt(3.0), 3.0, 2.6  # a Poisson solid
LINE = Grid((41, 141), 0.5)  # 20 x 70 km
FREQUENCY = 0.5
#: For an earth that is no faster at depth than at the surface.
FINE = {"slowest": 2.7, "resolution": Resolution(thickest=0.8)}


def uniform(grid: Grid, *values: float) -> Tensor:
    parts = torch.tensor(values or (VP, VS, RHO), dtype=torch.float64)
    return parts[:, None, None].expand(3, *grid.shape).clone()


def rough(grid: Grid, generator: torch.Generator, share: float = 0.05) -> Tensor:
    """An earth that differs from node to node."""
    noise = torch.randn((3, *grid.shape), generator=generator, dtype=torch.float64).clamp(-2, 2)
    return uniform(grid, 4.0, 2.2, 2.3) * (1 + share * noise)


def harmonic(grid: Grid, sources: list[float], receivers: Tensor, *hertz: float, **settings) -> Harmonic:
    words = {name: settings.pop(name) for name in ("force", "quantity") if name in settings}
    frequencies = torch.tensor(hertz or (FREQUENCY,), dtype=torch.float64)
    survey = Survey(torch.tensor(sources, dtype=torch.float64), receivers, frequencies, **words)
    return Harmonic(grid, survey, **{"dtype": torch.float64, **settings})


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


class TestOperator(OperatorSuite):
    step = 1e-3
    grid = Grid((6, 9), 0.4)

    def operator(self) -> Operator:
        resolution = Resolution(order=(3, 2), length=0.5, length_cells=4.0, top=0.5, top_cells=3.0)
        return harmonic(self.grid, [0.5, 2.9], torch.tensor([0.1, 1.7]), 0.4, 0.9, resolution=resolution)

    def point(self, generator: torch.Generator) -> Tensor:
        return rough(self.grid, generator)


def speed(motion: Tensor, receivers: Tensor, frequency: float, about: float) -> float:
    """Phase velocity, within 5 % of one, at which the waves add up to the most."""
    k = 2 * math.pi * frequency / torch.linspace(0.95, 1.05, 4001).double() / about
    window = torch.hann_window(len(receivers), periodic=False, dtype=torch.float64)
    beam = torch.exp(1j * k[:, None] * receivers) @ (motion * window).to(torch.complex128)
    return 2 * math.pi * frequency / float(k[beam.abs().argmax()])


def rayleigh() -> tuple[float, float, complex]:
    """Velocity of the Rayleigh wave of the half-space, its H/V, and what of uz it is of a unit line force, 1/GPa.

    Lamb's problem: uz(k) = kβ² √(k² − kα²) / (μ R(k)) of a vertical force, its pole at the Rayleigh wavenumber.
    """

    def secular(k: float) -> float:
        return (2 * k * k - kb * kb) ** 2 - 4 * k * k * math.sqrt((k * k - ka * ka) * (k * k - kb * kb))

    omega = 2 * math.pi * FREQUENCY
    ka, kb = omega / VP, omega / VS
    k = brentq(secular, kb * 1.0001, 2 * kb, xtol=1e-14)
    slope = (secular(k + 1e-6) - secular(k - 1e-6)) / 2e-6
    a, b = math.sqrt(k * k - ka * ka), math.sqrt(k * k - kb * kb)
    amplitude = 1j * kb**2 * a / (RHO * VS**2 * slope)
    return omega / k, abs((2 * k * k - kb * kb - 2 * a * b) * k / (a * kb**2)), amplitude


class TestHalfSpace:
    receivers = torch.linspace(25.0, 65.0, 81, dtype=torch.float64)

    @pytest.fixture(scope="class")
    @classmethod
    def motion(cls) -> Tensor:
        """Displacement, vertical and horizontal, far from the source."""
        op = harmonic(LINE, [5.0], cls.receivers, quantity="displacement", **FINE)
        return as_complex(op(uniform(LINE)))[0, 0]

    def test_the_rayleigh_wave_has_its_speed(self, motion: Tensor) -> None:
        assert speed(motion[0], self.receivers, FREQUENCY, 2.76) == pytest.approx(rayleigh()[0], rel=2e-3)

    def test_its_size_is_that_of_lamb(self, motion: Tensor) -> None:
        """Body waves along the surface, which fall as r^(-3/2), are what is left."""
        velocity, _, amplitude = rayleigh()
        k = 2 * math.pi * FREQUENCY / velocity
        expected = amplitude * torch.exp(-1j * k * (self.receivers - 5.0))
        assert relative(motion[0], expected) < 0.04
        assert abs(complex((motion[0] / expected).mean()) - 1.0) < 0.02

    def test_particles_turn_backward_with_the_right_ratio(self, motion: Tensor) -> None:
        """At the top of its ellipse a particle moves against the wave: with e^{iωt}, u_x = +i u_up H/V."""
        ratio = complex((motion[1] / motion[0]).mean())
        assert ratio.imag == pytest.approx(rayleigh()[1], rel=0.04)
        assert abs(ratio.real) < 0.04

    def test_velocity_is_displacement_times_i_omega(self, motion: Tensor) -> None:
        op = harmonic(LINE, [5.0], self.receivers, quantity="velocity", **FINE)
        velocity = as_complex(op(uniform(LINE)))[0, 0]
        assert_close(velocity, 2j * math.pi * FREQUENCY * motion)

    def test_what_leaves_does_not_come_back(self, motion: Tensor) -> None:
        wide = Grid((61, 221), 0.5)
        op = harmonic(wide, [25.0], self.receivers + 20.0, quantity="displacement", **FINE)
        assert relative(as_complex(op(uniform(wide)))[0, 0], motion) < 0.02

    def test_a_wave_to_the_left_mirrors_one_to_the_right(self) -> None:
        op = harmonic(LINE, [35.0], torch.tensor([15.0, 55.0]), quantity="displacement", **FINE)
        vertical, horizontal = as_complex(op(uniform(LINE)))[0, 0]
        assert_close(vertical[0], vertical[1])
        assert_close(horizontal[0], -horizontal[1])


def layered(grid: Grid) -> Tensor:
    """A sedimentary cover over rock, linear between nodes."""
    z = grid.z[:, None].expand(grid.shape)
    vs = 1.5 + 2.0 * (z / 6.0).clamp(max=1.0)
    return torch.stack([1.8 * vs, vs, 2.0 + 0.2 * vs])


@pytest.mark.parametrize(("frequency", "length"), [(0.12, 240.0), (0.25, 120.0), (0.5, 80.0)])
def test_the_dispersion_curve_is_that_of_the_layered_theory(frequency: float, length: float) -> None:
    """Within 0.2 %; the receivers are far enough for the fundamental mode to be nearly alone."""
    grid = Grid((61, round(length / 0.5) + 1), 0.5)
    fine = np.linspace(0.0, 30.0, 301)
    columns = [np.interp(fine, grid.z, column) for column in layered(grid)[:, :, 0].numpy()]
    parts = [torch.from_numpy(c) for c in (np.r_[np.diff(fine), 0.0], *columns)]
    parts[1:] = [torch.cat([0.5 * (p[1:] + p[:-1]), p[-1:]]) for p in parts[1:]]
    model = sg.LayeredModel(*(p[None] for p in parts))
    expected = sg.dispersion.velocity(model, torch.tensor([1.0 / frequency])).item()
    receivers = torch.arange(0.25 * length, length, 0.5, dtype=torch.float64)
    op = harmonic(grid, [5.0], receivers, frequency, slowest=1.4)
    vertical = as_complex(op(layered(grid)))[0, 0, 0]
    assert speed(vertical, receivers, frequency, expected) == pytest.approx(expected, rel=2e-3)


class TestReciprocity:
    grid = Grid((25, 61), 0.4)
    earth = rough(grid, torch.Generator().manual_seed(4), 0.08)

    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
    def test_source_and_receiver_change_places(self, dtype: torch.dtype) -> None:
        """u_i at A by a force j at B is u_j at B by a force i at A."""
        places = torch.tensor([3.1, 11.7, 20.2], dtype=torch.float64)
        found = {}
        for force in ("vertical", "horizontal"):
            op = harmonic(self.grid, places.tolist(), places, 0.3, force=force, dtype=dtype)
            found[force] = as_complex(op(self.earth))[:, 0]  # [source, component, receiver]
        between = torch.stack(
            [found["vertical"], found["horizontal"]]
        )  # [force, source, component, receiver]
        scale = between.abs().amax()
        bound = 1e-12 if dtype == torch.float64 else 1e-5
        assert float((between - between.permute(2, 3, 0, 1)).abs().amax() / scale) < bound

    def test_every_element_is_symmetric_and_moves_freely(self) -> None:
        place = mesh(self.grid, 0.3, 2.0, Resolution())
        elements = element_matrices(place, moduli(place, self.earth[None]), 1e-9)
        assert_close(elements, elements.mT)
        shift = torch.tensor([1.0, 0.0, 0.0, 1.0], dtype=elements.dtype).reshape(2, 2)
        rigid = shift.repeat(elements.shape[-1] // 2, 1)
        assert float((elements @ rigid).abs().max() / elements.abs().max()) < 1e-12


def test_finer_meshes_converge() -> None:
    grid = Grid((41, 81), 0.4)
    bump = torch.hann_window(41, dtype=torch.float64)[:, None] * torch.hann_window(81, dtype=torch.float64)
    earth = uniform(grid, 4.0, 2.2, 2.3) * (1.0 - 0.2 * bump)
    receivers = torch.arange(8.0, 31.0, 0.5, dtype=torch.float64)

    def field(resolution: Resolution) -> Tensor:
        return as_complex(harmonic(grid, [3.0], receivers, 0.4, resolution=resolution)(earth))

    best = field(Resolution(order=(5, 4), length=0.25, top_cells=1.0, growth=0.2, thickest=0.6))
    sizes = [(0.3, 0.26, 4.0), (0.15, 0.13, 2.0), (0.075, 0.065, 1.0)]
    meshes = [Resolution(length=a, top=b, top_cells=c, thickest=0.8) for a, b, c in sizes]
    errors = [relative(field(one), best) for one in meshes]
    assert errors[0] > 2.0 * errors[1] > 4.0 * errors[2]
    assert errors[2] < 0.01


def test_long_waves_are_absorbed_however_slow_the_mesh_is_made_for() -> None:
    """Rock of 3.5 km/s at a low frequency, on meshes for slow ground and for rock: what leaves does not come back."""
    grid, receivers = Grid((24, 40), 0.6), torch.linspace(8.0, 20.0, 5).double()
    earth = uniform(grid, 6.0, 3.5, 2.7)
    slow, fast = (harmonic(grid, [4.0], receivers, 0.2, slowest=s)(earth) for s in (1.2, 2.8))
    wider = harmonic(Grid((60, 140), 0.6), [34.0], receivers + 30.0, 0.2, slowest=1.6)
    assert relative(slow, fast) < 0.01
    assert relative(slow, wider(uniform(wider.grid, 6.0, 3.5, 2.7))) < 0.02


def test_threads_change_nothing() -> None:
    """A batch of LU factorisations of so many unknowns is wrong in some builds of torch with more than one thread."""
    grid = Grid((41, 81), 0.4)
    earth = layered(grid)
    fine = Resolution(order=(5, 4), length=0.25, top_cells=1.0, growth=0.2, thickest=0.6)
    op = harmonic(grid, [3.0], torch.tensor([8.0, 20.0]), 0.4, resolution=fine)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(op(earth))
    finally:
        torch.set_num_threads(before)
    assert_close(found[1], found[0])


def test_a_shorter_line_records_the_same() -> None:
    """An earth that does not vary beyond the ends of the shorter one, where it goes on as at the end."""
    whole, part = Grid((41, 141), 0.4), Grid((41, 61), 0.4)
    earth = uniform(whole, 4.0, 2.2, 2.3)
    earth[:, :, 60:80] *= 1.0 + 0.1 * torch.hann_window(20, dtype=torch.float64)
    receivers = torch.arange(23.0, 39.0, 0.5, dtype=torch.float64)
    finer = {"slowest": 2.0, "resolution": Resolution(length=0.08, top=0.1, thickest=0.8)}
    longer = harmonic(whole, [20.0], receivers, 0.4, **finer)(earth)
    shorter = harmonic(part, [4.0], receivers - 16.0, 0.4, **finer)(earth[:, :, 40:101])
    assert relative(shorter, longer) < 0.01


def test_select_is_a_part_of_the_whole() -> None:
    grid = Grid((11, 21), 0.4)
    earth = rough(grid, torch.Generator().manual_seed(6))
    op = harmonic(grid, [1.0, 4.0, 7.0], torch.tensor([2.0, 6.0]), 0.3, 0.6)
    part = op.select(source=[2, 0], frequency=[1])
    assert part.codomain.shape == (2, 1, 2, 2, 2)
    assert_close(part(earth), op(earth)[[2, 0]][:, [1]], rtol=0.0, atol=1e-14)


class TestRefusals:
    grid = Grid((6, 11), 0.4)

    def test_places_beyond_the_line(self) -> None:
        with pytest.raises(InputError, match=r"source 2 lies at z = 0, x = 4\.5 km"):
            harmonic(self.grid, [1.0, 4.5], torch.tensor([2.0]))
        with pytest.raises(InputError, match="receiver 1 lies at"):
            harmonic(self.grid, [1.0], torch.tensor([-0.1]))

    @pytest.mark.parametrize(
        ("parameter", "value", "words"),
        [
            (1, 0.0, "vs at node z 2, x 3 is 0 km/s"),
            (2, -1.0, "rho at node"),
            (0, 2.3, "expected more than 1.155 vs"),
        ],
    )
    def test_an_earth_that_is_no_solid(self, parameter: int, value: float, words: str) -> None:
        earth = uniform(self.grid, 4.0, 2.2, 2.3)
        earth[parameter, 2, 3] = value
        with pytest.raises(InputError, match=words):
            harmonic(self.grid, [1.0], torch.tensor([2.0]))(earth)

    def test_settings(self) -> None:
        with pytest.raises(InputError, match="slowest is 0"):
            harmonic(self.grid, [1.0], torch.tensor([2.0]), slowest=0.0)
        with pytest.raises(InputError, match=r"dtype is torch\.float16"):
            harmonic(self.grid, [1.0], torch.tensor([2.0]), dtype=torch.float16)
