// Comfort for fields of code and for lists with an order. Both work without it: the field is a
// plain one, and every step of a list has buttons.

const INDENT = "  ";

// Replaces text so that the browser's own undo knows of it.
function type(field, from, to, text) {
  field.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

function indent(field, back) {
  const { value, selectionStart, selectionEnd } = field;
  const from = lineStart(value, selectionStart);
  const block = value.slice(from, selectionEnd);
  if (!back && !block.slice(selectionStart - from).includes("\n")) {
    return type(field, selectionStart, selectionEnd, INDENT);
  }
  const moved = block
    .split("\n")
    .map((line) => (back ? line.replace(/^ {1,2}|^\t/, "") : line && INDENT + line));
  const text = moved.join("\n");
  if (text === block) return;
  type(field, from, selectionEnd, text);
  field.setSelectionRange(block.includes("\n") ? from : from + text.length, from + text.length);
}

function newLine(field) {
  const { value, selectionStart, selectionEnd } = field;
  const line = value.slice(lineStart(value, selectionStart), selectionStart);
  const own = line.match(/^[ \t]*/)[0];
  type(field, selectionStart, selectionEnd, `\n${own}${/[{([]\s*$/.test(line) ? INDENT : ""}`);
}

function prepareEditor(editor) {
  const field = editor.querySelector("textarea");
  const gutter = editor.querySelector(".editor-lines");
  const marks = new Set((editor.dataset.marks ?? "").split(" ").filter(Boolean).map(Number));
  let count = 0;
  const number = () => {
    const lines = field.value.split("\n").length;
    if (lines === count) return;
    count = lines;
    gutter.replaceChildren(
      ...Array.from({ length: lines }, (_, index) => {
        const line = document.createElement("span");
        line.textContent = index + 1;
        if (marks.has(index + 1)) line.dataset.tone = "bad";
        return line;
      }),
    );
  };
  const follow = () => (gutter.scrollTop = field.scrollTop);
  gutter.hidden = false;
  number();
  field.addEventListener("input", () => {
    number();
    follow();
  });
  field.addEventListener("scroll", follow);
  const keys = field.closest(".field").querySelector("[data-editor-keys]");
  if (field.readOnly) return;
  if (keys) keys.hidden = false;
  // Escape gives Tab back its meaning once, so that the keyboard is never caught.
  let leaving = false;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && !leaving) {
      event.preventDefault();
      indent(field, event.shiftKey);
    } else if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      newLine(field);
    } else if (event.key !== "Shift") leaving = false;
  });
  field.addEventListener("blur", () => (leaving = false));
}

// Links to a line put the cursor there.
function goToLine(event) {
  const link = event.target.closest("[data-line]");
  const field = link && document.querySelector(".editor textarea");
  if (!field) return;
  event.preventDefault();
  const lines = field.value.split("\n");
  const at = Number(link.dataset.line) - 1;
  const from = lines.slice(0, at).join("\n").length + (at > 0 ? 1 : 0);
  field.focus();
  field.setSelectionRange(from, from + (lines[at] ?? "").length);
  const height = parseFloat(getComputedStyle(field).lineHeight);
  field.scrollTop = Math.max(0, (at - 4) * height);
}

// Steps are dragged into their order, which is saved when one is dropped.
function prepareOrder(list) {
  let dragged = null;
  let before = "";
  const order = () => [...list.children].map((item) => item.id).join(" ");
  for (const item of list.children) item.draggable = true;
  list.dataset.ready = "";
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    before = order();
    event.dataTransfer.effectAllowed = "move";
    dragged.dataset.dragged = "";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const box = over.getBoundingClientRect();
    const below = event.clientY > box.top + box.height / 2;
    list.insertBefore(dragged, below ? over.nextSibling : over);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    delete dragged.dataset.dragged;
    dragged = null;
    if (order() !== before) list.closest("form").submit();
  });
}

for (const editor of document.querySelectorAll("[data-editor]")) prepareEditor(editor);
for (const list of document.querySelectorAll("[data-order]")) prepareOrder(list);
document.addEventListener("click", goToLine);
