// Comfort for the dashboard. Every page works without it.

// Copy buttons appear only where they can work.
if (navigator.clipboard) {
  const prepare = (root) => {
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  prepare(document);
  document.addEventListener("fresh", (event) => prepare(event.target));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.textContent;
    button.textContent = "Copied";
    button.dataset.done = "";
    setTimeout(() => {
      button.textContent = label;
      delete button.dataset.done;
    }, 1500);
  });
}

// Parts with data-live are fetched again every so many seconds, and replaced if they changed. The
// part itself says when there is nothing more to wait for: then it has no data-live any more.
const live = () => document.querySelector("[data-live]");

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    part.replaceWith(fresh);
    fresh.dispatchEvent(new Event("fresh", { bubbles: true }));
  }
}

async function watch() {
  const part = live();
  if (!part) return;
  await new Promise((wake) => setTimeout(wake, Number(part.dataset.live) * 1000));
  if (document.querySelector("[data-paused]:checked")) return watch();
  await refresh().catch(() => {});
  await watch();
}
watch();

// A choice that shows itself at once, without its button.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// Menus close when something else is meant.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".desk-user[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".desk-user[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// On a phone the tabs scroll: show the one that is open.
const tab = document.querySelector(".desk-head + .tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft;

// A form with data-preview shows itself in the frames of the page while somebody types. Frames are
// led on without a trace in the history.
for (const form of document.querySelectorAll("form[data-preview]")) {
  let waiting;
  const show = () => {
    const values = new URLSearchParams(new FormData(form));
    values.delete("csrf");
    for (const [name, value] of [...values]) if (!value) values.delete(name);
    for (const frame of document.querySelectorAll("iframe[data-preview]")) {
      frame.contentWindow.location.replace(`${frame.dataset.preview}&${values}`);
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 350);
  });
}
