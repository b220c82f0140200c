// Adding files: sent one by one, two at a time; each tells how far it is, what became of it, and why not.

import { events, Problem, upload } from "./api.js";
import { button, bytes, count, h, icon, press, put, say } from "./dom.js";

const AT_ONCE = 2;
const AGAIN = 5; // times that a broken connection is made anew; the file is being added all the same
const SETTLED = new Set(["ready", "partial", "unchanged", "failed"]);

/** The queue, shown in the tray. `on`: changed, open, refused. */
export class Uploads {
	constructor(on) {
		this.on = on;
		this.items = [];
		this.tray = document.getElementById("tray");
		this.folded = false;
	}

	add(files, collection) {
		const wanted = [...files].filter((file) => file.size || file.type);
		if (!wanted.length) return;
		for (const file of wanted) this.items.push({ file, name: file.webkitRelativePath || file.name, collection: collection || "default", state: "waiting", share: 0, pages: 0 });
		this.folded = false;
		say(`${count(wanted.length, "file")} to add`);
		this.draw();
		for (let n = 0; n < AT_ONCE; n += 1) this.#next();
	}

	get #running() {
		return this.items.filter((item) => item.state === "sending" || item.state === "reading");
	}

	#next() {
		if (this.#running.length >= AT_ONCE) return;
		const item = this.items.find((i) => i.state === "waiting");
		if (!item) {
			if (!this.#running.length) this.#ended();
			return;
		}
		item.state = "sending";
		this.#one(item).finally(() => {
			this.#draw(item);
			this.#next();
		});
	}

	async #one(item) {
		try {
			const job = await upload("/v1/assets", { collection: item.collection, file: item.file }, (share) => this.#sent(item, share));
			item.state = "reading";
			await this.#followed(item, job);
		} catch (problem) {
			Object.assign(item, { state: "failed", reason: problem.message, hint: problem.hint });
			if (problem.status === 401) this.on.refused(problem);
		}
	}

	#sent(item, share) {
		item.share = share;
		this.#draw(item);
	}

	/** Hears of a job until it is done, over a connection that may break. */
	async #followed(item, job) {
		for (let again = 1; ; again += 1) {
			try {
				if (await this.#heard(item, job)) return;
			} catch (problem) {
				if (problem.status !== 0 || item.state === "failed" || again > AGAIN) throw problem;
			}
			await new Promise((resolve) => setTimeout(resolve, 500 * again));
		}
	}

	/** Whether the job's end was heard. It has one file, and that file's last state is what became of it. */
	async #heard(item, job) {
		for await (const { event, data } of events(`/v1/jobs/${encodeURIComponent(job.job)}/events`, null)) {
			if (event === "progress") this.#progressed(item, data);
			if (event === "done" && !SETTLED.has(item.state)) throw new Problem(500, { detail: data.note || "The server stopped before it was read." });
			if (event === "done") return true;
		}
		return false;
	}

	#progressed(item, told) {
		if (told.status === "waiting") return;
		Object.assign(item, { state: told.status, pages: told.pages, done: told.pages_done, reason: told.error?.reason, hint: told.error?.hint });
		if (told.asset && told.status !== "failed" && SETTLED.has(told.status)) {
			item.report = report(told.quality, told.status);
			item.place = { asset: told.asset, page: 1, collection: item.collection, source: item.name, title: "" };
			this.on.changed();
		}
		this.#draw(item);
	}

	#ended() {
		const failed = this.items.filter((i) => i.state === "failed").length;
		const done = this.items.length - failed;
		say(`${count(done, "file")} added${failed ? `, ${failed} failed` : ""}`);
		this.draw();
	}

	draw() {
		this.tray.hidden = !this.items.length;
		if (!this.items.length) return;
		const left = this.items.filter((i) => ["waiting", "sending", "reading"].includes(i.state)).length;
		const failed = this.items.filter((i) => i.state === "failed").length;
		const title = left ? `Adding ${count(left, "file")}` : failed ? `${this.items.length - failed} added, ${failed} failed` : `${count(this.items.length, "file")} added`;
		const fold = button(this.folded ? "up" : "down", this.folded ? "Unfold" : "Fold", () => { this.folded = !this.folded; this.draw(); });
		const away = !left && button("close", "Close", () => { this.items = []; this.draw(); });
		const list = h("ul", this.items.map((item) => this.#row(item)));
		put(this.tray, h("header", h("h2", title), fold, away), !this.folded && list);
	}

	#row(item) {
		item.element = h("li");
		this.#draw(item);
		return item.element;
	}

	#draw(item) {
		if (!item.element) return;
		const busy = ["sending", "reading"].includes(item.state);
		const name = item.place ? press("called", () => this.on.open(item.place), { dir: "auto" }, item.name) : h("span.called", { dir: "auto" }, item.name);
		item.element.className = item.state;
		put(item.element, h("div.row", sign(item.state), name, h("span.step", step(item))), busy && meter(item), detail(item));
	}
}

function sign(state) {
	if (state === "failed") return icon("alert");
	if (SETTLED.has(state)) return icon(state === "partial" ? "alert" : "check");
	return h("span.dot", { "aria-hidden": "true" });
}

function step(item) {
	const steps = {
		waiting: "waits",
		sending: `sending ${bytes(item.file.size)}`,
		reading: item.done ? `page ${item.done} of ${item.pages}` : "reading",
		ready: count(item.pages, "page"),
		partial: "read in part",
		unchanged: "was there already",
		failed: "failed",
	};
	return steps[item.state] || item.state;
}

function meter(item) {
	const made = h("progress", { max: "1", "aria-label": `${item.name}: ${step(item)}` });
	if (item.state === "sending") made.value = item.share;
	else if (item.done) made.value = item.done / item.pages;
	return made; // without a value it says: under way
}

function detail(item) {
	if (item.reason) return h("p.why-not", { dir: "auto" }, item.reason, item.hint && h("span", ` ${item.hint}`));
	return item.report ? h("p.report", item.report) : null;
}

/** The quality of a file in a line: what was read, how, how surely, and what needs a look. */
export function report(quality, status) {
	if (status === "unchanged") return "The same file is in the library.";
	if (!quality) return null;
	const failed = Object.entries(quality.failed);
	const parts = [`${count(quality.words, "word")}`];
	if (quality.text.ocr || quality.text.mixed) parts.push(quality.confidence === null ? "read from the picture" : `read from the picture, ${Math.round(100 * quality.confidence)} % sure`);
	if (quality.turned.length) parts.push(`turned upright: ${pages(quality.turned)}`);
	if (quality.unsure.length) parts.push(`worth a look: ${pages(quality.unsure)}`);
	if (quality.hidden.length) parts.push(`words that nobody sees: ${pages(quality.hidden)}`);
	if (failed.length) parts.push(`not read: ${pages(failed.map(([n]) => n))} (${failed[0][1]})`);
	return `${parts.join(" · ")}`;
}

const pages = (numbers) => `page ${numbers.slice(0, 4).join(", ")}${numbers.length > 4 ? " and others" : ""}`;
