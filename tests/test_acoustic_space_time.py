"""The space-time operator and its snapshots: the wavelet, the waves against their spectra, sizes, and learning."""

import math

import numpy as np
import pytest
import torch

from seisgrad.acoustic import AcousticRecipe, Grid
from seisgrad.acoustic.readout import band
from seisgrad.acoustic.snapshots import TIMES, SnapshotRecipe, low_passed_ricker
from seisgrad.acoustic.space_time import SpaceTimeNet, SpaceTimeSize, SpaceTimeTask, relative_l2
from seisgrad.errors import InputError
from seisgrad.training import Settings, fit

SMALL = Grid((10, 12), 0.16)
TOY = SpaceTimeSize(modes=3, width=8, layers=2, hidden=16)


def recipe(**changes: object) -> SnapshotRecipe:
    return SnapshotRecipe(**{"prior": "layered", "seed": 4, "times": TIMES[:61], "grid": SMALL, **changes})  # type: ignore[arg-type]


def test_a_slow_wavelet_is_the_ricker_wavelet() -> None:
    """Far below the low-pass s(t) = (1 − 2a) e^{−a}, a = (π f t)²."""
    times = torch.linspace(0, 1.5, 301, dtype=torch.float64)
    a = (math.pi * 2.0 * (times - 0.5)).square()
    torch.testing.assert_close(
        low_passed_ricker(times, 0.04, peak=2.0), (1 - 2 * a) * torch.exp(-a), rtol=0, atol=1e-3
    )


def test_the_wavelet_begins_from_nothing_and_stays_below_half_the_sampling_frequency() -> None:
    times = torch.linspace(0, 4, 201, dtype=torch.float64)
    wavelet = low_passed_ricker(times, 0.04)
    assert wavelet[:4].abs().max() < 2e-3
    assert float(wavelet.abs().max()) == pytest.approx(float(wavelet[25])) == pytest.approx(1.0)
    assert 10.0 < band(times, wavelet) < 12.0


def test_the_transform_of_the_snapshots_is_spectrum_times_wavelet() -> None:
    """Two ways through the physics: traces in time, and the response to a unit source.

    At 9 Hz it is 14 % off where the waves are read no more often than they are kept.
    """
    frequencies = (3.0, 9.0)
    found, _ = recipe().make("test", 0, 1)
    spectra, _ = AcousticRecipe("layered", 4, frequencies, grid=SMALL).make("test", 0, 1)
    assert np.array_equal(found["earth"], spectra["earth"])
    assert np.array_equal(found["source"], spectra["source"])
    times = np.array(TIMES[:61])
    wavelet = low_passed_ricker(torch.tensor(times), 0.04).numpy()
    for k, frequency in enumerate(frequencies):
        wave = 0.04 * np.exp(-2j * np.pi * frequency * times)
        unit = spectra["pressure"][0, k] @ np.array([1, 1j])
        apart = found["pressure"][0] @ wave - unit * (wavelet @ wave)
        assert np.linalg.norm(apart) < 0.003 * np.linalg.norm(unit * (wavelet @ wave))


def test_what_a_snapshot_is_told_of() -> None:
    made, _ = recipe(times=TIMES[:6]).make("train", 1, 2)
    fields = recipe(times=TIMES[:6]).fields()
    for name, field in fields.items():
        assert made[name].shape == (2, *field.space.shape)
        assert made[name].dtype == field.dtype
    settings = recipe().settings()
    assert settings["times"] == list(TIMES[:61])
    assert (settings["half_kept_at"], settings["delay"]) == (pytest.approx(8.5), pytest.approx(0.5))
    for times in ((), (0.0,), (0.1, 0.2), (0.0, 0.1, 0.3)):
        with pytest.raises(InputError, match="times of snapshots are not 0"):
            recipe(times=times)


