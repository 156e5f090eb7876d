// On paper nothing is folded.
(() => {
  "use strict";
  const folded = "details:not([open])";
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll(folded)) {
      part.open = true;
      part.dataset.opened = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const part of document.querySelectorAll("[data-opened]")) {
      part.open = false;
      delete part.dataset.opened;
    }
  });
})();
