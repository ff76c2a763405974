"""Misfits of wavefields: closed forms, what each does not see, silence where there are no data, and right gradients."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor
from waveform_toys import ricker

from seisgrad.checks import taylor_test
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import MISFITS, misfit_named
from seisgrad.operator import Space

TIMES = torch.arange(200, dtype=torch.float64) * 0.02
TRACES = Space("trace", ("source", "receiver", "time"), (2, 3, 200), "1", {"time": TIMES})
SPECTRA = Space("spectrum", ("source", "frequency", "receiver", "part"), (2, 4, 5, 2), "1")
BOTH = ["l2", "relative_l2", "envelope", "correlation"]
EVERY = [(name, TRACES) for name in [*BOTH, "transport"]] + [
    (name, SPECTRA) for name in [*BOTH, "unit_amplitude"]
]
every = pytest.mark.parametrize(("name", "space"), EVERY, ids=[f"{n}-{s.name}" for n, s in EVERY])


def pulses(delay: float | Tensor) -> Tensor:
    """One Ricker pulse per trace, at 1.4 s and later by ``delay``."""
    late = torch.as_tensor(delay, dtype=torch.float64).expand(TRACES.shape[:-1])
    return ricker(TIMES - 1.4 - late[..., None])


def data(space: Space, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    if space is SPECTRA:
        return torch.randn(space.shape, generator=generator, dtype=torch.float64)
    return pulses(0.4 * torch.rand(space.shape[:-1], generator=generator, dtype=torch.float64))


@every
def test_nothing_where_both_are_the_same_and_something_where_not(name: str, space: Space) -> None:
    misfit, observed = misfit_named(name, space), data(space, 1)
    assert abs(float(misfit(observed, observed))) < 1e-9
    assert float(misfit(data(space, 2), observed)) > 1e-2


@every
def test_the_gradient_is_right(name: str, space: Space) -> None:
    misfit, observed = misfit_named(name, space), data(space, 1)
    predicted = (
        data(space, 2) + 0.05 * torch.randn(space.shape, generator=torch.Generator().manual_seed(3)).double()
    )
    moved = torch.randn(space.shape, generator=torch.Generator().manual_seed(4)).double()
    # transport has kinks where a sample changes its sign: the direction leaves all signs as they are
    moved = moved * predicted.abs() if name == "transport" else moved

    def value(h: Tensor) -> Tensor:
        return misfit(predicted + h * moved, observed)

    at = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(value(at), at)
    step = 1e-5
    difference = (value(torch.tensor(step)) - value(torch.tensor(-step))) / (2 * step)
    assert float(slope) == pytest.approx(float(difference), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", ["l2", "relative_l2", "envelope", "correlation", "unit_amplitude"])
def test_the_remainder_falls_with_the_square_of_the_step(name: str) -> None:
    misfit, observed = misfit_named(name, SPECTRA), data(SPECTRA, 1)
    passed = taylor_test(lambda p: misfit(p, observed)[None], data(SPECTRA, 2), step=1e-3, levels=4)
    assert passed.passed, passed.message


@every
def test_data_that_are_none_are_silent(name: str, space: Space) -> None:
    """NaN data and weights of 0 add nothing and pull at nothing, whatever the prediction is there, NaN too."""
    misfit, observed, predicted = misfit_named(name, space), data(space, 1), data(space, 2)
    gone = torch.zeros(space.shape, dtype=torch.bool)
    gone[0, 1], gone[..., 2, :] = True, True
    bad = predicted.masked_fill(gone, torch.nan).requires_grad_()
    value = misfit(bad, observed.masked_fill(gone, torch.nan))
    weighed = misfit(bad, observed, (~gone).double())
    (pull,) = torch.autograd.grad(value, bad)
    assert float(value.detach()) > 0
    assert float(weighed.detach()) == pytest.approx(float(value.detach()))
    assert (pull[gone] == 0).all()
    assert pull.isfinite().all()
    assert float(misfit(predicted, torch.full_like(observed, torch.nan))) == 0.0


@every
def test_gathers_add_up(name: str, space: Space) -> None:
    misfit, observed, predicted = misfit_named(name, space), data(space, 1), data(space, 2)
    parts = [misfit(predicted[s : s + 1], observed[s : s + 1]) for s in range(2)]
    torch.testing.assert_close(sum(parts), misfit(predicted, observed))
    if space is SPECTRA:
        parts = [misfit(predicted[:, f : f + 1], observed[:, f : f + 1]) for f in range(4)]
        torch.testing.assert_close(sum(parts), misfit(predicted, observed))


@every
def test_a_dead_prediction_is_no_accident(name: str, space: Space) -> None:
    """Zeros predicted: a finite misfit and a finite gradient."""
    nothing = torch.zeros(space.shape, dtype=torch.float64, requires_grad=True)
    value = misfit_named(name, space)(nothing, data(space, 1))
    (pull,) = torch.autograd.grad(value, nothing)
    assert value.isfinite()
    assert pull.isfinite().all()


def test_closed_forms() -> None:
    p, d = data(SPECTRA, 1), data(SPECTRA, 2)
    assert float(misfit_named("l2", SPECTRA)(p, d)) == pytest.approx(0.5 * float((p - d).square().sum()))
    assert float(misfit_named("relative_l2", SPECTRA)(0 * d, d)) == pytest.approx(8)  # one per gather
    assert float(misfit_named("correlation", SPECTRA)(-d, d)) == pytest.approx(16)
    phase = (torch.view_as_complex(p) / torch.view_as_complex(d)).angle()
    expected = float((1 - phase.cos()).mean(-1).sum())
    assert float(misfit_named("unit_amplitude", SPECTRA)(p, d)) == pytest.approx(expected, rel=1e-6)
    amplitude = [torch.view_as_complex(v).abs() for v in (p, d)]
    expected = float(((amplitude[0] - amplitude[1]).square().sum(-1) / amplitude[1].square().sum(-1)).sum())
    assert float(misfit_named("envelope", SPECTRA)(p, d)) == pytest.approx(expected, rel=1e-4)


def test_the_envelope_of_a_wave_packet_is_its_hull() -> None:
    hull = torch.exp(-((TIMES - 2.0) ** 2) / 0.2)
    p, d = (
        (hull * torch.cos(2 * torch.pi * 4.0 * TIMES + phase)).expand(TRACES.shape) for phase in (0.0, 1.0)
    )
    assert float(misfit_named("envelope", TRACES)(p, d)) < 1e-4
    half = float(misfit_named("envelope", TRACES)(0.5 * d, d))
    assert half == pytest.approx(2 * 0.25, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "space", "change"),
    [
        ("correlation", TRACES, lambda p: p * torch.tensor([0.1, 1.0, 30.0])[:, None].double()),
        ("correlation", SPECTRA, lambda p: p * torch.tensor([0.1, 1.0, 3.0, 9.0])[:, None, None].double()),
        ("unit_amplitude", SPECTRA, lambda p: p * torch.linspace(0.1, 9.0, 5)[:, None].double()),
        ("transport", TRACES, lambda p: p * torch.tensor([0.1, 1.0, 30.0])[:, None].double()),
    ],
    ids=["trace scale", "gather scale", "receiver scale", "transport scale"],
)
def test_what_a_misfit_does_not_see(name: str, space: Space, change: Callable[[Tensor], Tensor]) -> None:
    misfit, p, d = misfit_named(name, space), data(space, 1), data(space, 2)
    relative = 1e-3 if name == "unit_amplitude" else 1e-9
    torch.testing.assert_close(misfit(change(p), d), misfit(p, d), rtol=relative, atol=0)
    assert not torch.allclose(
        misfit_named("relative_l2", space)(change(p), d), misfit_named("relative_l2", space)(p, d)
    )


def test_transport_grows_with_the_shift_where_l2_skips_cycles() -> None:
    """Its value is the square of the shift, over three periods; L2 has a second minimum within the first two."""
    shifts = torch.linspace(0.0, 1.5, 31).double()
    values = {
        name: torch.stack([misfit_named(name, TRACES)(pulses(float(s)), pulses(0.0)) for s in shifts])
        for name in ("l2", "transport")
    }
    assert (values["transport"].diff() > 0).all()
    far = shifts > 0.1
    torch.testing.assert_close(values["transport"][far], 2 * shifts[far] ** 2, rtol=2e-2, atol=0)
    assert (values["l2"].diff() < 0).any()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected traces \(last axis 'time'\)"):
        misfit_named("transport", SPECTRA)
    with pytest.raises(InputError, match=r"expected spectra \(last axis 'part'\)"):
        misfit_named("unit_amplitude", TRACES)
    with pytest.raises(InputError, match="no misfit 'l1', expected one of l2"):
        misfit_named("l1", TRACES)
    plain = partial(misfit_named, space=Space("numbers", ("place",), (3,), "1"))
    assert float(plain("l2")(torch.ones(3), torch.zeros(3))) == 1.5
    with pytest.raises(InputError, match="choose another misfit"):
        plain("envelope")
    assert set(MISFITS) == {name for name, _ in EVERY}