def test_the_paper_has_262_million_weights() -> None:
    """4 layers x 4 corners x 32 x 32 x 20³ complex numbers, counted without making them."""
    with torch.device("meta"):
        network = SpaceTimeNet()
        factorised = SpaceTimeNet(SpaceTimeSize(factorised=True))
    multipliers = [p.numel() for name, p in network.named_parameters() if "spectral" in name]
    assert multipliers == [2 * 4 * 32 * 32 * 20**3] * 4
    assert sum(multipliers) == 262_144_000
    rest = (6 * 32 + 32) + 4 * (32 * 32 + 32) + (32 * 128 + 128) + (128 + 1)
    assert sum(p.numel() for p in network.parameters()) == 262_144_000 + rest
    assert sum(p.numel() for p in factorised.parameters()) == 4 * 3 * 2 * 32 * 32 * 20 + rest


@pytest.fixture(scope="module")
def waves() -> dict[str, dict[str, np.ndarray]]:
    """Pulses that run away from their sources at a velocity of their own: not physics, but a wave to learn."""
    generator = torch.Generator().manual_seed(1)
    made = {}
    for split, number in (("train", 64), ("validation", 8)):
        velocity = 2.5 + torch.rand(number, 1, 1, generator=generator)
        source = torch.rand(number, 2, generator=generator) * torch.tensor(SMALL.extent)
        distance = (SMALL.nodes.float() - source[:, None]).norm(dim=-1).unflatten(1, SMALL.shape)
        late = torch.linspace(0, 0.6, 9) - (distance / velocity)[..., None]
        earth = torch.stack([velocity.expand(-1, *SMALL.shape), torch.full((number, *SMALL.shape), 2.2)], 1)
        arrays = {"earth": earth, "source": source, "pressure": torch.exp(-((late / 0.15) ** 2))}
        made[split] = {name: values.float().numpy() for name, values in arrays.items()}
    return made


def task_of(waves: dict, size: SpaceTimeSize = TOY, **changes: np.ndarray) -> SpaceTimeTask:
    times = tuple(np.linspace(0, 0.6, 9))
    return SpaceTimeTask(waves["train"] | changes, waves["validation"], SMALL, times, size, seed=2)


def test_a_moving_pulse_is_learnt(waves, tmp_path) -> None:
    settings = Settings(epochs=30, batch_size=8, learning_rate=2e-2, ema=0.0, accelerator="cpu")
    task = task_of(waves)
    mean = torch.from_numpy(waves["train"]["pressure"]).mean(0)
    still = relative_l2(mean.expand(8, -1, -1, -1), torch.from_numpy(waves["validation"]["pressure"])).mean()
    result = fit(task, settings, tmp_path)
    assert result.best < 0.6 * still


def test_a_network_takes_other_grids_and_times_and_sees_all_that_it_is_given(waves) -> None:
    network = task_of(waves).network
    earth, source = (torch.from_numpy(waves["train"][name][:2]) for name in ("earth", "source"))
    assert network(earth, source, 0.16, 9).shape == (2, 10, 12, 9)
    fine = torch.nn.functional.interpolate(earth, scale_factor=2.0)
    assert network(fine, source, 0.08, 17).shape == (2, 20, 24, 17)
    # every sample for itself, and all three inputs matter
    together = network(earth, source, 0.16, 9)
    torch.testing.assert_close(network(earth[1:], source[1:], 0.16, 9), together[1:])
    for other in (network(earth, source.flip(0), 0.16, 9), network(1.1 * earth, source, 0.16, 9)):
        assert relative_l2(other, together).min() > 1e-3


def test_the_error_is_one_for_silence_and_zero_for_the_truth() -> None:
    true = torch.randn(3, 4, 5, 6, generator=torch.Generator().manual_seed(1))
    assert relative_l2(0 * true, true).tolist() == [1.0] * 3
    assert relative_l2(true, true).tolist() == [0.0] * 3


def test_samples_that_do_not_fit_are_refused(waves) -> None:
    pressure = waves["train"]["pressure"]
    with pytest.raises(InputError, match=r"pressure of the train samples has shape .64, 10, 12, 8."):
        task_of(waves, pressure=pressure[..., :8])
    with pytest.raises(InputError, match="pressure of the train samples is not finite"):
        task_of(waves, pressure=np.where(pressure > 0.9, np.nan, pressure))
