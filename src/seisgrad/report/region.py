"""What a region is handed over as: a NetCDF file by the CF conventions, a table of sites, maps, sections and a page."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.dispersion.outcome import REFUSED, Outcome
from seisgrad.dispersion.sites import Sites
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.inversion import Status
from seisgrad.plot.maps import UNCERTAINTY, section, site_map
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.files import table
from seisgrad.report.page import Page

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import Dataset

NAMES = {**{int(s): s.name.lower() for s in Status}, REFUSED: "refused"}
"""Of the codes of status."""
MAPS = (
    "Shear velocity (above) and one posterior standard deviation (below). Hollow: no result. Crossed: another model "
    "explains the data too."
)
SECTIONS = "Along the middle of the region. Dashed: down to here the data halve the prior's sigma."
SHOWN = 4
"""Depths of which maps are drawn."""
_NO_YES = {0: "no", 1: "yes"}
#: A grid of latitudes and longitudes is one where at least this share of its nodes is a site.
_FULL = 0.5
#: Sites that are named on the page because something is wrong with them, at most.
_NAMED = 50


class Region(NamedTuple):
    """Sites, what was believed before, and what became of them."""

    sites: Sites
    starting: StartingModel
    outcome: Outcome
    operator: str = "exact"
    """Which forward operator was inverted, in words."""


def region_dataset(region: Region) -> "Dataset":
    """The region by the CF conventions.

    Where the sites are nodes of a grid of latitudes and longitudes, a cube ``(depth, latitude, longitude)``; otherwise
    profiles ``(site, depth)`` with the latitude and longitude of each site.
    """
    import xarray as xr

    sites, outcome = region.sites, region.outcome
    depth = region.starting.rock_depth.numpy()
    profile = {
        "vs": (outcome.vs, "shear velocity", "km s-1"),
        "vs_sigma": (outcome.sigma, "one posterior standard deviation of shear velocity", "km s-1"),
        "shrinkage": (outcome.shrinkage, "posterior over prior standard deviation of shear velocity", "1"),
    }
    single = {
        "chi2": (outcome.chi2, "squared residuals per datum", "1"),
        "p_fit": (outcome.p_fit, "probability of residuals at least as large", "1"),
        "p_prior": (outcome.p_prior, "probability of a model as far from the prior", "1"),
        "information": (outcome.information, "number of parameters that the data determine", "1"),
        "resolved_depth": (
            outcome.resolved,
            "deepest layer of which the data remove half of the prior variance",
            "km",
        ),
        "status": (outcome.status, "how the inversion ended", NAMES),
        "searched": (outcome.searched.byte(), "whether other starts were tried", _NO_YES),
        "ambiguous": (outcome.ambiguous.byte(), "whether another model explains the data too", _NO_YES),
    }

    def attributes(words: str, unit: str | dict[int, str]) -> dict:
        if isinstance(unit, str):
            return {"long_name": words, "units": unit}
        values = np.array(list(unit), dtype=np.uint8)
        return {"long_name": words, "flag_values": values, "flag_meanings": " ".join(unit.values())}

    along = {
        "depth": ("depth", depth, {"standard_name": "depth", "units": "km", "positive": "down", "axis": "Z"})
    }
    degrees = {
        "latitude": {"standard_name": "latitude", "units": "degrees_north"},
        "longitude": {"standard_name": "longitude", "units": "degrees_east"},
    }
    common = {
        "Conventions": "CF-1.11",
        "title": "Shear velocity from surface-wave dispersion",
        "prior": region.starting.words,
        "operator": region.operator,
    }
    grid = _grid(sites)
    if grid is None:
        variables = {n: (("site", "depth"), v.numpy(), attributes(w, u)) for n, (v, w, u) in profile.items()}
        variables |= {n: (("site",), v.numpy(), attributes(w, u)) for n, (v, w, u) in single.items()}
        places = {n: (("site",), getattr(sites, n).numpy(), degrees[n]) for n in degrees}
        named = {"site": ("site", np.array(sites.names), {"cf_role": "profile_id"})}
        return xr.Dataset(variables, along | places | named, common | {"featureType": "profile"})

    def spread(values: Tensor, fill: float = np.nan) -> np.ndarray:
        shape = (len(grid.latitudes), len(grid.longitudes), *values.shape[1:])
        whole = np.full(shape, fill, dtype=values.numpy().dtype)
        whole[grid.row.numpy(), grid.column.numpy()] = values.numpy()
        return whole

    plane = ("latitude", "longitude")
    variables = {
        n: (("depth", *plane), np.moveaxis(spread(v), -1, 0), attributes(w, u))
        for n, (v, w, u) in profile.items()
    }
    nowhere = {"status": REFUSED, "searched": 0, "ambiguous": 0}
    variables |= {
        n: (plane, spread(v, nowhere.get(n, np.nan)), attributes(w, u)) for n, (v, w, u) in single.items()
    }
    places = {
        n: (n, values.numpy(), degrees[n] | {"axis": axis})
        for n, values, axis in (("latitude", grid.latitudes, "Y"), ("longitude", grid.longitudes, "X"))
    }
    return xr.Dataset(variables, along | places, common)


class _Grid(NamedTuple):
    latitudes: Float[Tensor, " latitude"]
    longitudes: Float[Tensor, " longitude"]
    row: Int[Tensor, " site"]
    column: Int[Tensor, " site"]


def _grid(sites: Sites) -> _Grid | None:
    """Latitudes and longitudes whose crossings the sites are; None where they are none."""
    if not (sites.latitude.isfinite() & sites.longitude.isfinite()).all():
        return None
    latitudes, row = torch.unique((1e6 * sites.latitude).round(), return_inverse=True)
    longitudes, column = torch.unique((1e6 * sites.longitude).round(), return_inverse=True)
    nodes = len(latitudes) * len(longitudes)
    together = len(torch.unique(row * len(longitudes) + column))
    if len(latitudes) < 2 or len(longitudes) < 2 or together < len(sites) or len(sites) < _FULL * nodes:
        return None
    return _Grid(latitudes / 1e6, longitudes / 1e6, row, column)


def sites_csv(region: Region) -> str:
    """``site,latitude,longitude,status,ambiguous,chi2,p_fit,p_prior,resolved_depth,message``, one line per site."""
    sites, outcome = region.sites, region.outcome
    values = ("chi2", "p_fit", "p_prior", "resolved_depth")
    header = ("site", "latitude", "longitude", "status", "ambiguous", *values, "message")
    status = [NAMES[int(code)] for code in outcome.status]
    ambiguous = [_NO_YES[int(code)] for code in outcome.ambiguous]
    columns = (outcome.chi2, outcome.p_fit, outcome.p_prior, outcome.resolved, outcome.message)
    return table(header, sites.names, sites.latitude, sites.longitude, status, ambiguous, *columns)


def counts(outcome: Outcome) -> dict[str, int]:
    """How many sites ended how."""
    found = Counter(NAMES[int(code)] for code in outcome.status)
    return {name: found[name] for name in NAMES.values()}


def shown_layers(region: Region) -> list[int]:
    """Layers whose maps are drawn: evenly spread in number over those that half of the sites resolve."""
    depth = region.starting.rock_depth
    known = region.outcome.resolved[region.outcome.resolved.isfinite()]
    deepest = float(known.median()) if len(known) else float(depth[-1])
    last = max(1, int((depth <= deepest).sum()) - 1)
    return sorted({round(i) for i in np.linspace(0, last, SHOWN)})


@styled
def maps_figure(region: Region) -> "Figure":
    """Shear velocity above and its sigma below, at a few depths."""
    layers = shown_layers(region)
    figure = new_figure(3.1 * len(layers) + 0.4, 6.2)
    grid = figure.subplots(2, len(layers), squeeze=False, sharex=True, sharey=True)
    sites, outcome, depth = region.sites, region.outcome, region.starting.rock_depth
    rows = ((outcome.vs, "RdYlBu", "vs (km/s)"), (outcome.sigma, UNCERTAINTY, "sigma (km/s)"))
    for axes_row, (values, colours, words) in zip(grid, rows, strict=True):
        for axes, layer in zip(axes_row, layers, strict=True):
            drawn = site_map(
                axes,
                sites.longitude,
                sites.latitude,
                values[:, layer],
                colours=colours,
                crossed=outcome.ambiguous,
            )
            axes.set_title(f"{float(depth[layer]):.3g} km")
            figure.colorbar(drawn, ax=axes, label=words, shrink=0.8)  # type: ignore[arg-type]
    for axes in grid.flat:
        axes.label_outer()
    return figure


@styled
def sections_figure(region: Region) -> "Figure":
    """Two sections through the middle: the sites nearest to the median latitude, and to the median longitude."""
    sites, outcome, depth = region.sites, region.outcome, region.starting.rock_depth
    bottom = 1.1 * float(outcome.resolved.nan_to_num(0.0).quantile(0.9)) or float(depth[-1])
    known = outcome.vs[outcome.vs.isfinite().all(-1)][:, depth <= bottom]
    limits = tuple(torch.quantile(known.flatten()[:1_000_000], torch.tensor([0.02, 0.98]).double()).tolist())
    figure = new_figure(8.6, 5.6)
    lines = (
        (sites.latitude, sites.longitude, "latitude", "longitude"),
        (sites.longitude, sites.latitude, "longitude", "latitude"),
    )
    for axes, (fixed, running, name, other) in zip(figure.subplots(2, 1), lines, strict=True):
        chosen = _line(fixed, running)
        profiles, resolved = outcome.vs[chosen], outcome.resolved[chosen]
        drawn = section(
            axes, running[chosen], depth, profiles, bottom=bottom, limits=limits, resolved=resolved
        )
        axes.set(xlabel=f"{other} (°)", title=f"{name.capitalize()} {float(fixed[chosen].median()):.3g}°")
        figure.colorbar(drawn, ax=axes, label="vs (km/s)")  # type: ignore[arg-type]
    return figure


def _line(fixed: Float[Tensor, " site"], running: Float[Tensor, " site"]) -> Int[Tensor, " some"]:
    """Sites along a line of one coordinate near its median, one per place along it, in order."""
    away = (fixed - fixed.median()).abs()
    number = max(1, round(len(fixed) ** 0.5))
    near = away.argsort()[: max(number, int((away == away.min()).sum()))]
    order = near[running[near].argsort()]
    keep = torch.cat([torch.ones(1, dtype=torch.bool), running[order].diff() > 1e-9])
    return order[keep]


def region_page(region: Region, source: str, drawn: dict[str, bytes]) -> Page:
    """The page: how many sites ended how, maps, sections, and the sites that need a look."""
    outcome, number = region.outcome, len(region.sites)
    page = Page(f"Shear velocity of {number} sites", f"Inverted from {source}.")
    page.text(f"{region.starting.words} The forward operator: {region.operator}.")
    page.table(["status", "sites"], [[name, str(n)] for name, n in counts(outcome).items()])
    if "maps" in drawn:
        page.heading("Maps")
        page.image(drawn["maps"], MAPS)
        page.heading("Sections")
        page.image(drawn["sections"], SECTIONS)
    doubtful = outcome.doubtful.nonzero()[:, 0].tolist()
    if doubtful:
        page.heading("Sites that need a look")
        page.text(
            f"{len(doubtful)} sites stalled, were refused, are not explained, fit by an implausible model or by "
            "several."
        )
        rows = [
            [region.sites.names[i], NAMES[int(outcome.status[i])], outcome.message[i]]
            for i in doubtful[:_NAMED]
        ]
        page.table(["site", "status", "what became of it"], rows)
        if len(doubtful) > _NAMED:
            page.text(f"And {len(doubtful) - _NAMED} more: see sites.csv.")
    return page
