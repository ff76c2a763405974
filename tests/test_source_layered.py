"""Synthetic seismograms of layered ground against closed forms, limits and themselves."""

import numpy as np
import pytest
import torch
from source_theory import RHO, VP, VS, full_space

from seisgrad.errors import InputError
from seisgrad.source.layered import Band, Column, Sum, elementary
from seisgrad.source.layered.ground import velocity
from seisgrad.source.radiation import ELEMENTARY, coefficients, components

SHORT = Band(samples=256, time_step=0.2, flat=0.8, end=1.2)


def _column(thickness, vp, vs, rho, quality=np.inf):
    count = len(thickness)
    return Column(
        *(np.broadcast_to(np.asarray(v, float), count) for v in (thickness, vp, vs, rho, quality, quality))
    )


def _layered(quality=np.inf):
    return _column([1.0, 6.0, 0.0], [4.0, 6.0, 7.8], [2.2, 3.5, 4.5], [2.4, 2.7, 3.3], quality)


def test_full_space_without_a_free_surface():
    column = _column([3.0, 4.0, 0.0], VP, VS, RHO)
    depths, distances = np.array([1.0, 7.0, 12.0]), np.array([5.0, 20.0, 60.0])
    traces = elementary(column, depths, distances, np.zeros((3, 3)), SHORT, free=False)
    draws = np.random.default_rng(4)
    for i, depth in enumerate(depths):
        for j, distance in enumerate(distances):
            moment, azimuth = draws.standard_normal(6), draws.uniform(0.0, 360.0)
            expected = full_space(moment, azimuth, depth, distance, 0.0, SHORT)
            weights = coefficients(torch.tensor(moment), torch.tensor([azimuth], dtype=torch.float64))[0]
            got = components(weights, torch.tensor(traces[i, j])).numpy()
            np.testing.assert_allclose(got, expected, rtol=0.0, atol=1e-4 * np.abs(expected).max())


def test_an_explosion_lifts_a_half_space_as_mogi_says():
    depths, distances = np.array([3.0, 8.0]), np.array([2.0, 10.0])
    # what is left of the waves fades like the inverse square of time: wait for 400 s
    band = Band(samples=256, time_step=1.6, flat=0.1, end=0.15)
    traces = elementary(_column([0.0], VP, VS, RHO), depths, distances, np.zeros((2, 2)), band)
    poisson = (VP**2 - 2.0 * VS**2) / (2.0 * (VP**2 - VS**2))
    slant = np.hypot(depths[:, None], distances)
    strength = 1e-15 * (1.0 - poisson) / np.pi / (RHO * VP**2) / slant**3
    np.testing.assert_allclose(traces[:, :, 0, -20], strength * depths[:, None], rtol=1e-3)
    np.testing.assert_allclose(traces[:, :, 4, -20], strength * distances, rtol=1e-3)


def test_a_layer_cut_in_two_is_the_same_layer():
    cut = _column([1.0, 2.0, 4.0, 0.0], [4.0, 6.0, 6.0, 7.8], [2.2, 3.5, 3.5, 4.5], [2.4, 2.7, 2.7, 3.3])
    where = np.array([2.0, 3.0, 9.0]), np.array([12.0]), np.zeros((3, 1)), SHORT
    one, two = elementary(_layered(), *where), elementary(cut, *where)
    np.testing.assert_allclose(one, two, rtol=0.0, atol=3e-8 * np.abs(one).max())


def test_a_source_on_an_interface_is_the_limit_of_one_below_it():
    depths = np.array([1.0 - 1e-6, 1.0, 1.0 + 1e-6, 7.0 - 1e-6, 7.0, 7.0 + 1e-6])
    traces = elementary(_layered(), depths, np.array([15.0]), np.zeros((6, 1)), SHORT)[:, 0]
    peak = np.abs(traces).max(axis=(0, 2))[None, :, None]
    assert np.isfinite(traces).all()
    for upper, on, lower in ((0, 1, 2), (3, 4, 5)):
        np.testing.assert_allclose(traces[on] / peak, traces[lower] / peak, rtol=0.0, atol=1e-5)
        # a vertical strike-slip source stretches the ground along an interface, where strain is the same on both sides
        for name in ("ZSS", "RSS", "TSS"):
            at = ELEMENTARY.index(name)
            np.testing.assert_allclose(
                traces[on, at] / peak[0, at], traces[upper, at] / peak[0, at], rtol=0.0, atol=1e-5
            )


