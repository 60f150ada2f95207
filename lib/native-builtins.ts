import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'native-builtin';

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them: an ESM import
 * reads every export, and the lazy ones of `node:http` load all of undici, 9 to 12 ms of each cold
 * start. It also serves `require('http')` in CommonJS dependencies, which ESM bundles cannot say.
 */
export const nativeBuiltins: Plugin = {
  name: 'native-builtins',
  setup(build) {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
