// The list of alerts by keyboard and by many: j/k move, x choose, Enter open, t/f/u judge, / to the filters.
const form = document.getElementById("bulk");
const bar = document.getElementById("bulkbar");
const rows = () => [...form.querySelectorAll("tr.alert-row")];
const ticks = () => [...form.querySelectorAll("input[name=ids]")];
let here = -1;

function count() {
  if (!bar) return;
  const chosen = ticks().filter((tick) => tick.checked).length;
  bar.hidden = chosen === 0;
  document.getElementById("chosen").textContent = chosen;
}

function go(to) {
  const all = rows();
  if (!all.length) return;
  all[here]?.classList.remove("is-here");
  here = Math.max(0, Math.min(all.length - 1, to));
  all[here].classList.add("is-here");
  all[here].focus({ preventScroll: true });
  all[here].scrollIntoView({ block: "nearest" });
}

function judge(act) {
  if (!bar) return;
  const row = rows()[here];
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
document.getElementById("none")?.addEventListener("click", () => { for (const tick of ticks()) tick.checked = false; count(); });
form.addEventListener("submit", () => { for (const open of form.querySelectorAll("details[open]")) open.open = false; });
for (const part of form.querySelectorAll("tbody")) new MutationObserver(count).observe(part, { childList: true });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const acts = { j: () => go(here + 1), k: () => go(here - 1), t: () => judge("confirm"), f: () => judge("dismiss"), u: () => judge("hold"),
    x: () => { const tick = rows()[here]?.querySelector("input[name=ids]"); if (tick) { tick.checked = !tick.checked; count(); } },
    Enter: () => { const row = rows()[here]; if (row && document.activeElement === row) location.assign(row.dataset.open); },
    "/": () => document.querySelector("#filters select").focus() };
  const act = acts[event.key];
  if (!act || (event.key === "Enter" && document.activeElement?.tagName !== "TR")) return;
  event.preventDefault();
  act();
});
