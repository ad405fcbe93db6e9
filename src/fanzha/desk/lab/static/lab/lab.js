// The editor's line numbers and fields, and the curve of a threshold.
const text = document.querySelector(".written textarea");
if (text) {
  const lines = document.querySelector(".lines");
  const number = () => {
    const wrong = Number(document.getElementById("verdict").dataset.line);
    lines.replaceChildren(...text.value.split("\n").map((_, at) => {
      const item = document.createElement("li");
      item.textContent = at + 1;
      if (at + 1 === wrong) item.className = "wrong";
      return item;
    }));
    lines.scrollTop = text.scrollTop;
  };
  text.addEventListener("input", number);
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  text.style.height = `${Math.min(text.scrollHeight + 4, 700)}px`;
  lines.style.maxHeight = `${Math.min(text.scrollHeight + 4, 700)}px`;
  new MutationObserver(number).observe(document.querySelector(".draft"), { childList: true });
  number();
}
// A slider writes its threshold into the text, once, where its condition stands: wrapped, or without the server's brackets.
const written = (leaf) => {
  const parts = leaf.match(/[\w.]+|[^\s\w.()]+/g).slice(0, -1).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(?<![\\w.])(${parts.join("[\\s()]*")}[\\s()]*)(-?\\d[\\d.]*)(?![\\w.])`, "g");
};
const moved = (source, leaf, value) => {
  const was = Number(leaf.match(/-?[\d.]+$/));
  let done = false;
  const changed = source.replace(written(leaf), (all, before, number) => {
    if (done || Number(number) !== was) return all;
    done = true;
    return before + value;
  });
  return done ? changed : null;
};
document.addEventListener("input", (event) => {
  const knob = event.target.closest("[data-leaf]");
  if (!knob || !text) return;
  const from = knob.dataset.leaf;
  const changed = moved(text.value, from, knob.value);
  if (changed === null) { knob.disabled = true; return; }
  text.value = changed;
  knob.dataset.leaf = from.replace(/-?[\d.]+$/, knob.value);
  knob.nextElementSibling.textContent = knob.value;
});
// Asked about when it is let go, not while it is held: the answer brings new sliders, and the one held keeps the keyboard.
const knobs = () => [...document.querySelectorAll("[data-leaf]")];
let held = -1;
document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-leaf]") || !text) return;
  held = knobs().indexOf(event.target);
  clearTimeout(text.waiting);
  text.waiting = setTimeout(() => text.dispatchEvent(new Event("input", { bubbles: true })), 400);
});
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement === document.body) knobs()[held]?.focus();
});
// A rule half written is not lost by a link.
let kept = text?.value;
text?.form.addEventListener("submit", () => { kept = null; });
window.addEventListener("beforeunload", (event) => { if (text && kept !== null && text.value !== kept) event.preventDefault(); });
const find = document.getElementById("find-field");
find?.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("[data-field]")) row.hidden = !row.dataset.field.toLowerCase().includes(wanted);
});

const FONT = getComputedStyle(document.body).fontFamily;
function curve(place) {
  const spec = JSON.parse(document.getElementById(place.dataset.curve).textContent);
  const line = (name, at, colour, axis = 0) => ({ name, type: "line", yAxisIndex: axis, symbolSize: 5, itemStyle: { color: colour }, data: spec.points.map((point) => [point[0], axis ? point[at] && 100 * point[at] : point[at]]),
    ...(at === 1 ? { markLine: { symbol: "none", silent: true, label: { formatter: `${spec.draft}` }, data: [{ xAxis: spec.draft }] } } : {}) });
  const drawn = window.echarts.init(place, null, { renderer: "canvas" });
  drawn.setOption({ textStyle: { fontFamily: FONT }, animation: false, tooltip: { trigger: "axis", renderMode: "richText" }, legend: { type: "scroll", top: 2, textStyle: { fontFamily: FONT } },
    grid: { left: 52, right: 52, top: 36, bottom: 30 }, xAxis: { type: "value", scale: true }, yAxis: [{ type: "value", minInterval: 1 }, { type: "value", max: 100, axisLabel: { formatter: "{value} %" }, splitLine: { show: false } }],
    series: [line(spec.names.hit, 1, "#1c5fd4"), line(spec.names.fraud, 2, "#c8102e"), line(spec.names.honest, 3, "#1f8a4c"), line(spec.names.unknown, 4, "#8a94a6"), line(spec.names.recall, 5, "#e0a100", 1)] });
  new ResizeObserver(() => drawn.resize()).observe(place);
}
for (const place of document.querySelectorAll("[data-curve]")) curve(place);
