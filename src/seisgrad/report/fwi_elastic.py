"""The report of an inversion of spectra along a line: what fits, what the data see at which depth, and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.earth import write_solid
from seisgrad.elastic.inversion import Inversion, together
from seisgrad.elastic.start import slowest_wave
from seisgrad.inversion.waveform import misfit_named
from seisgrad.report.fwi_course import HEADER, ends_of, history_csv, predict, some_shots, stage_rows
from seisgrad.report.page import Page

CAPTIONS = {
    "model": "vs of the start and of the model found, and the change between them. Stars are sources, triangles "
    "receivers.",
    "misfit": "Left: the misfit of every step, one colour per stage; a step sees some frequencies only, and high ones "
    "fit worse. Right: the misfit at every frequency, before and after.",
    "fit": "Real part of the spectra along the line for some sources at the highest frequency that was fitted, each "
    "divided by its amplitude.",
    "sensitivity": "The size of the gradient of the misfit at the start, averaged along the line, by depth and "
    "frequency: where the data ask for a change. Left of vp, right of vs, on the same scale.",
    "uncertainty": "Standard deviation of vs, and its share of that before the data: the curvature of the "
    "misfit around the model, for changes between a few nodes, with independent errors of records. It knows nothing of "
    "finer structure, of other minima, or of errors that records share, and is too small where these count.",
}
"""What each figure shows, by the name of its file."""
_SOURCES_IN_TIME = 8  # of which the sensitivity is worked out where one source costs a simulation


@dataclass(frozen=True)
class Fit:
    """Spectra of the start and of the model, and how well they fit the records that count.

    Attributes:
        start: ``[source, frequency, component, receiver, part]``.
        model: the same.
        misfit: before and after, the mean over sources, ``[2, frequency]``; NaN where no record counts.
        correlation: before and after, of the complex spectra of a source, the mean over sources, ``[2, frequency]``;
            NaN where no record counts.
    """

    start: Float[Tensor, "source frequency component receiver part"]
    model: Float[Tensor, "source frequency component receiver part"]
    misfit: Float[Tensor, "2 frequency"]
    correlation: Float[Tensor, "2 frequency"]


def fit_of(inversion: Inversion) -> Fit:
    """All spectra of the start and of the model, by the operator of the last stage."""
    number = len(inversion.spectra.survey.sources)
    groups = together(inversion.operator, number)
    both = [
        predict(inversion.operator, earth, *groups)
        for earth in (inversion.start.earth, inversion.result.model)
    ]
    return Fit(
        both[0],
        both[1],
        torch.stack([_misfit(inversion, spectra) for spectra in both]),
        torch.stack([_correlation(inversion, spectra) for spectra in both]),
    )


def counts(inversion: Inversion) -> Bool[Tensor, "source frequency component receiver"]:
    """Which records count."""
    return inversion.mask.weight[..., 0] > 0


def _misfit(inversion: Inversion, spectra: Tensor) -> Float[Tensor, " frequency"]:
    misfit = misfit_named(inversion.plan.settings.misfit, inversion.spectra.survey.space)
    observed, weight, there = inversion.spectra.values, inversion.mask.weight, counts(inversion)
    found = []
    for k in range(spectra.shape[1]):
        gathers = there[:, k].flatten(1).any(1).sum()
        found.append(misfit(spectra[:, k : k + 1], observed[:, k : k + 1], weight[:, k : k + 1]) / gathers)
    return torch.stack(found)


def _correlation(inversion: Inversion, spectra: Tensor) -> Float[Tensor, " frequency"]:
    there = counts(inversion)[..., None]
    p, d = (values.masked_fill(~there, 0.0) for values in (spectra, inversion.spectra.values))
    product, *power = (a.mul(b).sum((2, 3, 4)) for a, b in ((p, d), (p, p), (d, d)))
    scale = (power[0] * power[1]).sqrt()
    some = scale > 0
    return torch.where(some, product / scale.where(some, torch.ones(()).double()), torch.nan).nanmean(0)


def sensitivity(inversion: Inversion) -> Float[Tensor, "2 frequency z"]:
    """The gradient of the misfit at the start by vp and by vs, its size averaged along the line, by frequency and
    depth, per km/s. An operator in time gives it for all frequencies together and for some sources."""
    op, observed = inversion.operator, inversion.spectra.values
    number, frequencies = observed.shape[:2]
    in_time = together(op, number)[1] is None
    some = some_shots(number, _SOURCES_IN_TIME) if in_time else list(range(number))
    misfit = misfit_named(inversion.plan.settings.misfit, inversion.spectra.survey.space)
    whole = in_time or not hasattr(op, "select")
    bands = [list(range(frequencies))] if whole else [[k] for k in range(frequencies)]
    rows = []
    for band in bands:
        earth = inversion.start.earth.requires_grad_()
        part = op.select(source=some, frequency=band) if hasattr(op, "select") else op  # type: ignore[attr-defined]
        chosen = some if hasattr(op, "select") else list(range(number))
        taken = [values[chosen][:, band] for values in (observed, inversion.mask.weight)]
        (slope,) = torch.autograd.grad(misfit(part(earth), *taken) / len(chosen), earth)
        rows.append(slope[:2].abs().mean(-1))
    return torch.stack(rows, 1)


def notes_of(inversion: Inversion) -> list[str]:
    """What a reader should know before believing the section."""
    settings, mask = inversion.plan.settings, inversion.mask
    told = ", ".join(f"{name} {number}" for name, number in mask.left_out.items() if number)
    frequencies, filled = inversion.spectra.survey.frequencies, counts(inversion).flatten(2).any(2).any(0)
    without = ", ".join(f"{f:.3g}" for f in frequencies[~filled].tolist())
    empty = f" None counted at {without} Hz." if without else ""
    notes = [
        f"{mask.used} of {mask.records} records counted" + (f" (left out: {told})." if told else ".") + empty,
        f"vs was kept within {settings.vs[0]:g} and {settings.vs[1]:g} km/s"
        + (
            "; vp and density follow it by Brocher (2005)."
            if settings.unknowns == "vs"
            else f", vp within {settings.vp[0]:g} and {settings.vp[1]:g} km/s and vp/vs within {settings.ratio[0]:g} "
            f"and {settings.ratio[1]:g}; density follows vp by Brocher (2005)."
        ),
    ]
    held = ", ".join(f"{share:.1%} at the {name}" for name, share in inversion.held.items())
    notes.append(f"Nodes that ended at a bound: {held}." if held else "No node ended at a bound.")
    speed = slowest_wave(inversion.section, float(frequencies.max()))
    if not speed >= inversion.slowest:
        notes.append(
            f"The slowest Rayleigh wave of the model, {speed:.3g} km/s, is slower than the {inversion.slowest:.3g} "
            "km/s that computations were made for: set slowest lower and repeat."
        )
    stages = (*inversion.plan.stages, *inversion.plan.then)
    first, last = ends_of(inversion.result, stages, len(inversion.result.endings))
    begin = ends_of(inversion.result, stages, 1)[0]
    if last > 0.5 * max(first, begin):
        notes.append(
            "The misfit did not halve: the start may be too far from the truth, so that cycles are skipped; begin with "
            "lower frequencies or a better start."
        )
    return notes


def write_fwi(inversion: Inversion, folder: Path) -> None:
    """``model.nc`` and ``history.csv``."""
    write_solid(inversion.section, folder / "model.nc")
    (folder / "history.csv").write_text(history_csv(inversion.result), encoding="utf-8")


def fwi_page(
    inversion: Inversion,
    name: str,
    operators: tuple[str, str],
    fit: Fit,
    drawn: Mapping[str, bytes],
    notes: Sequence[str],
) -> Page:
    """The page, of data from the file ``name``; ``operators`` are the names of the first and of the second one."""
    result = inversion.result
    change = inversion.section.vs - inversion.start.vs
    page = Page(f"Waveform inversion of {name}", result.message())
    before, after = fit.misfit.nanmean(1).tolist()
    agree = fit.correlation.nanmean(1).tolist()
    page.cards(
        (result.status, "how the last stage ended", "good" if result.status != "stalled" else "warn"),
        (
            f"{before:.3g} → {after:.3g}",
            f"misfit {inversion.plan.settings.misfit}, mean over frequencies",
            "",
        ),
        (f"{agree[0]:.3f} → {agree[1]:.3f}", "correlation of the spectra, mean over frequencies", ""),
        (f"{float(change.min()):+.3f} to {float(change.max()):+.3f}", "change of vs, km/s", ""),
    )
    page.points(*notes)
    page.heading("The section")
    page.image(drawn["model"], CAPTIONS["model"])
    page.heading("How the misfit fell")
    page.image(drawn["misfit"], CAPTIONS["misfit"])
    page.table(HEADER, stage_rows(result, (*inversion.plan.stages, *inversion.plan.then), operators))
    page.heading("What fits")
    page.image(drawn["fit"], CAPTIONS["fit"])
    page.heading("What the data see")
    page.image(drawn["sensitivity"], CAPTIONS["sensitivity"])
    if "uncertainty" in drawn:
        page.heading("How sure it is")
        page.image(drawn["uncertainty"], CAPTIONS["uncertainty"])
    return page
