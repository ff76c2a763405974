"use strict";
// A layered earth as the secular functions want it, and where it may be cut off (engine/secular.py and batch.py).
const Stack = (() => {
  const DECAY = 18.5; // layers below the deepest turning point are dropped once the S wave has decayed by exp(-18.5)
  const MOST_GROWTH = 150.0; // largest growth (nepers) of one layer before it is cut into equal pieces

  // The stack at angular frequencies up to `omega`. `owner` says which layer of the earth each piece belongs to.
  function of(earth, omega) {
    const slowest = 0.5 * Math.min(...earth.vs);
    const thickness = Earth.thickness(earth);
    const stack = { h: [], ia2: [], ib2: [], mu: [], rho: [], owner: [], slowest };
    thickness.forEach((h, i) => {
      const pieces = Math.max(1, Math.ceil((2 * omega * h) / slowest / MOST_GROWTH));
      for (let j = 0; j < pieces; j++) {
        stack.h.push(h / pieces);
        stack.ia2.push(1 / earth.vp[i] ** 2);
        stack.ib2.push(1 / earth.vs[i] ** 2);
        stack.mu.push(earth.rho[i] * earth.vs[i] ** 2);
        stack.rho.push(earth.rho[i]);
        stack.owner.push(i);
      }
    });
    return stack;
  }

  // Index of the layer that can stand for everything below it at trial velocity c.
  function deepest(stack, wavenumber, c2) {
    const { h, ib2 } = stack;
    const last = h.length - 1;
    let turning = last;
    while (turning >= 0 && c2 * ib2[turning] < 1) turning--;
    let decay = 0;
    for (let i = turning + 1; i < last; i++) {
      decay += wavenumber * h[i] * Math.sqrt(1 - c2 * ib2[i]);
      if (decay > DECAY) return i + 1;
    }
    return last;
  }

  return { of, deepest };
})();
