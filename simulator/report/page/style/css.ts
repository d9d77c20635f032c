/** Style sheets as text in the source, so that editors and the formatter know them; sent without their indentation. */
export const css = (parts: TemplateStringsArray): string => parts.join('').replaceAll(/\n\s*/g, '\n');
