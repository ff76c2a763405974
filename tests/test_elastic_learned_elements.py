"""Elements that learn: what training cannot break, and that it makes a coarse mesh better."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seisgrad.elastic.grid import Grid
from seisgrad.elastic.harmonic.elements import element_matrices, moduli
from seisgrad.elastic.harmonic.learning import CLEAR, HarmonicTask, relative_errors
from seisgrad.elastic.harmonic.mesh import Resolution, mesh
from seisgrad.elastic.harmonic.network import HarmonicNet, HarmonicSize
from seisgrad.elastic.harmonic.operator import Harmonic
from seisgrad.elastic.learning import SurfaceSamples
from seisgrad.elastic.surrogate import load
from seisgrad.elastic.survey import Survey
from seisgrad.training import Settings, fit
from seisgrad.waves.places import as_complex

GRID = Grid((26, 61), 0.4)  # 10 x 24 km
PLACES = torch.tensor([2.3, 7.7, 12.0, 16.3, 21.7], dtype=torch.float64)
FREQUENCY = 0.4
SIZE = HarmonicSize(hidden=8, layers=1, slowest=2.0, length=0.36, top=0.3)


def earths(number: int, seed: int) -> Tensor:
    """Smooth bumps on an earth that grows faster with depth."""
    generator = torch.Generator().manual_seed(seed)
    nz, nx = GRID.shape
    z, x = torch.linspace(0.0, 1.0, nz)[:, None], torch.linspace(0.0, 1.0, nx)
    turn, phase = 1.0 + 2.0 * torch.rand(2, number, 1, 1, generator=generator)
    bumps = torch.sin(2 * torch.pi * turn * x + phase) * torch.exp(-3.0 * z)
    vs = (2.0 + 1.5 * z) * (1.0 + 0.1 * bumps)
    return torch.stack([1.75 * vs, vs, 2.0 + 0.2 * vs], 1).double()


def survey(force: str = "vertical") -> Survey:
    return Survey(PLACES, PLACES, torch.tensor([FREQUENCY]), force=force)  # type: ignore[arg-type]


def noisy(noise: float) -> HarmonicNet:
    network = HarmonicNet(SIZE).double()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for values in network.parameters():
            values += noise * torch.randn(values.shape, generator=generator)
    return network


def relative(found: Tensor, expected: Tensor) -> float:
    return float(((found - expected).norm() / expected.norm()).detach())


def test_without_training_it_is_the_coarse_mesh() -> None:
    earth = earths(1, 1)
    motion = HarmonicNet(SIZE).double().motion(earth, GRID, survey())[0]
    op = Harmonic(GRID, survey(), slowest=2.0, resolution=SIZE.resolution, dtype=torch.float64)
    assert_close(motion, as_complex(op(earth[0])))


def test_whatever_it_learned_source_and_receiver_change_places() -> None:
    network, earth = noisy(0.3), earths(1, 2)
    up, along = (network.motion(earth, GRID, survey(f))[0, :, 0] for f in ("vertical", "horizontal"))
    between = torch.stack([up, along])  # [force, source, component, receiver]
    difference = between - between.permute(2, 3, 0, 1)
    assert float((difference.abs().amax() / between.abs().amax()).detach()) < 1e-12
    plain = HarmonicNet(SIZE).double().motion(earth, GRID, survey())[0, :, 0]
    assert relative(up, plain) > 0.01


def test_whatever_it_learned_a_mirror_image_has_mirrored_waves() -> None:
    network, earth = noisy(0.3), earths(1, 4)
    length = GRID.extent[1]
    mirrored = Survey(length - PLACES, length - PLACES, torch.tensor([FREQUENCY]))
    plain, found = (
        network.motion(e, GRID, s)[0, :, 0] for e, s in ((earth, survey()), (earth.flip(-1), mirrored))
    )
    assert_close(found[:, 0], plain[:, 0])
    assert_close(found[:, 1], -plain[:, 1])


def test_whatever_it_learned_a_rigid_motion_strains_nothing() -> None:
    place = mesh(GRID, FREQUENCY, 2.0, SIZE.resolution)
    at = moduli(place, earths(1, 5))
    factors = noisy(0.3).factors(place, at, FREQUENCY)
    elements = element_matrices(place, at, 1e-9, factors)
    shift = torch.eye(2, dtype=elements.dtype).repeat(elements.shape[-1] // 2, 1)
    assert float((elements @ shift).abs().max().detach() / elements.abs().max().detach()) < 1e-12
    absorbing = (place.stretch_x.imag != 0).any(1)
    assert_close(factors[:, :, absorbing], torch.ones_like(factors[:, :, absorbing]))


def test_its_gradient_is_that_of_its_values() -> None:
    network, earth = noisy(0.3).requires_grad_(False), earths(1, 6)
    direction = earths(1, 7) - earths(1, 8)

    def misfit(step: float) -> Tensor:
        return network.motion(earth + step * direction, GRID, survey()).abs().square().sum()

    x = earth.clone().requires_grad_()
    network.motion(x, GRID, survey()).abs().square().sum().backward()
    assert x.grad is not None
    slope = float((x.grad * direction).sum())
    assert slope == pytest.approx(float(misfit(1e-5) - misfit(-1e-5)) / 2e-5, rel=1e-5)


@pytest.fixture(scope="module")
def samples() -> SurfaceSamples:
    """Eight earths to learn from and four to be judged by, from a fine mesh."""
    parts = []
    fine = Resolution(length=0.12, top=0.12, growth=0.2, thickest=1.0)
    for number, seed in ((8, 11), (4, 12)):
        earth = earths(number, seed).float()
        op = Harmonic(GRID, survey(), slowest=2.0, resolution=fine)
        with torch.no_grad():
            spectra = op(earth)
        parts.append(
            {
                "earth": earth.numpy(),
                "source": PLACES.float().expand(number, -1).numpy(),
                "spectra": spectra.numpy(),
            }
        )
    return SurfaceSamples(parts[0], parts[1], GRID, tuple(PLACES.tolist()), (FREQUENCY,))


def test_training_makes_a_coarse_mesh_better(samples: SurfaceSamples, tmp_path: Path) -> None:
    task = HarmonicTask([samples], SIZE)
    rng = np.random.default_rng(1)
    with torch.no_grad():
        before = float(task.loss(task.network, task.batch("validation", np.arange(4), rng))["loss"])
    fit(task, Settings(epochs=20, batch_size=4, learning_rate=1e-2, ema=0.9, weight_decay=0.0), tmp_path)
    earth, spectra = (torch.from_numpy(samples.validation[name]) for name in ("earth", "spectra"))
    learned = load(tmp_path, GRID, survey(), outside="allow")
    far = (learned.survey.receivers - learned.survey.sources[:, None]).abs() > CLEAR
    errors = [
        relative_errors(as_complex(learned(e))[:, 0], as_complex(u)[:, 0], far[:, None]).mean()
        for e, u in zip(earth, spectra, strict=True)
    ]
    assert float(torch.stack(errors).mean()) < 0.7 * before


def test_the_card_builds_the_network_again(samples: SurfaceSamples) -> None:
    task = HarmonicTask([samples], SIZE)
    card = task.description()
    assert (card["system"], card["network"]) == ("elastic", "harmonic")
    again = HarmonicNet(HarmonicSize(**card["arguments"]))
    again.load_state_dict(copy.deepcopy(task.network.state_dict()))
    earth = earths(1, 13).float()
    assert_close(again.motion(earth, GRID, survey()), task.network.motion(earth, GRID, survey()))  # type: ignore[operator]
