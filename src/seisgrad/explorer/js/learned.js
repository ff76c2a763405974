"use strict";
// The surrogate: curves and kernels of the network, refused where it has not learned (dispersion/surrogate.py).
const Learned = (() => {
  const HALF_STEP = 0.04; // in ln T, over which group velocity differences the phase velocity
  const MOST_EXCESS = 1.0; // standard deviations outside the range of training

  // Periods and those on both sides of each.
  const around = (periods) =>
    [0, -HALF_STEP, HALF_STEP].flatMap((step) => periods.map((period) => period * Math.exp(step)));

  // As the exact operator: no mode where the half-space does not trap it. What lies outside training is left out.
  function velocityOf(answer, earth) {
    const there = answer.excess <= MOST_EXCESS && answer.velocity < earth.vs[earth.vs.length - 1];
    return there ? answer.velocity : NaN;
  }

  // Phase and group velocity (km/s), one standard deviation of the error expected of the former, and how far outside
  // training each period is.
  function curves(network, earth, periods, factor) {
    const answers = Network.answers(network, earth, around(periods), false), number = periods.length;
    const c = answers.map((one) => velocityOf(one, earth));
    return {
      phase: c.slice(0, number),
      group: periods.map((_, i) => groupOf(c[i], c[number + i], c[2 * number + i])),
      expected: periods.map((_, i) => (Number.isNaN(c[i]) ? NaN : Math.SQRT2 * factor * answers[i].doubt)),
      excess: periods.map((_, i) => answers[i].excess),
    };
  }

  function groupOf(c, shorter, longer) {
    return c / (1 + Math.log(longer / shorter) / (2 * HALF_STEP));
  }

  // Kernels of phase and group velocity at one period: [vp, vs, ρ], each per layer, d(km/s)/d(unit).
  function kernels(network, earth, period) {
    const [here, before, after] = Network.answers(network, earth, around([period]), true);
    const [c, shorter, longer] = [here, before, after].map((one) => velocityOf(one, earth));
    const U = groupOf(c, shorter, longer);
    const slope = U * U / (c * 2 * HALF_STEP); // U = c/(1 + s): dU = U/c dc - U²/c ds
    const blank = (row, value) => (Number.isNaN(value) ? row.map(() => NaN) : row);
    return {
      velocity: { phase: c, group: U },
      excess: here.excess,
      phase: here.rows.map((row) => blank(row, c)),
      group: here.rows.map((row, j) =>
        blank(
          row.map((v, i) => (U / c) * v - slope * (after.rows[j][i] / longer - before.rows[j][i] / shorter)), U,
        ),
      ),
    };
  }

  return { curves, kernels, MOST_EXCESS };
})();
