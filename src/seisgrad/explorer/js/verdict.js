"use strict";
// What the audit has to say: of this earth, both answers at the chosen period; of earths of its kind, what was measured
// on a thousand of them, in the audit's own words and by its thresholds.
const Verdict = (() => {
  const NAMES = { rayleigh: "Rayleigh", love: "Love" };
  const KINDS = {
    lvz: "a low-velocity zone in the mantle",
    tectonic: "a layered crust over a faster mantle",
    weak: "any profile within wide bounds",
  };

  // Which of the ensembles that the network was judged on an earth is most like.
  function kindOf({ tops, vs }) {
    let above = 0;
    for (let i = 0; i < vs.length; i++) {
      if (tops[i] >= 30 && vs[i] < 0.97 * above) return "lvz";
      above = Math.max(above, vs[i]);
    }
    const moho = vs.findIndex((v, i) => i > 0 && tops[i] >= 5 && tops[i] <= 75 && v >= 4.05 && v - vs[i - 1] >= 0.25);
    const rising = vs.every((v, i) => i === 0 || v > 0.92 * vs[i - 1]);
    return moho > 0 && rising ? "tectonic" : "weak";
  }

  function bandOf(facts, kind, wave, period) {
    const { bands } = facts.errors.find((one) => one.prior === kind);
    return bands.find(({ band }) => {
      const [name, range] = band.split(" "), [low, high] = range.split("-").map(Number);
      return name === wave && period >= low && period <= high;
    });
  }

  const percent = (v, digits = 3) => (Number.isFinite(v) ? `${v.toFixed(digits)} %`.replace("-", "−") : "—");
  const number = (v, digits) => (Number.isFinite(v) ? v.toFixed(digits).replace("-", "−") : "—");

  // Rows of the table: this earth at the chosen period, wave by wave.
  function here(exact, learned, kind, parameter) {
    return ["rayleigh", "love"].map((wave) => {
      const truth = exact[wave], net = learned[wave], cells = [NAMES[wave]];
      if (!truth || !net || truth.id !== net.id) return [...cells, "…", "…", "…", "…", "…"];
      const c = truth.kernels.velocity[kind], v = net.kernels.velocity[kind];
      const { cosine, relative } = Kernels.compare(truth.fine, net.kernels[kind][parameter], truth.kernels[kind][parameter]);
      return [...cells, number(c, 4), number(v, 4), percent(100 * (v / c - 1), 3), number(cosine, 4), percent(100 * relative, 1)];
    });
  }

  // Rows of the table: earths of its kind, in the band of the chosen period.
  function others(facts, ensemble, period, kind, parameter) {
    const name = ["vp", "vs", "rho"][parameter];
    return ["rayleigh", "love"].map((wave) => {
      const band = bandOf(facts, ensemble, wave, period);
      const value = kind === "phase" ? band.mape_percent : band.group_mape_percent;
      const cells = [`${NAMES[wave]}, ${band.band.split(" ")[1].replace("-", "–")} s`, percent(value)];
      return [...cells, number(band[`raw_cosine_${name}`] ?? NaN, 4), percent(100 * (band[`relative_l2_${name}`] ?? NaN), 1)];
    });
  }

  // One sentence for each wave: the standing of its kernel by the audit's thresholds.
  function sentences(facts, ensemble, period, parameter) {
    const name = ["vp", "vs", "rho"][parameter], word = Kernels.PARAMETERS[parameter];
    const { physics, shape } = facts.thresholds;
    return ["rayleigh", "love"].map((wave) => {
      const band = bandOf(facts, ensemble, wave, period);
      const cosine = band[`raw_cosine_${name}`], error = band[`relative_l2_${name}`];
      const head = `${NAMES[wave]}, ${band.band.split(" ")[1].replace("-", "–")} s: values are off by ${percent(band.mape_percent)}.`;
      if (cosine === undefined) return `${head} Theory has no kernels of ${word}.`;
      if (cosine >= physics[0] && error <= physics[1]) return `${head} The physics is in the kernels of ${word}.`;
      if (cosine >= shape) return `${head} The shape of the physics is in the kernels of ${word}.`;
      return `${head} The kernels of ${word} are not the physics'.`;
    });
  }

  // What an inversion makes of the learned derivative, where it was tried.
  function inversion(facts, ensemble) {
    const of = (quantity) => facts.audit.find((row) => row.models === ensemble && row.quantity === quantity);
    const falls = of("falls"), gain = of("gain"), angle = of("angle");
    if (!falls) return "";
    const good = falls.mean >= facts.thresholds.earnest && gain.median >= facts.thresholds.earnest;
    const head = good ? "An inversion can take its steps from the learned derivative." : "An inversion should finish with the exact derivative.";
    return `${head} Its steps lowered the true objective in ${percent(100 * falls.mean, 0)} of the inversions tried, by ${percent(100 * gain.median, 0)} of what the exact step gained (median), ${angle.median.toFixed(1)}° from it.`;
  }

  // Where the package refuses this earth, or "".
  function refusal(learned, limit) {
    const found = [];
    for (const wave of ["rayleigh", "love"]) {
      const one = learned[wave];
      if (!one) continue;
      const beyond = one.periods.filter((_, i) => one.curves.excess[i] > limit);
      if (beyond.length) {
        const most = Math.max(...one.curves.excess).toFixed(1);
        const at = beyond.length > 1 ? `${beyond[0].toFixed(1)}–${beyond.at(-1).toFixed(1)} s` : `${beyond[0].toFixed(1)} s`;
        found.push(`${NAMES[wave]} waves at ${at} (up to ${most} standard deviations)`);
      }
    }
    return found.length ? `Outside what the surrogate was trained on, so it gives no answer: ${found.join("; ")}. The exact lines hold.` : "";
  }

  return { kindOf, here, others, sentences, inversion, refusal, KINDS, NAMES };
})();
