// What hands do in an opened ticket: canned replies, the keys of its bar, Ctrl and Enter. By delegation, since its parts
// are drawn anew.

/** Switches the composer to an answer or a note and goes into its text. */
export function write(root, kind) {
  const form = root.querySelector("[data-say]");
  if (!form) return false;
  const choice = form.querySelector(`[name="kind"][value="${kind}"]`);
  if (!choice.checked) {
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }
  form.querySelector("[name=text]").focus();
  return true;
}

function opened(element) {
  const details = element?.closest("details");
  if (details) details.open = true;
  element?.focus();
}

/** `root` holds the ticket, or the place where one will be. `does(verb, ticket)` may take a verb of the bar: then it returns true. */
export function hands(root, does = () => false) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does]");
    const ticket = event.target.closest("[data-live=inside]") ?? root;
    if (button) {
      const verb = button.dataset.does;
      if (does(verb, ticket)) return;
      if (verb === "reply" || verb === "note") write(ticket, verb);
      else if (verb === "assign") opened(ticket.querySelector('[data-fields] [name="assignee_id"]'));
      else if (verb === "state") opened(ticket.querySelector('[data-fields] [name="state"]'));
      else if (verb === "merge") opened(ticket.querySelector('[name="into"]'));
    }
    if (event.target.matches("[data-say] [name=kind]") && event.detail) write(ticket, event.target.value);
  });
  root.addEventListener("change", (event) => {
    const canned = event.target.closest("[data-canned]");
    if (!canned?.value) return;
    const text = canned.form.querySelector("[name=text]");
    text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${canned.value}` : canned.value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    canned.value = "";
    text.focus();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest("textarea, input, select")?.form;
    if (!form || form.method === "dialog" || !root.contains(form)) return;
    event.preventDefault();
    form.requestSubmit();
  });
}
