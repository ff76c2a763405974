"use strict";
// Rayleigh waves, as in seisgrad/dispersion/engine/rayleigh.py: the 2x2 minors of the two decaying solutions (Dunkin
// 1965; Watson 1970), in the variables in which the propagator is sparsest, carried up to the free surface.
const Rayleigh = (() => {
  // The minors N34, N14, N23, N13, N12 in the form of the layer that they stand in.
  const m = new Float64Array(5);

  function begin(stack, start, c2) {
    const xa = c2 * stack.ia2[start], xb = c2 * stack.ib2[start];
    const ra = Math.sqrt(Math.max(1 - xa, 0)), rb = Math.sqrt(Math.max(1 - xb, 0));
    m[0] = -1;
    m[1] = -rb;
    m[2] = ra;
    m[3] = 1;
    m[4] = (xa + xb - xa * xb) / (1 + ra * rb); // 1 - ra rb without cancellation
  }

  // To the form of the layer above; `delta` is (q_above - q_below)/ρ_below, `ratio` ρ_above/ρ_below.
  function cross(delta, ratio) {
    const shifted = m[3] + delta * m[4];
    m[0] -= delta * (m[3] + shifted);
    m[1] *= ratio;
    m[2] *= ratio;
    m[3] = shifted * ratio;
    m[4] *= ratio * ratio;
  }

  // From the bottom of a layer to its top: X → P(a) X P(b)ᵀ, Y → Y.
  function carry(CA, SA, aSA, CB, SB, bSB) {
    const X11 = -m[0], X12 = m[1], X21 = -m[2], X22 = m[0] + 2 * m[3] - m[4], Y = m[0] + m[3];
    const U11 = CA * X11 - SA * X21, U12 = CA * X12 - SA * X22;
    const U21 = CA * X21 - aSA * X11, U22 = CA * X22 - aSA * X12;
    const V11 = CB * U11 - SB * U12, V22 = CB * U22 - bSB * U21;
    m[0] = -V11;
    m[1] = CB * U12 - bSB * U11;
    m[2] = -(CB * U21 - SB * U22);
    m[3] = Y + V11;
    m[4] = 2 * Y + V11 - V22;
  }

  // F over the length of the vector of minors, and the number of modes slower than c (Wittrick & Williams 1971).
  function secular(stack, omega, c) {
    const { h, ia2, ib2, mu, rho } = stack;
    const k = omega / c, c2 = c * c;
    const start = Stack.deepest(stack, k, c2);
    begin(stack, start, c2);
    let count = 0, growth = 0;
    for (let i = start - 1; i >= 0; i--) {
      const H = k * h[i], a = 1 - c2 * ia2[i], b = 1 - c2 * ib2[i];
      const n = Even.halvings(Math.max(Math.abs(a), Math.abs(b)) * H * H);
      const p = { ...Even.begin(a, H, n) }, s = Even.begin(b, H, n);
      let inside = 0; // clamped modes of the layer, by symmetry from those of its half
      for (let j = 0; j < n; j++) {
        inside = b < 0 ? 2 * inside + clamped(a, b, p, s) : 0;
        Even.double(p);
        Even.double(s);
      }
      const CA = 1 + p.y * p.e, SA = H * (1 + p.y * p.g), aSA = a * SA;
      const CB = 1 + s.y * s.e, SB = H * (1 + s.y * s.g), bSB = b * SB;
      cross((2 * (mu[i] - mu[i + 1])) / rho[i + 1] / c2, rho[i] / rho[i + 1]);
      let D = 2 - 2 * CA * CB + (SA * SB + aSA * bSB);
      if (b > 0 || n === 0) D = Math.abs(D); // no clamped mode, so its sign is known
      const before = m[4], first = (CA * SB - aSA * CB) * before + D * m[2];
      carry(CA, SA, aSA, CB, SB, bSB);
      const sign = D > 0 ? before : -before;
      count += inside + (m[4] * sign < 0 ? 1 : first * sign < 0 ? 2 : 0);
      growth += 0.2 + H * (Math.sqrt(Math.max(a, 0)) + Math.sqrt(Math.max(b, 0)));
      if (growth > 100) {
        const scale = 1 / Math.max(...m.map(Math.abs));
        for (let j = 0; j < 5; j++) m[j] *= scale;
        growth = 0;
      }
    }
    const m23 = m[2] / rho[0], N12 = m[4];
    const delta = (-2 * mu[0]) / rho[0] / c2;
    const N34 = m[0] - delta * (2 * m[3] + delta * N12);
    const length = Math.sqrt(N34 * N34 + m[3] * m[3] + m[1] * m[1] + m23 * m23 + N12 * N12);
    return { F: -N34 / length, count: count + (N34 * N12 < 0 ? 1 : m23 * N12 < 0 ? 2 : 0) };
  }

  // Negative elements of the stiffness of the node between two halves of a layer.
  function clamped(a, b, p, s) {
    const CA = 1 + p.y * p.e, SA = p.H * (1 + p.y * p.g), CB = 1 + s.y * s.e, SB = s.H * (1 + s.y * s.g);
    const D = 2 - 2 * CA * CB + (1 + a * b) * SA * SB;
    return ((CA * SB - a * SA * CB) * D < 0 ? 1 : 0) + ((SA * CB - b * CA * SB) * D < 0 ? 1 : 0);
  }

  // Derivatives of F = m34 at the surface with respect to thickness, vp, vs and ρ of every piece, and to c and ω.
  function partials(stack, omega, c) {
    const { h, ia2, ib2, mu, rho } = stack;
    const k = omega / c, c2 = c * c;
    const start = Stack.deepest(stack, k, c2);
    const { kept, factor } = keep(stack, start, k, c2);
    const sums = { c: 0, omega: 0, rows: Array.from({ length: h.length }, () => [0, 0, 0, 0]) };
    const q = (2 * mu[0]) / c2;
    let G = [1, 0, 0, (2 * q) / rho[0], -(q * q) / (rho[0] * rho[0])];
    for (let i = 0; i < start; i++) G = down(sums, stack, i, k, c, kept, factor, G);
    for (let j = 0; j < 5; j++) G[j] *= factor[start];
    const [, N14, N23, N13, N12] = kept[start], ra = N23, rb = -N14;
    gather(sums, stack, start, k, c, {
      H: 0,
      a: (0.5 * (G[2] - G[4] * rb)) / ra,
      b: (-0.5 * (G[1] + G[4] * ra)) / rb,
      q: 2 * G[0] * N13 - G[3] * N12,
      rho: -(G[1] * N14 + G[2] * N23 + G[3] * N13 + 2 * G[4] * N12),
    });
    return sums;
  }

  // The minors at the top of every piece, and the factor that the pieces above apply to them.
  function keep(stack, start, k, c2) {
    const { h, ia2, ib2, mu, rho } = stack;
    const kept = new Array(start + 1), factor = new Float64Array(start + 1).fill(1);
    begin(stack, start, c2);
    kept[start] = Array.from(m);
    let growth = 0;
    for (let i = start - 1; i >= 0; i--) {
      const H = k * h[i], a = 1 - c2 * ia2[i], b = 1 - c2 * ib2[i];
      const { C: CA, S: SA } = Even.layer(a, H), { C: CB, S: SB } = Even.layer(b, H);
      for (let j = 0; j < 5; j++) m[j] *= factor[i + 1];
      cross((2 * (mu[i] - mu[i + 1])) / rho[i + 1] / c2, rho[i] / rho[i + 1]);
      carry(CA, SA, a * SA, CB, SB, b * SB);
      kept[i] = Array.from(m);
      growth += 0.2 + H * (Math.sqrt(Math.max(a, 0)) + Math.sqrt(Math.max(b, 0)));
      if (growth > 100) {
        factor[i] = i ? 1 / m.reduce((sum, v) => sum + Math.abs(v), 0) : 1;
        growth = 0;
      }
    }
    return { kept, factor };
  }

  // The covector through one piece, and what the piece's own properties do to F.
  function down(sums, stack, i, k, c, kept, factor, given) {
    const { h, ia2, ib2, mu, rho } = stack;
    const H = k * h[i], a = 1 - c * c * ia2[i], b = 1 - c * c * ib2[i];
    const { C: CA, S: SA, D: DA } = Even.layer(a, H), { C: CB, S: SB, D: DB } = Even.layer(b, H);
    const delta = (2 * (mu[i] - mu[i + 1])) / rho[i + 1] / (c * c), ratio = rho[i] / rho[i + 1];
    let [G34, G14, G23, G13, G12] = given.map((g) => g * factor[i]);
    let [N34, N14, N23, N13, N12] = kept[i];
    let byQ = 2 * G34 * N13 - G13 * N12;
    let byRho = -(G14 * N14 + G23 * N23 + G13 * N13 + 2 * G12 * N12);
    const V11 = -N34, V12 = N14, V21 = -N23, V22 = N34 + 2 * N13 - N12;
    let g11 = G13 + G12 - G34, g12 = G14, g21 = -G23, g22 = -G12;
    const gY = G13 + 2 * G12;
    const byH =
      g11 * (V21 + V12) + g12 * (V22 + b * V11) + g21 * (a * V11 + V22) + g22 * (a * V12 + b * V21);
    const aSA = a * SA, bSB = b * SB;
    for (let j = 0; j < 5; j++) m[j] = kept[i + 1][j] * factor[i + 1];
    cross(delta, ratio);
    [N34, N14, N23, N13, N12] = m;
    const X11 = -N34, X12 = N14, X21 = -N23, X22 = N34 + 2 * N13 - N12;
    // ∂P/∂x = [[HS/2, -D], [-(S + HC)/2, HS/2]], with P on the other side of X
    let half = H * SA, low = SA + H * CA;
    let u11 = CB * X11 - SB * X12, u12 = CB * X12 - bSB * X11;
    let u21 = CB * X21 - SB * X22, u22 = CB * X22 - bSB * X21;
    const byA =
      g11 * (half * u11 - 2 * DA * u21) + g12 * (half * u12 - 2 * DA * u22) +
      g21 * (half * u21 - low * u11) + g22 * (half * u22 - low * u12);
    half = H * SB;
    low = SB + H * CB;
    u11 = CA * X11 - SA * X21;
    u12 = CA * X12 - SA * X22;
    u21 = CA * X21 - aSA * X11;
    u22 = CA * X22 - aSA * X12;
    const byB =
      g11 * (half * u11 - 2 * DB * u12) + g21 * (half * u21 - 2 * DB * u22) +
      g12 * (half * u12 - low * u11) + g22 * (half * u22 - low * u21);
    // to the bottom of the layer: X → PᵀXP for covectors
    u11 = CA * g11 - aSA * g21;
    u12 = CA * g12 - aSA * g22;
    u21 = CA * g21 - SA * g11;
    u22 = CA * g22 - SA * g12;
    g11 = CB * u11 - bSB * u12;
    g12 = CB * u12 - SB * u11;
    g21 = CB * u21 - bSB * u22;
    g22 = CB * u22 - SB * u21;
    G34 = g22 + gY - g11;
    G14 = g12;
    G23 = -g21;
    G13 = 2 * g22 + gY;
    G12 = -g22;
    byQ += G13 * N12 - 2 * G34 * N13;
    byRho += G14 * N14 + G23 * N23 + G13 * N13 + 2 * G12 * N12;
    gather(sums, stack, i, k, c, { H: -byH, a: 0.5 * byA, b: 0.5 * byB, q: byQ, rho: byRho });
    return [
      G34,
      ratio * G14,
      ratio * G23,
      ratio * G13 - 2 * delta * G34,
      ratio * ratio * G12 + ratio * delta * G13 - delta * delta * G34,
    ];
  }

  // From (H, a, b, q, ρ) of a piece to (thickness, vp, vs, ρ), ∂/∂c and ∂/∂ω; q and ρ come times ρ.
  function gather(sums, stack, i, k, c, by) {
    const A = stack.ia2[i], B = stack.ib2[i], rho = stack.rho[i], mu = stack.mu[i], c2 = c * c;
    const q = (by.q * 2) / rho / c2, h = by.H ? stack.h[i] : 0;
    sums.rows[i] = [
      by.H * k,
      by.a * 2 * c2 * A * Math.sqrt(A),
      by.b * 2 * c2 * B * Math.sqrt(B) + (q * 2 * rho) / Math.sqrt(B),
      by.rho / rho + q / B,
    ];
    sums.c -= (2 * c2 * (by.a * A + by.b * B) + q * 2 * mu + by.H * k * h) / c;
    sums.omega += (by.H * h) / c;
  }

  return { secular, partials };
})();
