"""Correlations of motion that is known: delays, symmetry, and the Bessel functions of isotropic noise."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from noise_toys import isotropic, places
from scipy.special import j0, j1, jv

from seisgrad.errors import InputError
from seisgrad.noise.run import correlate_motion
from seisgrad.noise.settings import Settings

NINE = tuple(a + b for a in "ZRT" for b in "ZRT")
SETTINGS = Settings(
    band=(0.1, 0.5),
    lag=50.0,
    segment=200.0,
    normalisation="none",
    whiten=False,
    precision="double",
    components=NINE,
)
VELOCITY, DISTANCE = 3.0, 12.0


def spectrum_of(correlation: torch.Tensor, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and the spectrum of a correlation whose middle sample is lag 0."""
    values = torch.fft.ifftshift(correlation).numpy()
    return np.fft.rfftfreq(len(values), 1 / rate), np.fft.rfft(values)


@pytest.fixture(scope="module")
def field():
    """Two stations, B north-east of A, with a day of noise from all around."""
    kilometres = [(0.0, 0.0), (0.6 * DISTANCE, 0.8 * DISTANCE)]
    motion = isotropic(kilometres, VELOCITY, 2 * 80_000, 2.0, (0.05, 0.7), seed=1)
    return correlate_motion(motion, places(kilometres), SETTINGS), motion


def test_a_wave_from_a_to_b_comes_at_a_positive_lag() -> None:
    draw = np.random.default_rng(0)
    noise = torch.from_numpy(draw.standard_normal(4000))
    delay = 8  # samples of 0.5 s
    motion = torch.stack([noise[delay:], noise[:-delay]])[:, None]  # B sees what A saw 4 s before
    settings = replace(SETTINGS, components=("ZZ",))
    found = correlate_motion(motion, places([(0, 0), (12, 0)]), settings)
    assert float(found.lag[found.of("ZZ")[0].argmax()]) == delay / 2.0


def test_the_reversed_pair_is_reversed_in_time(field) -> None:
    forward, motion = field
    there = places([(0.0, 0.0), (0.6 * DISTANCE, 0.8 * DISTANCE)])
    back = correlate_motion(motion.flip(0), there[::-1], SETTINGS)
    for a in "ZRT":
        for b in "ZRT":
            # R and T turn round when B looks at A
            sign = (-1) ** ((a != "Z") + (b != "Z"))
            torch.testing.assert_close(
                back.of(b + a).flip(-1),
                sign * forward.of(a + b),
                rtol=0,
                atol=1e-4 * float(forward.values.abs().max()),
            )


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        ("ZZ", lambda x: j0(x)),
        ("ZR", lambda x: -0.7 * j1(x)),  # (-0.7i)·(-i)·J1: in phase, and odd in time
        ("RZ", lambda x: 0.7 * j1(x)),
        ("RR", lambda x: 0.49 * (j0(x) - jv(2, x)) / 2),
        ("TT", lambda x: 0.49 * (j0(x) + jv(2, x)) / 2),
        ("ZT", lambda x: 0 * x),
        ("RT", lambda x: 0 * x),
    ],
)
def test_isotropic_noise_gives_bessel_functions(field, component: str, expected) -> None:
    frequency, spectrum = spectrum_of(field[0].of(component)[0], 2.0)
    inside = (frequency > 0.12) & (frequency < 0.48)
    # noise of power 2 per sample; what 50 s to both sides of 80 000 s leave of its chance correlations
    power, deviation = 2.0, np.sqrt(2 * 50 / 80_000)
    size = np.prod([1.0 if letter == "Z" else 0.5 for letter in component])

    def misfit(velocity: float) -> float:
        argument = 2 * np.pi * frequency[inside] * DISTANCE / velocity
        return float(np.sqrt(np.mean(np.abs(spectrum[inside] / power - expected(argument)) ** 2)))

    assert misfit(VELOCITY) < 1.6 * deviation * size
    if component in ("ZZ", "ZR", "RZ", "RR"):
        assert misfit(0.9 * VELOCITY) > 2 * deviation


def test_motion_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"motion has shape \(2, 1, 4000\).*3 components \(ZNE\)"):
        correlate_motion(torch.zeros(2, 1, 4000), places([(0, 0), (12, 0)]), SETTINGS)
    with pytest.raises(InputError, match="100 samples, expected finite ones, at least a segment"):
        correlate_motion(torch.zeros(2, 3, 100), places([(0, 0), (12, 0)]), SETTINGS)
