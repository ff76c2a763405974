"""Artefacts at one position: planted ones are found and sized, and nothing else is taken for one."""

import audit_peak_toys as toys
import pytest
import torch
from audit_peak_toys import DEPTH, LAYOUT
from torch import Tensor

from seisgrad.audit.alignment import Bump, aligned, bumps
from seisgrad.audit.artefact import FLOOR, LEVEL, Artefact, Artefacts, middle, rows_of


def search(x: Tensor, learned: Tensor, batch: int = 7) -> list[Artefact]:
    """What the detector finds, fed in batches."""
    collected = Artefacts(LAYOUT)
    for some in torch.arange(len(x)).split(batch):
        collected.add(toys.pair(x[some], learned[some]))
    return collected.found()


@pytest.mark.parametrize("width", [4.0, 9.3, 20.0])
def test_a_bump_is_measured_and_a_straight_line_is_not(width: float) -> None:
    bump = Bump.of(width)
    at = 60 - bump.reach
    row = 0.3 * toys.bump(60, width)
    assert bump.response(row)[at].item() == pytest.approx(0.3, rel=1e-2)
    assert bump.response(row).argmax().item() == at
    torch.testing.assert_close(bump.response(2.0 + 0.1 * DEPTH), torch.zeros(128 - 2 * bump.reach).double())


def test_no_row_within_a_magnitude_responds_more_than_its_bound() -> None:
    generator = torch.Generator().manual_seed(1)
    size = torch.rand(50, 128, generator=generator, dtype=torch.float64)
    signs = torch.randint(2, size.shape, generator=generator) * 2 - 1
    for bump in bumps(128):
        assert (bump.response(size * signs) <= bump.bound(size) + 1e-12).all()
        worst = torch.zeros(
            128, dtype=torch.float64
        )  # the row that agrees in sign with the filter reaches it
        worst[: len(bump.weights)] = size[0, : len(bump.weights)] * bump.weights.sign()
        torch.testing.assert_close(bump.response(worst)[0], bump.bound(size[0])[0])


def test_p_values_of_rows_with_nothing_in_common_keep_their_level() -> None:
    """Under its null hypothesis a p-value is below 5 % in 5 % of the trials at most."""
    hits, trials = 0, 100
    for seed in range(trials):
        rows = torch.zeros(8, 128, dtype=torch.float64)
        at = torch.rand(8, generator=torch.Generator().manual_seed(seed)) * 128
        for row, place in zip(rows, at.tolist(), strict=True):
            row += 0.2 * toys.bump(place, 8)
        hits += bool(aligned(rows, 0 * rows, floor=FLOOR, level=0.05, draws=99, seed=seed))
    assert hits <= 0.05 * trials + 3 * (0.05 * 0.95 * trials) ** 0.5


def test_rows_with_a_bump_in_common_are_aligned_there_and_nowhere_else() -> None:
    rows = torch.stack([0.2 * toys.bump(80, 8) + 0.2 * toys.bump(15 + 7 * k, 8) for k in range(8)])
    (peak,) = aligned(rows, 0 * rows, floor=FLOOR, level=0.01, draws=999, seed=0)
    assert abs(peak.position - 80) <= 1
    assert peak.p_value == pytest.approx(1 / 1000)
    assert aligned(rows, 2 * rows.abs(), floor=FLOOR, level=0.01, draws=999, seed=0) == []


def test_the_middle_has_half_on_either_side() -> None:
    flat = torch.ones(1, 101, dtype=torch.float64)
    assert middle(flat).item() == 50
    assert middle(torch.stack([toys.bump(k, 8) for k in (30, 70)])).tolist() == pytest.approx([30, 70], abs=1)


def test_outputs_between_which_theory_does_not_move_are_one_row() -> None:
    assert rows_of(torch.full((9,), 40.0), 128).tolist() == [0] * 9
    assert rows_of(torch.tensor([0.0, 1, 5, 5, 9, 60, 64]), 128).tolist() == [0, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize("error", [0.0, 1e-7])
def test_exact_against_exact_has_no_artefact(error: float) -> None:
    x = toys.earths(20, seed=1, zone=0.2)
    assert search(x, toys.noisy(toys.kernels(x), error, seed=2)) == []


def test_false_alarms() -> None:
    """Errors that travel with the kernel, rough ones, and the exact kernels of neighbouring earths: none in 300."""
    found = 0
    for seed in range(100):
        x = toys.earths(12, seed, zone=0.1 * (seed % 3))
        exact = toys.kernels(x)
        found += bool(search(x, toys.travelling(exact, seed, size=0.3)))
        found += bool(search(x, toys.noisy(exact, 0.5, seed)))
        found += bool(search(x, toys.kernels(x * (1 + 0.1 * (toys.earths(12, seed + 100) / x - 1)))))
    assert found == 0


@pytest.mark.parametrize(("strength", "depth"), [(0.1, 70.0), (0.2, 70.0), (0.3, 25.0), (0.2, 100.0)])
def test_a_planted_artefact_is_found_where_it_is_and_as_large_as_it_is(strength: float, depth: float) -> None:
    x = toys.earths(20, seed=3, zone=0.2)
    learned = toys.kernels(x)
    learned[:, 0, :, 0] = toys.planted(learned, strength, depth)[:, 0, :, 0]
    (artefact,) = search(x, learned)
    assert (artefact.branch, artefact.parameter) == ("slow", "vs")
    assert artefact.position == pytest.approx(depth, abs=2)
    assert artefact.strength == pytest.approx(strength, rel=0.25)
    assert artefact.p_value <= LEVEL
    assert len(artefact.outputs) >= 8


def test_power() -> None:
    """Of artefacts of a fifth of the kernel, in noise, nine of ten are found, wherever they sit."""
    found = 0
    for seed in range(10):
        generator = torch.Generator().manual_seed(seed)
        depth, width = (20 + 80 * torch.rand(1, generator=generator)).item(), 5 + seed
        x = toys.earths(12, seed)
        artefacts = search(x, toys.noisy(toys.planted(toys.kernels(x), 0.2, depth, width), 0.3, seed))
        found += any(
            abs(artefact.position - depth) < 4 for artefact in artefacts if artefact.parameter == "vs"
        )
    assert found >= 9


def test_two_artefacts_are_both_found() -> None:
    x = toys.earths(20, seed=4)
    learned = toys.planted(toys.planted(toys.kernels(x), 0.2, 60.0), 0.2, 95.0)
    positions = sorted(a.position for a in search(x, learned) if (a.branch, a.parameter) == ("slow", "vs"))
    assert positions == pytest.approx([60.0, 95.0], abs=3)


def test_one_model_will_do() -> None:
    x = toys.earths(1, seed=5)
    found = search(x, toys.planted(toys.kernels(x), 0.2, 70.0))
    assert {(a.branch, a.parameter) for a in found} >= {("slow", "vs"), ("fast", "vs")}
    assert search(x, toys.kernels(x)) == []


def test_batches_do_not_matter_and_missing_kernels_are_left_out() -> None:
    x = toys.earths(20, seed=6)
    learned = toys.planted(toys.kernels(x), 0.2, 70.0)
    for whole, parts in zip(search(x, learned, batch=20), search(x, learned, batch=3), strict=True):
        assert (whole.branch, whole.position, whole.outputs) == (parts.branch, parts.position, parts.outputs)
        assert whole.strength == pytest.approx(parts.strength)
    learned[0], learned[:, :, 3] = torch.nan, torch.nan
    found = search(x, learned)
    assert {artefact.position for artefact in found} <= set(range(66, 75))
    assert all(toys.PERIODS[3].item() not in artefact.outputs for artefact in found)
