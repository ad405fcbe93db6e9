// What every page does: one open menu at a time, demo names filled in at the door, a refusal shown and then dismissed.
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
