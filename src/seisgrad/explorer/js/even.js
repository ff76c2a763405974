"use strict";
// The even functions of one layer, as in seisgrad/dispersion/engine/lanes.py: with y = xH²,
// C = cosh(√x H) = 1 + y e(y) and S = sinh(√x H)/√x = H (1 + y g(y)), by series; thick layers are halved until these
// hold and doubled back, exactly.
const Even = (() => {
  const LIMIT = 1.0; // largest |y| at which the series reach 1e-15
  const E = [], G = [];
  for (let n = 0, factorial = 1; n < 9; n++) {
    factorial *= (2 * n + 1) * (2 * n + 2);
    E.push(1 / factorial);
    G.push(1 / (factorial * (2 * n + 3)));
  }

  // Filled by `layer`: C, S, D = ∂S/∂x, and, where `inside` is given, what it made of each doubling.
  const out = { C: 1, S: 0, D: 0 };
  const half = { y: 0, H: 0, e: 0, g: 0, n: 0 };

  function halvings(largest) {
    let n = 0;
    for (; largest > LIMIT && n < 60; n++) largest *= 0.25;
    return n;
  }

  function series(y) {
    let e = E[8], g = G[8];
    for (let i = 7; i >= 0; i--) {
      e = E[i] + y * e;
      g = G[i] + y * g;
    }
    half.e = e;
    half.g = g;
  }

  // The series of the layer cut into 2ⁿ.
  function begin(x, H, n) {
    half.H = H * 0.5 ** n;
    half.y = x * H * H * 0.25 ** n;
    series(half.y);
    return half;
  }

  // From a layer to the one twice as thick; `s` holds y, H, e, g.
  function double(s) {
    const { y, e, g } = s;
    s.e = e * (1 + 0.5 * y * e);
    s.g = 0.25 * (g + e + y * g * e);
    s.y = 4 * y;
    s.H *= 2;
  }

  // C, S and D of a layer.
  function layer(x, H) {
    const n = halvings(Math.abs(x) * H * H);
    const s = begin(x, H, n);
    for (let i = 0; i < n; i++) double(s);
    out.C = 1 + s.y * s.e;
    out.S = H * (1 + s.y * s.g);
    out.D = 0.5 * H * H * H * (s.e - s.g);
    return out;
  }

  return { halvings, begin, double, layer };
})();
