"""What makes a stack of layers a possible earth, and the sentence that says which layer is not one.

The common case, a sound model, costs one pass over the extremes of each field; only when that fails are the
causes looked at one after the other. Readers of files use the same rules to name a line instead of a layer.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

from jaxtyping import Bool, Float
from torch import Tensor

VS_LIMIT = 15.0
"""Shear velocity, km/s, that nothing in the Earth reaches (its maximum is 7.3): beyond it, a wrong unit."""
VP_LIMIT = 25.0
"""Compressional velocity, km/s, that nothing in the Earth reaches (its maximum is 13.7)."""
RHO_LIMIT = 25.0
"""Density, g/cm3, that nothing in the Earth reaches (its maximum is 13.1)."""
MIN_VP_VS = math.sqrt(4.0 / 3.0)
"""Vp/Vs at which the bulk modulus vanishes: a smaller ratio is no elastic solid."""

# The ratio is compared squared; a model that stands exactly at the limit must not fail by a rounding error.
_RATIO_SQUARED = 4.0 / 3.0 * (1.0 - 1e-12)


# Values checked at a time.
_CHUNK = 16384

_Number = TypeVar("_Number", float, Tensor)


class Fault(NamedTuple):
    """The first thing wrong with a model: place in the batch, layer (0-based), what to say about it."""

    model: tuple[int, ...]
    layer: int
    text: str


class LayerValues(NamedTuple):
    """The numbers of one layer; the thickness, km, is None for a half-space and for a node of a profile."""

    thickness: float | None
    vp: float
    vs: float
    rho: float


def find_fault(
    thickness: Float[Tensor, "*batch layer"],
    vp: Float[Tensor, "*batch layer"],
    vs: Float[Tensor, "*batch layer"],
    rho: Float[Tensor, "*batch layer"],
) -> Fault | None:
    """The first layer of the first model that is no possible earth, or None.

    Values are km, km/s and g/cm3. Tensors that carry no readable values (inside `torch.func.vmap`) cannot be
    judged and give None.
    """
    if vp.numel() == 0:
        return None
    thickness, vp, vs, rho = (t.detach() for t in (thickness, vp, vs, rho))
    try:
        if _all_sound(thickness, vp, vs, rho):
            return None
    except RuntimeError:  # torch refuses to read a value under vmap
        return None
    return _first_fault(thickness, vp, vs, rho)


def _all_sound(thickness: Tensor, vp: Tensor, vs: Tensor, rho: Tensor) -> bool:
    """The rules on the extremes of each field; a NaN is its field's extreme and fails every comparison."""
    for values, limit in ((vp, VP_LIMIT), (vs, VS_LIMIT), (rho, RHO_LIMIT)):
        low, high = values.aminmax()
        if not (high <= limit and (low > 0.0 or (values is vs and low == 0.0))):
            return False
    if vp.shape[-1] > 1:
        low, high = thickness[..., :-1].aminmax()
        if not (low > 0.0 and high < math.inf):
            return False
    # A few models at a time: temporaries as large as the batch would cost more than the arithmetic.
    rows = max(1, _CHUNK // vp.shape[-1])
    parts = (t.reshape(-1, t.shape[-1]).split(rows) for t in (vp, vs))
    if not all(_margin(fast, slow).amin() >= 0.0 for fast, slow in zip(*parts, strict=True)):
        return False
    return bool(vs.amin() > 0.0) or bool(_fluid_on_top(vs).all())


def _margin(vp: _Number, vs: _Number) -> _Number:
    """Not negative where the bulk modulus is not; plain products, so that tensors and floats round alike."""
    return vp * vp - vs * vs * _RATIO_SQUARED


def _fluid_on_top(vs: Float[Tensor, "*batch layer"]) -> Bool[Tensor, "*batch layer"]:
    """False where a layer is fluid under a solid one, or is a fluid half-space."""
    solid = vs != 0.0
    good = solid.clone()
    good[..., 0] = True
    good[..., 1:] |= ~solid[..., :-1]
    good[..., -1] = solid[..., -1]
    return good


def _first_fault(thickness: Tensor, vp: Tensor, vs: Tensor, rho: Tensor) -> Fault:
    """Find the layer that `_all_sound` has found to be there."""
    good = (vp > 0.0) & (vp <= VP_LIMIT) & (vs >= 0.0) & (vs <= VS_LIMIT) & (rho > 0.0) & (rho <= RHO_LIMIT)
    good &= _margin(vp, vs) >= 0.0
    good[..., :-1] &= (thickness[..., :-1] > 0.0) & (thickness[..., :-1] < math.inf)
    *model, layer = (int(i) for i in (~(good & _fluid_on_top(vs))).nonzero()[0])
    h, *properties = (float(t[(*model, layer)]) for t in (thickness, vp, vs, rho))
    half_space = layer == vp.shape[-1] - 1
    text = describe_fault(LayerValues(None if half_space else h, *properties))
    if text is None and half_space:
        text = "the half-space is fluid (vs is 0), expected a solid; give it a positive vs"
    if text is None:
        text = (
            "the layer is fluid (vs is 0) below a solid one, expected water in the top layers only; "
            "give it a small positive vs"
        )
    return Fault(tuple(model), layer, text)


def describe_fault(layer: LayerValues) -> str | None:
    """What is wrong with the numbers of one layer, whatever its place in the stack; None if nothing is."""
    for quantity, value, unit in (
        ("thickness", layer.thickness, "km"),
        ("vp", layer.vp, "km/s"),
        ("vs", layer.vs, "km/s"),
        ("rho", layer.rho, "g/cm3"),
    ):
        if value is not None and not math.isfinite(value):
            return f"{quantity} is {value}, expected a finite number in {unit}; correct it or drop the layer"
    if layer.thickness is not None and layer.thickness <= 0.0:
        return (
            f"thickness is {layer.thickness:g} km, expected a positive number; correct it or drop the layer"
        )
    return _impossible_property(layer)


def _impossible_property(layer: LayerValues) -> str | None:
    for quantity, value, unit, limit, slip in (
        ("vp", layer.vp, "km/s", VP_LIMIT, "m/s"),
        ("vs", layer.vs, "km/s", VS_LIMIT, "m/s"),
        ("rho", layer.rho, "g/cm3", RHO_LIMIT, "kg/m3"),
    ):
        if value > limit:
            return f"{quantity} is {value:g}, which looks like {slip}, expected {unit}; divide by 1000"
        if value < 0.0 or (value == 0.0 and quantity != "vs"):
            return f"{quantity} is {value:g} {unit}, expected a positive number; correct it"
    if not _margin(layer.vp, layer.vs) >= 0.0:
        return (
            f"vp/vs is {layer.vp / layer.vs:.4f} (vp {layer.vp:g}, vs {layer.vs:g} km/s), expected at least "
            f"sqrt(4/3) = {MIN_VP_VS:.4f} for a positive bulk modulus; check that vp and vs are not exchanged"
        )
    return None
