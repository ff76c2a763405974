"""Parts of the learned series, each held to physics: the outgoing wave, the contrast, the layers and the readout."""

import math

import acoustic_toys as toys
import pytest
import torch
from acoustic_toys import relative
from torch import Tensor
from torch.testing import assert_close

from seisgrad.acoustic import Grid
from seisgrad.acoustic.series.beam import _march, _on_rings, homogeneous, outgoing
from seisgrad.acoustic.series.lattice import Lattice, lattice
from seisgrad.acoustic.series.medium import contrast, window
from seisgrad.acoustic.series.network import SeriesNet, SeriesSize
from seisgrad.acoustic.series.readout import Places, at

GRID = Grid((16, 20), 0.2)
SOURCES = torch.tensor([[[1.13, 1.47], [2.05, 0.93]]], dtype=torch.float64)


@pytest.fixture(scope="module")
def place() -> Lattice:
    return lattice(GRID, 4.0, toys.VELOCITY)


def away(place: Lattice, beyond: float) -> Tensor:
    """Points of the lattice inside the grid and farther than so many km from each source, [source, z, x]."""
    z, x = place.z[:, None], place.x
    inside = (z > 0) & (z < place.extent[0]) & (x > 0) & (x < place.extent[1])
    return inside & (distances(place) > beyond)


def distances(place: Lattice) -> Tensor:
    z, x = SOURCES[0, :, 0, None, None], SOURCES[0, :, 1, None, None]
    return torch.hypot(place.z[:, None] - z, place.x - x)


class TestOutgoingWave:
    def test_alone_it_is_exact_in_a_homogeneous_earth(self, place: Lattice) -> None:
        nothing = torch.zeros((1, *place.shape), dtype=torch.float64)
        wave, far = outgoing(place, nothing, SOURCES)[0], away(place, 0.2)
        expected = -0.25j * homogeneous(place.wavenumber * distances(place))
        assert relative(wave[far], expected[far]) < 1e-10

    @pytest.mark.parametrize("axis", [0, 1])
    def test_a_mirror_image_has_the_mirrored_wave(self, place: Lattice, axis: int) -> None:
        medium = contrast(place, toys.bumpy(GRID, 2)[None], toys.VELOCITY)
        places = SOURCES.clone()
        places[..., axis] = GRID.extent[axis] - places[..., axis]
        found = outgoing(place, medium.flip(axis + 1), places)[0].flip(axis + 1)
        far = away(place, 0.3)
        assert relative(found[far], outgoing(place, medium, SOURCES)[0][far]) < 1e-12

    def test_it_takes_the_velocity_of_another_homogeneous_earth(self, place: Lattice) -> None:
        """Phase and amplitude are those of an earth 4 % slower, to what is lost within a wavelength of the source."""
        index = 1.04
        medium = torch.full((1, *place.shape), index**2 - 1, dtype=torch.float64)
        wave, far = outgoing(place, medium, SOURCES)[0], away(place, 0.75)
        expected = -0.25j * homogeneous(index * place.wavenumber * distances(place))
        unmoved = -0.25j * homogeneous(place.wavenumber * distances(place))
        assert relative(wave[far], expected[far]) < 0.02
        assert relative(unmoved[far], expected[far]) > 0.3

    def test_it_falls_like_a_flux_through_rings(self, place: Lattice) -> None:
        """Screens take no energy: ∫|g|² index r dφ is the same on every ring beyond the near field."""
        medium = contrast(place, toys.bumpy(GRID, 1)[None], toys.VELOCITY)
        index = (1.0 + _on_rings(place, medium, SOURCES)).sqrt()
        flux = (_march(place, index) * place.hankel[:, None]).abs().square() * index
        flux = (flux * place.radii[:, None]).mean(-1)[0, :, 3:]
        assert float((flux.amax(-1) / flux.amin(-1)).max()) < 1.05


