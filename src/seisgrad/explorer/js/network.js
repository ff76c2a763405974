"use strict";
// The shipped network of modes, as in seisgrad/dispersion/modal/network.py: a scout that finds the mode, shapes that
// are its eigenfunctions, and the stationary principle between these and the answers.
const Network = (() => {
  const FLOOR = 0.15, ENVELOPE = 0.8, LOG_SCALE = 0.2, DOUBT = Math.log(0.01);

  // Tensors by name and the arguments of the card, for one wave.
  function of(tensors, arguments_, wave) {
    const form = Forms[wave];
    const nodes = Nodes.of(arguments_.nodes, arguments_.first, arguments_.last);
    return {
      wave, tensors, form, nodes,
      blocks: arguments_.blocks,
      scoutBlocks: arguments_.scout_blocks,
      scoutNodes: Nodes.of(80, 0.04, 10.0),
      start: form.start(nodes.z),
      envelope: nodes.z.map((z) => FLOOR + Math.exp(-ENVELOPE * z)),
      smoothing: Nodes.smoothing(nodes),
    };
  }

  // Answers at all periods; see `one`. With `rows`, d velocity / d(vp, vs, ρ) of every layer as well.
  function answers(network, earth, periods, rows) {
    const found = [];
    for (let i = 0; i < periods.length; i += Residual.LANES) {
      found.push(...some(network, earth, periods.slice(i, i + Residual.LANES), rows));
    }
    return found;
  }

  // As many periods as are done side by side.
  function some(network, earth, periods, rows) {
    const looks = periods.map((period) => look(network, earth, period));
    const scouted = core(network, "scouts", network.scoutBlocks, looks.map((one) => one.features));
    const views = looks.map((one, i) => {
      const [ratio, begin, doubt] = scouted[i];
      const velocity = one.first * Math.exp(Math.min(Math.max(LOG_SCALE * ratio, -1), 1));
      const scale = velocity * periods[i];
      const top = Math.max(begin * one.first * periods[i] - scale, 0);
      return { ...view(network, earth, velocity, scale, top), doubt, excess: one.excess };
    });
    const added = core(network, "shapes", network.blocks, views.map((one) => one.features));
    return views.map((one, i) => answer(network, earth, one, added[i], rows));
  }

  // The core of the scout or the shapes on several inputs: standardised, and back as one array each.
  function core(network, part, blocks, inputs) {
    const prefix = `${part}.${network.wave}`, { tensors } = network;
    const mean = tensors[`${prefix}.standard.mean`], spread = tensors[`${prefix}.standard.spread`];
    const x = new Float64Array(mean.length * Residual.LANES);
    inputs.forEach((features, lane) => {
      for (let i = 0; i < mean.length; i++) x[i * Residual.LANES + lane] = (features[i] - mean[i]) / spread[i];
    });
    const y = Residual.apply(tensors, `${prefix}.core`, blocks, x);
    return inputs.map((_, lane) => y.filter((_, i) => i % Residual.LANES === lane));
  }

  // How far, in spreads, inputs lie outside the range of training.
  function excess(network, part, features) {
    const at = (name) => network.tensors[`${part}.${network.wave}.standard.${name}`];
    const [lowest, highest, spread] = [at("lowest"), at("highest"), at("spread")];
    return features.reduce(
      (most, x, i) => Math.max(most, Math.max(lowest[i] - x, x - highest[i], 0) / spread[i]), 0,
    );
  }

  // What the scout sees, in units of a first estimate of the velocity.
  function look(network, earth, period) {
    const first = slowestStretch(earth, period), nodes = network.scoutNodes, scale = first * period;
    const seen = (property) => {
      const sums = Nodes.integrals(nodes, earth.tops, property, scale, 0);
      return sums.map((sum, j) => sum / nodes.weight[j]);
    };
    const features = [
      ...seen(earth.vs.map((v) => 1 / v)).map((v) => Math.log(v * first)),
      ...seen(earth.vs).map((v) => Math.log(v / first)),
      ...seen(earth.vs.map((v, i) => (v / earth.vp[i]) ** 2)).map((v) => 4 * v - 1.3),
    ];
    return { first, features, excess: excess(network, "scouts", features) };
  }

  // Mean vs, km/s, over the slowest stretch of 0.7 wavelengths (modal/window.py).
  function slowestStretch({ tops, vs }, period) {
    const NUMBER = 64, LENGTH = 0.7 * period, last = tops.length - 1;
    const toTop = [0];
    for (let i = 0; i < last; i++) toTop.push(toTop[i] + (tops[i + 1] - tops[i]) / vs[i]);
    const deepest = 12 * (tops[last] / toTop[last]) * period;
    let slowest = Infinity;
    for (let j = 0; j < NUMBER; j++) {
      const place = Math.expm1((4 * j) / (NUMBER - 1)) / Math.expm1(4);
      const start = Math.min(deepest * place, tops[last]), layer = Nodes.layerAt(tops, start);
      const through = toTop[layer] + (start - tops[layer]) / vs[layer] + LENGTH;
      const under = Nodes.layerAt(toTop, through);
      slowest = Math.min(slowest, (tops[under] + (through - toTop[under]) * vs[under] - start) / LENGTH);
    }
    return slowest;
  }

  // The earth below `top` (km) in units of `velocity` (km/s) and its wavelength.
  function view(network, earth, velocity, scale, top) {
    const { form, nodes } = network, { tops, vp, vs, rho } = earth;
    const units = form.dimensions.map(([v, d]) => rho[0] ** -d * velocity ** (-2 * v));
    const parts = tops.map((_, i) => form.parts(vp[i], vs[i], rho[i]));
    const integrals = units.map((unit, part) => {
      const property = parts.map((one) => one[part]);
      return Nodes.integrals(nodes, tops, property, scale, top).map((v) => v * unit);
    });
    const features = integrals.flatMap((sums, part) =>
      Array.from(sums, (sum, j) => form.feature(part, sum / nodes.weight[j])),
    );
    features.push(Math.tanh(top / scale), top > 0 ? 1 : 0);
    const last = Nodes.layerAt(tops, top + nodes.z[nodes.length - 1] * scale);
    const halfSpace = [(vp[last] / velocity) ** 2, (vs[last] / velocity) ** 2, rho[last] / rho[0]];
    return { features, integrals, halfSpace, units, velocity, scale, top };
  }

  // The trial: the starting mode and what the network adds, tractions in units of a smooth ωμ/c.
  function trialOf(network, seen, added) {
    const { form, nodes, start, envelope, smoothing } = network, number = nodes.length;
    const compliance = seen.integrals[form.shearCompliance].map((sum, j) => Math.log(sum / nodes.weight[j]));
    const stiffness = smoothing.map((row) => Forms.OMEGA * Math.exp(-row.reduce((s, w, j) => s + w * compliance[j], 0)));
    return start.map((mode, f) =>
      mode.map((v, j) => {
        const value = v + envelope[j] * added[f * number + j];
        if (f < form.displacements) return value;
        return j ? value * stiffness[j] : 0; // nothing pulls at the surface
      }),
    );
  }

  // Phase velocity, the mean error to be expected of it, how far outside training, and rows where asked for.
  function answer(network, earth, seen, added, wantRows) {
    const { form, nodes } = network;
    const trial = trialOf(network, seen, added);
    const pencil = form.pencil(trial, seen.integrals, nodes.weight);
    const k = Forms.solve(form, trial, pencil, seen.halfSpace);
    const velocity = seen.velocity * (Forms.OMEGA / k);
    const doubt = velocity * Math.exp(Math.min(Math.max(seen.doubt + DOUBT, -12), 0));
    const outside = Math.max(seen.excess, excess(network, "shapes", seen.features));
    const found = { velocity, doubt, excess: outside };
    if (wantRows) found.rows = rowsOf(network, earth, seen, trial, pencil, k, velocity);
    return found;
  }

  // d velocity / d(vp, vs, ρ) of every layer, at the trial.
  function rowsOf(network, earth, seen, trial, pencil, k, velocity) {
    const { form, nodes } = network, { tops, vp, vs, rho } = earth;
    const { slope } = Forms.error(form, trial, pencil, seen.halfSpace, k);
    const byPart = form.densities(trial, k).map((density, part) => {
      const spread = density.map((v) => (v * velocity) / (slope * k));
      return Nodes.perLayer(nodes, spread, tops, seen.scale, seen.top).map((v) => v * seen.units[part]);
    });
    const rows = [0, 1, 2].map(() => new Float64Array(tops.length));
    tops.forEach((_, i) => {
      form.byLayer(byPart.map((part) => part[i]), vp[i], vs[i], rho[i]).forEach((v, j) => (rows[j][i] = v));
    });
    return rows;
  }

  return { of, answers };
})();
