import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A resource as the template has it, its intrinsics unresolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

interface TemplateOutput {
  readonly Condition?: string;
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
}

interface TemplateParameter {
  readonly Type: string;
  readonly Default?: unknown;
}

/** A CloudFormation template, as far as the stage reads it. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Mappings?: Readonly<Record<string, Record<string, Record<string, unknown>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

export interface StackTemplate {
  readonly name: string;
  readonly template: Template;
}

/** What `cdk synth` wrote, read but not yet resolved. */
export interface CloudAssembly {
  readonly directory: string;
  /** Undefined where the stacks leave it to the deployment. */
  readonly region: string | undefined;
  readonly account: string | undefined;
  /** Each stack after the ones it depends on. */
  readonly stacks: readonly StackTemplate[];
  /** The staged folder or file of each file asset, by the object key that the templates name. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Artifact {
  readonly type: string;
  /** `aws://account/region`, with `unknown-account` and `unknown-region` for what is left open. */
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly metadata?: Metadata;
  readonly additionalMetadataFile?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
}

/** By construct path. */
type Metadata = Readonly<
  Record<string, ReadonlyArray<{ readonly type: string; readonly data?: unknown }>>
>;

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** Reads a cloud assembly directory (`cdk.out`), nested ones included. Throws a sentence when it is none. */
export function readCloudAssembly(directory: string): CloudAssembly {
  const root = resolve(directory);
  const stacks: StackTemplate[] = [];
  const assets = new Map<string, string>();
  const environments = new Set<string>();

  const readDirectory = (folder: string) => {
    const manifest = join(folder, 'manifest.json');
    if (!existsSync(manifest)) {
      throw new Error(
        `There is no CDK cloud assembly in ${folder} (no manifest.json): synthesize the app first, with "npm run synth".`,
      );
    }
    const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(manifest);
    const visited = new Set<string>();
    const visit = (id: string) => {
      const artifact = artifacts[id];
      if (artifact === undefined || visited.has(id)) return;
      visited.add(id);
      for (const dependency of artifact.dependencies ?? []) visit(dependency);
      readArtifact(folder, id, artifact);
    };
    for (const id of Object.keys(artifacts)) visit(id);
  };

  const readArtifact = (folder: string, id: string, artifact: Artifact) => {
    const { type, properties, environment, metadata, additionalMetadataFile } = artifact;
    if (type === 'aws:cloudformation:stack' && properties?.templateFile !== undefined) {
      refuseErrors(metadata);
      if (additionalMetadataFile !== undefined) {
        refuseErrors(readJson<Metadata>(join(folder, additionalMetadataFile)));
      }
      const template = readJson<Template>(join(folder, properties.templateFile));
      stacks.push({ name: properties.stackName ?? id, template });
      if (environment !== undefined) environments.add(environment);
    } else if (type === 'cdk:asset-manifest' && properties?.file !== undefined) {
      readAssets(folder, readJson<AssetManifest>(join(folder, properties.file)));
    } else if (type === 'cdk:cloud-assembly' && properties?.directoryName !== undefined) {
      readDirectory(join(folder, properties.directoryName));
    }
  };

  const readAssets = (folder: string, manifest: AssetManifest) => {
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, join(folder, source.path));
      }
    }
  };

  readDirectory(root);
  return { directory: root, stacks, assets, ...onlyEnvironment(environments) };
}

/** The one region and account of all stacks: a stage is one place. */
function onlyEnvironment(environments: ReadonlySet<string>) {
  const parts = [...environments].map((environment) =>
    environment.replace('aws://', '').split('/'),
  );
  const only = (index: number, what: string) => {
    const named = new Set(
      parts.map((part) => part[index]).filter((part) => !part?.startsWith('unknown-')),
    );
    if (named.size > 1) {
      throw new Error(
        `The stage runs one ${what}, and the stacks name ${[...named].join(' and ')}: give all stacks of a stage build the same env.`,
      );
    }
    return [...named][0];
  };
  return { account: only(0, 'account'), region: only(1, 'region') };
}

/** `Annotations.addError` only marks an assembly: to heed the mark is left to who deploys it. */
function refuseErrors(metadata: Metadata = {}) {
  for (const [path, entries] of Object.entries(metadata)) {
    const error = entries.find(({ type }) => type === 'aws:cdk:error');
    if (error !== undefined) throw new Error(`${path.slice(1)} is in error: ${error.data}`);
  }
}
