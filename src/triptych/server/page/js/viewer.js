// The right wing: one page, zoomed to the words that matter, with why it was found and how it was read.

import { address, get } from "./api.js";
import { button, count, h, press, put, say } from "./dom.js";
import { marked, marksOf, nameOf, placeLine, whyTable } from "./hits.js";
import { heart, LARGE, marker, picture } from "./pictures.js";
import { Stage } from "./stage.js";

const path = (place) => `/v1/assets/${encodeURIComponent(place.asset)}`;

/** Shows pages in the element `right`. `on`: closed, like, moved. */
export class Viewer {
	constructor(on) {
		this.on = on;
		this.element = document.getElementById("right");
		this.place = null;
		this.asset = null;
		this.#build();
	}

	get open() {
		return !this.element.hidden;
	}

	#build() {
		this.title = h("h2", { dir: "auto", tabindex: "-1" });
		this.where = h("p.place", { dir: "auto" });
		this.back = button("left", "Page before ( [ )", () => this.turn(-1));
		this.ahead = button("right", "Next page ( ] )", () => this.turn(1));
		this.pages = h("span.pages");
		this.turns = h("span.turn", this.back, this.pages, this.ahead);
		this.window = h("div.stage", { tabindex: "0", role: "group", "aria-label": "The page. Arrow keys move it, plus and minus zoom, 0 shows all of it, B goes to the marked words." });
		this.scale = h("span.scale", { "aria-hidden": "true" });
		this.stage = new Stage(this.window, (scale) => put(this.scale, `${Math.round(scale * 100)} %`));
		this.window.addEventListener("keydown", (event) => this.#key(event));
		this.box = button("target", "To the marked words (B)", () => this.toBox());
		this.zooms = h("div.zooms", button("minus", "Farther (−)", () => this.stage.farther()), this.scale, button("plus", "Nearer (+)", () => this.stage.nearer()), button("fit", "The whole page (0)", () => this.stage.whole()), this.box);
		this.reading = h("div.leaf", { tabindex: "0", role: "group", "aria-label": "Text of the page", hidden: true });
		this.more = h("div.more", { tabindex: "0", role: "group", "aria-label": "About this page" });
		const like = press("quiet", () => this.on.like(this.place), {}, "More like this");
		this.texts = press("quiet", () => this.asText(), { "aria-pressed": "false" }, "As text");
		put(
			this.element,
			h("header", h("div.called", this.title, this.where), button("close", "Close the page (Escape)", () => this.close())),
			h("div.acts", this.turns, this.texts, like),
			h("div.sight", this.window, this.reading, this.zooms),
			this.more,
		);
	}

	/**
	 * Show a page. `place`: a hit, or `{asset, page, collection, source, title}`; `marks`: `[{box, label, kind}]` to draw
	 * and go to; `at`: the boxes to go to when not all of them.
	 */
	async show(place, { marks = null, at = null, quote = "", focus = true } = {}) {
		const former = this.asset;
		const boxes = marks || marksOf(place);
		Object.assign(this, { place, boxes, at: at?.length ? at : null, quote });
		this.element.hidden = false;
		document.body.classList.add("seeing");
		put(this.title, nameOf(place));
		this.#numbered();
		this.#details(null);
		if (place.pictures === null) this.#words();
		else this.#sheet();
		if (focus) this.title.focus({ preventScroll: true });
		this.on.moved();
		if (former?.asset !== place.asset) this.asset = null;
		await this.#known(place);
	}

