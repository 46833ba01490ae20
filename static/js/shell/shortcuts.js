// Single keys press what carries data-key; «?» shows them. They can be switched off on a device (WCAG 2.1.4).

const OFF = "gryf-shortcuts-off";

export function setUpShortcuts() {
  const sheet = document.querySelector("#shortcuts");
  const keyed = [...document.querySelectorAll("[data-key]")];
  if (!sheet) return;
  const button = document.querySelector(".shortcuts-button");
  if (button) button.hidden = false;
  const list = sheet.querySelector(".shortcut-list");
  for (const element of [...keyed, { dataset: { key: "?", keyLabel: sheet.querySelector("h2").textContent } }]) {
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key;
    term.append(key);
    const text = document.createElement("dd");
    text.textContent = element.dataset.keyLabel ?? element.textContent.trim();
    list.append(term, text);
  }
  const on = sheet.querySelector("#shortcuts-on");
  on.checked = localStorage.getItem(OFF) === null;
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !on.checked || event.defaultPrevented) return;
    if (event.key === "?") {
      event.preventDefault();
      sheet.showModal();
      return;
    }
    const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!element || element.hidden || element.closest("[hidden]")) return;
    event.preventDefault();
    if (element.matches("input, textarea")) element.focus();
    else element.click();
  });
}
