// Archives that are being made: the bar grows; a finished one has a link and a digest, which the server draws.

import { connect } from "./live.js";

const section = document.querySelector("[data-archives]");
const finished = (id) => section.querySelector(`[data-archive="${id}"] progress`) === null && section.querySelector(`[data-archive="${id}"]`) !== null;

function take(archive) {
  if (finished(archive.id) || (archive.finished_at === null && section.querySelector(`[data-archive="${archive.id}"]`))) return;
  location.reload();
}

connect().join(`school/${section.dataset.archives}/archives`, {
  snapshot({ archives }) {
    for (const one of archives) take(one);
  },
  event(data) {
    if (data.type === "ArchiveChanged") return take(data.archive);
    const bar = section.querySelector(`[data-archive="${data.archive_id}"] progress`);
    if (bar) Object.assign(bar, { max: data.total, value: data.done });
  },
});
