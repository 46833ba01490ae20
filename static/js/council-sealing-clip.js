// A clip's page: the player alone.

import { mountPlayer } from "./player/mount.js";

mountPlayer(document.querySelector("[data-player]"));
