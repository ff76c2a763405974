"use strict";
// The stationary principle of both waves, as in seisgrad/dispersion/modal/stationary.py: velocity and kernels of trial
// eigenfunctions. All is dimensionless: lengths in wavelengths, velocities in the wave's own, ω = 2π.
const Forms = (() => {
  const OMEGA = 2 * Math.PI;

  // √(k² - ω²/v²), held away from zero where the half-space does not quite trap the wave.
  const decay = (k, squared) => Math.sqrt(Math.max(k * k - (OMEGA * OMEGA) / squared, 1e-4));

  // ∫ p q' dz of straight lines between nodes.
  function work(p, q) {
    let sum = 0;
    for (let j = 0; j + 1 < p.length; j++) sum += 0.5 * (p[j + 1] + p[j]) * (q[j + 1] - q[j]);
    return sum;
  }

  const love = {
    displacements: 1,
    shearCompliance: 2,
    dimensions: [[0, 1], [1, 1], [-1, -1]],
    parts(vp, vs, rho) {
      const mu = rho * vs * vs;
      return [rho, mu, 1 / mu];
    },
    byLayer([byRho, byMu, byCompliance], vp, vs, rho) {
      const mu = byMu - byCompliance / (rho * vs * vs) ** 2;
      return [0, mu * 2 * rho * vs, byRho + mu * vs * vs];
    },
    feature: (_, mean) => Math.log(mean),
    pencil([l1, l2], [rho, mu, compliance]) {
      let A = 0, D = work(l2, l1);
      for (let j = 0; j < l1.length; j++) {
        const square = l1[j] * l1[j];
        A += mu[j] * square;
        D -= 0.5 * (compliance[j] * l2[j] * l2[j] + OMEGA * OMEGA * rho[j] * square);
      }
      return { A, B: 0, D };
    },
    densities([l1, l2], k) {
      const square = l1.map((v) => 0.5 * v * v);
      return [square.map((v) => -OMEGA * OMEGA * v), square.map((v) => k * k * v), l2.map((v) => -0.5 * v * v)];
    },
    below([l1], [, beta2, rho], k) {
      const s = decay(k, beta2), end = l1[l1.length - 1], half = 0.5 * rho * beta2 * end * end;
      return [half * s, (half * k) / s];
    },
    start(z) {
      const decaying = z.map((v) => Math.exp(-0.5 * OMEGA * v));
      return [decaying, decaying.map((v) => -0.25 * v)];
    },
  };

  const rayleigh = {
    displacements: 2,
    shearCompliance: 1,
    dimensions: [[0, 1], [-1, -1], [-1, -1], [0, 0], [1, 1]],
    parts(vp, vs, rho) {
      const mu = rho * vs * vs, stiff = rho * vp * vp, ratio = mu / stiff;
      return [rho, 1 / mu, 1 / stiff, 1 - 2 * ratio, 4 * mu * (1 - ratio)];
    },
    byLayer([byRho, byShear, byAxial, byLame, byPlate], vp, vs, rho) {
      const mu = rho * vs * vs, stiff = rho * vp * vp, ratio = mu / stiff;
      const byMu = 4 * (1 - 2 * ratio) * byPlate - byShear / mu ** 2 - (2 * byLame) / stiff;
      const byStiff = (2 * mu * byLame - byAxial) / stiff ** 2 + 4 * ratio ** 2 * byPlate;
      return [byStiff * 2 * rho * vp, byMu * 2 * rho * vs, byRho + byMu * vs * vs + byStiff * vp * vp];
    },
    feature: (part, mean) => (part === 3 ? 2 * mean - 1 : Math.log(mean)),
    pencil([r1, r2, r3, r4], [rho, shear, axial, lame, plate], weight) {
      let A = 0, B = 0, D = work(r3, r1) + work(r4, r2);
      for (let j = 0; j < r1.length; j++) {
        A += plate[j] * r1[j] * r1[j];
        B += lame[j] * r1[j] * r4[j] - weight[j] * r2[j] * r3[j];
        const inertia = OMEGA * OMEGA * rho[j] * (r1[j] * r1[j] + r2[j] * r2[j]);
        D -= 0.5 * (shear[j] * r3[j] * r3[j] + axial[j] * r4[j] * r4[j] + inertia);
      }
      return { A, B, D };
    },
    densities([r1, r2, r3, r4], k) {
      return [
        r1.map((v, j) => -0.5 * OMEGA * OMEGA * (v * v + r2[j] * r2[j])),
        r3.map((v) => -0.5 * v * v),
        r4.map((v) => -0.5 * v * v),
        r1.map((v, j) => k * v * r4[j]),
        r1.map((v) => 0.5 * k * k * v * v),
      ];
    },
    below([u, w], [alpha2, beta2, rho], k) {
      const r1 = u[u.length - 1], r2 = w[w.length - 1];
      const p = decay(k, alpha2), s = decay(k, beta2), pk = k / p, sk = k / s;
      const turn = k * k + s * s, both = p * s, bothK = pk * s + p * sk, shear = (OMEGA * OMEGA) / beta2;
      const above = shear * (p * r1 * r1 + s * r2 * r2) + 2 * k * (turn - 2 * both) * r1 * r2;
      const aboveK =
        shear * (pk * r1 * r1 + sk * r2 * r2) + 2 * (turn - 2 * both + k * (4 * k - 2 * bothK)) * r1 * r2;
      const under = k * k - both, half = 0.5 * rho * beta2;
      return [(half * above) / under, half * (aboveK / under - (above * (2 * k - bothK)) / under ** 2)];
    },
    start(z) {
      const p = 0.8475, s = 0.3933, amplitude = 0.5773, vertical = 1.4679; // Rayleigh wave of a Poisson solid
      const fast = z.map((v) => Math.exp(-p * OMEGA * v)), slow = z.map((v) => Math.exp(-s * OMEGA * v));
      const r1 = fast.map((f, j) => f - amplitude * slow[j]), r2 = fast.map((f, j) => p * f - vertical * slow[j]);
      return [
        r1,
        r2,
        fast.map((f, j) => amplitude * s * slow[j] - p * f - r2[j]),
        fast.map((f, j) => 3 * (vertical * s * slow[j] - p * p * f) + r1[j]),
      ];
    },
  };

  // (k - k of the trial)/k to first order, and ∂S/∂k, at a given k.
  function error(form, trial, { A, B, D }, halfSpace, k) {
    const [beyond, beyondK] = form.below(trial, halfSpace, k);
    const slope = k * A + B + beyondK;
    return { error: (k * (0.5 * k * A + B) + D + beyond) / (k * slope), slope };
  }

  // The k at which S vanishes, by Newton's method from that of the scale.
  function solve(form, trial, pencil, halfSpace) {
    let k = OMEGA;
    for (let i = 0; i < 5; i++) {
      k *= 1 - Math.min(Math.max(error(form, trial, pencil, halfSpace, k).error, -0.1), 0.1);
    }
    return k;
  }

  return { OMEGA, love, rayleigh, error, solve };
})();
