// Where the reader is: kept in the address (after the #), so that back, reload and links work.

export const START = { view: "search", q: "", collection: "", kinds: [], from: "", to: "", tags: [], look: "list" };

const listeners = new Set();
let now = read();

function read() {
	const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
	const p = new URLSearchParams(query);
	return {
		view: path === "library" ? "library" : "search",
		q: p.get("q") || "",
		collection: p.get("collection") || "",
		kinds: p.getAll("kind"),
		from: p.get("from") || "",
		to: p.get("to") || "",
		tags: p.getAll("tag"),
		look: p.get("look") === "wall" ? "wall" : "list",
	};
}

function write(state) {
	const p = new URLSearchParams();
	for (const name of ["q", "collection", "from", "to"]) if (state[name]) p.set(name, state[name]);
	for (const kind of state.kinds) p.append("kind", kind);
	for (const tag of state.tags) p.append("tag", tag);
	if (state.look === "wall") p.set("look", "wall");
	const query = p.toString();
	return `#/${state.view === "library" ? "library" : ""}${query ? `?${query}` : ""}`;
}

export const state = () => now;

/** Change a part of it. `keep`: no new entry in the browser's history (while typing). */
export function go(part, { keep = false } = {}) {
	const before = now;
	now = { ...now, ...part };
	const to = write(now);
	if (to !== location.hash) history[keep ? "replaceState" : "pushState"](null, "", to);
	for (const listener of listeners) listener(now, before);
}

export const follow = (listener) => listeners.add(listener);

const named = () => (document.title = now.q ? `${now.q} - Triptych` : "Triptych");
follow(named);
named();

addEventListener("popstate", () => {
	const before = now;
	now = read();
	for (const listener of listeners) listener(now, before);
});

/** The filters as an expression of the query language (docs/search.md), or "" for none. */
function where({ kinds, from, to, tags }) {
	const parts = [
		any(kinds.map((kind) => `kind = ${quoted(kind)}`)),
		from && `date >= ${quoted(from)}`,
		to && `date <= ${quoted(to)}`,
		...[...grouped(tags)].map(([name, values]) => any(values.map((value) => `tags.${name} = ${quoted(value)}`))),
	];
	return parts.filter(Boolean).join(" and ");
}

/** The same as the server takes it. */
export function scope(filters) {
	const filter = where(filters);
	return { ...(filters.collection ? { collection: [filters.collection] } : {}), ...(filter ? { filter } : {}) };
}

export const filtered = (s) => Boolean(s.collection || s.kinds.length || s.from || s.to || s.tags.length);

const any = (parts) => (parts.length > 1 ? `(${parts.join(" or ")})` : parts[0] || "");
// The language has two kinds of quotes and no escapes; a value with both kinds in it cannot be said exactly.
const quoted = (value) => (value.includes('"') ? `'${value.replaceAll("'", "?")}'` : `"${value}"`);

function grouped(tags) {
	const groups = new Map();
	for (const tag of tags) {
		const cut = tag.indexOf("=");
		const name = tag.slice(0, cut);
		groups.set(name, [...(groups.get(name) || []), tag.slice(cut + 1)]);
	}
	return groups;
}

// What this browser remembers of this reader; nothing of it is sent anywhere.

const MOST = 30;

function stored(name, fallback) {
	try {
		return JSON.parse(localStorage.getItem(`triptych.${name}`)) ?? fallback;
	} catch {
		return fallback;
	}
}

function store(name, value) {
	try {
		localStorage.setItem(`triptych.${name}`, JSON.stringify(value));
	} catch {
		// Storage is full or forbidden: then nothing is remembered.
	}
}

export const past = {
	list: () => stored("past", []).filter((line) => typeof line === "string"),
	add: (line) => line.trim() && store("past", [line.trim(), ...past.list().filter((l) => l !== line.trim())].slice(0, MOST)),
	clear: () => store("past", []),
};
