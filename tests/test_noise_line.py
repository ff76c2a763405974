"""Green's functions along a line against the operators of a section: the same phase, on both components, both ways."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_line_toys import isotropic, places

import seisgrad as sg
from seisgrad.cli.app import main
from seisgrad.errors import InputError

GRID = sg.elastic.Grid((15, 65), 0.5)
FREQUENCIES = torch.tensor([0.3, 0.45, 0.6], dtype=torch.float64)
STATIONS = [3.0, 6.0, 9.5, 14.0, 17.0, 22.5, 29.0]
ENDS = [
    (0, 3),
    (4, 0),
    (0, 5),
    (6, 0),
    (1, 3),
    (1, 4),
    (5, 1),
    (1, 6),
    (2, 4),
    (2, 5),
    (6, 2),
    (3, 5),
    (3, 6),
    (4, 6),
]
"""Which station is A and which B: R points along +x in some and along −x in others."""


def earth() -> tuple[torch.Tensor, sg.LayeredModel]:
    """An earth that gets faster with depth, on the nodes and in layers."""
    vs = (1.8 + 0.05 * GRID.z[:, None]).expand(GRID.shape)
    nodes = torch.stack([1.75 * vs, vs, 2.0 + 0.2 * vs])
    cells = 0.5 * (nodes[:, 1:, 0] + nodes[:, :-1, 0])
    layers = torch.cat([cells, cells[:, -1:]], -1)
    return nodes, sg.LayeredModel(torch.full_like(layers[0], GRID.spacing), *layers)


@pytest.fixture(scope="module")
def line_source() -> sg.noise.Correlations:
    noise = isotropic([x - STATIONS[0] for x in STATIONS], ENDS, ("ZZ", "ZR", "RZ"), earth()[1])
    return sg.noise.to_two_dimensional(sg.noise.to_egf(sg.noise.fold(noise)))


@pytest.fixture(scope="module")
def along(line_source: sg.noise.Correlations) -> sg.noise.LineSpectra:
    line = sg.noise.Line.of(line_source, tolerance=0.1, first=STATIONS[0])
    return sg.noise.spectra_along(
        line_source, line, FREQUENCIES, reference=reference(), velocities=(0.8, 4.0)
    )


def reference() -> sg.noise.Reference:
    return sg.noise.Reference.of_model(earth()[1], "rayleigh", (1.5, 4.0))


def apart(found: sg.elastic.Spectra, exact: torch.Tensor) -> np.ndarray:
    """Difference of phase, rad, ``[frequency, component, source × receiver]``."""
    ours, theirs = (torch.view_as_complex(values.contiguous()) for values in (found.values, exact))
    return torch.angle(ours * theirs.conj()).movedim(0, -2).flatten(-2).numpy()


class TestPhase:
    def test_it_is_that_of_the_rayleigh_wave_of_a_section(self, along: sg.noise.LineSpectra) -> None:
        wave = sg.elastic.Background(GRID, along.spectra.survey)
        difference = apart(along.spectra, wave(earth()[0]))
        assert np.isfinite(difference).sum() > 100
        assert np.nanmax(np.abs(difference)) < 0.025  # 0.03 with the near field of a point

    def test_it_is_within_0_1_of_all_waves_of_a_section_in_every_band(
        self, along: sg.noise.LineSpectra
    ) -> None:
        """The exact field has body waves too, which scatter single records by as much as 0.3 rad."""
        exact = sg.elastic.Harmonic(GRID, along.spectra.survey, slowest=1.5)
        difference = apart(along.spectra, exact(earth()[0]))
        assert np.isfinite(difference).sum(-1).min() >= 10
        assert np.abs(np.nanmean(difference, -1)).max() < 0.1
        assert np.nanmax(np.abs(difference)) < 0.4

    def test_forgetting_the_shift_would_be_seen(self, line_source: sg.noise.Correlations) -> None:
        """Each step alone turns the phase by far more than 0.1."""
        unshifted = isotropic([x - STATIONS[0] for x in STATIONS], ENDS, ("ZZ",), earth()[1])
        egf = sg.noise.to_egf(sg.noise.fold(unshifted))
        line = sg.noise.Line.of(egf, tolerance=0.1, first=STATIONS[0])
        with pytest.raises(InputError, match="expected EGF2D"):
            sg.noise.spectra_along(egf, line, FREQUENCIES, reference=reference())
        passed_off = sg.noise.spectra_along(
            replace(egf, kind="EGF2D"), line, FREQUENCIES, reference=reference(), velocities=(0.8, 4.0)
        )
        wave = sg.elastic.Background(GRID, passed_off.spectra.survey)
        difference = apart(passed_off.spectra, wave(earth()[0]))[:, 0]
        np.testing.assert_allclose(np.nanmean(difference, -1), np.pi / 4, atol=0.05)


class TestRecords:
    def test_near_ones_are_left_out_and_counted(self, along: sg.noise.LineSpectra) -> None:
        survey = along.spectra.survey
        offset = (survey.sources[:, None] - survey.receivers).abs()
        least = torch.from_numpy(1.5 * reference().at(1 / FREQUENCIES.numpy())) / FREQUENCIES
        there = ~along.spectra.values[..., 0].isnan()[:, :, 0]
        assert bool((there <= (offset[:, None] >= least[:, None])).all())
        assert along.left_out["too_near"] > 0
        amplitude = along.spectra.values.norm(dim=-1)
        assert float((amplitude[~amplitude.isnan()] - 1).abs().max()) < 1e-12

    def test_without_radial_components_the_horizontal_motion_is_missing(
        self, line_source: sg.noise.Correlations
    ) -> None:
        line = sg.noise.Line.of(line_source, tolerance=0.1)
        vertical = line_source.select(components=["ZZ"])
        found = sg.noise.spectra_along(
            vertical, line, FREQUENCIES, reference=reference(), velocities=(0.8, 4.0)
        )
        assert bool(found.spectra.values[:, :, 1].isnan().all())
        radial = line_source.select(components=["ZR"])
        with pytest.raises(InputError, match="expected ZZ"):
            sg.noise.spectra_along(radial, line, FREQUENCIES, reference=reference())
        with pytest.raises(InputError, match=r"no record is left \(too_near \d+, low_snr"):
            sg.noise.spectra_along(line_source, line, FREQUENCIES, reference=reference(), wavelengths=1e3)

    def test_replicates_become_a_deviation(self, line_source: sg.noise.Correlations) -> None:
        draw = np.random.default_rng(3)
        size = 0.05 * float(line_source.values.abs().max())
        grains = torch.from_numpy(draw.standard_normal((20, *line_source.values.shape)))
        several = replace(line_source, replicates=line_source.values + size * grains)
        line = sg.noise.Line.of(several, tolerance=0.1)
        found = sg.noise.spectra_along(
            several, line, FREQUENCIES, reference=reference(), velocities=(0.8, 4.0)
        )
        there = ~found.spectra.values[..., 0].isnan()
        deviation = found.spectra.deviation[there]
        assert bool((deviation > 0).all())
        assert float(deviation.max()) < 0.5


class TestLine:
    def test_stations_in_any_order_off_the_line(self) -> None:
        crooked = [
            replace(place, latitude=off / 110.574)
            for place, off in zip(places([30.0, 0.0, 10.0, 20.0]), (0.3, -0.3, -0.3, 0.3), strict=True)
        ]
        line = sg.noise.Line.through(crooked, tolerance=0.5, first=2.0)
        assert [place.name for place in line.places] == ["XX.S01", "XX.S02", "XX.S03", "XX.S00"]
        np.testing.assert_allclose(line.x, [2, 12, 22, 32], atol=0.02)
        assert line.azimuth == pytest.approx(88.6, abs=0.1)
        assert float(line.off.abs().max()) < 0.31
        with pytest.raises(InputError, match=r"XX.S0\d stands 0\.\d+ km off the line"):
            sg.noise.Line.through(crooked, tolerance=0.05)

    def test_a_given_azimuth_turns_the_line_round(self) -> None:
        line = sg.noise.Line.through(places([0.0, 10.0]), tolerance=0.1, azimuth=270.0)
        assert [place.name for place in line.places] == ["XX.S01", "XX.S00"]

    def test_across_the_date_line(self) -> None:
        ends = [sg.noise.Place("A", 0.0, 179.95), sg.noise.Place("B", 0.0, -179.95)]
        line = sg.noise.Line.through(ends, tolerance=0.1)
        assert float(line.x[1]) == pytest.approx(11.13, abs=0.01)
        assert line.places[0].name == "A"


def test_on_the_command_line(
    line_source: sg.noise.Correlations, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    store, out = tmp_path / "egf.zarr", tmp_path / "spectra.nc"
    sg.noise.write_correlations(line_source, store)
    words = [
        "noise",
        "line",
        str(store),
        "--frequencies",
        "0.45,0.6",
        "--velocities",
        "0.8,4",
        "--out",
        str(out),
    ]
    assert main([*words, "--reference", "ak135", "--first", "3", "--json"]) == 0
    assert '"stations": 7' in capsys.readouterr().out
    found = sg.elastic.read_spectra(out)
    assert found.survey.quantity == "displacement"
    np.testing.assert_allclose(found.survey.sources, STATIONS, atol=1e-6)
    assert main([*words, "--reference", "ak135", "--tolerance", "-1"]) == 2
