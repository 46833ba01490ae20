// Forms: sent once, and what was typed survives.

const GUARD_MS = 8000; // after that a second press is meant
const PAUSE_MS = 400;

/** A second press while the first is on its way sends nothing. */
export function onceOnly() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "1";
    const button = event.submitter;
    button?.setAttribute("aria-disabled", "true");
    const release = () => {
      delete form.dataset.sending;
      button?.removeAttribute("aria-disabled");
    };
    setTimeout(release, GUARD_MS);
    addEventListener("pageshow", release, { once: true }); // back from the next page
  });
}

/** After a refused form the summary gets the focus, so that it is read and seen first. */
export function errorSummary() {
  const summary = document.querySelector(".error-summary");
  (summary ?? document.querySelector("[aria-invalid=true]"))?.focus();
}

/**
 * `<form data-keep="name">`: typed text is kept in this tab until the form was accepted, and comes back after a lost page.
 * Passwords, files and hidden fields are never kept. A draft that was sent goes away once a page comes without this form's
 * errors.
 */
export function keepInput(words) {
  const forms = [...document.querySelectorAll("form[data-keep]")];
  for (const form of forms) keepForm(form, `gryf:draft:${location.pathname}:${form.dataset.keep}`, words);
  for (let index = sessionStorage.length - 1; index >= 0; index--) {
    const key = sessionStorage.key(index);
    if (key.startsWith("gryf:draft:") && read(key)?.sent) sessionStorage.removeItem(key);
  }
}

/** The same for one form, by a key of its own; `tell(text, kind, button)` says that a draft has come back. */
export function keepForm(form, key, words, tell = sayOnPage) {
  const draft = read(key);
  const refused = form.querySelector("[aria-invalid=true], .error-summary") !== null;
  if (draft && !draft.sent && !refused && restore(form, draft.values)) offer(form, key, words, tell);
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => write(key, { values: collect(form), sent: false }), PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!event.defaultPrevented) write(key, { values: collect(form), sent: true });
  });
}

/** What was kept under a key was sent. */
export function forgetDraft(key) {
  sessionStorage.removeItem(key);
}

function sayOnPage(text, kind, button) {
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind, button } }));
}

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type),
  );
}

function collect(form) {
  return fields(form).map((field) => [field.name, field.value, Boolean(field.checked)]);
}

/** Whether something changed: only fields that still hold what the server sent are filled. */
function restore(form, values) {
  let changed = false;
  const left = [...values];
  for (const field of fields(form)) {
    const index = left.findIndex(([name, value]) => name === field.name && (!isChoice(field) || value === field.value));
    if (index < 0) continue;
    const [, value, checked] = left.splice(index, 1)[0];
    if (isChoice(field)) {
      changed ||= field.checked !== checked;
      field.checked = checked;
    } else if (field.value !== value) {
      changed = true;
      field.value = value;
    }
  }
  return changed;
}

function isChoice(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function offer(form, key, words, tell) {
  const press = () => {
    sessionStorage.removeItem(key);
    form.reset();
  };
  tell(words.restored, "info", { text: words.discard, press });
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // full or forbidden: typing must go on
  }
}
