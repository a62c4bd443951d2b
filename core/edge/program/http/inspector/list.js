// A list of any length: only the rows that can be seen are elements, and they are used again for others.
//
// The scroller has the focus and says which row is the active one (aria-activedescendant), so that the keys work
// whatever is scrolled to.

import { make, setAttribute } from "./dom.js";

const BEYOND = 6; // rows above and below what is seen

let lists = 0;

export class List {
  // scroller  the element that scrolls; its property --row is the height of a row
  // head      an element that stays on top, or null
  // make()    a new row; fill(row, item) writes an item into it; key(item) tells items apart
  // role      of a row
  // open(item) on Enter and double click; chosen(item) when another row became active
  constructor({ scroller, head, make: makeRow, fill, key, role, open, chosen }) {
    Object.assign(this, { scroller, head, fill, key, role, open, chosen });
    this.items = [];
    this.active = null; // a key
    this.#makeRow = makeRow;
    this.#name = `list-${++lists}`;
    this.#space = make("div", { className: "space", role: "presentation" });
    if (head) scroller.append(head);
    scroller.append(this.#space);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    scroller.addEventListener("keydown", (event) => this.#keydown(event));
    scroller.addEventListener("click", (event) => this.#click(event));
    scroller.addEventListener("focus", () => this.active === null && this.items.length && this.activate(this.#firstSeen()));
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  #makeRow;
  #name;
  #space;
  #rows = new Map(); // by index
  #spare = [];
  #indexes = null; // of keys, made when asked for
  #spaceHeight = -1;

  setItems(items) {
    const index = this.activeIndex();
    this.items = items;
    this.#indexes = null;
    // An active row that is gone leaves its place to the one that is there now.
    if (this.active !== null && this.activeIndex() < 0) {
      this.active = items.length ? this.key(items[Math.min(Math.max(index, 0), items.length - 1)]) : null;
    }
    this.draw();
  }

  indexOf(key) {
    if (!this.#indexes) this.#indexes = new Map(this.items.map((item, index) => [this.key(item), index]));
    return this.#indexes.get(key) ?? -1;
  }

  activeIndex() {
    return this.active === null ? -1 : this.indexOf(this.active);
  }

  activeItem() {
    return this.items[this.activeIndex()] ?? null;
  }

  activate(index) {
    const item = this.items[index];
    if (!item) return;
    this.active = this.key(item);
    const { row, head, height } = this.#sizes();
    const top = index * row;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + row + head > this.scroller.scrollTop + height) this.scroller.scrollTop = top + row + head - height;
    this.chosen?.(item);
    this.draw();
  }

  draw() {
    const { row, head, height } = this.#sizes();
    if (!row || !height) return; // not shown
    const total = this.items.length * row;
    if (this.#spaceHeight !== total) {
      this.#spaceHeight = total;
      this.#space.style.height = `${total}px`;
    }
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / row) - BEYOND);
    const end = Math.min(this.items.length, Math.ceil((this.scroller.scrollTop + height - head) / row) + BEYOND);
    for (const [index, element] of this.#rows) {
      if (index < first || index >= end) {
        this.#rows.delete(index);
        this.#spare.push(element);
      }
    }
    for (let index = first; index < end; index++) this.#show(index, row);
    for (const element of this.#spare) element.hidden = true;
    const active = this.activeIndex();
    if (this.#rows.has(active)) setAttribute(this.scroller, "aria-activedescendant", this.#rows.get(active).id);
    else this.scroller.removeAttribute("aria-activedescendant");
  }

  #show(index, height) {
    let element = this.#rows.get(index);
    if (!element) {
      element = this.#spare.pop() ?? this.#newRow();
      element.hidden = false;
      element.style.transform = `translateY(${index * height}px)`;
      element.dataset.index = index;
      this.#rows.set(index, element);
    } else if (element.dataset.height !== String(height)) {
      element.style.transform = `translateY(${index * height}px)`;
    }
    element.dataset.height = height;
    const item = this.items[index];
    const isActive = this.key(item) === this.active;
    setAttribute(element, "aria-selected", String(isActive));
    element.classList.toggle("active", isActive);
    if (this.role === "row") {
      setAttribute(element, "aria-rowindex", String(index + 2)); // the head is the first
    } else {
      setAttribute(element, "aria-posinset", String(index + 1));
      setAttribute(element, "aria-setsize", String(this.items.length));
    }
    this.fill(element, item);
  }

  #newRow() {
    const element = this.#makeRow();
    element.id = `${this.#name}-${this.#space.childElementCount}`;
    element.setAttribute("role", this.role);
    element.classList.add("row");
    this.#space.append(element);
    return element;
  }

  #sizes() {
    const row = parseFloat(getComputedStyle(this.#space).getPropertyValue("line-height")); // .space: line-height: var(--row)
    return { row, head: this.head?.offsetHeight ?? 0, height: this.scroller.clientHeight };
  }

  #firstSeen() {
    return Math.min(this.items.length - 1, Math.ceil(this.scroller.scrollTop / this.#sizes().row));
  }

  #keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.scroller) return;
    const { row, head, height } = this.#sizes();
    const page = Math.max(1, Math.floor((height - head) / row) - 1), last = this.items.length - 1, at = this.activeIndex();
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.activate(Math.min(Math.max(to, 0), last));
    } else if (event.key === "Enter" && this.activeItem()) {
      event.preventDefault();
      this.open(this.activeItem());
    }
  }

  #click(event) {
    const element = event.target.closest(".row");
    if (!element || !this.#space.contains(element)) return;
    const index = Number(element.dataset.index);
    this.activate(index);
    this.open(this.items[index]);
  }
}
