"""Normalisation, whitening, rotation and stacks: none of them moves a phase or changes the ratio of two components."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from noise_toys import SMALL, isotropic, places

from seisgrad.errors import InputError
from seisgrad.noise.bands import band_taper, edge_taper, padded
from seisgrad.noise.normalisation import normalise
from seisgrad.noise.quality import Rejection, dead, read_rejections, write_rejections
from seisgrad.noise.rotation import rotation_of
from seisgrad.noise.run import correlate_motion
from seisgrad.noise.settings import NORMALISATIONS, Settings
from seisgrad.noise.stacking import resampled_days, stack
from seisgrad.noise.whitening import whiten

TAMED = [name for name in NORMALISATIONS if name != "none"]
NINE = tuple(a + b for a in "ZRT" for b in "ZRT")
SHORT = replace(
    SMALL,
    band=(0.1, 0.5),
    segment=200.0,
    lag=50.0,
    normalisation="running-mean",
    whiten=True,
    precision="double",
)


@pytest.fixture
def motion() -> np.ndarray:
    """Three components with a burst, ``[component, time]``."""
    samples = np.random.default_rng(2).standard_normal((3, 5000))
    samples[:, 2000:2100] *= 50
    return samples


def turn(angle: float) -> np.ndarray:
    return rotation_of(angle).numpy()


class TestNormalisation:
    @pytest.mark.parametrize("name", TAMED)
    def test_it_is_one_weight_for_all_components(self, name: str, motion: np.ndarray) -> None:
        weight = normalise(motion, np.ones(5000), replace(SHORT, normalisation=name)) / motion
        assert (weight > 0).all()
        np.testing.assert_allclose(weight, np.broadcast_to(weight[0], weight.shape), rtol=1e-12)

    @pytest.mark.parametrize("name", TAMED)
    def test_turning_before_and_after_are_the_same(self, name: str, motion: np.ndarray) -> None:
        settings, there = replace(SHORT, normalisation=name), np.ones(5000)
        before = normalise(turn(33) @ motion, there, settings)
        np.testing.assert_allclose(before, turn(33) @ normalise(motion, there, settings), atol=1e-12)

    @pytest.mark.parametrize("name", TAMED)
    def test_a_burst_is_tamed(self, name: str, motion: np.ndarray) -> None:
        length = np.linalg.norm(normalise(motion, np.ones(5000), replace(SHORT, normalisation=name)), axis=0)
        assert length[2000:2100].mean() < 3 * length[:1500].mean()

    def test_one_component_becomes_its_sign(self, motion: np.ndarray) -> None:
        one = normalise(motion[:1], np.ones(5000), replace(SHORT, normalisation="one-bit"))
        np.testing.assert_allclose(one, np.sign(motion[:1]), rtol=1e-12)

    @pytest.mark.parametrize("name", TAMED)
    def test_a_gap_stays_empty_and_does_not_raise_what_is_beside_it(
        self, name: str, motion: np.ndarray
    ) -> None:
        motion[:, 2000:2100] /= 50
        weight = np.ones(5000)
        weight[1000:1500] = 0
        settings = replace(SHORT, normalisation=name)
        gappy, whole = (
            normalise(motion * weight, weight, settings),
            normalise(motion, np.ones(5000), settings),
        )
        assert not gappy[:, 1000:1500].any()
        ratio = np.linalg.norm(gappy[:, 1500:1520]) / np.linalg.norm(whole[:, 1500:1520])
        assert ratio == pytest.approx(1, abs=0.25)


class TestWhitening:
    TAPER = torch.from_numpy(band_taper(np.linspace(0.05, 0.7, 400), SHORT.corners))

    def spectra(self) -> torch.Tensor:
        noise = torch.complex(*torch.randn(2, 3, 5, 400, generator=torch.Generator().manual_seed(1)).double())
        slope = torch.linspace(0, 6, 400, dtype=torch.float64).exp()
        return noise * slope

    def test_it_divides_by_one_positive_number_for_all_components(self) -> None:
        spectra = self.spectra()
        ratio = whiten(spectra, self.TAPER, 11, 0.01) / spectra
        assert float(ratio.imag.abs().max()) < 1e-12
        assert bool((ratio.real >= 0).all())
        torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio))

    def test_the_spectrum_becomes_the_taper(self) -> None:
        length = whiten(self.spectra(), self.TAPER, 11, 0.001).abs().square().sum(0).sqrt().mean(0)
        inside = self.TAPER == 1
        assert float(length[inside].std() / length[inside].mean()) < 0.3  # scatter of five segments
        assert float(length[inside][:40].mean() / length[inside][-40:].mean()) == pytest.approx(1, abs=0.1)
        assert float(length[self.TAPER == 0].max()) == 0

    def test_what_is_below_the_water_is_not_raised(self) -> None:
        spectra = self.spectra() / torch.linspace(0, 6, 400, dtype=torch.float64).exp()
        spectra[..., 150:250] *= 1e-6
        white = whiten(spectra, self.TAPER, 1, 0.01).abs()
        assert float(white[..., 150:250].max()) < 1e-3

    def test_the_taper_has_no_step(self) -> None:
        frequency = np.linspace(0, 1, 100_001)
        taper = band_taper(frequency, (0.07, 0.1, 0.5, 0.6))
        assert taper[frequency <= 0.07].max() == 0
        assert taper[(frequency >= 0.1) & (frequency <= 0.5)].min() == 1
        assert np.abs(np.diff(taper)).max() < 1e-3

    def test_segments_are_followed_by_as_many_zeros(self) -> None:
        for samples in (1, 7, 1800, 7199, 7200):
            assert padded(samples) >= 2 * samples

    def test_edges_fade(self) -> None:
        taper = edge_taper(100, 10)
        np.testing.assert_array_equal(taper, taper[::-1])
        assert taper[0] < 0.01
        assert (taper[10:90] == 1).all()
        assert edge_taper(5, 10).shape == (5,)


class TestPhases:
    @pytest.mark.parametrize("name", NORMALISATIONS)
    @pytest.mark.parametrize("whitened", [False, True])
    def test_neither_step_moves_the_arrival(self, name: str, whitened: bool) -> None:
        noise = torch.from_numpy(np.random.default_rng(0).standard_normal(4000))
        pair = torch.stack([noise[11:], noise[:-11]])[:, None]
        settings = replace(SHORT, normalisation=name, whiten=whitened)
        found = correlate_motion(pair, places([(0, 0), (12, 0)]), settings)
        wave = found.of("ZZ")[0]
        assert int(wave.argmax()) - len(wave) // 2 == 11
        around = wave[wave.argmax() - 20 : wave.argmax() + 21]
        assert float((around - around.flip(0)).abs().max() / around.max()) < 0.15

    @pytest.mark.parametrize("name", NORMALISATIONS)
    def test_turning_the_whole_array_changes_nothing(self, name: str) -> None:
        """All nine components, hence also the ratio of Z and R."""
        settings = replace(SHORT, normalisation=name, components=NINE)
        north = [(0.0, 0.0), (0.0, 15.0)]
        motion = isotropic(north, 3.0, 8000, 2.0, (0.05, 0.7), seed=3, directions=20)
        angle = 70.0
        turned = [(y * np.sin(np.radians(angle)), y * np.cos(np.radians(angle))) for _, y in north]
        same = torch.from_numpy(turn(-angle)) @ motion
        one, other = (
            correlate_motion(m, places(at), settings) for m, at in ((motion, north), (same, turned))
        )
        scale = float(one.values.abs().max())
        torch.testing.assert_close(
            other.values, one.values, rtol=0, atol=3e-3 * scale
        )  # the earth is no plane


class TestStacks:
    @pytest.fixture
    def days(self) -> torch.Tensor:
        """Twenty days of one wavelet in noise, ``[day, pair, component, lag]``."""
        lag = torch.linspace(-50, 50, 401)
        wave = torch.exp(-(((lag - 20) / 5) ** 2)) * torch.cos(2 * torch.pi * 0.2 * lag)
        noise = torch.randn(20, 1, 1, 401, generator=torch.Generator().manual_seed(4))
        return wave + 0.3 * noise

    def test_the_linear_one_is_the_mean_by_weight(self, days: torch.Tensor) -> None:
        weight = torch.arange(20.0)[:, None]
        expected = (days * weight[..., None, None]).sum(0) / weight.sum()
        torch.testing.assert_close(stack(days, weight), expected)

    @pytest.mark.parametrize("method", ["linear", "phase-weighted", "robust"])
    def test_equal_days_are_their_stack_and_missing_ones_do_not_count(
        self, method, days: torch.Tensor
    ) -> None:
        equal = days[:1].repeat(20, 1, 1, 1)
        equal[3] = torch.nan
        torch.testing.assert_close(stack(equal, torch.ones(20, 1), method), days[0], rtol=1e-4, atol=1e-4)
        assert stack(equal[3:4], torch.ones(1, 1), method).isnan().all()

    def test_phase_weights_lower_the_noise(self, days: torch.Tensor) -> None:
        linear, weighted = (stack(days, torch.ones(20, 1), m)[0, 0] for m in ("linear", "phase-weighted"))
        quiet = slice(0, 150)
        assert float(weighted[quiet].std() / weighted.max()) < 0.3 * float(linear[quiet].std() / linear.max())

    def test_a_robust_stack_forgets_a_bad_day(self, days: torch.Tensor) -> None:
        good = stack(days[1:], torch.ones(19, 1))
        days[0] = 30 * torch.randn(1, 1, 401, generator=torch.Generator().manual_seed(5))
        linear, robust = (stack(days, torch.ones(20, 1), m) for m in ("linear", "robust"))
        assert float((robust - good).norm()) < 0.1 * float((linear - good).norm())

    def test_the_bootstrap_spreads_like_the_error_of_the_mean(self, days: torch.Tensor) -> None:
        drawn = resampled_days(20, 300, seed=1)
        assert (drawn.sum(1) == 20).all()
        assert torch.equal(drawn, resampled_days(20, 300, seed=1))
        stacks = torch.stack([stack(days, times[:, None]) for times in drawn])
        spread = float(stacks.std(0).mean())
        assert spread == pytest.approx(0.3 / np.sqrt(20), rel=0.1)

    def test_an_unknown_stack_is_refused(self, days: torch.Tensor) -> None:
        with pytest.raises(InputError, match="'median', expected linear, phase-weighted, robust"):
            stack(days, torch.ones(20, 1), "median")


class TestSettings:
    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"band": (0.5, 0.1)}, "band is 0.5,0.1 Hz, expected two frequencies, the lower first"),
            (
                {"normalisation": "two-bit"},
                "normalisation is 'two-bit', expected none, one-bit, running-mean, clip",
            ),
            ({"components": ("ZX",)}, "component 'ZX' is unknown, expected two letters of Z, R, T"),
            ({"segment": 50.0}, r"segment is 50 s, expected ten of the longest periods \(100 s\)"),
            ({"lag": 150.0}, r"lag is 150 s, expected up to half of a segment \(100 s\)"),
            ({"rate": 1.0}, "rate is 1 Hz, expected at least 1.4 Hz"),
            ({"rate": 1.7, "segment": 201.0}, "segment is 341.7 samples at 1.7 Hz, expected a whole number"),
            ({"overlap": 1.0}, "overlap is 1.0, expected 0 to 0.95"),
        ],
    )
    def test_what_makes_no_sense_is_said(self, wrong: dict, sentence: str) -> None:
        entries = {"band": (0.1, 0.5), "lag": 50.0, "segment": 200.0} | wrong
        with pytest.raises(InputError, match=sentence):
            Settings(**entries)

    def test_the_rate_is_the_next_round_one(self) -> None:
        rates = {
            high: Settings(band=(0.01, high), lag=50.0).sampling for high in (0.05, 0.12, 0.5, 0.6, 1.0, 2.4)
        }
        assert rates == {0.05: 0.2, 0.12: 0.5, 0.5: 2.0, 0.6: 2.5, 1.0: 4.0, 2.4: 10.0}


class TestQuality:
    def test_a_channel_that_stands_still_is_dead_and_a_coarse_one_is_not(self) -> None:
        draw = np.random.default_rng(1)
        assert dead(np.round(draw.standard_normal(10_000))) is None
        assert "still at one value for 100 %" in str(dead(np.full(10_000, 3.0)))
        stuck = draw.standard_normal(10_000)
        stuck[2000:4000] = stuck[2000]
        assert "for 20 % of the day" in str(dead(stuck))

    def test_the_table_goes_to_a_file_and_back(self, tmp_path) -> None:
        table = [Rejection("2020-03-01", "XX.A..BHZ", "it is dead, or so"), Rejection("", "cut.sac", "cut")]
        write_rejections(table, tmp_path / "table.csv")
        assert read_rejections(tmp_path / "table.csv") == sorted(table)
