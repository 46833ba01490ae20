// Forms: sent once, led to the first error, and what was typed outlives a lost page.

const KEPT_PREFIX = "gryf-kept-";

export function setUpForms(texts) {
  document.querySelector(".error-summary")?.focus();
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 8000);
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  for (const form of document.querySelectorAll("form[data-keep]")) keep(form, texts);
}

function keep(form, texts) {
  const key = KEPT_PREFIX + form.dataset.keep;
  const fields = [...form.querySelectorAll("input, textarea, select")].filter(
    (field) => field.name && !["hidden", "password", "file", "submit"].includes(field.type),
  );
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  const differs = kept && fields.some((field) => kept[field.name] !== undefined && kept[field.name] !== field.value);
  if (differs && !document.querySelector(".error-summary")) {
    const asSent = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    put(fields, kept);
    say(form, texts, () => {
      put(fields, asSent);
      sessionStorage.removeItem(key);
    });
  }
  form.addEventListener("input", () => {
    sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value]))));
  });
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}

function put(fields, values) {
  for (const field of fields) if (values[field.name] !== undefined) field.value = values[field.name];
}

function say(form, texts, discard) {
  const template = document.querySelector("#flash-template");
  if (!template) return;
  const line = template.content.firstElementChild.cloneNode(true);
  line.querySelector(".grow").textContent = texts.restored;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet";
  button.textContent = texts.discard;
  button.addEventListener("click", () => {
    discard();
    line.remove();
  });
  line.insertBefore(button, line.lastElementChild);
  document.querySelector("#flashes").append(line);
}
