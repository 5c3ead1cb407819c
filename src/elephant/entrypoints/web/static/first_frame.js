// When the remote desktop's first picture is on the page.
//
// noVNC 1.3.0 has no event for it: "connect" fires before any pixel came, and its canvas is first drawn on when it is
// sized, from an empty back buffer. What tells the two apart is opacity: the back buffer starts transparent, and every
// decoder paints opaque pixels. So each drawing on the visible canvas is followed by a look at one pixel of what was
// drawn, until one is opaque; then the hook is taken off again. Only the DOM's own interface is used, none of noVNC's
// private names: a canvas always gives out the same context object. The pixel is read from a copy, because reading
// from the canvas itself may make the browser keep it in slower memory for good.

/** Calls `seen(performance.now())` once, right after the first drawing of real pixels on this canvas. */
export function watchFirstFrame(canvas, seen) {
  const context = canvas.getContext("2d");
  const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context.drawImage = function drawImage(...args) {
    CanvasRenderingContext2D.prototype.drawImage.apply(context, args);
    const [x, y, width, height] = args.slice(5);
    probe.clearRect(0, 0, 1, 1);
    probe.drawImage(canvas, x + Math.floor(width / 2), y + Math.floor(height / 2), 1, 1, 0, 0, 1, 1);
    if (probe.getImageData(0, 0, 1, 1).data[3] !== 255) return;
    delete context.drawImage;
    seen(performance.now());
  };
}
