// Making and changing elements. Text goes in as text only: nothing that an edge tells can become markup.

const SVG = "http://www.w3.org/2000/svg";

// An element with properties; children are nodes or text.
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export const byId = (id) => document.getElementById(id);

// A text that came from outside: in its own direction, so that it turns none of the words around it.
export const quoted = (text) => make("bdi", { className: "name" }, text);

// The helpers below write only what changed: a list is filled anew in every frame.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function setClass(element, value) {
  if (element.className !== value) element.className = value;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

// The shapes of states, in a square of 16: told apart without any colour.
const SHAPES = {
  heard: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12z",
  silent: "M8 1.5L15 14H1z",
  left: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM8 5a3 3 0 1 1 0 6a3 3 0 1 1 0-6z",
  gone: "M3 1L8 6l5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z",
};

export function stateIcon() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  return svg;
}

export function setStateIcon(svg, state) {
  setAttribute(svg, "class", `icon ${state}`);
  setAttribute(svg.firstChild, "d", SHAPES[state]);
}
