// What a reader of the page could not make out. An expression: an object of checks, each of which lists what is wrong.
({
  // Text whose contrast with what is behind it is less than WCAG's level AA asks for.
  contrast() {
    const paper = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const canvas = paper.getContext("2d", { willReadFrequently: true });
    const rgba = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
    const light = (color) => {
      const [r, g, b] = color.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) {
        layers.unshift(rgba(getComputedStyle(at).backgroundColor));
        if (layers[0][3] === 1) break;
      }
      return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const wrong = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const element = walk.currentNode.parentElement, said = walk.currentNode.data.trim();
      if (!said || !element.checkVisibility({ visibilityProperty: true })) continue;
      if (element.closest("noscript, .unseen, .skip, :disabled")) continue;
      const style = getComputedStyle(element), ground = behind(element), size = parseFloat(style.fontSize);
      const [high, low] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
      const ratio = (high + 0.05) / (low + 0.05);
      const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      if (ratio < (isLarge ? 3 : 4.5)) wrong.push(`${ratio.toFixed(2)}: ${said} (${element.className || element.id})`);
    }
    return wrong;
  },

  // What a screen reader has no name for, names of elements that are not there, and ids that are there twice.
  unnamed() {
    const wrong = [];
    const named = "button, input, select, dialog, aside, main section, [role=grid], [role=listbox], [role=img]";
    const referring = ["aria-labelledby", "aria-controls", "aria-activedescendant", "aria-describedby"];
    const refers = (element, attribute) => (element.getAttribute(attribute) ?? "").split(" ").filter(Boolean);
    const text = (id) => document.getElementById(id)?.textContent ?? "";
    for (const element of document.querySelectorAll(named)) {
      if (!element.checkVisibility()) continue;
      const names = [
        element.getAttribute("aria-label") ?? "",
        ...refers(element, "aria-labelledby").map(text),
        ...[...(element.labels ?? [])].map((label) => label.textContent),
        element.matches("button") ? element.textContent : "",
      ];
      if (!names.join("").trim()) wrong.push(element.outerHTML.slice(0, 120));
    }
    for (const element of document.querySelectorAll(referring.map((name) => `[${name}]`).join(","))) {
      for (const name of referring) {
        for (const id of refers(element, name)) if (!document.getElementById(id)) wrong.push(`${name}=${id}`);
      }
    }
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return wrong.concat(ids.filter((id, i) => ids.indexOf(id) !== i));
  },
})
