"""The prior experiment: the representative earth, the zone that a prior imposes, and the figure."""

import pytest
import torch

from seisgrad.dispersion import Physics, load
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.operator import Function
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


def test_theory_has_no_artefact_and_one_that_is_planted_is_found() -> None:
    physics = Physics(SURVEY, DEPTH)
    earths = prior("weak").draw(4, seed=3, split="test").model.stack()
    assert imprint.artefacts(physics, earths) == []

    bump = 0.02 * torch.exp(-0.5 * ((DEPTH - 70.0) / 4.0) ** 2)
    planted = Function(lambda x: physics(x) + (bump * x[1]).sum(), physics.domain, physics.codomain)
    found = imprint.artefacts(planted, earths)
    assert {a.parameter for a in found} == {"vs"}
    assert found[0].position == pytest.approx(70.0, abs=4.0)
    depth, strength = imprint.artefact_lines("planted", found, 4)[:2]
    assert (depth.case, depth.metric) == ("rayleigh", "artefact_depth_km")
    assert strength.mean > 0.05
    nothing = imprint.artefact_lines("exact", [], 4)
    assert [line.mean for line in nothing if line.metric == "artefact_strength"] == [0.0, 0.0]


def test_the_figure_needs_all_operators_of_the_experiment() -> None:
    net = load("default", outside="nan")
    assert not imprint.drawable(["default", "weak"])
    assert imprint.drawable([*imprint.SHOWN, "exact"])
    png = imprint.experiment(dict.fromkeys(imprint.SHOWN, net), dict.fromkeys(imprint.SHOWN, "weak"))
    assert png.startswith(b"\x89PNG")
