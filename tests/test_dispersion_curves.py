"""Tables of dispersion picks: the grid they make, files there and back, and one clear sentence for every bad file."""

import math
import string
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seisgrad.dispersion.curves import DispersionCurves, read_curves, write_curves
from seisgrad.dispersion.picks import Pick
from seisgrad.dispersion.survey import Branch, Survey
from seisgrad.errors import InputError

HEADER = "wave,kind,mode,period,velocity,sigma\n"


def table(**columns) -> DispersionCurves:
    defaults = {
        "wave": "rayleigh",
        "kind": "phase",
        "mode": 0,
        "period": [10.0, 20.0],
        "velocity": [3.0, 3.5],
    }
    return DispersionCurves.from_columns(**(defaults | {"sigma": 0.05} | columns))


def parse(tmp_path: Path, text: str | bytes, name: str = "curves.csv", **options) -> DispersionCurves:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_curves(path, **options)


# --- the table ------------------------------------------------------------------------------------------------------


def test_rows_are_sorted_by_period_and_branches_stay_in_the_order_given():
    curves = table(wave=["rayleigh", "love", "rayleigh"], period=[20.0, 15.0, 10.0], velocity=[3.5, 4.0, 3.0])
    assert curves.branches == (Branch("rayleigh", "phase", 0), Branch("love", "phase", 0))
    assert curves.period.tolist() == [10.0, 20.0, 15.0]
    assert curves.velocity.tolist() == [3.0, 3.5, 4.0]


def test_table_does_not_share_memory_with_its_columns():
    period = torch.tensor([10.0, 20.0], dtype=torch.float64)
    curves = table(period=period)
    period[0] = 99.0
    assert curves.period.tolist() == [10.0, 20.0]


def test_select_and_concatenate_take_a_table_apart_and_put_it_together():
    both = table() + table(wave="love", kind="group", mode=1, velocity=[4.0, 4.4])
    assert len(both) == 4
    assert both.select(wave="love").velocity.tolist() == [4.0, 4.4]
    assert both.select(kind="phase", periods=(15.0, 99.0)).velocity.tolist() == [3.5]
    assert len(both.select(mode=2)) == 0
    assert "rayleigh phase 0, love group 1" in repr(both)


def test_survey_unites_branches_and_periods():
    curves = table() + table(wave="love", period=[20.0 * (1 + 5e-7), 30.0], velocity=[4.0, 4.1])
    survey = curves.survey("spherical")
    assert survey.earth == "spherical"
    assert survey.periods.tolist() == [10.0, 20.0, 30.0]
    velocity, sigma = curves.gridded(survey)
    torch.testing.assert_close(
        velocity,
        torch.tensor([[3.0, 3.5, math.nan], [math.nan, 4.0, 4.1]], dtype=torch.float64),
        equal_nan=True,
    )
    assert torch.equal(velocity.isnan(), sigma.isnan())


def test_periods_a_thousandth_apart_stay_apart():
    assert table(period=[10.0, 10.01]).survey().periods.tolist() == [10.0, 10.01]


def test_agreeing_duplicates_combine_by_inverse_variance():
    curves = table(period=[10.0, 10.0], velocity=[3.00, 3.03], sigma=[0.03, 0.06])
    velocity, sigma = curves.gridded(curves.survey())
    weights = np.array([0.03, 0.06]) ** -2
    assert velocity.item() == pytest.approx((weights @ [3.00, 3.03]) / weights.sum(), rel=1e-14)
    assert sigma.item() == pytest.approx(weights.sum() ** -0.5, rel=1e-14)


def test_scattered_duplicates_widen_sigma_to_that_of_their_scatter():
    # Equal sigmas: the Birge ratio turns the formal error into the standard error of the sample.
    values = [3.0, 3.2, 3.3, 3.1]
    curves = table(period=[10.0] * 4, velocity=values, sigma=0.01)
    _, sigma = curves.gridded(curves.survey())
    assert sigma.item() == pytest.approx(np.std(values, ddof=1) / 2, rel=1e-12)


