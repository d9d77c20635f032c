/** HTML that is escaped by construction: `html` escapes every value that is not itself `Html`. Nothing here is trusted. */

export interface Html {
  readonly html: string;
}

export type Value = Html | string | number | undefined | false | readonly Value[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Line breaks and tabs stay; other control characters are not allowed in HTML, and direction changes could deceive. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

export const escaped = (text: string): string =>
  text.replaceAll(forbidden, '\uFFFD').replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

/** Indentation of the source is not sent: once per template. */
const unindented = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Values as text and in quoted attributes. Not for unquoted attributes, scripts or style sheets. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  const parts = unindented.get(strings) ?? strings.map((part) => part.replaceAll(/\n\s*/g, '\n'));
  unindented.set(strings, parts);
  let text = parts[0] ?? '';
  values.forEach((value, index) => {
    text += textOf(value) + (parts[index + 1] ?? '');
  });
  return { html: text };
}

/** Text that is HTML already, made by this program. */
export const trusted = (text: string): Html => ({ html: text });

function textOf(value: Value): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return value.map(textOf).join('');
  return value.html;
}

const isList = (value: Html | readonly Value[]): value is readonly Value[] => Array.isArray(value);
