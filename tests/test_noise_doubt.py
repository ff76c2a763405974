"""The number of waves of a phase velocity: how sure it is, what zero crossings say, and that wrong ones are flagged."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from noise_line_toys import EARTH, isotropic

import seisgrad as sg
from seisgrad.noise.bessel import zeros
from seisgrad.noise.crossings import Counted, Crossings, beside_a_curve
from seisgrad.noise.doubt import circular_deviation, mean_around, other_branch, slipped

PERIODS = np.geomspace(1.0, 5.0, 8)
VELOCITIES = (0.7, 5.0)
DISTANCE = 40.0


@pytest.fixture(scope="module")
def egf() -> sg.noise.Correlations:
    """Stations 40 km apart: 4 to 34 wavelengths."""
    return sg.noise.to_egf(sg.noise.fold(isotropic([0.0, DISTANCE], [(0, 1)])))


@pytest.fixture(scope="module")
def reference() -> sg.noise.Reference:
    """5 % too fast."""
    exact = sg.noise.Reference.of_model(EARTH, "rayleigh", (0.5, 10.0))
    return replace(exact, velocity=1.05 * exact.velocity)


def truth(period: np.ndarray) -> np.ndarray:
    return sg.dispersion.velocity(EARTH, period.tolist()).numpy()


def noisy(egf: sg.noise.Correlations, size: float, seed: int) -> sg.noise.Correlations:
    """With noise in the wave's band, a share of the peak."""
    white = np.random.default_rng(seed).standard_normal(egf.values.shape)
    frequency = np.fft.rfftfreq(egf.values.shape[-1], egf.interval)
    band = np.exp(-0.5 * (np.log(np.fmax(frequency, 1e-3) / 0.4) / 0.6) ** 2)
    shaped = np.fft.irfft(np.fft.rfft(white) * band, egf.values.shape[-1])
    grains = size * egf.values.abs().max().item() / shaped.std() * shaped
    return replace(egf, values=egf.values + torch.from_numpy(grains), sides=None)


class TestProbabilities:
    def test_the_deviation_of_phases_is_found_from_their_mean_vector(self) -> None:
        draw = np.random.default_rng(1)
        for sigma in (0.3, 1.0, 1.8):
            vectors = np.exp(1j * draw.normal(0, sigma, 200_000))
            found = circular_deviation(np.abs(vectors.mean(keepdims=True)))
            assert found[0] == pytest.approx(sigma, rel=0.02)

    def test_a_step_slips_as_often_as_a_normal_deviate_leaves_the_half_wave(self) -> None:
        draw, sigma, steps = np.random.default_rng(2), 1.6, 6
        beyond = np.abs(draw.normal(0, sigma, (200_000, steps))) > math.pi
        ever = np.concatenate([[0.0], beyond.cumsum(1).astype(bool).mean(0)])
        np.testing.assert_allclose(slipped(np.full(steps, sigma), 0), ever, atol=0.005)
        np.testing.assert_allclose(slipped(np.full(steps, sigma), steps), ever[::-1], atol=0.005)

    def test_one_step_or_many_that_are_not_independent_come_to_the_same(self) -> None:
        one = slipped(np.full(3, 1.5), 0)
        np.testing.assert_allclose(slipped(np.full(12, 1.5), 0, 0.25)[::4], one, rtol=1e-9)

    def test_branches_share_the_probability_by_their_misfits(self) -> None:
        assert other_branch([3.0]) == 0
        assert other_branch([3.0, 3.0]) == pytest.approx(0.5)
        assert other_branch([3.0, 5.0]) == pytest.approx(1 / (1 + math.e))
        assert other_branch([1.0, 60.0]) < 1e-9

    def test_the_mean_around_knows_the_ends(self) -> None:
        np.testing.assert_allclose(mean_around(np.arange(4.0), 1), [0.5, 1, 2, 2.5])
        np.testing.assert_allclose(mean_around(np.arange(3.0), 9), [1, 1, 1])


