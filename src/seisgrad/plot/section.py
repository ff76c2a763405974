"""Vertical sections of the ground, the course of a waveform inversion, and how its spectra fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth import Section
from seisgrad.inversion.waveform import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.lines import Line2D

VELOCITY, CHANGE = "RdYlBu", "RdBu"
"""Colour maps: slow is red."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


def section_image(
    axes: "Axes",
    section: Section,
    values: Float[Tensor, "z x"] | None = None,
    *,
    colours: str = VELOCITY,
    limits: tuple[float, float] | None = None,
) -> "QuadMesh":
    """The velocity of a section, or other values on its nodes, each cell around its node.

    Args:
        axes: where to draw.
        section: the section.
        values: shown in place of its velocity.
        colours: name of a colour map.
        limits: of the colours; by default all that there is.

    Returns:
        The image, to hang a colour bar on.
    """
    shown = section.velocity if values is None else values
    z, x = (
        first + step * np.arange(n)
        for first, step, n in zip(section.origin, section.spacing, section.shape, strict=True)
    )
    low, high = limits or (None, None)
    drawn = axes.pcolormesh(
        x, z, shown.detach().numpy(), cmap=colours, vmin=low, vmax=high, shading="nearest", rasterized=True
    )
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_xlabel("distance (km)")
    axes.set_ylabel("depth (km)")
    return drawn


def places(axes: "Axes", sources: Float[Tensor, "source 2"], receivers: Float[Tensor, "receiver 2"]) -> None:
    """Sources as stars and receivers as small triangles, z then x, km."""
    axes.plot(receivers[:, 1], receivers[:, 0], "v", ms=2.5, color="#1d2530", clip_on=False, lw=0)
    axes.plot(
        sources[:, 1], sources[:, 0], "*", ms=8, color="#ffffff", mec="#1d2530", mew=0.7, clip_on=False, lw=0
    )


def misfit_course(
    axes: "Axes", history: Sequence[Row], against: Literal["simulations", "steps"] = "simulations"
) -> "list[Line2D]":
    """The misfit of every model that was evaluated against the simulations or the steps spent, stage by stage."""
    drawn = []
    steps = {id(row): k for k, row in enumerate(history, 1)}
    for number in sorted({row.stage for row in history}):
        rows = [row for row in history if row.stage == number]
        colour = COLOURS[(number - 1) % len(COLOURS)]
        style = "o-" if rows[0].operator == 1 else "s--"
        (line,) = axes.plot(
            [row.solves if against == "simulations" else steps[id(row)] for row in rows],
            [row.misfit for row in rows],
            style,
            ms=3,
            color=colour,
            label=f"stage {number}",
        )
        drawn.append(line)
    axes.set_yscale("log")
    axes.set_xlabel("simulations of one source" if against == "simulations" else "step")
    axes.set_ylabel("misfit of the band")
    return drawn


def spectrum_fit(
    axes: "Axes",
    observed: Float[Tensor, "receiver part"],
    predicted: Float[Tensor, "receiver part"],
    start: Float[Tensor, "receiver part"],
) -> "list[Line2D]":
    """The real part of one shot at one frequency along the receivers: data, and what model and start say."""
    number = np.arange(1, len(observed) + 1)
    (data,) = axes.plot(number, observed[:, 0], "o", ms=3.5, color="#1d2530", label="observed")
    (before,) = axes.plot(number, start[:, 0], "--", lw=1.0, color="#8a94a3", label="start")
    (after,) = axes.plot(number, predicted[:, 0], lw=1.4, color=COLOURS[0], label="model")
    axes.set_xlabel("receiver")
    return [data, after, before]


def misfit_by_frequency(
    axes: "Axes",
    frequencies: Float[Tensor, " frequency"],
    before: Float[Tensor, " frequency"],
    after: Float[Tensor, " frequency"],
    what: str = "relative error ‖d − p‖ / ‖d‖",
) -> "list[Line2D]":
    """The relative error of the spectra, or ``what`` else there is, at every frequency, of the start and of the
    model."""
    order = frequencies.argsort()
    (first,) = axes.plot(frequencies[order], before[order], "o--", color="#8a94a3", label="start")
    (last,) = axes.plot(frequencies[order], after[order], "o-", color=COLOURS[0], label="model")
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("frequency (Hz)")
    axes.set_ylabel(what)
    return [last, first]


def sensitivity_by_depth(
    axes: "Axes", depth: Float[Tensor, " z"], values: Float[Tensor, "line z"], labels: Sequence[str]
) -> "list[Line2D]":
    """How strongly the misfit depends on each depth, one line per label, the first the darkest."""
    from cmcrameri.cm import cmaps

    shades = cmaps["batlow"](np.linspace(0.0, 0.9, len(labels)))
    drawn = []
    for row, label, shade in zip(values, labels, shades, strict=True):
        (line,) = axes.plot(row, depth, color=shade, lw=1.2, label=label)
        drawn.append(line)
    axes.set_ylim(float(depth[-1]), 0.0)
    axes.set_ylabel("depth (km)")
    return drawn
