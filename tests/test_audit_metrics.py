"""Measures of two kernels: bounds, invariances, identical kernels, and cases with a closed form."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seisgrad import audit
from seisgrad.audit import metrics
from seisgrad.errors import InputError

DEPTH = 40
SEEDS = st.integers(0, 10_000)


def pair(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two rough kernels ``[3, depth]`` that have something in common."""
    generator = torch.Generator().manual_seed(seed)
    exact, error = torch.randn(2, 3, DEPTH, generator=generator, dtype=torch.float64)
    return exact + torch.rand((), generator=generator, dtype=torch.float64) * error, exact


PERFECT = {
    audit.cosine: 1.0,
    audit.pearson: 1.0,
    audit.amplitude_ratio: 1.0,
    audit.relative_l2: 0.0,
    audit.sign_error: 0.0,
    audit.depth_integral_error: 0.0,
    audit.mean_absolute_difference: 0.0,
}
named = pytest.mark.parametrize("measure", PERFECT, ids=lambda measure: measure.__name__)


@named
@given(seed=SEEDS)
def test_identical_kernels_get_the_perfect_value(measure, seed: int) -> None:
    _, exact = pair(seed)
    torch.testing.assert_close(measure(exact, exact), torch.full((3,), PERFECT[measure], dtype=torch.float64))


@named
def test_rows_are_measured_one_by_one_and_a_nan_spoils_only_its_own(measure) -> None:
    learned, exact = pair(1)
    together = measure(learned, exact)
    torch.testing.assert_close(
        together, torch.stack([measure(*rows) for rows in zip(learned, exact, strict=True)])
    )
    for side in range(2):
        rows = [learned.clone(), exact.clone()]
        rows[side][1, 7] = math.nan
        assert measure(*rows).isnan().tolist() == [False, True, False]


@given(seed=SEEDS, a=st.floats(1e-150, 1e150), b=st.floats(1e-150, 1e150))
def test_angles_do_not_see_amplitude(seed: int, a: float, b: float) -> None:
    learned, exact = pair(seed)
    for measure in (audit.cosine, audit.pearson):
        torch.testing.assert_close(measure(a * learned, b * exact), measure(learned, exact))
        torch.testing.assert_close(measure(-a * learned, b * exact), -measure(learned, exact))


@given(seed=SEEDS, factor=st.floats(0.01, 100.0), shift=st.floats(-5.0, 5.0))
def test_correlation_does_not_see_a_constant(seed: int, factor: float, shift: float) -> None:
    learned, exact = pair(seed)
    torch.testing.assert_close(audit.pearson(factor * learned + shift, exact), audit.pearson(learned, exact))


@given(seed=SEEDS, unit=st.floats(1e-3, 1e3))
def test_relative_measures_do_not_see_the_unit(seed: int, unit: float) -> None:
    learned, exact = pair(seed)
    for measure in (audit.relative_l2, audit.amplitude_ratio, audit.sign_error, audit.depth_integral_error):
        torch.testing.assert_close(measure(unit * learned, unit * exact), measure(learned, exact))


@given(seed=SEEDS)
def test_bounds(seed: int) -> None:
    learned, exact = pair(seed)
    for measure in (audit.cosine, audit.pearson):
        assert (measure(learned, exact).abs() <= 1.0).all()
    assert ((audit.sign_error(learned, exact) >= 0) & (audit.sign_error(learned, exact) <= 1)).all()
    ratio, error = audit.amplitude_ratio(learned, exact), audit.relative_l2(learned, exact)
    assert (error >= (ratio - 1.0).abs() - 1e-12).all()  # the triangle's two other sides


@given(seed=SEEDS)
def test_the_law_of_cosines_ties_shape_amplitude_and_error(seed: int) -> None:
    learned, exact = pair(seed)
    ratio, angle = audit.amplitude_ratio(learned, exact), audit.cosine(learned, exact)
    torch.testing.assert_close(audit.relative_l2(learned, exact) ** 2, ratio**2 + 1 - 2 * ratio * angle)


def test_closed_forms() -> None:
    exact = torch.tensor([3.0, 4.0, 0.0, 0.001], dtype=torch.float64)
    zero = torch.zeros(4, dtype=torch.float64)
    assert audit.relative_l2(zero, exact).item() == 1.0
    assert audit.relative_l2(2 * exact, exact).item() == pytest.approx(1.0)
    assert audit.amplitude_ratio(-2 * exact, exact).item() == pytest.approx(2.0)
    assert audit.depth_integral_error(exact.flip(0), exact).item() == 0.0
    assert audit.depth_integral_error(2 * exact, exact).item() == pytest.approx(1.0)
    assert audit.mean_absolute_difference(zero, exact).item() == pytest.approx(7.001 / 4)
    assert audit.cosine(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])).item() == pytest.approx(0.5**0.5)


