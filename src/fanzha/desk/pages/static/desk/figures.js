// Draws what the server sent as data: calls in time, days, and who is joined to whom; also in parts that arrive later.
const FONT = getComputedStyle(document.body).fontFamily;
const COLOURS = { median: "#8794ab", p90: "#c8102e", out: "#1c5fd4", missed: "#b3bfd3", in: "#1f8a4c", evidence: "#d9480f", contacts: "#e0a100" };
const data = (id) => JSON.parse(document.getElementById(id).textContent);
const base = { textStyle: { fontFamily: FONT }, animation: false, tooltip: { renderMode: "richText", trigger: "item" } };
// Times are the desk's, wherever the browser is: an axis is given them as if they were UTC.
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: document.documentElement.dataset.zone, dateStyle: "short", timeStyle: "medium" });
const local = (at) => Date.parse(`${clock.format(at).replace(" ", "T")}Z`);
const when = (at) => new Date(at).toLocaleString(document.documentElement.lang, { hour12: false, timeZone: "UTC" });

function timeline(spec) {
  return { ...base, useUTC: true, grid: { left: 48, right: 16, top: 30, bottom: 52 }, legend: { top: 2, right: 8, itemHeight: 9, textStyle: { fontFamily: FONT } },
    tooltip: { ...base.tooltip, formatter: (dot) => `${dot.seriesName}\n${when(dot.value[0])}\n${dot.value[1] < 1 ? "–" : dot.value[1] + " s"}` },
    xAxis: { type: "time" }, yAxis: { type: "log", name: spec.axis, min: 0.5, axisLabel: { formatter: (value) => (value < 1 ? "" : value) } }, dataZoom: [{ type: "inside" }, { type: "slider", height: 16, bottom: 8 }],
    series: spec.series.map((one) => ({ name: one.name, type: "scatter", data: one.dots.map(([at, talked]) => [local(at), Math.max(talked, 0.6)]), symbolSize: one.id === "evidence" ? 8 : 5,
      itemStyle: { color: COLOURS[one.id], opacity: one.id === "evidence" ? 1 : 0.6 } })) };
}

function days(spec) {
  return { ...base, grid: { left: 44, right: 12, top: 30, bottom: 24 }, legend: { top: 2, right: 8, itemHeight: 9, textStyle: { fontFamily: FONT } },
    tooltip: { ...base.tooltip, trigger: "axis" }, xAxis: { type: "category", data: spec.days }, yAxis: { type: "value", minInterval: 1 },
    series: spec.series.map((one) => one.id === "contacts"
      ? { name: one.name, type: "line", data: one.values, symbolSize: 5, itemStyle: { color: COLOURS.contacts } }
      : { name: one.name, type: "bar", stack: "calls", barMaxWidth: 26, data: one.values, itemStyle: { color: COLOURS[one.id] } }) };
}

function beside(spec) {
  return { ...days({ ...spec, series: spec.series.filter((one) => one.id === "out") }),
    series: spec.series.map((one) => one.id === "out"
      ? { name: one.name, type: "bar", barMaxWidth: 26, data: one.values, itemStyle: { color: COLOURS.out } }
      : { name: one.name, type: "line", data: one.values, symbolSize: 5, lineStyle: { type: one.id === "p90" ? "dashed" : "solid" }, itemStyle: { color: COLOURS[one.id] } }) };
}

