"""Faults with a name: every planted one is found, sized and named, and no other is named with it."""

import audit_peak_toys as toys
import pytest
import torch
from audit_peak_toys import LAYOUT
from torch import Tensor

from seisgrad.audit.artefact import Artefacts
from seisgrad.audit.faults import Fault, Faults

EARTHS = toys.earths(12, seed=1, zone=0.1)
EXACT = toys.kernels(EARTHS)


def named(learned: Tensor, batch: int = 6) -> list[Fault]:
    """The faults of learned kernels, fed in batches."""
    faults, artefacts = Faults(LAYOUT), Artefacts(LAYOUT)
    for some in torch.arange(len(learned)).split(batch):
        pair = toys.pair(EARTHS[some], learned[some])
        faults.add(pair)
        artefacts.add(pair)
    return faults.found(artefacts.found())


@pytest.mark.parametrize("error", [0.0, 1e-12, 1e-7, 1e-3])
def test_exact_against_exact_has_no_fault(error: float) -> None:
    assert named(toys.noisy(EXACT, error, seed=1)) == []


def test_errors_with_many_causes_have_no_name() -> None:
    for seed in range(5):
        assert named(toys.travelling(EXACT, seed, size=0.3)) == []
    assert named(toys.kernels(EARTHS * (1 + 0.05 * (toys.earths(12, seed=9) / EARTHS - 1)))) == []


@pytest.mark.parametrize("factor", [0.5, 0.95, 1.05, 1.3, 3.0, -1.0])
def test_a_scale_error_is_named_with_its_factor(factor: float) -> None:
    (fault,) = named(factor * EXACT)
    assert (fault.name, fault.parameter) == ("scale", "vs, vp")
    assert fault.size == pytest.approx(factor)
    (fault,) = named(EXACT * torch.tensor([1.0, factor])[:, None])
    assert (fault.name, fault.parameter) == ("scale", "vp")


def test_a_kernel_that_is_hardly_there_is_no_scale_error() -> None:
    """Its factor is near 0, but what there is of it is something else."""
    assert not [fault for fault in named(0.1 * toys.noisy(EXACT, 2.0, seed=6)) if fault.name == "scale"]


def test_a_factor_that_differs_from_output_to_output_is_no_scale_error() -> None:
    factor = torch.linspace(0.8, 1.25, EXACT.shape[2])[:, None, None]
    assert not [fault for fault in named(factor * EXACT) if fault.name == "scale"]


def test_swapped_parameters_are_named() -> None:
    (fault,) = named(EXACT.flip(-2))
    assert (fault.name, fault.parameter) == ("swapped parameters", "vs, vp")
    assert fault.size == pytest.approx(1.0)
    assert "theory's of vp" in fault.evidence


def test_one_parameter_in_the_place_of_both_is_no_swap() -> None:
    both = EXACT.clone()
    both[..., 1, :] = both[..., 0, :]
    assert not [fault for fault in named(both) if fault.name == "swapped parameters"]


@pytest.mark.parametrize("samples", [-8, -1, 1, 3, 12])
def test_a_shifted_grid_is_named_with_its_distance(samples: int) -> None:
    (fault,) = named(toys.shifted(EXACT, samples))
    assert (fault.name, fault.parameter) == ("shifted positions", "vs, vp")
    assert fault.size == pytest.approx(samples)  # positions are 1 km apart


@pytest.mark.parametrize("size", [0.08, 0.2, 1.0])
def test_noise_is_named_with_its_size(size: float) -> None:
    faults = named(toys.noisy(EXACT, size, seed=2))
    assert {fault.name for fault in faults} == {"noise"}
    assert ", ".join(fault.parameter for fault in faults) == "vs, vp"
    for fault in faults:
        assert fault.size == pytest.approx(size, rel=0.1)


def test_roughness_that_all_outputs_or_all_models_share_is_no_noise() -> None:
    generator = torch.Generator().manual_seed(3)
    size = 0.2 * EXACT.square().mean(-1, keepdim=True).sqrt()
    for shape in ((12, 1, 1, 2, 128), (1, 2, 24, 2, 128)):
        assert named(EXACT + size * torch.randn(shape, generator=generator, dtype=torch.float64)) == []


def test_noise_on_top_of_a_scale_error_is_named_too() -> None:
    faults = named(toys.noisy(1.3 * EXACT, 0.1, seed=4))
    assert {fault.name for fault in faults} == {"scale", "noise"}


def test_an_artefact_is_told_and_nothing_else() -> None:
    faults = named(toys.planted(EXACT, 0.15, 80.0))
    assert {fault.name for fault in faults} == {"artefact"}
    assert {fault.parameter for fault in faults} == {"vs", "vp"}
    assert "beyond theory's" in faults[0].evidence


def test_kernels_that_are_not_there_do_not_count() -> None:
    learned, exact = 1.3 * EXACT, EXACT.clone()
    learned[2], exact[:, :, 5] = torch.nan, torch.nan
    exact[:, 0, :, 1] = 0.0  # a branch that does not see this parameter, in theory
    faults = Faults(LAYOUT)
    pair = toys.pair(EARTHS, learned)
    faults.add(type(pair)(pair.models, pair.reference_value, pair.learned_value, exact, learned))
    (fault,) = faults.found()
    assert (fault.name, fault.parameter) == ("scale", "vs, vp")
    assert fault.size == pytest.approx(1.3)


def test_a_single_model_and_output_will_do() -> None:
    assert [fault.name for fault in named(0.5 * EXACT[:1])] == ["scale"]
    assert [fault.name for fault in named(toys.shifted(EXACT[:1], 4))] == ["shifted positions"]
