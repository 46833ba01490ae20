// What a Markdown text looks like, below its field: made by the server, as it will stand on the page.

import { call } from "./api.js";

const words = JSON.parse(document.getElementById("markdown-words")?.textContent ?? "{}");

for (const field of document.querySelectorAll("textarea[data-markdown]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-secondary btn-small", textContent: words.preview });
  const shown = Object.assign(document.createElement("div"), { className: "markdown-preview dialog-prose prose", hidden: true });
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", words.preview);
  shown.setAttribute("aria-live", "polite");
  field.after(button, shown);
  button.addEventListener("click", async () => {
    try {
      const answer = await call("POST", "/api/dialog/markdown", { text: field.value });
      shown.innerHTML = answer.html || `<p>${words.empty}</p>`; // cleaned by the server
      shown.hidden = false;
    } catch (problem) {
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: problem.message, kind: "danger" } }));
    }
  });
}
