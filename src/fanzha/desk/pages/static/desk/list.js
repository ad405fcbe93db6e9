// The list of alerts by keyboard and by many: j/k move, x choose, Enter open, t/f/u judge, / to the filters.
const form = document.getElementById("bulk");
const bar = document.getElementById("bulkbar");
const rows = () => [...form.querySelectorAll("tr.alert-row")];
const ticks = () => [...form.querySelectorAll("input[name=ids]")];
let here = ""; // the id of a row, not its place: rows arrive above it
const current = () => rows().find((row) => row.id === here);

function count() {
  if (!bar) return;
  const every = ticks(), chosen = every.filter((tick) => tick.checked).length, all = document.getElementById("all");
  all.checked = chosen > 0 && chosen === every.length;
  all.indeterminate = chosen > 0 && !all.checked;
  bar.hidden = chosen === 0;
  document.getElementById("chosen").textContent = chosen;
}

function go(row) {
  if (!row) return;
  current()?.classList.remove("is-here");
  here = row.id;
  row.classList.add("is-here");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const all = rows();
  go(all[Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + by))]);
}

function judge(act) {
  if (!bar) return;
  const row = current();
  if (!ticks().some((tick) => tick.checked) && row) row.querySelector("input[name=ids]").checked = true;
  count();
  const sheet = bar.querySelector(`details[data-act=${act}]`);
  if (bar.hidden || !sheet) return;
  sheet.open = true;
  sheet.querySelector("button").focus();
}

form.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const tick of ticks()) tick.checked = event.target.checked;
  count();
});
document.getElementById("none")?.addEventListener("click", () => { for (const tick of ticks()) tick.checked = false; count(); go(current()); });
form.addEventListener("submit", () => { for (const open of form.querySelectorAll("details[open]")) open.open = false; });
const fresh = document.getElementById("fresh");
const MOST = 200; // rows that arrive on a page which stands open all day
function settle() {
  const seen = new Set();
  for (const row of rows()) if (seen.has(row.id) || !seen.add(row.id)) row.remove(); // told again: the newer stands
  while (fresh.rows.length > MOST) fresh.lastElementChild.remove();
  count();
}
for (const part of form.querySelectorAll("tbody")) new MutationObserver(settle).observe(part, { childList: true });
// A judged row comes back as a new element: whoever works by keyboard goes on from there.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement === form && (document.activeElement === document.body || bar?.contains(document.activeElement))) go(current());
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const acts = { j: () => move(1), k: () => move(-1), t: () => judge("confirm"), f: () => judge("dismiss"), u: () => judge("hold"),
    x: () => { const tick = current()?.querySelector("input[name=ids]"); if (tick) { tick.checked = !tick.checked; count(); } },
    Enter: () => { const row = current(); if (row && document.activeElement === row) location.assign(row.dataset.open); },
    "/": () => document.querySelector("#filters select").focus() };
  const act = acts[event.key];
  if (!act || (event.key === "Enter" && document.activeElement?.tagName !== "TR")) return;
  event.preventDefault();
  act();
});