def test_grid_refuses_what_it_would_lose():
    with pytest.raises(InputError, match="not a period of the survey"):
        table().gridded(Survey((Branch(),), torch.tensor([10.0, 21.0])))
    with pytest.raises(InputError, match="survey has only love phase 0"):
        table().gridded(Survey((Branch("love"),), torch.tensor([10.0, 20.0])))
    with pytest.raises(InputError, match="2 sites"):
        table(site=["A", "B"]).gridded(table().survey())
    with pytest.raises(InputError, match="no pick"):
        table(period=[], velocity=[]).survey()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"velocity": [3000.0, 3500.0]}, "looks like m/s"),
        ({"velocity": [3.0, -1.0]}, "pick 2 .* velocity is -1"),
        ({"period": [10.0, 0.0]}, "period is 0 s"),
        ({"period": [10.0, math.nan]}, "period is nan"),
        ({"sigma": 0.0}, "sigma is 0"),
        ({"sigma": math.inf}, "sigma is inf"),
        ({"wave": "rayligh"}, "wave is 'rayligh'"),
        ({"kind": "Phase"}, "kind is 'Phase'"),
        ({"mode": -1}, "mode is -1"),
        ({"wave": "love", "kind": "ellipticity"}, "only Rayleigh"),
        ({"latitude": 91.0}, "latitude is 91"),
        ({"longitude": 361.0}, "longitude is 361"),
        ({"site": "two\nlines"}, "line breaks"),
        ({"velocity": [3.0]}, "expected one value per pick"),
    ],
)
def test_impossible_picks_are_refused_in_one_sentence(columns, message):
    with pytest.raises(InputError, match=message):
        table(**columns)


def test_ellipticity_may_have_either_sign_and_any_size():
    curves = table(kind="ellipticity", velocity=[-0.7, 25.0])
    assert curves.velocity.tolist() == [-0.7, 25.0]


# --- files ----------------------------------------------------------------------------------------------------------


def test_csv_reads_frequency_and_slowness_with_their_sigma(tmp_path):
    text = "# picks\nWave,KIND,mode,Frequency,slowness,sigma\nlove,group,1,0.05,0.25,0.01\n"
    curves = parse(tmp_path, text)
    assert (curves.wave, curves.kind, curves.mode.tolist()) == (("love",), ("group",), [1])
    assert curves.period.item() == pytest.approx(20.0, rel=1e-14)
    assert curves.velocity.item() == pytest.approx(4.0, rel=1e-14)
    # σ_v = v² σ_s is the difference of 1/(s ± σ/2) to first order
    slope = (1 / (0.25 - 5e-7) - 1 / (0.25 + 5e-7)) / 1e-6
    assert curves.sigma.item() == pytest.approx(slope * 0.01, rel=1e-6)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_takes_other_delimiters_columns_and_order(tmp_path, delimiter):
    rows = [
        "snr,sigma,velocity,period,mode,kind,wave",
        "9,0.1,3.5,20,0,phase,Rayleigh",
        "9,0.1,3.0,10,0.0,phase,R",
    ]
    rows[-1] = rows[-1].replace(",R", ",rayleigh")
    curves = parse(tmp_path, "\ufeff" + "\r\n".join(rows).replace(",", delimiter))
    assert curves.period.tolist() == [10.0, 20.0]


def test_surf96_lines_are_read_with_or_without_a_trailing_column(tmp_path):
    text = (
        "SURF96 R C X  0       22.44     3.70140     0.12020     8.5093 \nSURF96 L U T 1 35 3.602733 0.001\n"
    )
    curves = parse(tmp_path, text, "x.dsp")
    assert [pick[:6] for pick in curves] == [
        ("rayleigh", "phase", 0, 22.44, 3.7014, 0.1202),
        ("love", "group", 1, 35.0, 3.602733, 0.001),
    ]


def test_real_surf96_file_reads_whole(data_dir):
    curves = read_curves(data_dir / "dispersion" / "snu.dsp")
    assert len(curves) == 436
    assert len(curves.select(kind="phase")) == 371
    assert len(curves.select(kind="group")) == 65
    assert curves.period.min() < 10
    assert curves.period.max() > 230
    velocity, sigma = curves.gridded(curves.survey())
    assert velocity.isfinite().sum() == sigma.isfinite().sum() < 436  # repeated periods are combined
    assert velocity[velocity.isfinite()].min() > 2.5
    assert velocity[velocity.isfinite()].max() < 5.0


def test_missing_sigma_is_refused_or_given(tmp_path):
    text = "wave,kind,mode,period,velocity\nlove,phase,0,20,4\n"
    with pytest.raises(InputError, match=r"no column 'sigma'.*add a column"):
        parse(tmp_path, text)
    assert parse(tmp_path, text, sigma=0.02).sigma.tolist() == [0.02]
    empty = HEADER + "love,phase,0,20,4,\nlove,phase,0,30,4,0.3\n"
    with pytest.raises(InputError, match="line 2: sigma is empty"):
        parse(tmp_path, empty)
    assert parse(tmp_path, empty, sigma=0.02).sigma.tolist() == [0.02, 0.3]
    surf96 = "SURF96 R C X 0 20 3.5 0\n"
    with pytest.raises(InputError, match="sigma is 0"):
        parse(tmp_path, surf96, "x.dsp")
    assert parse(tmp_path, surf96, "x.dsp", sigma=0.02).sigma.tolist() == [0.02]


