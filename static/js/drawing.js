// Drawings of the page as pictures: what is seen, with the colours that are seen.
"use strict";

(() => {
  const COPIED = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-linejoin", "paint-order", "opacity",
    "font-size", "font-weight", "display",
  ];
  const SHARPNESS = 2;

  /** A copy that needs no style sheet. */
  const alone = (svg) => {
    const copy = svg.cloneNode(true);
    const [seen, made] = [svg, copy].map((root) => [root, ...root.querySelectorAll("*")]);
    for (const [place, element] of seen.entries()) {
      const style = window.getComputedStyle(element);
      for (const name of COPIED) {
        made[place].setAttribute(name, style.getPropertyValue(name));
      }
    }
    const box = svg.getBoundingClientRect();
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    copy.setAttribute("font-family", "sans-serif");
    return [copy, box];
  };

  const picture = (svg, name) => {
    const [copy, box] = alone(svg);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      canvas.width = SHARPNESS * box.width;
      canvas.height = SHARPNESS * box.height;
      const context = canvas.getContext("2d");
      context.fillStyle = window.getComputedStyle(document.documentElement).getPropertyValue("--surface-1").trim();
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      const link = document.createElement("a");
      link.download = `${name}.png`;
      link.href = canvas.toDataURL("image/png");
      link.click();
    });
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  };

  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-drawing-file]")?.closest("[data-drawing]");
    if (place) {
      picture(place.querySelector(":scope > svg"), place.dataset.drawing);
    }
  });
})();
