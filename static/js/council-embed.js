// The player in another site's frame.

import { connect } from "./live.js";
import { mountPlayer } from "./player/mount.js";

const root = document.querySelector("[data-embed]");
const player = document.querySelector("[data-player]");
if (player) mountPlayer(player);

connect().join(`council/session/${root.dataset.embed}`, {
  snapshot: (view) => changed(view.session),
  event: (event) => event.type === "SessionChanged" && changed(event.session),
});

function changed(session) {
  if (session.state !== root.dataset.state) location.reload();
}
