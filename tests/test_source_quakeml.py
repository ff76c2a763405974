"""A mechanism goes out to QuakeML and comes back the same; a beachball shows it."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from obspy import read_events

from seisgrad.errors import InputError
from seisgrad.plot.mechanism import beachball
from seisgrad.source.axes import axes
from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.origin import Origin
from seisgrad.source.quakeml import Solution, read_quakeml, to_event, write_quakeml

BYRON = Origin("2019-07-16T20:11:01.470000Z", 37.8187, -121.7568, 12.38)


def mechanism() -> torch.Tensor:
    strike, dip, rake, mw = torch.tensor([234.0, 71.0, -5.0, 4.37], dtype=torch.float64)
    return from_plane(strike, dip, rake, moment_of_magnitude(mw))


def solution() -> Solution:
    sigma = torch.linspace(1e13, 6e13, 6, dtype=torch.float64)
    return Solution(BYRON, mechanism(), sigma, 0.04, 3.2, 0.81, "Twelve stations.")


def test_there_and_back(tmp_path: Path) -> None:
    write_quakeml(solution(), tmp_path / "event.xml")
    back = read_quakeml(tmp_path / "event.xml")
    assert torch.allclose(back.moment, solution().moment, rtol=1e-12)
    assert back.sigma is not None
    assert torch.allclose(back.sigma, torch.linspace(1e13, 6e13, 6, dtype=torch.float64))
    assert back.origin.utc == BYRON.utc
    assert (back.origin.latitude, back.origin.longitude, back.origin.depth) == (37.8187, -121.7568, 12.38)
    assert back.variance_reduction == pytest.approx(0.81)


def test_the_file_says_it_in_the_words_of_the_catalogues(tmp_path: Path) -> None:
    write_quakeml(solution(), tmp_path / "event.xml")
    event = read_events(str(tmp_path / "event.xml"))[0]
    size = event.preferred_magnitude()
    assert (size.magnitude_type, size.mag, size.mag_errors.uncertainty) == ("Mw", pytest.approx(4.37), 0.04)
    found = event.preferred_focal_mechanism()
    nn, ee, dd, ne, nd, ed = mechanism().tolist()
    tensor = found.moment_tensor.tensor
    assert [tensor.m_rr, tensor.m_tt, tensor.m_pp] == pytest.approx([dd, nn, ee])
    assert [tensor.m_rt, tensor.m_rp, tensor.m_tp] == pytest.approx([nd, -ed, -ne])
    assert found.moment_tensor.scalar_moment == pytest.approx(10 ** (1.5 * 4.37 + 9.1))
    assert found.moment_tensor.double_couple == pytest.approx(1)
    planes = found.nodal_planes
    both = [(p.strike, p.dip, p.rake) for p in (planes.nodal_plane_1, planes.nodal_plane_2)]
    assert any(plane == pytest.approx((234, 71, -5)) for plane in both)
    assert found.principal_axes.t_axis.length == pytest.approx(-found.principal_axes.p_axis.length)
    assert "3.2 deg" in " ".join(comment.text for comment in found.comments)


def test_writing_twice_makes_the_same_file(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        write_quakeml(solution(), tmp_path / name)
    assert (tmp_path / "a.xml").read_bytes() == (tmp_path / "b.xml").read_bytes()


def test_what_is_no_solution_is_told(tmp_path: Path) -> None:
    path = tmp_path / "event.xml"
    path.write_text("<nothing/>")
    with pytest.raises(InputError, match="cannot read the event"):
        read_quakeml(path)
    event = to_event(solution())
    event.focal_mechanisms = []
    event.write(str(path), format="QUAKEML")
    with pytest.raises(InputError, match="no moment tensor with six components"):
        read_quakeml(path)
    with pytest.raises(InputError, match="has no size"):
        to_event(Solution(BYRON, torch.zeros(6)))


def test_a_beachball_is_drawn() -> None:
    figure = Figure(figsize=(3, 3), dpi=80)
    panel = figure.add_subplot()
    strike = torch.linspace(226.0, 242.0, 5, dtype=torch.float64)
    others = from_plane(strike, torch.full_like(strike, 71.0), torch.full_like(strike, -5.0))
    artists = beachball(panel, mechanism(), others=others)
    assert len(artists) == 6
    assert set(artists) <= set(panel.get_children())


def test_the_ball_is_filled_where_the_first_motion_is_outward() -> None:
    """Around the tension axis it is dark and around the pressure axis white, in the equal-area lower hemisphere."""
    figure = Figure(figsize=(4, 4), dpi=50)
    canvas = FigureCanvasAgg(figure)
    panel = figure.add_axes((0, 0, 1, 1))
    beachball(panel, mechanism(), colour="black")
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., 0]
    shade = {}
    for name, (azimuth, plunge) in zip("TBP", torch.deg2rad(axes(mechanism())).tolist(), strict=True):
        radius = 2**0.5 * np.sin((np.pi / 2 - plunge) / 2)
        place = [[radius * np.sin(azimuth), radius * np.cos(azimuth)]]
        column, row = panel.transData.transform(place)[0]
        shade[name] = int(pixels[round(len(pixels) - row), round(column)])
    assert shade["T"] < 30
    assert shade["P"] > 225
