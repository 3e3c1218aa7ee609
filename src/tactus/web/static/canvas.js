/** What every drawing here needs: sharp pixels, the style sheet's colours, and to be drawn again when either changes. */

/** The canvas's context, scaled so that a unit is a CSS pixel, with its cleared width and height in such units. */
export function blank(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

const palette = new Map();

/** A colour of the style sheet by its name there, without the dashes. */
export function colour(name) {
  if (!palette.has(name)) palette.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return palette.get(name);
}

/** Call `draw` whenever the canvas changes its size or the page its colours. */
export function redrawOnChange(canvas, draw) {
  new ResizeObserver(draw).observe(canvas);
  for (const query of ["(prefers-color-scheme: light)", "(prefers-contrast: more)"]) {
    window.matchMedia(query).addEventListener("change", () => {
      palette.clear();
      draw();
    });
  }
}
