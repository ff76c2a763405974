"""What is believed before the data: a depth grid, a reference earth on it, and how far the truth may be from
that.

The numbers come from the data's own wavelengths, so that metres under a building site and a thousand
kilometres of mantle are set up by the same rules: the thinnest layer is a fraction of the shortest
wavelength, the deepest top half the longest.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.earth import BrocherTie, LayeredModel, ReferenceTie, resample, vs_space
from seisgrad.errors import InputError
from seisgrad.inversion import GaussianPrior, depth_covariance
from seisgrad.operator import Operator, Space

GROWTH = 0.07
"""Thickness of a layer over its depth: kernels widen in proportion to the depth that they reach."""
PREM_SHEAR_Q = ((80.0, 600.0), (220.0, 80.0), (670.0, 143.0), (2891.0, 312.0))
"""Shear quality factor of PREM's mantle as (bottom in km, Q); Dziewonski & Anderson (1981), table I."""


class Rock(Operator):
    """Shear velocities of the solid layers alone, ``[rock]``, to those of all layers, ``[depth]``, with 0
    for water.

    Args:
        depth: tops of all layers, km.
        water: how many of them are water.
    """

    def __init__(self, depth: Float[Tensor, " depth"], water: int) -> None:
        self.codomain, self.water = vs_space(depth), water
        rock = tuple(depth[water:].tolist())
        self.domain = Space("shear velocity of rock", ("depth",), (len(rock),), "km/s", {"depth": rock})

    def apply(self, x: Float[Tensor, "*batch rock"]) -> Float[Tensor, "*batch depth"]:
        """The profile with its water on top."""
        return torch.cat([x.new_zeros(*x.shape[:-1], self.water), x], dim=-1)


@dataclass(frozen=True, eq=False)
class StartingModel:
    """A reference earth on the grid of the inversion, the prior over the vs of its rock, and the tie to vp
    and density.

    Attributes:
        reference: one model; its water layers stay as they are.
        prior: Gaussian over vs of the rock layers, km/s, ``[rock]``.
        tie: from ``[rock]`` to ``[3, depth]``.
        words: where it comes from, in one or two sentences.
    """

    reference: LayeredModel
    prior: GaussianPrior
    tie: Operator
    words: str

    @property
    def depth(self) -> Float[Tensor, " depth"]:
        """Tops of all layers, km."""
        return self.reference.depth

    @property
    def rock_depth(self) -> Float[Tensor, " rock"]:
        """Tops of the rock layers, km."""
        return self.depth[self.reference.water :]

    def model(self, vs: Float[Tensor, " rock"]) -> LayeredModel:
        """The layered earth that belongs to shear velocities of the rock."""
        return LayeredModel(self.reference.thickness, *self.tie(vs))


def starting_model(
    reference: LayeredModel,
    *,
    sigma: float | Float[Tensor, " rock"],
    length: float | Float[Tensor, " rock"],
    words: str,
    brocher: bool = False,
) -> StartingModel:
    """A prior around a reference that is already on the grid of the inversion.

    Args:
        reference: one model, with or without water on top.
        sigma: prior standard deviation of vs as a fraction of the reference's.
        length: correlation length in depth, km, between the middles of layers.
        words: where the reference comes from.
        brocher: tie vp and density to vs by Brocher (2005) instead of the reference's ratios; not under
        water.

    Raises:
        InputError: the tie does not go with water, or a sigma or length is not positive.
    """
    if brocher and reference.water:
        raise InputError(
            "the Brocher tie knows no water, but the reference has some; tie to the reference instead"
        )
    depth, water = reference.depth, reference.water
    vs = reference.vs[water:]
    middle = _middles(depth)[water:]
    prior = GaussianPrior(vs, depth_covariance(middle, vs * sigma, length))
    tie: Operator = BrocherTie(depth) if brocher else ReferenceTie(reference)
    return StartingModel(reference, prior, tie @ Rock(depth, water), words)


