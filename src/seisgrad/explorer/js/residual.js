"use strict";
// A residual network of numbers to numbers, as in seisgrad/nn/residual.py, for several samples at a time: activations
// are [feature][sample], so that every weight is read once for all of them.
const Residual = (() => {
  const LANES = 4; // samples side by side

  // y = W x + b for LANES samples; two rows of W at a time.
  function linear(weight, bias, x) {
    const inputs = x.length / LANES, outputs = bias.length;
    const y = new Float64Array(outputs * LANES);
    for (let o = 0; o < outputs; o += 2) {
      const first = o * inputs, second = o + 1 < outputs ? first + inputs : first;
      let a0 = bias[o], a1 = a0, a2 = a0, a3 = a0;
      let b0 = o + 1 < outputs ? bias[o + 1] : 0, b1 = b0, b2 = b0, b3 = b0;
      for (let i = 0, at = 0; i < inputs; i++, at += LANES) {
        const v = weight[first + i], w = weight[second + i];
        const x0 = x[at], x1 = x[at + 1], x2 = x[at + 2], x3 = x[at + 3];
        a0 += v * x0;
        a1 += v * x1;
        a2 += v * x2;
        a3 += v * x3;
        b0 += w * x0;
        b1 += w * x1;
        b2 += w * x2;
        b3 += w * x3;
      }
      const at = o * LANES;
      y[at] = a0;
      y[at + 1] = a1;
      y[at + 2] = a2;
      y[at + 3] = a3;
      if (o + 1 < outputs) {
        y[at + 4] = b0;
        y[at + 5] = b1;
        y[at + 6] = b2;
        y[at + 7] = b3;
      }
    }
    return y;
  }

  // Every sample to zero mean and unit variance, then scaled and shifted.
  function norm(weight, bias, x) {
    const number = bias.length, y = new Float64Array(x.length);
    for (let lane = 0; lane < LANES; lane++) {
      let mean = 0, square = 0;
      for (let i = 0; i < number; i++) mean += x[i * LANES + lane];
      mean /= number;
      for (let i = 0; i < number; i++) square += (x[i * LANES + lane] - mean) ** 2;
      const scale = 1 / Math.sqrt(square / number + 1e-5);
      for (let i = 0; i < number; i++) {
        y[i * LANES + lane] = (x[i * LANES + lane] - mean) * scale * weight[i] + bias[i];
      }
    }
    return y;
  }

  // Chebyshev coefficients of erfc, relative error below 1.2e-7 (Press et al., Numerical Recipes).
  const ERFC = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];

  // x Φ(x) with the normal distribution Φ.
  function gelu(x) {
    const z = Math.abs(x) * Math.SQRT1_2, t = 1 / (1 + 0.5 * z);
    let sum = ERFC[9];
    for (let i = 8; i >= 0; i--) sum = ERFC[i] + t * sum;
    const tail = 0.5 * t * Math.exp(-z * z + sum);
    return x * (x > 0 ? 1 - tail : tail);
  }

  // The network whose tensors are named `prefix`…; x is [input][lane].
  function apply(tensors, prefix, blocks, x) {
    const at = (name) => tensors[`${prefix}.${name}`];
    const dense = (name, v) => linear(at(`${name}.weight`), at(`${name}.bias`), v);
    const level = (name, v) => norm(at(`${name}.weight`), at(`${name}.bias`), v);
    let y = dense("into", x);
    for (let b = 0; b < blocks; b++) {
      const inner = dense(`blocks.${b}.into`, level(`blocks.${b}.norm`, y)).map(gelu);
      const added = dense(`blocks.${b}.back`, inner);
      for (let i = 0; i < y.length; i++) y[i] += added[i];
    }
    return dense("out", level("norm", y));
  }

  return { LANES, apply };
})();
