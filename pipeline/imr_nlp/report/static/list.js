// A list of services or letters: filters stand in the address, so that every number of the overview leads here.
"use strict";
(() => {
  const imr = window.imr;
  const kind = document.querySelector("[data-list]").dataset.list;
  const A_PAGE = 50;
  const AMOUNTS = ["requested", "authorized_before", "granted"];
  const $ = (id) => document.getElementById(id);
  const state = { filters: [], q: "", in: "", sort: "", page: 0 };
  let view; // {dimensions, columns, facets}: what both sources tell first

  // --- the address --------------------------------------------------------------------------------------------------
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    Object.assign(state, { filters: [], q: given.get("q") || "", in: given.get("in") || "", sort: given.get("sort") || "", page: Math.max(0, Math.floor(Number(given.get("page")) || 0)) });
    for (const [name, value] of given) if (view.dimensions.some((one) => one.name === name)) state.filters.push([name, value]);
  };
  const address = (page = state.page) => {
    const made = new URLSearchParams(state.filters);
    for (const name of ["q", "in", "sort"]) if (state[name]) made.set(name, state[name]);
    if (page) made.set("page", page);
    return made.toString();
  };
  const go = () => { location.hash = address(); };

  // --- data from files ----------------------------------------------------------------------------------------------
  const files = {
    async start() {
      const table = await imr.part(kind);
      this.names = table.columns;
      this.rows = table.rows;
      return { dimensions: table.dimensions, columns: table.columns, facets: table.facets };
    },
    async search(words) {
      if (kind === "letters") {
        const at = [this.names.indexOf("case_number"), this.names.indexOf("path")];
        return (row) => words.every((word) => at.some((column) => String(row[column] ?? "").toLowerCase().includes(word)));
      }
      const fields = { request: [0], reasons: [1], diagnoses: [2] }[state.in] || [0, 1, 2];
      const index = await imr.part("index");
      const hits = new Set();
      for (let number = 0; number < index.search; number++) {
        $("summary").textContent = `Searching… part ${number + 1} of ${index.search}`;
        const part = await imr.part(`search-${number}`);
        part.forEach((texts, at) => {
          if (words.every((word) => fields.some((field) => texts[field].includes(word)))) hits.add(number * index.rows + at);
        });
      }
      return (row, at) => hits.has(at);
    },
    async ask() {
      const wanted = new Map();
      for (const [name, value] of state.filters) wanted.set(name, [...(wanted.get(name) || []), value]);
      const tests = [...wanted].map(([name, values]) => {
        const column = this.names.indexOf(`by_${name}`);
        return (row) => values.some((value) => (value ? row[column].includes(value) : !row[column].length));
      });
      const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length) tests.push(await this.search(words));
      const kept = this.rows.filter((row, at) => tests.every((test) => test(row, at)));
      if (state.sort) {
        const down = state.sort.startsWith("-");
        const column = this.names.indexOf(state.sort.replace("-", ""));
        const plain = (value) => (Array.isArray(value) ? value.join("; ") : value);
        const amount = AMOUNTS.includes(this.names[column]); // "6 sessions" comes before "12 sessions"
        kept.sort((a, b) => {
          const [x, y] = [plain(a[column]), plain(b[column])];
          if (x === null || x === "") return y === null || y === "" ? 0 : 1;
          if (y === null || y === "") return -1;
          if (amount && parseFloat(x) !== parseFloat(y)) return (down ? -1 : 1) * (parseFloat(x) - parseFloat(y));
          return (down ? -1 : 1) * (typeof x === "number" ? x - y : x < y ? -1 : x > y ? 1 : 0);
        });
      }
      this.kept = kept;
      const letter = this.names.indexOf("letter_id");
      const decision = this.names.indexOf("by_decision");
      const counts = {};
      for (const row of kept) for (const value of row[decision]) counts[value] = (counts[value] || 0) + 1;
      return { total: kept.length, letters: new Set(kept.map((row) => row[letter])).size, counts, rows: kept.slice(state.page * A_PAGE, (state.page + 1) * A_PAGE) };
    },
    csv() {
      imr.download(`${kind}.csv`, [this.names, ...this.kept.map((row) => row.map((value) => (Array.isArray(value) ? value.join("; ") : value)))]);
    },
  };

  // --- data from a server -------------------------------------------------------------------------------------------
  const server = {
    start: () => imr.ask(`api/${kind}/view`),
    ask: () => imr.ask(`api/${kind}?${address()}`),
    csv() { location.href = `api/${kind}.csv?${address(0)}`; },
  };
  const source = imr.server ? server : files;

  // --- what is shown ------------------------------------------------------------------------------------------------
  const SHOWN = {
    services: [["request", "Request", "wide"], ["by_decision", "Decision"], ["by_category", "Category"], ["by_procedure", "Procedure", "mid"], ["by_region", "Body region"],
      ["requested", "Requested"], ["granted", "Granted"], ["case_number", "Case", "keep"], ["decided", "Decided", "keep"]],
    letters: [["case_number", "Case", "keep"], ["decided", "Decided", "keep"], ["services", "Services", "n"], ["upheld", "Upheld", "n"], ["overturned", "Overturned", "n"], ["modified", "Modified", "n"],
      ["by_specialty", "Specialty"], ["by_warning", "Warnings"], ["path", "File", "mid"]],
  }[kind];
  const badge = (value) => imr.el("span", { class: "badge", "data-decision": value }, value);

  const show = (columns, answer) => {
    const at = (name) => columns.indexOf(name);
    const shown = SHOWN.filter(([name]) => at(name) >= 0);
    const head = imr.el("tr", {}, shown.map(([name, title, look]) => {
      const sorted = state.sort.replace("-", "") === name;
      const button = imr.el("button", { type: "button", class: "sort", onclick: () => { state.sort = state.sort === name ? `-${name}` : name; state.page = 0; go(); } }, title);
      return imr.el("th", { scope: "col", class: look, "aria-sort": sorted ? (state.sort.startsWith("-") ? "descending" : "ascending") : null }, button);
    }));
    const rows = answer.rows.map((row) =>
      imr.el("tr", {}, shown.map(([name, title, look], column) => {
        const value = row[at(name)];
        const target = `letter.html#${row[at("letter_id")]}${kind === "services" ? `/${row[at("service_id")].split("/").pop()}` : ""}`;
        const text = Array.isArray(value) ? value.map(imr.words).join(", ") : typeof value === "number" ? imr.number(value) : value ?? "";
        const inside = column === 0 ? imr.el("a", { href: target }, text || row[at("path")] || "letter") : name === "by_decision" ? value.map(badge) : text;
        return imr.el("td", { class: column === 0 && !text ? "mid" : look, "data-title": title }, imr.el("span", {}, inside));
      })),
    );
    $("rows").tHead.replaceChildren(head);
    $("rows").tBodies[0].replaceChildren(...rows);
    const decided = answer.total - (answer.counts["none found"] || 0);
    const parts = Object.entries(answer.counts).sort().map(([value, count]) => `${value} ${imr.number(count)}`);
    const rate = kind === "services" && decided ? ` Overturn rate ${((100 * (answer.counts.overturned || 0)) / decided).toFixed(1)}%.` : "";
    const letters = kind === "services" ? ` in ${imr.plural(answer.letters, "letter")}` : "";
    const none = state.filters.length || state.q ? " Remove a word or a filter to see more." : " This run has none.";
    $("summary").textContent = `${imr.plural(answer.total, kind.slice(0, -1))}${letters}${kind === "services" && parts.length ? `: ${parts.join(", ")}.` : "."}${rate}${answer.total ? "" : none}`;
    $("summary").dataset.total = answer.total;
    const pages = Math.max(1, Math.ceil(answer.total / A_PAGE));
    $("page").textContent = `Page ${state.page + 1} of ${imr.number(pages)}`;
    $("before").disabled = state.page < 1;
    $("after").disabled = state.page + 1 >= pages;
  };

  const chips = () => {
    const title = (name) => view.dimensions.find((one) => one.name === name).title;
    const made = state.filters.map(([name, value], at) =>
      imr.el("li", {}, imr.el("button", { type: "button", "aria-label": `Remove filter ${title(name)}: ${imr.visible(value) || "not stated"}`, onclick: () => { state.filters.splice(at, 1); state.page = 0; go(); } },
        `${title(name)}: ${imr.words(value) || "not stated"} ×`)));
    if (made.length > 1) made.push(imr.el("li", {}, imr.el("button", { type: "button", onclick: () => { state.filters = []; state.page = 0; go(); } }, "Clear all")));
    $("chips").replaceChildren(...made);
  };

  const facets = () => {
    const add = (name, value) => {
      if (!state.filters.some(([n, v]) => n === name && v === value)) state.filters.push([name, value]);
      state.page = 0;
      go();
    };
    const made = view.dimensions.filter((one) => view.facets[one.name]?.length).map((one) => {
      const values = view.facets[one.name];
      if (values.length > 40) {
        const list = `values-${one.name}`;
        const input = imr.el("input", { list, type: "text", autocomplete: "off", placeholder: imr.plural(values.length, "value") });
        const said = imr.el("span", { role: "status" });
        input.addEventListener("change", () => {
          const typed = input.value.trim().toLowerCase();
          said.textContent = "";
          if (!typed) return;
          const fits = (test) => values.filter(([value]) => test((value || "not stated").toLowerCase()));
          const same = fits((value) => value === typed);
          const near = same.length ? same : fits((value) => value.includes(typed));
          if (near.length === 1) { add(one.name, near[0][0]); input.value = ""; }
          else said.textContent = near.length ? `${imr.plural(near.length, "value")} with these letters; choose one` : "No such value";
        });
        return imr.el("label", {}, one.title, input, said, imr.el("datalist", { id: list }, values.map(([value]) => imr.el("option", { value: value || "not stated" }))));
      }
      const select = imr.el("select", {}, imr.el("option", {}, "any"), values.map(([value, count]) => imr.el("option", { value }, `${imr.words(value) || "not stated"} (${imr.number(count)})`)));
      select.addEventListener("change", () => { const at = select.selectedIndex; select.selectedIndex = 0; if (at > 0) add(one.name, values[at - 1][0]); });
      return imr.el("label", {}, one.title, select);
    });
    $("facets").replaceChildren(...made);
  };

  let turn = 0;
  const update = async () => {
    const mine = ++turn;
    read();
    $("q").value = state.q;
    if ($("in")) $("in").value = state.in;
    chips();
    let answer = await source.ask();
    const last = Math.max(0, Math.ceil(answer.total / A_PAGE) - 1);
    if (mine === turn && state.page > last) { // an address may name a page that the list does not have
      state.page = last;
      answer = await source.ask();
    }
    if (mine !== turn) return;
    show(view.columns, answer);
    imr.fine();
  };

  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    state.q = $("q").value.trim();
    if ($("in")) state.in = $("in").value;
    state.page = 0;
    go();
  });
  $("in")?.addEventListener("change", () => { if (state.q) $("search").requestSubmit(); });
  const turnTo = (step) => { state.page += step; go(); $("main").focus(); };
  $("before").addEventListener("click", () => turnTo(-1));
  $("after").addEventListener("click", () => turnTo(1));
  $("csv").addEventListener("click", () => source.csv());
  $("csv").setAttribute("aria-label", `Download CSV: ${kind}`);
  if (matchMedia("(max-width: 62rem)").matches) $("filters").open = false;
  addEventListener("hashchange", () => update().catch(imr.fail));
  source.start().then(async (found) => {
    view = found;
    facets();
    await update();
    document.documentElement.dataset.ready = "true";
  }).catch(imr.fail);
})();
