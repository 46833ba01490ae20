// The Education Department's table of today: sums of all schools, sent once a minute.

import { connect } from "./live.js";
import { shareText } from "./schools-dashboard-cells.js";

const words = JSON.parse(document.getElementById("city-words").textContent);
const table = document.querySelector("[data-city]");

connect().join("schools/city", {
  event({ view }) {
    for (const row of view.rows) {
      const line = table.querySelector(`[data-school="${row.id}"]`);
      if (!line) continue;
      line.querySelector("[data-share]").textContent = row.share === null && row.told ? words.hidden : shareText(row.share, true);
      line.querySelector("[data-taken]").textContent = row.taken;
      line.querySelector("[data-lessons]").textContent = row.lessons;
    }
  },
});
