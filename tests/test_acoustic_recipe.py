"""The acoustic dataset: earth, source and wavefield of a sample belong together, whoever makes them."""

import json
import pickle

import numpy as np
import pytest
import torch
from scipy.special import hankel2

from seisgrad.acoustic import AcousticRecipe, Grid, prior
from seisgrad.errors import InputError

SMALL = Grid((16, 20), 0.16)


def recipe(**changes: object) -> AcousticRecipe:
    return AcousticRecipe(
        **{"prior": "layered", "seed": 4, "frequencies": (2.0, 3.0), "grid": SMALL, **changes}
    )  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def samples() -> dict[str, np.ndarray]:
    return recipe().make("train", 0, 5)[0]


def test_shapes_and_types_are_as_stated(samples: dict[str, np.ndarray]) -> None:
    fields = recipe().fields()
    assert samples.keys() == fields.keys() == {"earth", "source", "pressure"}
    for name, field in fields.items():
        assert samples[name].shape == (5, *field.space.shape)
        assert samples[name].dtype == field.dtype
    assert fields["pressure"].space.coords["frequency"] == (2.0, 3.0)
    assert samples["pressure"].shape == (5, 2, 16, 20, 2)


def test_the_field_is_that_of_the_stored_earth_and_source(samples: dict[str, np.ndarray]) -> None:
    earth, source = (torch.from_numpy(samples[name][3]) for name in ("earth", "source"))
    again = recipe().physics(source[None].double())(earth)
    assert np.array_equal(samples["pressure"][3].reshape(1, 2, -1, 2), again.numpy())
    drawn = prior("layered").draw(1, 4, 3, grid=SMALL)
    assert torch.equal(earth, drawn.earth[0].float())
    assert torch.equal(source, drawn.source[0].float())


def test_the_field_is_strongest_at_the_node_nearest_to_its_source(samples: dict[str, np.ndarray]) -> None:
    """Depth is depth and distance is distance, in all three fields."""
    for source, pressure in zip(samples["source"], samples["pressure"], strict=True):
        strength = np.hypot(*np.moveaxis(pressure[1], -1, 0))
        nearest = np.rint(source / SMALL.spacing).astype(int)
        assert np.abs(np.unravel_index(strength.argmax(), strength.shape) - nearest).max() <= 1


def test_in_nearly_uniform_ground_the_field_is_the_hankel_function() -> None:
    """A square of 5 % scatters little forward of itself: p is close to ρ (-i/4) H0(kr) everywhere."""
    made, _ = recipe(prior="square").make("test", 0, 1)
    z, x = np.meshgrid(SMALL.z, SMALL.x, indexing="ij")
    distance = np.hypot(z - made["source"][0, 0], x - made["source"][0, 1])
    for frequency, parts in zip((2.0, 3.0), made["pressure"][0], strict=True):
        pressure = parts[..., 0] + 1j * parts[..., 1]
        uniform = 2.2 * -0.25j * hankel2(0, 2 * np.pi * frequency / 3.0 * distance)
        apart = np.linalg.norm(pressure - uniform) / np.linalg.norm(uniform)
        assert 1e-3 < apart < 0.25
        assert np.vdot(uniform, pressure).real > 0.95 * np.linalg.norm(uniform) * np.linalg.norm(pressure)


def test_a_sample_is_the_same_in_any_company(samples: dict[str, np.ndarray]) -> None:
    alone = pickle.loads(pickle.dumps(recipe())).make("train", 2, 2)[0]
    for name, values in samples.items():
        assert np.array_equal(values[2:4], alone[name])
    validation = recipe().make("validation", 2, 1)[0]
    assert not np.isclose(validation["earth"], samples["earth"][2:3]).all()


def test_settings_state_how_well_the_waves_were_computed() -> None:
    settings = recipe().settings()
    assert json.loads(json.dumps(settings)) == settings
    assert 0.0 < settings["relative_error"] < 0.01
    assert settings["refine"] == recipe(refine=settings["refine"]).settings()["refine"]
    finer = recipe(refine=settings["refine"] + 2).settings()
    assert finer["relative_error"] < settings["relative_error"]
    assert settings["velocity"] == [2.0, 4.5]
    paper = AcousticRecipe("von_karman", 1).settings()
    assert paper["shape"] == [64, 64]
    assert paper["frequencies"] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prior": "weak"}, "no prior 'weak', expected one of von_karman"),
        ({"seed": -1}, "seed is -1"),
        ({"frequencies": (2.0, -1.0)}, "frequencies hold -1"),
        ({"frequencies": ()}, "expected a list of at least one"),
        ({"refine": 1, "frequencies": (8.0,)}, "refine 1 gives 1.56 cells"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        recipe(**changes)
