"""Radiation of a moment tensor into the elementary Green's functions."""

import math

import torch

from seisgrad.source.radiation import coefficients, components


def _rotated(moment, degrees):
    """The tensor turned clockwise (seen from above) by so many degrees."""
    nn, ee, dd, ne, nd, ed = moment
    m = torch.stack([nn, ne, nd, ne, ee, ed, nd, ed, dd]).reshape(3, 3)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    q = torch.tensor([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    m = q @ m @ q.T
    return torch.stack([m[0, 0], m[1, 1], m[2, 2], m[0, 1], m[0, 2], m[1, 2]])


def _draw(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_tensor_and_station_turned_together_radiate_alike():
    moment, azimuth = _draw(6), 360.0 * torch.linspace(0.0, 1.0, 7, dtype=torch.float64)
    for degrees in (17.0, 90.0, 211.0):
        turned = coefficients(_rotated(moment, degrees), azimuth + degrees)
        torch.testing.assert_close(turned, coefficients(moment, azimuth), rtol=1e-12, atol=1e-12)


def test_the_four_elementary_sources_seen_from_the_north():
    explosion = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    vertical = torch.tensor([-1.0, -1.0, 2.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    north = torch.zeros(1, dtype=torch.float64)
    expected = torch.zeros(2, 10, dtype=torch.float64)
    expected[0, [0, 4]] = 1.0
    expected[1, [1, 5]] = 1.0
    found = torch.cat([coefficients(m, north) for m in (explosion, vertical)])
    torch.testing.assert_close(found, expected)


def test_the_moment_is_recovered_from_three_azimuths_by_linearity():
    azimuth = torch.tensor([10.0, 100.0, 215.0], dtype=torch.float64)
    matrix = torch.func.jacrev(lambda m: coefficients(m, azimuth).flatten())(_draw(6))
    moment = _draw(6, seed=2)
    torch.testing.assert_close(matrix @ moment, coefficients(moment, azimuth).flatten())
    assert torch.linalg.matrix_rank(matrix) == 6


def test_batches_of_events_and_their_components():
    moment, azimuth, traces = _draw(2, 6), 100.0 * _draw(2, 3), _draw(2, 3, 10, 5)
    weights = coefficients(moment, azimuth)
    assert weights.shape == (2, 3, 10)
    got = components(weights, traces)
    assert got.shape == (2, 3, 3, 5)
    by_hand = (weights[1, 2, 8:, None] * traces[1, 2, 8:]).sum(0)
    torch.testing.assert_close(got[1, 2, 2], by_hand)
