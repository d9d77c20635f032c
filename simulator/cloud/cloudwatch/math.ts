/**
 * Metric math of alarms, the subset that the simulator knows: numbers, ids, + - * /, parentheses, FILL(x, number) and
 * SUM, MAX, MIN, AVG over METRICS() or a list. Anything else is refused when an alarm is loaded. An operator whose operand
 * is missing has no result; the functions over several leave the missing out [CloudWatch guide using-metric-math].
 */

export type Values = (id: string) => number | undefined;
export type Compiled = (values: Values) => number | undefined;

const folds: Readonly<Record<string, (values: number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
};
const operators: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0 ? undefined : a / b),
};

/**
 * @param ids of the metrics, in order: what METRICS() means
 * @throws Error saying what is not understood
 */
export function compileMath(text: string, ids: readonly string[]): Compiled {
  const tokens = text.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|\S/g) ?? [];
  let next = 0;
  const fail = (expected: string): never => {
    throw new Error(`metric math: expected ${expected} at "${tokens[next] ?? 'the end'}" of: ${text}`);
  };
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next += 1;
    return true;
  };
  const must = (token: string) => {
    if (!take(token)) fail(token);
  };

  function binary(parse: () => Compiled, symbols: string): Compiled {
    let left = parse();
    for (;;) {
      const symbol = tokens[next] ?? '';
      const apply = symbols.includes(symbol) ? operators[symbol] : undefined;
      if (apply === undefined) return left;
      next += 1;
      const [first, second] = [left, parse()];
      left = (values) => {
        const [a, b] = [first(values), second(values)];
        return a === undefined || b === undefined ? undefined : apply(a, b);
      };
    }
  }
  const term = (): Compiled => binary(factor, '*/');
  const expression = (): Compiled => binary(term, '+-');

  function factor(): Compiled {
    if (take('(')) {
      const inner = expression();
      must(')');
      return inner;
    }
    const token = tokens[next] ?? fail('a number, an id or a function');
    next += 1;
    if (/^\d/.test(token)) {
      const value = Number(token);
      return () => value;
    }
    if (take('(')) {
      const called = token === 'FILL' ? fill() : fold(token);
      must(')');
      return called;
    }
    if (!ids.includes(token)) {
      next -= 1;
      fail('an id of a metric');
    }
    return (values) => values(token);
  }

  function fill(): Compiled {
    const inner = expression();
    must(',');
    const replacement = Number(tokens[next]);
    if (Number.isNaN(replacement)) fail('a number');
    next += 1;
    return (values) => inner(values) ?? replacement;
  }

  function fold(name: string): Compiled {
    const apply = folds[name];
    if (apply === undefined) {
      next -= 2;
      return fail('FILL, SUM, MAX, MIN or AVG');
    }
    let items: Compiled[];
    if (take('METRICS')) {
      must('(');
      must(')');
      items = ids.map((id) => (values: Values) => values(id));
    } else {
      must('[');
      items = [expression()];
      while (take(',')) items.push(expression());
      must(']');
    }
    return (values) => {
      const present = items.map((item) => item(values)).filter((value) => value !== undefined);
      return present.length === 0 ? undefined : apply(present);
    };
  }

  const compiled = expression();
  if (next < tokens.length) fail('the end');
  return compiled;
}
