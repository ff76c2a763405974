"use strict";
// The earth that a reader draws: layers from their tops down, as arrays of numbers in km, km/s and g/cm³.
const Earth = (() => {
  // Density of Brocher (2005), equation 1, held at its ends outside the range of his data, as in the ensembles.
  function density(vp) {
    const v = Math.min(Math.max(vp, 1.5), 8.5);
    return v * (1.6612 + v * (-0.4721 + v * (0.0671 + v * (-0.0043 + v * 0.000106))));
  }

  // Layers with tops and vs as drawn, vp by one ratio and density from vp. The last layer is the half-space.
  function layered(tops, vs, ratio) {
    const vp = vs.map((v) => ratio * v);
    return { tops: tops.slice(), vp, vs: vs.slice(), rho: vp.map(density) };
  }

  // The same earth in thinner layers: `nearest` km thick at the surface, wider with depth, and cut at `bottom` km at
  // the latest, below which the half-space goes on as one layer.
  function refined(earth, nearest, growth, bottom) {
    const out = { tops: [], vp: [], vs: [], rho: [] };
    const last = earth.tops.length - 1;
    for (let i = 0; i <= last; i++) {
      const top = earth.tops[i];
      const end = i < last ? earth.tops[i + 1] : Math.max(bottom, top);
      const pieces = Math.max(1, Math.ceil((end - top) / (nearest + growth * top)));
      for (let j = 0; j < pieces + (i === last && end > top ? 1 : 0); j++) {
        out.tops.push(top + (end - top) * (j / pieces));
        out.vp.push(earth.vp[i]);
        out.vs.push(earth.vs[i]);
        out.rho.push(earth.rho[i]);
      }
    }
    return out;
  }

  function thickness(earth) {
    return earth.tops.map((top, i) => (i + 1 < earth.tops.length ? earth.tops[i + 1] - top : 0));
  }

  return { density, layered, refined, thickness };
})();
