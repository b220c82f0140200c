// The search box: words, a picture, or both.

import { button, h, icon, put, say } from "./dom.js";
import { picture, shrunk, SMALL } from "./pictures.js";

const IMAGE = /^image\//;
const ASKING = "Find a page, or ask a question";

/** Wires the box. `on`: `typed()`, `entered()`, `ask()`, `failed(problem)`. */
export class Box {
	constructor(on) {
		this.on = on;
		this.form = document.getElementById("box");
		this.input = document.getElementById("q");
		this.held = document.getElementById("held");
		this.image = null; // a Blob, the picture to ask with
		this.like = null; // a page of the library to ask with
		this.#wire();
	}

	get text() {
		return this.input.value.trim();
	}

	set text(value) {
		if (value !== this.input.value) this.input.value = value;
		this.#shape();
	}

	get empty() {
		return !this.text && !this.image && !this.like;
	}

	focus() {
		this.input.focus();
		this.input.select();
	}

	#wire() {
		const pick = document.getElementById("pick");
		const file = h("input", { type: "file", accept: "image/*", hidden: true });
		put(pick, icon("picture"));
		this.form.append(file);
		pick.addEventListener("click", () => file.click());
		file.addEventListener("change", () => {
			if (file.files[0]) this.look(file.files[0]);
			file.value = "";
		});
		this.input.addEventListener("input", () => {
			this.#shape();
			this.on.typed();
		});
		this.form.addEventListener("submit", (event) => {
			event.preventDefault();
			this.on.entered();
		});
		document.getElementById("ask").addEventListener("click", () => this.on.ask());
		this.input.addEventListener("keydown", (event) => this.#key(event));
		document.addEventListener("paste", (event) => this.#pasted(event));
	}

	#key(event) {
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			this.on.ask();
		} else if (event.key === "Backspace" && !this.input.value && (this.image || this.like)) this.drop();
	}

	#pasted(event) {
		const file = [...(event.clipboardData?.files || [])].find((f) => IMAGE.test(f.type));
		if (!file || document.querySelector("dialog[open]")) return;
		event.preventDefault();
		this.look(file);
	}

	#shape() {
		this.form.classList.toggle("question", this.text.endsWith("?"));
	}

	/** Ask with a picture file. */
	async look(file) {
		try {
			this.image = await shrunk(file);
		} catch (problem) {
			this.on.failed(problem);
			return;
		}
		this.like = null;
		const seen = h("img", { alt: "" });
		seen.setAttribute("src", URL.createObjectURL(this.image));
		this.#hold(seen, file.name || "pasted picture");
		say("Searching by the picture");
		this.on.entered();
	}

	/** Ask with a page of the library. */
	alike(hit, name) {
		this.image = null;
		this.like = hit;
		this.input.value = "";
		this.#hold(picture(hit, SMALL, { lazy: false }), `like ${name}`);
		this.on.entered();
	}

	#hold(seen, name) {
		const away = button("close", "Take the picture away", () => this.drop());
		put(this.held, seen, h("span.called", { dir: "auto" }, name), away);
		this.held.hidden = false;
		this.input.placeholder = "Add words, if you like";
		seen.addEventListener("error", () => seen.remove());
		this.input.focus();
	}

	drop({ tell = true } = {}) {
		this.image = this.like = null;
		put(this.held);
		this.held.hidden = true;
		this.input.placeholder = ASKING;
		if (tell) {
			this.input.focus();
			this.on.entered();
		}
	}
}
