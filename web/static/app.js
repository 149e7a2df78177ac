// What the pages do beyond links and forms: windows, selection, keyboard, and following the log.

const SHORTCUTS_KEY = "lastro.atalhos";
const LIVE_PAUSE_MS = 800;
const RECONNECT_MS = 5000;

const byId = (id) => document.getElementById(id);
const brl = new Intl.NumberFormat("pt-BR", { style: "currency", currency: "BRL" });

/* Windows: htmx fills #modal, this opens it; focus goes back to the row when it closes. */
const modal = byId("modal");
let returnFocusTo = null;

function openModal() {
  if (!modal.open) {
    returnFocusTo = document.activeElement?.closest("[id]")?.id ?? null;
    modal.showModal();
  }
}

function closeModal() {
  if (modal.open) modal.close();
}

modal?.addEventListener("close", () => {
  modal.replaceChildren();
  forgetWindow();
  billingSelection = false;
  if (returnFocusTo) byId(returnFocusTo)?.focus();
});

/* An address may open a window (?janela=…): once it is closed, a reload does not open it again. */
function forgetWindow() {
  const here = new URL(location.href);
  if (!here.searchParams.has("janela")) return;
  here.searchParams.delete("janela");
  history.replaceState(history.state, "", here);
}

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const opener = event.target.closest?.("[data-opens]");
  if (opener) byId(opener.dataset.opens).showModal();
  if (event.target.closest?.("[data-dismiss]")) event.target.closest(".notice").remove();
  if (event.target.closest?.("[data-closes-modal]")) closeModal();
  for (const open of document.querySelectorAll("details.picker[open], details.account[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target ?? event.target;
  if (target === modal && modal.childElementCount) openModal();
  if (target === modal) unmarkDone();
  showSelection();
  if (grid()) follow();
});

/* A refresh that nobody asked for takes nobody away from the page: it says that the session ended. */
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceEvent?.type !== "lastro:moved" || ctx.response.status !== 401) return;
  event.preventDefault();
  unfollow();
  showEnded();
});

/* Nor does it bring back what was left meanwhile: another filter, the listing of today over that of the past. */
const listedAt = (ctx) => ctx.sourceElement?.getAttribute?.("hx-get");
document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.listedAt = listedAt(event.detail.ctx);
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceEvent?.type === "lastro:moved" && ctx.listedAt !== listedAt(ctx)) event.preventDefault();
});

document.addEventListener("htmx:error", () => notify("Sem resposta do servidor. Verifique a conexão e tente de novo."));

function notify(text) {
  const box = document.createElement("div");
  box.className = "notice notice-danger";
  box.setAttribute("role", "alert");
  box.textContent = text;
  byId("avisos")?.replaceChildren(box);
}

/* Selection: kept by invoice while the filter stays the same, whatever is swapped under it. */
const selected = new Map();
let selectionFilter = null;

/* What was billed is done with: all that was marked, or the rows that were billed one by one. */
let billingSelection = false;

document.addEventListener("submit", (event) => {
  if (event.target.closest("#acoes-em-lote")) billingSelection = true;
});

function unmarkDone() {
  const outcome = modal.querySelector("[data-outcome]");
  if (!outcome) return;
  if (billingSelection) selected.clear();
  for (const id of outcome.dataset.outcome.split(" ")) selected.delete(id);
}

const grid = () => byId("grade");
const rows = () => [...(grid()?.querySelectorAll("tbody tr[data-id]") ?? [])];

function setSelected(row, on) {
  if (on) selected.set(row.dataset.id, Number(row.dataset.cents));
  else selected.delete(row.dataset.id);
}

/* On a narrow screen the filters are folded; their button says how many are in force. */
function unfold(form, on) {
  form.classList.toggle("folded", !on);
  document.querySelector(`[data-unfolds="${form.id}"]`).setAttribute("aria-expanded", String(on));
}

function unfolded() {
  const form = byId("filtros");
  if (form?.classList.contains("folded") && document.querySelector("[data-unfolds]")) unfold(form, true);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-unfolds]");
  if (button) unfold(byId(button.dataset.unfolds), button.getAttribute("aria-expanded") !== "true");
});

