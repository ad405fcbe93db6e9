// What a page must keep to, asked in the page itself; each breach is told in a line. `other`: letters of the language
// that the page is not in (what people wrote stays as they wrote it); `names`: of people and offices, which are the same in both.
({ other, names }) => {
  const found = [];
  const shown = (each) => each.checkVisibility && each.checkVisibility();
  const told = (each) => each.outerHTML.slice(0, 110).replace(/\s+/g, " ");
  const name = (each) => (each.getAttribute("aria-label") || each.innerText || each.value || each.title || each.querySelector("img")?.alt || "").trim();

  const titles = [...document.querySelectorAll("h1")].filter(shown);
  if (titles.length !== 1) found.push(`${titles.length} h1`);
  if (!document.title.trim()) found.push("no title");
  let level = 1;
  for (const head of [...document.querySelectorAll("main h1, main h2, main h3, main h4")].filter(shown)) {
    const own = Number(head.tagName[1]);
    if (own > level + 1) found.push(`heading jumps: ${told(head)}`);
    level = own;
  }
  for (const field of [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(shown)) {
    if (!field.labels?.length && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby")) found.push(`no label: ${told(field)}`);
  }
  for (const each of [...document.querySelectorAll("button, a[href], summary")].filter(shown)) if (!name(each)) found.push(`no name: ${told(each)}`);
  for (const each of document.querySelectorAll("img")) if (!each.hasAttribute("alt")) found.push(`no alt: ${told(each)}`);
  for (const each of document.querySelectorAll("[tabindex]")) if (each.tabIndex > 0) found.push(`tabindex above 0: ${told(each)}`);
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) found.push(`id twice: ${id}`);
  for (const table of document.querySelectorAll("main table")) if (shown(table) && table.rows.length > 1 && !table.querySelector("th")) found.push(`no th: ${told(table)}`);

  const foreign = new RegExp(other);
  const lines = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let line = lines.nextNode(); line; line = lines.nextNode()) {
    const around = line.parentElement;
    const said = names.reduce((text, each) => text.replaceAll(each, ""), line.data);
    if (!foreign.test(said) || around.closest("code, pre, kbd, script, style, [lang]:not(html), .quote, .words, .who, .foot, .demo-people, #tour") || !shown(around)) continue;
    found.push(`language: ${line.data.trim().slice(0, 60)} in ${told(around).slice(0, 60)}`);
  }
  return found;
}
