// The sandbox's rules and prices, as README tells them; nothing is taken from the program.

/** Pico-dollars per token: $1.00 and $4.00 per million, $0.10 for an embedding's. */
const INPUT = 1_000_000n;
const OUTPUT = 4_000_000n;
const EMBEDDED = 100_000n;
/** What a request to `sandbox-dime` costs, whatever its tokens. */
export const DIME = 100_000_000_000n;

/** What requests used and cost. */
export interface Used {
  requests: number;
  input: number;
  output: number;
  charge: bigint;
}

export const nothing: Used = { requests: 0, input: 0, output: 0, charge: 0n };

/** ⌈UTF-8 bytes / 4⌉, at least one. */
export function tokensOf(text: string): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text) / 4));
}

/** A chat with `sandbox-tokens`. */
export function chat(text: string, maxTokens: number): Used {
  const input = tokensOf(text);
  const charge = BigInt(input) * INPUT + BigInt(maxTokens) * OUTPUT;
  return { requests: 1, input, output: maxTokens, charge };
}

/** An embedding with `sandbox-embed`. */
export function embedding(text: string): Used {
  const input = tokensOf(text);
  return { requests: 1, input, output: 0, charge: BigInt(input) * EMBEDDED };
}

export function sum(...all: Used[]): Used {
  return all.reduce((sum, used) => ({
    requests: sum.requests + used.requests,
    input: sum.input + used.input,
    output: sum.output + used.output,
    charge: sum.charge + used.charge,
  }), nothing);
}
