/** An SVG figure as PNG, at `pixelRatio` times its own size. */
export async function rasterise(svg: string, pixelRatio = 2): Promise<Blob> {
  const picture = new Image();
  picture.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    await picture.decode();
    const page = document.createElement('canvas');
    page.width = picture.naturalWidth * pixelRatio;
    page.height = picture.naturalHeight * pixelRatio;
    page.getContext('2d')!.drawImage(picture, 0, 0, page.width, page.height);
    return await new Promise((resolve, reject) => page.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The figure could not be drawn.'))), 'image/png'));
  } finally {
    URL.revokeObjectURL(picture.src);
  }
}
