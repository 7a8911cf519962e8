import type { Exchequer } from './exchequer';

/**
 * For what comes into force by itself, polled as often as nodes look. That it takes no longer than a
 * second is for the gateway's own tests: here the program shares its processors with browsers.
 */
export const SOON = { timeout: 30_000, intervals: [50, 100, 250] };

/** A request that costs ten cents, without any client. */
export async function dime(
  house: Exchequer,
  secret: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${house.base}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sandbox-dime', messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

/** Status and code of one such request. */
export async function answer(
  house: Exchequer,
  secret: string,
  headers: Record<string, string> = {},
): Promise<string> {
  return verdict(await dime(house, secret, headers));
}

/** Status and code of a reply of the gateway. */
export async function verdict(response: Response): Promise<string> {
  const body = await response.json();
  return `${response.status} ${body.error?.code ?? 'answered'}`;
}
