// Explains a word of the glossary where it stands: at pointing, at focus, at a tap. Escape closes.
(() => {
  "use strict";
  const tip = document.getElementById("tip");
  const GAP = 6;
  let shown; // the link whose word is explained
  let closing;

  function show(link) {
    clearTimeout(closing);
    if (link === shown) return;
    hide();
    const entry = document.getElementById(link.hash.slice(1));
    const name = document.createElement("strong");
    name.textContent = entry.querySelector("dt").textContent;
    const says = entry.querySelector("dd").cloneNode(true);
    tip.replaceChildren(name, " ", ...says.childNodes);
    document.body.append(tip); // above whatever the word stands in
    tip.hidden = false;
    const word = link.getBoundingClientRect();
    const left = Math.min(word.left, document.documentElement.clientWidth - tip.offsetWidth - GAP);
    const below = word.bottom + GAP + tip.offsetHeight < innerHeight;
    tip.style.left = `${scrollX + Math.max(GAP, left)}px`;
    tip.style.top = `${scrollY + (below ? word.bottom + GAP : word.top - GAP - tip.offsetHeight)}px`;
    link.setAttribute("aria-describedby", "tip");
    shown = link;
  }

  function hide() {
    clearTimeout(closing);
    shown?.removeAttribute("aria-describedby");
    shown = undefined;
    tip.hidden = true;
  }

  const wordAt = (event) => event.target.closest?.(".term");
  addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const word = wordAt(event);
    if (word) show(word);
    else if (event.target.closest?.("#tip")) clearTimeout(closing);
    else if (shown) {
      clearTimeout(closing);
      closing = setTimeout(hide, 200); // time to reach the explanation itself
    }
  });
  addEventListener("focusin", (event) => {
    const word = wordAt(event);
    if (word) show(word);
    else if (!event.target.closest?.("#tip")) hide();
  });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // A first tap explains and stays; a click with a mouse goes to the glossary.
  addEventListener("click", (event) => {
    const word = wordAt(event);
    if (word && event.pointerType === "touch") {
      event.preventDefault();
      show(word);
    } else if (!event.target.closest?.("#tip a") && !event.target.closest?.("#tip")) hide();
  });
})();
