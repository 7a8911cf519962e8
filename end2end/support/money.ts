// Money as the program has it: whole pico-dollars, never a float.

const DIGITS = 12;

/** `0.00276` in pico-dollars. */
export function pico(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(decimal);
  if (!match) throw new Error(`not an exact amount: ${decimal}`);
  const [, sign, whole, fraction = ''] = match;
  const amount = BigInt(whole + fraction.padEnd(DIGITS, '0'));
  return sign ? -amount : amount;
}

/** Pico-dollars as an exact decimal that a form takes. */
export function decimal(amount: bigint): string {
  const digits = amount.toString().padStart(DIGITS + 1, '0');
  return `${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
}

/** As people read it: rounded half up to cents, `$1,234.56`. */
export function dollars(amount: bigint): string {
  const cents = (amount + 5_000_000_000n) / 10_000_000_000n;
  const whole = (cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `$${whole}.${(cents % 100n).toString().padStart(2, '0')}`;
}
