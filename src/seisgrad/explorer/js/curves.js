"use strict";
// Velocities against period: lines are exact, markers are the network's. Below them what the network is off by.
const Curves = (() => {
  const MARGIN = { left: 38, right: 14, top: 24, bottom: 36 };
  const PERIODS = [2, 3, 5, 10, 20, 30, 60];
  const KINDS = ["phase", "group"], WAVES = ["rayleigh", "love"];

  function values(curves, kind, periods, x, y) {
    return curves[kind].map((v, i) => [x.at(periods[i]), y.at(v)]);
  }

  // A cross line at the chosen period, and the choice of one by a press or a drag inside the plot.
  function choosing(frame, x, area, svg, period, choose) {
    const at = x.at(period);
    svg.append(Drawing.element("line", { x1: at, x2: at, y1: area.top, y2: area.bottom, class: "here" }));
    frame.onpointerdown = (event) => {
      const pick = (e) => choose(x.back(e.clientX - svg.getBoundingClientRect().left));
      frame.setPointerCapture(event.pointerId);
      pick(event);
      frame.onpointermove = pick;
      frame.onlostpointercapture = () => (frame.onpointermove = null);
    };
  }

  function bounds(all) {
    const seen = all.filter(Number.isFinite);
    if (!seen.length) return [2, 5];
    const low = Math.min(...seen), high = Math.max(...seen), room = 0.06 * (high - low) + 0.05;
    return [Math.max(low - room, 0), high + room];
  }

  // `exact` and `learned` hold, by wave, {periods, curves}; either may not be there yet.
  function draw(frame, band, exact, learned, period, choose) {
    const { svg, area } = Drawing.sheet(frame, MARGIN);
    svg.replaceChildren();
    const all = WAVES.flatMap((wave) => KINDS.flatMap((kind) => exact[wave]?.curves[kind] ?? []));
    const x = Drawing.logarithmic(band, [area.left, area.right]);
    const y = Drawing.scale(bounds(all), [area.bottom, area.top]);
    Drawing.axis(svg, area, "x", x, PERIODS, "Period (s)");
    Drawing.axis(svg, area, "y", y, Drawing.ticks(y.domain, 5), "Velocity (km/s)");
    for (const wave of WAVES) {
      for (const kind of KINDS) {
        if (exact[wave]) {
          const d = Drawing.path(values(exact[wave].curves, kind, exact[wave].periods, x, y));
          svg.append(Drawing.element("path", { d, class: `line ${wave} ${kind}`, "data-curve": `${wave} ${kind}` }));
        }
        if (learned[wave]) {
          const points = values(learned[wave].curves, kind, learned[wave].periods, x, y);
          const inside = points.filter(([, v]) => v > area.top - 5 && v < area.bottom + 5);
          const d = Drawing.markers(inside, wave, kind === "phase" ? 3.4 : 2.6);
          svg.append(Drawing.element("path", { d, class: `sign ${wave} ${kind}`, "data-signs": `${wave} ${kind}` }));
        }
      }
    }
    choosing(frame, x, area, svg, period, choose);
  }

  // Percent by which the network's phase velocity is off where both are known of the same earth, over one standard
  // deviation of the error that the network expects.
  function differences(frame, band, exact, learned, period, choose) {
    const { svg, area } = Drawing.sheet(frame, { ...MARGIN, top: 22 });
    svg.replaceChildren();
    const rows = WAVES.flatMap((wave) => difference(exact[wave], learned[wave]).map((row) => ({ ...row, wave })));
    const most = Math.max(0.05, ...rows.flatMap((row) => [1.15 * Math.abs(row.off), 1.15 * row.expected]).filter(Number.isFinite));
    const x = Drawing.logarithmic(band, [area.left, area.right]);
    const y = Drawing.scale([-most, most], [area.bottom, area.top]);
    Drawing.axis(svg, area, "x", x, PERIODS, "Period (s)");
    Drawing.axis(svg, area, "y", y, [-most / 1.15, 0, most / 1.15].map((v) => Number(v.toPrecision(1))), "Phase velocity off by (%)");
    for (const wave of WAVES) {
      const mine = rows.filter((row) => row.wave === wave), aside = wave === "rayleigh" ? -2.5 : 2.5;
      const bars = mine.map((r) => (Number.isFinite(r.expected) ? `M${x.at(r.period) + aside},${y.at(-r.expected)}V${y.at(r.expected)}` : ""));
      svg.append(Drawing.element("path", { d: bars.join(""), class: `bar ${wave}` }));
      const d = Drawing.markers(mine.map((r) => [x.at(r.period) + aside, y.at(r.off)]), wave, 3);
      svg.append(Drawing.element("path", { d, class: `sign ${wave} phase` }));
    }
    choosing(frame, x, area, svg, period, choose);
  }

  function difference(exact, learned) {
    if (!exact || !learned || exact.id !== learned.id) return [];
    return learned.periods.map((period, i) => {
      const truth = exact.curves.phase[exact.periods.indexOf(period)];
      return {
        period,
        off: 100 * (learned.curves.phase[i] / truth - 1),
        expected: (100 * learned.curves.expected[i]) / truth,
      };
    });
  }

  return { draw, differences };
})();