class TestZeros:
    def test_a_curve_that_slips_by_a_wave_is_seen_where_it_slips(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        row = egf.values[0, 0].numpy()
        crossings = Crossings.of(row, egf.interval, DISTANCE / VELOCITIES[0], (0.8, 6.0))
        start = (3.0, float(truth(np.array([3.0]))[0]))
        count = Counted.along(crossings, DISTANCE, "ZZ", reference, start)
        period = np.geomspace(0.8, 6.0, 200)
        kr = 2 * np.pi * DISTANCE / (period * truth(period))
        slip = period < 2.0
        differ, scatter, doubt = beside_a_curve(count, period, kr + 2 * np.pi * slip, np.array([1.2, 4.0]))
        np.testing.assert_allclose(differ, [-1.0, 0.0], atol=0.03)
        assert scatter.max() < 0.05
        assert doubt.max() < 0.01

    def test_crossings_of_noise_are_not_counted_on(self, reference: sg.noise.Reference) -> None:
        hiss = np.random.default_rng(3).standard_normal(1500)
        crossings = Crossings.of(hiss, 0.1, DISTANCE / VELOCITIES[0], (0.8, 6.0))
        start = (3.0, float(reference.at(np.array([3.0]))[0]))
        count = Counted.along(crossings, DISTANCE, "ZZ", reference, start)
        away = np.abs(np.log(count.period / 3.0)) > 0.7
        assert count.doubt[away].min() > 0.5

    def test_zeros_exactly_where_they_should_be_are_counted_to_the_last(
        self, reference: sg.noise.Reference
    ) -> None:
        kr = zeros("ZZ", 60)[6:]
        period = np.interp(kr, *_increasing(reference, DISTANCE))
        upward = np.arange(6, 60) % 2 == 1  # J0 falls at its first zero, and frequency grows with kr
        start = (float(period[20]), float(reference.at(period[20:21])[0]))
        found = Counted.along(Crossings(period, upward), DISTANCE, "ZZ", reference, start)
        np.testing.assert_allclose(found.kr, kr)
        assert found.doubt.max() < 1e-9


def _increasing(reference: sg.noise.Reference, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """kr and period of a curve, by increasing kr."""
    period = np.geomspace(12.0, 0.3, 4000)
    return 2 * np.pi * distance / (period * reference.at(period)), period


class TestPhaseVelocity:
    def test_wrong_numbers_of_waves_are_flagged_and_right_ones_are_not(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        doubt, wrong, good = [], [], []
        for seed in range(12):
            found = sg.noise.phase_velocity(
                noisy(egf, 0.13, seed), 0, periods=PERIODS, reference=reference, velocities=VELOCITIES
            )
            waves = DISTANCE / PERIODS * (1 / found.velocity.numpy() - 1 / truth(PERIODS))
            known = np.isfinite(waves)
            wrong += (np.abs(waves[known]) > 0.5).tolist()
            doubt += found.doubt.numpy()[known].tolist()
            good += found.good.numpy()[known].tolist()
        wrong, doubt, good = np.array(wrong), np.array(doubt), np.array(good)
        assert 6 < wrong.sum() < 0.3 * len(wrong)
        assert (wrong & good).sum() <= 0.25 * wrong.sum()
        assert (~wrong & good).sum() > 0.9 * (~wrong).sum()
        assert doubt[wrong].mean() > doubt[~wrong].mean() + 0.15

    def test_a_band_that_tells_nothing_leaves_every_branch_in_doubt(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        off = replace(reference, velocity=1.15 * reference.velocity)
        narrow, wide = (
            sg.noise.phase_velocity(
                egf, 0, periods=PERIODS, reference=replace(off, band=band), velocities=VELOCITIES
            )
            for band in (0.05, 0.6)
        )
        assert float(wide.doubt.min()) > 0.3
        assert float(narrow.doubt.max()) < float(wide.doubt.min())

    def test_every_flag_has_a_sentence_with_the_value_and_the_rule(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        found = sg.noise.phase_velocity(
            noisy(egf, 0.2, 1),
            0,
            periods=PERIODS,
            reference=replace(reference, band=0.01),
            velocities=VELOCITIES,
            wavelengths=6.0,
            lowest_snr=6.0,
        )
        for flags, sentence in zip(found.reasons, found.sentences, strict=True):
            assert (flags == "ok") == (sentence == "")
            assert len(sentence.split("; ")) == len(flags.split(", ")) or flags == "ok"
        told = "; ".join(found.sentences)
        for words in ("wavelengths apart, expected 6", "signal over noise is", "of the reference, expected"):
            assert words in told

    def test_a_stricter_rule_keeps_the_curves_without_doubt(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        found = sg.noise.phase_velocity(
            egf, 0, periods=PERIODS, reference=reference, velocities=VELOCITIES, highest_doubt=0.05
        )
        assert set(found.reasons) == {"ambiguous"}
        assert "expected up to 5 %" in found.sentences[0]

    def test_a_reference_by_which_the_stations_are_too_near_tells_no_number(
        self, egf: sg.noise.Correlations, reference: sg.noise.Reference
    ) -> None:
        found = sg.noise.phase_velocity(
            egf, 0, periods=PERIODS, reference=reference, velocities=VELOCITIES, wavelengths=60.0
        )
        assert all("no_branch" in flags for flags in found.reasons)
        assert "60 wavelengths apart at no period" in found.sentences[0]
