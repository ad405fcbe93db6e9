// What every page does: one open menu at a time, demo names filled in at the door, a form sent once, its refusal told beside it.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
  const fill = event.target.closest("[data-fill]");
  if (fill) {
    document.querySelector("[name=username]").value = fill.dataset.fill;
    document.querySelector("[name=password]").value = "fanzha-demo";
    document.querySelector(".door-card form button.btn-primary").focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.drop[open]")) { open.open = false; open.querySelector("summary").focus(); }
});

// A second click while the first is under way does nothing. Forms of acts are sent from here, so that a refusal leaves the
// page, and what was typed, as they are; without this script they are ordinary forms, and a refusal is a page of its own.
const INLINE = "form.acts:not([data-whole]), form[data-inline]";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.ariaBusy === "true") { event.preventDefault(); return; }
  form.ariaBusy = "true";
  if (form.matches("[data-download]")) setTimeout(() => { form.ariaBusy = null; }, 3000);
  if (!form.matches(INLINE)) return;
  event.preventDefault();
  send(form, event.submitter);
});
window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[aria-busy]")) form.ariaBusy = null; });

async function send(form, submitter) {
  let answer;
  try {
    answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: new FormData(form, submitter), headers: { "HX-Request": "true" } });
    const onward = answer.headers.get("HX-Redirect");
    if (onward) location.assign(onward);
    else if (answer.ok) location.reload();
    else refused(form, await answer.text());
  } catch {
    refused(form, document.getElementById("offline").innerHTML);
  }
}

function refused(form, told) {
  form.ariaBusy = null;
  form.querySelector(".wrong")?.remove();
  const place = document.createElement("div");
  place.className = "wrong";
  place.id = `wrong-${[...document.forms].indexOf(form)}`;
  form.append(place);
  place.innerHTML = told; // ours, and escaped; after it stands in the page, so that a screen reader hears of it
  const empty = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea, select")].find((field) => !field.value);
  if (!empty) return;
  empty.setAttribute("aria-invalid", "true");
  empty.setAttribute("aria-describedby", place.id);
  empty.focus();
}

// What renews itself waits while somebody types in it.
document.addEventListener("htmx:before:request", (event) => {
  const from = event.detail.ctx.sourceElement;
  if (from.getAttribute("hx-trigger")?.includes("every") && from.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) event.preventDefault();
});

// The way back from asking for a number in full: Escape puts the masked one in its place again.
const masked = new Map();
document.addEventListener("htmx:before:swap", (event) => {
  const from = event.detail.ctx.sourceElement;
  if (from.matches(".unmask")) masked.set(from.getAttribute("hx-get"), from.closest(".subject").outerHTML);
});
document.addEventListener("keydown", (event) => {
  const asking = event.key === "Escape" && document.activeElement.closest(".unmask-form");
  const was = asking && masked.get(asking.getAttribute("hx-post"));
  if (!was) return;
  const place = document.createElement("template");
  place.innerHTML = was;
  const subject = place.content.firstElementChild;
  asking.replaceWith(subject);
  window.htmx.process(subject);
  const again = subject.querySelector(".unmask");
  again.classList.remove("htmx-request"); // it was being asked for when it was kept
  again.focus();
});

// Where the menu is narrow, it shows where one is; not by scrollIntoView, which would take the first Tab past the skip link.
const at = document.querySelector(".menu [aria-current]");
if (at) at.parentElement.scrollLeft = at.offsetLeft - at.parentElement.offsetLeft - at.parentElement.clientWidth / 2;