def wavelengths(curves: DispersionCurves) -> tuple[float, float]:
    """The shortest and the longest wavelength of the picks, velocity times period, km (ellipticities
    aside)."""
    lengths = [p.velocity * p.period for p in curves if p.kind != "ellipticity"]
    if not lengths:
        raise InputError(
            "the curves hold no velocity, and ellipticity alone does not tell a depth range to invert for"
        )
    return min(lengths), max(lengths)


def depth_grid(
    thinnest: float, bottom: float, *, keep: tuple[float, ...] = (0.0,), growth: float = GROWTH
) -> Float[Tensor, " depth"]:
    """Tops of layers that thicken with depth, with given interfaces among them.

    Args:
        thinnest: thickness of the first layers, km.
        bottom: top of the half-space, km.
        keep: interfaces, km, increasing from 0, that have to be tops; layers between them are cut evenly
            enough to end there.
        growth: thickness over depth further down.
    """
    marks = [mark for mark in keep if mark < bottom - 0.5 * max(thinnest, growth * bottom)] + [bottom]
    tops = [marks[0]]
    for upper, lower in pairwise(marks):
        free = [upper]
        while free[-1] < lower:
            free.append(free[-1] + max(thinnest, growth * free[-1]))
        if len(free) > 2 and lower - free[-2] < 0.5 * (free[-1] - free[-2]):
            free.pop()
        stretch = (lower - upper) / (free[-1] - upper)
        tops += [upper + (top - upper) * stretch for top in free[1:]]
    return torch.tensor(tops, dtype=torch.float64)


def discontinuities(model: LayeredModel, contrast: float = 0.03) -> tuple[float, ...]:
    """Depths, km, where vp or vs jumps by more than a fraction, the surface and the sea floor included."""
    jump = torch.zeros_like(model.vp)
    for values in (model.vp, model.vs.where(~model.fluid, model.vp)):
        change = (values[1:] / values[:-1]).log().abs()
        jump[1:] = torch.maximum(jump[1:], change)
    jump[0] = math.inf
    jump[model.water] = math.inf
    return tuple(model.depth[jump > contrast].tolist())


def correlation_length(
    depth: Float[Tensor, " depth"], shortest: float, growth: float = 0.25
) -> Float[Tensor, " depth"]:
    """A length, km, that grows with depth as kernels do: ``shortest`` at the surface, ``growth`` of the depth more."""
    return shortest + growth * _middles(depth)


def at_period(model: LayeredModel, period: float, reference_period: float = 1.0) -> LayeredModel:
    """A reference earth as waves of another period see it: velocities fall with period where shear is
    attenuated.

    v(T) = v(T0) [1 - ln(T/T0)/(π Q)] (Liu, Anderson & Kanamori 1976) with PREM's shear Q below the crust,
    and for vp the share 4/3 (vs/vp)² of it, as bulk attenuation is negligible there.

    Args:
        model: velocities at ``reference_period``.
        period: s.
        reference_period: s; PREM's and ak135's is 1 s.
    """
    middle = _middles(model.depth)
    bottoms = torch.tensor([bottom for bottom, _ in PREM_SHEAR_Q], dtype=torch.float64)
    quality = torch.tensor([q for _, q in PREM_SHEAR_Q], dtype=torch.float64)
    q = quality[torch.bucketize(middle, bottoms).clamp(max=len(quality) - 1)]
    loss = math.log(period / reference_period) / (math.pi * q)
    share = 4.0 / 3.0 * (model.vs / model.vp) ** 2
    return LayeredModel(model.thickness, model.vp * (1.0 - share * loss), model.vs * (1.0 - loss), model.rho)


