// deeds.mjs SITE LARGE BUSY EMAIL: how long a person waits for the longest of what is answered in its request. The password
// is in PASSWORD. Prints a table; each is done three times, to close a cycle of three cycles, but for the last, which
// can be done once.

const [site, large, busy, email] = process.argv.slice(2);
let cookie = '';

async function send(path, fields) {
  const began = performance.now();
  const body = fields && new URLSearchParams(fields);
  const answer = await fetch(site + path, {
    method: fields ? 'POST' : 'GET', body, redirect: 'manual', headers: { cookie, origin: site },
  });
  const text = await answer.text();
  for (const set of answer.headers.getSetCookie()) [cookie] = set.split(';');
  if (answer.status >= 400) throw new Error(`${path}: ${answer.status} ${text.slice(0, 500)}`);
  return { ms: performance.now() - began, text };
}

function row(what, times) {
  times.sort((one, other) => one - other);
  console.log(`| ${what} | ${(times[times.length >> 1] / 1000).toFixed(2)} | ${(times.at(-1) / 1000).toFixed(2)} |`);
}

async function thrice(what, deed) {
  const times = [];
  for (let time = 0; time < 3; time += 1) times.push((await deed()).ms);
  row(what, times);
}

const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
const preview = (org, past, more = {}) => send(`/${org}/budgets`, {
  action: 'preview', scope: org, window: 'month', amount: '1', past, ...more,
});
const said = (answer, pattern) => {
  if (!pattern.test(answer.text)) throw new Error(`no ${pattern} in ${answer.text.slice(-3000)}`);
  return answer;
};

await send('/sign-in', { email, password: process.env.PASSWORD });
console.log('| answered in its request | median, s | longest, s |\n| --- | --- | --- |');
await thrice('what a budget would have stopped, 90 days of the large one', async () =>
  said(await preview(large, '90'), /Replayed: [\d,]{5,} requests/));
await thrice('the same, one day request by request, as many as are replayed', async () =>
  said(await preview(busy, 'day', { day: day(1) }), /Replayed: 200,000 requests/));

const closings = [];
for (const back of [3, 2, 1]) {
  const first = new Date();
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() - back);
  const cycle = `/${large}/statements/${first.toISOString().slice(0, 7)}`;
  closings.push((await send(cycle, { deed: 'close' })).ms);
  said(await send(`${cycle}?done=closed`), /Its statement never changes/);
}
row('closing a billing cycle of the large one', closings);

const prices = ['provider,model,input,output'];
for (let at = 0; at < 10_000; at += 1) prices.push(`bench,model-${at},${1 + at % 90}.5,${2 + at % 70}`);
const path = '/operator/prices/import';
let reviewed;
await thrice('review of 10,000 new prices', async () => {
  reviewed = said(await send(path, { table: prices.join('\n') }), /take-9999/);
  return reviewed;
});
const table = /name="table" value="([^"]*)"/.exec(reviewed.text)[1].replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const ticked = Object.fromEntries(prices.slice(1).map((_, at) => [`take-${at}`, 'on']));
row('10,000 prices taken over', [(await send('/operator/prices/confirm', { table, from: '', ...ticked })).ms]);
