// Lists and logs of webhooks follow their room.

import { redrawn } from "./helpdesk-outages-parts.js";
import { connect } from "./live.js";

const root = document.querySelector("[data-webhooks-live]");

if (root) {
  const soon = redrawn(root);
  connect().join(root.dataset.room, {
    snapshot: soon, // what was sent between the drawing and the joining is in no snapshot
    event(data) {
      if (!root.dataset.delivery || String(data.delivery?.id) === root.dataset.delivery) soon();
    },
  });
}
