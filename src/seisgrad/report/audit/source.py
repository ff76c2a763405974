"""The audit of a network of sources: what its derivative is beside that of the exact inverses of the same records."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.report.audit.source_numbers import (
    INVERSES,
    NUMBERS,
    Found,
    agreed,
    judged_by,
    medians,
    tables,
)
from seisgrad.report.figures import new_figure, png, styled
from seisgrad.report.page import Page
from seisgrad.source.gather import COMPONENTS, PHASES, SAMPLES, SAMPLING
from seisgrad.source.inverse_audit import COUPLES, MEAN, METRICS, NETWORK, UNKNOWN, Compared, Judged
from seisgrad.source.linear_inverses import DIRECTIONS, own_frame

__all__ = ["Found", "figures", "page", "tables", "verdict"]

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TURNS = slice(1, 4)  # of the directions
_COLOURS: dict[str, str] = dict(
    zip(INVERSES, ("#0072b2", "#009e73", "#999999", "#d55e00", "#cc79a7"), strict=True)
)
_SHOWN = DIRECTIONS.index("turn about B")  # of the derivative in the figure

CAPTIONS = {
    "resolution": "What each inverse makes of a unit change of the moment tensor, mean over the events: columns are "
    "what changes, rows what it answers. One on the diagonal and nothing else is right.",
    "errors": "Every event: above, the median Kagan angle of the answers to its redrawn records; below, by how much "
    "noise alone turns the answer (logarithmic). Bars are medians.",
    "derivatives": "Derivative of the turn about B to the records of one station of the first event, as recorded: the "
    "network and the exact inverse of the unknown earth. Each over its own largest value.",
}
"""What each figure shows."""
WORDS = (
    "The exact inverses are (Gᵀ C⁻¹ G + C_m⁻¹)⁻¹ Gᵀ C⁻¹ with the prior C_m = ‖m‖² of each coefficient. Known earth: G "
    "of the very event, with its velocity model, picks, amplitudes and echoes, and C of noise alone: its noise is the "
    "Cramér-Rao bound. One earth: the mean G over all that the stations cannot know, and C of noise alone. Unknown "
    "earth: the same G, and in C the scatter of the records about it too, from 320 redraws; stations count as "
    "independent. Double couples: the CLVD held at zero.",
    "The scatter is that of the true moment tensor, which the network is not told: the inverse of the unknown earth is "
    "given more than the network.",
    "Redrawn are depth, epicentre and velocity model behind what the gather says, picks, amplitudes, duration, "
    "attenuation and coda, as the training has them; the records on which answers are judged come from the earths of "
    "the group, and have noise.",
    "Directions are those of the event: its size, turns about its axes T, B and P, and the CLVD along B, which no "
    "event of the training has. Turns by noise are the root of the sum over the three axes.",
    "Cosine: a·b/(‖a‖‖b‖). Relative L2: ‖a − b‖/‖b‖. Ratio: ‖a‖/‖b‖, with a the network's derivative and b the exact "
    "one, either raw, or what each makes of the scatter of redrawn records.",
)
"""How it was done."""


def verdict(found: Found) -> dict[str, str]:
    """What it means, in words, by group and records."""
    said = {}
    for group, records, events in found.cases():
        network = medians(events, NETWORK)
        directions = [network[f"resolution {name}"] for name in DIRECTIONS]
        turns = directions[_TURNS]
        text = (
            f"a change of size comes out {directions[0]:.2f} times as large, a turn of the mechanism "
            f"{min(turns):.2f} to {max(turns):.2f} times (by axis), a CLVD {directions[-1]:.2f} times, and "
            f"{network['into other directions']:.2f} of a change goes into other directions of a double couple; noise "
            f"turns the answer by {network['noise turn']:.1f}°"
        )
        exact = medians(events, UNKNOWN)
        if exact:
            text += (
                f", that of the exact inverse of the unknown earth by {exact['noise turn']:.1f}°; redrawn records are "
                f"answered {network['kagan']:.1f}° from the truth, by the exact inverse {exact['kagan']:.1f}°"
            )
        said[f"{group}, {records}"] = text
    return said


def figures(found: Found) -> dict[str, bytes]:
    """The figures by name, as PNG."""
    return {
        "resolution": png(resolution_figure(found)),
        "errors": png(errors_figure(found)),
        "derivatives": png(derivatives_figure(found)),
    }


@styled
def resolution_figure(found: Found) -> "Figure":
    """Mean matrices, a row per group, columns the network on clean and on recorded records and the exact inverses."""
    shown = [(NETWORK, "clean"), *((name, "as recorded") for name in (NETWORK, MEAN, UNKNOWN, COUPLES))]
    figure = new_figure(2.5 * len(shown), 2.5 * len(found.events) + 0.6)
    grid = figure.subplots(len(found.events), len(shown), squeeze=False, sharex=True, sharey=True)
    for r, (row, group) in enumerate(zip(grid, found.events, strict=True)):
        for axes, (inverse, records) in zip(row, shown, strict=True):
            mean = torch.stack([j.resolution for j in judged_by(found.of(group, records), inverse)]).mean(0)
            axes.imshow(mean.numpy(), cmap="RdBu_r", vmin=-1.5, vmax=1.5)
            for (i, k), value in zip(
                [(i, k) for i in range(5) for k in range(5)], mean.flatten().tolist(), strict=True
            ):
                axes.text(k, i, f"{value:.1f}", ha="center", va="center", fontsize=7, color="0.1")
            axes.set_title("" if r else f"{inverse}\n{records}", fontsize=8.5)
            axes.set_xticks(range(5), DIRECTIONS, rotation=60, ha="right", fontsize=7.5)
            axes.set_yticks(range(5), DIRECTIONS, fontsize=7.5)
        row[0].set_ylabel(group)
    figure.colorbar(grid[0, 0].images[0], ax=grid, shrink=0.6, label="answer to a unit change")
    return figure


@styled
def errors_figure(found: Found) -> "Figure":
    """Every event as recorded: Kagan angle on redrawn records, and turn by noise alone."""
    figure = new_figure(8.6, 6.2)
    above, below = figure.subplots(2, 1, sharex=True)
    for g, group in enumerate(found.events):
        for k, inverse in enumerate(INVERSES):
            at = g + 0.15 * (k - 2)
            judged = judged_by(found.of(group, "as recorded"), inverse)
            label = inverse if g == 0 else None
            _strip(above, at, [float(j.kagan.median()) for j in judged if len(j.kagan)], inverse, None)
            _strip(below, at, [j.noise_turn for j in judged], inverse, label)
    above.set(ylabel="Kagan angle, redrawn records (°)", ylim=(0.0, None))
    below.set(ylabel="turn by noise alone (°)", yscale="log")
    below.set_xticks(range(len(found.events)), list(found.events))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _strip(axes: "Axes", at: float, values: list[float], inverse: str, label: str | None) -> None:
    if not values:
        return
    colour = _COLOURS[inverse]
    axes.plot([at] * len(values), values, "o", ms=4, color=colour, alpha=0.5, mew=0, label=label)
    middle = float(torch.tensor(values).double().quantile(0.5))
    axes.plot([at - 0.05, at + 0.05], [middle, middle], "-", lw=2.5, color=colour)


@styled
def derivatives_figure(found: Found) -> "Figure":
    """The derivative of one direction to the records of the station that says most about it."""
    both = {name: _row(judged_by([found.shown], name)[0], found.shown) for name in (NETWORK, UNKNOWN)}
    whole = (both[UNKNOWN] != 0).any(-1).all((1, 2))  # stations with every component, where there are any
    size = both[UNKNOWN].flatten(1).norm(dim=-1)
    station = int((size * whole if whole.any() else size).argmax())
    time = (torch.arange(SAMPLES) - SAMPLES // 2) / SAMPLING
    figure = new_figure(8.6, 5.4)
    grid = figure.subplots(len(COMPONENTS), len(PHASES), sharex=True, sharey=True)
    for c, row in enumerate(grid):
        for p, axes in enumerate(row):
            for name, derivative in both.items():
                values = derivative[station, p, c] / derivative[station].abs().amax()
                axes.plot(time.numpy(), values.numpy(), color=_COLOURS[name], lw=1.2, label=name)
            axes.set_title(f"{COMPONENTS[c]} of {PHASES[p]}", fontsize=9.5)
            axes.grid(axis="y", color="0.92", lw=0.8)
    for axes in grid[-1]:
        axes.set_xlabel("s after the pick")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _row(judged: Judged, one: Compared) -> Float[Tensor, "station phase component time"]:
    """The derivative of the direction of the figure."""
    return torch.einsum("b,bsctx->sctx", own_frame(one.moment)[:, _SHOWN], judged.derivative)


def page(operator: str, found: Found, drawn: dict[str, bytes]) -> Page:
    """``audit.html``."""
    of = ", ".join(f"{number} of {group}" for group, number in found.events.items())
    made = Page(
        f"Audit of {operator}",
        f"What its derivative makes of records, on synthetic events ({of}), beside the linear-Gaussian inverses of the "
        "same records.",
    )
    cards: list[tuple[str, str, str]] = []
    for group in found.events:
        events = found.of(group, "as recorded")
        network, exact = medians(events, NETWORK), medians(events, UNKNOWN)
        cards.append(
            (
                f"{network['kagan']:.1f}° / {exact['kagan']:.1f}°",
                f"redrawn records, network / exact inverse of the unknown earth, {group}",
                "good" if network["kagan"] < 1.5 * exact["kagan"] else "warn",
            )
        )
    made.cards(*cards)
    made.heading("The verdict")
    made.definitions(list(verdict(found).items()))
    made.heading("What a change of the moment tensor becomes")
    made.image(drawn["resolution"], CAPTIONS["resolution"])
    made.heading("What noise and an unknown earth become")
    made.image(drawn["errors"], CAPTIONS["errors"])
    made.table(*_errors(found))
    made.heading("The derivatives themselves")
    made.text(
        "A derivative has many entries of which the records hold few combinations: raw cosines say little, and that "
        "the network's is rough where no record has ever been."
    )
    made.image(drawn["derivatives"], CAPTIONS["derivatives"])
    made.table(*_derivatives(found))
    made.heading("How it was done")
    made.points(*WORDS)
    return made


def _errors(found: Found) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("group", "records", "inverse", *NUMBERS)
    rows = []
    for group, records, events in found.cases():
        for inverse in INVERSES:
            of = medians(events, inverse).values()
            if of:
                numbers = ("" if value != value else f"{value:.3g}" for value in of)
                rows.append((group, records, inverse, *numbers))
    return header, rows


def _derivatives(found: Found) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    header = ("group", "records", "inverse", "part", *(metric.replace("_", " ") for metric in METRICS))
    rows = []
    for group, records, events in found.cases():
        values = agreed(events)
        for inverse, part in dict.fromkeys((key[0], key[1]) for key in values):
            numbers = (f"{values[inverse, part, metric]:.3f}" for metric in METRICS)
            rows.append((group, records, inverse, part, *numbers))
    return header, rows
