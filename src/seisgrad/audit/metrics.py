"""How far one derivative is from another: measures of two kernels over depth, each with its definition.

Every function takes kernels ``[..., depth]``, the learned one first and the exact one second, and returns one number
per kernel ``[...]``. The depth axis holds what is to be compared and nothing else: whoever calls cuts it first. Where
either kernel holds a NaN the measure is NaN; where a measure is not defined (the angle to a kernel of zeros) it is NaN
too. Sums run over the samples as they stand: kernels integrated over layers of one thickness are the usual case.

Kernels of different shapes are refused (InputError): to broadcast one would measure something, but not what was meant.
"""

from collections.abc import Callable
from functools import wraps

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.errors import InputError

NEGLIGIBLE = 0.01
"""Share of the largest magnitude of a kernel below which the sign of a sample means nothing."""

Measure = Callable[[Tensor, Tensor], Tensor]


def _of_equal_shape(measure: Measure) -> Measure:
    @wraps(measure)
    def checked(learned: Tensor, exact: Tensor) -> Tensor:
        _require_equal_shape(learned, exact)
        return measure(learned, exact)

    return checked


@_of_equal_shape
def cosine(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """Cosine of the angle between the kernels, a·b / (‖a‖ ‖b‖): 1 where the shape is right, whatever the amplitude."""
    a, b = _scaled(learned), _scaled(exact)
    return ((a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))).clamp(-1.0, 1.0)


@_of_equal_shape
def pearson(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """Correlation over depth: the :func:`cosine` after each kernel's mean over depth has been taken from it."""
    return cosine(_centred(learned), _centred(exact))


@_of_equal_shape
def relative_l2(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """‖a − b‖ / ‖b‖: error of shape and amplitude together; 0 is right, 1 is what a kernel of zeros would get."""
    return _ratio((learned - exact).norm(dim=-1), exact.norm(dim=-1))


@_of_equal_shape
def amplitude_ratio(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """‖a‖ / ‖b‖: 1 where the amplitude is right, whatever the shape."""
    return _ratio(learned.norm(dim=-1), exact.norm(dim=-1))


@_of_equal_shape
def sign_error(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """Fraction of the samples at which the learned kernel has the wrong sign (or is 0): an inversion turns the wrong
    way there.

    Counted are the samples where the exact kernel has at least :data:`NEGLIGIBLE` of its largest magnitude; below, its
    sign is a matter of rounding.
    """
    size = exact.abs()
    largest = size.amax(-1, keepdim=True)
    matters = (size >= NEGLIGIBLE * largest) & (largest > 0.0)
    wrong = matters & (learned * exact <= 0.0)
    share = _ratio(wrong.sum(-1).to(exact.dtype), matters.sum(-1).to(exact.dtype))
    return share.masked_fill((learned + exact).isnan().any(-1), torch.nan)


@_of_equal_shape
def depth_integral_error(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """|Σ a − Σ b| / Σ |b|: error of the answer to a change that is the same at all depths.

    Over the integral of the magnitude and not over Σ b, which may vanish where a kernel changes sign.
    """
    return _ratio((learned.sum(-1) - exact.sum(-1)).abs(), exact.abs().sum(-1))


@_of_equal_shape
def mean_absolute_difference(
    learned: Float[Tensor, "*rows depth"], exact: Float[Tensor, "*rows depth"]
) -> Float[Tensor, "*rows"]:
    """Mean over depth of |a − b|, in the unit of the kernels."""
    return (learned - exact).abs().mean(-1)


def smooth(kernel: Float[Tensor, "*rows depth"], width: int) -> Float[Tensor, "*rows depth"]:
    """Running mean over ``width`` samples, centred; at the ends over those of them that exist.

    Raises:
        InputError: a width that is even or not positive.
    """
    if width < 1 or width % 2 == 0:
        raise InputError(
            f"the width of the running mean is {width} samples, expected an odd number such as 9"
        )
    rows = kernel.reshape(-1, 1, kernel.shape[-1])
    mean = torch.nn.functional.avg_pool1d(rows, width, stride=1, padding=width // 2, count_include_pad=False)
    return mean.reshape(kernel.shape)


def normalise(kernel: Float[Tensor, "*rows depth"]) -> Float[Tensor, "*rows depth"]:
    """The kernel over its L1 norm, Σ |k|: what is left is its shape; NaN for a kernel of zeros."""
    return _ratio(kernel, kernel.norm(1, dim=-1, keepdim=True))


def smooth_and_normalise(
    kernel: Float[Tensor, "*rows depth"], width: int = 9
) -> Float[Tensor, "*rows depth"]:
    """Running mean over ``width`` samples, then L1 norm 1: roughness and amplitude are gone, and with them the errors
    of both. A comparison of such kernels says less than one of the raw ones.
    """
    return normalise(smooth(kernel, width))


def largest(
    kernel: Float[Tensor, "*rows depth"], positions: Float[Tensor, " depth"]
) -> Float[Tensor, "*rows"]:
    """Where the magnitude of the kernel is largest, in the unit of ``positions``; NaN for a kernel of zeros."""
    size = kernel.abs()
    where = positions.to(kernel)[size.argmax(-1)]
    return where.masked_fill(~(size.amax(-1) > 0.0), torch.nan)


def peak(
    kernel: Float[Tensor, "*rows depth"], positions: Float[Tensor, " depth"], width: int = 9
) -> Float[Tensor, "*rows"]:
    """Where the kernel is most sensitive: the :func:`largest` magnitude of its running mean over ``width`` samples.

    The mean is there so that one rough sample does not decide.
    """
    return largest(smooth(kernel, width), positions)


def bumps(positions: Float[Tensor, " depth"], length: float) -> Float[Tensor, "depth depth"]:
    """Smooth perturbations: Gaussian bumps of height 1 and standard deviation ``length``, one at every position."""
    away = positions - positions[:, None]
    return torch.exp(-0.5 * (away / length).square())


def smooth_error(
    learned: Float[Tensor, "*rows depth"],
    exact: Float[Tensor, "*rows depth"],
    perturbations: Float[Tensor, "depth depth"],
) -> Float[Tensor, "*rows"]:
    """‖G(a − b)‖ / ‖Gb‖: relative error of the answers Gk to smooth perturbations, the rows of G (:func:`bumps`).

    What is rougher than the bumps averages out of both kernels, as it does where an earth changes that smoothly.

    Raises:
        InputError: kernels of different shapes.
    """
    _require_equal_shape(learned, exact)
    g = perturbations.to(exact).mT
    return _ratio(((learned - exact) @ g).norm(dim=-1), (exact @ g).norm(dim=-1))


def _require_equal_shape(learned: Tensor, exact: Tensor) -> None:
    if learned.shape != exact.shape:
        raise InputError(
            f"the learned kernels have shape {tuple(learned.shape)} and the exact ones {tuple(exact.shape)}, expected "
            "one shape for both: cut or stack them alike"
        )


def _scaled(kernel: Tensor) -> Tensor:
    """The kernel over its largest magnitude: squares of tiny ones would underflow."""
    return _ratio(kernel, kernel.norm(torch.inf, dim=-1, keepdim=True))


def _centred(kernel: Tensor) -> Tensor:
    return kernel - kernel.mean(-1, keepdim=True)


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """NaN where the denominator is 0: neither infinity nor 0/0 is a measurement."""
    return above / below.masked_fill(below == 0.0, torch.nan)
