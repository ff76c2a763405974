"use strict";
// The network's weights out of the page: text to tensors. Matrices stand as whole numbers of a step per row, packed
// into planes of bytes and compressed; vectors stand as they are.
const Weights = (() => {
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

  // Four bytes out of five digits of base 85, the first the highest.
  function bytes(text) {
    const value = new Uint8Array(128), out = new Uint8Array((text.length / 5) * 4);
    for (let i = 0; i < 85; i++) value[DIGITS.charCodeAt(i)] = i;
    for (let at = 0, to = 0; at < text.length; at += 5, to += 4) {
      let word = 0;
      for (let i = at; i < at + 5; i++) word = word * 85 + value[text.charCodeAt(i)];
      out[to] = word >>> 24;
      out[to + 1] = word >>> 16;
      out[to + 2] = word >>> 8;
      out[to + 3] = word;
    }
    return out;
  }

  // What follows the end of the compressed bytes pads the text to whole words and is no part of them.
  async function unpacked(text, length) {
    const stream = new Blob([bytes(text).subarray(0, length)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Tensors by name from the list {name, shape, matrix} of the page, in the order of the bytes.
  async function read(list, length, matrixText, vectorText) {
    const planes = await unpacked(matrixText, length);
    const vectors = new Float32Array(bytes(vectorText).buffer), third = planes.length / 3;
    const tensors = {};
    let atMatrix = 0, atVector = 0;
    for (const { name, shape } of list) {
      const [rows, columns] = shape;
      if (shape.length === 1) {
        tensors[name] = vectors.slice(atVector, (atVector += rows));
        continue;
      }
      const step = vectors.subarray(atVector, (atVector += rows)), values = new Float32Array(rows * columns);
      for (let r = 0, at = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++, at++, atMatrix++) {
          const high = planes[2 * third + atMatrix] << 16;
          const folded = planes[atMatrix] | (planes[third + atMatrix] << 8) | high;
          values[at] = ((folded >> 1) ^ -(folded & 1)) * step[r];
        }
      }
      tensors[name] = values;
    }
    return tensors;
  }

  return { read };
})();
