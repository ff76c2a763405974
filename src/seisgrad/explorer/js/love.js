"use strict";
// Love waves, as in seisgrad/dispersion/engine/love.py: displacement and stress of the decaying solution carried up to
// the surface, where the stress vanishes on a mode.
const Love = (() => {
  // F over the length of the vector, and the number of modes slower than c (Wittrick & Williams 1971).
  function secular(stack, omega, c) {
    const { h, ib2, mu } = stack;
    const k = omega / c, c2 = c * c;
    const start = Stack.deepest(stack, k, c2);
    let value = 1, slope = -Math.sqrt(Math.max(1 - c2 * ib2[start], 0)), count = 0, growth = 0;
    for (let i = start - 1; i >= 0; i--) {
      const H = k * h[i], b = 1 - c2 * ib2[i];
      const n = Even.halvings(Math.abs(b) * H * H);
      const s = Even.begin(b, H, n);
      // modes of the layer clamped at both faces, counted while it is doubled; S is negative where the count is odd, and
      // that is its sign here: S itself may round to zero
      let inside = 0, sign = 1;
      for (let j = 0; j < n; j++) {
        const joined = (1 + s.y * s.e) * sign < 0 ? 1 : 0;
        inside = 2 * inside + joined;
        sign = 1 - 2 * joined;
        Even.double(s);
      }
      const C = 1 + s.y * s.e, S = H * (1 + s.y * s.g);
      const t = slope * (mu[i + 1] / mu[i]);
      // a node on the interface is not crossed yet: that of the next slower velocity lies beyond it
      const above = C * value - S * t || 1e-200 * sign * value;
      slope = C * t - b * S * value;
      count += inside + (above * value * sign < 0 ? 1 : 0);
      value = above;
      growth += 0.1 + H * Math.sqrt(Math.max(b, 0));
      if (growth > 100) {
        const scale = 1 / Math.max(Math.abs(value), Math.abs(slope));
        value *= scale;
        slope *= scale;
        growth = 0;
      }
    }
    return { F: -slope / Math.hypot(value, slope), count: count + (slope * value > 0 ? 1 : 0) };
  }

  // Derivatives of F = l2(0) with respect to thickness, vp, vs and ρ of every piece, and to c and ω: one sweep up that
  // keeps the vectors, one covector down.
  function partials(stack, omega, c) {
    const { h, ib2, mu, rho } = stack;
    const k = omega / c, c2 = c * c;
    const start = Stack.deepest(stack, k, c2);
    const value = new Float64Array(start + 1), slope = new Float64Array(start + 1);
    const factor = new Float64Array(start + 1).fill(1);
    value[start] = 1;
    slope[start] = -Math.sqrt(1 - c2 * ib2[start]);
    let growth = 0;
    for (let i = start - 1; i >= 0; i--) {
      const H = k * h[i], b = 1 - c2 * ib2[i], { C, S } = Even.layer(b, H);
      const v = value[i + 1] * factor[i + 1], t = slope[i + 1] * factor[i + 1] * (mu[i + 1] / mu[i]);
      value[i] = C * v - S * t;
      slope[i] = C * t - b * S * v;
      growth += 0.1 + H * Math.sqrt(Math.max(b, 0));
      if (growth > 100) {
        factor[i] = i ? 1 / (Math.abs(value[i]) + Math.abs(slope[i])) : 1;
        growth = 0;
      }
    }
    const found = Array.from({ length: h.length }, () => [0, 0, 0, 0]);
    const sums = { c: 0, omega: 0, rows: found };
    let gv = 0, gs = mu[0];
    for (let i = 0; i < start; i++) {
      const H = k * h[i], b = 1 - c2 * ib2[i], { C, S, D } = Even.layer(b, H);
      const ratio = mu[i + 1] / mu[i];
      gv *= factor[i];
      gs *= factor[i];
      const below = value[i + 1] * factor[i + 1], under = slope[i + 1] * factor[i + 1] * ratio;
      const byH = -(gv * slope[i] + gs * b * value[i]);
      // ∂P/∂b = [[HS/2, -D], [-(S + HC)/2, HS/2]] acts on the state at the bottom
      const half = 0.5 * H * S;
      const byB = gv * (half * below - D * under) + gs * (half * under - 0.5 * (S + H * C) * below);
      const bottom = C * gs - S * gv;
      gather(sums, stack, i, k, c, byH, byB, gs * slope[i] - bottom * under);
      gv = C * gv - b * S * gs;
      gs = bottom * ratio;
    }
    gv *= factor[start];
    gs *= factor[start];
    gather(sums, stack, start, k, c, 0, (0.5 * gs) / slope[start], gs * slope[start]);
    return sums;
  }

  // From (H, b, μ) of a piece to (thickness, vp, vs, ρ), ∂/∂c and ∂/∂ω; `byMu` comes times μ.
  function gather(sums, stack, i, k, c, byH, byB, byMu) {
    const B = stack.ib2[i], beta = 1 / Math.sqrt(B), mu = byMu / stack.mu[i], h = byH ? stack.h[i] : 0;
    sums.rows[i] = [
      byH * k,
      0,
      byB * 2 * c * c * B * Math.sqrt(B) + mu * 2 * stack.rho[i] * beta,
      mu * beta * beta,
    ];
    sums.c -= (2 * c * c * B * byB + byH * k * h) / c;
    sums.omega += (byH * h) / c;
  }

  return { secular, partials };
})();
