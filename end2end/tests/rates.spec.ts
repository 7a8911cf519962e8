// OpenAI's own clients at a rate limit: as long as it is worth it, they wait and go on by themselves.

import { attempts, client, dime, refusal } from '../support/clients';
import { expect, test } from '../support/fixtures';
import { paced, pythonDimes } from '../support/rates';

test.describe('a rate limit', () => {
  test('of the minute makes OpenAI’s clients wait, and then answers', async ({ house, home }) => {
    const limits = { max_requests_per_1_minute: 1 };
    const one = await paced(house, home.id, 'JavaScript', limits);
    const other = await paced(house, home.id, 'Python', limits);
    const javascript = async () => {
      const openai = client(house, one);
      return (await Promise.all([dime(openai), dime(openai)])).length;
    };
    let answered: number[] = [];
    const sent = await attempts(async () => {
      answered = await Promise.all([javascript(), pythonDimes(house, other, 2)]);
    });
    expect(answered).toEqual([2, 2]);
    // Two, and once more the one that was refused (none if a minute ended between them).
    expect(sent).toBeLessThanOrEqual(3);
  });

  test('of the day is not worth waiting for', async ({ house, home }) => {
    test.skip(/T23:5[6-9]/.test(new Date().toISOString()), 'the next day is about to begin');
    const openai = client(house, await paced(house, home.id, 'Daily', { max_requests_per_1_day: 1 }));
    await dime(openai);
    let error: Awaited<ReturnType<typeof refusal>> | undefined;
    expect(await attempts(async () => (error = await refusal(dime(openai))))).toBe(1);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
    expect(Number(error?.headers?.get('retry-after'))).toBeGreaterThan(0);
  });
});
