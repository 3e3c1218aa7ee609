/** Runs beside the sound: mixes it to one channel and hands it over in pieces of some 12 ms. */

const PIECE = 512;

class SenderProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(PIECE);
    this.filled = 0;
  }

  process([channels]) {
    const [first] = channels;
    if (!first) return true;
    for (let k = 0; k < first.length; k += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[k];
      this.piece[this.filled] = sum / channels.length;
      this.filled += 1;
      if (this.filled === PIECE) {
        this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
        this.piece = new Float32Array(PIECE);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("sender", SenderProcessor);
