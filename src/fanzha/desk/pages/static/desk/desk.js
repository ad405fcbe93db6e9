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
  try {
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: new FormData(form, submitter), headers });
    const onward = answer.headers.get("HX-Redirect");
    if (onward) { location.assign(onward); return; }
    if (answer.ok) { location.reload(); return; }
    const told = await answer.text();
    refused(form, whole(told) ? offline.innerHTML : told);
  } catch {
    refused(form, offline.innerHTML);
  }
}

// A whole page where a part was asked for is none of ours: a proxy's, in place of a server that does not answer.
const offline = document.getElementById("offline");
const whole = (text) => /<html[\s>]/i.test(text);

function refused(form, told) {
  form.ariaBusy = null;
  form.querySelector(".wrong")?.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) { field.removeAttribute("aria-invalid"); field.removeAttribute("aria-describedby"); }
  const place = document.createElement("div");
  place.className = "wrong";
  place.id = `wrong-${[...document.forms].indexOf(form)}`;
  form.append(place);
  place.innerHTML = told; // ours, and escaped; after it stands in the page, so that a screen reader hears of it
  const named = form.elements[place.firstElementChild?.dataset.field];
  const empty = named?.focus ? named : [...form.querySelectorAll("input:not([type=hidden], [type=checkbox]), textarea, select")].find((field) => !field.value);
  if (!empty) return;
  empty.setAttribute("aria-invalid", "true");
  empty.setAttribute("aria-describedby", place.id);
  empty.focus();
}

// What renews itself waits while somebody types in it, or has typed and not sent.
const typing = (part) => part.querySelector(".unmask-form") || (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"))
  || [...part.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea")].some((field) => field.value !== field.defaultValue);
document.addEventListener("htmx:before:request", (event) => {
  const from = event.detail.ctx.sourceElement;
  if (from.getAttribute("hx-trigger")?.includes("every") && typing(from)) event.preventDefault();
});

// A server that does not answer is told once, above the page; what renews itself goes on asking, and takes the words away.
const notice = document.getElementById("notice");
const silent = () => { if (!notice.querySelector(".unanswered")) notice.innerHTML = offline.innerHTML; };
document.addEventListener("htmx:error", silent);
document.addEventListener("htmx:before:swap", (event) => { if (whole(event.detail.ctx.text)) { event.preventDefault(); silent(); } });
document.addEventListener("htmx:after:swap", () => notice.querySelector(".unanswered")?.remove());

// What scrolls and holds nothing to stop at is a stop of its own, so that the keyboard can scroll it.
function stops() {
  for (const part of document.querySelectorAll(".table-wrap, pre.text, .meanings, .overlap")) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    if (scrolls && !part.querySelector("a[href], button, input, select, textarea, summary")) part.tabIndex = 0;
  }
}
stops();
window.addEventListener("resize", stops);
document.addEventListener("htmx:after:swap", stops);

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
