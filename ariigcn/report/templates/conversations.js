// The conversation view: filters, the list of dialogues, and one dialogue at a time.
(() => {
  "use strict";
  const element = (id) => document.getElementById(id);
  const store = element("conversation-data");
  if (!store) return;
  const view = element("conversation-view");
  const form = view.querySelector("form");
  const [list, lines, reading, scale, printed] = ["dialogues", "utterances", "reading", "scale", "printed"].map(element);
  const AT_ONCE = 24; // dialogues added to the list at a time
  const POINT = matchMedia("(hover: none)").matches ? "Tap" : "Point at";
  const HINT = `${POINT} an utterance, or move to its number, to see what it read.`;
  let data; // the columns; see ariigcn/report/conversations.py
  let rowOf; // utterance's id -> its row
  let haystack; // what a search looks at, a string an utterance
  let hit; // 1 for each utterance that passes the filters
  let found = []; // dialogues with such an utterance
  let listed = 0; // how many of them are in the list
  let opened = -1; // the dialogue on show
  let filtering = false;
  let last = -1; // the utterance last gone to: a button that is pressed has taken the focus from it

  const create = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const count = (number, what, plural = `${what}s`) => `${number.toLocaleString("en")} ${number === 1 ? what : plural}`;
  const percent = (perMille) => `${Math.round(perMille / 10)}\u00a0%`;
  const tenths = (perMille) => `${(perMille / 10).toFixed(1)}\u00a0%`;
  const rows = (d) => Array.from({ length: data.start[d + 1] - data.start[d] }, (_, k) => data.start[d] + k);
  const isWrong = (i) => data.emotion[i] >= 0 && data.predicted[i] >= 0 && data.emotion[i] !== data.predicted[i];
  const score = (all) => {
    const labelled = all.filter((i) => data.emotion[i] >= 0);
    return `${labelled.filter((i) => !isWrong(i)).length} of ${labelled.length} right`;
  };
  const speaker = (i) => data.speakers[data.speaker[i]];
  const category = (emotion) => (emotion < 0 ? "category-none" : `category-${data.categories[emotion]}`);
  const color = (emotion) => (emotion < 0 ? "var(--rule)" : `var(--category-${data.categories[emotion]})`);

  function dialogueOf(row) {
    let low = 0;
    let high = data.dialogue.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.start[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function load() {
    if (data) return;
    data = JSON.parse(store.textContent);
    store.remove();
    rowOf = new Map(data.id.map((id, i) => [id, i]));
    const names = data.speakers.map((name, s) => new Option(name, s));
    form.elements.speaker.append(...names);
    filter();
    setTimeout(prepareSearch);
  }

  function prepareSearch() {
    haystack ??= data.id.map((id, i) => `${id}\n${speaker(i)}\n${data.text ? data.text[i] : ""}`.toLowerCase());
  }

  // Filters and the list of dialogues

  function filter() {
    const began = performance.now();
    const field = (name) => form.elements[name]?.value ?? "";
    const query = field("query").trim().toLowerCase();
    const [emotion, predicted, who, split] = ["emotion", "predicted", "speaker", "split"].map(
      (name) => (field(name) === "" ? -1 : Number(field(name))),
    );
    const wrong = form.elements.wrong.checked;
    filtering = Boolean(query) || wrong || [emotion, predicted, who, split].some((value) => value >= 0);
    if (query) prepareSearch();
    hit = new Uint8Array(data.id.length);
    found = [];
    for (let d = 0; d < data.dialogue.length; d++) {
      if (split >= 0 && data.split[d] !== split) continue;
      let hits = 0;
      for (let i = data.start[d]; i < data.start[d + 1]; i++) {
        if (emotion >= 0 && data.emotion[i] !== emotion) continue;
        if (predicted >= 0 && data.predicted[i] !== predicted) continue;
        if (who >= 0 && data.speaker[i] !== who) continue;
        if (wrong && !isWrong(i)) continue;
        if (query && !haystack[i].includes(query)) continue;
        hit[i] = 1;
        hits++;
      }
      if (hits) found.push({ dialogue: d, hits });
    }
    showFound();
    performance.measure("conversation filter", { start: began });
  }

  function showFound() {
    const utterances = found.reduce((sum, { hits }) => sum + hits, 0);
    const text = `${count(utterances, "utterance")} in ${count(found.length, "dialogue")}`;
    element("found").textContent = found.length ? text : "No utterance passes these filters.";
    view.querySelector(".panes").hidden = !found.length;
    list.replaceChildren();
    listed = 0;
    listMore();
    list.scrollTop = 0;
    const stays = found.some(({ dialogue }) => dialogue === opened);
    if (found.length) open(stays ? opened : found[0].dialogue);
  }

  function listMore(upTo = listed + AT_ONCE) {
    list.append(...found.slice(listed, upTo).map(option));
    listed = Math.max(listed, Math.min(upTo, found.length));
  }

  function option({ dialogue, hits }) {
    const all = rows(dialogue);
    const made = create("div", "option");
    made.id = `dialogue-${dialogue}`;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", dialogue === opened);
    const told = filtering ? count(hits, "match", "matches") : score(all);
    made.append(create("span", "name", data.dialogue[dialogue]), create("span", "told", told));
    // Above the true emotions, below the predicted ones: where the halves differ, it is wrong.
    const strip = create("span", "strip");
    const band = (column) => {
      const stops = all.map((i, k) => `${color(column[i])} ${(100 * k) / all.length}% ${(100 * (k + 1)) / all.length}%`);
      return `linear-gradient(90deg, ${stops.join(",")})`;
    };
    strip.style.backgroundImage = `${band(data.emotion)}, ${band(data.predicted)}`;
    made.append(strip);
    return made;
  }

  // One dialogue

  function open(dialogue) {
    const changed = opened !== dialogue;
    opened = dialogue;
    const all = rows(dialogue);
    element("dialogue-title").textContent = data.dialogue[dialogue];
    element("dialogue-facts").textContent = [
      data.splits[data.split[dialogue]],
      count(all.length, "utterance"),
      score(all),
    ].join(" · ");
    view.querySelector("#dialogue .steps").hidden = !filtering;
    lines.replaceChildren(...all.map(line));
    if (changed) {
      element("dialogue").scrollTop = 0;
      last = -1;
    }
    read(-1);
    for (const other of list.querySelectorAll("[aria-selected=true]")) other.setAttribute("aria-selected", false);
    const chosen = element(`dialogue-${dialogue}`);
    chosen?.setAttribute("aria-selected", true);
    if (chosen) list.setAttribute("aria-activedescendant", chosen.id);
    else list.removeAttribute("aria-activedescendant");
  }

  function line(i) {
    const made = create("li", `utterance${isWrong(i) ? " wrong" : ""}${filtering && !hit[i] ? " other" : ""}`);
    made.id = `u-${data.id[i]}`;
    made.dataset.row = i;
    const link = create("a", "position", i - data.start[opened] + 1);
    link.href = `#u-${encodeURIComponent(data.id[i])}`;
    link.setAttribute("aria-label", `Utterance ${link.textContent}`);
    link.setAttribute("aria-describedby", "reading");
    const said = create("div", "said");
    said.append(create("span", "speaker", speaker(i)), words(i));
    made.append(link, said, judged(i), bars(i), create("span", "share"));
    return made;
  }

  function words(i) {
    const text = data.text ? data.text[i] : data.id[i];
    const made = create("p", data.text ? "" : "withheld");
    made.dir = "auto";
    const query = form.elements.query.value.trim().toLowerCase();
    const at = query && hit[i] ? text.toLowerCase().indexOf(query) : -1;
    if (at < 0) made.textContent = text;
    else made.append(text.slice(0, at), create("mark", "", text.slice(at, at + query.length)), text.slice(at + query.length));
    return made;
  }

  function judged(i) {
    const made = create("div", "judged");
    const name = (emotion, none) => create("span", `emotion ${category(emotion)}`, data.labels[emotion] ?? none);
    made.append(name(data.emotion[i], "no label"));
    if (data.emotion[i] === data.predicted[i]) {
      made.append(create("span", "unseen", ", predicted right"));
    } else {
      const instead = create("span", "instead", "predicted ");
      instead.append(name(data.predicted[i], "nothing"));
      made.append(" ", instead);
    }
    return made;
  }

  const probabilities = (i) =>
    data.labels.map((label, c) => ({ label, emotion: c, share: data.probability[i * data.labels.length + c] }));

  function bars(i) {
    const made = create("span", "bars");
    const shares = probabilities(i);
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", shares.map(({ label, share }) => `${label} ${percent(share)}`).join(", "));
    for (const { emotion, share } of shares) {
      const bar = create("span", category(emotion));
      bar.style.setProperty("--height", `${share / 10}%`);
      made.append(bar);
    }
    return made;
  }

  // Mark what an utterance's graph node read; -1 clears.
  function read(i) {
    for (const marked of lines.querySelectorAll(".read, .reader")) {
      marked.classList.remove("read", "reader");
      marked.querySelector(".share").textContent = "";
    }
    reading.textContent = HINT;
    scale.toggleAttribute("data-off", true);
    if (i < 0) return;
    element(`u-${data.id[i]}`).classList.add("reader");
    const likely = probabilities(i).sort((a, b) => b.share - a.share).slice(0, 3);
    const position = (row) => (row === i ? "itself" : `${row - data.start[opened] + 1}`);
    const sources = [];
    for (let k = i * data.sources; k < (i + 1) * data.sources && data.weight[k]; k++) {
      sources.push({ row: i + data.source[k], share: data.weight[k] });
    }
    // The tint goes from the least source to the most, so that differences show; both ends are told.
    const even = 1000 / Math.max(data.reach[i], 1);
    const shares = sources.map(({ share }) => share);
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    const tint = (share) => (most - least < even / 10 ? 0.5 : (share - least) / (most - least));
    if (sources.length) {
      scale.querySelector(".from").textContent = tenths(least);
      scale.querySelector(".to").textContent = tenths(most);
      scale.toggleAttribute("data-off", false);
    }
    for (const { row, share } of sources) {
      const marked = element(`u-${data.id[row]}`);
      marked.classList.add("read");
      marked.style.setProperty("--share", tint(share));
      marked.querySelector(".share").textContent = tenths(share);
    }
    const told = likely.map(({ label, share }) => `${label} ${percent(share)}`).join(", ");
    const strongest = sources.slice(0, 3).map(({ row, share }) => `${position(row)} (${tenths(share)})`).join(", ");
    const attention = sources.length ? `Reads most from ${strongest}; an even share is ${tenths(even)}.` : "No graph read anything.";
    reading.textContent = `${i - data.start[opened] + 1}: ${told}. ${attention}`;
  }

  function onPaper(dialogue) {
    const all = rows(dialogue);
    const made = create("section");
    const body = create("tbody");
    for (const i of all) {
      const row = create("tr");
      const judgement = judged(i);
      judgement.className = isWrong(i) ? "judged wrong" : "judged";
      const cells = [String(i - data.start[dialogue] + 1), speaker(i), data.text ? data.text[i] : data.id[i], judgement];
      for (const cell of cells) {
        const at = create("td");
        at.append(cell);
        row.append(at);
      }
      body.append(row);
    }
    const table = create("table");
    table.append(body);
    made.append(create("h3", "", `${data.dialogue[dialogue]}: ${score(all)}`), table);
    return made;
  }

  function go(i) {
    const dialogue = dialogueOf(i);
    if (dialogue !== opened) {
      const place = found.findIndex((entry) => entry.dialogue === dialogue);
      if (place >= listed) listMore(place + AT_ONCE);
      open(dialogue);
      element(`dialogue-${dialogue}`)?.scrollIntoView({ block: "nearest" });
    }
    view.querySelector(".panes").hidden = false;
    const target = element(`u-${data.id[i]}`);
    target.scrollIntoView({ block: "center" });
    target.querySelector(".position").focus({ preventScroll: true });
  }

  function follow() {
    if (!location.hash.startsWith("#u-")) return;
    load();
    const id = decodeURIComponent(location.hash.slice(3));
    if (rowOf.has(id)) go(rowOf.get(id));
    else element("found").textContent = `${id} is not among the dialogues of this page.`;
  }

  const rowAt = (event) => {
    const at = event.target.closest(".utterance");
    return at ? Number(at.dataset.row) : -1;
  };
  const focused = () => Number(lines.querySelector(".utterance:focus-within")?.dataset.row ?? -1);

  function step(by) {
    for (let i = (last < 0 ? data.start[opened] - (by > 0) + (by < 0) : last) + by; i >= 0 && i < hit.length; i += by) {
      if (hit[i]) return go(i);
    }
    return undefined;
  }

  form.addEventListener("input", () => (load(), filter()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => (load(), filter())));
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest(".option");
    if (chosen) open(Number(chosen.id.slice("dialogue-".length)));
  });
  list.addEventListener("scroll", () => {
    if (list.scrollTop + list.clientHeight > list.scrollHeight - 200) listMore();
  }, { passive: true });
  list.addEventListener("keydown", (event) => {
    const place = found.findIndex(({ dialogue }) => dialogue === opened);
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: found.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next >= listed) listMore(next + AT_ONCE);
    if (found[next]) open(found[next].dialogue);
    element(`dialogue-${opened}`)?.scrollIntoView({ block: "nearest" });
  });
  lines.addEventListener("pointerover", (event) => read(rowAt(event)));
  lines.addEventListener("pointerleave", () => read(focused()));
  lines.addEventListener("focusin", (event) => read((last = rowAt(event))));
  lines.addEventListener("focusout", () => read(-1));
  lines.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = element(`u-${data.id[focused() + by]}`);
    if (!by || !next) return;
    event.preventDefault();
    next.querySelector(".position").focus();
  });
  element("next-match").addEventListener("click", () => step(1));
  element("previous-match").addEventListener("click", () => step(-1));
  addEventListener("hashchange", follow);
  // On paper every dialogue that passes the filters stands, one below the other.
  addEventListener("beforeprint", () => {
    load();
    printed.replaceChildren(...found.map(({ dialogue }) => onPaper(dialogue)));
  });
  addEventListener("afterprint", () => printed.replaceChildren());

  whenNear(view, load);
  // After the browser has gone to the fragment by itself, which takes the focus away.
  addEventListener("load", () => setTimeout(follow));
})();
