// The shell around every page. Each part minds its own elements; a page without them costs nothing.

import { setUpChrome } from "./shell/chrome.js";
import { setUpForms } from "./shell/forms.js";
import { setUpTimes } from "./shell/times.js";
import { setUpShortcuts } from "./shell/shortcuts.js";

const texts = JSON.parse(document.querySelector("#shell-texts")?.textContent ?? "{}");

setUpChrome(texts);
setUpForms(texts);
setUpTimes();
setUpShortcuts();
