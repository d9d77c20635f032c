/**
 * Reads JSON token by token and words its syntax errors as Jackson does, which EventBridge's pattern compiler passes on.
 *
 * `JSON.parse` won't do for patterns: AWS reports the *first* error in reading order, whether of syntax or of meaning, a
 * number matches by its digits as written (`300.0`), and a key may come twice. Source of the wording: FasterXML/
 * jackson-core, `ReaderBasedJsonParser` and `ParserMinimalBase`, and the recorded answers in test/conformance.
 */

export type TokenType =
  | 'start-object'
  | 'end-object'
  | 'start-array'
  | 'end-array'
  | 'field'
  | 'string'
  | 'number'
  | 'true'
  | 'false'
  | 'null';

/** `text` is the decoded string, the number's digits as written, or the token's own characters. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
}

/** The text is not JSON. `message` is Jackson's, without the trailing position. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

interface Scope {
  readonly type: 'Object' | 'Array';
  readonly startsAt: number;
  isEmpty: boolean;
}

const valueList = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

export class JsonTokens {
  readonly #text: string;
  readonly #scopes: Scope[] = [];
  #at = 0;
  #pending: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token, or undefined at the end of the text. Throws a JsonSyntaxError. */
  next(): Token | undefined {
    if (this.#pending) {
      const token = this.#pending;
      this.#pending = undefined;
      return token;
    }
    this.#skipSpace();
    const scope = this.#scopes.at(-1);
    const character = this.#text[this.#at];
    if (character === undefined) {
      if (!scope) return undefined;
      throw this.#endOfInput(
        `: expected close marker for ${scope.type} (start marker at ${this.#location(scope.startsAt)})`,
      );
    }
    if (character === '}' || character === ']') return this.#close(character, scope);
    if (!scope) return this.#value();
    if (!scope.isEmpty) this.#comma(scope);
    scope.isEmpty = false;
    return scope.type === 'Array' ? this.#value() : this.#field();
  }

  #close(character: '}' | ']', scope: Scope | undefined): Token {
    const type = character === '}' ? 'Object' : 'Array';
    if (scope?.type === type) {
      this.#scopes.pop();
      this.#at += 1;
      return { type: type === 'Object' ? 'end-object' : 'end-array', text: character };
    }
    if (!scope) throw this.#unexpected(`expected a valid value ${valueList}`);
    throw new JsonSyntaxError(
      `Unexpected close marker '${character}': expected '${scope.type === 'Object' ? '}' : ']'}' ` +
        `(for ${scope.type} starting at ${this.#location(scope.startsAt)})`,
    );
  }

  #comma(scope: Scope): void {
    if (this.#text[this.#at] !== ',') throw this.#unexpected(`was expecting comma to separate ${scope.type} entries`);
    this.#at += 1;
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw this.#endOfInput(` within/between ${scope.type} entries`);
  }

  /** A field's name. Like Jackson it also reads the value's first token, so that the value's syntax error comes first. */
  #field(): Token {
    if (this.#text[this.#at] !== '"') throw this.#unexpected('was expecting double-quote to start field name');
    const text = this.#string(' in field name');
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw this.#endOfInput(' within/between Object entries');
    if (this.#text[this.#at] !== ':') throw this.#unexpected('was expecting a colon to separate field name and value');
    this.#at += 1;
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw this.#endOfInput(' within/between Object entries');
    this.#pending = this.#value();
    return { type: 'field', text };
  }

  #value(): Token {
    const character = this.#text[this.#at] ?? '';
    if (character === '{' || character === '[') {
      const type = character === '{' ? 'Object' : 'Array';
      this.#scopes.push({ type, startsAt: this.#at, isEmpty: true });
      this.#at += 1;
      return { type: type === 'Object' ? 'start-object' : 'start-array', text: character };
    }
    if (character === '"') {
      return { type: 'string', text: this.#string(': was expecting closing quote for a string value') };
    }
    if (/[-0-9]/.test(character)) return this.#number();
    if (!/[\p{ID_Start}$_]/u.test(character)) throw this.#unexpected(`expected a valid value ${valueList}`);
    const word = /^[\p{ID_Continue}$]*/u.exec(this.#text.slice(this.#at))?.[0] ?? '';
    if (word !== 'true' && word !== 'false' && word !== 'null') {
      throw new JsonSyntaxError(`Unrecognized token '${word}': was expecting ${valueList}`);
    }
    this.#at += word.length;
    return { type: word, text: word };
  }

  #number(): Token {
    const rest = this.#text.slice(this.#at, this.#at + 1_000);
    if (/^-?0[0-9]/.test(rest)) throw new JsonSyntaxError('Invalid numeric value: Leading zeroes not allowed');
    const text = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/.exec(rest)?.[0];
    if (text === undefined) {
      this.#at += 1;
      if (this.#at >= this.#text.length) throw this.#endOfInput(' in a Number value');
      throw this.#unexpected('expected digit (0-9) to follow minus sign, for valid numeric value');
    }
    this.#at += text.length;
    const follows = this.#text[this.#at];
    if (follows === '.') {
      this.#at += 1;
      throw this.#unexpected('Decimal point not followed by a digit');
    }
    if (follows !== undefined && !/[\s,\]}]/.test(follows)) {
      throw this.#unexpected('Expected space separating root-level values');
    }
    return { type: 'number', text };
  }

  #string(endOfInput: string): string {
    let text = '';
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#endOfInput(endOfInput);
      if (character === '"') {
        this.#at += 1;
        return text;
      }
      if (character < ' ') {
        throw new JsonSyntaxError(
          `Illegal unquoted character (${describe(character)}): has to be escaped using backslash to be included in string value`,
        );
      }
      text += character === '\\' ? this.#escape() : character;
    }
  }

  #escape(): string {
    this.#at += 1;
    const character = this.#text[this.#at];
    if (character === undefined) throw this.#endOfInput(' in character escape sequence');
    if (character !== 'u') {
      const decoded = escapes[character];
      if (decoded === undefined) {
        throw new JsonSyntaxError(`Unrecognized character escape ${describe(character)}`);
      }
      return decoded;
    }
    for (let digit = 0; digit < 4; digit += 1) {
      this.#at += 1;
      if (this.#at >= this.#text.length) throw this.#endOfInput(' in character escape sequence');
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) {
        throw this.#unexpected('expected a hex-digit for character escape sequence');
      }
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(this.#at - 3, this.#at + 1), 16));
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #unexpected(expectation: string): JsonSyntaxError {
    return new JsonSyntaxError(`Unexpected character (${describe(this.#text[this.#at] ?? '')}): ${expectation}`);
  }

  #endOfInput(expectation: string): JsonSyntaxError {
    return new JsonSyntaxError(`Unexpected end-of-input${expectation}`);
  }

  #location(offset: number): string {
    const lines = this.#text.slice(0, offset).split('\n');
    return `[Source: (String)"${this.#text}"; line: ${lines.length}, column: ${(lines.at(-1)?.length ?? 0) + 1}]`;
  }
}

function describe(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 32) return `(CTRL-CHAR, code ${code})`;
  return code > 255 ? `'${character}' (code ${code} / 0x${code.toString(16)})` : `'${character}' (code ${code})`;
}
