"""What a prior imprints on a network's kernels: Figure 1 of Yu, Cai & Liu (2026), as a controlled experiment.

One representative earth, drawn from the weak ensemble, is given to operators that differ in what they were trained on:
the weak ensemble and values alone; an ensemble in which every earth has a low-velocity zone near 70 km, and values
alone; and exact kernels as well. The exact kernels of the same earth stand beside each.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jaxtyping import Float
from torch import Tensor

from seisgrad.audit import smooth_and_normalise
from seisgrad.audit.artefact import Artefact, Artefacts
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.dispersion.prior import DEPTH
from seisgrad.operator import Operator
from seisgrad.plot.comparison import kernel_row
from seisgrad.plot.dispersion import COLOURS
from seisgrad.plot.profile import ensemble, profile
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.reproduce.ensembles import SEED, models
from seisgrad.report.reproduce.kernels import (
    BATCH,
    BOTTOM,
    PARAMETERS,
    SURVEY,
    WAVES,
    WIDTH,
    compared,
    exact_rows,
    fitted,
    learned_rows,
)
from seisgrad.report.reproduce.table import Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PERIODS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0)
"""Periods of the kernels that are drawn, s."""
ZONE_SEARCHED = (40.0, 100.0)
"""Where the centre of a low-velocity zone is looked for, km."""
ENSEMBLE, NUMBER = "weak", 400
"""From which the representative earth is drawn, and how many earths of a prior are shown."""
MOST = 100
"""Earths on which artefacts are looked for, at most: a detector of what all of them have in common needs no more."""
SHOWN = ("weak", "lvz", "default")
"""The operators of the experiment: values alone on either prior, and exact kernels as well."""
IMPOSED = "lvz"
"""The prior that imposes a zone."""


class Imprint(NamedTuple):
    """An operator's kernels to vs of the representative earth, beside the exact ones.

    Kernels are smoothed over nine samples and divided by their L1 norm, as in the paper's figure.

    Attributes:
        operator: its name.
        prior: the ensemble that it was trained on.
        profiles: vs of that ensemble, km/s.
        learned: its kernels.
        exact: those of theory.
    """

    operator: str
    prior: str
    profiles: Float[Tensor, "model depth"]
    learned: Float[Tensor, "branch period depth"]
    exact: Float[Tensor, "branch period depth"]


def artefacts(operator: Operator, earths: Float[Tensor, "model 3 depth"]) -> list[Artefact]:
    """Sensitivity of an operator that stays at one depth while theory's moves with period, over the given earths."""
    fitting = fitted(operator, DEPTH)
    collected = Artefacts(Layout.of(fitting.domain, fitting.codomain, inside=compared(DEPTH)), seed=SEED)
    for x in earths.split(BATCH):
        exact = exact_rows(x, DEPTH)
        learned = learned_rows(fitting, x, exact)
        collected.add(Pair(x, exact.velocity, learned.velocity, exact.kernel, learned.kernel))
    return collected.found()


def artefact_lines(operator: str, found: Sequence[Artefact], number: int) -> list[Line]:
    """Depth (km) and strength of the strongest artefact in the kernels of vs, by wave; strength 0 where there is none.

    Args:
        operator: its name.
        found: its artefacts, the strongest first.
        number: of earths behind them.
    """
    lines = []
    for branch, wave in zip(SURVEY.branches, WAVES, strict=True):
        mine = [a for a in found if a.branch == str(branch) and a.parameter == "vs"]
        depth, strength = (mine[0].position, mine[0].strength) if mine else (math.nan, 0.0)
        lines.append(Line(operator, wave, "artefact_depth_km", depth, number, 0))
        lines.append(Line(operator, wave, "artefact_strength", strength, number, 0))
    return lines


def drawable(names: Collection[str]) -> bool:
    """Whether all operators of the figure are there."""
    return set(SHOWN) <= set(names)


def experiment(operators: Mapping[str, Operator], priors: Mapping[str, str]) -> bytes:
    """The figure as PNG.

    Args:
        operators: by name, those of :data:`SHOWN` among them.
        priors: on which each was trained, by the same names.
    """
    drawn = {prior: _earths(prior) for prior in dict.fromkeys((ENSEMBLE, *(priors[name] for name in SHOWN)))}
    earth, vs = representative(drawn[ENSEMBLE]), PARAMETERS.index("vs")
    shown = [
        imprint(name, operators[name], priors[name], drawn[priors[name]][:, vs], earth, DEPTH)
        for name in SHOWN
    ]
    zones = {IMPOSED: zone_depth(drawn[IMPOSED][:, vs], DEPTH)} if IMPOSED in drawn else {}
    return png(imprint_figure(shown, earth, DEPTH, zones))


