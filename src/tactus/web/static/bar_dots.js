/** The beats of a bar as a row of dots, the current one lit. */
export class BarDots {
  constructor(element) {
    this.element = element;
  }

  /** Light beat `number` (from 1; 0 lights none) of `count`. */
  show(number, count) {
    if (this.element.childElementCount !== count) {
      this.element.replaceChildren(...Array.from({ length: count }, () => document.createElement("i")));
    }
    [...this.element.children].forEach((dot, at) => dot.classList.toggle("lit", at + 1 === number));
  }
}
