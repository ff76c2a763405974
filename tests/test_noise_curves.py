"""Velocities on Green's functions of noise over a known earth: right, on the right branch, with an honest sigma."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_line_toys import EARTH, LONGEST, isotropic

import seisgrad as sg
from seisgrad.cli.app import main
from seisgrad.errors import InputError

PERIODS = np.array([1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0])
VELOCITIES = (0.7, 5.0)
ALL = ("ZZ", "ZR", "RZ", "RR", "TT")


@pytest.fixture(scope="module")
def egf() -> sg.noise.Correlations:
    """Stations 12 and 40 km apart: 1.3 to 10 and 4 to 34 wavelengths."""
    return sg.noise.to_egf(sg.noise.fold(isotropic([0.0, 12.0, 40.0], [(0, 1), (0, 2)], ALL)))


def truth(wave: str, kind: str = "phase", periods: np.ndarray = PERIODS) -> np.ndarray:
    return sg.dispersion.velocity(EARTH, periods.tolist(), wave=wave, kind=kind).numpy()


def off_by(share: float, wave: str = "rayleigh") -> sg.noise.Reference:
    """A reference that is wrong by a share."""
    exact = sg.noise.Reference.of_model(EARTH, wave, (0.5, 10.0))
    return replace(exact, velocity=(1 + share) * exact.velocity)


def noisy(egf: sg.noise.Correlations, size: float, seed: int) -> sg.noise.Correlations:
    """Both lags with noise of their own, a share of the peak, in the wave's band; and 12 replicates of the mean."""
    draw = np.random.default_rng(seed)
    peak = egf.values.abs().amax(-1, keepdim=True).numpy()
    frequency = np.fft.rfftfreq(egf.values.shape[-1], egf.interval)
    band = np.exp(-0.5 * (np.log(np.fmax(frequency, 1e-3) / 0.4) / 0.6) ** 2)

    def grains(number: int) -> torch.Tensor:
        white = draw.standard_normal((number, *egf.values.shape))
        shaped = np.fft.irfft(np.fft.rfft(white) * band, egf.values.shape[-1])
        return torch.from_numpy(size * peak * shaped / shaped.std())

    sides = egf.values + np.sqrt(2) * grains(2)
    mean = sides.mean(0)
    return replace(egf, values=mean, sides=sides, replicates=mean + grains(12))


class TestPhaseVelocity:
    @pytest.mark.parametrize("component", ALL)
    def test_it_is_within_0_3_percent_beyond_one_and_a_half_wavelengths(
        self, egf: sg.noise.Correlations, component: str
    ) -> None:
        wave = "love" if component == "TT" else "rayleigh"
        for pair in (0, 1):
            found = sg.noise.phase_velocity(
                egf, pair, component, periods=PERIODS, reference=off_by(0.1, wave), velocities=VELOCITIES
            )
            far = egf.pairs[pair].distance >= 1.5 * truth(wave) * PERIODS
            assert far.sum() >= 6
            np.testing.assert_allclose(found.velocity.numpy()[far], truth(wave)[far], rtol=3e-3)
            assert [reason == "ok" for reason in found.reasons] == far.tolist()

    def test_the_branch_stands_against_a_reference_that_is_a_fifth_off(
        self, egf: sg.noise.Correlations
    ) -> None:
        for share in (-0.2, 0.2):
            found = sg.noise.phase_velocity(
                egf, 1, periods=PERIODS, reference=off_by(share), velocities=VELOCITIES
            )
            np.testing.assert_allclose(found.velocity, truth("rayleigh"), rtol=3e-3)

    def test_forgetting_to_derive_is_seen(self, egf: sg.noise.Correlations) -> None:
        """A correlation passed off as a Green's function is a quarter wave off: 4 % at six wavelengths."""
        c = sg.noise.fold(isotropic([0.0, 12.0], [(0, 1)]))
        found = sg.noise.phase_velocity(
            replace(c, kind="EGF"), 0, periods=PERIODS, reference=off_by(0.0), velocities=VELOCITIES
        )
        wavelengths = 12.0 / (truth("rayleigh") * PERIODS)
        far = wavelengths > 1.5
        expected = wavelengths / (wavelengths - 0.25)
        ratio = found.velocity.numpy() / truth("rayleigh")
        np.testing.assert_allclose(ratio[far], expected[far], rtol=5e-3)

    def test_sigma_covers_the_error_of_noise(self, egf: sg.noise.Correlations) -> None:
        pulls = []
        for seed in range(4):
            found = sg.noise.phase_velocity(
                noisy(egf, 0.05, seed), 1, periods=PERIODS, reference=off_by(0.05), velocities=VELOCITIES
            )
            good = found.good.numpy()
            assert good.sum() >= 5
            pulls += ((found.velocity.numpy() - truth("rayleigh")) / found.sigma.numpy())[good].tolist()
        assert 0.1 < np.sqrt(np.mean(np.square(pulls))) < 1.3

    def test_a_difference_of_the_lags_widens_sigma(self, egf: sg.noise.Correlations) -> None:
        late = torch.roll(egf.sides[1], 3, -1)
        apart = replace(egf, sides=torch.stack([egf.sides[0], late]))
        one, two = (
            sg.noise.phase_velocity(e, 1, periods=PERIODS, reference=off_by(0.0), velocities=VELOCITIES)
            for e in (egf, apart)
        )
        half = 0.5 * 2 * np.pi * 0.3 / PERIODS  # rad, half of 0.3 s
        expected = half / (2 * np.pi * 40.0 / (truth("rayleigh") * PERIODS))
        added = np.sqrt(two.sigma.numpy() ** 2 - one.sigma.numpy() ** 2) / truth("rayleigh")
        np.testing.assert_allclose(added[2:-2], expected[2:-2], rtol=0.3)


