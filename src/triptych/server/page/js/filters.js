// The left wing: where to look. Only what the library holds is offered.

import { h, icon, press, put } from "./dom.js";
import { filtered, go, past, state } from "./state.js";

export const KINDS = { image: "Pictures", pdf: "PDF", text: "Text", markdown: "Markdown", csv: "Tables" };
export const KIND = { ...KINDS, image: "Picture", csv: "Table" }; // one of them

/** Draws the wing for `library` (the overview of the server). `on`: asked, forgot, filters. */
export function wing(library, on) {
	const s = state();
	const shown = document.activeElement?.dataset?.filter; // keep the focus where it was
	const element = put(
		document.getElementById("left"),
		h(
			"div.folds",
			collections(library, s),
			kinds(library, s),
			dates(s),
			tags(library, s),
			filtered(s) && press("quiet wide", clear, { "data-filter": "none" }, "Look everywhere"),
			history(on),
			press("firm back", on.filters, {}, "Show the pages"),
		),
	);
	if (shown) element.querySelector(`[data-filter="${CSS.escape(shown)}"]`)?.focus();
}

const clear = () => go({ collection: "", kinds: [], from: "", to: "", tags: [] });

function fold(title, ...inside) {
	return h("fieldset.fold", h("legend", title), inside);
}

function choice(kind, label, number, chosen, change, name) {
	const box = h("input", { type: kind, name, "data-filter": `${name}:${label}`, on: { change } });
	box.checked = chosen;
	return h("label.choice", box, h("span.what", { dir: "auto" }, label), number !== null && h("span.many", number.toLocaleString("en")));
}

function collections(library, s) {
	if (library.collections.length < 2 && !s.collection) return null;
	const all = choice("radio", "All", library.assets, !s.collection, () => go({ collection: "" }), "collection");
	return fold("Collection", all, library.collections.map((c) => choice("radio", c.name, c.assets, s.collection === c.name, () => go({ collection: c.name }), "collection")));
}

function toggled(list, value) {
	return list.includes(value) ? list.filter((v) => v !== value) : [...list, value];
}

function kinds(library, s) {
	if (!library.kinds.length) return null;
	return fold("Type", library.kinds.map(({ name, assets }) => choice("checkbox", KINDS[name] || name, assets, s.kinds.includes(name), () => go({ kinds: toggled(state().kinds, name) }), "kind")));
}

function dates(s) {
	const field = (name, label) => {
		const made = h("input", { type: "date", name, "data-filter": name, on: { change: (event) => go({ [name]: event.target.value }) } });
		made.value = s[name];
		return h("label.date", h("span", label), made);
	};
	return fold("Date", field("from", "From"), field("to", "To"));
}

function tags(library, s) {
	return library.tags.map(({ key, values }) =>
		fold(key, values.slice(0, 12).map((value) => choice("checkbox", value, null, s.tags.includes(`${key}=${value}`), () => go({ tags: toggled(state().tags, `${key}=${value}`) }), `tag ${key}`))),
	);
}

/** Searches of before, kept in this browser only. */
export function history(on) {
	const lines = past.list().slice(0, 6);
	if (!lines.length) return null;
	return h(
		"section.fold.past",
		h("h2", "Searched before"),
		lines.map((line) => press("line", () => on.asked(line), { dir: "auto" }, icon("clock"), h("span", line))),
		press("quiet", () => { past.clear(); on.forgot(); }, {}, "Forget all"),
	);
}

/** The filters in force as small buttons that take them off. */
export function chips() {
	const s = state();
	const chip = (label, change) => press("chip", () => go(change), { "aria-label": `Take off: ${label}` }, h("span", { dir: "auto" }, label), icon("close"));
	return [
		s.collection && chip(s.collection, { collection: "" }),
		...s.kinds.map((k) => chip(KINDS[k] || k, { kinds: s.kinds.filter((v) => v !== k) })),
		s.from && chip(`from ${s.from}`, { from: "" }),
		s.to && chip(`to ${s.to}`, { to: "" }),
		...s.tags.map((t) => chip(t.replace("=", ": "), { tags: s.tags.filter((v) => v !== t) })),
	].filter(Boolean);
}