def from_reference(curves: DispersionCurves, model: LayeredModel, name: str, sigma: float) -> StartingModel:
    """A prior around a given earth, resampled to layers that suit the data's wavelengths.

    Args:
        curves: the data.
        model: one model of any layering.
        name: what to call it.
        sigma: prior standard deviation as a fraction of vs.
    """
    shortest, longest = wavelengths(curves)
    thinnest, bottom = shortest / 10.0, longest / 2.0
    depth = depth_grid(thinnest, bottom, keep=discontinuities(model))
    on_grid = resample(model, depth)
    words = (
        f"The prior mean is {name} on {on_grid.layers} layers down to {float(depth[-1]):.3g} km, with its "
        f"vp/vs and "
        f"density; prior sigma {100 * sigma:g} % of vs, correlated over a length that grows with depth."
    )
    length = correlation_length(depth, 2.0 * thinnest)[on_grid.water :]
    return starting_model(on_grid, sigma=sigma, length=length, words=words)


def from_data(curves: DispersionCurves, sigma: float) -> StartingModel:
    """A prior around a rule of thumb: vs is about 1.1 times the velocity at a depth of a third of the
    wavelength.

    For ground without a reference, from metres to the crust; vp and density follow Brocher (2005). As the
    mean comes from the data it is no independent knowledge, so sigma should be wide.

    Args:
        curves: the data.
        sigma: prior standard deviation as a fraction of vs.
    """
    shortest, longest = wavelengths(curves)
    thinnest, bottom = shortest / 10.0, longest / 2.0
    depth = depth_grid(thinnest, bottom)
    picks = [p for p in curves if p.kind != "ellipticity"]
    at = torch.tensor([p.velocity * p.period / 3.0 for p in picks], dtype=torch.float64).log()
    velocity = torch.tensor([1.1 * p.velocity for p in picks], dtype=torch.float64)
    # A Gaussian average in log depth, a third of an e-fold wide; constant beyond the data.
    target = _middles(depth).log().clamp(float(at.min()), float(at.max()))
    weight = torch.exp(-0.5 * ((target[:, None] - at) / 0.33) ** 2)
    vs = (weight @ velocity) / weight.sum(-1)
    vp, _, rho = BrocherTie(depth)(vs)
    words = (
        "The prior mean is a rule of thumb from the data themselves, vs ≈ 1.1 times the velocity at a third "
        "of the "
        f"wavelength, on {len(depth)} layers down to {float(depth[-1]):.3g} km; vp and density follow "
        f"Brocher (2005); "
        f"prior sigma {100 * sigma:g} % of vs, correlated over a length that grows with depth."
    )
    # Longer than around a reference: the wide prior leaves more to be held together.
    length = correlation_length(depth, 3.0 * thinnest, growth=0.5)
    return starting_model(
        LayeredModel.on_grid(depth, vp, vs, rho), sigma=sigma, length=length, words=words, brocher=True
    )


def _middles(depth: Float[Tensor, " depth"]) -> Float[Tensor, " depth"]:
    """Middles of the layers; the half-space stands for a stretch as thick as the layer above it."""
    if len(depth) == 1:
        return depth + 1.0
    step = depth.diff()
    return depth + 0.5 * torch.cat([step, step[-1:]])


def smoothed(model: LayeredModel, top: float, width: float) -> LayeredModel:
    """The model with vp, vs and density below a depth averaged over their neighbours there, Gaussian in
    depth.

    Args:
        model: one model.
        top: km; what lies above stays.
        width: standard deviation of the average, km.
    """
    middle, keep = _middles(model.depth), model.depth < top - 1e-6
    extent = torch.cat([model.thickness[:-1], model.thickness[-2:-1]])
    weight = extent * torch.exp(-0.5 * ((middle[:, None] - middle) / width) ** 2)
    weight = weight.masked_fill(keep, 0.0)
    average = weight / weight.sum(-1, keepdim=True)
    values = (torch.where(keep, old, average @ old) for old in (model.vp, model.vs, model.rho))
    return LayeredModel(model.thickness, *values)
