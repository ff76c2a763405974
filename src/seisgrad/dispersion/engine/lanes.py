"""What every sweep shares: lanes, the even functions of a layer and how they double.

A sweep runs through the layers once for ``LANES`` pairs (angular frequency, trial velocity) side by side, so that the
compiler turns each inner loop into vector instructions. Work arrays are flat with rows of ``LANES`` values: constant
offsets are what lets the compiler see that rows do not overlap. Loops over lanes with short bodies take the number of
lanes as a variable: were it a constant, they would be unrolled into scalar instructions first.

Everything is scaled by the horizontal wavenumber k = ω/c. With H = kh, a = 1 - c²/α², b = 1 - c²/β², a layer needs only

    C = cosh(√a H),   S = sinh(√a H)/√a,

both even in √a: power series in y = aH² without roots, branches or transcendental functions. They are carried as
e and g with C = 1 + y e(y) and S = H (1 + y g(y)), which lose no digits in thin layers and double exactly:

    e(4y) = e (1 + C)/2,    g(4y) = (g + e + y g e)/4.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types

#: Pairs (angular frequency, trial velocity) swept side by side.
LANES = 8

#: Reassociation stays off (counts must be reproducible); contraction gives fused multiply-adds.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "arcp"}}
#: For functions that only compiled code calls and that make arrays: they compile faster without Python entry points.
MAKING: dict[str, Any] = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
#: For those that make none: references to arrays are not counted, whose atomic increments at every call would
#: hold up the processor longer than a layer's arithmetic takes.
INNER: dict[str, Any] = MAKING | {"_nrt": False}
#: For those that are short beside the cost of handing over their arguments, or that are faster within their caller.
BRIEF: dict[str, Any] = INNER | {"forceinline": True}
#: For functions with one caller: LLVM optimises every compiled function together with all it calls, so each
#: level of calls that is kept would optimise the sweeps below it once more.
MERGED: dict[str, Any] = MAKING | {"inline": "always"}


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """``numba.njit`` for functions that only compiled code calls: one version of machine code per kind of arguments.

    Numba makes one more for every constant that a call hands over, and also while it infers types: a variable that
    begins as a constant counts as one until the loop that changes it is read. Half the time to compile went there.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(**options)(function)
        versions = dispatcher.get_call_template

        def get_call_template(args, kws):
            return versions(
                tuple(map(types.unliteral, args)), {name: types.unliteral(kind) for name, kind in kws.items()}
            )

        dispatcher.get_call_template = get_call_template
        return dispatcher

    return decorate


#: Largest |y| at which the series below reach 1e-15; larger layers are halved and doubled back.
SERIES_LIMIT = 1.0
#: Largest |y| at which four terms fewer still reach 1e-16.
SHORT_LIMIT = 0.012

#: What stands for a displacement that is zero to the last digit at an interface, beside that of the next one.
NODE = 1e-200

_E = [1.0 / math.factorial(2 * n + 2) for n in range(9)]
_G = [1.0 / math.factorial(2 * n + 3) for n in range(9)]
E0, E1, E2, E3, E4, E5, E6, E7, E8 = _E
G0, G1, G2, G3, G4, G5, G6, G7, G8 = _G


@compiled(**INNER)
def even(y):
    """e(y) and g(y) by their series, for |y| below ``SERIES_LIMIT``."""
    e = E0 + y * (E1 + y * (E2 + y * (E3 + y * (E4 + y * (E5 + y * (E6 + y * (E7 + y * E8)))))))
    g = G0 + y * (G1 + y * (G2 + y * (G3 + y * (G4 + y * (G5 + y * (G6 + y * (G7 + y * G8)))))))
    return e, g


@compiled(**INNER)
def even_short(y):
    """e(y) and g(y) for |y| below ``SHORT_LIMIT``."""
    e = E0 + y * (E1 + y * (E2 + y * (E3 + y * E4)))
    g = G0 + y * (G1 + y * (G2 + y * (G3 + y * G4)))
    return e, g


@compiled(**INNER)
def halvings(largest):
    """How often a layer whose |y| reaches ``largest`` is halved before the series hold."""
    n = 0
    while largest > SERIES_LIMIT and n < 60:
        largest *= 0.25
        n += 1
    return n


@compiled(**INNER)
def renormalise(w, first, rows):
    """Scale each lane of ``rows`` rows by a power of two that brings its largest entry near one; signs, ratios stay."""
    for lane in range(LANES):
        top = 0.0
        for row in range(rows):
            top = max(top, abs(w[first + row * LANES + lane]))
        scale = math.ldexp(1.0, -math.frexp(top)[1])
        for row in range(rows):
            w[first + row * LANES + lane] *= scale


#: Offsets of the rows that :func:`layer_functions` fills, counted from its first: x = 1 - c²/v², C, S, ∂S/∂x, then two
#: rows of work.
X, C_, S_, D_ = range(0, 4 * LANES, LANES)
_Y, _H = 4 * LANES, 5 * LANES
FUNCTION_ROWS = 6


@compiled(**INNER)
def bounds(omega, c):
    """Smallest and largest c² and largest wavenumber of the lanes."""
    lowest, highest, wavenumber = np.inf, 0.0, 0.0
    for lane in range(LANES):
        v = c[lane].real
        lowest, highest = min(lowest, v), max(highest, v)
        wavenumber = max(wavenumber, omega[lane].real / v)
    return lowest * lowest, highest * highest, wavenumber


@compiled(**BRIEF)
def copy(to, at, source, first, number):
    """Copy ``number`` values.

    A loop over lanes becomes vector instructions only within one array, at constant offsets; what is kept
    layer by layer is copied there and back.
    """
    # views, because an index that might be negative would be looked up one by one
    target, values = to[at : at + number], source[first : first + number]
    for i in range(number):
        target[i] = values[i]


@compiled(**BRIEF)
def layer_functions(w, first, thickness, k_row, c2_row, iv2, largest, lanes):
    """x = 1 - c²/v², C, S and ∂S/∂x of one thick layer, in four rows of ``w`` from offset ``first``.

    Offsets ``k_row`` and ``c2_row`` hold k and c²; ``largest`` bounds |y|. With y = xH², ∂C/∂x = HS/2 and
    ∂S/∂x = (HC - S)/(2x) = H³ (e - g)/2, which has no singularity at x = 0.
    """
    n = halvings(largest)
    quarter, half = 0.25**n, 0.5**n
    for lane in range(lanes):
        H, x = thickness * w[k_row + lane], 1.0 - w[c2_row + lane] * iv2
        y = x * H * H * quarter
        e, g = even(y)
        w[first + lane] = x
        w[first + C_ + lane], w[first + S_ + lane] = e, g
        w[first + _Y + lane], w[first + _H + lane] = y, H * half
    for _ in range(n):
        for lane in range(lanes):
            e, g = w[first + C_ + lane], w[first + S_ + lane]
            y, H = w[first + _Y + lane], w[first + _H + lane]
            w[first + C_ + lane] = e * (1.0 + 0.5 * y * e)
            w[first + S_ + lane] = 0.25 * (g + e + y * g * e)
            w[first + _Y + lane], w[first + _H + lane] = 4.0 * y, 2.0 * H
    for lane in range(lanes):
        e, g = w[first + C_ + lane], w[first + S_ + lane]
        y, H = w[first + _Y + lane], w[first + _H + lane]
        w[first + C_ + lane] = 1.0 + y * e
        w[first + S_ + lane] = H * (1.0 + y * g)
        w[first + D_ + lane] = 0.5 * H * H * H * (e - g)
