// The text of a draft: marks of remarks in it, and what is selected in it. Offsets count code points, as the server's do.

/** Code points before UTF-16 place `index` of `text`. */
export function points(text, index) {
  return [...text.slice(0, index)].length;
}

/** UTF-16 place of code point `count` of `text`. */
export function units(text, count) {
  let index = 0;
  for (let left = count; left > 0 && index < text.length; left--) index += text.codePointAt(index) > 0xffff ? 2 : 1;
  return index;
}

/** Draws which words of a paragraph have remarks; `marks`: [{id, starts, ends}]. A selection in it is left alone. */
export function drawMarks(paragraph, marks) {
  const body = paragraph.querySelector("[data-body]");
  const text = body.textContent;
  const cuts = new Set([0, text.length]);
  const spans = marks
    .filter((one) => one.ends > one.starts)
    .map((one) => ({ id: one.id, from: units(text, one.starts), to: units(text, one.ends) }));
  for (const one of spans) cuts.add(one.from).add(one.to);
  const places = [...cuts].filter((one) => one <= text.length).sort((a, b) => a - b);
  const key = JSON.stringify(spans);
  if (body.dataset.drawn === key) return;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.containsNode(body, true)) return;
  const parts = [];
  for (let index = 0; index + 1 < places.length; index++) {
    const [from, to] = [places[index], places[index + 1]];
    const words = text.slice(from, to);
    const covering = spans.filter((one) => one.from <= from && one.to >= to);
    if (!covering.length) {
      parts.push(words);
      continue;
    }
    const mark = document.createElement("mark");
    mark.className = covering.length > 1 ? "draft-mark is-many" : "draft-mark";
    mark.textContent = words;
    parts.push(mark);
  }
  body.replaceChildren(...parts);
  body.dataset.drawn = key;
}

/**
 * What is selected in a text: {paragraph, starts, ends, quote, more}; null where nothing is, or only space. `more`: the
 * selection went on into another paragraph and was cut off at the end of the first.
 */
export function selectedIn(root) {
  const selection = getSelection();
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const touched = [...root.querySelectorAll("[data-paragraph] [data-body]")].filter((body) => range.intersectsNode(body));
  for (const body of touched) {
    const inside = document.createRange();
    inside.selectNodeContents(body);
    const before = document.createRange();
    before.selectNodeContents(body);
    if (range.compareBoundaryPoints(Range.START_TO_START, inside) > 0) inside.setStart(range.startContainer, range.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, inside) < 0) inside.setEnd(range.endContainer, range.endOffset);
    before.setEnd(inside.startContainer, inside.startOffset);
    const found = trimmed(body.textContent, before.toString().length, before.toString().length + inside.toString().length);
    if (found) {
      const paragraph = body.closest("[data-paragraph]");
      return { paragraph, ...found, more: touched.at(-1) !== body };
    }
  }
  return null;
}

/** A stretch of a text (UTF-16 places) without the space around it, in code points; null where it is only space. */
export function trimmed(text, from, to) {
  while (from < to && /\s/.test(text[from])) from++;
  while (to > from && /\s/.test(text[to - 1])) to--;
  if (from >= to) return null;
  return { starts: points(text, from), ends: points(text, to), quote: text.slice(from, to) };
}