// A sketch of a province with cells inside their districts; cells of one district stand in a spiral round its middle.
async function map(place) {
  const spec = data(place.dataset.map);
  const land = await fetch(spec.map).then((answer) => answer.json()).catch(() => null);
  if (!land) { place.remove(); return; } // the cells stand in their table as well
  const all = land.shapes.flatMap((shape) => shape.rings.flat());
  const [west, east] = [Math.min(...all.map((at) => at[0])), Math.max(...all.map((at) => at[0]))];
  const [south, north] = [Math.min(...all.map((at) => at[1])), Math.max(...all.map((at) => at[1]))];
  const squeeze = Math.cos(((south + north) / 2) * Math.PI / 180), scale = 1000 / ((east - west) * squeeze);
  const xy = ([x, y]) => [(x - west) * squeeze * scale, (north - y) * scale];
  const make = (name, traits, parent) => { const made = document.createElementNS("http://www.w3.org/2000/svg", name); for (const [key, value] of Object.entries(traits)) made.setAttribute(key, value); parent.append(made); return made; };
  const svg = make("svg", { viewBox: `-10 -10 1020 ${(north - south) * scale + 20}` }, place);
  for (const shape of land.shapes) make("path", { class: "land", d: shape.rings.map((ring) => `M${ring.map((at) => xy(at).map((value) => value.toFixed(1)).join(" ")).join("L")}Z`).join("") }, svg);
  for (const shape of land.shapes) {
    const at = land.points[`${shape.code}00`];
    if (at && document.documentElement.lang.startsWith("zh")) make("text", { x: xy(at)[0], y: xy(at)[1] }, svg).textContent = shape.name;
  }
  const met = {};
  for (const cell of spec.cells.sort((one, other) => other.calls - one.calls)) {
    const middle = land.points[cell.region] || land.points[`${cell.region.slice(0, 4)}00`];
    if (!middle) continue;
    const turn = met[middle] = (met[middle] ?? -1) + 1, far = 9 * Math.sqrt(turn), [x, y] = xy(middle);
    const link = make("a", { href: cell.open }, svg), size = Math.min(22, 5 + 2 * Math.sqrt(cell.calls));
    const dot = make("circle", { class: "cell", cx: x + far * Math.cos(turn * 2.4), cy: y + far * Math.sin(turn * 2.4), r: size }, link);
    make("title", {}, dot).textContent = `${cell.label}  ${cell.calls} ${spec.calls}`;
  }
}

function chart(place) {
  const drawn = window.echarts.init(place, null, { renderer: "canvas" });
  drawn.setOption({ timeline, days, beside }[place.dataset.chart](data(place.dataset.from)));
  new ResizeObserver(() => drawn.resize()).observe(place);
}

function graph(place) {
  const spec = data(place.dataset.graph);
  const shape = { number: "ellipse", device: "round-rectangle", cell: "hexagon" };
  const colour = { number: "#1c5fd4", device: "#7a4fc9", cell: "#1f8a4c" };
  const tie = { document: "#c8102e", batch: "#e0a100", device: "#7a4fc9", cell: "#1f8a4c", contact: "#c3cddd" };
  const far = spec.nodes.some((node) => node.step === 2);
  const size = (calls) => 14 + Math.min(22, Math.sqrt(calls) * 3);
  const drawn = window.cytoscape({ container: place, minZoom: 0.3, maxZoom: 3,
    elements: [...spec.nodes.map((node) => ({ data: node })), ...spec.edges.map((edge) => ({ data: { source: edge.from, target: edge.to, calls: edge.calls, by: edge.by || "contact" } }))],
    style: [{ selector: "node", style: { label: "data(label)", "font-family": FONT, "font-size": 9, "text-valign": "bottom", "text-margin-y": 3, color: "#33415c",
      shape: (node) => shape[node.data("kind")], "background-color": (node) => node.data("centre") ? "#c8102e" : node.data("colour") || colour[node.data("kind")], "border-width": (node) => node.data("centre") && far ? 4 : 0, "border-color": "#33415c",
      width: (node) => node.data("centre") ? 34 : size(node.data("calls")), height: (node) => node.data("centre") ? 34 : size(node.data("calls")) } },
      { selector: "edge", style: { width: (edge) => 1 + Math.min(5, Math.sqrt(edge.data("calls"))), "line-color": (edge) => tie[edge.data("by")], "curve-style": "straight" } }],
    layout: { name: "concentric", concentric: (node) => node.data("centre") ? 3 : far ? 3 - node.data("step") : node.data("kind") === "number" ? 1 : 2, levelWidth: () => 1, minNodeSpacing: 18, padding: 12 } });
  drawn.on("tap", "node", (event) => { if (!event.target.data("centre")) location.assign(event.target.data("open")); });
}

function draw(within) {
  for (const place of within.querySelectorAll("[data-chart]:not(.drawn)")) { place.classList.add("drawn"); chart(place); }
  for (const place of within.querySelectorAll("[data-map]:not(.drawn)")) { place.classList.add("drawn"); map(place); }
  for (const place of within.querySelectorAll("[data-graph]:not(.drawn)")) { place.classList.add("drawn"); graph(place); }
}
draw(document);
new MutationObserver(() => draw(document)).observe(document.getElementById("main"), { childList: true, subtree: true });
