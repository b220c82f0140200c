// Talking to the server that this page came from, and to nobody else.

/** What the server said when it refused, in one sentence for people (RFC 9457). */
export class Problem extends Error {
	constructor(status, body) {
		super(body.detail || body.title || `The server answered ${status}.`);
		this.status = status;
		this.hint = body.hint || "";
	}
}

const KEY = "triptych.key";

/** The bearer key, kept for as long as this tab lives. */
export const key = {
	get: () => sessionStorage.getItem(KEY) || "",
	set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

function headers(extra = {}) {
	const secret = key.get();
	return secret ? { ...extra, Authorization: `Bearer ${secret}` } : extra;
}

async function send(path, options) {
	let response;
	try {
		response = await fetch(path, { ...options, headers: headers(options.headers) });
	} catch (error) {
		if (error.name === "AbortError") throw error;
		throw new Problem(0, { detail: "The server cannot be reached. Is 'triptych serve' still running?" });
	}
	if (response.ok) return response;
	throw new Problem(response.status, await problem(response));
}

async function problem(response) {
	try {
		return await response.json();
	} catch {
		return {}; // a proxy's error page; the status has to do
	}
}

export async function get(path, { signal } = {}) {
	return (await send(path, { signal })).json();
}

export async function post(path, body, { signal } = {}) {
	return (await send(path, { method: "POST", ...packed(body), signal })).json();
}

/** JSON, or a form when a file (a Blob) is among the values; lists become repeated fields. */
function packed(body) {
	if (!Object.values(body).some((value) => value instanceof Blob)) {
		return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
	}
	const form = new FormData();
	for (const [name, value] of Object.entries(body)) for (const one of [value].flat()) form.append(name, one);
	return { body: form };
}

export async function remove(path) {
	await send(path, { method: "DELETE" });
}

/** Server-sent events of a request as `{event, data}`, data parsed. `body` null: a GET. */
export async function* events(path, body, { signal } = {}) {
	const asked = body === null ? {} : { method: "POST", ...packed(body) };
	const response = await send(path, { ...asked, headers: { ...asked.headers, Accept: "text/event-stream" }, signal });
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read().catch((error) => {
			throw error.name === "AbortError" ? error : new Problem(0, { detail: "The connection to the server broke." });
		});
		if (done) return;
		rest += value.replaceAll("\r\n", "\n");
		const whole = rest.split("\n\n");
		rest = whole.pop();
		for (const block of whole) {
			const parsed = parse(block);
			if (parsed) yield parsed;
		}
	}
}

function parse(block) {
	let event = "message";
	const data = [];
	for (const line of block.split("\n")) {
		if (line.startsWith("event:")) event = line.slice(6).trim();
		else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
	}
	return data.length ? { event, data: JSON.parse(data.join("\n")) } : null; // a comment that keeps the line open
}

/** Send one file; `progress(share)` is told how much has left, 0 to 1. Resolves to JSON. */
export function upload(path, fields, progress, signal) {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest(); // fetch cannot tell how much it has sent
		const form = new FormData();
		for (const [name, value] of Object.entries(fields)) form.append(name, value);
		request.open("POST", path);
		for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
		request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
		request.onerror = () => reject(new Problem(0, { detail: "The connection broke while the file was sent." }));
		request.onabort = () => reject(new DOMException("stopped", "AbortError"));
		request.onload = () => {
			let body = {};
			try {
				body = JSON.parse(request.responseText);
			} catch {
				// not JSON: the status has to do
			}
			if (request.status < 300) resolve(body);
			else reject(new Problem(request.status, body));
		};
		signal?.addEventListener("abort", () => request.abort());
		request.send(form);
	});
}

/** `/v1/things?x=1&y=2`, without what is empty. */
export function address(path, query = {}) {
	const known = Object.entries(query).filter(([, v]) => v !== null && v !== undefined && v !== "");
	return known.length ? `${path}?${new URLSearchParams(known)}` : path;
}