class TestContrast:
    def test_a_homogeneous_earth_of_another_velocity(self, place: Lattice) -> None:
        found = contrast(place, toys.uniform(GRID, velocity=2.8)[None], toys.VELOCITY)[0]
        inside = away(place, 0.0)[0]
        expected = torch.full_like(found[inside], (3.0 / 2.8) ** 2 - 1)
        assert_close(found[inside], expected, rtol=0.0, atol=2e-3)

    def test_density_scatters_by_its_curvature(self, place: Lattice) -> None:
        """m = −√ρ ∇²ρ^{-1/2} / k0² of a Gaussian body, by hand."""
        fine = GRID.finer(4)
        z, x = fine.z[:, None] - 1.5, fine.x - 1.9
        width, height = 0.4, 0.08
        bump = height * torch.exp(-(z.square() + x.square()) / (2 * width**2))
        earth = torch.stack([torch.full_like(bump, toys.VELOCITY), toys.DENSITY * (1 + bump) ** -2])
        found = contrast(lattice(fine, 4.0, toys.VELOCITY), earth[None], toys.VELOCITY)[0]
        # ρ^{-1/2} is proportional to 1 + bump
        z, x = place.z[:, None] - 1.5, place.x - 1.9
        r2 = z.square() + x.square()
        bump = height * torch.exp(-r2 / (2 * width**2))
        curvature = bump * (r2 / width**4 - 2 / width**2)
        expected = -curvature / (1 + bump) / place.wavenumber**2
        inside = away(place, 0.0)[0]
        assert relative(found[inside], expected[inside]) < 0.02

    def test_any_grid_gives_the_lattice_the_same_earth(self, place: Lattice) -> None:
        coarse = toys.bumpy(GRID, 2)
        earth = toys.refined(coarse, 2)
        same = contrast(lattice(GRID.finer(2), 4.0, toys.VELOCITY), earth[None], toys.VELOCITY)
        expected = contrast(place, coarse[None], toys.VELOCITY)
        # velocity and density are bilinear on either, 1/v² and ρ^{-1/2} between nodes are not
        assert 0 < relative(same, expected) < 0.01

    def test_what_waves_cannot_feel_is_filtered_away(self, place: Lattice) -> None:
        kept = window(place)
        wavenumber = place.kappa2.sqrt()
        assert torch.equal(kept[wavenumber <= 2.0], torch.ones_like(kept[wavenumber <= 2.0]))
        assert float(kept[wavenumber >= 3.0].max()) < 1e-12


class TestLayers:
    @pytest.mark.parametrize("noise", [0.0, 0.05])
    def test_every_layer_is_linear_in_the_wave(self, place: Lattice, noise: float) -> None:
        """Superposition: what a layer makes of the sum of two waves and their sources is the sum of both."""
        network = toys.network(1, noise).double()
        (layer,) = network.tables(place).layers
        medium = contrast(place, toys.bumpy(GRID, 3)[None], toys.VELOCITY)[:, None]
        least = medium.abs().amax((-2, -1), keepdim=True).clamp(min=0.4)
        generator = torch.Generator().manual_seed(4)
        shape = (3, 2, 1, 1, *place.shape)  # pulse, wave, before; two of each
        (p, q, r), (s, t, u) = torch.randn(shape, generator=generator, dtype=torch.complex128).unbind(1)

        def one(pulse: Tensor, wave: Tensor, before: Tensor) -> Tensor:
            return network._scatter(place, layer, medium, least, pulse, wave, before)

        apart = 2.0 * one(p, q, r) + 3.0j * one(s, t, u)
        joint = one(2.0 * p + 3.0j * s, 2.0 * q + 3.0j * t, 2.0 * r + 3.0j * u)
        assert relative(joint, apart) < 1e-12

    def test_without_training_the_first_layer_leaves_the_exact_wave_alone(self, place: Lattice) -> None:
        """In a homogeneous earth the wave scatters nowhere: a layer changes the far field by what the lattice lacks."""
        earth, far = toys.uniform(GRID)[None], away(place, 1.0)
        one = SeriesNet(SeriesSize(layers=1, knots=4)).double()(place, earth, SOURCES, toys.VELOCITY)[0]
        expected = -0.25j * homogeneous(place.wavenumber * distances(place))
        assert relative(one[far].detach(), expected[far]) < 0.01


