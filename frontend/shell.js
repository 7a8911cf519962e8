// What the hands of a person who is signed in are spared. Everything here is comfort: each thing is a link, a form or a
// page of its own without it.

const $ = (selector, root = document) => root.querySelector(selector);

// The search, as a dialog above any page.
const palette = $('#palette');
const field = palette && $('input', palette);
const found = palette && $('[data-found]', palette);
const said = palette && $('[data-said]', palette);
const links = () => [...found.querySelectorAll('a')];
let asked;

function open() {
  if (palette.open) return;
  palette.showModal();
  field.select();
  list();
}

// Whether the answer to what stands there now is shown: the newest question wins, whatever the order of the answers.
async function list() {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams({ q: field.value, part: 'list' });
  try {
    const answer = await fetch(`${field.form.action}?${query}`, { signal: asked.signal });
    const html = await answer.text();
    // Nobody is signed in any more: what was typed in the page behind is worth more than the search.
    if (answer.redirected || !answer.ok) throw new Error(answer.statusText);
    found.innerHTML = html;
    // All of it would be read anew at every letter.
    const many = found.querySelectorAll('li a').length;
    said.textContent = many === 1 ? '1 result' : `${many} results`;
    return true;
  } catch (error) {
    if (error.name === 'AbortError') return false;
    found.replaceChildren('The search can’t be reached. Enter opens its page.');
    return true;
  }
}

function walk(event) {
  const all = links();
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || (at < 0 && event.key !== 'ArrowDown')) return;
  event.preventDefault();
  (to < 0 ? field : all[Math.min(to, all.length - 1)])?.focus();
}

if (palette) {
  let waits;
  field.addEventListener('input', () => {
    clearTimeout(waits);
    waits = setTimeout(list, 120);
  });
  // The first of what is found for what stands there now, however fast one types.
  field.form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearTimeout(waits);
    if (!(await list())) return;
    const first = $('li a', found);
    if (first) first.click();
    else if (!found.children.length) field.form.submit();
  });
  palette.addEventListener('keydown', walk);
  // At once, where a search field would only be emptied first.
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    palette.close();
  });
  // Beside it is a way out.
  palette.addEventListener('click', (event) => event.target === palette && palette.close());
  for (const link of document.querySelectorAll('[data-opens="palette"]')) {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      $('#nav:popover-open')?.hidePopover();
      open();
    });
  }
}

document.addEventListener('keydown', (event) => {
  // Shift counts for nothing: where / needs it, it is pressed.
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.key.toLowerCase() === 'k' && palette) {
    event.preventDefault();
    $('#keyboard').hidePopover();
    open();
  } else if (event.key === '/') {
    event.preventDefault();
    palette?.close();
    $('#keyboard')?.togglePopover();
  }
});

// What was told once is not told again by reloading or going back.
const toast = $('.toast:not(.specimen *)');
if (toast) {
  const close = $('[data-close]', toast);
  history.replaceState(history.state, '', close.href.replace(/\?$/, ''));
  close.addEventListener('click', (event) => {
    event.preventDefault();
    toast.remove();
    $('#main').focus();
  });
  // Not while somebody is at it, and not what can be done only there.
  const go = () => (toast.matches(':hover, :focus-within') ? setTimeout(go, 2_000) : toast.remove());
  if (!$('.actions', toast)) setTimeout(go, 10_000);
}

// Where nobody has chosen a time zone, it is that of whoever sits there.
const zones = $('select[data-here]');
if (zones) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const { value: now } = zones;
  // A browser that goes back keeps what was chosen.
  const untouched = now === [...zones.options].find(({ defaultSelected }) => defaultSelected)?.value;
  if (untouched && [...zones.options].some(({ value }) => value === timeZone)) zones.value = timeZone;
}

// What is to be put right is where one goes on.
$('main [aria-invalid="true"]:not(.specimen *)')?.focus();

// A second press while the first is on its way sends nothing. What is downloaded, or was stopped, leaves the page where it
// is: the form is free again after some seconds, but for one whose answer takes longer and costs something.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post') return;
  if (form.ariaBusy) event.preventDefault();
  form.ariaBusy = 'true';
  if (!('slow' in form.dataset)) setTimeout(() => (form.ariaBusy = null), 5_000);
});
addEventListener('pageshow', () => {
  for (const form of document.forms) form.ariaBusy = null;
});
