/** Splits an expression into tokens and reads them one by one; a syntax error says where, in DynamoDB's words. */
import { validation } from './values.ts';

export interface Token {
  kind: 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end';
  text: string;
  start: number;
  end: number;
}

const expressionBytesMax = 4096;
const pattern = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(\d+)|(<=|>=|<>|[^\s]))/y;
const kinds = ['word', 'name', 'value', 'number', 'symbol'] as const;

export class Tokens {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  /** e.g. `ConditionExpression`, for messages. */
  readonly kind: string;

  constructor(source: string, kind: string) {
    this.#source = source;
    this.kind = kind;
    if (source === '') throw this.invalid('The expression can not be empty;');
    const bytes = Buffer.byteLength(source);
    if (bytes > expressionBytesMax)
      throw this.invalid(`Expression size has exceeded the maximum allowed size; expression size: ${bytes}`);
    pattern.lastIndex = 0;
    for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
      const index = match.slice(1).findIndex((group) => group !== undefined);
      const text = match[index + 1] as string;
      const end = match.index + match[0].length;
      this.#tokens.push({ kind: kinds[index] as Token['kind'], text, start: end - text.length, end });
    }
    this.#tokens.push({ kind: 'end', text: '<EOF>', start: source.length, end: source.length });
  }

  get next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Takes the next token if it is this symbol. */
  symbol(text: string): boolean {
    const found = this.next.kind === 'symbol' && this.next.text === text;
    if (found) this.#at++;
    return found;
  }

  /** Takes the next token if it is this keyword, in any case. */
  keyword(word: string): boolean {
    const found = this.next.kind === 'word' && this.next.text.toUpperCase() === word;
    if (found) this.#at++;
    return found;
  }

  expect(symbol: string): void {
    if (!this.symbol(symbol)) throw this.unexpected();
  }

  /** Whether the token after the next one is this symbol. */
  followedBy(symbol: string): boolean {
    const token = this.#tokens[this.#at + 1];
    return token?.kind === 'symbol' && token.text === symbol;
  }

  unexpected(): Error {
    const before = this.#tokens[this.#at - 1] ?? this.next;
    const after = this.#tokens[this.#at + 1] ?? this.next;
    const near = this.#source.slice(before.start, after.end).trim();
    return this.invalid(`Syntax error; token: "${this.next.text}", near: "${near}"`);
  }

  invalid(message: string): Error {
    return validation(`Invalid ${this.kind}: ${message}`);
  }
}