GOOD = "rayleigh,phase,0,20,3.5,0.1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no dispersion pick: expected CSV"),
        ("# only a comment\n\n", "holds no dispersion pick"),
        (HEADER, "holds a header and no dispersion pick"),
        ("wave,kind,period,velocity,sigma\n", "no column 'mode'"),
        ("wave,kind,mode,velocity,sigma\n", "the header has neither 'period' nor 'frequency'"),
        ("wave,kind,mode,period,frequency,velocity,sigma\n", "both 'period' and 'frequency'"),
        ("wave,kind,mode,period,velocity,slowness,sigma\n", "both 'velocity' and 'slowness'"),
        ("wave,kind,mode,period,velocity,sigma,Sigma\n", "'sigma' stands twice"),
        (HEADER + GOOD + "rayleigh,phase,0,20,3.5\n", "line 3 has 5 values, expected 6"),
        (HEADER + "rayleigh,phase,0,2o,3.5,0.1\n", "line 2: period is '2o'"),
        (HEADER + "rayleigh,phase,0,1_0,3.5,0.1\n", "period is '1_0'"),
        (HEADER + "rayleigh,phase,0,20,nan,0.1\n", "velocity is 'nan'"),
        (HEADER + "# c\n\nrayleigh,phase,0,-20,3.5,0.1\n", "line 4: period is -20 s"),
        (HEADER + "rayleigh,phase,0,20,3500,30\n", "velocity is 3500, which looks like m/s"),
        (HEADER + "rayleigh,phase,0,20,0,0.1\n", "velocity is 0"),
        (HEADER + "rayleigh,phase,0,20,3.5,-0.1\n", "sigma is -0.1"),
        (HEADER + "raleigh,phase,0,20,3.5,0.1\n", "wave is 'raleigh', expected rayleigh or love"),
        (HEADER + "rayleigh,speed,0,20,3.5,0.1\n", "kind is 'speed'"),
        (HEADER + "rayleigh,phase,-1,20,3.5,0.1\n", "mode is -1"),
        (HEADER + "rayleigh,phase,0.5,20,3.5,0.1\n", "mode is '0.5'"),
        (HEADER + "rayleigh,phase,1e300,20,3.5,0.1\n", "mode is 1"),
        (HEADER + 'rayleigh,"phase,0,20,3.5,0.1\n', "line 2 is not CSV"),
        ("wave,kind,mode,frequency,velocity,sigma\nlove,phase,0,0,3.5,0.1\n", "frequency is 0"),
        ("wave,kind,mode,period,slowness,sigma\nlove,phase,0,20,0.00025,1e-6\n", "looks like s/m"),
        (
            "wave,kind,mode,period,slowness,sigma\nrayleigh,ellipticity,0,20,0.7,0.1\n",
            "ellipticity stands in",
        ),
        ("SURF96 R C X 0 20 3.5\n", "line 1 is 'SURF96 R C X 0 20 3.5', expected SURF96"),
        ("SURF96 R G X 0 20 3.5 0.1\n", "type is 'G', expected C"),
        ("SURF96 Q C X 0 20 3.5 0.1\n", "wave is 'Q'"),
        ("SURF96 R C X 0 20 3.5 0.1\nlove\n", "line 2 is 'love'"),
        ("SURF96 R C X zero 20 3.5 0.1\n", "mode is 'zero'"),
        ("SURF96 R C X 0 20 3500 0.1\n", "looks like m/s"),
        (b"\x00\x01\x02", "binary"),
        (b"\xff\xfew\x00a\x00", "is not UTF-8 text"),
        (b"\x89HDF\r\n\x1a\nrubbish", "looks like NetCDF but cannot be read"),
        (b"CDF\x01rubbish", "classic format, expected NetCDF-4"),
    ],
)
def test_malformed_files_get_one_sentence_that_names_the_file(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(tmp_path, text)
    assert str(tmp_path / "curves.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv: No such file"):
        read_curves(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="cannot read curves from"):
        read_curves(tmp_path)


lines = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=string.digits + "+-.,;eEnaif _#\"'\t", max_size=60).map(
        lambda s: "rayleigh,phase,0," + s
    ),
    st.text(alphabet=string.digits + "+-. eEnaifRLCUX", max_size=40).map(lambda s: "SURF96 R C X " + s),
    st.sampled_from(
        [HEADER.strip(), GOOD.strip(), "SURF96 R C X 0 20 3.5 0.1", "wave,kind,mode,frequency,slowness,sigma"]
    ),
)


