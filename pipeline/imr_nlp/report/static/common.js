// Shared by all pages: data, text made safe to show, tables, colours. Nothing here makes markup from data.
"use strict";
(() => {
  const root = document.documentElement;
  const waiting = new Map();

  // Data parts are scripts that call imr.push(name, packed): browsers refuse fetch on file://.
  const imr = (window.imr = {
    server: root.dataset.mode === "server",
    push(name, packed) {
      waiting.get(name)?.(packed);
    },
  });

  imr.script = (source) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${source} is missing; copy the report's folder as a whole`));
      document.head.append(script);
    });

  imr.unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (byte) => byte.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  const parts = new Map();
  imr.part = (name) => {
    if (!parts.has(name)) {
      const packed = new Promise((resolve) => waiting.set(name, resolve));
      parts.set(name, imr.script(`data/${name}.js`).then(() => packed).then(imr.unpack));
    }
    return parts.get(name);
  };

  imr.ask = async (path) => {
    const answer = await fetch(path, { cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.text()) || `${answer.status}`);
    return answer.json();
  };

  // Characters that would steer the text around them are shown as their code point.
  // The list is that of imr_nlp.text.visible; a test compares both.
  const steering = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
  imr.visible = (text) =>
    String(text ?? "").replace(steering, (c) => `‹U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`);

  imr.el = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : imr.visible(child));
    }
    return element;
  };

  // As imr_nlp.report.html.words: values that records write with underscores get spaces.
  imr.words = (value) => (value === "dmepos" ? "DMEPOS" : value === String(value).toLowerCase() ? value.replaceAll("_", " ") : value);
  imr.number = (value) => (typeof value === "number" ? value.toLocaleString("en-US") : "");
  imr.plural = (count, noun) => `${imr.number(count)} ${noun}${count === 1 ? "" : "s"}`;

  // --- CSV ----------------------------------------------------------------------------------------------------------
  // A spreadsheet must not take a cell for a formula; numbers stay numbers.
  const cell = (value) => {
    let text = imr.visible(value);
    if (/^[=+\-@\t\r']/.test(text) && !/^-?\d+(\.\d+)?%?$/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  imr.csv = (rows) => rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  imr.download = (name, rows) => {
    const address = URL.createObjectURL(new Blob(["\ufeff", imr.csv(rows)], { type: "text/csv;charset=utf-8" }));
    const link = imr.el("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };

  // --- tables that sort, filter and download ------------------------------------------------------------------------
  const raw = (row, column) => {
    const found = row.cells[column];
    return found.dataset.sort ?? found.textContent.trim();
  };
  const compare = (a, b) => {
    const [x, y] = [a, b].map((value) => (value === "" ? NaN : Number(value)));
    if (!Number.isNaN(x) || !Number.isNaN(y)) return (Number.isNaN(x) ? -Infinity : x) - (Number.isNaN(y) ? -Infinity : y);
    return a.localeCompare(b);
  };

  imr.table = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const first = Number(table.dataset.first || 0);
    const tools = imr.el("div", { class: "tools" });
    let all = !first || rows.length <= first;
    let words = "";
    const status = imr.el("span", { class: "soft", role: "status" });

    const draw = () => {
      const kept = rows.filter((row) => row.textContent.toLowerCase().includes(words));
      rows.forEach((row) => (row.hidden = true));
      kept.forEach((row, at) => (row.hidden = !all && !words && at >= first));
      status.textContent = words ? `${kept.length} of ${rows.length} rows` : "";
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = imr.el("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "descending" || (!head.ariaSort && !head.classList.contains("n"));
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        rows.sort((a, b) => (up ? 1 : -1) * compare(raw(a, column), raw(b, column)));
        body.append(...rows);
        draw();
      });
    });
    const title = table.caption?.textContent.trim() || "table";
    if (rows.length > 8) {
      tools.append(
        imr.el("input", { type: "search", placeholder: "Filter rows", "aria-label": `Filter rows: ${title}`,
          oninput: (event) => { words = event.target.value.trim().toLowerCase(); draw(); } }),
      );
    }
    if (!all) {
      const more = imr.el("button", { type: "button", "aria-expanded": "false" }, `Show all ${rows.length}`);
      more.addEventListener("click", () => {
        all = !all;
        more.setAttribute("aria-expanded", String(all));
        more.textContent = all ? `Show first ${first}` : `Show all ${rows.length}`;
        draw();
      });
      tools.append(more);
    }
    tools.append(
      imr.el("button", { type: "button", "aria-label": `Download CSV: ${title}`, onclick: () => {
        const head = [...table.tHead.rows[0].cells].map((one) => one.textContent.trim());
        const kept = rows.filter((row) => !words || !row.hidden);
        imr.download(`${table.dataset.name || "table"}.csv`, [head, ...kept.map((row) => [...row.cells].map((one) => one.dataset.csv ?? one.textContent.trim()))]);
      } }, "CSV"),
      status,
    );
    (table.closest(".scroll") || table).before(tools);
    addEventListener("beforeprint", () => rows.forEach((row) => (row.hidden = false)));
    addEventListener("afterprint", draw);
    draw();
  };

  // --- light and dark -----------------------------------------------------------------------------------------------
  const stored = (() => { try { return localStorage.getItem("imr-theme"); } catch { return null; } })();
  if (stored === "light" || stored === "dark") root.dataset.theme = stored;
  imr.dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const toggle = document.getElementById("theme");
  const name = () => toggle && (toggle.textContent = imr.dark() ? "Light" : "Dark");
  toggle?.addEventListener("click", () => {
    root.dataset.theme = imr.dark() ? "light" : "dark";
    try { localStorage.setItem("imr-theme", root.dataset.theme); } catch { /* a browser may refuse storage */ }
    name();
  });
  name();

  imr.fine = () => { document.getElementById("problem").hidden = true; };
  imr.fail = (error) => {
    const place = document.getElementById("problem");
    place.hidden = false;
    place.textContent = imr.visible(error.message || error);
  };
})();
