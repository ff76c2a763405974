"""``audit.nc``: means and intervals of every metric by output, and the single values behind them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.audit.report import Report
from seisgrad.report.audit.words import Words, parameters_of

if TYPE_CHECKING:
    from xarray import Dataset

PARTS = {
    "mean": "mean over models",
    "low": "lower end of the 95 % bootstrap interval of the mean",
    "high": "its upper end",
}
EACH = "of each model and output"


def dataset(sets: Mapping[str, Report], words: Words) -> "Dataset":
    """Everything with more than one axis.

    Variables ``METRIC_mean``, ``METRIC_low`` and ``METRIC_high`` are ``(models, parameter, branch, OUTPUT)``, with
    ``OUTPUT`` the name of the outputs' axis; ``METRIC`` are the single values of the first set, ``(model, parameter,
    branch, OUTPUT)``, with the models themselves beside them. Metrics of the values have no parameter axis.

    Args:
        sets: what was found on each set of models, by its name; all with one layout.
        words: the units.
    """
    import xarray as xr

    own = next(iter(sets.values()))
    layout, variables = own.layout, {}
    for metric in own.per_output:
        for part, meaning in PARTS.items():
            stacked = torch.stack([getattr(report.per_output[metric], part) for report in sets.values()])
            variables[f"{metric}_{part}"] = _variable("models", metric, stacked, layout, meaning)
    for metric, values in own.kept.values.items():
        variables[metric] = _variable("model", metric, values.float(), layout, EACH)
    profiles = ("model", "parameter", layout.position_axis)
    variables["profile"] = (profiles, own.kept.profiles.float().numpy(), {"units": words.model})
    if own.shift is not None:
        variables["distance"] = ("shift_model", own.shift.distance.numpy(), {"units": "1"})
        variables["group_error"] = (("shift_model", "group"), own.shift.error.numpy(), {"units": "1"})
    return xr.Dataset(variables, coords=_coords(sets, words))


def _variable(
    first: str, metric: str, values: Tensor, layout: Layout, meaning: str
) -> tuple[tuple[str, ...], Any, dict]:
    """A metric ``[first, parameter, branch, output]``, without the second axis where it is of no single parameter."""
    axes = (first, "parameter", "branch", layout.output_axis)
    if parameters_of(metric, layout) == ("",):
        return (first, *axes[2:]), values[:, 0].numpy(), {"long_name": meaning}
    return axes, values.numpy(), {"long_name": meaning}


def _coords(sets: Mapping[str, Report], words: Words) -> dict[str, Any]:
    own = next(iter(sets.values()))
    layout = own.layout
    coords: dict[str, Any] = {
        "models": list(sets),
        "parameter": list(layout.parameters),
        "branch": list(layout.branches),
        layout.output_axis: (layout.output_axis, list(layout.outputs), {"units": words.output}),
        layout.position_axis: (layout.position_axis, layout.positions.numpy(), {"units": words.position}),
        "model": own.kept.model.numpy(),
    }
    if own.shift is not None:
        coords |= {"shift_model": own.shift.model.numpy(), "group": list(layout.groups)}
    return coords
