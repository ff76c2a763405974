"""What is known of an earthquake's mechanism, read from the folder of its records."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.config import from_mapping, read_config
from seisgrad.errors import InputError
from seisgrad.source.moment_tensor import from_plane, moment_of_magnitude
from seisgrad.source.origin import only_event, read_catalogue
from seisgrad.source.quakeml import read_quakeml

_FEW_WORDS, _QUAKEML = "mechanism.json", "event.xml"


@dataclass(frozen=True, kw_only=True)
class Label:
    """A mechanism in a few words: one of its planes, degrees, and the moment magnitude.

    Raises:
        InputError: an angle or magnitude that cannot be.
    """

    strike: float
    dip: float
    rake: float
    magnitude: float

    def __post_init__(self) -> None:
        limits = {"strike": (-360, 360), "dip": (0, 90), "rake": (-360, 360), "magnitude": (-2, 10)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"the {name} is {getattr(self, name)!r}, expected {low} to {high}")

    @property
    def moment(self) -> Float[Tensor, " 6"]:
        """The moment tensor, N·m."""
        angles = torch.tensor([self.strike, self.dip, self.rake, self.magnitude], dtype=torch.float64)
        return from_plane(*angles[:3], moment=float(moment_of_magnitude(angles[3])))


def read_label(folder: Path) -> Float[Tensor, " 6"]:
    """The moment tensor (N·m) of an event: of ``mechanism.json`` (``strike,dip,rake,magnitude``) where that is there,
    else of ``event.xml``: its moment tensor, or its focal mechanism and magnitude.

    Raises:
        InputError: no label, or one that cannot be used.
    """
    if (folder / _FEW_WORDS).is_file():
        entries = read_config(folder / _FEW_WORDS)
        for name in ("strike", "dip", "rake", "magnitude"):
            if name not in entries:
                raise InputError(
                    f"{folder / _FEW_WORDS} has no {name}, expected strike, dip, rake and magnitude"
                )
        return from_mapping(Label, entries, str(folder / _FEW_WORDS)).moment
    file = folder / _QUAKEML
    if not file.is_file():
        raise InputError(f"{folder} holds neither {_FEW_WORDS} nor {_QUAKEML}: say what its mechanism is")
    event: Any = only_event(read_catalogue(file), file)
    if any(m.moment_tensor and m.moment_tensor.tensor for m in event.focal_mechanisms):
        return read_quakeml(file).moment
    mechanism = event.preferred_focal_mechanism() or (event.focal_mechanisms or [None])[-1]
    size = event.preferred_magnitude() or (event.magnitudes or [None])[-1]
    planes = mechanism and mechanism.nodal_planes
    plane = planes and (planes.nodal_plane_1 or planes.nodal_plane_2)
    if not plane or size is None or None in (plane.strike, plane.dip, plane.rake):
        raise InputError(
            f"{file} holds no mechanism with a magnitude: add a moment tensor, or a nodal plane and a magnitude, or "
            f"write {_FEW_WORDS} beside it"
        )
    return Label(strike=plane.strike, dip=plane.dip, rake=plane.rake, magnitude=size.mag).moment
