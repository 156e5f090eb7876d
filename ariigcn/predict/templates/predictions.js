"use strict";
// A click on an utterance, in a lane or in the list, shows its probabilities and moves the player there; the
// player marks the utterance that it plays. Without this script the page's links still lead to the rows.
(() => {
const player = document.querySelector(".player");
const sections = [...document.querySelectorAll("section")].map((section) => ({
  length: Number(section.dataset.length),
  rows: [...section.querySelectorAll("tbody tr")],
  panel: section.querySelector(".chosen"),
  list: section.querySelector(".wide"),
  tracks: [...section.querySelectorAll(".track")],
}));
document.body.classList.add("scripted");
if (player) document.body.classList.add("listening");

const sectionOf = (row) => sections.find((section) => section.rows.includes(row));
const made = (tag, text = "", name = "") => Object.assign(document.createElement(tag), { textContent: text, className: name });

// One line an emotion, the most probable first; the row's own bar holds names, shares and colours.
function bars(row) {
  const list = made("dl");
  const shares = [...row.querySelectorAll(".bar span")].map((part) => ({
    name: part.dataset.name, percent: part.dataset.percent, width: part.style.width, colour: part.style.background,
  }));
  for (const { name, percent, width, colour } of shares.sort((a, b) => parseFloat(b.width) - parseFloat(a.width))) {
    const bar = made("dd", "", "share"), fill = made("span");
    Object.assign(fill.style, { width, background: colour });
    bar.append(fill);
    list.append(made("dt", name), bar, made("dd", `${percent} %`));
  }
  return list;
}

// Show a row's probabilities and mark it, in the list and in its lane.
function show(row) {
  const { panel } = sectionOf(row);
  for (const before of document.querySelectorAll("tr[aria-current], .track a[aria-current]")) before.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  document.querySelector(`.track a[href="#${row.id}"]`).setAttribute("aria-current", "true");
  const [time, who] = row.cells, words = row.querySelector(".said").textContent, line = made("p");
  const when = row.dataset.start === undefined ? "" : `, ${time.textContent.trim()} s`;
  const name = made("strong");
  name.append(made("bdi", who.textContent), when);
  line.append(name, words ? ": " : "", made("bdi", words));
  panel.replaceChildren(line, bars(row));
  panel.hidden = false;
}

// The list is a box of its own where there is a player; only that box is scrolled.
function reveal(row) {
  const { list } = sectionOf(row);
  const box = list.getBoundingClientRect(), own = row.getBoundingClientRect();
  if (own.top < box.top || own.bottom > box.bottom) list.scrollTop += own.top - box.top - box.height / 3;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#u']");
  if (!link && event.target.closest("summary")) return;
  const row = link ? document.getElementById(link.hash.slice(1)) : event.target.closest("tbody tr");
  if (!row) return;
  event.preventDefault();
  show(row);
  if (link && link.closest("details")) row.scrollIntoView({ block: "nearest" });
  else if (player) reveal(row);
  if (player && row.dataset.start !== undefined) player.currentTime = Number(row.dataset.start) + 0.001;
});

function follow() {
  const now = player.currentTime;
  for (const { length, rows, tracks, panel } of sections) {
    panel.setAttribute("aria-live", player.paused ? "polite" : "off");
    for (const track of tracks) {
      let mark = track.querySelector(".now");
      if (!length) continue;
      if (!mark) track.append((mark = made("span", "", "now")));
      mark.style.left = `${Math.min(100, (100 * now) / length)}%`;
    }
    for (const row of rows) {
      const playing = Number(row.dataset.start) <= now && now < Number(row.dataset.end);
      if (playing && !row.classList.contains("playing") && !player.paused) { show(row); reveal(row); }
      row.classList.toggle("playing", playing);
    }
  }
}
if (player) for (const name of ["timeupdate", "seeked", "play"]) player.addEventListener(name, follow);

const asked = document.getElementById(location.hash.slice(1));
if (asked && asked.matches("tbody tr")) show(asked);
// Within another page, the frame is made as high as what it holds, and needs no bar to scroll by.
if (document.body.classList.contains("embedded")) {
  const whole = document.documentElement;
  whole.style.overflow = "hidden";
  new ResizeObserver(() => parent.postMessage({ ariigcnHeight: whole.offsetHeight }, "*")).observe(whole);
}
if (player) player.addEventListener("error", () =>
  player.after(made("p", "This browser cannot play the recording. Its emotions are below all the same.", "soft")));
})();
