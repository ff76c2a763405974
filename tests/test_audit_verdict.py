"""The verdict says what the numbers say: every threshold is crossed in words, and no word comes from elsewhere."""

import math

import pytest
import torch

from seisgrad.audit.artefact import Artefact
from seisgrad.audit.consequences import Consequences
from seisgrad.audit.faults import Fault
from seisgrad.audit.layout import Layout
from seisgrad.audit.report import Row
from seisgrad.audit.verdict import inversion, verdicts
from seisgrad.operator import Space

SHORT = torch.tensor([[True, True, False, False], [False] * 4])
LONG = torch.tensor([[False, False, True, True], [False] * 4])
LAYOUT = Layout.of(
    Space("earth", ("parameter", "depth"), (2, 8), "km/s", {"parameter": ("vs", "rho")}),
    Space(
        "curve", ("wave", "period"), (2, 4), "km/s", {"wave": ("love", "rayleigh"), "period": (2, 5, 20, 40)}
    ),
    groups={"love short": SHORT, "love long": LONG},
)
GOOD, FAIR, BAD = (0.995, 0.1), (0.95, 0.3), (0.5, 0.9)


def rows(group: str, **kernels: tuple[float, float]) -> list[Row]:
    """A value error of 0.3 %, and the cosine and relative error of each parameter."""

    def row(metric: str, parameter: str, mean: float) -> Row:
        return Row(metric, parameter, group, mean, mean, mean, mean, mean, mean, 10, 0)

    found = [row("value_relative_error", "", 0.003)]
    for name, (cosine, error) in kernels.items():
        found += [
            row("cosine", name, cosine),
            row("relative_l2", name, error),
            row("paper_cosine", name, 0.99),
        ]
    return found


def verdict(group: str = "love short", artefacts=(), faults=(), words=None, **kernels) -> str:
    """Of one group."""
    return verdicts(LAYOUT, rows(group, **kernels), words or {}, artefacts, faults)[group]


def test_every_group_has_a_paragraph() -> None:
    found = verdicts(LAYOUT, rows("love short", vs=GOOD, rho=GOOD), {}, [], [])
    assert set(found) == {"love short", "love long"}
    assert "no values" in found["love long"]


def test_kernels_of_one_standing_stand_together() -> None:
    assert "The physics is in the kernels of vs (cosine 0.995, error 10%) and rho (" in verdict(
        vs=GOOD, rho=GOOD
    )
    mixed = verdict(vs=FAIR, rho=BAD)
    assert "The shape of the physics is in the kernels of vs (" in mixed
    assert "The kernels of rho (cosine 0.500, error 90%) are not the physics'" in mixed
    assert "Theory has no kernels of rho" in verdict(vs=GOOD, rho=(math.nan, math.nan))


@pytest.mark.parametrize(
    ("kernels", "words"),
    [
        ({"vs": GOOD, "rho": GOOD}, "Steps and uncertainties may use it"),
        ({"vs": GOOD, "rho": FAIR}, "take uncertainties from the exact operator"),
        ({"vs": GOOD, "rho": BAD}, "Read nothing off those kernels"),
    ],
)
def test_the_worst_kernels_decide_what_to_do(kernels: dict, words: str) -> None:
    assert words in verdict(**kernels)


def test_roughness_is_told_where_smoothing_would_hide_it() -> None:
    assert "Smoothed and normalised, the cosine would be 0.990 for rho" in verdict(vs=GOOD, rho=BAD)
    assert "Smoothed" not in verdict(vs=GOOD, rho=FAIR)


def test_an_artefact_is_told_in_the_group_that_shows_it() -> None:
    artefact = Artefact("love", "vs", 70.0, 0.12, 0.001, (2.0, 5.0))
    shown = verdict(artefacts=[artefact], vs=GOOD, rho=GOOD)
    assert "The prior speaks at depth 70: 12% of the vs kernel stays there" in shown
    assert "Trust no structure there" in shown
    assert "prior speaks" not in verdict("love long", artefacts=[artefact], vs=GOOD, rho=GOOD)


def test_a_fault_is_to_be_mended_first() -> None:
    fault = Fault("scale", "vs, rho", 1.3, "…")
    told = verdict(faults=[fault, Fault("artefact", "vs", 0.1, "…")], vs=BAD, rho=BAD)
    assert "There is a fault, scale (vs, rho): divide its derivative by the factor" in told
    assert "artefact" not in told


def test_the_words_of_the_subspace_are_passed_on() -> None:
    assert "An unanswerable question." in verdict(
        words={"love short": "An unanswerable question."}, vs=GOOD, rho=BAD
    )


def outcome(falls: float, gain: float, trace: float) -> Consequences:
    """Ten inversions that all ended alike, but for the share that fell."""
    some = torch.full((10,), 1.0, dtype=torch.float64)
    number, deep = torch.arange(10), torch.ones(10, 2, dtype=torch.float64)
    down = (number < 10 * falls).double()
    return Consequences(
        ("vs", "rho"), number, number.roll(1), 12 * some, 15 * some, some, trace * some, deep, deep, some, some, some,
        down, gain * some, down, gain * some,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("falls", "gain", "trace", "words"),
    [
        (1.0, 0.98, 1.0, ("can take its steps", "can be used", "100% of 10 inversions", "98%")),
        (1.0, 0.6, 0.7, ("not all the way", "claims to know more")),
        (0.5, 0.6, 1.4, ("astray", "gives away", "50% of 10")),
    ],
)
def test_an_inversion_in_words(falls: float, gain: float, trace: float, words: tuple[str, ...]) -> None:
    told = inversion(outcome(falls, gain, trace))
    for word in words:
        assert word in told
