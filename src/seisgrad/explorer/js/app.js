"use strict";
// The page: one earth, one chosen period, and whoever has to hear of a change.
const App = (() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const { settings, presets, band } = facts;
  const by = (id) => document.getElementById(id);
  const model = { tops: [], vs: [], ratio: 1.75 };
  const chosen = { period: settings.period, kind: "phase", parameter: 1 };
  const exact = {}, learned = {};
  const dense = Array.from({ length: settings.dense }, (_, i) =>
    Math.min(band[0] * (band[1] / band[0]) ** (i / (settings.dense - 1)), band[1]),
  );
  let desk = null, profile = null, id = 0, resting = 0, frame = 0, wantFull = true;

  const earth = () => Earth.layered(model.tops, model.vs, model.ratio);

  // Ask all three for the earth as it is now: in full at rest, at fewer periods while it moves.
  function ask(moving) {
    id += 1;
    wantFull = !moving;
    const step = moving ? settings.drag : settings.rest;
    const common = { id, earth: earth(), period: chosen.period, refine: settings.refine, bottom: settings.bottom };
    const some = dense.filter((_, i) => i % step === 0);
    desk?.ask([
      { ...common, role: "exact", periods: dense },
      { ...common, role: "rayleigh", periods: some },
      { ...common, role: "love", periods: some },
    ]);
  }

  function changed(moving) {
    ask(moving);
    clearTimeout(resting);
    if (moving) resting = setTimeout(() => ask(false), 250);
  }

  function answered(found) {
    const kept = found.role === "exact" ? exact : learned;
    for (const [wave, one] of Object.entries(found.waves)) {
      kept[wave] = { ...one, id: found.id, periods: found.periods, fine: found.fine, earth: found.earth, period: found.period };
    }
    frame ||= requestAnimationFrame(draw);
  }

  function choosePeriod(period) {
    chosen.period = Number(Math.min(Math.max(period, band[0]), band[1]).toFixed(1));
    by("period").value = String(Math.round(100 * Math.log(chosen.period)));
    changed(true);
  }

  function draw() {
    frame = 0;
    Curves.draw(by("curves"), band, exact, learned, chosen.period, choosePeriod);
    Curves.differences(by("differences"), band, exact, learned, chosen.period, choosePeriod);
    Kernels.draw(by("kernels"), settings.bottom, exact, learned, chosen.kind, chosen.parameter);
    tell();
    const ids = [exact.rayleigh, exact.love, learned.rayleigh, learned.love].map((one) => one?.id);
    if (wantFull && ids.every((one) => one === id)) {
      document.documentElement.dataset.ready = String(id);
      announce();
    } else {
      delete document.documentElement.dataset.ready;
    }
  }

  function rows(table, content) {
    by(table).replaceChildren(
      ...content.map((cells) => {
        const row = document.createElement("tr");
        cells.forEach((cell, i) => {
          const made = row.appendChild(document.createElement(i ? "td" : "th"));
          made.textContent = cell;
          if (!i) made.scope = "row";
        });
        return row;
      }),
    );
  }

  function tell() {
    const { period, kind, parameter } = chosen, ensemble = Verdict.kindOf(model);
    const { models } = facts.errors.find((one) => one.prior === ensemble);
    by("period-value").textContent = `${period.toFixed(1)} s`;
    by("ratio-value").textContent = model.ratio.toFixed(2);
    by("kernel-title").textContent = `Kernels at ${period.toFixed(1)} s`;
    by("here-title").textContent = `This earth, ${kind} velocity at ${period.toFixed(1)} s`;
    rows("here", Verdict.here(exact, learned, kind, parameter));
    by("kind").textContent = `Of the ensembles that the surrogate was judged on, “${ensemble}” is most like it: ${Verdict.KINDS[ensemble]}. On ${models} of its earths, none of them seen in training:`;
    rows("others", Verdict.others(facts, ensemble, period, kind, parameter));
    const words = [...Verdict.sentences(facts, ensemble, period, parameter), Verdict.inversion(facts, ensemble)];
    by("words").textContent = words.filter(Boolean).join(" ");
    const refused = Verdict.refusal(learned, Learned.MOST_EXCESS);
    by("refusal").textContent = refused;
    by("refusal").hidden = !refused;
  }

  function announce() {
    const say = ["rayleigh", "love"].map((wave) => {
      const [truth, net] = [exact[wave], learned[wave]].map((one) => one.kernels.velocity[chosen.kind]);
      const told = (v) => (Number.isFinite(v) ? v.toFixed(3) : "none");
      return `${Verdict.NAMES[wave]}: exact ${told(truth)}, surrogate ${told(net)} km/s`;
    });
    by("live").textContent = `${chosen.kind} velocity at ${chosen.period.toFixed(1)} s. ${say.join(". ")}.`;
  }

  function take(preset) {
    model.tops = preset.tops.slice();
    model.vs = preset.vs.slice();
    model.ratio = preset.ratio;
    by("ratio").value = String(preset.ratio);
  }

  function listen() {
    const select = by("preset");
    presets.forEach((one, i) => select.add(new Option(one.name, String(i))));
    const begin = () => {
      take(presets[Number(select.value)]);
      profile.redraw();
      changed(false);
    };
    select.addEventListener("change", begin);
    by("reset").addEventListener("click", begin);
    by("ratio").addEventListener("input", (event) => {
      model.ratio = Number(event.target.value);
      changed(true);
    });
    by("period").addEventListener("input", (event) => choosePeriod(Math.exp(Number(event.target.value) / 100)));
    for (const name of ["kind", "parameter"]) {
      document.querySelectorAll(`input[name=${name}]`).forEach((box) =>
        box.addEventListener("change", () => {
          chosen[name] = name === "kind" ? box.value : Number(box.value);
          draw();
        }),
      );
    }
    new ResizeObserver(() => {
      profile.redraw();
      frame ||= requestAnimationFrame(draw);
    }).observe(by("board"));
  }

  async function start() {
    take(presets[0]);
    profile = Profile.of(by("profile"), model, settings, changed);
    const slider = by("period"), [low, high] = band.map((v) => Math.round(100 * Math.log(v)));
    Drawing.set(slider, { min: low, max: high, value: Math.round(100 * Math.log(chosen.period)) });
    slider.value = String(Math.round(100 * Math.log(chosen.period)));
    listen();
    profile.redraw();
    const text = (name) => by(name).textContent.trim();
    try {
      App.tensors = await Weights.read(facts.tensors, facts.compressed, text("matrices"), text("vectors"));
    } catch {
      by("old").hidden = false;
    }
    by("matrices").remove();
    by("vectors").remove();
    desk = Desk.of(App.tensors, facts, answered);
    ask(false);
  }

  return { facts, model, chosen, exact, learned, dense, start, earth, tensors: null };
})();
App.start();
