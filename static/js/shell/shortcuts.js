// Keys: an element with data-key="n" is pressed (or, if it takes text, focused) by that key; `?` shows them all.
// Single keys can be switched off (WCAG 2.1.4), and never act while somebody types.

const OFF = "gryf:shortcuts-off";

export function shortcuts() {
  const sheet = document.getElementById("shortcuts");
  const all = () => [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.keyLabel);
  const opener = document.querySelector(".shortcuts-button");
  if (opener) opener.hidden = all().length === 0;
  const on = document.getElementById("shortcuts-on");
  if (on) {
    on.checked = localStorage.getItem(OFF) === null;
    on.addEventListener("change", () => {
      if (on.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    });
    opener?.addEventListener("click", () => list(sheet, all()), { capture: true });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    // out of a field, so that single keys act again; the Tab key goes on from there
    if (event.key === "Escape" && typing(event.target) && !document.querySelector("dialog[open]")) event.target.blur();
    if (typing(event.target) || localStorage.getItem(OFF) !== null) return;
    if (event.key === "?" && sheet && !sheet.open && all().length > 0) {
      event.preventDefault();
      list(sheet, all());
      sheet.showModal();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    const target = pressed(all(), event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input, textarea, select")) target.focus();
    else if (target.hasAttribute("data-hold")) target.focus();
    else target.click();
  });
}

// Which of several elements with one key it presses: one that is seen, and the page's own before the header's.
function pressed(elements, key) {
  const seen = elements.filter((one) => one.dataset.key === key && one.checkVisibility?.() !== false);
  return seen.find((one) => one.closest("main")) ?? seen[0];
}

function typing(element) {
  return element instanceof HTMLElement && (element.isContentEditable || element.matches("input:not([type=checkbox]):not([type=radio]), textarea, select"));
}

function list(sheet, elements) {
  const target = sheet.querySelector(".shortcut-list");
  target.replaceChildren();
  for (const element of elements) {
    // of several buttons with one key that one is told which the key would press now
    const { key: sign } = element.dataset;
    if (element !== (pressed(elements, sign) ?? elements.find((one) => one.dataset.key === sign))) continue;
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = sign;
    term.append(key);
    const meaning = document.createElement("dd");
    meaning.textContent = element.dataset.keyLabel;
    target.append(term, meaning);
  }
}
