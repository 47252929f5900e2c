// Keeps the page up to date from its events. What a browser has is enough for it.
"use strict";

const byId = (id) => document.getElementById(id);
const kept = 240; // points, as the server keeps
let points = [];

const events = new EventSource("events");
events.onopen = () => live(true);
events.onerror = () => live(false); // the browser tries again by itself
events.addEventListener("history", (e) => { points = JSON.parse(e.data); });
events.addEventListener("sample", (e) => {
  const sample = JSON.parse(e.data);
  if (!points.length || points.at(-1).at < sample.at) points.push(sample);
  points = points.slice(-kept);
  show(sample);
  draw();
});
addEventListener("resize", draw);

function live(on) {
  byId("state").textContent = on ? "live" : "not live, trying again";
  byId("state").classList.toggle("live", on);
}

function show(sample) {
  for (const id of ["held", "idle", "waiting", "connecting"]) byId(id).textContent = sample[id];
  const rows = sample.groups.flatMap((g) => g.rows);
  document.querySelectorAll("#groups dd").forEach((dd, i) => { dd.textContent = rows[i].value; });
  showLeaks(sample.leaks);
}

// showLeaks changes only what has changed, so that an open stack stays open.
function showLeaks(leaks) {
  byId("none").hidden = leaks.length > 0;
  const old = new Map([...byId("leaks").children].map((d) => [d.dataset.key, d]));
  const all = leaks.map((l) => {
    const details = old.get(l.key) ?? newLeak(l);
    details.firstElementChild.textContent = `held for ${l.held}, since ${l.since}`;
    old.delete(l.key);
    return details;
  });
  old.forEach((gone) => gone.remove());
  all.filter((d) => !d.isConnected).forEach((d) => byId("leaks").append(d));
}

function newLeak(l) {
  const details = document.createElement("details");
  details.dataset.key = l.key;
  details.append(document.createElement("summary"), document.createElement("pre"));
  details.lastElementChild.textContent = l.stack;
  return details;
}

function draw() {
  if (points.length < 2) return;
  chart(byId("connections"), [["idle", (p) => p.held + p.idle], ["held", (p) => p.held]]);
  chart(byId("callers"), [["waiting", (p) => p.waiting]]);
}

// chart draws areas, the highest first, with a scale for the largest value.
function chart(svg, areas) {
  const { width, height } = svg.getBoundingClientRect();
  const box = { left: 34, right: width - 4, top: 8, bottom: height - 20 };
  const from = points[0].at, to = points.at(-1).at;
  const top = nice(Math.max(...points.map(areas[0][1])));
  const x = (at) => box.left + (box.right - box.left) * (at - from) / Math.max(to - from, 1);
  const y = (n) => box.bottom - (box.bottom - box.top) * n / top;
  svg.replaceChildren(
    ...[0, top / 2, top].flatMap((n) => [
      make("line", { x1: box.left, x2: box.right, y1: y(n), y2: y(n) }),
      make("text", { x: box.left - 6, y: y(n) + 4, "text-anchor": "end" }, n),
    ]),
    ...areas.map(([name, value]) => make("path", { class: name, d: area(value, x, y) })),
    make("text", { x: box.left, y: height - 4 }, ago(to - from)),
    make("text", { x: box.right, y: height - 4, "text-anchor": "end" }, "now"),
  );
}

// area is a path of steps: between two looks nothing is known.
function area(value, x, y) {
  const steps = points.map((p, i) => `${i ? "H" + x(p.at).toFixed(1) : "L" + x(p.at).toFixed(1) + " " + y(0)}V${y(value(p)).toFixed(1)}`);
  return `M${x(points[0].at).toFixed(1)} ${y(0)}${steps.join("")}V${y(0)}Z`;
}

// nice is the next number that is whole also by halves, and short.
function nice(n) {
  for (let unit = 1; ; unit *= 10) {
    for (const m of [2, 4, 6, 8, 12, 16]) if (m * unit >= n) return m * unit;
  }
}

function ago(ms) {
  const s = Math.round(ms / 1000);
  return (s < 60 ? `${s} s` : `${Math.floor(s / 60)} min` + (s % 60 ? ` ${s % 60} s` : "")) + " ago";
}

function make(name, attributes, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (text !== undefined) e.textContent = text;
  return e;
}
