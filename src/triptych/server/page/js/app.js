// Wires the parts together. Each knows its own element; this module alone knows them all.

import { Answer } from "./answer.js";
import { get, post } from "./api.js";
import { Box } from "./box.js";
import { askKey, help } from "./dialogs.js";
import { button, count, h, put, say } from "./dom.js";
import { drops } from "./drops.js";
import { wing } from "./filters.js";
import { Finding } from "./finding.js";
import { fileName, nameOf } from "./hits.js";
import { shortcuts } from "./keyboard.js";
import { described, latest, overview, Shelf, tagsOf } from "./library.js";
import { forgetPictures } from "./pictures.js";
import { failure, findings, start } from "./results.js";
import { follow, go, past, START, state } from "./state.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const PAUSE = 260; // ms after results came, until the best page is shown beside them
const ROOM = matchMedia("(min-width: 1181px)"); // for a page beside the results

const body = document.body.classList;
const toggled = (name, on) => body.toggle(name, Boolean(on));

/** The element of a result that stands for this page, if it is shown. */
const elementOf = ({ asset, page } = {}) => [...document.querySelectorAll(".hit")].find((e) => e.dataset.asset === asset && e.dataset.page === String(page));

class App {
	constructor() {
		this.centre = document.getElementById("centre");
		this.library = null; // the overview, once it is there
		this.latest = [];
		this.answer = null;
		this.declined = false; // the page beside the results was closed: it does not come back by itself
		this.box = new Box({ typed: () => this.typed(), entered: () => this.entered(), ask: () => this.ask(), failed: (p) => this.trouble(p) });
		this.finding = new Finding(() => this.found());
		this.acts = this.#acts();
		this.viewer = new Viewer(this.acts);
		this.uploads = new Uploads(this.acts);
		this.shelf = new Shelf(this.acts);
		follow((now, before) => this.moved(now, before));
		drops({ look: (file) => this.box.look(file), add: (files) => this.add(files), may: () => this.library?.write });
		shortcuts(this);
		this.#tools();
	}

