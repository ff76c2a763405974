"use strict";
// Plain SVG: elements, axes, lines and markers.
const Drawing = (() => {
  const SPACE = "http://www.w3.org/2000/svg";

  function element(name, attributes = {}, text) {
    const made = document.createElementNS(SPACE, name);
    set(made, attributes);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function set(one, attributes) {
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  }

  // An empty drawing as large as its frame, with the margins of its plot.
  function sheet(frame, margin) {
    const box = frame.getBoundingClientRect();
    const width = Math.max(box.width, 120), height = Math.max(box.height, 80);
    const svg = frame.querySelector("svg") ?? frame.appendChild(element("svg"));
    set(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    const area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
    return { svg, area, width, height };
  }

  // From values to pixels and back, after `bend` has straightened the axis.
  function scale([low, high], [from, to], bend = (v) => v, unbend = (v) => v) {
    const a = bend(low), span = bend(high) - a;
    return {
      at: (v) => from + ((bend(v) - a) / span) * (to - from),
      back: (pixel) => unbend(a + ((pixel - from) / (to - from)) * span),
      domain: [low, high],
    };
  }
  const logarithmic = (domain, pixels) => scale(domain, pixels, Math.log, Math.exp);
  const rooted = (domain, pixels) => scale(domain, pixels, Math.sqrt, (v) => (v > 0 ? v * v : 0));

  // Round values in a domain, about `number` of them.
  function ticks([low, high], number) {
    const raw = (high - low) / number, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
    const found = [];
    for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) found.push(v);
    return found.map((v) => Math.round(v / step) * step);
  }

  function label(value) {
    const text = Math.abs(value) < 1e-12 ? "0" : String(Number(value.toPrecision(3)));
    return text.replace("-", "−");
  }

  // Grid lines with numbers: `below` the plot along x, or on its `left` along y, with the name `lift` pixels above it.
  function axis(group, area, along, places, values, name, lift = 7) {
    for (const v of values) {
      const at = places.at(v);
      if (along === "x") {
        group.append(element("line", { x1: at, x2: at, y1: area.top, y2: area.bottom, class: "grid" }));
        group.append(element("text", { x: at, y: area.bottom + 14, "text-anchor": "middle" }, label(v)));
      } else {
        group.append(element("line", { x1: area.left, x2: area.right, y1: at, y2: at, class: "grid" }));
        group.append(element("text", { x: area.left - 5, y: at + 4, "text-anchor": "end" }, label(v)));
      }
    }
    if (along === "x") {
      const middle = 0.5 * (area.left + area.right);
      group.append(element("text", { x: middle, y: area.bottom + 29, "text-anchor": "middle", class: "name" }, name));
    } else if (name) {
      group.append(element("text", { x: area.left, y: area.top - lift, class: "name" }, name));
    }
  }

  // A line through points, broken where one does not exist.
  function path(points) {
    let text = "", down = false;
    for (const [x, y] of points) {
      const there = Number.isFinite(x) && Number.isFinite(y);
      if (there) text += `${down ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`;
      down = there;
    }
    return text;
  }

  // Small signs at points: circles for Rayleigh waves, triangles for Love waves.
  function markers(points, wave, size) {
    let text = "";
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      const r = size;
      text +=
        wave === "rayleigh"
          ? `M${(x - r).toFixed(2)},${y.toFixed(2)}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0z`
          : `M${x.toFixed(2)},${(y - 1.15 * r).toFixed(2)}l${1.1 * r},${2 * r}h${-2.2 * r}z`;
    }
    return text;
  }

  return { element, set, sheet, scale, logarithmic, rooted, ticks, label, axis, path, markers };
})();
