// What the book's site does otherwise than mdBook. Each part stands for itself. Without this file the book can be read
// too: then the arrow keys turn pages, pictures are shown as their source, and links to the repository lead nowhere.
'use strict';
{

// ---- Arrow keys ----

// They belong to the reader: they scroll a long line of code, move through a selected text, and steer a screen reader.
// mdBook turns pages with them (its issue 1789), so its handler does not get to see them, and no help says any more
// that they do. Pages are turned by their links.
addEventListener('keydown', event => {
  if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') event.stopImmediatePropagation();
}, true);
for (const link of document.querySelectorAll('a[aria-keyshortcuts]')) link.removeAttribute('aria-keyshortcuts');
for (const line of document.querySelectorAll('#mdbook-help-popup p')) {
  if (line.textContent.includes('→')) line.remove();
}

// ---- What scrolls ----

/** What is wider than the page scrolls by itself; for that, the keyboard has to reach it. */
function reachScrollers() {
  for (const box of document.querySelectorAll('main pre > code, main .table-wrapper, main .picture')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
}
addEventListener('load', reachScrollers);
addEventListener('resize', reachScrollers);

// ---- Links out of the site ----

// A file outside of lessons/ is there on a code host and in a clone, but not on the site, except the sources of the
// versions, which `.ci/site` puts there as text. Another link becomes its text and the file's name. mdBook has made
// .html of its .md already.
const levels = path => path.split('../').length;
for (const link of document.querySelectorAll('main a[href^="../"]')) {
  const path = link.getAttribute('href');
  const source = path.match(/^(?:\.\.\/)+(crates\/v\d+\/(?:src\/.+|Cargo\.toml|build\.rs))$/);
  if (source) {
    link.href = `${path_to_root}${source[1]}.txt`;
  } else if (levels(path) > levels(path_to_root)) {
    const file = document.createElement('code');
    file.className = 'hljs'; // As mdBook marks its own.
    file.textContent = path.replaceAll('../', '').replace(/\.html(#.*)?$/, '.md');
    link.replaceWith(...link.childNodes, ' (in the repository: ', file, ')');
  }
}

// ---- A chapter's head ----

// The first two paragraphs of a chapter say what one has at its end, and how much time and typing it takes. They are one
// box, with the command of the chapter's last checkpoint.
for (const title of document.querySelectorAll('main h1')) {
  const gain = title.nextElementSibling;
  if (!gain?.textContent.startsWith('After this chapter, ')) continue;
  const effort = gain.nextElementSibling;
  let checkpoint = null;
  for (let part = effort; part && part.tagName !== 'H1'; part = part.nextElementSibling) {
    if (part.matches('.blockquote-tag-tip')) checkpoint = part;
  }
  const box = Object.assign(document.createElement('div'), {className: 'chapter-head'});
  gain.before(box);
  box.append(gain, effort);
  const command = checkpoint?.querySelector('p:last-child > code');
  if (command) {
    const end = document.createElement('p');
    end.append('At the end: ', command.cloneNode(true));
    box.append(end);
  }
}

// ---- Commands ----

// What the copy button takes of a terminal is what one types: the lines after `$ `, and those that continue them. mdBook
// copies what is displayed, so the rest is not displayed while it does.
for (const code of document.querySelectorAll('main code.language-console')) {
  if (!code.textContent.match(/^\$ /m)) continue;
  let goesOn = false;
  const rest = text => Object.assign(document.createElement('span'), {className: 'not-typed', textContent: text});
  const parts = code.textContent.trimEnd().split('\n').flatMap(line => {
    const isTyped = goesOn || line.startsWith('$ ');
    const parts = !isTyped ? [rest(line + '\n')] : goesOn ? [line + '\n'] : [rest('$ '), line.slice(2) + '\n'];
    goesOn = isTyped && line.endsWith('\\');
    return parts;
  });
  code.replaceChildren(...parts);
  const copying = is => event => {
    if (event.target.closest('.clip-button')) code.classList.toggle('copying', is);
  };
  code.parentElement.addEventListener('click', copying(true), true);
  addEventListener('click', copying(false));
}

// ---- Pictures ----

// A picture in the language Mermaid is drawn by code hosts themselves. What draws it here is no part of the
// repository; `.ci/site` puts it beside this file. Without it, the picture's source stays.
const pictures = [...document.querySelectorAll('main code.language-mermaid')].map(code => ({
  source: code.textContent,
  box: code.parentElement,
}));

function load(path) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), {src: path, onload: resolve, onerror: reject}));
  });
}

/** Draws all pictures in the colours of the page's theme. */
async function draw() {
  const root = getComputedStyle(document.documentElement);
  mermaid.initialize({
    startOnLoad: false,
    suppressErrorRendering: true,
    theme: 'base',
    themeVariables: {
      darkMode: root.colorScheme === 'dark',
      background: root.backgroundColor,
      fontFamily: root.fontFamily,
      primaryColor: root.getPropertyValue('--quote-bg').trim(),
      primaryTextColor: root.color,
      primaryBorderColor: root.color,
      lineColor: root.color,
      clusterBkg: 'transparent',
      clusterBorder: root.color,
      edgeLabelBackground: root.backgroundColor,
      noteBkgColor: root.backgroundColor,
      noteTextColor: root.color,
    },
  });
  for (const [number, picture] of pictures.entries()) {
    try {
      const {svg} = await mermaid.render(`picture-${number}`, picture.source);
      const box = Object.assign(document.createElement('div'), {className: 'picture', innerHTML: svg});
      // It shrinks to the page, but only as far as its letters can be read; then it scrolls.
      const drawing = box.firstElementChild;
      drawing.style.minWidth = `${drawing.viewBox.baseVal.width * 0.7}px`;
      picture.box.replaceWith(box);
      picture.box = box;
    } catch (fault) {
      picture.box.dataset.fault = fault.message;
    }
  }
  reachScrollers();
}

async function drawAndKeep() {
  await load(path_to_root + 'site/mermaid.min.js');
  await document.fonts.ready;
  await draw();
  // A reader may choose another theme: then once more.
  let isDrawn = Promise.resolve();
  new MutationObserver(() => isDrawn = isDrawn.then(draw))
    .observe(document.documentElement, {attributeFilter: ['class']});
}
const drawn = pictures.length === 0 ? Promise.resolve() : drawAndKeep().catch(() => {});

// ---- Print ----

// The page with the whole book prints itself when it has been loaded: not before its pictures are drawn. Nothing can be
// unfolded on paper.
if (location.pathname.endsWith('/print.html')) {
  const print = window.print.bind(window);
  window.print = () => drawn.then(print);
  for (const fold of document.querySelectorAll('details')) fold.open = true;
}

}
