// The library: how much there is of what, and every file.

import { address, get, remove } from "./api.js";
import { confirmed } from "./dialogs.js";
import { button, count, h, press, put, say } from "./dom.js";
import { KIND, KINDS } from "./filters.js";
import { fileName } from "./hits.js";
import { blank, thumbnail } from "./pictures.js";
import { scope, state } from "./state.js";

const PER_REQUEST = 60;
const LATEST = 60;

/** How much there is of what, over all collections that may be seen. */
export async function overview() {
	const told = await get("/v1/collections");
	const kinds = new Map();
	for (const c of told.collections) for (const [name, n] of Object.entries(c.kinds)) kinds.set(name, (kinds.get(name) || 0) + n);
	const ranked = [...kinds].map(([name, assets]) => ({ name, assets })).sort((a, b) => b.assets - a.assets);
	return { ...told, kinds: ranked, write: told.writable };
}

/** Whether files of this collection may be changed. */
export const mayWrite = (library, name) => library.collections.some((c) => c.name === name && c.scope !== "read");

/** The tags of files, `[{key, values}]`, as far as a filter can name them. */
export function tagsOf(assets) {
	const found = new Map();
	for (const [key, value] of assets.flatMap((asset) => Object.entries(asset.tags))) {
		if (/^[\w.-]+$/.test(key)) found.set(key, (found.get(key) || new Set()).add(value));
	}
	return [...found].map(([key, values]) => ({ key, values: [...values].sort() }));
}

/** The files that came last. */
export const latest = async () => (await get(`/v1/assets?limit=${LATEST}`)).assets;

/** What some pictures among them show, as one would ask for it. */
export async function described(assets) {
	const known = await Promise.all(assets.filter((a) => a.kind === "image").slice(0, 5).map((a) => get(address(`/v1/assets/${a.asset}`, { collection: a.collection }))));
	const lines = known.flatMap((a) => a.page_list[0].captions.slice(0, 1)).map((c) => c.text.replace(/\.$/, ""));
	return [...new Set(lines)].slice(0, 3);
}

/** Figures of the whole. `library` is the server's overview. */
export function figures(library) {
	const most = Math.max(...library.kinds.map((k) => k.assets), 1);
	const row = ({ name, assets }) => {
		const full = h("i");
		full.style.width = `${(100 * assets) / most}%`;
		return h("li", h("span.what", KINDS[name] || name), h("span.bar", full), h("span.many", assets.toLocaleString("en")));
	};
	const figure = (n, what) => h("div.figure", h("b", n.toLocaleString("en")), h("span", what));
	return h(
		"section.figures",
		{ "aria-label": "The library in figures" },
		figure(library.assets, library.assets === 1 ? "file" : "files"),
		figure(library.pages, library.pages === 1 ? "page" : "pages"),
		library.collections.length > 1 && figure(library.collections.length, "collections"),
		h("ul.kinds", library.kinds.map(row)),
	);
}

/** The list of files, loaded piece by piece. `on`: open, like, changed, failed, add. */
export class Shelf {
	constructor(on) {
		this.on = on;
		this.element = h("section.shelf", { "aria-label": "Files" });
	}

	async show(library) {
		this.library = library;
		this.next = null;
		this.list = h("ul.files");
		this.more = press("quiet wide", () => this.#load(), { hidden: true }, "More files");
		this.note = h("span");
		const note = h("div.summary", this.note, h("span.looks", button("filter", "Filters (F)", this.on.filters, { class: "tool narrow" })));
		put(this.element, h("header.top", h("h1", "Library"), library.write && press("firm", () => this.on.add(), {}, "Add files")), figures(library), note, this.list, this.more);
		await this.#load();
	}

	async #load() {
		try {
			const page = await get(address("/v1/assets", { ...scope(state()), limit: PER_REQUEST, cursor: this.next }));
			this.next = page.next || null;
			this.list.append(...page.assets.map((asset) => this.#file(asset)));
			this.more.hidden = !this.next;
			const total = page.total ?? this.list.children.length;
			put(this.note, `${count(total, "file")}`);
			say(`${count(this.list.children.length, "file")} shown`);
		} catch (problem) {
			this.on.failed(problem);
		}
	}

	#file(asset) {
		const source = asset.sources[0] || asset.asset;
		const place = { asset: asset.asset, page: 1, collection: asset.collection, source, title: asset.title || "", pictures: asset.pictures };
		const name = fileName(source);
		const line = [KIND[asset.kind] || asset.kind, count(asset.pages, "page"), asset.collection !== "default" && asset.collection, asset.added?.slice(0, 10)].filter(Boolean).join("  ·  ");
		const item = h("li.file");
		const away = mayWrite(this.library, asset.collection) && button("trash", `Remove ${name}`, () => this.#remove(asset, name, item));
		put(
			item,
			press("face", () => this.on.open(place), { tabindex: "-1", "aria-hidden": "true" }, asset.pictures ? thumbnail(place) : blank()),
			h("div.body", press("name", () => this.on.open(place), { dir: "auto", title: source }, name), h("p.place", line), asset.status === "partial" && h("p.warning", "Some pages could not be read.")),
			h("span.acts", button("like", `More like ${name}`, () => this.on.like(place)), away),
		);
		return item;
	}

	async #remove(asset, name, item) {
		const other = asset.sources.length > 1 ? ` It is known under ${asset.sources.length} names; all of them go.` : "";
		if (!(await confirmed(`Remove ${name}?`, `The file, its pages and everything known of them leave the library.${other} The file that was added stays where it is on its disk.`, "Remove"))) return;
		try {
			await remove(address(`/v1/assets/${asset.asset}`, { collection: asset.collection }));
			item.remove();
			say(`${name} removed`);
			this.on.changed();
		} catch (problem) {
			this.on.failed(problem);
		}
	}
}

/** What stands in the middle of a library that holds nothing yet. */
export function emptyLibrary(add, write) {
	return h(
		"section.start.bare",
		h("h1", "Nothing hangs here yet"),
		write
			? h("p.lead", "Drop files or folders anywhere on this page: scans, receipts, forms, reports, slides, charts, screenshots, photos, notes. They are read on this machine and stay on it.")
			: h("p.lead", "This library is empty, or your key does not open what is in it."),
		write && h("p", press("firm large", add, {}, "Add files")),
		write && h("p.note", "Or in a terminal: ", h("code", "triptych add scans/")),
		h("div.frames", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
	);
}
