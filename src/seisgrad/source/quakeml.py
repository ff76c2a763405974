"""A mechanism for the world outside: written as QuakeML and read from it, in the frame up, south and east."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.source.axes import axes, decompose, nodal_planes, principal_axes
from seisgrad.source.moment_tensor import USE_COMPONENTS, from_use, magnitude, scalar_moment, to_use
from seisgrad.source.origin import Origin, only_event, origin_of, read_catalogue

if TYPE_CHECKING:
    from obspy.core.event import Event, MomentTensor, NodalPlanes, PrincipalAxes


@dataclass(frozen=True)
class Solution:
    """A moment tensor at a place and a time, and what is known of its uncertainty.

    Attributes:
        origin: time, epicentre and the depth that belongs to the tensor.
        moment: components in N·m, north, east and down.
        sigma: standard deviations of the components, N·m.
        mw_sigma: standard deviation of the magnitude.
        mechanism_spread: median Kagan angle between the tensor and those that fit as well, degrees.
        variance_reduction: of the records, 1 for a perfect fit.
        remark: one sentence on how it was found.
        depth_sigma: standard deviation of the depth, km.
    """

    origin: Origin
    moment: Float[Tensor, " 6"]
    sigma: Float[Tensor, " 6"] | None = None
    mw_sigma: float | None = None
    mechanism_spread: float | None = None
    variance_reduction: float | None = None
    remark: str = ""
    depth_sigma: float | None = None

    @property
    def mw(self) -> float:
        """Moment magnitude."""
        return magnitude(scalar_moment(self.moment)).item()


def to_event(solution: Solution) -> "Event":
    """As an event of ObsPy with an origin, a magnitude and a focal mechanism, each the preferred one.

    Raises:
        InputError: a moment tensor that is zero or not finite.
    """
    with extra("records"):
        from obspy.core.event import Comment, Event, FocalMechanism, Magnitude, QuantityError
        from obspy.core.event import Origin as ObspyOrigin

    scalar = scalar_moment(solution.moment).item()
    if not 0 < scalar < float("inf"):
        raise InputError(f"the moment tensor {solution.moment.tolist()} has no size, expected N·m")
    at = solution.origin
    name = f"smi:local/seisgrad/{at.utc.strftime('%Y%m%dT%H%M%S%f')}"
    origin = ObspyOrigin(
        resource_id=f"{name}/origin",
        time=at.utc,
        latitude=at.latitude,
        longitude=at.longitude,
        depth=1000 * at.depth,
    )
    if solution.depth_sigma is not None:
        origin.depth_errors = QuantityError(uncertainty=1000 * solution.depth_sigma)
    size = Magnitude(
        resource_id=f"{name}/mw",
        mag=solution.mw,
        magnitude_type="Mw",
        origin_id=origin.resource_id,
        mag_errors=QuantityError(uncertainty=solution.mw_sigma),
    )
    remarks = [solution.remark] if solution.remark else []
    if solution.mechanism_spread is not None:
        remarks.append(
            f"Median Kagan angle to the solutions that fit as well: {solution.mechanism_spread:.1f} deg."
        )
    mechanism = FocalMechanism(
        resource_id=f"{name}/mechanism",
        nodal_planes=_planes(solution.moment),
        principal_axes=_axes(solution.moment),
        moment_tensor=_tensor(solution, f"{name}/tensor", origin.resource_id, size.resource_id),
        comments=[Comment(text=text, force_resource_id=False) for text in remarks],
    )
    event = Event(resource_id=name, origins=[origin], magnitudes=[size], focal_mechanisms=[mechanism])
    event.preferred_origin_id = origin.resource_id
    event.preferred_magnitude_id = size.resource_id
    event.preferred_focal_mechanism_id = mechanism.resource_id
    return event


def write_quakeml(solution: Solution, path: str | os.PathLike[str]) -> None:
    """A file of QuakeML 1.2 with one event."""
    with extra("records"):
        from obspy.core.event import Catalog

    Catalog([to_event(solution)], resource_id=f"{to_event(solution).resource_id}/catalogue").write(
        os.fspath(path), format="QUAKEML"
    )


def read_quakeml(path: str | os.PathLike[str]) -> Solution:
    """The preferred moment tensor of a file with one event, else its last; the depth is that of its own centroid.

    Raises:
        InputError: a file that cannot be read, several events, or no whole tensor.
    """
    file = Path(path)
    event = only_event(read_catalogue(file), file)
    preferred: Any = event.preferred_focal_mechanism()
    candidates = [m for m in (preferred, *reversed(event.focal_mechanisms)) if m is not None]
    for tensor in (m.moment_tensor for m in candidates if m.moment_tensor and m.moment_tensor.tensor):
        values = [getattr(tensor.tensor, f"m_{name}") for name in USE_COMPONENTS]
        if None in values:
            continue
        there = tensor.derived_origin_id.get_referred_object() if tensor.derived_origin_id else None
        if there is not None:
            event.preferred_origin_id = there.resource_id
        errors = [getattr(tensor.tensor, f"m_{name}_errors").uncertainty for name in USE_COMPONENTS]
        known = None not in errors
        reduction = tensor.variance_reduction
        return Solution(
            origin_of(event, str(file)),
            from_use(torch.tensor(values, dtype=torch.float64)),
            sigma=from_use(torch.tensor(errors, dtype=torch.float64)).abs() if known else None,
            variance_reduction=None if reduction is None else reduction / 100,
        )
    raise InputError(
        f"{file} holds no moment tensor with six components: give the QuakeML of a full solution"
    )


def _tensor(solution: Solution, name: str, origin: Any, size: Any) -> "MomentTensor":
    with extra("records"):
        from obspy.core.event import MomentTensor, QuantityError, Tensor

    values = to_use(solution.moment).tolist()
    entries: dict[str, Any] = {f"m_{c}": v for c, v in zip(USE_COMPONENTS, values, strict=True)}
    if solution.sigma is not None:
        for c, sigma in zip(USE_COMPONENTS, to_use(solution.sigma).abs().tolist(), strict=True):
            entries[f"m_{c}_errors"] = QuantityError(uncertainty=sigma)
    parts = decompose(solution.moment)
    reduction = solution.variance_reduction
    return MomentTensor(
        resource_id=name,
        derived_origin_id=origin,
        moment_magnitude_id=size,
        scalar_moment=scalar_moment(solution.moment).item(),
        tensor=Tensor(**entries),
        variance_reduction=None if reduction is None else 100 * reduction,
        double_couple=parts.double_couple.item() / 100,
        clvd=parts.clvd.item() / 100,
        iso=parts.isotropic.item() / 100,
    )


def _planes(moment: Float[Tensor, " 6"]) -> "NodalPlanes":
    with extra("records"):
        from obspy.core.event import NodalPlane, NodalPlanes

    first, second = (
        NodalPlane(strike=strike, dip=dip, rake=rake) for strike, dip, rake in nodal_planes(moment).tolist()
    )
    return NodalPlanes(nodal_plane_1=first, nodal_plane_2=second)


def _axes(moment: Float[Tensor, " 6"]) -> "PrincipalAxes":
    with extra("records"):
        from obspy.core.event import Axis, PrincipalAxes

    lengths = principal_axes(moment)[0].tolist()
    tension, null, pressure = (
        Axis(azimuth=azimuth, plunge=plunge, length=length)
        for (azimuth, plunge), length in zip(axes(moment).tolist(), lengths, strict=True)
    )
    return PrincipalAxes(t_axis=tension, p_axis=pressure, n_axis=null)
