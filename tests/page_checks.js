// Returns what is wrong with the page, with all details open; the body of a function that harness.browser runs.
const found = {scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", texts: 0};
const root = document.documentElement;
const overflow = () => root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} px`] : [];
found.wideWhenClosed = overflow();
document.querySelectorAll("details").forEach(one => { one.open = true; });
found.wideWhenOpen = overflow();

const numbers = colour => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
const over = (top, below) => below.map((value, i) => i < 3 ? top[i] * top[3] + value * (1 - top[3]) : 1);
const ground = element => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.unshift(numbers(getComputedStyle(one).backgroundColor));
  return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1]);
};
const luminance = colour => {
  const [r, g, b] = colour.map(value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};

found.faint = [];
found.notIsolated = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode, parent = text.parentElement;
  if (!text.data.trim() || !parent.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
  found.texts += 1;
  const style = getComputedStyle(parent), paper = ground(parent);
  const ink = over(numbers(parent.closest("svg") ? style.fill : style.color), paper);
  const ratio = contrast(ink, paper);
  if (ratio < 4.5) found.faint.push(`${ratio.toFixed(2)}: ${text.data.trim().slice(0, 40)} in ${parent.outerHTML.slice(0, 80)}`);
  if (/[\u0590-\u08ff]/.test(text.data) && !parent.closest("bdi, [dir], pre, svg") && !text.data.includes("\u2068")) {
    found.notIsolated.push(text.data.trim().slice(0, 60));
  }
}
const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(one => Number(one.tagName[1]));
found.headings = levels.filter((level, place) => level > (place ? levels[place - 1] : 0) + 1);
found.language = root.lang === "en" ? [] : [root.lang];
found.notFocusable = [...document.querySelectorAll("body *")].filter(one =>
  one.scrollWidth > one.clientWidth && ["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.tabIndex < 0
).map(one => one.outerHTML.slice(0, 80));
found.pictures = [...document.images].filter(one => !one.alt || !one.naturalWidth).map(one => one.alt);
return found;
