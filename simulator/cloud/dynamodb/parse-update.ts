/** Update expressions as trees: SET, REMOVE, ADD and DELETE, each at most once, in any order. */
import { operand, path, type RawOperand, type RawPath, remembered } from './parse.ts';
import { Tokens } from './tokens.ts';

export type RawSetValue = RawOperand | { kind: 'sum'; sign: '+' | '-'; operands: [RawOperand, RawOperand] };

export interface RawUpdate {
  set: { path: RawPath; value: RawSetValue }[];
  remove: RawPath[];
  add: { path: RawPath; value: string }[];
  delete: { path: RawPath; value: string }[];
}

const sections = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
const functions = new Set(['if_not_exists', 'list_append']);

export const parseUpdate = remembered((source, kind): RawUpdate => {
  const tokens = new Tokens(source, kind);
  const update: RawUpdate = { set: [], remove: [], add: [], delete: [] };
  const seen = new Set<string>();
  while (tokens.next.kind !== 'end') {
    const section = sections.find((word) => tokens.keyword(word));
    if (section === undefined) throw tokens.unexpected();
    if (seen.has(section))
      throw tokens.invalid(`The "${section}" section can only be used once in an update expression;`);
    seen.add(section);
    do {
      const target = path(tokens);
      if (section === 'REMOVE') update.remove.push(target);
      else if (section === 'SET') {
        tokens.expect('=');
        update.set.push({ path: target, value: setValue(tokens) });
      } else {
        if (tokens.next.kind !== 'value') throw tokens.unexpected();
        update[section === 'ADD' ? 'add' : 'delete'].push({ path: target, value: tokens.take().text });
      }
    } while (tokens.symbol(','));
  }
  return update;
});

function setValue(tokens: Tokens): RawSetValue {
  const left = checked(tokens, operand(tokens));
  for (const sign of ['+', '-'] as const) {
    if (tokens.symbol(sign)) return { kind: 'sum', sign, operands: [left, checked(tokens, operand(tokens))] };
  }
  return left;
}

function checked(tokens: Tokens, node: RawOperand): RawOperand {
  if (node.kind !== 'call') return node;
  if (!functions.has(node.name))
    throw tokens.invalid(`The function is not allowed in an update expression; function: ${node.name}`);
  for (const inner of node.operands) checked(tokens, inner);
  return node;
}
