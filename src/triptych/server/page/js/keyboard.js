// Keys without a modifier, wherever no field has the focus. The list that people see is in dialogs.js.

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, dialog";

/** `actions` maps keys as the browser names them to functions; one that returns false lets the key through. */
export function keyboard(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const typing = event.target.closest?.(TYPING);
    const act = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (typing && !["Escape", "ArrowDown"].includes(event.key))) return;
    if (event.target.closest?.("[role=radio], [type=radio]") && event.key.startsWith("Arrow")) return;
    if (act(event) !== false) event.preventDefault();
  });
}

/** Move the focus among the results by `step`; from elsewhere to the first. Returns the hit's element. */
export function stepTo(step) {
  const names = [...document.querySelectorAll("#hits .name")];
  if (!names.length) return null;
  const here = names.indexOf(document.activeElement.closest?.("li")?.querySelector(".name"));
  const next = here < 0 ? (step > 0 ? 0 : -1) : here + step;
  if (next < 0) {
    document.getElementById("q").focus();
    return null;
  }
  const name = names[Math.min(names.length - 1, next)];
  name.focus();
  name.closest("li").scrollIntoView({ block: "nearest" });
  return name.closest("li");
}
