/** Runs beside the sound: hands its channels over, sample by sample in turn, in pieces of some 12 ms. */

const PIECE = 512;

class SenderProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = null;
    this.filled = 0;
  }

  process([channels]) {
    const [first] = channels;
    if (!first) return true;
    const size = PIECE * channels.length;
    if (this.piece?.length !== size) this.begin(size);
    for (let k = 0; k < first.length; k += 1) {
      for (const channel of channels) {
        this.piece[this.filled] = channel[k];
        this.filled += 1;
      }
      if (this.filled === size) {
        this.port.postMessage(this.piece.buffer, [this.piece.buffer]);
        this.begin(size);
      }
    }
    return true;
  }

  begin(size) {
    this.piece = new Float32Array(size);
    this.filled = 0;
  }
}

registerProcessor("sender", SenderProcessor);
