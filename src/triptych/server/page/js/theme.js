// Runs before the first paint: the theme that was chosen, so that nothing flashes.
(() => {
	let chosen = null;
	try {
		chosen = localStorage.getItem("triptych.theme");
	} catch {
		// Storage may be forbidden; then the system's theme it is.
	}
	if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
