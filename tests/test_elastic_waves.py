"""Waves of the exact elastic operator behave like waves: Lamb's problem, layers, reciprocity, absorption."""

import math

import numpy as np
import pytest
import torch
from elastic_theory import lamb, rayleigh_ratio, rayleigh_speed
from torch import Tensor

from seisgrad import checks, dispersion
from seisgrad.earth import LayeredModel
from seisgrad.elastic import Grid, Physics, Survey
from seisgrad.elastic import physics as module
from seisgrad.elastic.accuracy import CELLS, dispersion_error
from seisgrad.elastic.waves import Waves
from seisgrad.errors import InputError, WorkError
from seisgrad.waves.places import as_complex

VS, RHO = 2.0, 2.0
POISSON = math.sqrt(3.0) * VS
LINE = Grid((16, 61), 0.2)
SOURCE = 1.93


def uniform(grid: Grid, vp: float = POISSON, vs: float = VS, rho: float = RHO) -> Tensor:
    values = torch.tensor([vp, vs, rho], dtype=torch.float64)
    return values[:, None, None].expand(3, *grid.shape).clone()


def rough(grid: Grid, seed: int) -> Tensor:
    noise = torch.randn((3, *grid.shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return uniform(grid) * (1 + 0.05 * noise.clamp(-2, 2))


def spectra(
    grid: Grid, earth: Tensor, receivers: Tensor, frequencies: list[float], force: str, **settings
) -> Tensor:
    """Displacement of one source, ``[frequency, component, receiver]``."""
    asked = Survey(
        torch.tensor([SOURCE]), receivers, torch.tensor(frequencies), force=force, quantity="displacement"
    )
    settings = {"velocity": (0.9 * VS, float(earth[0].max()) + 1e-6), "dtype": torch.float64, **settings}
    return as_complex(Physics(grid, asked, **settings)(earth))[0]


def relative(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("force", ["vertical", "horizontal"])
@pytest.mark.parametrize("poisson", [0.25, 0.42])
def test_a_line_force_on_a_half_space_is_lambs_problem(force: str, poisson: float) -> None:
    vp = VS * math.sqrt(2 * (1 - poisson) / (1 - 2 * poisson))
    receivers = torch.arange(2.9, 11.0, 0.37)
    found = spectra(LINE, uniform(LINE, vp), receivers, [0.4, 0.8], force)
    for i, frequency in enumerate((0.4, 0.8)):
        expected = torch.from_numpy(lamb(receivers.double().numpy() - SOURCE, frequency, vp, VS, RHO, force))
        cells = rayleigh_speed(vp, VS) / frequency / 0.1
        for component in range(2):
            ratio = found[i, component] / expected[component]
            assert float(ratio.abs().mean()) == pytest.approx(1.0, abs=12 / cells**2 + 0.01)
            rule = dispersion_error(cells, 9.0 * frequency / rayleigh_speed(vp, VS))
            assert relative(found[i, component], expected[component]) < rule + 0.03


def test_at_the_fewest_cells_rayleigh_waves_run_and_roll_as_they_should() -> None:
    speed = rayleigh_speed(POISSON, VS)
    frequency = 0.998 * speed / (CELLS * LINE.spacing / 2)
    receivers = SOURCE + speed / frequency * torch.arange(2.0, 4.6, 0.25)
    settings = {"velocity": (0.999 * speed, POISSON + 1e-6), "refine": 2}
    vertical, along = spectra(LINE, uniform(LINE), receivers, [frequency], "vertical", **settings)[0]
    exact = lamb(receivers.double().numpy() - SOURCE, frequency, POISSON, VS, RHO, "vertical")
    lost = np.polyfit(receivers.numpy(), np.unwrap(np.angle(vertical.numpy() / exact[0])), 1)[0]
    assert abs(lost) / (2 * math.pi * frequency / speed) < 0.005
    assert speed == pytest.approx(0.9194 * VS, rel=1e-4)
    theory, expected = rayleigh_ratio(POISSON, VS), exact[1] / exact[0]
    far = lamb(np.array([80.0 * speed / frequency]), frequency, POISSON, VS, RHO, "vertical")
    assert complex(far[1, 0] / far[0, 0]) == pytest.approx(theory, rel=0.01)
    assert theory == pytest.approx(
        0.6813j, abs=1e-3
    )  # retrograde: rightward a quarter period ahead of upward
    assert np.abs((along / vertical).numpy() / expected - 1).max() < 0.04


def test_a_layered_earth_has_the_curve_of_the_dispersion_operator() -> None:
    grid = Grid((31, 141), 0.2)
    vs = 1.6 + 1.0 * (grid.z / 2.0).clamp(max=1.0)
    earth = torch.stack([1.8 * vs, vs, 2.0 + 0.1 * vs])[:, :, None].expand(3, *grid.shape)
    middle = 0.5 * (earth[:, 1:, 0] + earth[:, :-1, 0])
    model = LayeredModel(torch.full_like(middle[0], grid.spacing), *middle)
    frequencies = [0.4, 0.5, 0.65, 0.8]
    periods = torch.tensor(frequencies).double().reciprocal().flip(0)
    modes = dispersion.velocity(model, periods, mode=[0, 1, 2]).flip(-1).T
    receivers = torch.arange(6.0, 27.0, 0.2, dtype=torch.float64)
    found = spectra(grid, earth, receivers, frequencies, "vertical", velocity=(1.5, 4.7))[:, 0]
    for spectrum, frequency, velocity in zip(found, frequencies, modes, strict=True):
        factor = measured_velocity(spectrum, receivers, frequency, velocity[velocity.isfinite()])
        assert factor == pytest.approx(1.0, abs=0.01)


def measured_velocity(spectrum: Tensor, receivers: Tensor, frequency: float, modes: Tensor) -> float:
    """By which factor the fundamental mode is faster than the first of ``modes``: the sum of plane waves fits best."""
    trial = torch.arange(0.97, 1.0301, 0.0005, dtype=torch.float64)
    left = []
    for factor in trial:
        k = 2 * math.pi * frequency / torch.cat([factor * modes[:1], modes[1:]])
        waves = torch.exp(-1j * k * receivers[:, None])
        left.append(spectrum - waves @ torch.linalg.lstsq(waves, spectrum[:, None]).solution[:, 0])
    return float(trial[torch.stack(left).norm(dim=1).argmin()])


@pytest.mark.parametrize(
    ("first", "second"), [("vertical", "vertical"), ("vertical", "horizontal"), ("horizontal", "horizontal")]
)
def test_source_and_receiver_may_be_exchanged(first: str, second: str) -> None:
    grid = Grid((8, 21), 0.4)
    earth, places = rough(grid, 5), (1.07, 5.83)

    def response(source: tuple[float, str], receiver: tuple[float, str]) -> Tensor:
        asked = Survey(
            torch.tensor([source[0]]), torch.tensor([receiver[0]]), torch.tensor([0.3, 0.5]), source[1]
        )
        physics = Physics(grid, asked, velocity=(1.5, 4.2), dtype=torch.float64)
        return physics(earth)[0, :, 0 if receiver[1] == "vertical" else 1]

    result = checks.reciprocity(response, (places[0], first), (places[1], second), tolerance=1e-12)
    assert result.passed, result.message


def test_energy_leaves_at_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid((9, 41), 0.3)
    earth = rough(grid, 3)
    receivers = torch.arange(0.0, 12.1, 0.4)
    settings = {"velocity": (1.5, 4.4), "duration": 25.0}
    near = spectra(grid, earth, receivers, [0.2, 0.4], "vertical", **settings)
    monkeypatch.setattr(module, "_MARGIN", 20)
    far = spectra(grid, earth, receivers, [0.2, 0.4], "vertical", **settings)
    away = (receivers - SOURCE).abs() > 0.6
    assert relative(near[0][:, away], far[0][:, away]) < 0.03
    assert relative(near[1][:, away], far[1][:, away]) < 0.01


def test_neither_the_step_nor_the_time_changes_a_spectrum() -> None:
    grid = Grid((8, 21), 0.3)
    earth, receivers = rough(grid, 4), torch.tensor([0.4, 3.3, 5.8])
    settings = {"velocity": (1.5, 4.2)}
    usual = spectra(grid, earth, receivers, [0.3, 0.5], "vertical", **settings)
    short = spectra(grid, earth, receivers, [0.3, 0.5], "vertical", **settings, time_step=0.004)
    long = spectra(grid, earth, receivers, [0.3, 0.5], "vertical", **settings, duration=40.0)
    assert relative(short, usual) < 2e-3
    assert relative(long, usual) < 2e-3


def test_twice_the_density_is_half_the_motion_and_velocity_is_iw_displacement() -> None:
    grid = Grid((6, 15), 0.3)
    earth, receivers = rough(grid, 2), torch.tensor([0.4, 3.3])
    asked = Survey(torch.tensor([SOURCE]), receivers, torch.tensor([0.4, 0.5]))
    velocity = as_complex(Physics(grid, asked, velocity=(1.5, 4.2), dtype=torch.float64)(earth))[0]
    displacement = spectra(grid, earth, receivers, [0.4, 0.5], "vertical", velocity=(1.5, 4.2))
    omega = 2 * math.pi * asked.frequencies[:, None, None]
    assert relative(1j * omega * displacement, velocity) < 1e-12
    heavy = earth * torch.tensor([1.0, 1.0, 2.0], dtype=torch.float64)[:, None, None]
    half = spectra(grid, heavy, receivers, [0.4, 0.5], "vertical", velocity=(1.5, 4.2))
    assert relative(half, displacement / 2) < 1e-12


def test_a_rigid_surface_is_refused() -> None:
    earth = uniform(Grid((30, 30), 0.1))
    nodes, weights = torch.tensor([[[1, 15]]]), torch.ones(1, 1, dtype=torch.float64)
    waves = Waves(0.1, 0.01, torch.ones(20, dtype=torch.float64), 5, 1.0, POISSON, "vertical")
    read = torch.tensor([[0, 1, 20]])
    with pytest.raises(InputError, match="rigid wall"):
        waves.record(earth, nodes, weights, read)
    earth[:, 0] = 0
    assert waves.record(earth, nodes, weights, read).shape == (1, 1, 20)
    earth[1, 3, 4] = 0
    with pytest.raises(InputError, match="no solid"):
        waves.record(earth, nodes, weights, read)


def test_motion_that_grows_is_an_error_and_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traces that are largest at their end, or that are not numbers, whatever made them."""
    grid = Grid((8, 16), 0.4)
    asked = Survey(torch.tensor([2.0]), torch.tensor([3.0, 4.0]), torch.tensor([0.4]))
    op = Physics(grid, asked, velocity=(0.9 * VS, POISSON + 1e-6))
    record = Waves.record

    def growing(self: Waves, *asked: object) -> Tensor:
        traces = record(self, *asked)  # type: ignore[arg-type]
        return traces * torch.exp(20.0 * torch.linspace(0.0, 1.0, traces.shape[-1]))

    monkeypatch.setattr(Waves, "record", growing)
    with pytest.raises(WorkError, match="grows without bound"):
        op(uniform(grid).float())
    monkeypatch.setattr(Waves, "record", lambda *asked: record(*asked) * math.nan)
    with pytest.raises(WorkError, match="grows without bound"):
        op(uniform(grid).float())