	/** What the parts may ask for. */
	#acts() {
		return {
			add: () => this.choose(),
			again: () => this.finding.again(),
			asked: (line) => this.asked(line),
			changed: () => this.refresh(),
			closed: () => this.unseen(),
			everywhere: () => go({ ...START, q: state().q, look: state().look }),
			failed: (problem) => this.trouble(problem),
			filters: () => this.filters(),
			forgot: () => this.draw(),
			like: (hit) => this.like(hit),
			look: (look) => go({ look }, { keep: true }),
			more: () => this.finding.more(),
			moved: () => this.pointed(),
			open: (hit) => this.open(hit),
			refused: (problem) => this.refused(problem),
		};
	}

	async begin() {
		this.box.text = state().q;
		const link = location.hash.match(/^#\/page\/(\w+)\/(\d+)(?:\?boxes=(.*))?$/);
		await this.load();
		body.add("ready");
		if (link) this.linked(...link.slice(1)).catch((problem) => this.trouble(problem));
		if (!matchMedia("(pointer: coarse)").matches) this.box.input.focus({ preventScroll: true });
	}

	async load() {
		await this.refresh();
		if (this.library && state().view === "search" && this.box.text) this.search();
	}

	/** Ask what the library holds now, and show it. */
	async refresh() {
		try {
			[this.library, this.latest] = await Promise.all([overview(), latest()]);
		} catch (problem) {
			put(this.centre, failure(problem, () => this.load()));
			this.refused(problem);
			return;
		}
		this.library.tags = tagsOf(this.latest);
		this.keyTool.hidden = this.library.who === "owner"; // keys decide, also for those who have none yet
		this.library.described = described(this.latest).catch(() => []);
		toggled("guest", !this.library.write);
		if (state().view === "library" || this.idle) this.draw();
		else this.wing();
	}

	/** True when the server wants a key, or another one: it is asked for. */
	refused(problem) {
		if (problem.status === 401) this.askKey(true);
		return problem.status === 401;
	}

	askKey(refused) {
		askKey(refused, () => {
			forgetPictures();
			this.finding.clear(false);
			this.load();
		});
	}

	trouble(problem) {
		if (this.refused(problem)) return;
		say(problem.message);
		put(this.centre, failure(problem, () => this.draw()));
	}

	// Asking

	get idle() {
		return this.finding.status === "idle" && !this.answer;
	}

	get question() {
		return { text: this.box.text, image: this.box.image, like: this.box.like, filters: state() };
	}

	typed() {
		this.unanswer();
		go({ q: this.box.text, view: "search" }, { keep: true });
		if (this.box.empty) this.leave();
		else this.finding.soon(this.question);
	}

	entered() {
		if (this.box.text.endsWith("?") && !this.box.like) {
			this.ask();
			return;
		}
		this.unanswer();
		past.add(this.box.text);
		go({ q: this.box.text, view: "search" });
		this.search();
		this.wing();
	}

	search() {
		if (this.box.empty) this.leave();
		else this.finding.now(this.question);
	}

	/** Back to the start. */
	leave() {
		clearTimeout(this.waiting);
		this.viewer.close({ told: false });
		this.finding.clear();
	}

	ask() {
		const asked = this.question;
		if (!asked.text) {
			this.box.focus();
			return;
		}
		this.unanswer();
		past.add(asked.text);
		go({ q: asked.text, view: "search" });
		const answer = new Answer(asked, {
			evidence: (hits, seconds) => this.answer === answer && this.finding.take(asked, { hits, seconds }),
			cite: (citation) => this.cite(citation),
			ended: () => this.answer === answer && this.answered(),
			closed: () => { this.unanswer(); this.search(); },
			failed: (problem) => this.refused(problem),
		});
		this.answer = answer;
		this.drawFound();
		this.wing();
		answer.run();
	}

	answered() {
		this.drawFound();
		const [first] = this.answer.citations;
		if (!first) this.viewer.close({ told: false }); // what it shows was found for something else
		else if (ROOM.matches && !this.declined) this.cite(first, false);
	}

	unanswer() {
		this.answer?.stop();
		this.answer = null;
	}

	like(hit) {
		this.unanswer();
		go({ view: "search", q: "" });
		this.box.alike(hit, nameOf(hit));
	}

	/** Ask what was asked before, or is offered. */
	asked(line) {
		body.remove("filtering");
		this.box.drop({ tell: false });
		this.box.text = line;
		this.box.input.focus();
		this.entered();
	}

	// Seeing

	open(hit) {
		this.opener = hit;
		this.declined = false;
		this.viewer.show(hit);
		past.add(this.box.text);
		const { id } = this.finding.results || {};
		if (id) post("/v1/clicks", { id, asset: hit.asset, page: hit.page }).catch(() => {}); // a hint for later training
	}

	/** A page cited elsewhere. */
	async linked(asset, number, boxes) {
		const known = await get(`/v1/assets/${asset}`);
		const marks = boxes && decodeURIComponent(boxes).split(";").map((box) => ({ box: box.split(",").map(Number) }));
		this.viewer.show({ ...known, source: known.sources[0], page: +number, pictures: undefined }, { marks: marks || [] });
	}

	cite(citation, focus = true) {
		const same = (other) => other.asset === citation.asset && other.page === citation.page;
		const marks = this.answer.citations.filter(same).flatMap((c) => c.boxes.map((box, n) => ({ box, label: n ? "" : String(c.n), kind: c.n === citation.n ? "" : "beside" })));
		const hit = this.finding.results?.hits.find(same);
		this.opener = citation;
		this.viewer.show({ ...hit, ...citation, title: hit?.title || "" }, { marks, at: citation.boxes, quote: citation.quote, focus });
		if (focus) say(`Page ${citation.page} of ${fileName(citation.source)}`);
	}

	/** Mark the result whose page is shown. */
	pointed() {
		clearTimeout(this.waiting); // whoever opened a page does not want another one
		document.querySelector(".hit.seen")?.classList.remove("seen");
		elementOf(this.viewer.place || {})?.classList.add("seen");
	}

	unseen() {
		this.declined = true;
		this.pointed();
		(elementOf(this.opener)?.querySelector(".name") || this.box.input).focus({ preventScroll: true });
	}

	/** Show the best page beside the results, once typing has paused. */
	beside() {
		clearTimeout(this.waiting);
		const { status, results } = this.finding;
		if (this.answer || status !== "done") return;
		const best = results.match === false ? null : results.hits[0];
		if (!best) this.viewer.close({ told: false });
		else if (ROOM.matches && !this.declined && state().look === "list") this.waiting = setTimeout(() => this.viewer.show(best, { focus: false }), PAUSE);
	}

	// Drawing

	found() {
		const { problem, results, status } = this.finding;
		if (problem) this.refused(problem);
		this.centre.classList.toggle("busy", status === "busy");
		if (status === "busy" && results) return; // the former results stay until the new ones are there
		this.drawFound();
		this.beside();
		if (status === "done") say(!results.hits.length || results.match === false ? "Nothing matches" : `${count(results.hits.length, "page")} found`);
	}

	drawFound() {
		if (state().view === "library" || this.idle) {
			this.draw();
			return;
		}
		const held = document.activeElement?.closest?.(".hit")?.dataset;
		body.remove("starting");
		toggled("walled", state().look === "wall");
		put(this.centre, this.answer?.element, this.finding.status === "idle" ? null : findings(this.finding, this.acts, this.answer));
		this.pointed();
		if (held) elementOf(held)?.querySelector(".name").focus();
	}

	draw() {
		if (!this.library) return;
		const { view } = state();
		this.wing();
		toggled("walled", view === "library");
		toggled("bare", !this.library.assets);
		toggled("starting", view !== "library" && this.idle);
		if (view === "library") {
			put(this.centre, this.shelf.element);
			this.shelf.show(this.library);
		} else if (this.idle) put(this.centre, start(this.library, this.latest, this.acts));
		else this.drawFound();
	}

	wing() {
		if (this.library) wing(this.library, this.acts);
	}

	/** The address changed: by a filter, a link, or the browser's back button. */
	moved(now, before) {
		const narrowed = ["collection", "kinds", "from", "to", "tags"].some((name) => String(now[name]) !== String(before[name]));
		if (now.q !== this.box.text) this.box.text = now.q;
		if (now.view !== before.view) {
			this.viewer.close({ told: false });
			if (this.box.empty) this.finding.clear(false);
			this.draw();
		} else if (now.view === "library") this.draw();
		else if (now.look !== before.look) this.drawFound();
		else if (narrowed) {
			this.wing();
			if (this.answer) this.ask();
			else if (!this.box.empty) this.search();
		}
	}

	/** The browser's back button: what was asked is asked again. */
	returned() {
		this.unanswer();
		if (state().view === "search") this.search();
	}

	filters() {
		if (body.toggle("filtering")) document.querySelector("#left input, #left button")?.focus();
	}

	// Adding, tools

	choose() {
		const field = h("input", { type: "file", multiple: true, hidden: true });
		field.addEventListener("change", () => this.add(field.files));
		field.click();
	}

	add(files) {
		const open = this.library.collections.filter((c) => c.scope !== "read").map((c) => c.name);
		this.uploads.add(files, state().collection || (open.includes("default") ? "default" : open[0]));
	}

	theme() {
		const root = document.documentElement.dataset;
		const dark = root.theme ? root.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
		root.theme = dark ? "light" : "dark";
		try {
			localStorage.setItem("triptych.theme", root.theme);
		} catch {
			// then it lasts until the page is left
		}
	}

	#tools() {
		this.keyTool = button("key", "Key for this server", () => this.askKey(false));
		this.keyTool.hidden = true;
		document.querySelector(".brand").addEventListener("click", () => this.box.drop({ tell: false }));
		put(
			document.getElementById("tools"),
			h("a.tool.worded", { href: "#/library" }, "Library"),
			button("plus", "Add files (U)", () => this.choose(), { class: "tool adds" }),
			this.keyTool,
			button("moon", "Dark or light (D)", () => this.theme()),
			button("help", "Keyboard and help (?)", help),
		);
	}
}

const app = new App();
addEventListener("popstate", () => app.returned());
app.begin();