function showActiveFilters() {
  const badge = byId("filtros-ativos");
  const count = Number(grid()?.dataset.filters ?? 0);
  if (!badge) return;
  badge.hidden = count === 0;
  badge.textContent = count === 1 ? "1 ativo" : `${count} ativos`;
}

function showSelection() {
  if (!grid()) return;
  showActiveFilters();
  if (selectionFilter !== grid().dataset.filter) {
    selectionFilter = grid().dataset.filter;
    selected.clear();
  }
  const present = rows();
  for (const row of present) {
    const on = selected.has(row.dataset.id);
    if (on) selected.set(row.dataset.id, Number(row.dataset.cents));
    row.classList.toggle("selected", on);
    const box = row.querySelector("input[name=marcada]");
    if (box) box.checked = on;
  }
  const here = present.filter((row) => selected.has(row.dataset.id)).length;
  const all = byId("marcar-pagina");
  if (all) {
    all.checked = present.length > 0 && here === present.length;
    all.indeterminate = here > 0 && here < present.length;
  }
  showBulkBar(here);
  markCurrent();
}

function showBulkBar(here) {
  const bar = byId("acoes-em-lote");
  if (!bar) return;
  bar.hidden = selected.size === 0;
  const cents = [...selected.values()].reduce((sum, each) => sum + each, 0);
  const many = selected.size === 1 ? "1 linha marcada" : `${selected.size} linhas marcadas`;
  const elsewhere = selected.size - here;
  byId("marcadas").textContent =
    `${many} · ${brl.format(cents / 100)}` + (elsewhere ? ` · ${elsewhere} em outras páginas` : "");
  const ids = byId("marcadas-ids");
  if (ids) ids.value = [...selected.keys()].join(" ");
}

document.addEventListener("change", (event) => {
  if (event.target.id === "marcar-pagina") {
    for (const row of rows()) setSelected(row, event.target.checked);
    showSelection();
  } else if (event.target.name === "marcada") {
    setSelected(event.target.closest("tr"), event.target.checked);
    showSelection();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#desmarcar")) {
    selected.clear();
    showSelection();
    grid()?.querySelector("tbody tr")?.focus();
  }
});

/* Keyboard: one key each, off while somebody types and in windows. */
let currentId = null;

function markCurrent() {
  for (const row of rows()) row.classList.toggle("current", row.dataset.id === currentId);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.id === currentId);
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)] ?? all[0];
  currentId = next.dataset.id;
  markCurrent();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const current = () => rows().find((row) => row.dataset.id === currentId);

const keys = {
  "/": () => {
    unfolded();
    byId("q")?.focus();
  },
  f: () => {
    unfolded();
    document.querySelector("#filtros input, #filtros select")?.focus();
  },
  j: () => move(1),
  k: () => move(-1),
  x: () => {
    const row = current();
    if (!row?.querySelector("input[name=marcada]")) return;
    setSelected(row, !selected.has(row.dataset.id));
    showSelection();
  },
  h: () => current()?.querySelector("[data-key=h]")?.click(),
  b: () => byId("acoes-em-lote")?.querySelector("button")?.focus(),
  "?": () => byId("atalhos")?.showModal(),
};

const typing = (element) =>
  element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  // A search within a form shows what it finds by itself: Enter does not send the form.
  if (event.key === "Enter" && event.target.matches?.("[data-enter-stays]")) return event.preventDefault();
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.picker[open], details.account[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || typing(event.target)) return;
  if (event.key === "Enter" && event.target.matches("tr[data-id]")) {
    event.target.querySelector("[data-key=Enter]")?.click();
    event.preventDefault();
    return;
  }
  const act = keys[event.key];
  if (act && shortcutsOn()) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("tr[data-id]");
  if (row) {
    currentId = row.dataset.id;
    markCurrent();
  }
});

const shortcutsOn = () => localStorage.getItem(SHORTCUTS_KEY) !== "off";
const shortcutsSwitch = byId("atalhos-ligados");
if (shortcutsSwitch) {
  shortcutsSwitch.checked = shortcutsOn();
  shortcutsSwitch.addEventListener("change", () =>
    localStorage.setItem(SHORTCUTS_KEY, shortcutsSwitch.checked ? "on" : "off"),
  );
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(byId(button.dataset.copies).textContent.replace(/\D/g, ""));
  button.textContent = "Copiada";
});

