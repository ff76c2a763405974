"""The exact operator of an earthquake: laws, values and derivatives."""

import numpy as np
import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor

from seisgrad import checks
from seisgrad.errors import InputError
from seisgrad.source.earths import named_column
from seisgrad.source.layered import Band, elementary
from seisgrad.source.physics import Physics
from seisgrad.source.radiation import coefficients, components

BAND = Band(samples=160, time_step=0.25, flat=0.3, end=0.6)
DISTANCES = torch.tensor([12.0, 30.0], dtype=torch.float64)
AZIMUTHS = torch.tensor([20.0, 250.0], dtype=torch.float64)
MOMENT = torch.tensor([-0.4403, 0.9969, -0.5567, -0.0346, -0.4981, 0.0436], dtype=torch.float64)


def _physics(depth=8.3, **more):
    return Physics(named_column("gil7"), DISTANCES, AZIMUTHS, depth, band=BAND, **more)


class TestPhysics(OperatorSuite):
    accuracy = 1e-12

    def operator(self):
        return _physics()

    def point(self, generator: torch.Generator) -> Tensor:
        return torch.randn(6, generator=generator, dtype=torch.float64) * 1e17


@pytest.mark.parametrize("depth", [8.3, 4.99, 5.0, 27.0, 0.6])
def test_between_the_nodes_it_is_what_the_solver_says_there(depth):
    physics = _physics(depth, quantity="displacement")
    start = np.broadcast_to(physics.start.numpy(), (1, 2))
    traces = elementary(named_column("gil7"), np.array([depth]), DISTANCES.numpy(), start, BAND)[0]
    expected = components(coefficients(MOMENT, AZIMUTHS), torch.from_numpy(traces))
    error = (physics(MOMENT) - expected).abs().amax(-1)
    assert (error < 1e-3 * expected.abs().amax(-1)).all()


def test_the_derivative_in_the_place_of_the_source_is_right():
    physics = _physics()
    at = torch.tensor([0.03, -0.02, 8.32], dtype=torch.float64)
    scale = 1e15  # so that the motion is of the order of one

    def motion(place: Tensor) -> Tensor:
        return scale * physics.moved(place)(MOMENT)

    assert checks.dot_test(motion, at).passed
    result = checks.taylor_test(motion, at, step=1e-4)
    assert result.passed, result.message


def test_the_derivative_of_the_interpolant_is_that_of_the_ground():
    """Against differences of exact Green's functions, of the cubic's own error."""
    physics, step = _physics(quantity="displacement"), 0.02
    slope = torch.func.jacfwd(lambda place: physics.moved(place)(MOMENT))(physics.place)

    def exact(north, east, depth):
        bearing = torch.deg2rad(AZIMUTHS)
        x, y = DISTANCES * bearing.cos() - north, DISTANCES * bearing.sin() - east
        r, phi = torch.hypot(x, y), torch.rad2deg(torch.atan2(y, x))
        start = np.broadcast_to(physics.start.numpy(), (1, 2))
        traces = elementary(named_column("gil7"), np.array([depth]), r.numpy(), start, BAND)[0]
        return components(coefficients(MOMENT, phi), torch.from_numpy(traces))

    for axis in range(3):
        shift = step * np.eye(3)[axis]
        up, down = (exact(s * shift[0], s * shift[1], 8.3 + s * shift[2]) for s in (1.0, -1.0))
        expected = (up - down) / (2.0 * step)
        assert (slope[..., axis] - expected).norm() < 0.02 * expected.norm()


def test_a_source_moved_and_stations_moved_the_other_way_are_the_same():
    start = torch.zeros(2, dtype=torch.float64)
    physics = _physics(start=start)
    bearing = torch.deg2rad(AZIMUTHS)
    x, y = DISTANCES * bearing.cos() - 1.5, DISTANCES * bearing.sin() + 0.7
    other = Physics(
        named_column("gil7"),
        torch.hypot(x, y),
        torch.rad2deg(torch.atan2(y, x)),
        9.0,
        band=BAND,
        start=start,
        spacing=physics.spacing,
    )
    moved = physics.moved(torch.tensor([1.5, -0.7, 9.0], dtype=torch.float64))
    torch.testing.assert_close(moved(MOMENT), other(MOMENT), rtol=1e-9, atol=1e-24)


def test_places_where_no_source_can_be_are_refused():
    with pytest.raises(InputError, match="depth"):
        _physics(0.2)
    bearing = torch.deg2rad(AZIMUTHS[0])
    station = torch.stack([12.0 * bearing.cos(), 12.0 * bearing.sin(), torch.tensor(8.0)])
    physics = _physics()
    with pytest.raises(InputError, match="station"):
        physics.moved(station)
