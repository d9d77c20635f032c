/** Wildcards of IAM policies. */
import { TemplateError } from './errors.ts';

/** `*` any run of characters, `?` any one of them. */
export function wildcard(pattern: string, at: string, flags = ''): RegExp {
  if (pattern.includes('${')) throw new TemplateError(at, `policy variables are not simulated: ${pattern}`);
  const source = pattern
    .replace(/[.+^$(){}|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, flags);
}