def test_a_wrong_sign_counts_only_where_the_kernel_is_more_than_rounding() -> None:
    exact = torch.tensor([1.0, -0.5, 0.02, 0.005, -1e-9], dtype=torch.float64)
    learned = torch.tensor([1.0, 0.5, 0.0, -0.005, 1e-9], dtype=torch.float64)
    assert audit.sign_error(learned, exact).item() == pytest.approx(2 / 3)


def test_against_a_kernel_of_zeros_nothing_is_measured() -> None:
    some, zero = torch.ones(5), torch.zeros(5)
    for measure in (audit.cosine, audit.relative_l2, audit.amplitude_ratio, audit.sign_error):
        assert measure(some, zero).isnan()
    assert audit.normalise(zero).isnan().all()


@given(seed=SEEDS, factor=st.floats(1e-6, 1e6))
def test_smoothed_and_normalised_kernels_have_norm_one_and_forget_their_amplitude(
    seed: int, factor: float
) -> None:
    kernel, _ = pair(seed)
    seen = audit.smooth_and_normalise(kernel, 9)
    torch.testing.assert_close(seen.abs().sum(-1), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(audit.smooth_and_normalise(factor * kernel, 9), seen)


def test_the_running_mean_keeps_straight_lines_inside_and_constants_everywhere() -> None:
    line = torch.arange(20, dtype=torch.float64)
    torch.testing.assert_close(audit.smooth(line, 9)[4:-4], line[4:-4])
    torch.testing.assert_close(audit.smooth(torch.full((2, 20), 3.0), 9), torch.full((2, 20), 3.0))
    assert audit.smooth(line, 9)[0].item() == 2.0  # of 0, 1, 2, 3, 4
    spike = torch.zeros(20, dtype=torch.float64).index_fill(0, torch.tensor(10), 9.0)
    assert audit.smooth(spike, 9).tolist() == [0.0] * 6 + [1.0] * 9 + [0.0] * 5


def test_smoothing_hides_roughness() -> None:
    """What the raw cosine sees and the smoothed one does not: an error that alternates from sample to sample."""
    exact = torch.linspace(2.0, 1.0, DEPTH, dtype=torch.float64)
    rough = exact + 2.0 * (-1.0) ** torch.arange(DEPTH)
    assert audit.cosine(rough, exact) < 0.65
    assert audit.cosine(audit.smooth_and_normalise(rough), audit.smooth_and_normalise(exact)) > 0.98


@pytest.mark.parametrize("width", [0, 4, -3])
def test_a_running_mean_has_a_middle(width: int) -> None:
    with pytest.raises(InputError, match="odd"):
        audit.smooth(torch.ones(9), width)


@named
def test_kernels_of_different_shapes_are_refused_and_not_broadcast(measure) -> None:
    with pytest.raises(InputError, match=r"\(3, 40\).*\(1, 40\)"):
        measure(torch.ones(3, DEPTH), torch.ones(1, DEPTH))
    with pytest.raises(InputError, match="one shape"):
        measure(torch.ones(3, DEPTH), torch.ones(3, 1))


POSITIONS = torch.arange(0.0, 50.0, 0.5, dtype=torch.float64)


def test_the_peak_of_a_bump_is_its_middle_and_one_rough_sample_does_not_move_it() -> None:
    kernel = -torch.exp(-0.5 * ((POSITIONS - 20.0) / 3.0) ** 2)
    assert metrics.peak(kernel, POSITIONS).item() == 20.0
    kernel[70] = 1.5
    assert metrics.largest(kernel, POSITIONS).item() == 35.0
    assert metrics.peak(kernel, POSITIONS).item() == 20.0


def test_a_kernel_of_zeros_or_with_a_nan_has_no_peak() -> None:
    kernel = torch.zeros(2, len(POSITIONS), dtype=torch.float64)
    kernel[1, 3] = math.nan
    assert metrics.peak(kernel, POSITIONS).isnan().all()


@pytest.mark.parametrize("length", [1.0, 4.0])
@pytest.mark.parametrize("wavelength", [4.0, 10.0, 20.0])
def test_a_smooth_perturbation_answers_to_a_wave_as_its_fourier_transform_says(
    length: float, wavelength: float
) -> None:
    """A Gaussian of standard deviation σ passes a wave of wavenumber q by exp(-σ²q²/2), against a constant."""
    positions = torch.arange(2000, dtype=torch.float64) * 0.5
    q = 2 * math.pi / wavelength
    exact = torch.ones_like(positions)
    learned = exact + math.sqrt(2) * torch.sin(q * positions)
    found = metrics.smooth_error(learned, exact, metrics.bumps(positions, length)).item()
    assert found == pytest.approx(math.exp(-0.5 * (length * q) ** 2), abs=0.03)  # the ends see half a bump
    assert metrics.relative_l2(learned, exact).item() == pytest.approx(1.0, abs=1e-2)
