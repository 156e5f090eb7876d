// Marks in the navigation the section that is being read.
(() => {
  "use strict";
  const nav = document.querySelector("nav");
  const links = [...nav.querySelectorAll("a")];
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  let current;

  function mark() {
    // The last section whose heading has passed the upper third; at the end of the page the last of all.
    const passed = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3);
    const ended = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const link = links[ended ? links.length - 1 : Math.max(0, passed.length - 1)];
    if (link === current) return;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "true");
    // Only the navigation moves: scrollIntoView would move the page as well.
    nav.scrollTo({
      left: link.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2,
      top: link.offsetTop - nav.clientHeight / 2,
    });
  }

  let asked = false;
  addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      mark();
    });
  }, { passive: true });
  addEventListener("resize", mark);
  mark();
})();
