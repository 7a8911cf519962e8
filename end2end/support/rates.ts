import { run, type Exchequer } from './exchequer';
import { python, script } from './python';

/** A project of its own in which `sandbox-dime` has these limits; one of its keys. */
export async function paced(
  house: Exchequer,
  org: string,
  name: string,
  limits: Record<string, number>,
): Promise<string> {
  const make = ['admin', 'project', 'create', '--org', org, '--environment', 'production'];
  const project = (await house.json<{ id: string }>([...make, '--name', name])).id;
  const command = ['admin', 'key', 'create', '--project', project, '--name', 'Paced'];
  const key = (await house.json<{ secret: string }>(command)).secret;
  const admin = await house.json<{ secret: string }>([
    ...['admin', 'adminkey', 'create', '--org', org, '--name', 'Limits'],
  ]);
  const place = `${house.base}/organization/projects/${project}/rate_limits/rl-sandbox-dime`;
  const answer = await fetch(place, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(limits),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return key;
}

/** OpenAI's Python client asks `sandbox-dime` so often; how often it is answered. */
export async function pythonDimes(house: Exchequer, key: string, many: number): Promise<number> {
  const env = { ...process.env, OPENAI_BASE_URL: house.base, OPENAI_API_KEY: key };
  const outcome = await run(python, [script('openai_dimes.py'), String(many)], { env });
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return Number(outcome.stdout);
}
