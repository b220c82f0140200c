// The dialogs: keys of the keyboard, the key of the server, and asking twice before something is lost.

import { key } from "./api.js";
import { button, h, press, put } from "./dom.js";

function dialog(title, ...inside) {
	const made = h("dialog", { "aria-label": title });
	put(made, h("header", h("h2", title), button("close", "Close (Escape)", () => made.close())), inside);
	made.addEventListener("close", () => made.remove());
	made.addEventListener("click", (event) => event.target === made && made.close());
	document.body.append(made);
	made.showModal();
	return made;
}

const KEYS = [
	["Find", [["/", "to the search box"], ["Enter", "search; a line that ends in ? is asked"], ["Ctrl Enter", "ask"], ["Escape", "close what is open, then clear"]]],
	["Results", [["↓ ↑ or J K", "next, former result"], ["Enter or O", "open the page"], ["M", "more like this"], ["1 … 9", "to a citation of the answer"], ["W", "list or wall"], ["F", "to the filters"]]],
	["The page", [["+ −", "nearer, farther"], ["0", "all of it"], ["B", "to the marked words"], ["[ ]", "page before, next page"], ["T", "as text, as picture"], ["← ↑ → ↓", "move it, when it has the focus"]]],
	["Everywhere", [["L", "library"], ["U", "add files"], ["D", "dark or light"], ["?", "this list"]]],
];

const LINE = [
	['"total due"', "these words side by side"],
	["-draft", "no pages with this word"],
	["type:pdf", "a type; also page:1-3, collection:letters, tag.year:2024"],
	["date:2024-01..2024-03", "a time"],
];

export function help() {
	const table = (rows) => h("dl", rows.map(([k, what]) => h("div", h("dt", k.split(" ").map((w) => (w === "or" || w === "…" ? ` ${w} ` : h("kbd", w)))), h("dd", what))));
	const line = h("section", h("h3", "In the search box"), h("dl", LINE.map(([k, what]) => h("div", h("dt", h("code", k)), h("dd", what)))));
	const made = dialog("Keyboard", h("div.keys", KEYS.map(([title, rows]) => h("section", h("h3", title), table(rows))), line));
	made.append(h("p.note", "For programs: ", h("a", { href: "/docs" }, "the HTTP interface"), "."));
	made.classList.add("help");
}

/** Ask for the key of the server; `given()` is called when there is a new one, or none any more. `refused`: it was. */
export function askKey(refused, given) {
	if (document.querySelector("dialog.key")) return;
	const field = h("input", { type: "password", id: "key", autocomplete: "off", spellcheck: "false", maxlength: "500" });
	const form = h(
		"form",
		{ on: { submit: (event) => { event.preventDefault(); key.set(field.value.trim()); made.close(); given(); } } },
		h("p", refused && key.get() ? "The key of this tab does not open this, or not any more." : "What is not public here is open to those who have a key."),
		h("label", { for: "key" }, "Key"),
		field,
		h("p.note", "It stays in this tab and goes nowhere but to this server. Who runs the server makes keys with ", h("code", "triptych keys"), "."),
		h("footer", key.get() && press("quiet", () => { key.set(""); made.close(); given(); }, {}, "Forget the key"), h("button", { type: "submit", class: "firm" }, "Use this key")),
	);
	const made = dialog("This library asks for a key", form);
	made.classList.add("key");
	field.focus();
}

/** True when `yes` was pressed. */
export function confirmed(title, text, yes) {
	return new Promise((resolve) => {
		let sure = false;
		const made = dialog(
			title,
			h("p", { dir: "auto" }, text),
			h("footer", press("quiet", () => made.close(), { autofocus: true }, "Keep"), press("firm danger", () => { sure = true; made.close(); }, {}, yes)),
		);
		made.addEventListener("close", () => resolve(sure));
	});
}
