// The middle: what was found, or why nothing was; and the start, before anything was asked.

import { button, count, h, icon, press, put } from "./dom.js";
import { chips, history } from "./filters.js";
import { card, fileName, marksOf, nameOf } from "./hits.js";
import { emptyLibrary, figures } from "./library.js";
import { blank, thumbnail } from "./pictures.js";
import { filtered, state } from "./state.js";

/** The line above the hits: how many, how fast, how it is shown. */
function summary(finding, on, near) {
	const { results, status } = finding;
	const took = results.seconds?.total;
	const time = took ? ` in ${Math.max(1, Math.round(took * 1000))} ms` : "";
	const many = near || !finding.whole ? `The ${near ? "nearest" : "best"} ${count(results.hits.length, "page")}` : count(results.hits.length, "page");
	const look = state().look;
	const choice = (name, label) => button(name, label, () => on.look(name), { "aria-pressed": String(look === name) });
	return h(
		"div",
		{ class: `summary${status === "busy" ? " busy" : ""}` },
		h("span", results.hits.length ? `${many}${time}` : ""),
		h("span.chips", chips()),
		results.hits.length > 0 && h("span.looks", button("filter", "Filters (F)", on.filters, { class: "tool narrow" }), choice("list", "As a list (W)"), choice("wall", "As a wall of pages (W)")),
	);
}

/** Everything about a finding, as a list of nodes. `on`: open, like, more, look, everywhere, again. */
export function findings(finding, on, answer) {
	const { results, status, problem } = finding;
	if (status === "failed") return [failure(problem, on.again)];
	if (!results) return [h("div.waiting", { "aria-hidden": "true" }, h("i"), h("i"), h("i"))];
	const none = !results.hits.length || results.match === false;
	const abstained = answer?.done?.abstained;
	return [
		h("h1.hidden", "Pages found"),
		none && !answer && nothing(finding, on),
		summary(finding, on, none || abstained),
		results.hits.length > 0 && list(results.hits, on, answer, none && !abstained),
		results.hits.length > 0 && !finding.whole && !none && press("quiet wide more", on.more, {}, "More pages"),
	];
}

function list(hits, on, answer, faint) {
	const cited = (hit) => (answer?.citations || []).filter((c) => c.asset === hit.asset && c.page === hit.page).map((c) => c.n);
	const wall = state().look === "wall";
	const made = hits.map((hit) => (wall ? frame(hit, on) : card(hit, on, { cited: cited(hit) })));
	return h("ol", { class: `${wall ? "wall" : "hits"}${faint ? " faint" : ""}`, id: "hits", "aria-label": "Pages found" }, made);
}

function frame(hit, on) {
	const name = nameOf(hit);
	const face = press("name face", () => on.open(hit), { "aria-label": `${name}, page ${hit.page}: open the page` }, hit.pictures === null ? blank() : thumbnail(hit, marksOf(hit)));
	return h("li.hit", { "data-asset": hit.asset, "data-page": hit.page }, face, h("span.label", { dir: "auto", title: name }, name), h("span.place", `page ${hit.page}`));
}

function nothing(finding, on) {
	const { asked, results } = finding;
	const quoted = asked.text.includes('"');
	const what = asked.text ? h("span", { dir: "auto" }, quoted ? asked.text : `“${asked.text}”`) : "this picture";
	const near = results.hits.length > 0;
	return h(
		"section.nothing",
		{ role: "note" },
		h("h2", "Nothing here matches ", what),
		h("p", near ? "No page of the library speaks of it. What comes nearest stands below, for what it is worth." : filtered(state()) ? "No page within these filters." : "Fewer or other words may help; names, numbers and dates are found in any style."),
		filtered(state()) && press("firm", on.everywhere, {}, "Look everywhere"),
		quoted && press("firm", () => on.asked(asked.text.replaceAll('"', "")), {}, "These words anywhere"),
	);
}

const TITLES = {
	401: "A key is needed",
	403: "This is not open to you",
	404: "That is not here",
	413: "That is too large",
	415: "That is no file that can be read",
	429: "That was too fast",
	503: "The server is busy",
};

/** Something went wrong: what, and what can be done. */
export function failure(problem, again) {
	return h(
		"section.failed",
		{ role: "alert" },
		icon("alert"),
		h("div", h("h2", TITLES[problem.status] || (problem.status >= 500 ? "The server could not do that" : "That did not work")), h("p", { dir: "auto" }, problem.message), problem.hint && h("p.note", { dir: "auto" }, problem.hint), again && press("quiet", again, {}, "Try again")),
	);
}

/** The start. `library`: the overview; `latest`: some of its files; `on`: asked, like, add, open, forgot. */
export function start(library, latest, on) {
	if (!library.assets) return [emptyLibrary(on.add, library.write)];
	const seen = latest.filter((a) => a.pictures);
	const place = (a) => ({ asset: a.asset, page: 1, collection: a.collection, source: a.sources[0], title: a.title || "", pictures: a.pictures });
	const face = (a, act, label) => press("face", act, { "aria-label": label }, thumbnail(place(a)));
	const line = (words) => press("line", () => on.asked(words), {}, words);
	const described = h("div");
	library.described.then((lines) => put(described, lines.map(line)));
	const photos = latest.filter((a) => a.kind === "image").slice(0, 3);
	return [
		h(
			"section.start",
			h("h1", "Every page has three panels"),
			h("p.lead", "What it says, how one would describe it, and how it looks. Ask for any of them; an answer shows you where it stands."),
			h(
				"div.panels",
				h("article.says", h("h2", "Says"), h("p", "Words, names, numbers, dates, in any style. End with a question mark, and it is answered."), examples(latest).map(line)),
				h("article.described", h("h2", "Described"), h("p", "What is to be seen, in your own words."), described),
				h("article.looks", h("h2", "Looks"), h("p", "Drop or paste a picture, or start from one of these."), h("div.row", (photos.length ? photos : seen.slice(0, 3)).map((a) => face(a, () => on.like(place(a)), `Pages that look like ${fileName(a.sources[0])}`)))),
			),
		),
		history(on),
		figures(library),
		h("section.latest", h("header", h("h2", "Added last"), h("a", { href: "#/library" }, "All files")), h("div.strip", seen.slice(0, 14).map((a) => face(a, () => on.open(place(a)), `Open ${fileName(a.sources[0])}`)))),
	];
}

/** Lines to try, out of the names of what is there. */
function examples(latest) {
	const words = latest
		.map((a) => (a.title || "").replace(fileName(a.sources[0] || ""), "").replace(/^[\s-]+/, "").trim())
		.filter((title) => title.length > 3 && title.length < 40);
	const distinct = [...new Set(words)].slice(0, 2);
	const invoice = distinct.find((title) => /invoice|rechnung|receipt/i.test(title));
	return invoice ? [...distinct, `What is the total on ${invoice}?`] : distinct;
}
