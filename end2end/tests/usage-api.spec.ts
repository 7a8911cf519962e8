// What was used and what it cost, asked with OpenAI's own Python client.

import { client, whole } from '../support/clients';
import { run } from '../support/exchequer';
import { expect, test } from '../support/fixtures';
import { decimal } from '../support/money';
import { python, script } from '../support/python';
import { chat, embedding } from '../support/sandbox';

interface Told {
  results: Record<string, unknown>[];
  pages: number;
}

test('OpenAI’s Python client reads usage and costs', async ({ house, home }) => {
  const make = ['admin', 'project', 'create', '--org', home.id, '--environment', 'production'];
  const project = (await house.json<{ id: string }>([...make, '--name', 'Usage API'])).id;
  const command = ['admin', 'key', 'create', '--project', project, '--name', 'Usage'];
  const key = await house.json<{ id: string; secret: string }>(command);
  const openai = client(house, key.secret);
  const text = 'How much was it?';
  await whole(openai, text, 30);
  await openai.embeddings.create({ model: 'sandbox-embed', input: text });

  const admin = await house.json<{ secret: string }>([
    ...['admin', 'adminkey', 'create', '--org', home.id, '--name', 'Usage'],
  ]);
  const env = { ...process.env, OPENAI_BASE_URL: house.base, OPENAI_ADMIN_KEY: admin.secret };
  // From the hour before, so that there is more than one page.
  const start = Math.floor(Date.now() / 1000) - 3600;
  const outcome = await run(python, [script('openai_usage.py'), String(start), project], { env });
  expect(outcome.code, outcome.stderr).toBe(0);
  const told: Record<string, Told> = JSON.parse(outcome.stdout);

  const [asked, embedded] = [chat(text, 30), embedding(text)];
  const all = { input_tokens: asked.input, output_tokens: 30, num_model_requests: 1 };
  expect(told.completions.pages).toBeGreaterThan(1);
  expect(told.completions.results).toEqual([
    expect.objectContaining({
      ...all,
      ...{ project_id: project, api_key_id: key.id, model: 'sandbox-tokens' },
      ...{ batch: false, service_tier: 'default' },
    }),
  ]);
  expect(told.minutes.results).toEqual([expect.objectContaining({ ...all, model: null })]);
  expect(told.embeddings.results).toEqual([
    expect.objectContaining({ input_tokens: embedded.input, model: 'sandbox-embed' }),
  ]);
  expect(told.images.results).toEqual([]);
  // The client reads the exact amount into a float.
  const cost = (item: string, charge: bigint) =>
    expect.objectContaining({
      ...{ line_item: item, project_id: project },
      amount: { value: Number(decimal(charge)), currency: 'usd' },
    });
  expect(told.costs.results).toEqual([
    cost('sandbox-embed', embedded.charge),
    cost('sandbox-tokens', asked.charge),
  ]);
});
