"use strict";
// Depth nodes at fixed multiples of the wavelength, and the exact way between them and the layers of an earth, as in
// seisgrad/dispersion/modal/nodes.py.
const Nodes = (() => {
  // `number` nodes from 0 to `last`, the first interval `first` wide and each wider than the one above.
  function of(number, first, last) {
    const end = (b) => (first * Math.expm1(b * (number - 1))) / b;
    let low = 1e-9, high = 1;
    while (end(high) < last) high *= 2;
    for (let i = 0; i < 200; i++) {
      const middle = 0.5 * (low + high);
      if (end(middle) < last) low = middle;
      else high = middle;
    }
    const z = Float64Array.from({ length: number }, (_, j) =>
      j < number - 1 ? (first * Math.expm1(low * j)) / low : last,
    );
    const step = Float64Array.from({ length: number - 1 }, (_, j) => z[j + 1] - z[j]);
    const weight = z.map((_, j) => 0.5 * ((j ? step[j - 1] : 0) + (j < number - 1 ? step[j] : 0)));
    return { z, step, weight, length: number };
  }

  // The layer that depth `at` lies in: the last whose top is not below it.
  function layerAt(tops, at) {
    let low = 0, high = tops.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // Integrals of a property of the layers against the hats of straight lines between nodes, in units of `scale` (km),
  // from depth `top` (km) down; the last layer goes on downwards.
  function integrals(nodes, tops, property, scale, top) {
    const layers = tops.length, number = nodes.length;
    const once = new Float64Array(layers), twice = new Float64Array(layers);
    for (let i = 0; i + 1 < layers; i++) {
      const width = tops[i + 1] - tops[i];
      once[i + 1] = once[i] + property[i] * width;
      twice[i + 1] = twice[i] + (once[i] + 0.5 * property[i] * width) * width;
    }
    const second = new Float64Array(number), out = new Float64Array(number);
    let start = 0, end = 0;
    for (let j = 0; j < number; j++) {
      const at = top + scale * nodes.z[j], layer = layerAt(tops, at), into = at - tops[layer];
      second[j] = (twice[layer] + into * (once[layer] + 0.5 * property[layer] * into)) / (scale * scale);
      end = (once[layer] + property[layer] * into) / scale;
      if (j === 0) start = end;
    }
    let before = start;
    for (let j = 0; j < number; j++) {
      const slope = j + 1 < number ? (second[j + 1] - second[j]) / nodes.step[j] : end;
      out[j] = slope - before;
      before = slope;
    }
    return out;
  }

  // The adjoint: of a density `f` at the nodes, its integral over every layer, in units of `scale`.
  function perLayer(nodes, f, tops, scale, top) {
    const number = nodes.length, { z, step } = nodes;
    const whole = new Float64Array(number);
    for (let j = 0; j + 1 < number; j++) whole[j + 1] = whole[j] + 0.5 * (f[j] + f[j + 1]) * step[j];
    const above = tops.map((depth) => {
      const at = Math.min(Math.max((depth - top) / scale, 0), z[number - 1]);
      const node = Math.min(layerAt(z, at), number - 2), into = at - z[node];
      return whole[node] + into * (f[node] + (0.5 * (f[node + 1] - f[node]) * into) / step[node]);
    });
    return above.map((v, i) => (i + 1 < above.length ? above[i + 1] : whole[number - 1]) - v);
  }

  // Gaussian averages over 0.04 wavelengths plus a tenth of the depth, as a matrix [to][from].
  function smoothing(nodes) {
    return Array.from(nodes.z, (to) => {
      const row = nodes.z.map((from, j) => {
        const distance = Math.abs(to - from) / (0.04 + 0.1 * to);
        return Math.exp(-0.5 * distance * distance) * nodes.weight[j];
      });
      const sum = row.reduce((a, b) => a + b, 0);
      return row.map((v) => v / sum);
    });
  }

  return { of, layerAt, integrals, perLayer, smoothing };
})();
