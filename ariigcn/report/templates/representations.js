// The representation view: one canvas a stage, with zoom, groups to hide, and linked marks.
(() => {
  "use strict";
  const store = document.getElementById("representation-data");
  if (!store) return;
  const view = document.getElementById("representation-view");
  const legend = document.getElementById("node-legend");
  const note = document.getElementById("node");
  const hint = matchMedia("(hover: none)").matches
    ? "Zoom with the buttons; drag sideways to move; a tap opens the utterance if the page holds its dialogue."
    : note.textContent;
  note.textContent = hint;
  const OTHERS = 8; // the grey category
  const NAMED_SPEAKERS = 8; // colours that can be told apart; the rest are "others"
  let data; // the columns; see ariigcn/report/conversations.py
  let panels = [];
  let groups = []; // name, category, nodes' count, hidden
  let groupOf = []; // node -> index into groups
  let marked = -1; // utterance

  function load() {
    if (data) return;
    data = JSON.parse(store.textContent);
    store.remove();
    panels = [...view.querySelectorAll("canvas")].map((canvas, s) => makePanel(canvas, data.stages[s].point));
    group();
  }

  // Groups by color

  function group() {
    const by = view.querySelector("[name=color-by]:checked").value;
    const named = {
      emotion: () => [data.labels, (u) => data.emotion[u], data.categories],
      modality: () => [data.modalities, null, [0, 1, 2]],
      speaker: () => [
        [...data.speakers.slice(0, NAMED_SPEAKERS), "others"],
        (u) => Math.min(data.speaker[u], NAMED_SPEAKERS),
        [0, 1, 2, 3, 4, 5, 6, 7, OTHERS],
      ],
    }[by]();
    const [names, ofUtterance, categories] = named;
    groups = names.map((name, g) => ({ name, category: categories[g], count: 0, hidden: false }));
    groups.push({ name: "no label", category: OTHERS, count: 0, hidden: false });
    groupOf = data.utterance.map((u, p) => {
      const at = ofUtterance ? ofUtterance(u) : data.modality[p];
      return at < 0 ? names.length : at;
    });
    for (const at of groupOf) groups[at].count++;
    legend.replaceChildren(...groups.filter(({ count }) => count).map(toggle));
    draw();
  }

  function toggle(entry) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `category-${entry.category}`;
    made.textContent = `${entry.name} ${entry.count.toLocaleString("en")}`;
    made.setAttribute("aria-pressed", true);
    made.addEventListener("click", () => {
      entry.hidden = !entry.hidden;
      made.setAttribute("aria-pressed", !entry.hidden);
      draw();
    });
    return made;
  }

  // Drawing

  function makePanel(canvas, point) {
    const panel = { canvas, point, zoom: 1, x: 0, y: 0 }; // x and y: the middle, in units of data
    canvas.addEventListener("pointermove", (event) => (event.buttons ? drag(panel, event) : mark(panel, event)));
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointerleave", () => show(-1));
    canvas.addEventListener("click", (event) => visit(panel, event));
    canvas.addEventListener("dblclick", () => scale(panel, 2));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // a wheel alone scrolls the page
      event.preventDefault();
      scale(panel, event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => key(panel, event));
    new ResizeObserver(() => drawPanel(panel)).observe(canvas);
    return panel;
  }

  const side = (panel) => panel.canvas.clientWidth;
  const unit = (panel) => (panel.zoom * side(panel)) / 2160; // pixels for a per mille, with a margin
  const place = (panel, p) => [
    side(panel) / 2 + (panel.point[2 * p] - panel.x) * unit(panel),
    side(panel) / 2 - (panel.point[2 * p + 1] - panel.y) * unit(panel),
  ];

  function draw() {
    panels.forEach(drawPanel);
  }

  function drawPanel(panel) {
    const { canvas } = panel;
    const ratio = devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(side(panel) * ratio);
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(view);
    const radius = (data.utterance.length > 1000 ? 2.2 : 3) * Math.min(2, Math.sqrt(panel.zoom));
    pen.scale(ratio, ratio);
    pen.globalAlpha = marked < 0 ? 0.75 : 0.3;
    groups.forEach((entry, g) => {
      if (entry.hidden) return;
      pen.fillStyle = style.getPropertyValue(`--category-${entry.category}`);
      pen.beginPath();
      for (let p = 0; p < groupOf.length; p++) if (groupOf[p] === g) dot(pen, place(panel, p), radius);
      pen.fill();
    });
    pen.globalAlpha = 1;
    pen.strokeStyle = style.getPropertyValue("--ink");
    for (let p = 0; p < groupOf.length; p++) {
      if (data.utterance[p] !== marked || groups[groupOf[p]].hidden) continue;
      pen.fillStyle = style.getPropertyValue(`--category-${groups[groupOf[p]].category}`);
      pen.beginPath();
      dot(pen, place(panel, p), radius + 2);
      pen.fill();
      pen.stroke();
    }
  }

  function dot(pen, [x, y], radius) {
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }

  // Pointer and keys

  function nearest(panel, event) {
    let best = -1;
    let least = 100; // within ten pixels
    for (let p = 0; p < groupOf.length; p++) {
      if (groups[groupOf[p]].hidden) continue;
      const [x, y] = place(panel, p);
      const distance = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (distance < least) [best, least] = [p, distance];
    }
    return best;
  }

  function mark(panel, event) {
    show(nearest(panel, event));
  }

  function show(p) {
    const utterance = p < 0 ? -1 : data.utterance[p];
    note.textContent = p < 0 ? hint : [
      data.id[utterance],
      data.speakers[data.speaker[utterance]],
      data.labels[data.emotion[utterance]] ?? "no label",
      data.modalities[data.modality[p]],
    ].join(" · ");
    if (utterance === marked) return;
    marked = utterance;
    draw();
  }

  function drag(panel, event) {
    panel.x -= event.movementX / unit(panel);
    panel.y += event.movementY / unit(panel);
    panel.dragged = (panel.dragged ?? 0) + Math.abs(event.movementX) + Math.abs(event.movementY);
    drawPanel(panel);
  }

  function visit(panel, event) {
    const moved = panel.dragged > 4;
    panel.dragged = 0;
    const p = nearest(panel, event);
    if (!moved && p >= 0) location.hash = `#u-${encodeURIComponent(data.id[data.utterance[p]])}`;
  }

  function scale(panel, by) {
    if (by) panel.zoom = Math.min(40, Math.max(1, panel.zoom * by));
    if (!by || panel.zoom === 1) [panel.zoom, panel.x, panel.y] = [1, 0, 0];
    drawPanel(panel);
  }

  function key(panel, event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const zooms = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0 };
    if (event.key in moves) {
      panel.x += (200 * moves[event.key][0]) / panel.zoom;
      panel.y += (200 * moves[event.key][1]) / panel.zoom;
      drawPanel(panel);
    } else if (event.key in zooms && !event.ctrlKey) {
      scale(panel, zooms[event.key]);
    } else return;
    event.preventDefault();
  }

  view.querySelector(".choice").addEventListener("change", () => (load(), group()));
  for (const button of view.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => panels.forEach((panel) => scale(panel, Number(button.dataset.zoom))));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => data && draw());
  addEventListener("beforeprint", () => (load(), draw()));

  whenNear(view, load);
})();
