// The desk's whole script: it asks the server for an act's words and challenge, the passkey for a signature, and shows what came of it.
// It keeps nothing but the chosen name, and sends nothing anywhere but to the page it came from.

const byId = (id) => document.getElementById(id);
const toUrl = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromUrl = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    credentials: "omit", redirect: "error", cache: "no-store",
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}

function say(text, wrong) {
  const place = byId("said");
  place.className = wrong ? "wrong" : "";
  place.textContent = wrong ? `Not done. ${text}` : text;
  place.hidden = false;
  place.focus();
}

let draft = null;

// What is signed, and what came of it, stand right below the form that asked.
const below = (form) => form.after(byId("sign"), byId("said"));

function show(words) {
  const list = byId("sign-words");
  list.replaceChildren();
  for (const [name, value] of words) {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    list.append(term, text);
  }
}

async function begin(act) {
  draft = null;
  byId("sign").hidden = true;
  byId("said").hidden = true;
  try {
    draft = await post("/act/draft", act);
  } catch (error) {
    return say(error.message, true);
  }
  byId("sign-by").textContent = draft.by;
  show(draft.words);
  byId("sign").hidden = false;
  byId("sign").querySelector("button[type=submit]").focus();
}

async function sign(event) {
  event.preventDefault();
  const asked = draft;
  draft = null;
  if (asked === null) return;
  byId("sign").hidden = true;
  try {
    const found = await navigator.credentials.get({
      publicKey: {
        challenge: fromUrl(asked.challenge), rpId: asked.rp_id, userVerification: "required", timeout: 120000,
        allowCredentials: asked.credentials.map((id) => ({ type: "public-key", id: fromUrl(id) })),
      },
    });
    const done = await post("/act/sign", {
      id: asked.id, credential: toUrl(found.rawId), authenticator_data: toUrl(found.response.authenticatorData),
      client_data: toUrl(found.response.clientDataJSON), signature: toUrl(found.response.signature),
    });
    for (const form of document.querySelectorAll("form[data-act]")) form.hidden = true;
    say(done.said, false);
    const on = document.createElement("a");
    on.href = location.pathname + location.search;
    on.textContent = "Go on";
    byId("said").append(document.createElement("br"), on);
  } catch (error) {
    say(error.name === "NotAllowedError" ? "The passkey gave no signature." : error.message, true);
  }
}

async function register(form) {
  byId("said").hidden = true;
  try {
    const asked = await post("/passkey/begin", { name: form.elements.name.value.trim() });
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: fromUrl(asked.challenge), rp: { id: asked.rp_id, name: "Heirloom desk" },
        user: { id: fromUrl(asked.user), name: asked.name, displayName: asked.name },
        pubKeyCredParams: [{ type: "public-key", alg: -7 }], timeout: 120000, attestation: "none",
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        excludeCredentials: asked.credentials.map((id) => ({ type: "public-key", id: fromUrl(id) })),
      },
    });
    const line = await post("/passkey/line", {
      id: asked.id, authenticator_data: toUrl(made.response.getAuthenticatorData()),
      client_data: toUrl(made.response.clientDataJSON),
    });
    byId("line-text").textContent = line.line;
    byId("line-key").textContent = line.fingerprint;
    byId("line").hidden = false;
    byId("line").focus();
  } catch (error) {
    say(error.name === "NotAllowedError" ? "No passkey was made." : error.message, true);
  }
}

const chosen = (form) => form.querySelector("[name=by]").value;

const ACTS = {
  decide: (form, button) =>
    begin({ act: button.value, by: chosen(form), version: Number(form.dataset.version), reason: form.elements.reason.value }),
  label: (form) => {
    const answers = [];
    for (const row of form.querySelectorAll("[data-row]")) {
      const origin = row.querySelector("input[type=radio]:checked")?.value ?? "";
      const cells = Object.fromEntries([...row.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell.value]));
      if (origin || cells.new_generator || cells.new_generator_version)
        answers.push({ row_id: row.dataset.row, sha256: row.dataset.sha256, label: row.dataset.label, new_origin: origin, ...cells });
    }
    return begin({ act: "label", by: chosen(form), answers });
  },
  vote: (form) => {
    const votes = [];
    for (const field of form.querySelectorAll("[data-question]")) {
      const choice = field.querySelector("input:checked");
      if (choice) votes.push({ pair_id: field.dataset.pair, question: field.dataset.question, choice: choice.value });
    }
    return begin({ act: "vote", by: chosen(form), votes });
  },
  rater: (form) => location.assign(`/vote?by=${encodeURIComponent(chosen(form))}`),
  register,
};

for (const form of document.querySelectorAll("form[data-act]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.querySelector("select[name=by]")) sessionStorage.setItem("by", chosen(form));
    below(form);
    ACTS[form.dataset.act](form, event.submitter);
  });
byId("sign").addEventListener("submit", sign);
byId("sign-not").addEventListener("click", () => {
  draft = null;
  byId("sign").hidden = true;
  say("Nothing was signed.", false);
});

const names = document.querySelector("select[name=by]");
if (names && [...names.options].some((option) => option.value === sessionStorage.getItem("by")))
  names.value = sessionStorage.getItem("by");

// Keys of a list of rows or pairs: an answer to the question at hand, the next and the one before, the signature.
const list = document.querySelector(".asked");
const items = list ? [...list.children] : [];
const at = () => items.findIndex((item) => item.contains(document.activeElement));

function go(place) {
  const item = items[Math.min(Math.max(place, 0), items.length - 1)];
  item.focus();
  item.scrollIntoView({ block: "nearest" });
}

function answered(key) {
  const item = items[Math.max(at(), 0)];
  const fields = [...item.querySelectorAll("fieldset")];
  const field = fields.length === 1 ? fields[0] : fields.find((one) => one.contains(document.activeElement)) ?? open(fields) ?? fields.at(-1);
  const choice = [...field.querySelectorAll("input[data-key]")].find((one) => one.dataset.key === key);
  if (!choice) return false;
  choice.checked = true;
  if (open(fields)) item.focus();
  else if (items.indexOf(item) + 1 < items.length && !item.querySelector("[data-cell]")) go(items.indexOf(item) + 1);
  else item.focus();
  return true;
}

const open = (fields) => fields.find((one) => !one.querySelector("input:checked"));

function moved(key) {
  if (key === "j") go(at() + 1);
  else if (key === "k") go(at() - 1);
  else if (key === "s") byId("to-sign").focus();
  else return answered(key);
  return true;
}

if (items.length) {
  list.addEventListener("focusin", () => items.forEach((item, place) => item.classList.toggle("current", place === at())));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=text], select") || event.ctrlKey || event.metaKey || event.altKey;
    if (!typing && moved(event.key)) event.preventDefault();
  });
}
