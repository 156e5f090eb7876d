// Shows a part of the page, and loads what it draws when the reader comes near it.
const whenNear = (view, load) => {
  view.hidden = false;
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    load();
  }, { rootMargin: "600px" }).observe(view);
};
