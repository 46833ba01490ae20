// How far an import of tickets has got, live; when its state changes the page is drawn anew, with the buttons that fit.

import { connect } from "./live.js";

const box = document.querySelector("[data-import]");

function show(found) {
  if (found.state !== box.dataset.state) {
    location.reload();
    return;
  }
  const text = (number) => number.toLocaleString(document.documentElement.lang);
  box.querySelector("progress").value = found.done;
  box.querySelector("[data-done]").textContent = text(found.done);
  box.querySelector("[data-made]").textContent = text(found.made);
  box.querySelector("[data-known]").textContent = text(found.known);
}

if (box) connect().join(box.dataset.room, { snapshot: show, event: (event) => show(event.found) });