def test_nothing_comes_before_p():
    depths, distances, band = np.array([2.0, 12.0]), np.array([10.0, 60.0]), Band(samples=512)
    traces = elementary(_layered(60.0), depths, distances, np.full((2, 2), -10.0), band)
    earliest = np.hypot(depths[:, None], distances) / 7.8
    times = -10.0 + band.time_step * np.arange(band.samples)
    velocity_of = np.gradient(traces, band.time_step, axis=-1)
    # the band ends, so an arrival rings a little before it comes
    before = np.where(times < earliest[..., None, None] - 4.0, np.abs(velocity_of), 0.0)
    assert (before.max(-1) < 1e-3 * np.abs(velocity_of).max(-1)).all()


def test_the_sum_has_converged():
    """Half the step of wavenumbers and a sum twice as far."""
    where = np.array([1.0, 6.0]), np.array([5.0, 50.0]), np.zeros((2, 2)), SHORT
    once = elementary(_layered(100.0), *where)
    fine = elementary(_layered(100.0), *where, Sum(period=2500.0, decay=36.0))
    assert (np.abs(once - fine).max(-1) < 1e-3 * np.abs(fine).max(-1)).all()


def test_attenuation_takes_amplitude_by_t_star():
    quality, distance = 50.0, 60.0
    where = np.array([1.0]), np.array([distance]), np.zeros((1, 1)), SHORT
    kept = elementary(_column([0.0], VP, VS, RHO), *where, free=False)[0, 0, 9]
    lost = elementary(_column([0.0], VP, VS, RHO, quality), *where, free=False)[0, 0, 9]
    at = slice(round(distance / VS / 0.2) - 20, round(distance / VS / 0.2) + 20)
    spectra = [np.abs(np.fft.rfft(np.diff(t)[at] * np.hanning(40), 400)) for t in (kept, lost)]
    frequency = np.fft.rfftfreq(400, 0.2)
    inside = (frequency > 0.3) & (frequency < 0.75)
    slope = np.polyfit(frequency[inside], np.log(spectra[1][inside] / spectra[0][inside]), 1)[0]
    assert slope == pytest.approx(-np.pi * distance / VS / quality, rel=0.05)


def test_velocity_at_one_hertz_is_the_one_given_and_q_is_constant():
    v0, quality = np.array([3.0]), np.array([20.0])
    for f in (0.1, 1.0, 2.0):
        v = velocity(v0, quality, 2.0 * np.pi * f)[0]
        assert (v**2).imag / (v**2).real == pytest.approx(1.0 / 20.0)
        assert 1.0 / (1.0 / v).real == pytest.approx(3.0 * f ** (np.arctan(0.05) / np.pi))


def test_threads_and_order_of_depths_change_nothing():
    distances, start = np.array([8.0, 30.0]), np.zeros((3, 2))
    up = elementary(_layered(), np.array([2.0, 5.0, 9.0]), distances, start, SHORT)
    down = elementary(_layered(), np.array([9.0, 5.0, 2.0]), distances, start, SHORT, threads=2)
    np.testing.assert_array_equal(up, down[::-1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"depths": np.array([0.1])}, "0.5 km"),
        ({"distances": np.array([0.0])}, "positive"),
        ({"column": _column([1.0, 0.0], 5.0, [0.0, 3.0], 2.0)}, "vs of layer 1"),
        ({"column": _column([0.0], 3.0, 2.9, 2.0)}, "1.155"),
    ],
)
def test_what_cannot_be_computed_is_refused(change, words):
    asked = {"column": _layered(), "depths": np.array([2.0]), "distances": np.array([9.0])} | change
    with pytest.raises(InputError, match=words):
        elementary(**asked, start=np.zeros((1, 1)), band=SHORT)
