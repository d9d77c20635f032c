/**
 * The page's only script: sorting and filtering the operations, reading values off the charts, and the choice of light or
 * dark. Without it everything can still be read. It builds no HTML from text: only `textContent`.
 */
export const script = String.raw`'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  const theme = $('theme');
  const themes = ['automatic', 'light', 'dark'];
  let chosen = 0;
  theme.hidden = false;
  theme.addEventListener('click', () => {
    chosen = (chosen + 1) % themes.length;
    theme.textContent = 'Theme: ' + themes[chosen];
    if (chosen === 0) delete root.dataset.theme;
    else root.dataset.theme = themes[chosen];
  });

  const table = $('ops');
  if (table) {
    const bodies = [...table.tBodies];
    const texts = bodies.map((body) => body.textContent.toLowerCase());
    const form = $('filters');
    const choices = [[$('by-action'), 'a'], [$('by-status'), 'o'], [$('by-cluster'), 'c']];
    const apply = () => {
      const words = $('q').value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      bodies.forEach((body, index) => {
        const fits = words.every((word) => texts[index].includes(word)) && choices.every(([select, key]) => select.value === '' || body.dataset[key] === select.value);
        body.hidden = !fits;
        if (fits) shown += 1;
      });
      $('shown').textContent = shown === bodies.length ? bodies.length + ' operations' : shown + ' of ' + bodies.length + ' operations';
    };
    form.hidden = false;
    form.addEventListener('input', apply);
    form.addEventListener('submit', (event) => event.preventDefault());
    apply();

    const heads = [...table.tHead.rows[0].cells];
    const keyOf = (body, column) => {
      const cell = body.rows[0].cells[column];
      if (!('v' in cell.dataset)) return cell.textContent;
      return cell.dataset.v === '' ? NaN : Number(cell.dataset.v);
    };
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', () => {
        const down = head.ariaSort === 'ascending';
        for (const other of heads) other.ariaSort = 'none';
        head.ariaSort = down ? 'descending' : 'ascending';
        const rows = bodies.map((body, index) => ({ body, index, key: keyOf(body, column) }));
        rows.sort((a, b) => {
          const aEmpty = Number.isNaN(a.key);
          const bEmpty = Number.isNaN(b.key);
          if (aEmpty || bEmpty) return aEmpty - bEmpty || a.index - b.index;
          const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
          return (down ? -order : order) || a.index - b.index;
        });
        table.append(...rows.map(({ body }) => body));
      });
    });

    const open = () => {
      const target = location.hash.startsWith('#op-') ? $(location.hash.slice(1)) : null;
      if (!target) return;
      if (target.hidden) {
        form.reset();
        apply();
      }
      target.querySelector('details').open = true;
      target.scrollIntoView({ block: 'center' });
    };
    addEventListener('hashchange', open);
    open();
  }

  const tip = $('tip');
  const number = (value) => value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
  const pointsOf = (path) => path.getAttribute('d').slice(1).split('L').map((pair) => pair.split(',').map(Number));
  const valueAt = (points, x) => {
    let low = 0;
    let high = points.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (points[middle][0] <= x) low = middle;
      else high = middle - 1;
    }
    return points[low][1];
  };
  for (const plot of document.querySelectorAll('.plot[data-max]')) {
    const svg = plot.querySelector('svg');
    const { start, end, max, height } = plot.dataset;
    const line = document.createElement('div');
    line.className = 'cross';
    line.hidden = true;
    line.style.height = height + 'px';
    plot.append(line);
    let series;
    const hide = () => {
      tip.hidden = true;
      line.hidden = true;
    };
    plot.addEventListener('pointerleave', hide);
    plot.addEventListener('pointermove', (event) => {
      series ??= Object.fromEntries([...plot.querySelectorAll('[data-series]')].map((path) => [path.dataset.series, pointsOf(path)]));
      const box = svg.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width;
      if (at < 0 || at > 1 || series.used.length < 2) return hide();
      const gib = (name) => Math.max(0, (1 - valueAt(series[name], at * 1000) / height) * max);
      const [used, size] = [gib('used'), gib('size')];
      const fs = series.fs ? gib('fs') : size;
      const time = new Date(Number(start) + at * (end - start)).toISOString().slice(0, 16).replace('T', ' ');
      tip.textContent = time + ' UTC\nused ' + number(used) + ' GiB' + (fs > 0 ? ' (' + ((used / fs) * 100).toFixed(1) + ' %)' : '') + (series.fs ? '\nfile system ' + number(fs) + ' GiB' : '') + '\nvolume size ' + number(size) + ' GiB';
      tip.hidden = false;
      line.hidden = false;
      line.style.left = box.left - plot.getBoundingClientRect().left + at * box.width + 'px';
      const right = event.clientX + 16 + tip.offsetWidth > innerWidth;
      tip.style.left = Math.max(8, right ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16) + 'px';
      tip.style.top = Math.max(8, Math.min(innerHeight - tip.offsetHeight - 8, event.clientY + 12)) + 'px';
    });
  }
})();
`;
