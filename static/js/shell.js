// What every page does beside its own work. Without it pages are read and forms are sent all the same.

import {
  banners, connectionBar, copyButtons, dialogs, display, flashes, foldedNav, holdButtons, menus, signOut,
} from "./shell/chrome.js";
import { errorSummary, keepInput, onceOnly } from "./shell/forms.js";
import { shortcuts } from "./shell/shortcuts.js";
import { relativeTimes } from "./shell/times.js";

const words = JSON.parse(document.getElementById("shell-texts").textContent);

for (const part of [
  menus, foldedNav, dialogs, display, flashes, connectionBar, copyButtons, holdButtons, signOut, onceOnly, keepInput, errorSummary,
  relativeTimes, shortcuts, banners,
]) {
  try {
    part(words);
  } catch (fault) {
    reportError(fault); // one part must not take the others with it
  }
}
