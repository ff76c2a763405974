"""Random fields: the covariance asked for at every lag, no seam, and spectra that belong to the correlations."""

import math

import numpy as np
import pytest
from scipy.special import j0

from seisgrad.earth import Correlation, Gaussian, Matern, VonKarman, draw_field
from seisgrad.errors import InputError

KINDS = [
    VonKarman((1.6, 1.6), kappa=0.5),
    VonKarman((0.8, 2.4), kappa=0.3),
    VonKarman((2.0, 2.0), kappa=1.0),
    Matern((1.0, 3.0), nu=1.5),
    Gaussian((0.8, 1.6)),
]
NAMES = [f"{type(kind).__name__}-{kind.lengths}" for kind in KINDS]


@pytest.mark.parametrize("correlation", KINDS, ids=NAMES)
def test_nodes_covary_as_stated_at_every_lag(correlation: Correlation) -> None:
    """Sample covariance between one node and all others, over draws: within its sampling error everywhere.

    The reference node is a corner, so that the largest lags, where a periodic field would come back, are tested too.
    """
    rng, shape, spacing, draws = np.random.default_rng(5), (24, 20), 0.4, 3000
    fields = np.stack([draw_field(correlation, shape, spacing, rng) for _ in range(draws)])
    z, x = np.meshgrid(*(spacing * np.arange(n) for n in shape), indexing="ij")
    for i, j in ((0, 0), (23, 0), (11, 9)):
        expected = correlation(z - z[i, j], x - x[i, j])
        measured = (fields * fields[:, i, j, None, None]).mean(0)
        # the product of two unit normals with correlation c has variance 1 + c²
        error = (measured - expected) / np.sqrt((1.0 + expected**2) / draws)
        assert np.abs(error).max() < 5.0
        assert 0.5 < np.sqrt((error**2).mean()) < 1.6
    assert np.abs(fields.mean(0)).max() < 5.0 / math.sqrt(draws)


@pytest.mark.parametrize("correlation", KINDS, ids=NAMES)
def test_the_spectrum_is_the_transform_of_the_correlation(correlation: Correlation) -> None:
    """∫∫ C(r) e^{-ik·r} dr in lengths of correlation, by a Hankel transform on a fine line, against the closed form."""
    r = np.linspace(0.0, 60.0, 60_001) ** 2 / 60.0  # denser towards the cusp at 0
    scaled = np.stack([a * r for a in correlation.lengths])
    along = correlation(scaled[0], 0.0 * r)
    assert np.allclose(along, correlation(0.0 * r, scaled[1]), atol=1e-14)
    for wavenumber in (0.0, 0.5, 1.0, 3.0):
        transformed = 2.0 * math.pi * np.trapezoid(along * j0(wavenumber * r) * r, r)
        k = wavenumber / math.sqrt(2.0)
        stated = correlation.spectrum(*(k / a for a in correlation.lengths))
        assert stated == pytest.approx(math.prod(correlation.lengths) * transformed, rel=1e-3)


@pytest.mark.parametrize("make", [lambda a: VonKarman(a, kappa=0.7), lambda a: Matern(a, nu=2.5), Gaussian])
def test_along_a_line_too(make) -> None:
    correlation = make((1.3,))
    r = np.linspace(0.0, 40.0, 400_001)
    for k in (0.0, 0.4, 2.0):
        transformed = 2.0 * np.trapezoid(correlation(r) * np.cos(k * r), r)
        assert correlation.spectrum(k) == pytest.approx(transformed, rel=1e-4)
    rng = np.random.default_rng(3)
    fields = np.stack([draw_field(correlation, (50,), 0.2, rng) for _ in range(4000)])
    assert np.allclose(
        fields.T @ fields / 4000, correlation(0.2 * np.subtract.outer(*[np.arange(50)] * 2)), atol=0.1
    )


def test_closed_forms_of_half_integer_orders() -> None:
    r = np.linspace(0.0, 9.0, 200)
    assert np.allclose(VonKarman((1.6,), kappa=0.5)(r), np.exp(-r / 1.6), atol=1e-14)
    s = math.sqrt(3.0) * r / 2.0
    assert np.allclose(Matern((2.0,), nu=1.5)(r), (1.0 + s) * np.exp(-s), atol=1e-14)
    assert np.allclose(Matern((2.0,), nu=50.0)(r), np.exp(-(r**2) / 8.0), atol=0.01)
    matern, karman = Matern((2.0, 1.0), nu=0.8), VonKarman((2.0 / 1.6**0.5, 1.0 / 1.6**0.5), kappa=0.8)
    assert np.allclose(matern(r, 0.3 * r), karman(r, 0.3 * r), atol=1e-14)
    assert np.allclose(matern.spectrum(r, r), karman.spectrum(r, r), rtol=1e-12)


def test_every_other_node_of_a_finer_grid_is_a_draw_on_the_coarser() -> None:
    """The same mean roughness (half the variance of steps over 0.16 km) on both grids: 1 - C(0.16 km)."""
    correlation = VonKarman((1.6, 1.6), kappa=0.5)
    rng = np.random.default_rng(8)
    expected = 1.0 - math.exp(-0.1)
    for shape, spacing, step in (((64, 64), 0.16, 1), ((127, 127), 0.08, 2)):
        fields = [draw_field(correlation, shape, spacing, rng)[::step, ::step] for _ in range(60)]
        assert 0.5 * np.mean(np.diff(fields, axis=1) ** 2) == pytest.approx(expected, rel=0.02)
        assert 0.5 * np.mean(np.diff(fields, axis=2) ** 2) == pytest.approx(expected, rel=0.02)


def test_the_field_of_the_ambient_noise_earths_has_its_two_lengths() -> None:
    """Matérn, 2.52 km down and 20.3 km along, on 128 x 256 nodes."""
    rng, correlation = np.random.default_rng(2), Matern((2.52, 20.3), nu=1.5)
    steps = (40.0 / 127, 80.7 / 255)
    fields = np.stack([draw_field(correlation, (128, 256), steps, rng) for _ in range(60)])
    for lag in (4, 8):
        down, along = (
            (fields[:, :-lag] * fields[:, lag:]).mean(),
            (fields[..., :-lag] * fields[..., lag:]).mean(),
        )
        assert down == pytest.approx(float(correlation(lag * steps[0], 0.0)), abs=0.06)
        assert along == pytest.approx(float(correlation(0.0, lag * steps[1])), abs=0.06)
        assert along > down + 0.1


def test_a_seed_is_a_field() -> None:
    correlation = Gaussian((1.0, 1.0))
    first, again, other = (
        draw_field(correlation, (9, 8), 0.3, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: VonKarman((1.0, -1.0), kappa=0.5), "expected positive ones, one per axis"),
        (lambda: VonKarman((1.0, 1.0), kappa=0.0), "kappa is 0.0, expected a positive number up to 50"),
        (lambda: Matern((1.0,), nu=80.0), "nu is 80.0, expected a positive number up to 50"),
        (lambda: draw_field(Gaussian((1.0,)), (4, 4), 0.1, np.random.default_rng(1)), "expected 1 axes"),
        (lambda: draw_field(Gaussian((900.0,) * 2), (9, 9), 0.01, np.random.default_rng(1)), "take shorter"),
        (lambda: Gaussian((1.0, 1.0))(0.5), "1 axes were given, expected 2"),
    ],
)
def test_what_cannot_be_is_refused(make, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()
