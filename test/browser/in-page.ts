/** Functions that run inside the page, as text: the browser's types are no part of this project. */

/** Texts whose contrast with what lies behind them is below 4.5 (WCAG 2.1 AA), at most 20. */
export const lowContrast = String.raw`(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const behind = (element) => {
    if (element === null) return rgba('Canvas');
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const low = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.textContent.trim() === '' || ['SCRIPT', 'STYLE', 'title', 'desc'].includes(element.nodeName)) continue;
    if (!element.checkVisibility()) continue;
    texts += 1;
    const style = getComputedStyle(element);
    const background = behind(element);
    const colour = over(rgba(element instanceof SVGElement ? style.fill : style.color), background);
    const [light, dark] = [luminance(colour), luminance(background)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5 && low.length < 20) low.push([walker.currentNode.textContent.trim().slice(0, 40), element.className, ratio]);
  }
  return { texts, low };
})()`;

/** Charts whose picture has no size, and the number of all. */
export const charts = String.raw`(() => {
  const all = [...document.querySelectorAll('svg.chart')];
  const lines = [...document.querySelectorAll('path.used')];
  const empty = (element) => { const box = element.getBoundingClientRect(); return box.width < 100 || box.height < 5; };
  return { count: all.length, lines: lines.length, empty: all.filter(empty).length + lines.filter(empty).length };
})()`;

/** Labels on one axis that overlap, or that are cut off by the window. */
export const badLabels = String.raw`(() => {
  const bad = [];
  for (const chart of document.querySelectorAll('svg.chart')) {
    const boxes = [...chart.querySelectorAll('text.tick')].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() })).filter(({ box }) => box.width > 0);
    boxes.forEach(({ text, box }, index) => {
      if (box.left < 0 || box.right > innerWidth) bad.push('cut off: ' + text);
      for (const other of boxes.slice(index + 1)) {
        const apart = box.right <= other.box.left || other.box.right <= box.left || box.bottom <= other.box.top || other.box.bottom <= box.top;
        if (!apart) bad.push(text + ' on ' + other.text);
      }
    });
  }
  return bad;
})()`;

/** How much wider than the window the page is, and elements that stick out of it (not those inside a box that scrolls). */
export const overflow = String.raw`(() => {
  const wide = [...document.body.querySelectorAll('*')].filter((element) => {
    if (element.closest('.scroll, .skip, .hidden') || element.ownerSVGElement || !element.checkVisibility()) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
  });
  return { px: document.documentElement.scrollWidth - innerWidth, elements: wide.slice(0, 10).map((element) => element.outerHTML.slice(0, 120)) };
})()`;

/** Operations in the table, and those that can be seen. */
export const operations = String.raw`(() => {
  const bodies = [...document.querySelectorAll('#ops tbody')];
  return { all: bodies.length, shown: bodies.filter((body) => body.checkVisibility()).length, first: bodies[0]?.id };
})()`;
