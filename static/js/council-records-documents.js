// Documents of a session: asked for by a press, made by the worker, shown as they come.

import { call } from "./api.js";
import { connect } from "./live.js";
import { fill } from "./rows.js";

const root = document.querySelector("[data-documents]");
const words = JSON.parse(document.getElementById("documents-words").textContent);
if (root) setUp(Number(root.dataset.documents));

function setUp(sessionId) {
  const problem = root.querySelector("[data-problem]");
  const rowOf = (document) => root.querySelector(`[data-id="${document.kind}.${document.format}"]`);

  const take = (document) => {
    const row = rowOf(document);
    if (!row || Number(row.dataset.rev) >= document.rev) return;
    fill(row, { ...document, id: `${document.kind}.${document.format}` });
    const running = document.state === "queued" || document.state === "running";
    row.querySelector("[data-make]").disabled = running;
    row.querySelector("[data-make]").textContent = words.anew;
    row.querySelector("[data-download]").hidden = !document.file_id;
    row.querySelector("[data-stale]").hidden = true; // it tells what is known now
  };

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-make]");
    if (!button) return;
    const row = button.closest("[data-id]");
    button.disabled = true;
    problem.hidden = true;
    try {
      take(await call("POST", `/api/council/sessions/${sessionId}/documents`, { kind: row.dataset.kind, format: row.dataset.format }));
    } catch (failure) {
      button.disabled = false;
      problem.textContent = failure.message;
      problem.hidden = false;
    }
  });

  connect().join(`council/session/${sessionId}/documents`, {
    snapshot: (view) => view.documents.forEach(take),
    event: (event) => take(event.document),
  });
}
