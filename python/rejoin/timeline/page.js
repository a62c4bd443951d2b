// The page of a timeline: draws the lanes that can be seen at the scale that is chosen, and tells what is pointed at.
"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const TICKS_APART = 84, MARK_APART = 9, AXIS = 44, PAD = 10, ROWS_MOST = 300;
  const BAR_LEAST = 1.5, NARROW = 3; // as in rows.py and looks.py
  const CALM = 150; // ms without a change, after which the table follows the picture
  const SPAN_LINE = 14, BAR = 18, MARK_LINE = 15, LABEL_LINE = 13;
  const LINES = run.lanes.length <= 8 ? 3 : 1;
  const LANE = SPAN_LINE + BAR + MARK_LINE + LABEL_LINE * LINES + 8;
  // Of marks that lie together the first of these is drawn.
  const IMPORTANCE = ["fault", "lost", "left", "joined", "gone", "peer", "call", "token", "state", "other", "message"];
  const importance = run.kinds.map(([kind]) => IMPORTANCE.indexOf(kind));

  // ---- small helpers

  const element = (name, properties = {}, ...children) => {
    const made = document.createElement(name);
    Object.assign(made, properties);
    made.append(...children);
    return made;
  };
  const shape = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const text = (i) => run.texts[i];
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
  // The first index whose time is greater.
  const after = (rows, time) => {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle][0] > time) high = middle; else low = middle + 1;
    }
    return low;
  };
  const parts = (seconds) => {
    const whole = Math.round(Math.abs(seconds) * 1000) / 1000;
    const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60);
    return [seconds < 0 ? "-" : "", hours, minutes, whole - 3600 * hours - 60 * minutes];
  };
  const exact = (seconds) => {
    if (Math.abs(seconds) < 100) return `${seconds.toFixed(3)} s`;
    const [sign, hours, minutes, rest] = parts(seconds);
    return `${sign}${hours ? `${hours} h ` : ""}${minutes} min ${rest.toFixed(3)} s`;
  };
  const round = (seconds) => {
    const [sign, hours, minutes, rest] = parts(seconds);
    const words = [];
    if (hours) words.push(`${hours} h`);
    if (minutes) words.push(`${minutes} min`);
    if (rest || !words.length) words.push(`${+rest.toFixed(3)} s`);
    return sign + words.join(" ");
  };
  const ruler = document.createElement("canvas").getContext("2d");
  const widths = new Map();
  const width = (said, font = "11px") => {
    const key = font + said;
    if (!widths.has(key)) {
      ruler.font = `${font} system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif`;
      widths.set(key, ruler.measureText(said).width);
    }
    return widths.get(key);
  };

  // ---- the axis: times to places, and back

  const first = run.knots[0][0], last = run.knots[run.knots.length - 1][0];
  const LENGTH = run.knots[run.knots.length - 1][1];
  const scales = { broken: run.knots, even: [[first, 0], [last, LENGTH]] };
  let knots = scales.broken, breaks = run.breaks;
  const between = (rows, from, to, value) => {
    let low = 1, high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle][from] < value) low = middle + 1; else high = middle;
    }
    const a = rows[low - 1], b = rows[low];
    return b[from] === a[from] ? b[to] : a[to] + (b[to] - a[to]) * (value - a[from]) / (b[from] - a[from]);
  };
  const place = (time) => between(knots, 0, 1, clamp(time, first, last));
  const timeAt = (at) => between(knots, 1, 0, clamp(at, 0, LENGTH));

  // What is seen, in places of the axis.
  let view = { low: 0, high: LENGTH };
  let left = 100, right = 900;
  const x = (time) => left + (place(time) - view.low) / (view.high - view.low) * (right - left);
  const timeOfX = (at) => timeAt(view.low + (at - left) / (right - left) * (view.high - view.low));

  // Round times, none closer to another than apart: between two of a step those of a finer one where all fit.
  const ticks = (low, high) => {
    const found = [];
    const bounds = [low, ...breaks.flatMap(([start, end]) => [start, end]), high];
    for (let i = 0; i < bounds.length; i += 2) {
      const start = Math.max(low, bounds[i]), end = Math.min(high, bounds[i + 1]);
      if (start > end) continue;
      let chosen = [];
      for (const step of run.steps) {
        const limits = [start, ...chosen, end], known = new Set(chosen);
        for (let j = 0; j + 1 < limits.length; j++) {
          const from = Math.ceil(limits[j] / step - 1e-9), to = Math.floor(limits[j + 1] / step + 1e-9);
          if (to - from > 200) continue;
          const inner = [];
          for (let n = from; n <= to; n++) {
            const time = Math.round(n * step * 1000) / 1000;
            if (!known.has(time)) inner.push(time);
          }
          const around = inner.map(x);
          if (known.has(limits[j])) around.unshift(x(limits[j]));
          else if (found.length) around.unshift(x(found[found.length - 1]));
          if (known.has(limits[j + 1])) around.push(x(limits[j + 1]));
          if (inner.length && around.every((at, k) => k === 0 || at - around[k - 1] >= TICKS_APART)) chosen.push(...inner);
        }
        chosen.sort((a, b) => a - b);
      }
      found.push(...chosen);
    }
    return found;
  };

  // ---- the page

  const main = document.getElementById("main");
  main.hidden = false;
  const button = (label, title, act) => {
    const made = element("button", { type: "button", textContent: label, title });
    made.setAttribute("aria-label", title);
    made.addEventListener("click", act);
    return made;
  };
  const even = element("input", { type: "checkbox", id: "even" });
  const filter = element("input", { type: "search", placeholder: "lanes …", title: "show only lanes whose name has this (/)" });
  filter.setAttribute("aria-label", "show only lanes whose name has this");
  const tools = element("div", { id: "tools" },
    button("−", "zoom out (-)", () => zoom(1.6)), button("+", "zoom in (+)", () => zoom(1 / 1.6)),
    button("◀", "earlier (shift + left)", () => pan(-0.4)), button("▶", "later (shift + right)", () => pan(0.4)),
    button("Show all", "show all of the time (0)", () => fit()),
    element("label", { title: "draw all time at one scale, quiet times too (e)" }, even, "even time"), filter);
  const legend = element("div", { id: "legend" });
  const chart = element("div", { id: "chart", tabIndex: 0 });
  chart.setAttribute("role", "application");
  chart.setAttribute("aria-label", `${run.title}: ${run.lanes.length} lanes. Arrow keys go from mark to mark.`);
  const axis = shape("svg", { id: "axis", height: AXIS });
  const lanes = shape("svg", { id: "lanes" });
  const tall = element("div", { id: "tall" }, lanes);
  chart.append(axis, tall);
  const said = element("p", { id: "said" });
  said.setAttribute("aria-live", "polite");
  const table = element("table");
  const tip = element("div", { id: "tip", hidden: true });
  const key = (name) => element("kbd", { textContent: name });
  const help = element("details", {}, element("summary", { textContent: "Keys" }), element("p", {},
    key("←"), " ", key("→"), " from mark to mark, ", key("↑"), " ", key("↓"), " from lane to lane, ", key("Home"), " ", key("End"),
    " a lane's first and last, ", key("+"), " ", key("-"), " zoom, ", key("shift ←"), " ", key("shift →"), " earlier and later, ",
    key("0"), " all, ", key("e"), " even time, ", key("/"), " filter, ", key("Esc"),
    " nothing chosen. Drag to move; Ctrl and the wheel, or the wheel on the axis, zooms; a double click zooms in."));
  main.append(tools, legend, chart, said, ...run.notes.map((note) => element("p", { className: "note", textContent: note })), table, help, tip);

  // What is used in this run.
  (() => {
    const tones = new Map(), kinds = new Set();
    let spans = false;
    for (const lane of run.lanes) {
      for (const bar of lane.bars) tones.set(`${bar[3]} ${bar[2]}`, bar);
      for (const mark of lane.marks) kinds.add(mark[1]);
      spans = spans || lane.spans.length > 0;
    }
    const entry = (width, draw, label) => {
      const picture = shape("svg", { width, height: 14 });
      draw(picture);
      legend.append(element("span", {}, picture, label));
    };
    for (const bar of [...tones.values()].sort((a, b) => a[3] - b[3])) {
      entry(20, (to) => drawBar(to, run.tones[bar[3]], 1, 1, 18, 12), text(bar[2]));
    }
    if (spans) entry(20, (to) => drawSpan(to, 1, 1, 18, 12), "a fault");
    run.kinds.forEach(([kind, meaning], i) => {
      if (kinds.has(i)) entry(14, (to) => to.append(shape("use", { href: `#mark-${kind}`, x: 7, y: 7 })), meaning);
    });
  })();

  // ---- drawing

  function drawBar(to, tone, x, y, width, height) {
    if (width < NARROW) {
      to.append(shape("path", { class: tone, d: `M${x} ${y}h${width}v${height}h${-width}z` }));
      return;
    }
    const at = { x, y, width, height };
    to.append(shape("rect", { class: `bar ${tone}`, ...at }));
    if (tone !== "good") to.append(shape("rect", { fill: `url(#over-${tone})`, ...at }));
  }
  function drawSpan(to, x, y, width, height) {
    const at = { x, y, width, height };
    to.append(shape("rect", { class: "span", ...at }), shape("rect", { fill: "url(#over-span)", "fill-opacity": 0.5, ...at }));
  }

  let shown = run.lanes.map((_, i) => i); // by the filter
  let chosen = null; // {lane, mark}
  let printing = false;
  let waiting = 0, calm = 0;
  const redraw = () => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); }); };

  function draw() {
    const whole = chart.clientWidth;
    const names = Math.max(60, ...shown.slice(0, 2000).map((i) => width(run.lanes[i].title, "600 14px")));
    left = PAD + Math.min(names, 190, whole * 0.3) + 14;
    right = Math.max(left + 50, whole - PAD - 6);
    const height = shown.length * LANE;
    tall.style.height = `${height}px`;
    const from = printing ? 0 : clamp(Math.floor(chart.scrollTop / LANE), 0, Math.max(0, shown.length - 1));
    const to = printing ? shown.length : Math.min(shown.length, Math.ceil((chart.scrollTop + chart.clientHeight) / LANE) + 1);
    const part = document.createDocumentFragment();
    const bottom = (to - from) * LANE;
    const clip = shape("clipPath", { id: "inside" });
    clip.append(shape("rect", { x: left - 8, y: 0, width: right - left + 16, height: Math.max(1, bottom) }));
    part.append(clip);
    const inside = shape("g", { "clip-path": "url(#inside)" });
    const seen = ticks(timeAt(view.low), timeAt(view.high));
    for (const time of seen) inside.append(shape("path", { class: "grid", d: `M${x(time).toFixed(1)} 0V${bottom}` }));
    for (const [time] of run.stops) inside.append(shape("path", { class: "line", d: `M${x(time).toFixed(1)} 0V${bottom}` }));
    for (let row = from; row < to; row++) drawLane(part, inside, shown[row], (row - from) * LANE);
    part.append(inside);
    for (const [start, end] of breaks) drawBreak(inside, (x(start) + x(end)) / 2, bottom);
    lanes.setAttribute("width", whole);
    lanes.setAttribute("height", Math.max(1, bottom));
    lanes.style.top = `${from * LANE}px`;
    lanes.replaceChildren(part);
    drawAxis(whole, seen);
    tell();
  }

  function drawLane(names, to, index, y) {
    const lane = run.lanes[index], low = timeAt(view.low), high = timeAt(view.high);
    const bars = y + SPAN_LINE + 4, marks = bars + BAR + MARK_LINE / 2 + 1;
    if (chosen && chosen.lane === index) {
      names.append(shape("rect", { class: "chosen-lane", x: 0, y, width: right + PAD, height: LANE }));
    }
    const title = shape("text", { class: "lane", x: PAD, y: bars + 14 }, shortened(lane.title, left - PAD - 12, "600 14px"));
    title.append(shape("title", {}, lane.title));
    names.append(title);
    let ends = -Infinity;
    for (const [start, end, label] of lane.spans) {
      if (end < low || start > high) continue;
      const a = Math.max(x(start), left - 8), b = Math.max(Math.min(x(end), right + 8), a + 2);
      drawSpan(to, a, y + 3, b - a, SPAN_LINE + BAR + 4);
      if (a > ends && width(text(label)) < b - a - 4) {
        to.append(shape("text", { class: "small said-span", x: a + 5, y: y + 14 }, text(label)));
        ends = a + width(text(label));
      }
    }
    let before = -Infinity;
    for (let i = Math.max(0, after(lane.bars, low) - 1); i < lane.bars.length && lane.bars[i][0] <= high; i++) {
      const [start, end, label, tone] = lane.bars[i];
      const a = Math.max(x(start), left - 8), b = Math.min(x(end), right + 8);
      if (b < a || (b - a < BAR_LEAST && a - before < BAR_LEAST)) continue;
      before = a;
      drawBar(to, run.tones[tone], a, bars, Math.max(b - a, BAR_LEAST), BAR);
      const [from, until] = clear(Math.max(a, left), Math.min(b, right));
      if (width(text(label), "600 12px") + 8 < until - from) {
        to.append(shape("text", { class: `on on-${run.tones[tone]}`, x: (from + until) / 2, y: bars + 13 }, text(label)));
      }
    }
    const groups = grouped(lane.marks, low, high);
    const lines = labels(lane, groups);
    groups.forEach((group, i) => {
      if (lines[i] < 0) return;
      const deep = marks + 3 + LABEL_LINE * (lines[i] + 1);
      to.append(shape("path", { class: "leader", d: `M${group.x.toFixed(1)} ${marks + 5}V${deep}` }),
        shape("text", { class: "small", x: group.x + 4, y: deep }, label(lane, group)));
    });
    for (const group of groups) {
      to.append(shape("use", { href: `#mark-${run.kinds[lane.marks[group.first][1]][0]}`, x: group.x, y: marks }));
      if (chosen && chosen.lane === index && chosen.mark >= group.from && chosen.mark < group.to) {
        to.append(shape("circle", { class: "chosen", cx: group.x, cy: marks, r: 8 }));
      }
    }
  }

  // Marks with room between them; what lies too close together is one group.
  function grouped(marks, low, high) {
    const groups = [];
    let group = null;
    let i = after(marks, low);
    while (i > 0 && marks[i - 1][0] >= low) i--;
    for (; i < marks.length && marks[i][0] <= high; i++) {
      const at = x(marks[i][0]);
      if (!group || at - group.x >= MARK_APART) groups.push(group = { x: at, from: i, to: i, first: i });
      group.to = i + 1;
      if (importance[marks[i][1]] < importance[marks[group.first][1]]) group.first = i;
    }
    return groups;
  }

  // The longest part of a stretch that no break tears.
  function clear(low, high) {
    let best = [low, low], start = low;
    for (const [from, to] of breaks) {
      const a = x(from), b = x(to);
      if (a >= high || b <= low) continue;
      if (a - start > best[1] - best[0]) best = [start, a];
      start = b;
    }
    return high - start > best[1] - best[0] ? [start, high] : best;
  }

  // On which line each group's name stands (-1: on none), so that neither names nor leaders cross; from the right.
  function labels(lane, groups) {
    const lines = new Array(groups.length).fill(-1);
    for (let i = groups.length - 1; i >= 0; i--) {
      if (run.kinds[lane.marks[groups[i].first][1]][0] === "message") continue;
      const end = groups[i].x + 8 + width(label(lane, groups[i]));
      if (end > right || clear(groups[i].x, end)[1] !== end) continue;
      let line = 0;
      for (let j = i + 1; j < groups.length && groups[j].x < end; j++) line = Math.max(line, lines[j] + 1);
      if (line < LINES) lines[i] = line;
    }
    return lines;
  }

  function label(lane, group) {
    const [, kind, name, detail] = lane.marks[group.first];
    const word = run.kinds[kind][0];
    let words = word === "state" ? text(detail) || text(name) : text(name);
    if (["gone", "peer", "fault", "call"].includes(word) && text(detail)) words += ` ${text(detail)}`;
    if (words.length > 40) words = `${words.slice(0, 39)}…`;
    return group.to - group.from > 1 ? `${words} +${group.to - group.from - 1}` : words;
  }

  function shortened(words, room, font) {
    if (width(words, font) <= room) return words;
    while (words && width(`${words}…`, font) > room) words = words.slice(0, -1);
    return `${words}…`;
  }

  function drawBreak(to, middle, bottom) {
    if (middle < left || middle > right) return;
    const edge = (at, from, until, step) => {
      let path = "";
      for (let y = from; step > 0 ? y <= until : y >= until; y += step) path += ` ${at + (y / 12 % 2 ? 3 : -3)} ${y}`;
      return path;
    };
    const end = Math.floor(bottom / 12) * 12 + 12;
    to.append(shape("path", { class: "paper", d: `M${edge(middle - 6, 0, end, 12)}${edge(middle + 6, end, 0, -12)}z` }),
      shape("path", { class: "torn", d: `M${edge(middle - 6, 0, end, 12)}` }),
      shape("path", { class: "torn", d: `M${edge(middle + 6, 0, end, 12)}` }));
  }

  function drawAxis(whole, seen) {
    const part = document.createDocumentFragment();
    const taken = [];
    const put = (time, words) => {
      const at = x(time);
      if (at < left - 1 || at > right + 1 || taken.some((other) => Math.abs(other - at) < TICKS_APART)) return;
      taken.push(at);
      const half = width(words) / 2;
      part.append(shape("path", { class: "grid", d: `M${at.toFixed(1)} ${AXIS - 8}V${AXIS}` }),
        shape("text", { class: "small soft middle", x: Math.min(at, right + 6 - half).toFixed(1), y: AXIS - 12 }, words));
    };
    if (knots === scales.broken) {
      for (const [, end] of breaks) {
        const landing = knots.find(([time]) => time > end);
        if (landing) put(landing[0], exact(landing[0]));
      }
    }
    for (const time of seen) put(time, round(time));
    let ends = -Infinity;
    for (const [time, name, words] of run.stops) {
      const at = x(time), all = `${name} ${words}`.trim();
      if (at < left - 1 || at > right + 1) continue;
      for (const said of [all, name]) {
        const from = Math.min(at, right - width(said, "700 12.5px"));
        if (from < ends + 6) continue;
        part.append(shape("text", { class: "stop", x: from, y: 16 }, said));
        ends = from + width(said, "700 12.5px");
        break;
      }
    }
    axis.setAttribute("width", whole);
    axis.replaceChildren(part);
  }

  // ---- what is told: the chosen mark, and what is in view

  // What a mark says beside its name; of a new state also which one it is.
  const more = ([, , , detail, state]) => `${text(state)} ${text(detail)}`.trim();
  const words = (lane, mark) => `${exact(mark[0])}  ${run.lanes[lane].title}: ${text(mark[2])} ${more(mark)}`.trim();

  function tell() {
    if (chosen) {
      const mark = run.lanes[chosen.lane].marks[chosen.mark];
      const before = run.lanes[chosen.lane].marks[chosen.mark - 1];
      const passed = before ? `, ${exact(mark[0] - before[0])} after ${text(before[2])}` : "";
      const told = words(chosen.lane, mark) + passed;
      if (said.textContent !== told) said.textContent = told;
    } else if (said.textContent) {
      said.textContent = "";
    }
    clearTimeout(calm);
    if (printing) list(); else calm = setTimeout(list, CALM);
  }

  function list() {
    const low = timeAt(view.low), high = timeAt(view.high);
    const rows = [];
    let count = 0;
    for (const i of chosen ? [chosen.lane] : shown) {
      const marks = run.lanes[i].marks;
      let j = after(marks, low);
      while (j > 0 && marks[j - 1][0] >= low) j--;
      const end = after(marks, high);
      count += end - j;
      for (const stop = Math.min(end, j + ROWS_MOST); j < stop; j++) rows.push([marks[j][0], i, j]);
    }
    rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    const body = element("tbody");
    for (const [time, lane, mark] of rows.slice(0, ROWS_MOST)) {
      const told = run.lanes[lane].marks[mark];
      const row = element("tr", {}, ...[exact(time), run.lanes[lane].title, text(told[2]), more(told)]
        .map((cell) => element("td", { textContent: cell })));
      if (chosen && chosen.lane === lane && chosen.mark === mark) row.className = "now";
      row.addEventListener("click", () => choose(lane, mark));
      body.append(row);
    }
    const whose = chosen ? `of ${run.lanes[chosen.lane].title} ` : "";
    const most = count > ROWS_MOST ? `, the first ${ROWS_MOST}` : "";
    table.replaceChildren(
      element("caption", { textContent: `What happened ${whose}in the time that is shown: ${count.toLocaleString("en")}${most}` }),
      element("thead", {}, element("tr", {}, ...["time", "lane", "what", ""].map((head) => element("th", { textContent: head })))),
      body);
  }

  function choose(lane, mark, center = false) {
    chosen = { lane, mark };
    const at = place(run.lanes[lane].marks[mark][0]);
    const size = view.high - view.low;
    if (at < view.low || at > view.high || center) look(at - size / 2, at + size / 2);
    const row = shown.indexOf(lane);
    const top = row * LANE, seen = chart.clientHeight - AXIS;
    if (top < chart.scrollTop) chart.scrollTop = top;
    else if (top + LANE > chart.scrollTop + seen) chart.scrollTop = top + LANE - seen;
    redraw();
  }

  // The lane and the mark that are nearest in the direction of a key.
  function step(along, across) {
    const rows = shown.filter((i) => run.lanes[i].marks.length);
    if (!rows.length) return;
    if (!chosen || !rows.includes(chosen.lane)) {
      const marks = run.lanes[rows[0]].marks, low = timeAt(view.low);
      choose(rows[0], Math.min(marks.length - 1, Math.max(0, marks.findIndex(([time]) => time >= low))));
      return;
    }
    if (along) {
      choose(chosen.lane, clamp(chosen.mark + along, 0, run.lanes[chosen.lane].marks.length - 1));
      return;
    }
    const lane = rows[clamp(rows.indexOf(chosen.lane) + across, 0, rows.length - 1)];
    if (lane === chosen.lane) return;
    const time = run.lanes[chosen.lane].marks[chosen.mark][0], marks = run.lanes[lane].marks;
    const next = clamp(after(marks, time), 0, marks.length - 1);
    const nearer = next > 0 && Math.abs(marks[next - 1][0] - time) <= Math.abs(marks[next][0] - time) ? next - 1 : next;
    choose(lane, nearer);
  }

  // ---- moving

  function look(low, high) {
    const size = clamp(high - low, LENGTH * 1e-5, LENGTH);
    const start = clamp((low + high) / 2 - size / 2, 0, LENGTH - size);
    view = { low: start, high: start + size };
    redraw();
  }
  const fit = () => look(0, LENGTH);
  const pan = (share) => {
    const by = share * (view.high - view.low);
    look(clamp(view.low + by, 0, LENGTH - (view.high - view.low)), clamp(view.high + by, view.high - view.low, LENGTH));
  };
  function zoom(factor, around) {
    let at = around;
    if (at === undefined) {
      at = (view.low + view.high) / 2;
      if (chosen) {
        const mark = place(run.lanes[chosen.lane].marks[chosen.mark][0]);
        if (mark >= view.low && mark <= view.high) at = mark;
      }
    }
    const size = clamp((view.high - view.low) * factor, LENGTH * 1e-5, LENGTH);
    const share = (at - view.low) / (view.high - view.low);
    const low = clamp(at - share * size, 0, LENGTH - size);
    look(low, low + size);
  }
  function setEven(on) {
    const low = timeAt(view.low), high = timeAt(view.high);
    const all = view.high - view.low >= LENGTH;
    even.checked = on;
    knots = on ? scales.even : scales.broken;
    breaks = on ? [] : run.breaks;
    if (all) fit(); else look(place(low), place(high));
  }

  const atX = (event) => event.clientX - chart.getBoundingClientRect().left;
  const placeOfX = (at) => view.low + (clamp(at, left, right) - left) / (right - left) * (view.high - view.low);
  chart.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey || axis.contains(event.target)) {
      event.preventDefault();
      zoom(Math.exp(clamp(event.deltaY, -100, 100) * 0.004), placeOfX(atX(event)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      pan((event.deltaX || event.deltaY) / 800);
    }
  }, { passive: false });
  let drag = null;
  chart.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType !== "touch") drag = { x: event.clientX, y: event.clientY, top: chart.scrollTop, view: { ...view }, moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (drag && !drag.moved && Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) > 4) {
      drag.moved = true;
      chart.classList.add("dragged");
    }
    if (drag && drag.moved) {
      tip.hidden = true;
      const size = drag.view.high - drag.view.low;
      const low = clamp(drag.view.low - (event.clientX - drag.x) / (right - left) * size, 0, LENGTH - size);
      look(low, low + size);
      chart.scrollTop = drag.top - (event.clientY - drag.y);
    }
  });
  addEventListener("pointerup", (event) => {
    const moved = drag && drag.moved;
    drag = null;
    chart.classList.remove("dragged");
    if (!moved && chart.contains(event.target)) {
      const hit = under(event);
      if (hit && hit.mark !== undefined) choose(hit.lane, hit.mark);
    }
  });
  chart.addEventListener("dblclick", (event) => zoom(0.4, placeOfX(atX(event))));
  chart.addEventListener("scroll", redraw);

  // What the pointer is on: lines to say, and the mark if it is one.
  function under(event) {
    const box = chart.getBoundingClientRect();
    const at = event.clientX - box.left, y = event.clientY - box.top + chart.scrollTop - AXIS;
    const row = Math.floor(y / LANE);
    if (event.clientY - box.top < AXIS || at < left - 8 || at > right + 8 || row < 0 || row >= shown.length) return null;
    const index = shown[row], lane = run.lanes[index], inLane = y - row * LANE;
    const time = timeOfX(at);
    if (inLane > SPAN_LINE + BAR + 2) {
      let best = null;
      for (const group of grouped(lane.marks, timeOfX(at - 12), timeOfX(at + 12))) {
        if (!best || Math.abs(group.x - at) < Math.abs(best.x - at)) best = group;
      }
      if (!best || Math.abs(best.x - at) > 9) return null;
      const marks = lane.marks.slice(best.from, best.to);
      const lines = marks.slice(0, 8).map((mark) => `${exact(mark[0])}  ${text(mark[2])} ${more(mark)}`.trim());
      if (marks.length > 8) lines.push(`and ${marks.length - 8} more: zoom in`);
      return { lines, lane: index, mark: best.first };
    }
    const during = ([start, end, label]) => `${text(label)}, ${exact(start)} to ${exact(end)} (${exact(end - start)})`;
    const lines = lane.spans.filter(([start, end]) => start <= time && time <= end).map(during);
    const bar = lane.bars[after(lane.bars, time) - 1];
    if (bar && time <= bar[1] && inLane > SPAN_LINE) lines.unshift(during(bar));
    return lines.length ? { lines, lane: index } : null;
  }
  chart.addEventListener("pointermove", (event) => {
    const hit = drag && drag.moved ? null : under(event);
    tip.hidden = !hit;
    if (!hit) return;
    tip.textContent = [run.lanes[hit.lane].title, ...hit.lines].join("\n");
    const box = tip.getBoundingClientRect();
    tip.style.left = `${clamp(event.clientX + 14, 4, innerWidth - box.width - 8)}px`;
    tip.style.top = `${event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 18}px`;
  });
  chart.addEventListener("pointerleave", () => { tip.hidden = true; });

  const keys = {
    ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
    Home: () => chosen && choose(chosen.lane, 0),
    End: () => chosen && choose(chosen.lane, run.lanes[chosen.lane].marks.length - 1),
    Enter: () => { if (chosen) { choose(chosen.lane, chosen.mark, true); zoom(0.4); } },
    "+": () => zoom(1 / 1.6), "=": () => zoom(1 / 1.6), "-": () => zoom(1.6), 0: fit,
    e: () => setEven(!even.checked), "/": () => filter.focus(),
    Escape: () => { chosen = null; tip.hidden = true; redraw(); },
  };
  addEventListener("keydown", (event) => {
    if (event.target === filter || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = event.key.startsWith("Arrow") || ["Home", "End", "Enter"].includes(event.key);
    if (moves && document.activeElement !== chart) return;
    if (event.shiftKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      pan(event.key === "ArrowLeft" ? -0.25 : 0.25);
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  even.addEventListener("change", () => setEven(even.checked));
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    shown = run.lanes.map((_, i) => i).filter((i) => run.lanes[i].title.toLowerCase().includes(wanted));
    if (chosen && !shown.includes(chosen.lane)) chosen = null;
    chart.scrollTop = 0;
    redraw();
  });
  addEventListener("beforeprint", () => { printing = true; draw(); });
  addEventListener("afterprint", () => { printing = false; redraw(); });
  new ResizeObserver(redraw).observe(chart);
  draw();
})();
