"""The figures hold the numbers they are drawn from."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import torch
from matplotlib.collections import QuadMesh
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from obspy import UTCDateTime

from seisgrad import plot
from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.geometry import Event, GreatCircle, Station
from seisgrad.dispersion.measure import Flag, Measurement, TimeFrequency


@pytest.fixture
def axes():
    return Figure().add_subplot()


def table() -> DispersionCurves:
    return DispersionCurves.from_columns(
        wave=["rayleigh", "rayleigh", "love"],
        kind=["phase", "phase", "group"],
        mode=[0, 0, 1],
        period=[10.0, 20.0, 15.0],
        velocity=[3.0, 3.5, 4.0],
        sigma=[0.1, 0.2, 0.3],
    )


def measurement(flags: list[int]) -> Measurement:
    number = len(flags)
    period = torch.linspace(10.0, 40.0, number, dtype=torch.float64)
    velocity = torch.linspace(3.0, 4.0, 50, dtype=torch.float64)
    ridge = torch.linspace(3.2, 3.8, number, dtype=torch.float64)
    envelope = torch.exp(-(((velocity - ridge[:, None]) / 0.1) ** 2))
    event, station = Event(0.0, 0.0, 10.0, UTCDateTime(0)), Station(0.0, 20.0)
    return Measurement(
        wave="love",
        period=period,
        velocity=ridge,
        sigma=torch.full_like(period, 0.05),
        snr=torch.full_like(period, 10.0),
        flags=torch.tensor(flags),
        alpha=torch.full_like(period, 20.0),
        image=TimeFrequency(period, velocity, envelope, ridge),
        path=GreatCircle.between(event, station),
        event=event,
        station=station,
        notes=(),
    )


def spans(bars: ErrorbarContainer) -> np.ndarray:
    """Lower and upper end of every error bar, ``[pick, 2]``."""
    return np.array([segment[:, 1] for segment in bars.lines[2][0].get_segments()])


def test_curves_draw_every_branch_with_its_error_bars(axes):
    artists = plot.curves(axes, table())
    assert [bars.get_label() for bars in artists] == ["Rayleigh phase", "Love group, mode 1"]
    np.testing.assert_allclose(artists[0].lines[0].get_xydata(), [[10.0, 3.0], [20.0, 3.5]])
    np.testing.assert_allclose(spans(artists[0]), [[2.9, 3.1], [3.3, 3.7]])
    np.testing.assert_allclose(spans(artists[1]), [[3.7, 4.3]])
    assert axes.get_xscale() == "log"
    assert axes.get_ylabel() == "velocity (km/s)"


def test_waves_differ_in_colour_and_kinds_in_marker(axes):
    both = table() + DispersionCurves.from_columns(
        wave="rayleigh", kind="group", period=[12.0], velocity=[3.1], sigma=0.1
    )
    bars = {container.get_label(): container.lines[0] for container in plot.curves(axes, both)}
    assert (
        bars["Rayleigh phase"].get_color()
        == bars["Rayleigh group"].get_color()
        != bars["Love group, mode 1"].get_color()
    )
    assert bars["Rayleigh phase"].get_marker() != bars["Rayleigh group"].get_marker()


def test_an_empty_table_draws_nothing(axes):
    assert plot.curves(axes, table().select(mode=7)) == []


def test_time_frequency_shows_image_ridge_picks_and_flags(axes):
    result = measurement([0, 0, int(Flag.MULTIPATH), 0])
    image, ridge, bars, crosses = plot.time_frequency(axes, result)
    assert isinstance(image, QuadMesh)
    assert np.asarray(image.get_array()).max() == pytest.approx(
        0.0, abs=0.2
    )  # dB below the largest of each period
    np.testing.assert_allclose(ridge.get_xydata()[:, 1], result.image.ridge)
    np.testing.assert_allclose(bars.lines[0].get_xdata(), result.period[result.good])
    np.testing.assert_allclose(np.diff(spans(bars), axis=1), 0.1)
    np.testing.assert_allclose(crosses.get_xydata(), [[30.0, 3.6]])
    assert axes.get_ylim() == (3.0, 4.0)


def test_time_frequency_without_a_good_pick_still_draws(axes):
    artists = plot.time_frequency(axes, measurement([1, 1, 1]))
    assert len(artists) == 3
    axes.figure.canvas.draw()