class TestZeroCrossings:
    @pytest.mark.parametrize("component", ["ZZ", "ZR", "RR", "TT"])
    def test_they_are_within_0_3_percent_even_near(self, egf: sg.noise.Correlations, component: str) -> None:
        wave = "love" if component == "TT" else "rayleigh"
        found = sg.noise.zero_crossings(
            egf, 0, component, periods=(1.0, 8.0), reference=off_by(0.05, wave), velocities=VELOCITIES
        )
        good = found.good.numpy()
        period = found.period.numpy()[good]
        assert good.sum() >= 10
        assert period.max() * truth(wave, periods=period)[-1] > 12.0 / 1.2  # nearer than 1.2 wavelengths
        np.testing.assert_allclose(found.velocity.numpy()[good], truth(wave, periods=period), rtol=3e-3)


class TestGroupVelocity:
    def test_it_is_within_one_percent(self, egf: sg.noise.Correlations) -> None:
        for component, wave in (("ZZ", "rayleigh"), ("TT", "love")):
            found = sg.noise.group_velocity(
                egf, 1, component, periods=PERIODS, velocities=VELOCITIES, alpha=50.0
            )
            good = found.good.numpy()
            assert good.sum() >= 7
            np.testing.assert_allclose(found.velocity.numpy()[good], truth(wave, "group")[good], rtol=1e-2)


class TestSignal:
    def test_snr_is_the_peak_over_the_noise_behind(self, egf: sg.noise.Correlations) -> None:
        periods = np.array([2.0, 2.5])
        clean = sg.noise.signal_quality(egf, periods, VELOCITIES).snr[1, 0]
        loud, louder = (
            sg.noise.signal_quality(noisy(egf, size, 1), periods, VELOCITIES).snr[1, 0]
            for size in (0.02, 0.04)
        )
        assert float(clean.min()) > 100
        np.testing.assert_allclose(loud / louder, 2.0, rtol=0.2)

    def test_a_clock_error_delays_one_side_at_all_periods(self, egf: sg.noise.Correlations) -> None:
        early, late = torch.roll(egf.sides[0], -5, -1), torch.roll(egf.sides[1], 5, -1)
        shifted = replace(egf, sides=torch.stack([early, late]))
        delay = sg.noise.signal_quality(shifted, np.array([1.6, 2.0, 2.5]), VELOCITIES).delay
        np.testing.assert_allclose(delay[1, 0], -0.5, atol=0.05)

    def test_the_table_has_a_row_for_everything(self, egf: sg.noise.Correlations, tmp_path: Path) -> None:
        sg.noise.write_correlations(egf, tmp_path / "egf.zarr")
        out = tmp_path / "quality.csv"
        words = [str(tmp_path / "egf.zarr"), "--periods", "2,2.5", "--velocities", "0.7,5", "--out", str(out)]
        assert main(["noise", "quality", *words, "--quiet"]) == 0
        with out.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 2 * len(ALL) * 2
        turned = [float(row["zr_phase"]) for row in rows if row["zr_phase"]]
        assert len(turned) == 4
        np.testing.assert_allclose(turned, np.pi / 2, atol=0.25)
        assert all(float(row["delay"]) == 0 for row in rows)


