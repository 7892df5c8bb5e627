// Nothing moves under a pressed button: what is replaced between its press and its release loses the click.
const LONGEST = 10000; // a release that never comes to us must not stop the page for good
const CLICK = 30;      // after a tap the click comes a moment behind the release

let held = null;

function release() {
  if (!held) return;
  const { done } = held;
  held = null;
  setTimeout(done, CLICK);
}

addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !event.isPrimary) return;
  release();
  const press = {};
  press.over = new Promise((resolve) => { press.done = resolve; });
  held = press;
  setTimeout(() => { if (held === press) release(); }, LONGEST);
}, { capture: true });
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, release, { capture: true });
addEventListener("blur", (event) => { if (event.target === window) release(); });

/** Resolves when no button is pressed. */
export const released = async () => { while (held) await held.over; };
