// Writing down a call: whom the name belongs to. What is typed is looked up; a name that is chosen brings its account.

import { call } from "./api.js";

const LOOK_UP_MS = 200;
const root = document.querySelector("[data-people]");
const input = root.querySelector("[data-people-input]");
const list = document.getElementById("people");
const account = root.querySelector('[name="account_id"]');
const told = root.querySelector("[data-person]");
const words = JSON.parse(document.getElementById("people-words").textContent);
let known = [];
let timer = 0;
let asked = 0;

const label = (one) => `${one.name} (${one.login})`;

function choose() {
  const found = known.find((one) => label(one) === input.value);
  account.value = found ? found.id : "";
  if (found) {
    input.value = found.name;
    told.textContent = words.known.replace("{name}", found.name).replace("{login}", found.login);
  } else told.textContent = input.value.trim() ? words.unknown : "";
}

async function lookUp() {
  const mine = ++asked;
  const text = input.value.trim();
  if (text.length < 2) return;
  try {
    const answer = await call("GET", `/api/helpdesk/people?q=${encodeURIComponent(text.slice(0, 60))}`);
    if (mine !== asked) return;
    known = answer.people;
    list.replaceChildren(...known.map((one) => Object.assign(document.createElement("option"), { value: label(one) })));
  } catch {
    // it can be written down without an account
  }
}

input.addEventListener("input", () => {
  choose();
  clearTimeout(timer);
  timer = setTimeout(lookUp, LOOK_UP_MS);
});
