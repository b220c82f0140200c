// Keys without a modifier, where no field has the focus. People see the list in dialogs.js.

import { help } from "./dialogs.js";
import { go, state } from "./state.js";

const TYPING = "input:not([type=checkbox]):not([type=radio]), dialog";
const PASS = false; // what an action returns for a key that was not meant for it

function listen(actions) {
	document.addEventListener("keydown", (event) => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
		if (document.querySelector("dialog[open]")) return;
		const act = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
		if (!act || (event.target.closest?.(TYPING) && !["Escape", "ArrowDown"].includes(event.key))) return;
		if (event.target.type === "radio" && event.key.startsWith("Arrow")) return;
		if (act() !== PASS) event.preventDefault();
	});
}

/** Move the focus among the results by `step`, from elsewhere to the first. Returns the result's element, if any. */
function stepTo(step) {
	const names = [...document.querySelectorAll("#hits .name")];
	const here = names.indexOf(document.activeElement.closest?.("li")?.querySelector(".name"));
	const next = names[here < 0 && step < 0 ? names.length - 1 : Math.min(names.length - 1, here + step)];
	if (next) next.focus();
	else if (names.length) document.getElementById("q").focus();
	next?.closest("li").scrollIntoView({ block: "nearest" });
	return next?.closest("li");
}

/** Gives the page its keys. */
export function shortcuts(app) {
	const { box, viewer } = app;
	const hitOf = (element) => {
		const { asset, page } = element?.closest?.(".hit")?.dataset || {};
		return app.finding.results?.hits.find((hit) => hit.asset === asset && String(hit.page) === page);
	};
	const onHit = (act) => () => {
		const hit = hitOf(document.activeElement) || (viewer.open && viewer.place);
		return hit ? act(hit) : PASS;
	};
	const onPage = (act) => () => (viewer.open ? act() : PASS);
	const step = (by) => () => {
		const hit = hitOf(stepTo(by));
		if (hit && viewer.open) {
			app.opener = hit;
			viewer.show(hit, { focus: false }); // an open page follows
		}
		return Boolean(hit);
	};
	const cite = (n) => () => {
		const citation = app.answer?.citations.find((c) => c.n === n);
		return citation ? app.cite(citation) : PASS;
	};
	const filters = () => (document.getElementById("left").offsetParent ? document.querySelector("#left input, #left button")?.focus() : app.filters());
	const nearer = onPage(() => viewer.stage.nearer());
	listen({
		"/": () => box.focus(),
		"?": help,
		Escape: () => escape(app),
		ArrowDown: step(1),
		ArrowUp: step(-1),
		j: step(1),
		k: step(-1),
		o: onHit((hit) => app.open(hit)),
		m: onHit((hit) => app.like(hit)),
		w: () => go({ look: state().look === "wall" ? "list" : "wall" }, { keep: true }),
		f: filters,
		l: () => go({ view: state().view === "library" ? "search" : "library" }),
		u: () => app.choose(),
		d: () => app.theme(),
		"+": nearer,
		"=": nearer,
		"-": onPage(() => viewer.stage.farther()),
		0: onPage(() => viewer.stage.whole()),
		b: onPage(() => viewer.toBox()),
		t: onPage(() => viewer.asText()),
		"[": onPage(() => viewer.turn(-1)),
		"]": onPage(() => viewer.turn(1)),
		...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [n, cite(n)])),
	});
}

/** Close what is open; then clear what was asked. */
function escape(app) {
	const { box, viewer } = app;
	if (document.body.classList.contains("filtering")) app.filters();
	else if (viewer.open) viewer.close();
	else if (box.image || box.like) box.drop();
	else if (box.text) {
		box.text = "";
		box.focus();
		app.typed();
	} else return PASS;
	return true;
}
