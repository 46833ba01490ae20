// Attendance and votes on the portal's pages: each place that is on this page gets its own module; all share one ledger.

import { connect } from "./live.js";
import { Ledger } from "./council-votes-ledger.js";

const words = JSON.parse(document.getElementById("votes-words").textContent);
const live = connect();
const forDesk = words.mayOpen || words.mayMark;
// the chamber's big screen stands before the public, whoever has opened it
const room = words.page === "screen" ? "" : forDesk ? "/desk" : words.inside ? "/inside" : "";
const ledger = new Ledger(live, `council/session/${words.session}/votes${room}`);

const places = {
  "[data-votes-now], [data-votes-tab], [data-votes-screen]": "./council-votes-public.js",
  "[data-votes-people]": "./council-votes-people.js",
  "[data-votes-desk]": "./council-votes-desk.js",
  "[data-votes-phone]": "./council-votes-phone.js",
};
for (const [selector, module] of Object.entries(places)) {
  if (document.querySelector(selector)) import(module).then(({ mount }) => mount({ words, live, ledger })).catch(reportError);
}