class TestReadout:
    def test_at_the_points_of_the_lattice_it_is_the_field(self, place: Lattice) -> None:
        field = random_field(place)
        rows, columns = torch.tensor([3, 17, 40]), torch.tensor([5, 5, 61])
        places = Places.of(torch.stack([place.z[rows], place.x[columns]], -1))
        assert relative(at(place, field, places), field[..., rows, columns]) < 1e-12

    def test_a_plane_wave_is_exact_anywhere(self, place: Lattice) -> None:
        kz, kx = float(place.wave_z[4]), float(place.wave_x[-7])

        def plane(z: Tensor, x: Tensor) -> Tensor:
            return torch.exp(1j * (kz * z + kx * x))

        spots = torch.rand((30, 2), generator=torch.Generator().manual_seed(5), dtype=torch.float64) * 3
        found = at(place, plane(place.z[:, None], place.x), Places.of(spots))
        assert relative(found, plane(*spots.T)) < 1e-12

    def test_crossing_lines_and_scattered_places_agree(self, place: Lattice) -> None:
        field, nodes = random_field(place), GRID.nodes
        together = at(place, field, Places.of(nodes))
        for first in (0, 60, 319):
            alone = at(place, field, Places.of(nodes[first : first + 1]))
            assert_close(alone[..., 0], together[..., first])
        apart = nodes[::21] + torch.linspace(0, 0.1, len(nodes[::21]))[:, None]  # no two on a line
        assert len(Places.of(apart).z) == len(apart)
        scattered, single = at(place, field, Places.of(apart)), at(place, field, Places.of(apart[3:4]))
        assert_close(scattered[..., 3], single[..., 0])


class TestLattice:
    def test_it_counts_in_wavelengths(self) -> None:
        """Twice the frequency on half the grid is the same lattice, half as large."""
        one, two = lattice(GRID, 3.0, 3.0), lattice(Grid((16, 20), 0.1), 6.0, 3.0)
        assert one.shape == two.shape
        assert one.wavelengths == pytest.approx(two.wavelengths)
        assert one.spacing == pytest.approx(2 * two.spacing)
        assert_close(one.kappa2, two.kappa2)
        assert_close(one.border, two.border)

    def test_precision_and_device_follow_a_tensor(self, place: Lattice) -> None:
        single = place.to(torch.zeros(1))
        assert single.turn.dtype == torch.complex64
        assert single.kappa2.dtype == torch.float32
        assert single.keep_z.dtype == torch.int64
        assert single.spacing == place.spacing

    def test_every_order_is_damped_no_more_than_its_wave(self, place: Lattice) -> None:
        """|H_m(k r')/H_m(k r)| ≤ 1 outward, and → √(r/r') for the lowest orders: finite for all."""
        size = place.turn.abs()
        assert bool(size.isfinite().all())
        assert float(size.max()) <= 1.0
        far = (place.radii[:-1] / place.radii[1:]).sqrt()
        assert_close(size[-5:, 0], far[-5:], rtol=1e-3, atol=0.0)


def random_field(place: Lattice) -> Tensor:
    """Without the highest component of an even number, which has no partner."""
    generator = torch.Generator().manual_seed(6)
    components = torch.randn((2, *place.shape), generator=generator, dtype=torch.complex128)
    return torch.fft.ifft2(components * (place.kappa2 < 0.9 * place.kappa2.max() / 2))


def test_the_least_wavelength_is_what_the_grid_is_measured_in() -> None:
    assert lattice(Grid((64, 64), 0.16), 8.0, 3.0).wavelengths == pytest.approx(63 * 0.16 * 8 / 3)
    assert lattice(GRID, 4.0, 3.0).wavenumber == pytest.approx(2 * math.pi * 4 / 3)
