"use strict";
// What is asked of a worker and what it answers. The same function serves the page itself where no worker may start.
const Clerk = (() => {
  const networks = {};

  function learn(tensors, facts, wave) {
    networks[wave] = { network: Network.of(tensors, facts.arguments, wave), factor: facts.doubt_factor };
  }

  // A job {id, role, earth, periods, period, refine, bottom}: curves at all periods, kernels at the one chosen, on the
  // same earth in thinner layers.
  function answer(job) {
    const fine = Earth.refined(job.earth, ...job.refine, job.bottom);
    const begin = performance.now();
    const found = { id: job.id, role: job.role, earth: job.earth, periods: job.periods, period: job.period, fine };
    const ask = (wave) => {
      if (job.role === "exact") {
        return { curves: Exact.curves(job.earth, wave, job.periods), kernels: Exact.kernels(fine, wave, job.period) };
      }
      const { network, factor } = networks[wave];
      return {
        curves: Learned.curves(network, job.earth, job.periods, factor),
        kernels: Learned.kernels(network, fine, job.period),
      };
    };
    found.waves = {};
    for (const wave of job.role === "exact" ? ["rayleigh", "love"] : [job.role]) found.waves[wave] = ask(wave);
    found.milliseconds = performance.now() - begin;
    return found;
  }

  if (typeof window === "undefined" && typeof self !== "undefined") {
    self.onmessage = ({ data }) => {
      if (data.learn) learn(data.learn.tensors, data.learn.facts, data.learn.wave);
      else self.postMessage(answer(data));
    };
  }

  return { learn, answer };
})();
