"""The elastic dataset: earth, sources and records of a sample belong together, whoever makes them."""

import json
import math
import pickle

import numpy as np
import pytest
import torch

from seisgrad.elastic import ElasticRecipe, Grid, prior
from seisgrad.elastic.prior import line
from seisgrad.elastic.rayleigh import local_phase_velocity
from seisgrad.errors import InputError
from seisgrad.waves.places import as_complex

#: 7 x 24 km.
SMALL = Grid((12, 41), 0.6)
FREQUENCIES = (0.2, 0.3)


def recipe(**changes: object) -> ElasticRecipe:
    stated = {
        "prior": "basin",
        "seed": 4,
        "frequencies": FREQUENCIES,
        "sources": 2,
        "receivers": 60,
        "grid": SMALL,
    }
    return ElasticRecipe(**{**stated, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def samples() -> dict[str, np.ndarray]:
    return recipe().make("train", 0, 3)[0]


def test_shapes_and_types_are_as_stated(samples: dict[str, np.ndarray]) -> None:
    fields = recipe().fields()
    assert samples.keys() == fields.keys() == {"earth", "source", "spectra", "held"}
    for name, field in fields.items():
        assert samples[name].shape == (3, *field.space.shape)
        assert samples[name].dtype == field.dtype
    assert samples["spectra"].shape == (3, 2, 2, 2, 60, 2)
    assert fields["spectra"].space.axes == ("source", "frequency", "component", "receiver", "part")


def test_the_records_are_those_of_the_stored_earth_and_sources(samples: dict[str, np.ndarray]) -> None:
    earth, source = (torch.from_numpy(samples[name][2]) for name in ("earth", "source"))
    again = recipe().operator(source.double())(earth)
    assert np.array_equal(samples["spectra"][2], again.numpy())
    drawn = prior("basin").draw(1, 4, 2, grid=SMALL, sources=2)
    assert torch.equal(earth, drawn.earth[0].float())
    assert torch.equal(source, drawn.sources[0].float())
    assert np.array_equal(samples["held"][2], drawn.held[0].numpy())


def test_the_vertical_motion_is_strongest_at_its_source(samples: dict[str, np.ndarray]) -> None:
    """A line force on the surface: its near field is infinite at it, so that places are not mixed up."""
    receivers = line(SMALL, 60).numpy()
    for sources, spectra in zip(samples["source"], samples["spectra"], strict=True):
        for source, spectrum in zip(sources, spectra, strict=True):
            strength = np.hypot(*np.moveaxis(spectrum[1, 0], -1, 0))
            assert abs(receivers[strength.argmax()] - source) < 1.5


def test_the_phase_along_the_line_is_that_of_the_local_rayleigh_wave() -> None:
    """Away from its source the wave of e^{-iωt} loses the phase ∫ω/c, to what scattering and the shallow grid leave."""
    made = recipe(seed=9, sources=1, receivers=40).make("test", 0, 4)[0]
    receivers, ratios = line(SMALL, 40).numpy(), []
    for earth, source, spectra in zip(made["earth"], made["source"], made["spectra"], strict=True):
        outward = 1.0 if source[0] < 12.0 else -1.0  # to the farther end
        far = outward * (receivers - source[0]) > 5.0
        x = receivers[far][:: int(outward)]
        motion = as_complex(torch.from_numpy(spectra[0, 1, 0]))[far].numpy()[:: int(outward)]
        phase = np.unwrap(np.angle(motion))
        local = local_phase_velocity(torch.from_numpy(earth), SMALL.spacing, FREQUENCIES[1])
        slowness = 1.0 / np.interp(x, SMALL.x.numpy(), local.numpy())
        expected = -2.0 * math.pi * FREQUENCIES[1] * np.trapezoid(slowness, outward * x)
        ratios.append((phase[-1] - phase[0]) / expected)
    assert np.median(ratios) == pytest.approx(1.0, abs=0.12)


def test_a_sample_is_the_same_in_any_company(samples: dict[str, np.ndarray]) -> None:
    alone = pickle.loads(pickle.dumps(recipe())).make("train", 1, 1)[0]
    for name, values in samples.items():
        assert np.array_equal(values[1:2], alone[name])
    validation = prior("basin").draw(1, 4, 1, "validation", SMALL)
    assert not np.isclose(validation.earth.numpy(), samples["earth"][1:2]).all()


def test_settings_state_the_survey_and_how_well_the_waves_were_computed() -> None:
    settings = recipe().settings()
    assert json.loads(json.dumps(settings)) == settings
    assert settings["receivers"] == line(SMALL, 60).tolist()
    assert (settings["force"], settings["quantity"]) == ("vertical", "velocity")
    assert (settings["solver"], settings["slowest"], settings["resolution"]["order"]) == (
        "harmonic",
        1.2,
        [5, 2],
    )
    in_time = recipe(solver="time").settings()
    assert in_time["velocity"] == [0.95, 8.5]
    finer = recipe(solver="time", refine=in_time["refine"] + 2).settings()
    assert finer["relative_error"] < in_time["relative_error"]


def test_both_solvers_make_the_same_records(samples: dict[str, np.ndarray]) -> None:
    """Beyond the nearest two kilometres, to what the grid of the one in time leaves."""
    in_time = recipe(solver="time", refine=7).make("train", 0, 1)[0]
    assert np.array_equal(in_time["earth"], samples["earth"][:1])
    apart = np.abs(line(SMALL, 60).numpy() - samples["source"][0, :, None]) > 2.0
    one, other = (as_complex(torch.from_numpy(s["spectra"][0])).numpy() for s in (in_time, samples))
    for source in range(2):
        here, there = one[source][..., apart[source]], other[source][..., apart[source]]
        assert np.linalg.norm(here - there) < 0.06 * np.linalg.norm(there)


def test_the_paper_by_default() -> None:
    paper = ElasticRecipe("los_angeles", 1)
    settings = paper.settings()
    assert settings["shape"] == [128, 256]
    assert len(settings["receivers"]) == 234
    assert settings["frequencies"] == pytest.approx(np.arange(5, 21) / 40.1)
    # eighteen cells of 0.1055 km in the shortest Rayleigh wave
    assert ElasticRecipe("los_angeles", 1, solver="time").refine == 3
    assert paper.fields()["spectra"].space.shape == (1, 16, 2, 234, 2)


def test_beyond_half_a_hertz_the_waves_may_be_as_slow_as_the_lowest_vs() -> None:
    beyond = recipe(frequencies=(0.2, 0.6), solver="time")
    assert beyond.settings()["velocity"][0] == pytest.approx(0.435)
    assert beyond.refine > recipe(solver="time").refine  # type: ignore[operator]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prior": "weak"}, "no prior 'weak', expected one of los_angeles"),
        ({"seed": -1}, "seed is -1"),
        ({"frequencies": (2.0, -1.0)}, "frequencies hold -1"),
        ({"frequencies": ()}, "frequencies have shape"),
        ({"sources": 0}, "sources is 0, expected at least 1"),
        ({"receivers": 0}, "receivers is 0, expected at least 1"),
        ({"refine": 1, "solver": "time"}, "refine 1 gives"),
        ({"refine": 4}, "spectral elements have no grid to refine"),
        ({"solver": "space"}, "solver is 'space', expected harmonic or time"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        recipe(**changes)
