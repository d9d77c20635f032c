/**
 * Bundles every `functions/<room>/<verb>.lambda.ts` to `<outdir>/<verb>/index.mjs`, all in one esbuild call. The AWS SDK
 * goes in too: what runs is what was tested, and its size does not change under us. The same source gives the same
 * bytes: no paths, times or source maps inside.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Metafile } from 'esbuild';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

export interface Entry {
  /** The function's name, e.g. `grow-filesystem`. */
  verb: string;
  /** From the project's root, e.g. `functions/storage/grow-filesystem.lambda.ts`. */
  file: string;
}

export interface Bundles {
  /** Holds one folder per verb. */
  outdir: string;
  /** Bytes of each verb's bundle. */
  bytes: Record<string, number>;
  metafile: Metafile;
}

/** Every function there is source for, by verb. Two rooms must not use one verb: it names the function. */
export function findEntries(root = projectRoot): Entry[] {
  const found = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.lambda.ts'))
    .map((file) => ({ verb: basename(file, '.lambda.ts'), file: join('functions', file) }))
    .sort((a, b) => (a.verb < b.verb ? -1 : 1));
  const twice = found.find((entry, i) => entry.verb === found[i + 1]?.verb);
  if (twice) throw new Error(`two functions are called ${twice.verb}: ${twice.file} and another`);
  return found;
}

/** How everything that is deployed is bundled; the bench bundles its baselines in the same way. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // The ES modules of the SDK shake: without this a function with the EC2 client is twice as large.
  mainFields: ['module', 'main'],
  // The Kafka library's WebAssembly is a file beside its module, which a bundle would not find; this holds it inside.
  alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
  legalComments: 'none',
  charset: 'utf8',
  sourcemap: false,
  logLevel: 'error',
  // CommonJS parts inside a bundle may `require` Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
} as const satisfies BuildOptions;

/** Writes only what changed, so that several processes may bundle into one folder at a time. */
export async function bundle(entries: readonly Entry[], outdir: string, root = projectRoot): Promise<Bundles> {
  const { outputFiles, metafile } = await build({
    ...bundleOptions,
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map(({ verb, file }) => [`${verb}/index`, file])),
    outdir,
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
  });
  const bytes: Record<string, number> = {};
  for (const { path, contents } of outputFiles) {
    writeIfChanged(path, contents);
    bytes[dirname(relative(outdir, path))] = contents.byteLength;
  }
  return { outdir, bytes, metafile };
}

export function writeIfChanged(path: string, contents: Uint8Array): void {
  let present: Uint8Array | undefined;
  try {
    present = readFileSync(path);
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  if (present === undefined || Buffer.compare(present, contents) !== 0) writeFileSync(path, contents);
}
