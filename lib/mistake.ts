/** What whoever runs the synth can mend: one sentence that says what is wrong and what would be right. */
export class Mistake extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Mistake';
  }
}
