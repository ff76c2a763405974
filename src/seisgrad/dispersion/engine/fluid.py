"""Water on top: fluid layers reduced to the condition they impose on the solid below.

In a fluid the vertical displacement r2 and p = (normal traction)/(ρω²/k) obey, with z scaled by k,

    p' = -r2,   r2' = -a p,   a = 1 - c²/α²,

which is the Love system under other names, so both share :func:`step`. The free surface starts it with p = 0,
r2 = 1; the solid then feels the normal traction r4 = ρp for the displacement r2.
"""

from .lanes import INNER, NODE, compiled, even, halvings


@compiled(**INNER)
def _sign(inside):
    """The sign of S in a layer with so many clamped modes."""
    return 1.0 - 2.0 * (inside % 2)


@compiled(**INNER)
def layer(y, H):
    """C, S, ∂S/∂x and the clamped mode count of one layer, by halving and doubling.

    The count is that of the scalar problem with zero value at both faces: a middle node joins two halves, and its
    stiffness 2C/S is negative where C S < 0 (Wittrick & Williams 1971). S is negative where the count is odd, and that
    is its sign here: S itself may round to zero.
    """
    n = halvings(abs(y.real))
    y = y * 0.25**n
    H = H * 0.5**n
    e, g = even(y)
    inside = 0
    for _ in range(n):
        C = 1.0 + y * e
        inside = 2 * inside + (1 if C.real * _sign(inside) < 0.0 else 0)
        e, g = e * (1.0 + 0.5 * y * e), 0.25 * (g + e + y * g * e)
        y, H = 4.0 * y, 2.0 * H
    return 1.0 + y * e, H * (1.0 + y * g), 0.5 * H * H * H * (e - g), inside


@compiled(**INNER)
def step(value, slope, C, S, aS):
    """Carry (value, slope) with value' = -slope, slope' = -a value across one layer."""
    return C * value - S * slope, C * slope - aS * value


@compiled(**INNER)
def cap(h, ia2, rho, omega, c):
    """r2 and r4 at the bottom of the fluid, and the count of its modes with a rigid bottom."""
    k, c2 = omega / c, c * c
    p, r2 = 0.0, 1.0
    count = 0
    for i in range(len(h)):
        if i > 0:
            p *= rho[i - 1] / rho[i]
        a = 1.0 - c2 * ia2[i]
        C, S, _, inside = layer(a * (k * h[i]) ** 2, k * h[i])
        above, across = p, r2
        p, r2 = step(p, r2, C, S, a * S)
        count += inside
        if p == 0.0:
            # a node on the interface is not crossed yet: that of the next slower velocity lies beyond it
            p = NODE * _sign(inside) * (above if i > 0 else -across)
        if i > 0 and _sign(inside) * above * p < 0.0:
            count += 1
    if len(h) > 0 and r2 * p > 0.0:
        count += 1
    top = max(abs(p), abs(r2))
    p, r2 = p / top, r2 / top
    return r2, (rho[-1] * p if len(h) > 0 else 0.0), count


@compiled(**INNER)
def cap_partials(h, ia2, rho, omega, c, m34, m23, tops, grad):
    """Derivatives of F = r2·m34 + r4·m23 with respect to every fluid layer.

    Returns r2 and r4, consistently scaled, and fills ``grad[i] = (∂F/∂H, ∂F/∂a, ∂F/∂ρ)`` with the solid held fixed;
    ``tops`` [layer, 2] is work.
    """
    n = len(h)
    k, c2 = omega / c, c * c
    one = omega * 0.0 + 1.0
    p, r2 = 0.0 * one, one
    for i in range(n):
        if i > 0:
            p *= rho[i - 1] / rho[i]
        a = 1.0 - c2 * ia2[i]
        C, S, _, _ = layer(a * (k * h[i]) ** 2, k * h[i])
        p, r2 = step(p, r2, C, S, a * S)
        tops[i, 0], tops[i, 1] = p, r2
    if n == 0:
        return one, 0.0 * one
    scale = 1.0 / max(abs(p), abs(r2))
    r4 = rho[n - 1] * p
    gp, gr = m23 * rho[n - 1] * scale, m34 * scale
    grad[n - 1, 2] = m23 * p * scale
    for i in range(n - 1, -1, -1):
        p_i, r_i = tops[i, 0], tops[i, 1]
        a = 1.0 - c2 * ia2[i]
        H = k * h[i]
        C, S, D, _ = layer(a * H * H, H)
        grad[i, 0] = -(gp * r_i + gr * a * p_i)
        # the state above, in the form of this layer: ∂P/∂a = [[HS/2, -D], [-(S + HC)/2, HS/2]]
        p_in = tops[i - 1, 0] * rho[i - 1] / rho[i] if i > 0 else 0.0 * one
        r_in = tops[i - 1, 1] if i > 0 else one
        half = 0.5 * H * S
        grad[i, 1] = gp * (half * p_in - D * r_in) + gr * (half * r_in - 0.5 * (S + H * C) * p_in)
        gp, gr = C * gp - a * S * gr, C * gr - S * gp
        if i > 0:
            # p below = p above · ρ_above/ρ_below
            p_above = tops[i - 1, 0]
            grad[i, 2] -= gp * p_above * rho[i - 1] / (rho[i] * rho[i])
            grad[i - 1, 2] = gp * p_above / rho[i]
            gp *= rho[i - 1] / rho[i]
    return r2 * scale, r4 * scale
