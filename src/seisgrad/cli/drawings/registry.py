"""The kinds of files that can be drawn, and how each is known; what draws one is imported when it is needed.

A new kind is one function ``Contents -> Figure`` and one line here.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from seisgrad.cli.contents import Contents
from seisgrad.cli.convert import is_curves, is_model, is_section, is_solid
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawing(NamedTuple):
    """One kind of result file.

    Attributes:
        name: in words.
        recognise: whether a file is one.
        function: what draws it, as ``module.function`` of this room.
    """

    name: str
    recognise: Callable[[Contents], bool]
    function: str

    def draw(self, contents: Contents) -> "Figure":
        """The figure of a file of this kind."""
        module, _, name = self.function.partition(".")
        return getattr(import_module(f"seisgrad.cli.drawings.{module}"), name)(contents)


def drawing_of(contents: Contents) -> Drawing:
    """The kind of a file.

    Raises:
        InputError: none of those that are known.
    """
    for drawing in DRAWINGS:
        if drawing.recognise(contents):
            return drawing
    held = ", ".join(contents.names[:8]) or contents.first[:40] or "nothing that names itself"
    known = "; ".join(drawing.name for drawing in DRAWINGS)
    raise InputError(
        f"{contents.path} is no result file that can be drawn ({contents.form} with {held}), expected one of: {known}"
    )


def _table(*names: str) -> Callable[[Contents], bool]:
    return lambda c: c.form == "table" and c.has(*names)


def _netcdf(**axes: tuple[str, ...]) -> Callable[[Contents], bool]:
    """A file with these variables, each with these axes among its own."""
    return lambda c: (
        c.form == "netcdf"
        and c.has(*axes)
        and all(set(wanted) <= set(c.axes[name]) for name, wanted in axes.items())
    )


def _zarr(kind: str) -> Callable[[Contents], bool]:
    """A store of ours; its format stands among its attributes, or below the name of the package."""

    def recognise(contents: Contents) -> bool:
        own = contents.attributes.get("seisgrad")
        said = own if isinstance(own, dict) else contents.attributes
        return contents.form == "zarr" and str(said.get("format", "")).startswith(f"seisgrad {kind}")

    return recognise


def _is_nodes(contents: Contents) -> bool:
    return contents.form == "netcdf" and any(set(axes) == {"z", "x"} for axes in contents.axes.values())


DRAWINGS = (
    Drawing("curves", is_curves, "curves.picks"),
    Drawing("fit.csv", _table("wave", "kind", "period", "observed", "predicted"), "curves.fit_table"),
    Drawing("curve of forward", _table("period", "velocity", "status"), "curves.forward_table"),
    Drawing("curve and kernels of forward", _netcdf(velocity=("period",), status=("period",)), "curves.forward"),
    Drawing("profile.csv", _table("depth", "vs", "vs_sigma"), "profiles.profile_table"),
    Drawing("layered model", is_model, "profiles.model"),
    Drawing("posterior.nc", _netcdf(vs=("depth",), covariance=("depth",)), "profiles.posterior"),
    Drawing("region.nc", _netcdf(vs=("depth",), resolved_depth=()), "regions.region"),
    Drawing("sites.csv", _table("site", "latitude", "longitude", "resolved_depth"), "regions.sites"),
    Drawing("section of vs", is_solid, "sections.solid"),
    Drawing("section of velocity", is_section, "sections.velocity"),
    Drawing("values on a section (model.nc, uncertainty.nc, spread.nc)", _is_nodes, "sections.nodes"),
    Drawing("spectra", _netcdf(spectrum=("source", "frequency", "receiver", "part")), "sections.spectra"),
    Drawing("history.csv of fwi", _table("operator", "stage", "iteration", "misfit", "solves"), "courses.inversion"),
    Drawing("log.csv of train", _table("epoch", "step", "validation_loss"), "courses.training"),
    Drawing("correlations and Green's functions of noise", _zarr("correlations"), "noise.records"),
    Drawing("quality.csv of noise", _table("pair", "component", "period", "snr"), "noise.quality"),
    Drawing("dataset of simulate", _zarr("dataset"), "datasets.dataset"),
    Drawing("bank of Green's functions", _zarr("Green"), "datasets.bank"),
    Drawing("QuakeML with a mechanism", lambda c: c.form == "xml" and c.has("quakeml"), "sources.mechanism"),
    Drawing("depths.csv of source", _table("depth", "variance_reduction", "kagan"), "sources.depths"),
    Drawing("results.csv of reproduce", _table("operator", "case", "metric", "ours"), "tables.results"),
    Drawing("distributions.csv of reproduce", _table("operator", "case", "metric", "mean"), "tables.distributions"),
    Drawing("summary.csv of audit", _table("metric", "parameter", "group", "mean"), "tables.summary"),
    Drawing("per_output.csv of audit", _table("metric", "branch", "output", "mean"), "tables.outputs"),
    Drawing("spectrum.csv of audit", _table("parameter", "group", "shortest", "error"), "tables.spectrum"),
    Drawing("gradients.csv of audit", _table("earth", "band", "metric", "value"), "tables.gradients"),
    Drawing("summary.csv of gradients", _table("band", "metric", "median", "worst"), "tables.worst"),
    Drawing("shift.csv or consequences.csv of audit", _table("models", "quantity", "value"), "tables.quantities"),
    Drawing("audit.nc", _netcdf(profile=("depth",), cosine_mean=("period",)), "tables.audit"),
)  # fmt: skip
"""In the order in which they are tried."""