def _earths(prior: str) -> Float[Tensor, "model 3 depth"]:
    found = models(prior, NUMBER)
    assert found is not None  # only the frozen ensemble can be absent
    return found


def representative(earths: Float[Tensor, "model 3 depth"]) -> Float[Tensor, "3 depth"]:
    """The earth whose vs is nearest, in the mean over depth, to the median of the ensemble."""
    vs = earths[:, PARAMETERS.index("vs")]
    return earths[int((vs - vs.median(0).values).abs().mean(-1).argmin())]


def imprint(
    name: str,
    operator: Operator,
    prior: str,
    profiles: Float[Tensor, "model depth"],
    earth: Float[Tensor, "3 depth"],
    depth: Float[Tensor, " depth"],
) -> Imprint:
    """The kernels of one operator for one earth.

    Raises:
        InputError: an operator for another grid, or without the branches and periods of the table.
    """
    x, vs, inside = earth[None], PARAMETERS.index("vs"), compared(depth)
    exact = exact_rows(x, depth)
    learned = learned_rows(fitted(operator, depth), x, exact)
    a, b = (smooth_and_normalise(rows.kernel[0, :, :, vs, inside], WIDTH) for rows in (learned, exact))
    return Imprint(name, prior, profiles, a, b)


def zone_depth(profiles: Float[Tensor, "model depth"], depth: Float[Tensor, " depth"]) -> tuple[float, float]:
    """Mean and standard deviation, km, of the depth of the slowest point below the straight line across
    :data:`ZONE_SEARCHED`."""
    inside = (depth >= ZONE_SEARCHED[0]) & (depth <= ZONE_SEARCHED[1])
    v, z = profiles[:, inside], depth[inside]
    line = v[:, :1] + (v[:, -1:] - v[:, :1]) * (z - z[0]) / (z[-1] - z[0])
    centre = z[(v - line).argmin(-1)]
    return float(centre.mean()), float(centre.std())


@styled
def imprint_figure(
    shown: Sequence[Imprint],
    earth: Float[Tensor, "3 depth"],
    depth: Float[Tensor, " depth"],
    zones: Mapping[str, tuple[float, float]],
) -> "Figure":
    """One row per operator: the ensemble it was trained on with the representative earth, then its kernels by wave.

    Args:
        shown: the operators.
        earth: the representative earth.
        depth: tops of the layers, km.
        zones: by name of a prior that imposes a low-velocity zone, mean and standard deviation of its depth, km.
    """
    figure = new_figure(9.6, 3.1 * len(shown))
    grid = figure.subplots(
        len(shown), 3, squeeze=False, sharey=True, gridspec_kw={"width_ratios": (1, 1.7, 1.7)}
    )
    periods = [int((SURVEY.periods - period).abs().argmin()) for period in PERIODS]
    inside = compared(depth)
    for (left, *right), one in zip(grid, shown, strict=True):
        ensemble(left, depth, one.profiles, bottom=BOTTOM)
        profile(left, depth, earth[PARAMETERS.index("vs")], bottom=BOTTOM, label="this earth")
        left.set(ylabel="depth (km)", title=f"Prior {one.prior}", xlabel="vs (km/s)")
        for branch, (axes, wave) in enumerate(zip(right, WAVES, strict=True)):
            pairs = [(one.learned[branch, i], one.exact[branch, i]) for i in periods]
            names = [f"{period:g}" for period in PERIODS]
            kernel_row(axes, depth[inside], pairs, names, bottom=BOTTOM, colour=COLOURS[wave])
            axes.set(title=f"{wave.capitalize()}, operator {one.operator}", xlabel="period (s)")
        for axes in (left, *right):
            if one.prior in zones:
                mean, deviation = zones[one.prior]
                axes.axhspan(mean - deviation, mean + deviation, color="#D55E00", alpha=0.10, lw=0)
                axes.axhline(mean, color="#D55E00", lw=0.8, ls="--")
    grid[0, 0].legend(loc="lower left", fontsize=8)
    return figure
