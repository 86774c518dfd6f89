// What the console's and the set-up's pages do beyond HTML. All of it works without: values can be selected, and "look
// again" is a link.

/** Copies a value beside its button, and looks again by itself where something is under way. */
export const OPERATOR_SCRIPT = `
const COPIED_MS = 2000;
// Each look lists KV once, of which the free plan has 1,000 a day.
const LOOK_EVERY_MS = 4000;
const LOOK_FOR_MS = 100000;

document.addEventListener('click', async (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  if (!button) return;
  const value = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(value.textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(value);
    button.textContent = 'Selected: press Ctrl+C';
  }
  setTimeout(() => { button.textContent = words; }, COPIED_MS);
});

function enable(within) {
  for (const button of within.querySelectorAll('button[data-copy]')) button.hidden = false;
}
enable(document);

// Parts of the page that change by themselves are fetched again and put in the place of the old ones: all of one answer,
// so that they agree with each other.
const since = Date.now();
async function lookAgain() {
  const parts = [...document.querySelectorAll('[data-live]')];
  if (parts.length === 0 || Date.now() - since > LOOK_FOR_MS) return;
  const isInUse = parts.some((part) => part.contains(document.activeElement));
  if (document.visibilityState === 'visible' && !isInUse) {
    try {
      const response = await fetch(location.pathname + location.search, { headers: { accept: 'text/html' } });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      for (const part of parts) {
        const fresh = page.getElementById(part.id);
        if (!fresh || fresh.outerHTML === part.outerHTML) continue;
        part.replaceWith(document.adoptNode(fresh));
        enable(fresh);
      }
    } catch {
      // Away for a moment; the next look may find it.
    }
  }
  setTimeout(lookAgain, LOOK_EVERY_MS);
}
setTimeout(lookAgain, LOOK_EVERY_MS);
`;
