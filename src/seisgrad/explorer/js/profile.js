"use strict";
// The profile that a reader drags: a stair of vs over depth, with a handle at the top of every layer. A handle moves
// with mouse, finger or arrow keys: sideways the layer's vs, up and down its top.
const Profile = (() => {
  const MARGIN = { left: 38, right: 12, top: 32, bottom: 36 };
  const TICKS = [0, 1, 5, 10, 20, 40, 60, 80, 120];

  // `model` holds tops and vs and is changed in place; `changed(moving)` is called after every change.
  function of(frame, model, settings, changed) {
    let drawn = null;
    const depthTicks = TICKS.filter((v) => v <= settings.bottom);

    function redraw() {
      const { svg, area } = Drawing.sheet(frame, MARGIN);
      svg.replaceChildren();
      svg.setAttribute("role", "group");
      svg.setAttribute("aria-label", "Shear velocity against depth; each layer is a handle");
      const x = Drawing.scale([0, settings.vs[1] + 0.2], [area.left, area.right]);
      const y = Drawing.rooted([0, settings.bottom], [area.top, area.bottom]);
      const back = svg.appendChild(Drawing.element("g"));
      Drawing.axis(back, area, "x", x, area.right - area.left > 240 ? [0, 1, 2, 3, 4, 5] : [0, 2, 4], "vs (km/s)");
      Drawing.axis(back, area, "y", y, depthTicks, "Depth (km)", 16); // clear of the handle at the surface
      const stair = svg.appendChild(Drawing.element("path", { class: "profile" }));
      drawn = { svg, area, x, y, stair, handles: model.tops.map((_, i) => handle(svg, i)) };
      update();
    }

    function handle(svg, i) {
      const group = Drawing.element("g", {
        class: "handle", tabindex: 0, role: "slider", "data-layer": i,
        "aria-valuemin": settings.vs[0], "aria-valuemax": settings.vs[1],
      });
      group.append(Drawing.element("circle", { r: 22, class: "reach" }), Drawing.element("circle", { r: 7, class: "dot" }));
      group.addEventListener("pointerdown", (event) => grab(event, group, i));
      // some browsers know touch-action only on boxes, and would scroll the page
      group.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      group.addEventListener("keydown", (event) => press(event, i));
      svg.append(group);
      return group;
    }

    function update() {
      const { x, y, stair, handles } = drawn, last = model.tops.length - 1;
      stair.setAttribute(
        "d",
        Drawing.path(model.tops.flatMap((top, i) => {
          const end = i < last ? model.tops[i + 1] : settings.bottom;
          return [[x.at(model.vs[i]), y.at(top)], [x.at(model.vs[i]), y.at(end)]];
        })),
      );
      handles.forEach((group, i) => {
        const name = i < last ? `Layer ${i + 1}` : "Half-space";
        Drawing.set(group, {
          transform: `translate(${x.at(model.vs[i]).toFixed(2)},${y.at(model.tops[i]).toFixed(2)})`,
          "aria-label": `${name}: left and right change vs, up and down its top`,
          "aria-valuenow": model.vs[i].toFixed(2),
          "aria-valuetext": `${name}, vs ${model.vs[i].toFixed(2)} km/s, top at ${model.tops[i].toFixed(1)} km`,
        });
      });
    }

    // Put layer i as near to vs and depth as the bounds and its neighbours let it come.
    function move(i, vs, top, moving) {
      const clamp = (v, low, high) => Math.min(Math.max(v, low), high), { tops } = model;
      const gap = (depth) => settings.gap[0] + settings.gap[1] * depth;
      model.vs[i] = clamp(vs, ...settings.vs);
      if (i > 0) {
        const low = tops[i - 1] + gap(tops[i - 1]);
        const next = i + 1 < tops.length ? tops[i + 1] : 0.96 * settings.bottom;
        const high = i + 1 < tops.length ? (next - settings.gap[0]) / (1 + settings.gap[1]) : next;
        tops[i] = clamp(top, Math.min(low, tops[i]), Math.max(high, tops[i]));
      }
      update();
      changed(moving);
    }

    function grab(event, group, i) {
      event.preventDefault();
      group.focus({ preventScroll: true });
      group.setPointerCapture(event.pointerId);
      group.classList.add("held");
      const box = () => drawn.svg.getBoundingClientRect();
      // the handle stays under the finger where it was taken hold of
      const shift = {
        x: drawn.x.at(model.vs[i]) - (event.clientX - box().left),
        y: drawn.y.at(model.tops[i]) - (event.clientY - box().top),
      };
      const follow = (at) => {
        const { left, top } = box();
        move(i, drawn.x.back(at.clientX - left + shift.x), drawn.y.back(at.clientY - top + shift.y), true);
      };
      const drop = () => {
        group.classList.remove("held");
        group.removeEventListener("pointermove", follow);
        changed(false);
      };
      group.addEventListener("pointermove", follow);
      group.addEventListener("lostpointercapture", drop, { once: true });
    }

    function press(event, i) {
      const large = event.shiftKey ? 5 : 1, depth = 0.02 * large * (1 + model.tops[i]);
      const steps = {
        ArrowLeft: [-0.02 * large, 0], ArrowRight: [0.02 * large, 0], ArrowUp: [0, -depth], ArrowDown: [0, depth],
        PageUp: [0.2, 0], PageDown: [-0.2, 0],
      };
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      move(i, model.vs[i] + step[0], model.tops[i] + step[1], true);
    }

    return { redraw, update };
  }

  return { of, MARGIN, TICKS };
})();
