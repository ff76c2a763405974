"""Windows around P and S: the pick is in the middle to a part of a sample, and what is not whole is not there."""

import math

import pytest
import torch
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source.band import fast_length, response
from seisgrad.source.gather import HALF_WINDOW, SAMPLES
from seisgrad.source.windows import cut_windows

CENTRE = SAMPLES // 2


def pulses(*times: float, samples: int = 600, width: float = 0.3) -> Tensor:
    """Smooth pulses around times (s after the first sample), of three components of one station."""
    time = 0.1 * torch.arange(samples, dtype=torch.float64)
    trace = sum(torch.exp(-0.5 * ((time - t) / width) ** 2) for t in times)
    return torch.stack((trace, -2.0 * trace, 0.5 * trace))[None]  # type: ignore[arg-type]


def cut(records: Tensor, p: float, s: float, start: float = 0.0) -> tuple[Tensor, Tensor]:
    return cut_windows(
        records, torch.tensor([start], dtype=torch.float64), torch.tensor([[p, s]], dtype=torch.float64)
    )


def test_the_filter_is_causal_and_leaves_the_band() -> None:
    """Nothing comes before an impulse but what the cosine above 2 Hz spreads; 0.3 to 1 Hz pass, a mean does not."""
    f = torch.tensor([0.0, 0.1, 0.3, 1.0, 2.0, 2.5, 4.0], dtype=torch.float64)
    size = response(f).abs()
    assert size[0] == 0.0
    assert size[1] == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert (size[2:4] - 1.0).abs().max() < 0.02
    assert size[4] == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert size[5:].max() < 1e-12
    impulse = torch.fft.irfft(response(torch.fft.rfftfreq(4096, 0.1, dtype=torch.float64)), 4096)
    assert impulse[2048:-20].abs().max() < 0.01 * impulse.abs().max()
    assert impulse[200:2048].abs().max() < 2e-3 * impulse.abs().max()


@pytest.mark.parametrize("late", [0.0, 0.03, 0.05, -0.37])
def test_a_pick_between_samples_is_moved_to_the_middle(late: float) -> None:
    """The same wave that much later, at a pick that much later, gives the same window."""
    reference, _ = cut(pulses(25.0, 40.0), 25.0, 40.0)
    moved, recorded = cut(pulses(25.0 + late, 40.0 + late), 25.0 + late, 40.0 + late)
    assert recorded.all()
    # the spectrum of so smooth a pulse ends well below 5 Hz, so that moving it is exact
    assert (moved - reference).abs().max() < 2e-4 * reference.abs().max()


def test_a_late_pick_moves_the_wave_forward() -> None:
    reference, _ = cut(pulses(25.0, 40.0), 25.0, 40.0)
    late, _ = cut(pulses(25.0, 40.0), 25.7, 40.0)
    assert torch.allclose(late[0, 0, :, :-7], reference[0, 0, :, 7:], atol=1e-9)
    assert torch.equal(late[0, 1], reference[0, 1])


def test_windows_are_views_of_one_filtered_record() -> None:
    """P and S windows that overlap agree where they do, and windows scale with the record."""
    records = pulses(25.0, 28.0)
    windows, _ = cut(records, 25.0, 28.0)
    assert torch.allclose(windows[0, 0, :, 30:], windows[0, 1, :, :-30], atol=1e-12)
    doubled, _ = cut(2.0 * records + 7.0, 25.0, 28.0)
    assert torch.allclose(doubled, 2.0 * windows, atol=1e-9)
    shifted, _ = cut(records, 125.0, 128.0, start=100.0)
    assert torch.allclose(shifted, windows, atol=1e-12)


def test_a_large_s_wave_does_not_reach_back_into_p() -> None:
    alone, _ = cut(pulses(25.0), 25.0, 40.0)
    both, _ = cut(pulses(25.0) + 100.0 * pulses(40.0), 25.0, 40.0)
    # what is left is the mean of the record, which the filter forgets
    assert (both - alone)[0, 0].abs().max() < 0.02 * alone[0, 0].abs().max()


@pytest.mark.parametrize(
    ("p", "s", "whole"),
    [(25.0, 40.0, True), (4.9, 40.0, False), (25.0, 55.2, False), (-30.0, 200.0, False), (5.0, 54.9, True)],
)
def test_a_window_beyond_the_record_is_not_recorded(p: float, s: float, *, whole: bool) -> None:
    windows, recorded = cut(pulses(25.0, 40.0), p, s)
    assert recorded.all() == whole
    assert recorded.any() == whole
    assert whole or not windows.any()


def test_a_component_with_a_gap_is_not_recorded_and_the_others_are() -> None:
    records = pulses(25.0, 40.0)
    records[0, 1, 300:310] = torch.nan
    records[0, 2, :150] = torch.nan  # ends before the P window begins
    windows, recorded = cut(records, 25.0, 40.0)
    assert recorded[0].tolist() == [True, False, True]
    assert not windows[0, :, 1].any()
    assert windows.isfinite().all()
    whole, _ = cut(pulses(25.0, 40.0), 25.0, 40.0)
    assert torch.equal(windows[0, :, 0], whole[0, :, 0])
    assert (windows - whole)[0, :, 2].abs().max() < 0.1 * whole[0, :, 2].abs().max()


def test_single_precision_comes_back_as_such() -> None:
    windows, _ = cut(pulses(25.0, 40.0).float(), 25.0, 40.0)
    assert windows.dtype == torch.float32
    assert windows.shape == (1, 2, 3, SAMPLES)
    assert HALF_WINDOW == 5.0


def test_bad_input_is_told() -> None:
    with pytest.raises(InputError, match="S after P"):
        cut(pulses(25.0), 25.0, 25.0)
    with pytest.raises(InputError, match="S after P"):
        cut(pulses(25.0), 25.0, math.nan)
    with pytest.raises(InputError, match="infinite"):
        cut(pulses(25.0) / 0.0, 25.0, 30.0)
    with pytest.raises(InputError, match=r"\(station, 3, time\)"):
        cut(pulses(25.0)[:, :2], 25.0, 30.0)


def test_lengths_for_the_transform() -> None:
    assert [fast_length(n) for n in (1, 7, 31, 97, 361)] == [1, 8, 32, 100, 375]
