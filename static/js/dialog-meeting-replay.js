// The replay of a meeting: what was asked, decided and written appears at its moment; pressing it jumps there.

const ON_BAR = { answer: "speech", poll: "vote", guest: "speech", slides: "speech" };

export function setUpReplay(root, player, timeline, led) {
  const list = root.querySelector("[data-timeline-list]");
  if (!player || !list) return;
  const rows = [...list.children];
  const follow = root.querySelector("[data-follow]");
  const placed = timeline.moments.filter((one) => one.position_s !== null);
  player.setMoments(placed.filter((one) => ON_BAR[one.kind]).map((one) => ({ kind: ON_BAR[one.kind], position_s: one.position_s, label: one.text.slice(0, 80) })));

  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-jump]")?.closest("[data-position]");
    if (!row) return;
    player.seek(Number(row.dataset.position));
    history.replaceState(null, "", `#t=${Math.floor(Number(row.dataset.position))}`);
  });

  const draw = () => {
    const position = player.playback.position ?? 0;
    led?.at(timeline.slides, position);
    const played = player.playback.video.played.length > 0;
    let newest = null;
    for (const row of rows) {
      const at = row.dataset.position === undefined ? null : Number(row.dataset.position);
      const past = at === null || at <= position + 0.05;
      row.hidden = follow.checked && played && !past;
      if (past && at !== null) newest = row;
    }
    for (const row of rows) {
      if (row === newest && played) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    const scroller = list.parentElement;
    if (newest && played && follow.checked && !scroller.matches(":hover, :focus-within")) scroller.scrollTop = scroller.scrollHeight;
  };
  player.playback.addEventListener("time", draw);
  follow.addEventListener("change", draw);
  draw();
}
