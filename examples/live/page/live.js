// Keeps the tickets as they are from /events. What comes is shown as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);
const states = ["placed", "cooking", "ready"];
const told = 12; // notifications that are listed
const cards = new Map(); // of the tickets that are there, by id
const gone = new Set(); // ids of those that were there since "all"

const events = new EventSource("/events" + location.search);
events.onerror = () => live(false); // the browser tries again by itself
events.addEventListener("all", (e) => {
  live(true);
  gone.clear();
  const all = JSON.parse(e.data);
  const there = new Set(all.map((t) => t.id));
  for (const id of [...cards.keys()]) if (!there.has(id)) remove(id);
  if (!cards.size) for (const s of states) byId(s).replaceChildren(); // those that came with the page
  all.forEach((t) => put(t, "ticket"));
  count();
});
events.addEventListener("change", (e) => {
  const { action, ticket } = JSON.parse(e.data);
  tell(action, ticket);
  if (action === "DELETE") {
    gone.add(ticket.id);
    remove(ticket.id);
  } else if (!gone.has(ticket.id)) {
    put(ticket, "ticket new");
  }
  count();
});

function live(on) {
  byId("state").textContent = on ? "live" : "not live, trying again";
  byId("state").classList.toggle("live", on);
}

// put shows a ticket, unless a later change of it is shown already: quick changes may come in
// another order.
function put(t, className) {
  const old = cards.get(t.id);
  if (old && old.rev >= t.rev) return;
  old?.card.remove();
  const card = make("li", className,
    make("b", "", t.dish), make("p", "", t.note),
    make("small", "", make("span", "", t.kitchen), make("time", "", clock(t.since))));
  cards.set(t.id, { rev: t.rev, card });
  byId(t.state).append(card);
}

function remove(id) {
  cards.get(id)?.card.remove();
  cards.delete(id);
}

function count() {
  for (const s of states) byId(s).previousElementSibling.lastElementChild.textContent = byId(s).childElementCount;
}

function tell(action, t) {
  byId("none").hidden = true;
  byId("feed").prepend(make("li", "", make("i", action.toLowerCase(), action), make("span", "", t.dish), make("small", "", t.state)));
  while (byId("feed").childElementCount > told) byId("feed").lastElementChild.remove();
}

// The ticket of the form comes back by the live query, here as in every other browser.
document.querySelector("form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const form = e.target;
  let why = "";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    if (answer.type !== "opaqueredirect") why = await answer.text();
  } catch {
    why = "the program does not answer";
  }
  byId("refused").textContent = why;
  byId("refused").hidden = !why;
  if (!why) form.reset();
});

function clock(time) {
  return new Date(time).toLocaleTimeString("en-GB");
}

function make(name, className, ...content) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...content); // strings become text
  return e;
}