	/** What the server knows of the file: how many pages, how it was read. */
	async #known(place) {
		try {
			this.asset ??= await get(address(path(place), { collection: place.collection }));
		} catch (problem) {
			if (place === this.place) put(this.more, h("p.failure", problem.message));
			return;
		}
		if (place !== this.place) return;
		const page = this.#page(place.page);
		this.#numbered();
		this.#details(page);
	}

	get #count() {
		return this.asset?.page_list.length ?? 0;
	}

	#page(number) {
		return this.asset?.page_list.find((page) => page.page === number);
	}

	#numbered() {
		const { place } = this;
		const total = this.#count;
		put(this.where, placeLine(place));
		put(this.pages, total ? `${place.page} / ${total}` : `${place.page}`);
		this.back.disabled = place.page <= 1;
		this.ahead.disabled = !total || place.page >= total;
		this.turns.hidden = total === 1;
		this.texts.hidden = place.pictures === null;
	}

	#sheet() {
		const { place } = this;
		const image = picture(place, LARGE, { alt: `Page ${place.page} of ${nameOf(place)}`, lazy: false });
		const sheet = h("div.sheet.large", image, this.boxes.map(({ box, label = "", kind = "" }) => marker(box, label, kind)));
		this.#turnTo("picture");
		this.window.classList.add("waiting");
		image.addEventListener("load", () => {
			if (place !== this.place) return;
			this.window.classList.remove("waiting");
			this.stage.show(sheet, image.naturalWidth / image.naturalHeight);
			requestAnimationFrame(() => place === this.place && this.toBox());
		});
		image.addEventListener("error", () => place === this.place && this.#words());
		this.box.disabled = !this.boxes.length;
	}

	toBox() {
		const goal = this.at || this.boxes.map((m) => m.box);
		if (goal.length) this.stage.to(heart(goal));
	}

	#turnTo(what) {
		this.window.hidden = this.zooms.hidden = what !== "picture";
		this.reading.hidden = what !== "text";
		this.texts.setAttribute("aria-pressed", String(what === "text"));
		put(this.texts, what === "text" ? "As picture" : "As text");
	}

	asText() {
		if (this.reading.hidden) this.#words();
		else this.#sheet();
	}

	/** The text of the page as it was read, with what was found marked. */
	async #words() {
		const { place } = this;
		this.#turnTo("text");
		put(this.reading, h("p.waiting", "Reading…"));
		try {
			const shown = await get(address(`${path(place)}/pages/${place.page}`, { collection: place.collection }));
			if (place !== this.place) return;
			const { text } = shown;
			put(this.reading, text ? h("div.print", { dir: "auto" }, marked(text, this.#marks(text))) : h("p.note", "No words were read on this page."));
			this.reading.querySelector("mark")?.scrollIntoView({ block: "center" });
		} catch (problem) {
			if (place === this.place) put(this.reading, h("p.failure", problem.message));
		}
	}

	/** Spans of the page's text: the quote, or the marks of the snippet moved to where the snippet stands. */
	#marks(text) {
		const { snippet, marks = [] } = this.place;
		const sought = this.quote || snippet || "";
		const at = sought ? text.indexOf(sought) : -1;
		if (at < 0) return [];
		const before = Array.from(text.slice(0, at)).length;
		if (this.quote) return [[before, before + Array.from(sought).length]];
		return marks.map(([a, b]) => [before + a, before + b]);
	}

	#details(page) {
		const parts = [];
		if (this.place.signals) parts.push(h("section", h("h3", "Why this is here"), whyTable(this.place), h("p.note", "Full: what counted. Pale: how well it matches by itself."), reread(this.place)));
		if (page) parts.push(h("section", h("h3", "How it was read"), h("p.note", quality(page)), captions(page)));
		put(this.more, parts);
		this.more.hidden = !parts.length;
	}

	turn(by) {
		const page = this.place.page + by;
		if (!this.open || page < 1 || (this.#count && page > this.#count)) return;
		const { asset, collection, source, title } = this.place;
		const pictures = this.#page(page)?.width === 0 ? null : undefined;
		say(`Page ${page}`);
		this.show({ asset, collection, source, title, page, pictures }, { marks: [], focus: false });
	}

	/** `told`: by the reader; the focus goes back to where it was. */
	close({ told = true } = {}) {
		if (!this.open) return;
		this.element.hidden = true;
		document.body.classList.remove("seeing");
		this.place = null;
		if (told) this.on.closed();
	}

	#key(event) {
		const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
		if (event.ctrlKey || event.metaKey || event.altKey || !steps[event.key]) return;
		event.preventDefault();
		event.stopPropagation();
		this.stage.move(...steps[event.key]);
	}
}

const SOURCES = { native: "The text is the file's own", ocr: "The words were read from the picture", mixed: "The file's own text, and words read from pictures on it", none: "No words on it" };

/** One sentence or three on how well a page was read. */
export function quality(page) {
	if (page.failed) return `This page could not be read: ${page.failed}`;
	const parts = [SOURCES[page.text_source] || SOURCES.none];
	if (page.confidence !== null && page.confidence !== undefined && page.text_source !== "native") parts[0] += `, ${Math.round(100 * page.confidence)} % sure`;
	if (page.turned) parts.push(`It lay turned by ${page.turned} degrees`);
	if (page.language && page.language !== "auto") parts.push(`Language: ${languageOf(page.language)}`);
	const regions = page.regions?.length;
	if (regions) parts.push(`${count(regions, "part")} with a name: ${[...new Set(page.regions.map((r) => r.name))].join(", ")}`);
	return `${parts.join(". ")}.`;
}

function languageOf(code) {
	try {
		return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
	} catch {
		return code; // an engine's own name for it
	}
}

function captions(page) {
	if (!page.captions?.length) return null;
	return h("ul.captions", page.captions.map((c) => h("li", h("q", { dir: "auto" }, c.text), h("span.by", c.origin === "people" ? "said by people" : `described by ${c.origin === "builtin" ? "Triptych" : c.origin}`))));
}

function reread({ rerank, rank }) {
	if (!rerank || !rerank.parts) return null;
	const parts = Object.entries(rerank.parts).filter(([, share]) => share > 0.005);
	if (!parts.length) return null;
	return h("p.note", `Read again: ${parts.map(([name, share]) => `${PARTS[name] || name} ${Math.round(100 * share)} %`).join(", ")}.`, rerank.before !== rank ? ` It was at rank ${rerank.before} before.` : "");
}

const PARTS = { coverage: "words of the question that stand here", neighbours: "side by side", run: "in one run", names: "names and codes", print: "in large print" };
