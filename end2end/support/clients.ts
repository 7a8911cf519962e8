import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import OpenAI from 'openai';
import { type Exchequer, run } from './exchequer';
import { python, script } from './python';
import { DIME, type Used } from './sandbox';

export const MODEL = 'sandbox-tokens';

/** OpenAI's own client: nothing of it is changed but where it asks and with which key. */
export function client(house: Exchequer, key: string): OpenAI {
  return new OpenAI({ baseURL: house.base, apiKey: key });
}

const ask = (text: string, maxTokens: number) => ({
  model: MODEL,
  messages: [{ role: 'user' as const, content: text }],
  max_tokens: maxTokens,
});

/** What an answer says it used. */
const told = (usage: OpenAI.CompletionUsage | null | undefined) =>
  usage && { input: usage.prompt_tokens, output: usage.completion_tokens };

/** One answer in one piece. */
export async function whole(openai: OpenAI, text: string, maxTokens: number) {
  const answer = await openai.chat.completions.create(ask(text, maxTokens));
  return { words: answer.choices[0].message.content ?? '', usage: told(answer.usage) };
}

/** One answer as a stream; with `usage`, it ends with what it used. */
export async function streamed(openai: OpenAI, text: string, maxTokens: number, usage: boolean) {
  const options = usage ? { stream_options: { include_usage: true } } : {};
  const stream = await openai.chat.completions.create({
    ...ask(text, maxTokens),
    ...options,
    stream: true,
  });
  let words = '';
  let last: ReturnType<typeof told>;
  for await (const chunk of stream) {
    words += chunk.choices[0]?.delta.content ?? '';
    last = told(chunk.usage) ?? last;
  }
  return { words, usage: last };
}

/** What the sandbox's rules say of the same request. */
export const expected = (used: Used) => ({ input: used.input, output: used.output });

interface PythonUsage {
  prompt_tokens: number;
  completion_tokens?: number;
  total_tokens: number;
}

/** What `openai_client.py` prints. */
export interface PythonReport {
  chat: PythonUsage;
  same: boolean;
  stream: PythonUsage;
  embedding: PythonUsage;
  dimensions: number;
  models: string[];
}

/** OpenAI's Python client: a chat, a stream, an embedding, the list of models. */
export async function pythonClient(
  house: Exchequer,
  key: string,
  text: string,
  maxTokens: number,
): Promise<PythonReport> {
  const env = { ...process.env, OPENAI_BASE_URL: house.base, OPENAI_API_KEY: key };
  const outcome = await run(python, [script('openai_client.py'), text, String(maxTokens)], { env });
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return JSON.parse(outcome.stdout);
}

/** A request to `sandbox-dime`, which costs exactly ten cents; its answer says of how many tokens it is. */
export async function dime(openai: OpenAI): Promise<Used> {
  const messages = [{ role: 'user' as const, content: 'Heads or tails?' }];
  const { usage } = await openai.chat.completions.create({ model: 'sandbox-dime', messages });
  if (!usage) throw new Error('an answer without its usage');
  return { requests: 1, input: usage.prompt_tokens, output: usage.completion_tokens, charge: DIME };
}

/** What a refusal says, as OpenAI's client hands it on. */
export async function refusal(request: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await request.then(
    () => new Error('it was answered'),
    (error: unknown) => error,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw error;
}

/** How many requests leave this process for the gateway while `work` runs: retries count. */
export async function attempts(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const see = (message: unknown) => {
    const { request } = message as { request: { path: string } };
    if (request.path.startsWith('/v1/')) count += 1;
  };
  subscribe('undici:request:create', see);
  try {
    await work();
  } finally {
    unsubscribe('undici:request:create', see);
  }
  return count;
}
