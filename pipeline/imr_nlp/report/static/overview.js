// The overview: tables work at once, charts are drawn from them when they come into view.
"use strict";
(() => {
  const imr = window.imr;
  document.querySelectorAll("main table").forEach(imr.table);

  document.getElementById("search")?.addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = `services.html#${new URLSearchParams({ q: document.getElementById("q").value })}`;
  });

  let library;
  const plot = () => (library ??= imr.script("assets/d3.min.js").then(() => imr.script("assets/plot.min.js")));
  const short = (text) => (text.length > 34 ? `${text.slice(0, 33)}…` : text);

  // Columns of imr_nlp/report/templates/macros.html.j2: value, services, letters, upheld, overturned, modified, …
  const read = (table) =>
    [...table.tBodies[0].rows].map((row) => {
      const cells = row.cells;
      const number = (at) => (cells[at].dataset.sort === "" ? NaN : Number(cells[at].dataset.sort));
      return {
        value: imr.visible(row.dataset.value) || "not stated", services: number(1), upheld: number(3), overturned: number(4),
        modified: number(5), rate: number(7), low: parseFloat(cells[8].dataset.low), high: parseFloat(cells[8].dataset.high),
      };
    });
  const percent = (value) => `${Math.round(100 * value)}%`;

  const MAX_ROWS = 12; // rows of a chart
  const isNarrow = (width) => width < 500;
  const rowHeight = (width) => (isNarrow(width) ? 42 : 30);
  const rate = (rows, width) => {
    const shown = rows.slice(0, MAX_ROWS);
    const names = shown.map((row) => short(row.value));
    shown.forEach((row, at) => (row.name = names.indexOf(names[at]) === at ? names[at] : `${names[at]} (${at + 1})`));
    const most = Math.max(...shown.map((row) => row.services));
    const narrow = isNarrow(width); // there a name stands above its line
    const about = narrow ? "Overturn rate with 95% interval" : "Overturn rate with 95% interval; dot size and right column: services";
    return Plot.plot({
      width, marginLeft: narrow ? 14 : 270, marginRight: 44, marginBottom: 44, marginTop: 22, height: rowHeight(width) * shown.length + 70,
      style: { background: "transparent", fontSize: "12px", fontFamily: "inherit" },
      x: { domain: [0, 1], tickFormat: percent, label: about, labelAnchor: "center", labelArrow: "none", labelOffset: 38, grid: true, ticks: narrow ? 2 : 5 },
      y: { domain: shown.map((row) => row.name), label: null, tickSize: 0, axis: narrow ? null : "left" },
      r: { domain: [0, most], range: [3, 9] }, // a group of one is seen too
      marks: [
        ...(narrow ? [Plot.text(shown, { y: "name", text: "name", frameAnchor: "left", textAnchor: "start", dy: -15, fill: "currentColor" })] : []),
        Plot.ruleY(shown, { y: "name", x1: "low", x2: "high", stroke: "var(--d-overturned-ink)", strokeWidth: 3, strokeOpacity: 0.5 }),
        Plot.dot(shown, { y: "name", x: "rate", r: "services", fill: "var(--d-overturned-ink)" }),
        Plot.text(shown, { y: "name", text: (row) => imr.number(row.services), frameAnchor: "right", dx: 36, textAnchor: "end", fill: "currentColor", fillOpacity: 0.75 }),
      ],
    });
  };

  // Months or years without letters have their place too. A long time without letters is one place, "…".
  const FAR = 24;
  const filled = (rows) => {
    const count = (value) => { const [year, month] = value.split("-").map(Number); return month ? 12 * year + month - 1 : year; };
    const say = (at, like) => (like.includes("-") ? `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}` : String(at).padStart(4, "0"));
    const none = (value) => ({ value, services: 0, upheld: 0, overturned: 0, modified: 0, rate: NaN, low: NaN, high: NaN });
    const sorted = [...rows].sort((a, b) => count(a.value) - count(b.value)); // a reader may have sorted the table
    return sorted.flatMap((row, at) => {
      if (!at) return [row];
      const [from, to] = [count(sorted[at - 1].value), count(row.value)];
      if (to - from > FAR) return [none(`…${at}`), row];
      return [...Array.from({ length: to - from - 1 }, (_, step) => none(say(from + step + 1, row.value))), row];
    });
  };

  const time = (rows, width) => {
    const shown = filled(rows.filter((row) => row.value !== "not stated"));
    const parts = shown.flatMap((row) => ["upheld", "modified", "overturned"].map((decision) => ({ value: row.value, decision, count: row[decision] })));
    const every = Math.ceil(shown.length / Math.max(2, Math.floor(width / 90)));
    const far = (at) => shown[at]?.value.startsWith("…");
    const first = [...shown.keys()].filter((at) => far(at - 1)); // after a long time; its label drives others out
    const ticks = shown.map((row) => row.value).filter((_, at) => first.includes(at) || (at % every === 0 && !far(at) && !first.some((one) => Math.abs(one - at) < every)));
    const gaps = () => Plot.text(shown.filter((_, at) => far(at)), { x: "value", text: () => "…", frameAnchor: "middle", fontSize: 18, fill: "currentColor" });
    const common = { width, marginLeft: 50, marginRight: 20, style: { background: "transparent", fontSize: "12px", fontFamily: "inherit" } };
    const x = { domain: shown.map((row) => row.value), label: null, type: "band", ticks };
    const ink = (row) => `var(--d-${row.decision}-ink)`;
    const shares = Plot.plot({
      ...common, height: 200, marginTop: 30, x: { ...x, axis: null }, y: { domain: [0, 1], tickFormat: percent, label: "Overturn rate", grid: true, ticks: 4 },
      marks: [
        Plot.ruleX(shown, { x: "value", y1: "low", y2: "high", stroke: "var(--d-overturned-ink)", strokeWidth: 3, strokeOpacity: 0.5 }),
        Plot.line(shown, { x: "value", y: "rate", stroke: "var(--d-overturned-ink)", strokeOpacity: 0.6 }),
        Plot.dot(shown, { x: "value", y: "rate", r: 4, fill: "var(--d-overturned-ink)" }),
        gaps(),
      ],
    });
    const counts = Plot.plot({
      ...common, height: 160, x, y: { label: "Services", grid: true, ticks: 4 },
      marks: [Plot.barY(parts, Plot.stackY({ x: "value", y: "count", fill: ink, order: ["upheld", "modified", "overturned"], z: "decision" })), Plot.ruleY([0]), gaps()],
    });
    const key = imr.el("div", { class: "key" }, ["upheld", "modified", "overturned"].map((decision) => imr.el("span", { "data-decision": decision }, imr.el("i"), decision)));
    return [shares, counts, key];
  };

  // One chart for each unit, since an axis has one unit. Both axes are linear and begin at 0.
  const UNIT_WIDTH = 300;
  const UNIT_HEIGHT = 300;
  const amountRows = (table) =>
    [...table.tBodies[0].rows].map((row) => ({
      unit: row.dataset.unit, requested: parseFloat(row.dataset.requested), granted: parseFloat(row.dataset.granted),
      limit: parseFloat(row.dataset.limit), decision: row.dataset.decision,
    })).filter((row) => !Number.isNaN(row.requested) && !Number.isNaN(row.granted));
  const byUnit = (rows) => {
    const units = new Map();
    for (const row of rows) units.set(row.unit, [...(units.get(row.unit) || []), row]);
    return [...units].sort((a, b) => b[1].length - a[1].length);
  };
  const amounts = (table, width) => {
    const charts = byUnit(amountRows(table)).map(([unit, rows]) => {
      const limited = rows.filter((row) => !Number.isNaN(row.limit));
      const most = Math.max(1, ...rows.flatMap((row) => [row.requested, row.granted]), ...limited.map((row) => row.limit));
      const axis = (label) => ({ type: "linear", domain: [0, most], label, grid: true, ticks: 5 });
      const chart = Plot.plot({
        width: Math.min(width, UNIT_WIDTH), height: UNIT_HEIGHT, marginLeft: 48, marginTop: 30, marginBottom: 42, marginRight: 20, style: { background: "transparent", fontSize: "12px", fontFamily: "inherit" },
        x: { ...axis("Requested"), labelOffset: 36 }, y: axis("Granted"),
        marks: [
          Plot.line([[0, 0], [most, most]], { stroke: "currentColor", strokeOpacity: 0.3, strokeDasharray: "4" }),
          Plot.ruleX(limited, { x: "limit", y1: (row) => Math.max(0, row.granted - most / 30), y2: (row) => Math.min(most, row.granted + most / 30), stroke: "var(--r-guideline-ink)", strokeWidth: 2 }),
          Plot.dot(rows, { x: "requested", y: "granted", fill: (row) => (row.decision ? `var(--d-${row.decision}-ink)` : "currentColor"), fillOpacity: 0.6, r: 4 }),
        ],
      });
      return imr.el("div", { "data-unit": unit }, imr.el("strong", {}, `${imr.words(unit) || "unit not stated"}: ${imr.plural(rows.length, "service")}`), chart);
    });
    return imr.el("div", { class: "units" }, charts);
  };

  const FEW = 5; // below, a rate says little
  const describe = (rows) => {
    const all = rows.filter((row) => !Number.isNaN(row.rate));
    const known = all.filter((row) => row.services >= FEW && row.value !== "not stated");
    const say = (row) => `${row.value} ${percent(row.rate)} of ${imr.number(row.services)}`;
    if (!all.length) return "No decision was found.";
    if (known.length < 2) return "Too few services for a comparison. The table has all figures.";
    const sorted = [...known].sort((a, b) => b.rate - a.rate);
    return `Overturn rate among groups of ${FEW} services or more: highest ${say(sorted[0])}, lowest ${say(sorted[sorted.length - 1])}. The table has all figures.`;
  };

  const room = (figure) => Math.max(280, figure.parentElement.clientWidth - 40);
  // What a chart will take, so that the page does not move under a reader when it is drawn.
  const height = (figure, table) => {
    const width = room(figure);
    if (figure.dataset.chart === "amounts") {
      const across = Math.max(1, Math.floor(width / (UNIT_WIDTH + 16)));
      return Math.ceil(byUnit(amountRows(table)).length / across) * (UNIT_HEIGHT + 30) + 50;
    }
    if (figure.dataset.chart === "time") return 430;
    return rowHeight(width) * Math.min(MAX_ROWS, table.tBodies[0].rows.length) + 110;
  };

  const paint = (figure) => {
    const table = document.getElementById(figure.dataset.table);
    const width = room(figure);
    const kind = figure.dataset.chart;
    const rows = kind === "amounts" ? [] : read(table);
    const made = kind === "amounts" ? amounts(table, width) : kind === "time" ? time(rows, width) : rate(rows, width);
    const drawing = imr.el("div", { "aria-hidden": "true" });
    drawing.append(...[made].flat());
    const caption = imr.el("figcaption", {}, kind === "amounts" ? "One chart for each unit. Each dot is a service whose granted amount is known; on the dashed line all is granted. A short upright mark is the limit that the reviewer quotes, at the height of its service. The table has all figures." : describe(rows));
    figure.replaceChildren(drawing, caption);
    figure.style.minHeight = "";
    figure.dataset.drawn = width;
  };
  const draw = (figure) => plot().then(() => paint(figure));

  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) {
      if (!one.isIntersecting) continue;
      watch.unobserve(one.target);
      draw(one.target).catch(imr.fail);
    }
  }, { rootMargin: "400px" });
  for (const figure of document.querySelectorAll("figure.chart")) {
    const table = document.getElementById(figure.dataset.table);
    if (!table.tBodies[0].rows.length) continue;
    figure.hidden = false;
    figure.style.minHeight = `${height(figure, table)}px`;
    watch.observe(figure);
  }
  // Paper has all charts, also those that nobody scrolled to. What can't be drawn leaves no blank.
  if (document.querySelector("figure.chart:not([hidden])")) (window.requestIdleCallback || setTimeout)(() => plot().catch(imr.fail));
  addEventListener("beforeprint", () => document.querySelectorAll("figure.chart:not([hidden]):not([data-drawn])").forEach((figure) => {
    if (window.Plot) paint(figure);
    else figure.style.minHeight = "";
  }));
  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => document.querySelectorAll("figure[data-drawn]").forEach((figure) => {
      if (Math.abs(figure.dataset.drawn - room(figure)) > 20) draw(figure).catch(imr.fail);
    }), 200);
  });
  document.documentElement.dataset.ready = "true";
})();
