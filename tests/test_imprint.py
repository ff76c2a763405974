"""The prior experiment: the representative earth, the zone that a prior imposes, and the figure."""

import pytest
import torch

from seisgrad.dispersion import Physics, load
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.report.reproduce import imprint
from seisgrad.report.reproduce.kernels import SURVEY, compared


def test_the_representative_earth_is_the_one_in_the_middle() -> None:
    vs = torch.tensor([3.0, 3.2, 3.3, 3.9, 9.0], dtype=torch.float64)[:, None].expand(-1, 8)
    earths = torch.stack([1.7 * vs, vs, 0.8 * vs], 1)
    assert torch.equal(imprint.representative(earths), earths[2])


def test_the_zone_that_a_prior_imposes_is_found_where_it_says() -> None:
    vs = prior("lvz").draw(200, seed=3, split="test").model.vs
    mean, deviation = imprint.zone_depth(vs, DEPTH)
    assert mean == pytest.approx(70.0, abs=4.0)  # 70 ± 10 km says its description
    assert 8.0 < deviation < 20.0


def test_theory_has_no_imprint_of_its_own() -> None:
    vs = prior("weak").draw(20, seed=3, split="test").model
    earth = imprint.representative(vs.stack())
    one = imprint.imprint("exact", Physics(SURVEY, DEPTH), "weak", vs.vs, earth, DEPTH)
    assert torch.equal(one.learned, one.exact)
    assert one.exact.shape == (2, len(SURVEY.periods), int(compared(DEPTH).sum()))


def test_the_figure_needs_all_operators_of_the_experiment() -> None:
    net = load("default", outside="nan")
    assert imprint.experiment({"default": net}, {"default": "broad"}) is None
    png = imprint.experiment(dict.fromkeys(imprint.SHOWN, net), dict.fromkeys(imprint.SHOWN, "weak"))
    assert png is not None
    assert png.startswith(b"\x89PNG")
