// A letter: its text with every finding, its services as cards, and what made each finding.
"use strict";
(() => {
  const imr = window.imr;
  const { el, visible } = imr;
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const LABELS = {
    DIAGNOSIS: "Diagnosis", PROCEDURE: "Procedure", MEDICATION: "Medication", SESSION_COUNT: "Count", FREQUENCY: "Frequency", DURATION: "Duration", GUIDELINE: "Guideline",
  };
  const ROLES = { guideline: "Guideline sentence", fact: "Fact", gap: "Gap", conclusion: "Conclusion", other: "Other" };
  const QUANTITIES = new Set(["SESSION_COUNT", "FREQUENCY", "DURATION"]);
  const words = (name) => String(name).replaceAll("_", " ");
  const span = (low, high) => (low === high ? `${low}` : `${low} to ${high}`);
  const known = (value) => value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length);
  const amount = (one) => {
    if (!known(one)) return "";
    if (typeof one !== "object") return String(one);
    const unit = one.unit && one.max !== 1 && /[a-z]$/.test(one.unit) && one.unit !== "other" ? `${one.unit}s` : one.unit;
    return [known(one.min) ? span(one.min, one.max) : "", unit, one.per ? `per ${one.per}` : ""].filter(Boolean).join(" ");
  };

  let letter; // {id, text, record}
  let items; // id -> {id, kind, title, start, end, of}
  let chosen = null;
  let pinned = null;
  const off = new Set(); // labels without colour; they stay off in the next letter

  // --- offsets ------------------------------------------------------------------------------------------------------
  // A record counts code points, JavaScript counts UTF-16 units.
  const units = (text) => {
    if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return (offset) => offset;
    const starts = [];
    let at = 0;
    for (const character of text) { starts.push(at); at += character.length; }
    starts.push(at);
    return (offset) => starts[Math.min(offset, starts.length - 1)];
  };

  // --- findings -----------------------------------------------------------------------------------------------------
  const collect = (record) => {
    const found = new Map();
    const add = (id, kind, title, of, start = of.start, end = of.end) => {
      if (known(start) && known(end) && end > start) found.set(id, { id, kind, title, start, end, of, services: new Set() });
    };
    for (const one of record.entities || []) {
      add(one.id, "entity", LABELS[one.label] || one.label, one);
      if (known(one.cue_start)) add(`${one.id}-cue`, "cue", "Cue", { ...one, text: undefined }, one.cue_start, one.cue_end);
    }
    for (const service of record.services || []) {
      const mark = (id) => found.get(id)?.services.add(service.id);
      add(service.id, "service", "Disputed service", service);
      add(`${service.id}-decision`, "decision", "Decision", service, service.decision_start, service.decision_end);
      (service.decision_evidence || []).forEach((one, at) => {
        add(`${service.id}-evidence${at + 1}`, "decision", `Decision by ${one.by}`, one);
        mark(`${service.id}-evidence${at + 1}`);
      });
      for (const name of ["requested", "authorized_before", "granted"]) {
        if (known(service[name]?.start)) { add(`${service.id}-${name}`, "amount", words(name), service[name]); mark(`${service.id}-${name}`); }
      }
      mark(service.id);
      mark(`${service.id}-decision`);
      for (const one of service.citations || []) { if (!found.has(one.id)) add(one.id, "citation", "Citation", one); mark(one.id); }
      for (const one of service.rationale || []) { if (!found.has(one.id)) add(one.id, "rationale", ROLES[one.role], one); mark(one.id); }
      for (const one of record.entities || []) {
        if (QUANTITIES.has(one.label) && one.start >= service.start && one.end <= service.end) mark(one.id);
      }
    }
    (record.facts || []).forEach((one, at) => add(`F${at + 1}`, "fact", words(one.name), one));
    (record.warnings || []).forEach((one, at) => {
      add(`W${at + 1}`, "warning", "Warning", one);
      (one.places || []).forEach((place, number) => add(`W${at + 1}-${number + 1}`, "warning", `Warning: ${place.what || one.code}`, { ...one, ...place }));
    });
    return found;
  };

  // --- text ---------------------------------------------------------------------------------------------------------
  const draw = () => {
    const { text } = letter;
    if (text === null) {
      $("text").replaceChildren(el("p", { class: "notice" }, "The letter's text is not at hand. Run imr-nlp run again with --store-text, then make the report again."));
      return;
    }
    const place = units(text);
    const at = (offset) => place(Math.max(0, offset - (letter.offset || 0))); // of a file of several letters
    const places = [...items.values()].map((one) => ({ ...one, from: at(one.start), to: at(one.end) }));
    const edges = new Set([0, text.length]);
    for (const one of places) { edges.add(Math.min(one.from, text.length)); edges.add(Math.min(one.to, text.length)); }
    for (let found = text.indexOf("\f"); found >= 0; found = text.indexOf("\f", found + 1)) { edges.add(found); edges.add(found + 1); }
    const sorted = [...edges].sort((a, b) => a - b);
    const begins = places.sort((a, b) => a.from - b.from || b.to - a.to);
    const parts = [];
    const begun = new Set();
    let open = [];
    let next = 0;
    let page = 1;
    for (let number = 0; number + 1 < sorted.length; number++) {
      const [from, to] = [sorted[number], sorted[number + 1]];
      while (next < begins.length && begins[next].from <= from) open.push(begins[next++]);
      open = open.filter((one) => one.to > from);
      const piece = text.slice(from, to);
      if (piece === "\f") {
        page += 1;
        parts.push(el("span", { class: "break", id: `page-${page}` }, `Page ${page}`));
        continue;
      }
      if (!open.length) { parts.push(visible(piece)); continue; }
      const entity = open.filter((one) => one.kind === "entity").pop();
      const role = open.filter((one) => one.kind === "rationale").pop();
      const segment = el(entity ? "mark" : "span", {
        "data-ids": open.map((one) => one.id).join(" "), "data-label": entity?.of.label, "data-role": role?.of.role,
        class: [open.some((one) => one.kind === "fact") && "fact", open.some((one) => one.kind === "warning") && "warned"].filter(Boolean).join(" ") || null,
      }, piece);
      const first = open.find((one) => !begun.has(one.id) && ["entity", "fact", "warning"].includes(one.kind));
      if (first) {
        segment.tabIndex = 0;
        segment.setAttribute("role", "button");
        segment.setAttribute("aria-haspopup", "dialog");
        segment.setAttribute("aria-label", `${visible(text.slice(first.from, first.to)).replace(/\s+/g, " ")}: ${first.title}`);
      }
      open.forEach((one) => begun.add(one.id));
      parts.push(segment);
    }
    if (text.includes("\f")) parts.unshift(el("span", { class: "break", id: "page-1" }, "Page 1"));
    $("text").replaceChildren(...parts);
    off.forEach((label) => colour(label));
  };
  const colour = (label) => $("text").querySelectorAll(`[data-label="${label}"]`).forEach((one) => { one.style.background = off.has(label) ? "transparent" : ""; });
  const pieces = (id) => $("text").querySelectorAll(`[data-ids~="${CSS.escape(id)}"]`);

  // --- one finding --------------------------------------------------------------------------------------------------
  const HIDDEN = new Set(["id", "start", "end", "rule", "score", "text", "citations", "rationale", "cue_start", "cue_end", "places", "decision_evidence",
    "decision_start", "decision_end", "concepts", "context_rule", "context_score", "category_rule", "category_score"]);
  const concept = (one) => {
    const code = `${words(one.system)} ${one.code}`;
    const score = known(one.score) && one.score < 1 ? `, score ${Number(one.score).toFixed(2)}` : "";
    return one.name ? `${one.name} (${code}${score})` : `${code}${score}`;
  };
  const pair = (name, value) => (known(value) ? [el("dt", {}, name), el("dd", {}, value)] : []);
  const values = (of) => Object.entries(of).filter(([name, value]) => !HIDDEN.has(name) && known(value))
    .flatMap(([name, value]) => pair(words(name), Array.isArray(value) ? value.map((one) => (typeof one === "object" ? amount(one) || JSON.stringify(one) : one)).join(", ") : typeof value === "object" ? amount(value) || JSON.stringify(value) : String(value)));
  const by = (rule, score) => rule && `${rule}${known(score) ? ` (score ${Number(score).toFixed(2)})` : ""}`;
  const made = (of) => [
    ...pair("rule", of.rule), ...pair("score", known(of.score) ? Number(of.score).toFixed(3) : null), ...pair("decided by", by(of.context_rule, of.context_score)),
    ...pair("category by", by(of.category_rule, of.category_score)),
  ];

  const detail = (segment, pin) => {
    const ids = segment.dataset.ids.split(" ");
    const order = ["entity", "cue", "warning", "fact", "amount", "decision", "citation", "service", "rationale"];
    // A service stands on its card; here it would hide the text.
    const all = ids.map((id) => items.get(id));
    const small = all.filter((one) => one.kind !== "service");
    const found = (small.length ? small : all).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.end - a.start - (b.end - b.start));
    const box = $("detail");
    box.replaceChildren(...found.slice(0, 3).map((one) => el("div", {},
      el("strong", {}, one.title), el("span", { class: "soft" }, ` ${one.start} to ${one.end} `), el("a", { href: link(one.id), "aria-label": `Link to this ${one.title}` }, "link"),
      el("dl", {}, values(one.of), (one.of.concepts || []).flatMap((c) => pair("concept", concept(c))), made(one.of)))));
    box.hidden = false;
    pinned = pin ? segment : null;
    box.classList.toggle("pinned", pin);
    beside(box, segment);
    arrows(found.filter((one) => one.kind === "entity" || one.kind === "cue").map((one) => one.id.replace("-cue", "")));
  };
  const GAP = 6;
  const HEADER = 60; // what stays at the top of the window
  const LEAST = 160;
  // The box stands below its mark or above it, never over it: where it is too high for that, it scrolls.
  const beside = (box, segment) => {
    const lines = [...segment.getClientRects()];
    const [first, last] = [lines[0], lines[lines.length - 1]];
    Object.assign(box.style, { left: "0px", top: "0px", maxHeight: "" }); // its size must not depend on its former place
    const below = innerHeight - last.bottom - 2 * GAP;
    const above = first.top - HEADER - 2 * GAP;
    const isAbove = box.offsetHeight > below && above > below;
    box.style.maxHeight = `${Math.max(isAbove ? 0 : LEAST, isAbove ? above : below)}px`;
    box.style.top = `${scrollY + (isAbove ? first.top - box.offsetHeight - GAP : last.bottom + GAP)}px`;
    box.style.left = `${Math.max(8, Math.min(scrollX + first.left, scrollX + root.clientWidth - box.offsetWidth - 8))}px`;
  };
  const close = () => {
    $("detail").hidden = true;
    pinned = null;
    arrows();
  };

  // --- ConText arrows -----------------------------------------------------------------------------------------------
  const svg = (tag, properties) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
    return element;
  };
  const arrows = (ids = []) => {
    const all = $("arrows").checked;
    const frame = $("lines").getBoundingClientRect();
    const drawn = [];
    $("text").querySelectorAll(".cue").forEach((one) => one.classList.remove("cue"));
    for (const one of items.values()) {
      if (one.kind !== "cue") continue;
      const target = one.id.replace("-cue", "");
      if (!all && !ids.includes(target)) continue;
      const [from, to] = [pieces(one.id)[0], pieces(target)[0]];
      if (!from || !to) continue;
      pieces(one.id).forEach((piece) => piece.classList.add("cue"));
      const [a, b] = [from, to].map((piece) => piece.getClientRects()[0]);
      const [x1, y1, x2, y2] = [a.left + a.width / 2 - frame.left, a.top - frame.top, b.left + b.width / 2 - frame.left, b.top - frame.top - 2];
      const lift = Math.min(y1, y2) - Math.min(26, 10 + Math.abs(x2 - x1) / 12);
      drawn.push(svg("path", { d: `M${x1},${y1} C${x1},${lift} ${x2},${lift} ${x2},${y2}`, "data-target": target }),
        svg("polygon", { points: `${x2 - 4},${y2 - 6} ${x2 + 4},${y2 - 6} ${x2},${y2 + 1}` }));
    }
    $("lines").replaceChildren(...drawn);
  };

  // --- services -----------------------------------------------------------------------------------------------------
  const choose = (id, move = true) => {
    chosen = id;
    document.body.classList.toggle("choosing", Boolean(id));
    $("text").querySelectorAll(".lit").forEach((one) => one.classList.remove("lit"));
    document.querySelectorAll(".card").forEach((card) => {
      const same = card.dataset.id === id;
      card.classList.toggle("chosen", same);
      card.querySelector("h2 button").setAttribute("aria-pressed", String(same));
    });
    if (!id) return;
    for (const one of items.values()) if (one.services.has(id)) pieces(one.id).forEach((piece) => piece.classList.add("lit"));
    if (move) pieces(id)[0]?.scrollIntoView({ block: "center" });
  };

  const card = (service, number) => {
    const facts = [
      ["requested", amount(service.requested)], ["authorized before", amount(service.authorized_before) || service.authorized], ["granted", amount(service.granted)],
      ["original request", service.original_request], ["category", service.category && words(service.category)],
      ["procedure", (service.procedures || [service.procedure]).filter(known).join(", ")], ["body parts", (service.body_parts || []).join(", ")],
      ["sessions", service.sessions], ["sessions implied", service.implied_sessions], ["frequency", amount(service.frequency)], ["duration", amount(service.duration)],
      ["count", service.count], ["strength", service.strength], ["refills", service.refills], ["days supply", service.days_supply], ["date of service", service.date_of_service],
      ["limits", (service.limits || []).map((one) => amount(one.amount || one)).filter(Boolean).join("; ")],
      ["trust", typeof service.trust === "object" ? service.trust?.score ?? service.trust?.probability : service.trust],
    ];
    const button = el("button", { type: "button", "aria-pressed": "false", onclick: () => choose(chosen === service.id ? null : service.id) }, `${number}. ${service.text.replace(/\s+/g, " ")}`);
    const cited = (service.citations || []).map((one) => el("li", {}, el("a", { href: link(one.id) }, `${one.party === "reviewer" ? "Reviewer" : "Administrator"}: ${one.authority}`),
      ` ${[one.canonical_title || one.title, one.year, (one.sections || []).join("; ")].filter(known).join(", ")}${one.outside_mtus ? " (outside MTUS)" : ""}`));
    const roles = Object.entries((service.rationale || []).reduce((all, one) => ({ ...all, [one.role]: (all[one.role] || 0) + 1 }), {}));
    const themes = [...new Set((service.rationale || []).map((one) => one.theme).filter(known))];
    return el("article", { class: "card", "data-id": service.id, "data-decision": service.decision },
      el("h2", {}, button), el("span", { class: "badge" }, service.decision || "no decision found"),
      el("dl", {}, facts.flatMap(([name, value]) => pair(name, known(value) ? String(value) : null)),
        pair("reasons", roles.map(([role, count]) => `${role} ${count}`).join(", ")), pair("gap themes", themes.map(words).join(", ")),
        (service.concepts || []).flatMap((one) => pair("concept", concept(one)))),
      cited.length ? el("ul", { "aria-label": "Citations" }, cited) : null);
  };

  // --- page ---------------------------------------------------------------------------------------------------------
  const single = $("embedded");
  let all = null; // letters inside the page (imr-nlp show)
  const link = (id) => `#${letter.id}/${id}`;

  const header = () => {
    const { record } = letter;
    const { case: about = {}, patient = {}, reviewer = {}, source } = record;
    const name = about.case_number || source.path || "Letter";
    $("name").textContent = visible(name);
    document.title = `${visible(name)}: IMR letter`;
    $("sum").textContent = visible(letter.summary);
    const place = (field) => { const at = (record.facts || []).findIndex((one) => one.name === field); return at < 0 ? null : `F${at + 1}`; };
    const facts = [
      ["File", source.path + (source.part ? `, letter ${source.part.number} of ${source.part.count}` : "")], ["Injured", about.date_of_injury, "date_of_injury"], ["Denied", about.ur_denial_date, "ur_denial_date"],
      ["Applied", about.application_received, "application_received"], ["Assigned", about.date_assigned, "date_assigned"], ["Decided", about.decision_date, "decision_date"],
      ["Priority", about.priority, "priority"], ["Worker", [patient.age, patient.sex].filter(known).join(", "), "age"], ["Reviewer", (reviewer.specialties || []).join(", "), "specialties"],
      ["Licensed in", (reviewer.states || []).join(", "), "states"], ["Layout", source.layout],
    ];
    $("facts").replaceChildren(...facts.filter(([, value]) => known(value)).map(([title, value, field]) => {
      const at = field && place(field);
      return el("div", {}, el("dt", {}, title), el("dd", {}, at ? el("a", { href: link(at) }, value) : value));
    }));
    const warnings = record.warnings || [];
    $("warnings").hidden = !warnings.length;
    $("warnings").replaceChildren(el("ul", {}, warnings.map((one, at) => {
      const target = [`W${at + 1}`, `W${at + 1}-1`].find((id) => items.has(id));
      return el("li", {}, el("strong", {}, one.code), one.severity ? ` (${one.severity})` : "", `: ${one.message} `, target ? el("a", { href: link(target) }, "show") : null);
    })));
  };

  const legend = () => {
    const count = {};
    for (const one of letter.record.entities || []) count[one.label] = (count[one.label] || 0) + 1;
    const box = (title, mark, checked, change) => {
      const input = el("input", { type: "checkbox", checked });
      input.addEventListener("change", () => change(input.checked));
      return el("label", {}, input, mark, title);
    };
    const labels = Object.entries(LABELS).filter(([label]) => count[label]).map(([label, title]) => {
      const mark = el("i");
      mark.style.background = `var(--l-${label})`;
      return box(`${title} ${count[label]}`, mark, !off.has(label), (on) => {
        if (on) off.delete(label);
        else off.add(label);
        colour(label);
      });
    });
    const roles = Object.entries(ROLES).filter(([role]) => (letter.record.services || []).some((service) => (service.rationale || []).some((one) => one.role === role)));
    const marks = roles.map(([role, title]) => el("span", { class: "role", "data-role": role }, el("i"), title));
    $("toggles").replaceChildren(...labels, ...(marks.length ? [box("Sentences:", "", !document.body.classList.contains("off-roles"), (on) => document.body.classList.toggle("off-roles", !on)), ...marks] : []));
    $("arrows").closest("label").hidden = ![...items.values()].some((one) => one.kind === "cue");
  };

  const neighbours = (previous, next) => {
    for (const [name, id] of [["previous", previous], ["next", next]]) {
      $(name).hidden = !id;
      if (id) $(name).href = `#${id}`;
    }
  };

  const files = async (id) => {
    const index = await imr.part("index");
    const at = index.letters.indexOf(id);
    if (at < 0) throw new Error("This report has no such letter.");
    const part = await imr.part(`letters-${Math.floor(at / index.a_part)}`);
    return { letter: part[at % index.a_part], previous: index.letters[at - 1], next: index.letters[at + 1] };
  };
  const embedded = async (id) => {
    all ??= await imr.unpack(single.textContent);
    const at = Math.max(0, all.findIndex((one) => one.id === id));
    return { letter: all[at], previous: all[at - 1]?.id, next: all[at + 1]?.id };
  };
  const server = (id) => imr.ask(`api/letter/${encodeURIComponent(id)}`);

  let shown = null;
  const open = async () => {
    const [id, target] = location.hash.slice(1).split("/").map(decodeURIComponent);
    if (!id && !single) throw new Error("Choose a letter from the list of letters.");
    if (shown === null || (id && id !== shown)) {
      const found = await (single ? embedded : imr.server ? server : files)(id);
      letter = found.letter;
      shown = letter.id;
      items = collect(letter.record);
      close();
      draw();
      header();
      legend();
      $("cards").replaceChildren(...(letter.record.services || []).map((service, at) => card(service, at + 1)));
      choose(null);
      neighbours(found.previous, found.next);
      arrows(); // when all that stands above the text is there
      if (!target) scrollTo(0, 0);
    }
    imr.fine();
    if (target) point(target);
    root.dataset.ready = shown;
  };

  const point = (target) => {
    $("text").querySelectorAll(".here").forEach((one) => one.classList.remove("here"));
    const range = /^(\d+)-(\d+)$/.exec(target);
    if (range) {
      items.set("X1", { id: "X1", kind: "place", title: "Place", start: Number(range[1]), end: Number(range[2]), of: {}, services: new Set() });
      draw();
      choose(chosen, false);
      arrows();
    }
    const id = range ? "X1" : target;
    const service = letter.record.services?.some((one) => one.id === id);
    if (service) choose(id);
    const found = [...pieces(id)];
    if (!service) found.forEach((one) => one.classList.add("here"));
    found[0]?.scrollIntoView({ block: "center" });
    if (!service && !found.length && letter.text !== null) imr.fail(new Error("This letter has no such place."));
    if (!service && found[0]?.tabIndex === 0) found[0].focus({ preventScroll: true });
  };

  const text = $("text");
  const over = (event) => event.target.closest("[data-ids]");
  text.addEventListener("pointerover", (event) => { const one = over(event); if (one?.matches("mark, .fact, .warned, .cue") && !pinned && event.pointerType === "mouse") detail(one, false); });
  text.addEventListener("pointerout", () => { if (!pinned) close(); });
  text.addEventListener("click", (event) => { const one = over(event); if (one) { detail(one, true); event.stopPropagation(); } });
  text.addEventListener("focusin", (event) => { const one = over(event); if (one) detail(one, false); });
  text.addEventListener("focusout", () => { if (!pinned) close(); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { const one = over(event); if (one) { event.preventDefault(); detail(one, true); } }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") { if ($("detail").hidden) choose(null); else close(); } });
  document.addEventListener("click", (event) => { if (!event.target.closest("#detail")) close(); });
  $("arrows").addEventListener("change", () => arrows());
  addEventListener("resize", () => { if (letter) arrows(); });
  addEventListener("hashchange", () => open().catch(imr.fail));
  open().catch(imr.fail);
})();