class TestPicks:
    def test_from_the_command_line_into_an_inversion_table(
        self, egf: sg.noise.Correlations, tmp_path: Path, capsys: pytest.CaptureFixture
    ) -> None:
        model, store, out = (tmp_path / name for name in ("earth.csv", "egf.zarr", "curves.csv"))
        columns = (EARTH.thickness, EARTH.vp, EARTH.vs, EARTH.rho)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        model.write_text("thickness,vp,vs,rho\n" + "\n".join(",".join(map(str, row)) for row in rows))
        sg.noise.write_correlations(egf, store)
        words = [
            "noise",
            "curves",
            str(store),
            "--out",
            str(out),
            "--velocities",
            "0.7,5",
            "--periods",
            "1.6,2,2.5,5",
        ]
        assert main([*words, "--reference", str(model), "--json"]) == 0
        assert '"measured": 2' in capsys.readouterr().out
        curves = sg.dispersion.read_curves(out)
        assert curves.sites == tuple(pair.name for pair in egf.pairs)
        assert float(curves.select(site=egf.pairs[0].name).longitude[0]) == pytest.approx(
            0.5 * egf.pairs[0].b.longitude
        )
        assert "too_near" in (tmp_path / "curves.rejected.csv").read_text()
        survey = curves.select(site=egf.pairs[1].name).survey()
        assert len(survey.periods) == 4
        assert main([*words, "--reference", str(out), "--method", "zeros", "--quiet"]) == 0
        assert main([*words, "--kind", "group", "--quiet"]) == 0
        assert {branch.kind for branch in sg.dispersion.read_curves(out).branches} == {"group"}
        assert main([*words, "--kind", "group", "--reference", "prem"]) == 2
        assert main([*words, "--component", "ZT"]) == 2
        assert "ZT" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("command", "more", "sentence"),
        [
            ("curves", ["--velocities", "5,1"], "--velocities 5,1: expected the slower first"),
            ("curves", ["--kind", "group", "--alpha", "-1"], "alpha is -1, expected a number above 0"),
            ("curves", ["--component", "RT"], "component is 'RT', expected one of"),
            ("quality", ["--periods", "0.05,2"], "the shortest period is 0.05 s, expected"),
            (
                "line",
                ["--frequencies", "0.3"],
                "holds kind EGF, expected EGF2D: seisgrad noise egf --two-dimen",
            ),
        ],
    )
    def test_bad_input_is_one_sentence(
        self,
        egf: sg.noise.Correlations,
        tmp_path: Path,
        capsys: pytest.CaptureFixture,
        command: str,
        more: list[str],
        sentence: str,
    ) -> None:
        store, out = tmp_path / "egf.zarr", tmp_path / f"out.{'nc' if command == 'line' else 'csv'}"
        sg.noise.write_correlations(egf, store)
        further = ["--reference", "ak135"] if command == "line" else []
        assert main(["noise", command, str(store), "--out", str(out), *further, *more]) == 2
        error = capsys.readouterr().err
        assert sentence in error
        assert error.count("\n") == 1
        assert [path.name for path in tmp_path.iterdir()] == ["egf.zarr"]

    @pytest.mark.parametrize(
        ("command", "step"), [("curves", "makes it of kind C"), ("quality", "not folded")]
    )
    def test_correlations_are_refused_by_name_with_the_step_that_is_missing(
        self,
        egf: sg.noise.Correlations,
        tmp_path: Path,
        capsys: pytest.CaptureFixture,
        command: str,
        step: str,
    ) -> None:
        lag = torch.arange(-9, 10).double()
        plain = sg.noise.Correlations("C", lag, False, ("ZZ",), egf.pairs, torch.ones(len(egf.pairs), 1, 19))
        sg.noise.write_correlations(plain, tmp_path / "cc.zarr")
        words = [str(tmp_path / "cc.zarr"), "--periods", "2,4", "--out", str(tmp_path / "out.csv")]
        assert main(["noise", command, *words]) == 2
        error = capsys.readouterr().err
        assert "cc.zarr holds" in error
        assert step in error

    def test_a_pair_that_cannot_be_measured_is_a_sentence(self, egf: sg.noise.Correlations) -> None:
        broken = egf.values.clone()
        broken[0] = torch.nan
        found = sg.noise.measure_curves(
            replace(egf, values=broken, sides=None),
            "phase",
            periods=PERIODS,
            reference=off_by(0.0),
            velocities=VELOCITIES,
        )
        assert found.curves.sites == (egf.pairs[1].name,)
        assert found.rejected[0].reason == f"there is no ZZ of {egf.pairs[0].name}"

    def test_a_pair_of_noise_alone_gives_no_pick(self, egf: sg.noise.Correlations) -> None:
        hiss = torch.from_numpy(np.random.default_rng(5).standard_normal(egf.values.shape))
        found = sg.noise.measure_curves(
            replace(egf, values=hiss, sides=None), "phase", periods=PERIODS, reference=off_by(0.0),
            velocities=VELOCITIES,
        )  # fmt: skip
        assert not len(found.curves)
        assert {each.pair for each in found.rejected} == {pair.name for pair in egf.pairs}
        assert all("no_wave" in each.flag for each in found.rejected if each.period == each.period)

    def test_lags_that_end_before_the_wave_are_refused(self, egf: sg.noise.Correlations) -> None:
        slowest = 40.0 / (LONGEST + 1)
        with pytest.raises(InputError, match="spans"):
            sg.noise.group_velocity(egf, 1, periods=PERIODS, velocities=(slowest, 5.0))
