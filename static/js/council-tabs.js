// Tabs of a page: [data-tabs] holds a [role=tablist] and its panels. Without scripts all panels stand below each other.
// The choice is kept for this visit.

export function setUpTabs(root) {
  const list = root.querySelector("[role=tablist]");
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const kept = `gryf:tab:${root.dataset.tabs}`;
  const shown = () => tabs.filter((tab) => !tab.hidden);

  function choose(tab, { focus = false, keep = true } = {}) {
    for (const one of tabs) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    root.dataset.tab = tab.getAttribute("aria-controls");
    if (keep) sessionStorage.setItem(kept, root.dataset.tab);
    if (focus) tab.focus();
    root.dispatchEvent(new CustomEvent("tab", { detail: root.dataset.tab }));
  }

  for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
  list.addEventListener("keydown", (event) => {
    const all = shown();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: (at + 1) % all.length, ArrowLeft: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    choose(all[to], { focus: true });
  });
  const wanted = sessionStorage.getItem(kept);
  choose(shown().find((tab) => tab.getAttribute("aria-controls") === wanted) ?? shown()[0], { keep: false });
  root.classList.add("is-ready");
  return {
    /** Shows or hides a tab; whoever looks at one that goes is led to the first. */
    show(id, visible) {
      const tab = tabs.find((one) => one.getAttribute("aria-controls") === id);
      if (!tab || tab.hidden === !visible) return;
      tab.hidden = !visible;
      if (!visible && tab.getAttribute("aria-selected") === "true") choose(shown()[0], { keep: false });
    },
    choose: (id, options) => {
      const tab = tabs.find((one) => one.getAttribute("aria-controls") === id);
      if (tab) choose(tab, options);
    },
  };
}