/* Filters: the search field clears and says what it takes; pickers say what is chosen. */
document.addEventListener("change", (event) => {
  const kind = event.target.closest?.("select[data-hints]");
  if (kind) byId(kind.dataset.hints).placeholder = kind.selectedOptions[0].dataset.hint;
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest?.("[data-clears]");
  if (!clear) return;
  const field = byId(clear.dataset.clears);
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

document.addEventListener("change", (event) => {
  const picker = event.target.closest?.("details.picker");
  if (!picker) return;
  if (picker.matches("[data-past-field]")) {
    const value = picker.querySelector(".picker-value");
    value.textContent = byId("f-posicao").value.trim() || value.dataset.none;
    return;
  }
  const chosen = [...picker.querySelectorAll("input[type=checkbox]:checked")];
  const value = picker.querySelector(".picker-value");
  const first = chosen[0]?.closest("label").textContent.trim();
  value.textContent =
    chosen.length === 0 ? value.dataset.none : chosen.length === 1 ? first : `${chosen.length} escolhidos`;
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("input[data-date]")) return;
  const digits = event.target.value.replace(/\D/g, "");
  if (/^[\d/]*$/.test(event.target.value) && digits.length === 8 && !event.target.value.includes("/")) {
    event.target.value = `${digits.slice(0, 2)}/${digits.slice(2, 4)}/${digits.slice(4)}`;
  }
});

/* Following the log: one stream per tab, none while the tab is hidden. */
const lamp = byId("ao-vivo");
let stream = null;
let position = Number(document.querySelector("[data-position]")?.dataset.position ?? 0);
let pause = null;

function showLive(state, text) {
  if (!lamp || lamp.dataset.state === state) return;
  lamp.dataset.state = state;
  lamp.querySelector(".live-text").textContent = text;
}

/* Said in place of "ao vivo": what the page shows is no longer followed, and its next click would fail. */
function showEnded() {
  showLive("ended", "");
  const link = document.createElement("a");
  link.href = `/entrar?voltar=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = "Sessão encerrada. Entrar de novo";
  lamp.querySelector(".live-text").replaceChildren(link);
}

/* A stream that was refused says not why: asked as a page would, the answer does. */
async function explain() {
  stream = null;
  const stop = new AbortController();
  try {
    const headers = { Accept: "text/event-stream" };
    const answer = await fetch(`/ao-vivo?desde=${position}`, { headers, signal: stop.signal });
    if (answer.status === 401) return showEnded();
  } catch {
    // no answer at all: the server is away
  } finally {
    stop.abort();
  }
  showLive("off", "sem conexão");
  setTimeout(follow, RECONNECT_MS);
}

function refresh() {
  pause = null;
  htmx.trigger(document.body, "lastro:moved");
}

function follow() {
  if (document.querySelector("[data-past]")) return unfollow();
  if (stream || document.hidden || !lamp) return;
  stream = new EventSource(`/ao-vivo?desde=${position}`);
  stream.addEventListener("open", () => showLive("on", "ao vivo"));
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) explain();
    else showLive("off", "sem conexão");
  });
  stream.addEventListener("fim", () => {
    unfollow();
    showEnded();
  });
  stream.addEventListener("moved", (event) => {
    position = JSON.parse(event.data).position;
    pause ??= setTimeout(refresh, LIVE_PAUSE_MS);
  });
}

function unfollow() {
  stream?.close();
  stream = null;
  showLive("paused", "em pausa");
}

/* Signing out in one tab is told to the others, which then find their session gone. */
const tabs = new BroadcastChannel("lastro");
tabs.addEventListener("message", () => {
  unfollow();
  setTimeout(follow, LIVE_PAUSE_MS);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[action='/sair']")) tabs.postMessage("sair");
});

document.addEventListener("visibilitychange", () => (document.hidden ? unfollow() : follow()));
window.addEventListener("pagehide", unfollow);
window.addEventListener("pageshow", follow);

showSelection();
follow();
