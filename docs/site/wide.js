// A block that is wider than the page scrolls with the keyboard, too.
const WIDE = ".md-typeset :is(pre > code, .md-typeset__scrollwrap, .equation)";
const mark = () => document.querySelectorAll(WIDE).forEach((block) => {
  if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
  else block.removeAttribute("tabindex");
});
addEventListener("load", mark);
addEventListener("resize", mark);
