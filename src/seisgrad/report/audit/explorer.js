"use strict";
// The part of the audit's page that answers to its reader: one kernel at a time, exact and learned, with its numbers.
// All data stand in the page; nothing is fetched. The choice is kept in the fragment of the address, so that a kernel
// can be linked to: #model=3&branch=1&output=20&published=1&whole=1.
(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = ["#c2410c", "#0072b2", "#7a5195", "#00785a"]; // of the parameters, in their order
  const SHARE = 0.995; // of the exact kernels' magnitude that the depth shown holds
  const facts = JSON.parse(document.getElementById("explorer-facts").textContent);
  const $ = (name) => document.getElementById("explorer-" + name);
  const colour = (parameter) => COLOURS[parameter % COLOURS.length];
  const branches = () => document.querySelectorAll("input[name=explorer-branch]");
  const state = { model: 0, branch: 0, output: 0, published: false, whole: false };
  let arrays = null;

  // ---- data -------------------------------------------------------------------------------------------------------

  async function unpack() {
    const text = document.getElementById("explorer-data").textContent;
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    const kinds = { int16: Int16Array, float32: Float32Array };
    const found = {};
    for (const [name, { kind, shape, offset }] of Object.entries(facts.arrays)) {
      const size = shape.reduce((product, length) => product * length, 1);
      found[name] = { shape, values: new kinds[kind](buffer, offset, size) };
    }
    return found;
  }

  // The values along the last axes that the leading indices leave.
  function part(name, ...indices) {
    const { shape, values } = arrays[name];
    const length = shape.slice(indices.length).reduce((product, n) => product * n, 1);
    const start = indices.reduce((place, index, axis) => place * shape[axis] + index, 0) * length;
    return values.subarray(start, start + length);
  }

  function kernel(which, parameter) {
    const place = [which, state.model, state.branch, state.output, parameter];
    const [scale] = part("scale", ...place);
    return Array.from(part("kernels", ...place), (step) => step * scale);
  }

  function shown(which, parameter) {
    const values = kernel(which, parameter);
    return state.published ? normalised(smoothed(values, facts.width)) : values;
  }

  // Running mean over `width` samples, centred; at the ends over those of them that exist.
  function smoothed(values, width) {
    const half = (width - 1) / 2;
    return values.map((_, i) => {
      const near = values.slice(Math.max(0, i - half), i + half + 1);
      return near.reduce((sum, value) => sum + value, 0) / near.length;
    });
  }

  function normalised(values) {
    const total = values.reduce((sum, value) => sum + Math.abs(value), 0);
    return values.map((value) => value / total);
  }

  // How deep the panels reach: all of the profile, or down to where the exact kernels have said nearly all.
  function depthShown() {
    const edges = facts.edges;
    const last = edges[edges.length - 1];
    if (state.whole) return last;
    let deepest = 0;
    facts.parameters.forEach((_, parameter) => {
      const size = kernel(0, parameter).map(Math.abs);
      const total = size.reduce((sum, value) => sum + value, 0);
      if (!(total > 0)) return;
      let sum = 0;
      const i = size.findIndex((value) => (sum += value) >= SHARE * total);
      deepest = Math.max(deepest, edges[i + 1]);
    });
    return deepest > 0 ? Math.min(last, 1.15 * deepest) : last;
  }

  // ---- drawing ----------------------------------------------------------------------------------------------------

  function element(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const line = (x1, y1, x2, y2, kind) => element("line", { x1, y1, x2, y2, class: kind });
  const drawn = (points, parameter) => element("path", { d: path(points), class: "learned", stroke: colour(parameter) });

  function ticks(low, high, wanted) {
    const rough = (high - low) / wanted;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    return found;
  }

  function say(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text = size >= 1e-3 && size < 1e4 ? String(Number(value.toPrecision(4))) : value.toExponential(1);
    return text.replace("-", "−");
  }

  // A frame with axes; returns the drawing and the two maps from values to pixels.
  function frame(box, height, x, y, words) {
    const width = Math.max(box.clientWidth, 150);
    const left = 44, right = 8, top = 24, bottom = 36;
    const svg = element("svg", { width, height, role: "img", "aria-label": words.label });
    const px = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
    const py = (value) => top + ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom);
    const title = element("text", { x: left, y: 14, class: "title" });
    for (const [text, fill] of words.title) title.append(element("tspan", fill ? { style: "fill:" + fill } : {}, text));
    svg.append(title);
    for (const tick of words.xticks ?? ticks(x[0], x[1], Math.max(3, Math.floor(width / 55)))) {
      svg.append(line(px(tick), height - bottom, px(tick), height - bottom + 4, "axis"));
      svg.append(element("text", { x: px(tick), y: height - bottom + 16, "text-anchor": "middle" }, say(tick)));
    }
    for (const tick of words.yticks ?? ticks(Math.min(...y), Math.max(...y), 5)) {
      svg.append(line(left, py(tick), width - right, py(tick), "grid"));
      const said = words.ysay ? words.ysay(tick) : say(tick);
      svg.append(element("text", { x: left - 6, y: py(tick) + 4, "text-anchor": "end" }, said));
    }
    svg.append(line(left, top, left, height - bottom, "axis"));
    svg.append(line(left, height - bottom, width - right, height - bottom, "axis"));
    const name = { "text-anchor": "middle", class: "name" };
    svg.append(element("text", { x: (left + width - right) / 2, y: height - 4, ...name }, words.xname));
    if (words.yname) {
      const middle = (top + height - bottom) / 2;
      svg.append(element("text", { x: 11, y: middle, transform: `rotate(-90 11 ${middle})`, ...name }, words.yname));
    }
    box.replaceChildren(svg);
    return { svg, px, py };
  }

  // A value per layer as steps over depth, cut at the depth shown.
  function staircase(values, deepest, px, py) {
    const points = [];
    for (let i = 0; i < values.length && facts.edges[i] < deepest; i++) {
      const below = Math.min(facts.edges[i + 1], deepest);
      points.push([px(values[i]), py(facts.edges[i])], [px(values[i]), py(below)]);
    }
    return points;
  }

  const path = (points) => "M" + points.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join("L");

  function range(lists, withZero) {
    let low = withZero ? 0 : Infinity, high = withZero ? 0 : -Infinity;
    for (const list of lists) for (const value of list) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (!(high > low)) return withZero ? [-1, 1] : [low - 1, low + 1];
    const room = 0.06 * (high - low);
    return [low < 0 || !withZero ? low - room : low, high > 0 || !withZero ? high + room : high];
  }

  function upTo(values, deepest) {
    return values.filter((_, i) => facts.edges[i] < deepest);
  }

  function drawKernel(box, parameter, deepest) {
    const { name, unit } = facts.parameters[parameter];
    const pair = [shown(0, parameter), shown(1, parameter)];
    const exists = pair.every((values) => values.every(Number.isFinite));
    const there = exists && pair.some((values) => values.some((value) => value !== 0));
    const xname = state.published ? "share per sample" : unit;
    const title = [["Kernel of " + name, colour(parameter)]];
    const words = { title, label: "exact and learned kernel of " + name, xname };
    const x = there ? range(pair.map((values) => upTo(values, deepest)), true) : [-1, 1];
    const { svg, px, py } = frame(box, 380, x, [0, deepest], there ? words : { ...words, xticks: [0] });
    if (!there) {
      svg.append(element("text", { x: px(0), y: py(deepest / 2), "text-anchor": "middle" }, "no such kernel"));
      return;
    }
    const exact = staircase(pair[0], deepest, px, py);
    const closed = [[px(0), exact[0][1]], ...exact, [px(0), exact[exact.length - 1][1]]];
    svg.append(line(px(0), py(0), px(0), py(deepest), "zero"));
    svg.append(element("path", { d: path(closed) + "Z", class: "exact" }));
    svg.append(drawn(staircase(pair[1], deepest, px, py), parameter));
  }

  function drawEarth(box, deepest) {
    const profiles = facts.parameters.map((_, p) => Array.from(part("models", state.model, p)));
    const x = range(profiles.map((values) => upTo(values, deepest)), false);
    const title = facts.parameters.map(({ name }, p) => [(p ? ", " : "") + name, colour(p)]);
    const words = { title, label: "the model", xname: facts.modelUnit, yname: facts.positionName };
    const { svg, px, py } = frame(box, 380, x, [0, deepest], words);
    profiles.forEach((values, p) => svg.append(drawn(staircase(values, deepest, px, py), p)));
  }

  // Relative error of every kernel of this model and branch against the output's coordinate; a click chooses.
  function drawStrip(box) {
    const metric = facts.metrics.findIndex(({ name }) => name === "relative_l2");
    const outputs = facts.outputs;
    const place = [metric, state.model, state.branch];
    const lines = facts.parameters.map((_, p) => outputs.map((_, o) => part("metrics", ...place, o, p)[0]));
    const sizes = lines.flat().filter((value) => value > 0);
    const low = sizes.length ? Math.floor(Math.log10(Math.max(Math.min(...sizes), 1e-12))) : -1;
    const high = sizes.length ? Math.max(Math.ceil(Math.log10(Math.max(...sizes))), low + 1) : 0;
    const x = outputs.length > 1 ? [outputs[0], outputs[outputs.length - 1]] : [outputs[0] - 1, outputs[0] + 1];
    const every = Math.max(1, Math.ceil((high - low) / 5));
    const yticks = [];
    for (let k = low; k <= high; k += every) yticks.push(k);
    const text = "Relative L2 error of this model's kernels";
    const xname = facts.outputName + " (" + facts.outputUnit + ")";
    const words = { title: [[text]], label: text, xname, yticks, ysay: (k) => say(Math.pow(10, k)) };
    const { svg, px, py } = frame(box, 190, x, [high, low], words);
    const here = px(outputs[state.output]);
    svg.append(line(here, py(high), here, py(low), "here"));
    lines.forEach((values, p) => {
      const pieces = [[]]; // a value that does not exist ends one
      values.forEach((value, o) => {
        if (value > 0) pieces[pieces.length - 1].push([px(outputs[o]), py(Math.log10(value))]);
        else pieces.push([]);
      });
      pieces.filter((points) => points.length).forEach((points) => svg.append(drawn(points, p)));
    });
    svg.addEventListener("click", (event) => {
      const at = event.clientX - svg.getBoundingClientRect().left;
      const distance = outputs.map((value) => Math.abs(px(value) - at));
      change({ output: distance.indexOf(Math.min(...distance)) });
    });
  }

  // ---- words and numbers ------------------------------------------------------------------------------------------

  function drawNumbers(table) {
    const rows = facts.metrics.map(({ words, digits }, m) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.textContent = words;
      row.append(head);
      facts.parameters.forEach((_, p) => {
        const cell = document.createElement("td");
        const value = part("metrics", m, state.model, state.branch, state.output, p)[0];
        cell.className = "number";
        cell.textContent = Number.isFinite(value) ? written(value, digits) : "—";
        row.append(cell);
      });
      return row;
    });
    table.tBodies[0].replaceChildren(...rows);
  }

  // As many digits behind the point as asked for, unless nothing would be left of a small error.
  function written(value, digits) {
    const tiny = value !== 0 && Math.abs(value) < 0.5 * Math.pow(10, -digits);
    const text = tiny ? value.toExponential(1) : value.toFixed(digits);
    return text.replace("-", "−");
  }

  function sentence() {
    const [exact] = part("values", 0, state.model, state.branch, state.output);
    const [learned] = part("values", 1, state.model, state.branch, state.output);
    const at = facts.branches[state.branch] + ", " + facts.outputs[state.output] + " " + facts.outputUnit;
    if (!Number.isFinite(exact + learned)) return at + ": one of the two operators gives no value here.";
    const off = 100 * (learned / exact - 1);
    return at + ": exact " + exact.toFixed(4) + ", learned " + learned.toFixed(4) + " " + facts.valueUnit +
      " (" + (off >= 0 ? "+" : "−") + written(Math.abs(off), 3) + " %).";
  }

  function group() {
    return facts.groups.find(({ members }) => members[state.branch][state.output]);
  }

  // ---- state ------------------------------------------------------------------------------------------------------

  function within(value, length) {
    return Number.isInteger(value) ? Math.min(Math.max(value, 0), length - 1) : 0;
  }

  function readFragment() {
    const words = new URLSearchParams(location.hash.slice(1));
    state.model = within(Number(words.get("model") ?? 0), facts.models.length);
    state.branch = within(Number(words.get("branch") ?? 0), facts.branches.length);
    const wanted = Number(words.get("output") ?? facts.outputs[Math.floor(facts.outputs.length / 3)]);
    const distance = facts.outputs.map((value) => Math.abs(value - wanted));
    state.output = within(distance.indexOf(Math.min(...distance)), facts.outputs.length);
    state.published = words.get("published") === "1";
    state.whole = words.get("whole") === "1";
  }

  function writeFragment() {
    const output = facts.outputs[state.output];
    const words = new URLSearchParams({ model: state.model, branch: state.branch, output });
    if (state.published) words.set("published", "1");
    if (state.whole) words.set("whole", "1");
    history.replaceState(null, "", "#" + words);
  }

  function change(entries) {
    Object.assign(state, entries);
    writeFragment();
    draw();
  }

  function draw() {
    $("model").value = String(state.model);
    branches().forEach((box) => { box.checked = Number(box.value) === state.branch; });
    $("output").value = String(state.output);
    $("output-value").textContent = facts.outputs[state.output] + " " + facts.outputUnit;
    $("published").checked = state.published;
    $("whole").checked = state.whole;
    $("sentence").textContent = sentence();
    const band = group();
    $("verdict").textContent = band && band.verdict ? band.name + ": " + band.verdict : "";
    const deepest = depthShown();
    drawEarth($("earth"), deepest);
    facts.parameters.forEach((_, parameter) => drawKernel($("kernel-" + parameter), parameter, deepest));
    drawStrip($("strip"));
    drawNumbers($("numbers"));
    const chosen = [state.model, state.branch, facts.outputs[state.output]];
    document.getElementById("explorer").dataset.ready = chosen.join(" ");
  }

  function listen() {
    $("numbers").querySelectorAll("thead .number").forEach((head, p) => { head.style.color = colour(p); });
    $("controls").addEventListener("submit", (event) => event.preventDefault());
    $("model").addEventListener("change", (event) => change({ model: Number(event.target.value) }));
    branches().forEach((box) => box.addEventListener("change", () => change({ branch: Number(box.value) })));
    $("output").addEventListener("input", (event) => change({ output: Number(event.target.value) }));
    $("published").addEventListener("change", (event) => change({ published: event.target.checked }));
    $("whole").addEventListener("change", (event) => change({ whole: event.target.checked }));
    window.addEventListener("hashchange", () => { readFragment(); draw(); });
    window.addEventListener("resize", draw);
  }

  unpack().then((found) => {
    arrays = found;
    readFragment();
    listen();
    draw();
  }, (reason) => {
    $("sentence").textContent = "This browser cannot unpack the kernels (" + reason + "); one of 2023 or later can.";
  });
})();
