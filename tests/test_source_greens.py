"""Velocity models, first arrivals and banks of Green's functions."""

import numpy as np
import pytest
import torch

from seisgrad.errors import InputError
from seisgrad.source import greens
from seisgrad.source.earths import HELD_OUT, NAMES, OTHER, TRAIN, named_column, with_attenuation
from seisgrad.source.greens import GreensBank, make_bank
from seisgrad.source.layered import Band, Column, elementary
from seisgrad.source.traveltime import first_arrivals

SMALL = Band(samples=128, time_step=0.25, flat=0.4, end=0.8)
DEPTHS, DISTANCES = (3.0, 6.0), (10.0, 25.0, 40.0)


def _column(thickness, vp):
    vp = np.asarray(vp, float)
    return with_attenuation(np.asarray(thickness, float), vp, vp / 1.8, np.full_like(vp, 2.7))


def test_seventeen_columns_of_which_three_are_held_out():
    assert len(TRAIN) == 14
    assert len(HELD_OUT) == 3
    assert len(set(NAMES)) == len(TRAIN) + len(HELD_OUT) + len(OTHER) == 19
    for name in NAMES:
        column = named_column(name)
        assert (column.vs > 0.0).all()
        assert (column.thickness[:-1] > 0.0).all()
        assert column.vp[-1] > 7.0
    columns = {name: np.stack(named_column(name)[:2]).tobytes() for name in TRAIN + HELD_OUT}
    assert not {columns[n] for n in TRAIN} & {columns[n] for n in HELD_OUT}
    with pytest.raises(InputError, match="gil8"):
        named_column("gil8")


def test_first_arrivals_in_a_half_space():
    depths, distances = np.array([0.0, 1.0, 20.0]), np.array([0.0, 5.0, 150.0])
    found = first_arrivals(_column([0.0], [6.0]), depths, distances)
    slant = np.hypot(depths[:, None], distances)
    np.testing.assert_allclose(found.p, slant / 6.0, rtol=1e-12)
    np.testing.assert_allclose(found.s, slant / 6.0 * 1.8, rtol=1e-12)


def test_head_wave_of_one_interface():
    h, slow, fast, depth = 10.0, 5.0, 8.0, 4.0
    distances = np.linspace(1.0, 200.0, 400)
    found = first_arrivals(_column([h, 0.0], [slow, fast]), np.array([depth]), distances).p[0]
    down, slope = 2.0 * h - depth, np.sqrt(1.0 / slow**2 - 1.0 / fast**2)
    head = distances / fast + down * slope
    head[distances < down / fast / slope] = np.inf
    np.testing.assert_allclose(found, np.minimum(np.hypot(distances, depth) / slow, head), rtol=1e-12)


def test_a_ray_through_many_layers_takes_the_least_time():
    """Fermat: of all broken lines, searched by brute force in two crossings."""
    column = _column([2.0, 3.0, 5.0, 0.0], [3.0, 5.0, 4.0, 4.5])
    found = first_arrivals(column, np.array([8.0]), np.array([12.0])).p[0, 0]
    x1, x2 = np.meshgrid(np.linspace(0.0, 12.0, 2001), np.linspace(0.0, 12.0, 2001))
    times = np.hypot(x1, 3.0) / 4.0 + np.hypot(x2 - x1, 3.0) / 5.0 + np.hypot(12.0 - x2, 2.0) / 3.0
    assert found <= times.min()
    assert found == pytest.approx(times.min(), rel=1e-5)


def test_arrivals_do_not_jump_where_the_source_crosses_an_interface():
    column, distances = named_column("gil7"), np.array([5.0, 50.0, 200.0])
    for top in column.tops[1:]:
        found = first_arrivals(column, np.array([top - 1e-9, top, top + 1e-9]), distances)
        for times in found:
            np.testing.assert_allclose(times[0], times[2], rtol=1e-6)
            np.testing.assert_allclose(times[1], times[2], rtol=1e-6)


def test_motion_begins_at_the_first_arrival():
    column = named_column("hadley_kanamori")
    lossless = column._replace(qp=np.full(4, np.inf), qs=np.full(4, np.inf))
    band, distances = Band(samples=400), np.array([10.0, 40.0])
    p = first_arrivals(column, np.array([8.0]), distances).p
    ground = elementary(lossless, np.array([8.0]), distances, p - 10.0, band)[0, :, 0]
    # the step of an explosion has half its height at the onset
    motion = np.cumsum(ground, -1)
    for trace in motion[:, :130]:
        before, after = np.abs(np.gradient(trace))[:70].max(), np.abs(np.gradient(trace))[95:110].max()
        assert before < 0.02 * after


def test_a_bank_is_made_resumed_and_read(tmp_path, monkeypatch):
    path, told = tmp_path / "bank.zarr", []
    make_bank(path, ["gil7"], DEPTHS, DISTANCES, band=SMALL)
    monkeypatch.setattr(greens, "elementary", _only_for(named_column("hadley_kanamori"), told))
    progress = []
    make_bank(
        path,
        ["gil7", "hadley_kanamori"],
        DEPTHS,
        DISTANCES,
        band=SMALL,
        progress=lambda *n: progress.append(n),
    )
    assert progress == [(1, 1, 2), (1, 2, 2)]
    assert told == [1]
    bank = GreensBank.open(path)
    assert bank.names == ("gil7", "hadley_kanamori")
    assert bank.traces.shape == (2, 2, 3, 10, 128)
    assert bank.traces.dtype == torch.float32
    column = named_column("gil7")
    again = elementary(column, np.array(DEPTHS), np.array(DISTANCES), bank.start[0].numpy(), SMALL)
    np.testing.assert_array_equal(bank.traces[0].numpy(), again.astype(np.float32))
    np.testing.assert_array_equal(bank.p[0], first_arrivals(column, np.array(DEPTHS), np.array(DISTANCES)).p)
    assert ((bank.p - bank.start >= greens.BEFORE_P) & (bank.p - bank.start < greens.BEFORE_P + 0.26)).all()
    assert GreensBank.open(path, ["hadley_kanamori"]).names == ("hadley_kanamori",)
    with pytest.raises(InputError, match="depths"):
        make_bank(path, ["gil7"], (3.0,), DISTANCES, band=SMALL)
    with pytest.raises(InputError, match="another model"):
        make_bank(path, {"gil7": named_column("hadley_kanamori")}, DEPTHS, DISTANCES, band=SMALL)
    with pytest.raises(InputError, match="moon"):
        GreensBank.open(path, ["moon"])
    with pytest.raises(InputError, match="no bank"):
        GreensBank.open(tmp_path / "nothing")


def _only_for(expected: Column, told: list[int]):
    """A stand-in that counts, and that makes no other model again."""

    def made(column, *args):
        np.testing.assert_array_equal(column.vp, expected.vp)
        told.append(1)
        return elementary(column, *args)

    return made
