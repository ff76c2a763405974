"""Earthquake sources: moment tensors, Green's functions of layered earths, and networks that read both from records."""

from typing import TYPE_CHECKING

from seisgrad._lazy import attach

# Not when first used: a function that lives in a file of its own name must take that name after the file was loaded.
from seisgrad.source.refine import Refinement, refine

if TYPE_CHECKING:
    from seisgrad.source.axes import decompose, nearest_double_couple, nodal_planes
    from seisgrad.source.event import Event, read_event
    from seisgrad.source.gather import Gather
    from seisgrad.source.greens import GreensBank, make_bank
    from seisgrad.source.kagan import kagan_angle
    from seisgrad.source.moment_tensor import from_plane, magnitude, random_double_couples, scalar_moment
    from seisgrad.source.physics import Physics
    from seisgrad.source.picker import Picks, measure_picks
    from seisgrad.source.prior import Prior
    from seisgrad.source.quakeml import Solution, read_quakeml, write_quakeml
    from seisgrad.source.randomisation import Randomisation
    from seisgrad.source.surrogate import Estimate, SourceNet, card_of, load, shipped

__all__ = [
    "Estimate",
    "Event",
    "Gather",
    "GreensBank",
    "Physics",
    "Picks",
    "Prior",
    "Randomisation",
    "Refinement",
    "Solution",
    "SourceNet",
    "card_of",
    "decompose",
    "from_plane",
    "kagan_angle",
    "load",
    "magnitude",
    "make_bank",
    "measure_picks",
    "nearest_double_couple",
    "nodal_planes",
    "random_double_couples",
    "read_event",
    "read_quakeml",
    "refine",
    "scalar_moment",
    "shipped",
    "write_quakeml",
]

_HOMES = {
    "Event": "event",
    "Gather": "gather",
    "GreensBank": "greens",
    "Physics": "physics",
    "Picks": "picker",
    "Prior": "prior",
    "Randomisation": "randomisation",
    "kagan_angle": "kagan",
    "make_bank": "greens",
    "measure_picks": "picker",
    "read_event": "event",
}
_HOMES |= dict.fromkeys(("Solution", "read_quakeml", "write_quakeml"), "quakeml")
_HOMES |= dict.fromkeys(("decompose", "nearest_double_couple", "nodal_planes"), "axes")
_HOMES |= dict.fromkeys(
    ("from_plane", "magnitude", "random_double_couples", "scalar_moment"), "moment_tensor"
)
_HOMES |= dict.fromkeys(("Estimate", "SourceNet", "card_of", "load", "shipped"), "surrogate")
__getattr__, __dir__ = attach(__name__, {name: f"seisgrad.source.{home}" for name, home in _HOMES.items()})
