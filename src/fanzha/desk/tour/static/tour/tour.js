// The guided tour: points at what its step is about, fills a form in when asked to, and remembers that it was shut.
// Everything that moves it on is an ordinary form; without this script it works as well.
const panel = () => document.getElementById("tour");
const field = "input:not([type=hidden]), textarea, select, button, a[href]";

function target() {
  for (const selector of JSON.parse(panel()?.dataset.targets || "[]")) {
    const found = document.querySelector(selector);
    if (found) return found;
  }
  return null;
}

function point() {
  for (const old of document.querySelectorAll(".tour-here")) old.classList.remove("tour-here");
  target()?.classList.add("tour-here");
}

function show() {
  const found = target();
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  const to = found.matches(field) ? found : found.querySelector(field) || found;
  if (to === found && !found.matches(field)) found.tabIndex = -1;
  to.focus({ preventScroll: true });
}

function fill(words) {
  let form = null;
  for (const [name, value] of Object.entries(words)) {
    for (const each of document.querySelectorAll(`main [name="${name}"]`)) {
      if (each.type === "radio") each.checked = each.value === value && !each.disabled;
      else if (each.type === "checkbox") each.checked = value;
      else each.value = value;
      each.dispatchEvent(new Event("change", { bubbles: true }));
      form = each.form;
    }
  }
  const next = target()?.matches("button") ? target() : form?.querySelector("button.btn-primary, button[name=act]");
  next?.scrollIntoView({ block: "center" });
  next?.focus({ preventScroll: true });
}

function shut() {
  const details = panel().querySelector("details");
  details.open = false;
  details.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-tour-show]")) show();
  if (event.target.closest("[data-tour-shut]")) shut();
  const filling = event.target.closest("[data-tour-fill]");
  if (filling) fill(JSON.parse(filling.dataset.tourFill));
});
document.addEventListener("submit", (event) => {
  const busy = event.target.dataset.tourBusy;
  if (!busy) return;
  const button = event.target.querySelector("button");
  button.disabled = true;
  button.textContent = busy;
});
document.addEventListener("toggle", (event) => {
  if (!event.target.closest?.("#tour")) return;
  document.cookie = `fanzha_tour_shut=${event.target.open ? 0 : 1}; path=/; max-age=604800; samesite=lax`;
}, true);
document.addEventListener("keydown", (event) => {
  if (!panel()) return;
  if (event.key === "Escape" && panel().contains(document.activeElement) && panel().querySelector("details").open) shut();
  if (event.altKey && event.code === "KeyG") { event.preventDefault(); panel().querySelector("summary").focus(); }
});
point();
