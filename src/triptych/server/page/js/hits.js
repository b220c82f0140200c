// What was found: a card for each page, with the reasons.

import { blank, thumbnail } from "./pictures.js";
import { h, press } from "./dom.js";

/** The panels of a triptych and the signals that speak for each. */
export const PANELS = [
	{ name: "Says", of: [["keyword", "words"], ["text", "meaning"]] },
	{ name: "Described", of: [["caption", "description"]] },
	{ name: "Looks", of: [["image", "look"]] },
];

const clamp = (share) => Math.min(1, Math.max(0, share || 0));

/** How far each signal matches by itself (`own`), and what of that counted (`counted`), both 0 to 1. */
export function reasons(hit) {
	const known = Object.entries(hit.signals || {}).filter(([, s]) => s);
	const heaviest = Math.max(...known.map(([, s]) => s.weight), 1e-9);
	return Object.fromEntries(
		known.map(([name, s]) => [name, { ...s, own: clamp(s.norm), counted: clamp((s.norm * s.weight) / heaviest) }]),
	);
}

function bar(label, reason) {
	const pale = h("i.own");
	const full = h("i.counted");
	pale.style.width = `${100 * (reason?.own || 0)}%`;
	full.style.width = `${100 * (reason?.counted || 0)}%`;
	return h("span.bar", { title: told(label, reason) }, pale, full);
}

function told(label, reason) {
	if (!reason) return `${label}: silent`;
	return `${label}: rank ${reason.rank}, matches ${Math.round(100 * reason.own)} %, counted ${Math.round(100 * reason.counted)} %`;
}

/** The three panels as bars: pale is how well a signal matches by itself, full is what of it counted. */
export function why(hit) {
	const known = reasons(hit);
	const spoken = PANELS.flatMap((p) => p.of.map(([signal, label]) => told(label, known[signal]))).join("; ");
	return h(
		"div.why",
		{ role: "img", "aria-label": `Why this is here: ${spoken}` },
		PANELS.map((panel) =>
			h(
				"span",
				{ class: `panel ${panel.name.toLowerCase()}${panel.of.some(([s]) => known[s]) ? "" : " silent"}` },
				h("span.bars", panel.of.map(([signal, label]) => bar(label, known[signal]))),
				h("span.of", panel.name),
			),
		),
	);
}

/** The same as a table, for the viewer. */
export function whyTable(hit) {
	const known = reasons(hit);
	const rows = PANELS.flatMap((panel) =>
		panel.of.map(([signal, label]) => {
			const reason = known[signal];
			return h(
				"tr",
				{ class: `${panel.name.toLowerCase()}${reason ? "" : " silent"}` },
				h("th", { scope: "row" }, label),
				h("td.wide", bar(label, reason)),
				h("td", reason ? `rank ${reason.rank}` : "silent"),
				h("td", reason ? `weight ${reason.weight.toFixed(2)}` : ""),
			);
		}),
	);
	return h("table.reasons", h("tbody", rows));
}

/** Text with the spans that matched marked. Spans count characters as Python does: by code point. */
export function marked(text, marks = []) {
	const signs = Array.from(text);
	const parts = [];
	let at = 0;
	for (const [start, end] of [...marks].sort((a, b) => a[0] - b[0])) {
		if (end <= Math.max(start, at)) continue;
		parts.push(signs.slice(at, Math.max(start, at)).join(""), h("mark", signs.slice(Math.max(start, at), end).join("")));
		at = end;
	}
	return [...parts, signs.slice(at).join("")];
}

/** The last part of a path: what people call the file. */
export const fileName = (source) => source.split(/[\\/]/).filter(Boolean).pop() || source;

/** What to call a page: its title where that says more than the file's name. */
export function nameOf(hit) {
	const file = fileName(hit.source || "");
	const title = (hit.title || "").trim();
	if (!title || title === file) return file;
	return title.startsWith(`${file} - `) ? title.slice(file.length + 3) : title;
}

export function placeLine(hit) {
	const folder = (hit.source || "").split(/[\\/]/).filter(Boolean).slice(-2, -1)[0];
	const name = nameOf(hit) === fileName(hit.source) ? folder && `in ${folder}` : fileName(hit.source);
	return [name, `page ${hit.page}`, hit.collection !== "default" && hit.collection].filter(Boolean).join("  ·  ");
}

const hasPicture = (hit) => hit.pictures !== null;
const same = (line) => line.toLowerCase().replace(/\W+/g, " ").trim();

/** One found page. `on`: `open(hit)`, `like(hit)`. */
export function card(hit, on, { cited = [] } = {}) {
	const name = nameOf(hit);
	const described = hit.caption && same(hit.caption) !== same(hit.snippet || "") ? hit.caption : "";
	const opener = press("name", () => on.open(hit), { dir: "auto", title: name, "aria-label": `${name}, page ${hit.page}: open the page` }, name);
	const face = press("face", () => on.open(hit), { tabindex: "-1", "aria-hidden": "true" }, hasPicture(hit) ? thumbnail(hit, marksOf(hit)) : blank());
	return h(
		"li.hit",
		{ "data-asset": hit.asset, "data-page": hit.page },
		face,
		h(
			"div.body",
			h("h2", opener, cited.map((n) => h("span.cited", { title: `The answer cites this page` }, n))),
			h("p.place", { dir: "auto" }, placeLine(hit)),
			hit.snippet && h("blockquote", { dir: "auto" }, marked(lines(hit.snippet), hit.marks)),
			described && h("p.told", { dir: "auto" }, described),
			h("div.foot", why(hit), h("span.acts", copies(hit), press("quiet", () => on.like(hit), {}, "More like this"))),
		),
	);
}

// Line ends of a page are of no use in a snippet; a sign for each, so that marks stay where they are.
const lines = (text) => text.replace(/\n/g, " ");

function copies(hit) {
	if (!hit.duplicates) return null;
	const where = hit.copies.map((c) => `${fileName(c.source)}, page ${c.page}`).join("\n");
	return h("span.copies", { title: where }, `+ ${hit.duplicates} like it`);
}

/** What to mark on the page of a hit: its matching words, else the passage, else the part whose look was found. */
export function marksOf(hit) {
	if (hit.boxes?.length) return hit.boxes.map((box) => ({ box, kind: hit.marks?.length ? "" : "passage" }));
	return hit.view?.kind === "region" ? [{ box: hit.view.box, kind: "part" }] : [];
}
