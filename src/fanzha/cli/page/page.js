"use strict";
(function () {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const rows = Array.from(list.querySelectorAll("details.alert"));
  const hidden = new Set();

  // What is remembered of a reader's choice; a browser may refuse that for files.
  function recall(key) { try { return window.localStorage.getItem(key); } catch { return null; } }
  function keep(key, value) { try { window.localStorage.setItem(key, value); } catch { /* not remembered */ } }

  // Every text reaches the page as text, never as markup: records may hold anything.
  function make(tag, attributes, ...inside) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) { node.setAttribute(name, value); }
    for (const each of inside.flat()) {
      if (each !== null && each !== undefined && each !== "") { node.append(each); }
    }
    return node;
  }
  function both(words) { return [make("span", { class: "zh" }, words[0]), make("span", { class: "en" }, words[1])]; }
  function named(at) {
    if (at < 0) { return both(["未知", "unknown"]); }
    const [full, hid] = data.names[at];
    return full === hid ? [full] : [make("span", { class: "full" }, full), make("span", { class: "hid" }, hid)];
  }
  function two(value) { return String(value).padStart(2, "0"); }
  function clock(seconds, withYear) {
    const t = new Date(seconds * 1000);
    const day = two(t.getUTCMonth() + 1) + "-" + two(t.getUTCDate());
    const time = two(t.getUTCHours()) + ":" + two(t.getUTCMinutes()) + ":" + two(t.getUTCSeconds());
    return (withYear ? t.getUTCFullYear() + "-" : "") + day + " " + time;
  }

  function leaf(item) {
    const [, value, threshold, op, state, zh, en] = item;
    const gauge = make("div", { class: "gauge" });
    if (value !== null && threshold !== null && value >= 0 && threshold >= 0) {
      const most = Math.max(value, threshold) * 1.2 || 1;
      gauge.append(make("i", { style: "width:" + (100 * value / most).toFixed(1) + "%" }));
      gauge.append(make("u", { style: "left:" + (100 * threshold / most).toFixed(1) + "%", title: op + " " + threshold }));
    }
    return make("div", { class: "leaf " + state }, make("div", {}, both([zh, en])), gauge.childNodes.length ? gauge : make("div"));
  }
  function rule(alert, at) {
    const known = data.rules[at];
    const leaves = alert.evidence.filter((item) => item[0] === at).map(leaf);
    return make("div", { class: leaves.length ? "rule" : "rule also" },
      make("b", {}, both(known.title)), " ",
      make("code", {}, known.id + "@" + known.version), " ",
      make("small", {}, both([known.family[0] + " · " + known.score + " 分", known.family[1] + " · score " + known.score])),
      leaves);
  }
  function model(told) {
    if (!told) { return []; }
    const [says, chance, points, version, sentences] = told;
    const worth = chance === null ? "" : " " + chance.toFixed(3);
    return make("div", { class: "rule model" },
      make("b", {}, both(["模型：" + says[0] + worth, "Model: " + says[1] + worth])), " ",
      make("code", {}, version), " ",
      make("small", {}, both(["+" + points + " 分", "score +" + points])),
      sentences.map((words) => make("div", { class: "leaf" }, make("div", {}, both(words)), make("div"))));
  }
  function record(alert, row) {
    const [at, caller, callee, ring, talk, door, cell, device] = row;
    const out = caller === alert.entity ? "outgoing" : callee === alert.entity ? "incoming" : "";
    return make("tr", {},
      make("td", {}, clock(at, false)),
      make("td", { class: out === "outgoing" ? "outgoing" : "" }, named(caller)),
      make("td", { class: out === "incoming" ? "incoming" : "" }, named(callee)),
      make("td", { class: "r" }, ring < 0 ? "" : ring.toFixed(0)),
      make("td", { class: "r" }, talk < 0 ? "—" : talk.toFixed(0)),
      make("td", {}, both(data.doors[door])),
      make("td", {}, cell < 0 ? "" : named(cell)),
      make("td", {}, device < 0 ? "" : named(device)));
  }
  function records(alert) {
    const heads = [["时间", "time"], ["主叫", "caller"], ["被叫", "called"], ["振铃秒", "rang s"], ["通话秒", "talked s"],
      ["来话方向", "ingress"], ["小区", "cell"], ["终端", "device"]];
    const head = make("tr", {}, heads.map((words, at) => make("th", at === 3 || at === 4 ? { class: "r" } : {}, both(words))));
    return make("div", { class: "records" }, make("table", {}, make("thead", {}, head),
      make("tbody", {}, alert.records.map((row) => record(alert, row)))));
  }
  function strip(alert) {
    if (!alert.strip) { return []; }
    const holder = make("div");
    holder.innerHTML = alert.strip; // made of numbers only, by svg.py
    const first = alert.records[0][0], last = alert.records[alert.records.length - 1][0];
    return [make("h4", {}, both(["这些通话的时间线（上：呼出，下：呼入；高：接通）", "These calls in time (up: outgoing, down: incoming; tall: answered)"])),
      holder, make("div", { class: "ends" }, make("span", {}, clock(first, true)), make("span", {}, clock(last, true)))];
  }
  function line(words, value) { return make("tr", {}, make("td", {}, both(words)), make("td", {}, value)); }
  function facts(alert) {
    const rowsOf = [
      line(["建议", "Proposed"], both(alert.measure)),
      line(["法律依据", "Legal basis"], both([alert.legal.map((w) => w[0]).join("；"), alert.legal.map((w) => w[1]).join("; ")])),
      line(["首次 / 最近", "First / last seen"], clock(alert.first, true) + " / " + clock(alert.last, true)),
    ];
    if (alert.calls !== null) { rowsOf.push(line(["预警前呼出", "Calls before the alert"], String(alert.calls))); }
    for (const [name, value] of Object.entries(alert.details)) { rowsOf.push(line(data.details[name] || [name, name], String(value))); }
    if (alert.unknown.length) {
      rowsOf.push(line(["未知", "Not known"], both([alert.unknown.map((w) => w[0]).join("；"), alert.unknown.map((w) => w[1]).join("; ")])));
    }
    if (alert.previous) { rowsOf.push(line(["上一次", "Earlier alert"], make("code", {}, alert.previous))); }
    rowsOf.push(line(["编号", "Alert id"], make("code", {}, alert.id)));
    return make("table", { class: "meta" }, rowsOf);
  }
  function fill(details) {
    if (details.querySelector(".body")) { return; }
    const alert = data.alerts[Number(details.dataset.at)];
    const body = make("div", { class: "body" },
      make("div", { class: "but" }, make("b", {}, both(["怎样才不会预警：", "What would have changed it: "])), both(alert.but)),
      make("div", { class: "two" },
        make("div", {}, make("h4", {}, both(["证据（黑线为阈值）", "Evidence (the black line is the threshold)"])), alert.rules.map((at) => rule(alert, at)), model(alert.model)),
        make("div", {}, make("h4", {}, both(["处置与依据", "What may follow, and on what ground"])), facts(alert))),
      strip(alert),
      alert.records.length ? [make("h4", {}, both(["话单 " + alert.records.length + " 条", alert.records.length + " call records"])), records(alert)] : []);
    details.append(body);
  }

  function apply() {
    const scheme = document.getElementById("scheme").value;
    const words = document.getElementById("search").value.trim().toLowerCase();
    let seen = 0;
    for (const row of rows) {
      const here = !hidden.has(row.dataset.band) && (!scheme || row.dataset.scheme === scheme) && (!words || row.dataset.q.includes(words));
      row.hidden = !here;
      seen += here ? 1 : 0;
    }
    document.getElementById("count").textContent = seen + " / " + data.total;
  }
  function speak(language) {
    root.className = root.className.replace(/show-(zh|en)/, "show-" + language);
    root.lang = language === "zh" ? "zh-CN" : "en";
    keep("fanzha-lang", language);
    const search = document.getElementById("search");
    search.placeholder = search.placeholder.length ? data.words.search[language === "zh" ? 0 : 1] : "";
    for (const option of document.querySelectorAll("#scheme option")) { option.textContent = option.dataset[language] || option.textContent; }
  }

  list.addEventListener("toggle", (event) => { if (event.target.open) { fill(event.target); } }, true);
  document.getElementById("scheme").addEventListener("change", apply);
  document.getElementById("search").addEventListener("input", apply);
  for (const button of document.querySelectorAll(".bands button")) {
    button.addEventListener("click", () => {
      const band = button.dataset.band;
      if (hidden.has(band)) { hidden.delete(band); } else { hidden.add(band); }
      button.setAttribute("aria-pressed", String(!hidden.has(band)));
      apply();
    });
  }
  document.getElementById("language").addEventListener("click", () => speak(root.classList.contains("show-zh") ? "en" : "zh"));
  document.getElementById("mask").addEventListener("click", (event) => {
    const masked = root.classList.toggle("masked");
    const button = event.currentTarget;
    button.setAttribute("aria-pressed", String(masked));
    button.replaceChildren(...both(masked ? ["显示完整号码", "Show full numbers"] : ["隐藏号码", "Mask numbers"]));
  });
  document.getElementById("print").addEventListener("click", () => window.print());
  if (recall("fanzha-lang") === "en" || window.location.search.includes("lang=en")) { speak("en"); }
  const wanted = window.location.hash.slice(1);
  const linked = wanted && document.getElementById(wanted);
  if (linked && linked.matches("details.alert")) { linked.open = true; linked.scrollIntoView(); }
  apply();
})();
