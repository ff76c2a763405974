"""From correlations to Green's functions: each conversion once, in order, with the phase that theory asks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_line_toys import EARTH, INTERVAL, isotropic

import seisgrad as sg
from seisgrad.cli.app import main
from seisgrad.errors import InputError

DISTANCE = 40.0
FREQUENCY = np.array([0.2, 0.3, 0.4])
ALL = ("ZZ", "ZR", "RZ", "RR", "TT")


@pytest.fixture(scope="module")
def noise() -> sg.noise.Correlations:
    return isotropic([0.0, DISTANCE], [(0, 1)], ALL)


def phase_beyond(correlations: sg.noise.Correlations, component: str = "ZZ") -> np.ndarray:
    """Phase left when −kr is taken out of the arrival, in units of π/4, at the frequencies above."""
    row = correlations.of(component)[0].numpy()
    time = np.asarray(correlations.lag)
    arrival = np.clip((time - 4.0) / 4.0, 0, 1) * (time > 0)  # what begins at lag 0 is no wave
    spectrum = (row * arrival * np.exp(-2j * np.pi * FREQUENCY[:, None] * time)).sum(-1)
    c = sg.dispersion.velocity(EARTH, sorted(1 / FREQUENCY)).numpy()[::-1]
    return np.angle(spectrum * np.exp(2j * np.pi * FREQUENCY * DISTANCE / c)) / (np.pi / 4)


class TestPhase:
    def test_each_step_turns_the_phase_as_it_should(self, noise: sg.noise.Correlations) -> None:
        folded = sg.noise.fold(noise)
        egf = sg.noise.to_egf(folded)
        line = sg.noise.to_two_dimensional(egf)
        for stage, expected in ((folded, 1.0), (egf, -1.0), (line, -2.0)):
            np.testing.assert_allclose(phase_beyond(stage), expected, atol=0.03)

    def test_the_radial_motion_is_a_quarter_period_ahead_and_retrograde(
        self, noise: sg.noise.Correlations
    ) -> None:
        egf = sg.noise.to_egf(sg.noise.fold(noise))
        np.testing.assert_allclose(phase_beyond(egf, "ZR"), 1.0, atol=0.1)
        np.testing.assert_allclose(phase_beyond(egf, "RZ"), -3.0, atol=0.1)
        found = sg.noise.quarter_period(egf, np.array([2.5, 3.0, 4.0]), (1.0, 4.0))
        np.testing.assert_allclose(found[0], np.pi / 2, atol=0.1)

    def test_all_components_fold_with_the_same_sign(self, noise: sg.noise.Correlations) -> None:
        folded = sg.noise.fold(noise)
        torch.testing.assert_close(folded.values, folded.sides[0])
        torch.testing.assert_close(folded.values, folded.sides[1])

    def test_the_mean_of_both_sides_is_taken_of_one_sided_noise(self, noise: sg.noise.Correlations) -> None:
        one_sided = replace(noise, values=noise.values * (noise.lag > 0))
        late = noise.lag > INTERVAL
        folded = sg.noise.fold(one_sided)
        torch.testing.assert_close(folded.values[..., 2:], 0.5 * one_sided.values[..., late])
        assert float(folded.sides[1].abs().max()) == 0

    def test_the_derivative_is_exact(self) -> None:
        lag = torch.arange(401, dtype=torch.float64) * 0.1
        wave = torch.cos(2 * torch.pi * 0.25 * lag)
        stations = isotropic([0.0, 1.0], [(0, 1)]).pairs
        c = sg.noise.Correlations("C", lag, True, ("ZZ",), stations, wave[None, None])
        slope = 2 * torch.pi * 0.25 * torch.sin(2 * torch.pi * 0.25 * lag)
        torch.testing.assert_close(sg.noise.to_egf(c).values[0, 0], slope)


class TestOrder:
    def test_a_second_or_wrong_conversion_is_refused(self, noise: sg.noise.Correlations) -> None:
        folded = sg.noise.fold(noise)
        egf = sg.noise.to_egf(folded)
        line = sg.noise.to_two_dimensional(egf)
        for convert, wrong in (
            (sg.noise.fold, (folded, egf, line)),
            (sg.noise.to_egf, (noise, egf, line)),
            (sg.noise.to_two_dimensional, (noise, folded, line)),
        ):
            for correlations in wrong:
                with pytest.raises(InputError, match="expected"):
                    convert(correlations)

    def test_velocities_are_measured_on_green_functions_alone(self, noise: sg.noise.Correlations) -> None:
        folded = sg.noise.fold(noise)
        line = sg.noise.to_two_dimensional(sg.noise.to_egf(folded))
        for wrong in (folded, line):
            with pytest.raises(InputError, match=r"expected EGF to measure velocities"):
                sg.noise.group_velocity(wrong, 0)


class TestFiles:
    def test_all_there_is_comes_back(self, noise: sg.noise.Correlations, tmp_path: Path) -> None:
        folded = sg.noise.fold(replace(noise, replicates=noise.values.expand(3, -1, -1, -1)))
        sg.noise.write_correlations(folded, tmp_path / "cc.zarr")
        found = sg.noise.read_correlations(tmp_path / "cc.zarr")
        assert (found.kind, found.folded, found.components, found.pairs) == ("C", True, ALL, folded.pairs)
        for name in ("lag", "values", "replicates", "sides"):
            assert torch.equal(getattr(found, name), getattr(folded, name))

    def test_what_is_no_store_of_correlations_is_never_replaced(
        self, noise: sg.noise.Correlations, tmp_path: Path
    ) -> None:
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "chapter.txt").touch()
        with pytest.raises(InputError, match="it is kept"):
            sg.noise.write_correlations(noise, tmp_path / "thesis")
        with pytest.raises(InputError, match="holds no correlations"):
            sg.noise.read_correlations(tmp_path / "thesis")

    def test_a_damaged_file_is_a_sentence(self, noise: sg.noise.Correlations, tmp_path: Path) -> None:
        sg.noise.write_correlations(noise, tmp_path / "cc.zarr")
        for chunk in (tmp_path / "cc.zarr" / "correlation").glob("[0-9]*"):
            chunk.write_bytes(b"torn")
        with pytest.raises(InputError, match=r"cc\.zarr is damaged"):
            sg.noise.read_correlations(tmp_path / "cc.zarr")

    def test_columns_of_text(self, tmp_path: Path) -> None:
        lines = ["120.0 30.0 10", "120.1 30.0 12", *(f"{0.5 * i} {i} {-i}" for i in range(6))]
        path = tmp_path / "A_B.dat"
        path.write_text("\n".join(lines))
        found = sg.noise.read_folded_text([path])
        assert found.values[0, 0].tolist() == [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
        assert found.pairs[0].name == "A_B"
        assert found.pairs[0].distance == pytest.approx(9.65, abs=0.01)
        assert sg.noise.read_folded_text([path], "EGF").values[0, 0].tolist() == [0.0] * 6
        path.write_text("\n".join(["30.0 120.0 10", *lines[1:]]))
        with pytest.raises(InputError, match=r"A_B\.dat: the latitude of A is 120\.0"):
            sg.noise.read_folded_text([path])
        path.write_text("\n".join([*lines[:2], "0 1"]))
        with pytest.raises(InputError, match=r"A_B\.dat"):
            sg.noise.read_folded_text([path])

    def test_on_the_command_line(
        self, noise: sg.noise.Correlations, tmp_path: Path, capsys: pytest.CaptureFixture
    ) -> None:
        cc, egf, line = (str(tmp_path / name) for name in ("cc.zarr", "egf.zarr", "line.zarr"))
        sg.noise.write_correlations(noise, cc)
        assert main(["noise", "egf", cc, "--out", egf, "--json"]) == 0
        assert '"kind": "EGF"' in capsys.readouterr().out
        assert main(["noise", "egf", egf, "--out", egf]) == 2
        assert "already" in capsys.readouterr().err
        assert main(["noise", "egf", egf, "--two-dimensional", "--out", line, "--quiet"]) == 0
        assert main(["noise", "egf", line, "--two-dimensional", "--out", line]) == 2
        expected = sg.noise.to_two_dimensional(sg.noise.to_egf(sg.noise.fold(noise)))
        assert torch.equal(sg.noise.read_correlations(line).values, expected.values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lag": torch.arange(3001.0)}, "on both sides of 0"),
        ({"components": ("ZZ", "ZR", "RZ", "RR", "TQ")}, "'TQ' is unknown"),
        ({"values": torch.full((1, 5, 3001), torch.inf)}, "infinite"),
    ],
)
def test_bad_correlations_are_refused(noise: sg.noise.Correlations, change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(noise, **change)
