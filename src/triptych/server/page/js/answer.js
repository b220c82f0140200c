// An answer as it comes: sentences with numbered citations, below them the piece of each page.

import { events } from "./api.js";
import { h, icon, press, put, say } from "./dom.js";
import { fileName } from "./hits.js";
import { cutting } from "./pictures.js";
import { scope } from "./state.js";

const SHORT = 90; // signs; a shorter answer is set large

/**
 * Asks (`asked`: text, image, filters), and shows what comes in `this.element`. `on`: `evidence(hits, seconds)`,
 * `cite(citation)`, `ended(answer)`, `failed(problem)`, `closed()`.
 */
export class Answer {
	#running = new AbortController();

	constructor(asked, on) {
		Object.assign(this, { asked, on, text: "", citations: [], done: null });
		this.words = h("div.words", { dir: "auto" });
		this.proofs = h("ol.proofs", { "aria-label": "Where the answer stands" });
		this.note = h("p.note");
		const away = press("quiet", () => this.close(), {}, "Close");
		this.element = h(
			"section.answer.busy",
			{ "aria-label": "Answer", "aria-busy": "true" },
			h("header", h("h2", { dir: "auto" }, asked.text), away),
			this.words,
			this.proofs,
			this.note,
		);
		put(this.words, h("span.waiting", "Reading the pages…"));
	}

	close() {
		this.#running.abort();
		this.on.closed();
	}

	stop() {
		this.#running.abort();
	}

	async run() {
		const signal = this.#running.signal;
		const { text, image, filters } = this.asked;
		const body = { question: text, ...(image ? { image } : {}), ...scope(filters) };
		try {
			for await (const { event, data } of events("/v1/ask", body, { signal })) this.#take(event, data);
			if (!this.done) throw new Error("The answer broke off before its end. Ask again.");
		} catch (problem) {
			if (!signal.aborted) this.#failed(problem);
		}
		this.element.setAttribute("aria-busy", "false");
		this.element.classList.remove("busy");
	}

	#take(event, data) {
		if (event === "retrieval") this.on.evidence(data.hits || [], data.seconds || {});
		else if (event === "token") this.#write(this.text + (data.text));
		else if (event === "citation") this.#cite(data);
		else if (event === "done") this.#end(data);
		else if (event === "error") throw Object.assign(new Error(data.detail || data.title || "The answer failed."), { hint: data.hint || "" });
	}

	#write(text) {
		this.text = text;
		this.element.classList.toggle("short", text.length < SHORT);
		put(this.words, this.#withNumbers(text));
	}

	/** `129.50 [1].` with its numbers as buttons. A number without a citation stays text. */
	#withNumbers(text) {
		return text.split(/(\s*\[\d{1,3}\])/).map((part) => {
			const number = /\[(\d+)\]/.exec(part);
			const known = number && this.citations.find((c) => c.n === Number(number[1]));
			if (known) return this.#number(known);
			return number && !this.done ? h("span.number.pending", number[1]) : part;
		});
	}

	#number(citation) {
		const label = `Citation ${citation.n}: ${fileName(citation.source)}, page ${citation.page}`;
		return press("number", () => this.on.cite(citation), { "aria-label": label, title: label }, citation.n);
	}

	#cite(citation) {
		if (this.citations.some((c) => c.n === citation.n)) return;
		this.citations.push(citation);
		this.proofs.append(this.#proof(citation));
		this.#write(this.text);
	}

	#proof(citation) {
		const place = `${fileName(citation.source)}  ·  page ${citation.page}`;
		const seen = citation.boxes.length > 0;
		const open = press("proof", () => this.on.cite(citation), {});
		const checked = citation.verified
			? h("span.checked", { title: "These words stand on that page: checked by the program, not by a model" }, icon("check"), "stands there")
			: h("span.unchecked", icon("alert"), "not found on the page");
		put(open, h("span.number", h("span.hidden", "Citation "), citation.n), h("span.told", h("q", { dir: "auto" }, citation.quote), h("span.place", h("span", { dir: "auto" }, place), checked)));
		const item = h("li", open);
		if (seen) queueMicrotask(() => open.append(cutting(citation, citation.boxes, "")));
		return item;
	}

	#end(answer) {
		this.done = answer;
		answer.citations.forEach((citation) => this.#cite(citation));
		this.#write(answer.answer);
		this.element.classList.toggle("abstained", answer.abstained);
		const seconds = answer.seconds?.total;
		const time = seconds ? ` in ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`}` : "";
		const how = answer.model === "extractive" ? `Quoted from the pages${time}; nothing added` : `Written by ${answer.model}${time}; every statement checked on the pages`;
		put(this.note, answer.abstained ? answer.evidence.length > 0 && "What comes nearest stands below." : `${how}.`, answer.warnings.map((line) => h("span.warning", { dir: "auto" }, line)));
		say(answer.abstained ? `No answer: ${answer.answer}` : `Answer: ${answer.answer}`);
		this.on.ended(answer);
	}

	#failed(problem) {
		put(this.note);
		put(this.text ? this.note : this.words, h("span.failure", problem.message), problem.hint); // what came stays
		say(problem.message);
		this.on.failed(problem);
	}
}
