"use strict";
// The exact answer: fundamental modes counted, bracketed and polished, and their derivatives by the implicit function
// theorem (seisgrad/dispersion/engine). Backward modes, of very soft layers on very hard ones, are not looked for here.
const Exact = (() => {
  const WAVES = { rayleigh: Rayleigh, love: Love };
  const ACCURACY = 4e-16;
  const STEP = 1e-3; // of ln ω, between roots whose phase kernels are differenced for those of group velocity

  // The slowest mode at angular frequency omega, km/s; NaN where the half-space traps none.
  function root(wave, stack, omega) {
    const F = (c) => WAVES[wave].secular(stack, omega, c);
    let high = 1 / Math.sqrt(stack.ib2[stack.ib2.length - 1]), low = stack.slowest;
    let above = F(high);
    if (above.count < 1) return NaN;
    let below = F(low);
    while (below.count > 0) {
      high = low;
      above = below;
      low *= 0.7;
      below = F(low);
    }
    // until one mode alone lies between
    for (let i = 0; i < 80 && (above.count > 1 || below.F * above.F >= 0); i++) {
      const middle = 0.5 * (low + high), at = F(middle);
      if (at.count > 0) [high, above] = [middle, at];
      else [low, below] = [middle, at];
    }
    return polish((c) => F(c).F, low, below.F, high, above.F);
  }

  // A root between a and b by the method of Brent (1973): inverse interpolation guarded by bisection.
  function polish(F, a, fa, b, fb) {
    let c = a, fc = fa, d = b - a, e = d;
    for (let i = 0; i < 120 && fb !== 0; i++) {
      if (fb > 0 === fc > 0) [c, fc, d, e] = [a, fa, b - a, b - a];
      if (Math.abs(fc) < Math.abs(fb)) [a, b, c, fa, fb, fc] = [b, c, b, fb, fc, fb];
      const least = 2 * ACCURACY * b, middle = 0.5 * (c - b);
      if (Math.abs(middle) <= least) break;
      if (Math.abs(e) >= least && Math.abs(fa) > Math.abs(fb)) {
        const s = fb / fa, r = fb / fc, t = fa / fc;
        let p = a === c ? 2 * middle * s : s * (2 * middle * t * (t - r) - (b - a) * (r - 1));
        let q = a === c ? 1 - s : (t - 1) * (r - 1) * (s - 1);
        if (p > 0) q = -q;
        p = Math.abs(p);
        const short = 2 * p < Math.min(3 * middle * q - Math.abs(least * q), Math.abs(e * q));
        [e, d] = short ? [d, p / q] : [middle, middle];
      } else {
        e = d = middle;
      }
      a = b;
      fa = fb;
      b += Math.abs(d) > least ? d : Math.sign(middle) * least;
      fb = F(b);
    }
    return b;
  }

  // Group velocity dω/dk of a root, from dc/dω.
  function group(omega, c, partials) {
    const slope = -partials.omega / partials.c;
    return c / (1 - (omega / c) * slope);
  }

  // Phase and group velocity, km/s, at all periods.
  function curves(earth, wave, periods) {
    const stack = Stack.of(earth, (2 * Math.PI) / Math.min(...periods));
    const phase = [], speed = [];
    for (const period of periods) {
      const omega = (2 * Math.PI) / period, c = root(wave, stack, omega);
      phase.push(c);
      speed.push(Number.isNaN(c) ? NaN : group(omega, c, WAVES[wave].partials(stack, omega, c)));
    }
    return { phase, group: speed };
  }

  // ∂(wavenumber)/∂(vp, vs, ρ) of every layer at one frequency, with the root.
  function wavenumberRows(earth, stack, wave, omega) {
    const c = root(wave, stack, omega);
    const partials = Number.isNaN(c) ? null : WAVES[wave].partials(stack, omega, c);
    const rows = [0, 1, 2].map(() => new Float64Array(earth.tops.length));
    if (partials) {
      const scale = omega / (c * c) / partials.c; // dc/dm = -F_m/F_c, dk/dm = -(ω/c²) dc/dm
      partials.rows.forEach((row, piece) => {
        for (let j = 0; j < 3; j++) rows[j][stack.owner[piece]] += scale * row[j + 1];
      });
    }
    return { c, partials, rows };
  }

  // Kernels of phase and group velocity at one period: [vp, vs, ρ], each per layer, d(km/s)/d(unit).
  function kernels(earth, wave, period) {
    const omega = (2 * Math.PI) / period, stack = Stack.of(earth, omega * (1 + 2 * STEP));
    const here = wavenumberRows(earth, stack, wave, omega);
    const missing = () => here.rows.map((row) => row.map(() => NaN));
    if (!here.partials) return { velocity: { phase: NaN, group: NaN }, phase: missing(), group: missing() };
    const speed = group(omega, here.c, here.partials);
    const phase = here.rows.map((row) => row.map((v) => (-here.c * here.c * v) / omega));
    // dU/dm = -U² d/dω(dk/dm), by differences of fourth order between rows that are exact
    const around = [-2, -1, 1, 2].map((n) => wavenumberRows(earth, stack, wave, omega * (1 + n * STEP)));
    if (around.some((one) => !one.partials)) {
      return { velocity: { phase: here.c, group: speed }, phase, group: missing() };
    }
    const [far, near, next, last] = around.map((one) => one.rows);
    const mixed = here.rows.map((row, j) =>
      row.map((_, i) => {
        const slope = (far[j][i] - 8 * near[j][i] + 8 * next[j][i] - last[j][i]) / (12 * STEP * omega);
        return -speed * speed * slope;
      }),
    );
    return { velocity: { phase: here.c, group: speed }, phase, group: mixed };
  }

  return { curves, kernels };
})();
