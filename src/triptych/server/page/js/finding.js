// Searching: as one types, one question at a time, late answers dropped.

import { post } from "./api.js";
import { scope } from "./state.js";

const PAUSE = 110; // ms without a keystroke before the server is asked
const FIRST = 10;
const MORE = 30;
const MOST = 100; // that the server gives

/**
 * Runs searches and tells `changed(finding)`. A finding is `{status, asked, results, problem}`, status one of
 * idle, busy, done, failed; while busy it holds the former results, so that nothing flickers.
 */
export class Finding {
	#timer = 0;
	#running = null;

	constructor(changed) {
		this.changed = changed;
		this.clear(false);
	}

	clear(tell = true) {
		this.#stop();
		Object.assign(this, { status: "idle", asked: null, results: null, problem: null, k: FIRST });
		if (tell) this.changed(this);
	}

	#stop() {
		clearTimeout(this.#timer);
		this.#running?.abort();
		this.#running = null;
	}

	/** Search for `asked` (`text`, `image`, `like`, `filters`) once typing has paused. */
	soon(asked) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.now(asked, FIRST, true), PAUSE);
	}

	/** `typing`: what is not understood is half a line yet, so the former results stay. */
	async now(asked, k = FIRST, typing = false) {
		this.#stop();
		const running = new AbortController();
		Object.assign(this, { asked, k, status: "busy" });
		this.#running = running;
		this.changed(this);
		try {
			const results = await post("/v1/search", body(asked, k), { signal: running.signal });
			if (running.signal.aborted) return;
			if (asked.like) for (const hit of results.hits) Object.assign(hit, { marks: [], boxes: [] }); // it shares most of its words
			Object.assign(this, { status: "done", results, problem: null });
		} catch (problem) {
			if (running.signal.aborted) return;
			if (typing && problem.status === 422) this.status = this.results ? "done" : "busy";
			else Object.assign(this, { status: "failed", problem, results: null });
		}
		this.#running = null;
		this.changed(this);
	}

	again() {
		if (this.asked) this.now(this.asked, this.k);
	}

	more() {
		if (this.asked) this.now(this.asked, Math.min(MOST, this.k + MORE));
	}

	/** Take hits that came another way, as the evidence of an answer. */
	take(asked, results) {
		this.#stop();
		Object.assign(this, { asked, results, status: "done", problem: null, k: Math.max(FIRST, results.hits.length) });
		this.changed(this);
	}

	get whole() {
		return this.results && (this.results.hits.length < this.k || this.k >= MOST);
	}
}

function body({ text, image, like, filters }, k) {
	const asked = { k };
	if (text) asked.text = text.split('"').length % 2 ? text : `${text}"`; // a phrase may still be open
	if (image) asked.image = image;
	if (like) Object.assign(asked, { like: like.asset, page: like.page });
	return { ...asked, ...scope(filters) };
}
