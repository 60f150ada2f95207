import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any script can read: `N passed, N failed`. */
export default class PlainLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const each of modules) {
      let ran = 0;
      for (const test of each.children.allTests()) {
        const { state } = test.result();
        ran += 1;
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
      // A file that could not be loaded has no tests to count, and still has failed.
      if (ran === 0 && each.state() === 'failed') failed += 1;
    }
    process.on('exit', () => console.log(`${passed} passed, ${failed} failed`));
  }
}
