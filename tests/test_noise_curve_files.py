"""The table of picks and that of what was left out: what stands in them, and that both are of one run."""

import csv
import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from noise_line_toys import EARTH, isotropic

import seisgrad as sg
from seisgrad.cli.app import main
from seisgrad.errors import InputError
from seisgrad.noise.curve_files import left_out_file

PERIODS = np.array([1.6, 2.0, 2.5, 3.2, 5.0])


@pytest.fixture(scope="module")
def egf() -> sg.noise.Correlations:
    """Stations 12 and 40 km apart."""
    return sg.noise.to_egf(sg.noise.fold(isotropic([0.0, 12.0, 40.0], [(0, 1), (0, 2)])))


@pytest.fixture(scope="module")
def found(egf: sg.noise.Correlations) -> sg.noise.NoiseCurves:
    return measured(egf, "phase")


def measured(egf: sg.noise.Correlations, kind: str) -> sg.noise.NoiseCurves:
    reference = None if kind == "group" else sg.noise.Reference.of_model(EARTH, "rayleigh", (0.5, 10.0))
    return sg.noise.measure_curves(egf, kind, periods=PERIODS, reference=reference, velocities=(0.7, 5.0))


def nothing(found: sg.noise.NoiseCurves) -> sg.noise.NoiseCurves:
    """The same run without a good pick."""
    none = torch.empty(0, dtype=torch.float64)
    curves = sg.dispersion.DispersionCurves.concatenate([])
    return replace(found, curves=curves, snr=none, doubt=none, zeros=none)


class TestPicks:
    def test_further_columns_stand_behind_those_that_readers_know(
        self, found: sg.noise.NoiseCurves, tmp_path: Path
    ) -> None:
        out = tmp_path / "curves.csv"
        sg.noise.write_noise_curves(found, out)
        rows = list(csv.DictReader(out.open(encoding="utf-8")))
        assert list(rows[0])[-3:] == ["snr", "doubt", "zeros"]
        for name in ("snr", "doubt", "zeros"):
            told = [float(row[name] or "nan") for row in rows]
            np.testing.assert_allclose(told, getattr(found, name), rtol=1e-3)
        again = sg.dispersion.read_curves(out)
        torch.testing.assert_close(again.velocity, found.curves.velocity, rtol=0, atol=0)
        assert again.site == found.curves.site

    def test_a_clear_curve_has_little_doubt_and_crossings_that_agree(
        self, found: sg.noise.NoiseCurves
    ) -> None:
        near = np.array(found.curves.site) == found.curves.site[0]
        assert float(found.doubt[near].max()) < 0.02
        assert float(found.zeros[torch.isfinite(found.zeros)].abs().max()) < 0.05
        assert float(found.snr.min()) > 5

    def test_group_velocities_leave_their_doubt_empty(
        self, egf: sg.noise.Correlations, tmp_path: Path
    ) -> None:
        sg.noise.write_noise_curves(measured(egf, "group"), tmp_path / "group.csv")
        rows = list(csv.DictReader((tmp_path / "group.csv").open(encoding="utf-8")))
        assert {row["doubt"] for row in rows} == {""}
        assert all(float(row["snr"]) > 6 for row in rows)


class TestLeftOut:
    @pytest.mark.parametrize("kind", ["phase", "group"])
    def test_reasons_are_sentences_and_flags_stand_beside_them(
        self, egf: sg.noise.Correlations, tmp_path: Path, kind: str
    ) -> None:
        broken = egf.values.clone()
        broken[1] = torch.nan
        run = measured(replace(egf, values=broken, sides=None), kind)
        table = sg.noise.write_noise_curves(run, tmp_path / "curves.csv")
        again = sg.noise.read_left_out(table)
        assert [(each.pair, each.flag, each.reason) for each in again] == [
            (each.pair, each.flag, each.reason) for each in run.rejected
        ]
        whole = next(each for each in again if each.pair == egf.pairs[1].name)
        assert (whole.flag, math.isnan(whole.period)) == ("no_curve", True)
        assert whole.reason == f"there is no ZZ of {whole.pair}"
        single = [each for each in again if each.pair == egf.pairs[0].name]
        assert {each.period for each in single} <= set(PERIODS.tolist())
        few = next(each for each in single if each.period == 5.0)
        word, least = ("too_near", "1.5") if kind == "phase" else ("few_cycles", "3")
        assert word in few.flag.split(", ")
        cycles = 12.0 / 5.0 / float(sg.dispersion.velocity(EARTH, [5.0], kind=kind)[0])
        sentence = next(part for part in few.reason.split("; ") if "wavelengths" in part)
        assert sentence.endswith(f"wavelengths apart, expected {least}")
        assert float(sentence.split()[3]) == pytest.approx(cycles, rel=0.15)


class TestTheTwoBelongTogether:
    def test_picks_of_an_earlier_run_go_where_there_are_none_now(
        self, found: sg.noise.NoiseCurves, tmp_path: Path
    ) -> None:
        out = tmp_path / "curves.csv"
        sg.noise.write_noise_curves(found, out)
        assert sg.noise.write_noise_curves(nothing(found), out).is_file()
        assert [path.name for path in tmp_path.iterdir()] == ["curves.rejected.csv"]

    def test_a_stop_at_any_time_leaves_no_picks_beside_another_run_s_table(
        self, found: sg.noise.NoiseCurves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, real = tmp_path / "curves.csv", os.replace
        for stop in (0, 1):
            table = sg.noise.write_noise_curves(found, out).read_text(encoding="utf-8")
            calls = iter(range(9))

            def failing(source, target, stop: int = stop, calls=calls) -> None:
                if Path(target).parent == tmp_path and next(calls) == stop:
                    raise OSError(28, "No space left on device")
                real(source, target)

            monkeypatch.setattr(os, "replace", failing)
            with pytest.raises(InputError, match="No space left"):
                sg.noise.write_noise_curves(replace(found, rejected=()), out)
            monkeypatch.undo()
            assert not out.exists()
            same = left_out_file(out).read_text(encoding="utf-8") == table
            assert same == (stop == 0)
            assert [path.name for path in tmp_path.iterdir()] == ["curves.rejected.csv"]

    def test_two_formats_of_one_name_keep_a_table_each(self, tmp_path: Path) -> None:
        names = {left_out_file(tmp_path / name).name for name in ("curves.csv", "curves.nc")}
        assert names == {"curves.rejected.csv", "curves.nc.rejected.csv"}

    def test_the_command_takes_away_what_an_earlier_one_left(
        self, egf: sg.noise.Correlations, tmp_path: Path, capsys: pytest.CaptureFixture
    ) -> None:
        store, out = tmp_path / "egf.zarr", tmp_path / "curves.csv"
        sg.noise.write_correlations(egf, store)
        words = ["noise", "curves", str(store), "--out", str(out), "--velocities", "0.7,5"]
        words += ["--periods", "2,2.5,3.2", "--reference", "ak135", "--band", "0.4", "--quiet"]
        assert main(words) == 0
        assert out.is_file()
        assert main([*words, "--snr", "1e6"]) == 1
        assert "curves.rejected.csv says why" in capsys.readouterr().err
        assert not out.exists()
        reasons = [each.reason for each in sg.noise.read_left_out(tmp_path / "curves.rejected.csv")]
        assert any("expected 1e+06" in reason for reason in reasons)