@given(
    st.one_of(
        st.lists(lines, max_size=5).map(lambda rows: "\n".join(rows).encode("utf-8", "replace")),
        st.binary(max_size=80),
    )
)
def test_reading_anything_at_all_gives_curves_or_an_input_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "x"
    path.write_bytes(content)
    try:
        curves = read_curves(path)
    except InputError:
        return
    assert len(curves) > 0


picks = st.builds(
    Pick,
    wave=st.sampled_from(["rayleigh", "love"]),
    kind=st.sampled_from(["phase", "group"]),
    mode=st.integers(0, 999),
    period=st.floats(1e-3, 1e4),
    velocity=st.floats(1e-3, 20.0),
    sigma=st.floats(1e-6, 10.0),
    site=st.just(""),
    latitude=st.just(math.nan),
    longitude=st.just(math.nan),
)
places = st.tuples(
    st.text(st.characters(categories=("L", "N", "P", "S")), max_size=8),
    st.floats(-90, 90) | st.just(math.nan),
    st.floats(-180, 360) | st.just(math.nan),
)


@pytest.mark.parametrize(("suffix", "relative"), [(".csv", 0.0), (".nc", 0.0), (".dsp", 1e-9)])
@settings(max_examples=12)
@given(rows=st.lists(picks, min_size=1, max_size=5), place=places)
def test_files_give_back_what_was_written(tmp_path_factory, suffix, relative, rows, place):
    if suffix != ".dsp":
        site, latitude, longitude = place
        rows = [row._replace(site=site, latitude=latitude, longitude=longitude) for row in rows]
    curves = DispersionCurves.from_picks(rows)
    path = tmp_path_factory.mktemp("trip") / f"curves{suffix}"
    write_curves(curves, path)
    again = read_curves(path)
    assert [path.name] == [file.name for file in path.parent.iterdir()]
    assert (again.branch_of, again.site) == (curves.branch_of, curves.site)
    for name in ("period", "velocity", "sigma", "latitude", "longitude"):
        torch.testing.assert_close(
            getattr(again, name), getattr(curves, name), rtol=relative, atol=0.0, equal_nan=True
        )


def test_ellipticity_survives_csv_and_netcdf(tmp_path):
    curves = table(kind="ellipticity", velocity=[-0.7, 0.66])
    for name in ("e.csv", "e.nc"):
        write_curves(curves, tmp_path / name)
        assert read_curves(tmp_path / name).velocity.tolist() == [-0.7, 0.66]


def test_write_refuses_what_a_format_cannot_hold_and_leaves_nothing_behind(tmp_path):
    target = tmp_path / "x.dsp"
    target.write_text("precious")
    for curves, message in (
        (table(site="A"), "no room for site"),
        (table(kind="ellipticity"), "cannot hold ellipticity"),
    ):
        with pytest.raises(InputError, match=message):
            write_curves(curves, target)
    with pytest.raises(InputError, match=r"suffix, expected \.csv"):
        write_curves(table(), tmp_path / "curves.txt")
    with pytest.raises(InputError, match=r"folder .* does not exist"):
        write_curves(table(), tmp_path / "no" / "curves.csv")
    with pytest.raises(InputError, match="no dispersion pick to write"):
        write_curves(table(period=[], velocity=[]), tmp_path / "empty.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["x.dsp"]
    assert target.read_text() == "precious"


def test_damaged_netcdf_gives_curves_or_an_input_error(tmp_path):
    write_curves(table(), tmp_path / "good.nc")
    content = (tmp_path / "good.nc").read_bytes()
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for place in random.integers(8, len(content), 20):
            damaged[place] = random.integers(256)
        try:
            parse(tmp_path, bytes(damaged[: random.integers(100, len(content) + 1)]), "bad.nc")
        except InputError:
            refused += 1
    assert refused > 30


def test_netcdf_without_a_variable_or_with_a_wrong_shape_is_refused(tmp_path):
    import xarray

    write_curves(table(), tmp_path / "good.nc")
    with xarray.open_dataset(tmp_path / "good.nc") as good:
        good.load()
    assert good["period"].attrs["units"] == "s"
    good.drop_vars("sigma").to_netcdf(tmp_path / "less.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="no variable 'sigma'"):
        read_curves(tmp_path / "less.nc")
    good.assign(sigma=0.1).to_netcdf(tmp_path / "shape.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"sigma has shape \(\)"):
        read_curves(tmp_path / "shape.nc")
    good.assign(velocity=good["velocity"] * 1000).to_netcdf(tmp_path / "units.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"pick 1: .*looks like m/s"):
        read_curves(tmp_path / "units.nc")
