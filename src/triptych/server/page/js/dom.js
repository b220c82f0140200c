// Elements out of values. Text becomes text nodes, never markup: nothing here parses HTML, and the server's
// policy (Trusted Types) has the browser refuse anything that would.

const SVG = "http://www.w3.org/2000/svg";

// What may be set as an attribute. No style, no event handler, no srcdoc; links go through `href` below.
const ATTRIBUTES = new Set([
	"id", "class", "type", "name", "title", "for", "role", "tabindex", "alt", "hidden", "multiple", "accept", "dir",
	"max", "maxlength", "scope", "autocomplete", "spellcheck", "loading", "decoding", "draggable", "autofocus",
]);

/**
 * An element: `h("p.note", {title: "so", on: {click: f}}, "text", child)`.
 * The first may be properties: attributes of the list above, `aria-*`, `data-*`, `href` (of this page only), `on` (listeners).
 * Children may be nodes, strings, numbers, lists of these; null and false are left out.
 */
export function h(tag, first, ...rest) {
	const [props, children] = first?.constructor === Object ? [first, rest] : [{}, [first, ...rest]];
	const [name, ...classes] = tag.split(".");
	const made = document.createElement(name);
	if (classes.length) made.className = classes.join(" ");
	for (const [key, value] of Object.entries(props)) set(made, key, value);
	fill(made, children);
	return made;
}

function set(element, name, value) {
	if (value === null || value === undefined || value === false) return;
	if (name === "on") {
		for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
	} else if (name === "href") {
		if (!/^(#|\/(?!\/))/.test(value)) throw new Error("links lead nowhere but into this page");
		element.setAttribute("href", value);
	} else if (ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-")) {
		element.setAttribute(name, value === true ? "" : String(value));
	} else {
		throw new Error(`'${name}' is no attribute that this page sets`);
	}
}

function fill(element, children) {
	for (const child of children.flat(Infinity)) {
		if (child === null || child === undefined || child === false) continue;
		element.append(child instanceof Node ? child : document.createTextNode(shown(String(child))));
	}
}

/** Put these children, and no others, into the element. */
export function put(element, ...children) {
	element.replaceChildren();
	fill(element, children);
	return element;
}

/**
 * Text as it can be shown safely in a line: control characters become visible, and marks that turn the
 * direction of writing lose their power.
 */
export function shown(text) {
	return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g, "\ufffd");
}

const PATHS = {
	picture: "M4 5h16v14H4zM4 15.5l4.5-4.5 4 4M12 14l3-3 5 5M15.5 8.5h.01",
	close: "M6 6l12 12M18 6 6 18",
	plus: "M12 5v14M5 12h14",
	minus: "M5 12h14",
	left: "M14.5 6 8.5 12l6 6",
	right: "M9.5 6l6 6-6 6",
	up: "M12 19V6M6.5 11.5 12 6l5.5 5.5",
	fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
	target: "M12 3v4M12 17v4M3 12h4M17 12h4M8 8h8v8H8z",
	like: "M4 8h10v12H4zM9 8V4h11v12h-6",
	moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
	help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01",
	key: "M14.5 4a5.5 5.5 0 1 0 .01 11 5.5 5.5 0 0 0 0-11zM10.5 13.5 4 20M6.5 17.5 9 20",
	list: "M4 6h3M4 12h3M4 18h3M10 6h10M10 12h10M10 18h10",
	wall: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
	filter: "M4 6h16M7 12h10M10 18h4",
	clock: "M12 4a8 8 0 1 0 .01 16 8 8 0 0 0 0-16zM12 8v4.5l3 1.5",
	trash: "M5 7h14M9.5 7V4h5v3M7 7l1 13h8l1-13",
	check: "M5 12.5l4.5 4.5L19 7.5",
	alert: "M12 4 2.5 20h19zM12 10v5M12 17.5h.01",
	down: "M6 9.5l6 6 6-6",
};

/** A line drawing from the list above, hidden from screen readers: what it stands on has a label. */
export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	const path = document.createElementNS(SVG, "path");
	path.setAttribute("d", PATHS[name]);
	svg.append(path);
	return svg;
}

/** A button with words in it. */
export function press(kind, act, props, ...children) {
	return h("button", { type: "button", class: kind, on: { click: act }, ...props }, children);
}

/** A button with an icon; `label` is what screen readers say and what shows on hovering. */
export function button(name, label, act, props = {}) {
	return press("tool", act, { "aria-label": label, title: label, ...props }, icon(name));
}

const live = () => document.getElementById("live");
let saying = 0;

/** Tell screen readers, once it has been quiet for a moment. */
export function say(text) {
	clearTimeout(saying);
	saying = setTimeout(() => put(live(), text), 250);
}

/** `5 pages`, `1 page`. */
export const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

export const bytes = (n) => (n < 1e6 ? `${Math.max(1, Math.round(n / 1e3))} kB` : `${(n / 1e6).toFixed(1)} MB`);
