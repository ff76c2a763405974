"""The report of an inversion: figures and pages that say what was fitted, what is resolved and what is
not."""

from collections.abc import Mapping
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.survey import Branch
from seisgrad.report import figures
from seisgrad.report.figures import png
from seisgrad.report.files import fit_csv, posterior_dataset, profile_csv, status_name
from seisgrad.report.findings import (
    branch_fits,
    intervals,
    resolved,
    say_depth,
    say_fit,
    say_intervals,
    say_resolution,
    title,
)
from seisgrad.report.page import Page
from seisgrad.report.surrogate import add_surrogate

CAPTIONS = {
    "fit": "Measured velocities with one standard deviation, the prediction of the most probable model "
    "(solid) and of the "
    "prior mean (dashed). Below: residuals over their standard deviation; grey bands at one and two.",
    "profile": "Shear velocity with two posterior standard deviations (blue) over the prior with two of its "
    "own (grey). "
    "Right: posterior over prior standard deviation; dark grey where the prior speaks.",
    "resolution": "Which true depths enter the estimate at each depth. A perfect resolution would be a sharp "
    "diagonal.",
    "kernels": "Change of each velocity for a change of vs in one kilometre of depth, at the most probable "
    "model.",
}
"""What each figure shows, by the name of its file."""


def shown_depth(inversion: Inversion) -> float:
    """How deep figures reach, km: somewhat below the deepest resolved layer, at most to the half-space."""
    bottom = float(inversion.starting.depth[-1])
    clear = intervals(inversion, resolved(inversion))
    return min(bottom, 1.35 * clear[-1][1]) if clear else bottom


def inversion_figures(
    inversion: Inversion,
    kernels: Mapping[Branch, Float[Tensor, "period layer"]] | None = None,
    periods: Float[Tensor, " period"] | None = None,
) -> dict[str, bytes]:
    """The figures by name, as PNG: fit, profile, resolution and, where kernels to vs at some periods are given,
    kernels."""
    bottom = shown_depth(inversion)
    drawn = {
        "fit": png(figures.fit_figure(inversion)),
        "profile": png(figures.profile_figure(inversion, bottom)),
        "resolution": png(figures.resolution_figure(inversion, bottom)),
    }
    if kernels is not None and periods is not None:
        drawn["kernels"] = png(figures.kernel_figure(kernels, periods, inversion, bottom))
    return drawn


def write_results(inversion: Inversion, folder: Path) -> None:
    """``profile.csv``, ``fit.csv`` and ``posterior.nc``."""
    (folder / "profile.csv").write_text(profile_csv(inversion), encoding="utf-8")
    (folder / "fit.csv").write_text(fit_csv(inversion), encoding="utf-8")
    posterior_dataset(inversion).to_netcdf(folder / "posterior.nc", engine="h5netcdf")


def add_fit(page: Page, inversion: Inversion, drawn: Mapping[str, bytes]) -> None:
    """The section on the fit."""
    page.heading("What fits")
    page.text(*say_fit(inversion))
    page.image(drawn["fit"], CAPTIONS["fit"])


def add_resolution(page: Page, inversion: Inversion, drawn: Mapping[str, bytes]) -> None:
    """The sections on what is resolved, with the profile, the averaging kernels and the sensitivities."""
    page.heading("The earth, and what of it is resolved")
    page.image(drawn["profile"], CAPTIONS["profile"])
    page.text(*say_resolution(inversion))
    page.image(drawn["resolution"], CAPTIONS["resolution"])
    if "kernels" in drawn:
        page.image(drawn["kernels"], CAPTIONS["kernels"])


def add_profile_table(page: Page, inversion: Inversion) -> None:
    """The profile layer by layer, folded away."""
    posterior, prior = inversion.posterior, inversion.posterior.prior
    rows = []
    for i, top in enumerate(inversion.starting.rock_depth.tolist()):
        values = (
            posterior.mean[i],
            posterior.sigma[i],
            prior.mean[i],
            prior.sigma[i],
            posterior.shrinkage[i],
        )
        who = "data" if bool(resolved(inversion)[i]) else "prior"
        rows.append((say_depth(top), *(f"{float(value):.3f}" for value in values), who))
    header = ("top", "vs (km/s)", "σ", "prior vs", "prior σ", "σ ratio", "who speaks")
    page.table(header, rows, fold=f"The profile as a table, {len(rows)} layers of rock")


def cards(inversion: Inversion) -> list[tuple[str, str, str]]:
    """The key figures."""
    posterior, status = inversion.posterior, status_name(inversion)
    clear = intervals(inversion, resolved(inversion))
    return [
        (status, "status of the inversion", "good" if status == "converged" else "warn"),
        (f"{float(posterior.chi2):.2f}", f"χ² per datum, {int(posterior.count)} data", ""),
        (f"{float(posterior.information):.1f}", f"numbers determined, of {len(posterior.mean)} layers", ""),
        (say_intervals(clear), "where the data speak", ""),
    ]


def inversion_page(inversion: Inversion, source: str, drawn: Mapping[str, bytes], notes: list[str]) -> Page:
    """The page of ``seisgrad invert``.

    Args:
        inversion: what to report.
        source: what was inverted, such as the name of a file.
        drawn: the figures by name.
        notes: remarks to stand at the top of the caveats.
    """
    branches = ", ".join(title(part.branch) for part in branch_fits(inversion))
    page = Page(f"Shear velocity from {source}", f"{branches}; {inversion.survey.earth} earth.")
    page.cards(*cards(inversion))
    add_fit(page, inversion, drawn)
    add_surrogate(page, inversion)
    add_resolution(page, inversion, drawn)
    page.heading("What was assumed")
    page.points(
        inversion.starting.words,
        "The earth is isotropic and does not vary sideways; the uncertainty holds under that assumption, "
        "under the "
        "prior, and with data errors that are Gaussian and independent.",
        "The posterior is a Gaussian around the most probable model: the covariance is that of the "
        "linearised problem.",
        *notes,
    )
    add_profile_table(page, inversion)
    return page
