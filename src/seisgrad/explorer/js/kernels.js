"use strict";
// Kernels at the chosen period beside the profile, on its depth axis: lines are exact, markers the network's.
const Kernels = (() => {
  const PARAMETERS = ["vp", "vs", "density"], UNITS = ["", "", " per g/cm³"];

  // Per kilometre of depth, and the middle of each layer; the half-space has no thickness and is left out.
  function perKm(fine, row) {
    const out = { depth: [], value: [], width: [] };
    for (let i = 0; i + 1 < fine.tops.length; i++) {
      const width = fine.tops[i + 1] - fine.tops[i];
      out.depth.push(fine.tops[i] + 0.5 * width);
      out.value.push(row[i] / width);
      out.width.push(width);
    }
    return out;
  }

  function draw(frame, bottom, exact, learned, kind, parameter) {
    const { svg, area } = Drawing.sheet(frame, { ...Profile.MARGIN, left: 14 });
    svg.replaceChildren();
    const lines = ["rayleigh", "love"].flatMap((wave) =>
      [["line", exact[wave]], ["sign", learned[wave]]].flatMap(([look, one]) =>
        one ? [{ wave, look, ...perKm(one.fine, one.kernels[kind][parameter]) }] : [],
      ),
    );
    const seen = lines.flatMap((one) => one.value).filter(Number.isFinite);
    const low = Math.min(0, ...seen), high = Math.max(0, ...seen), span = high - low || 1;
    const x = Drawing.scale([low - 0.06 * span, high + 0.06 * span], [area.left, area.right]);
    const y = Drawing.rooted([0, bottom], [area.top, area.bottom]);
    const name = `∂${kind === "phase" ? "c" : "U"}/∂${parameter === 2 ? "ρ" : PARAMETERS[parameter]} per km${UNITS[parameter]}`;
    Drawing.axis(svg, area, "x", x, Drawing.ticks(x.domain, area.right - area.left > 240 ? 4 : 2), name);
    for (const v of Profile.TICKS) {
      const at = y.at(v);
      svg.append(Drawing.element("line", { x1: area.left, x2: area.right, y1: at, y2: at, class: "grid" }));
    }
    svg.append(Drawing.element("line", { x1: x.at(0), x2: x.at(0), y1: area.top, y2: area.bottom, class: "zero" }));
    for (const { wave, look, depth, value, width } of lines) {
      const stair = () => value.flatMap((v, i) => [-0.5, 0.5].map((end) => [x.at(v), y.at(depth[i] + end * width[i])]));
      const some = () => value.map((v, i) => [x.at(v), y.at(depth[i])]).filter((_, i) => i % 3 === 1);
      const d = look === "line" ? Drawing.path(stair()) : Drawing.markers(some(), wave, 2.8);
      svg.append(Drawing.element("path", { d, class: `${look} ${wave} ${kind}`, "data-kernel": `${wave} ${look}` }));
    }
  }

  // Cosine and relative L2 error over depth of one kernel against the other.
  function compare(fine, learned, exact) {
    const a = perKm(fine, learned), b = perKm(fine, exact);
    let both = 0, own = 0, truth = 0, off = 0;
    a.value.forEach((v, i) => {
      const w = a.width[i], t = b.value[i];
      both += w * v * t;
      own += w * v * v;
      truth += w * t * t;
      off += w * (v - t) ** 2;
    });
    return { cosine: both / Math.sqrt(own * truth), relative: Math.sqrt(off / truth) };
  }

  return { draw, compare, PARAMETERS };
})();
