/**
 * The two SSM Command documents that brokers run, made from the scripts beside this file. Pure: the caller reads files.
 *
 * SSM replaces `{{ Name }}` in `runCommand` as plain text, so `allowedPattern` is what keeps a value from becoming a
 * command: no pattern admits a quote, white space, `$`, `;` or a brace. Functions may send these documents only, not
 * AWS-RunShellScript. `interpolationType: ENV_VAR` would do the same but needs SSM agent 3.3.2746 or newer.
 * Sources, read 2026-11-21: "Data elements and parameters" and "Schemas, features, and examples" in the Systems Manager
 * user guide; SSM's own AWS-RunShellScript for `timeoutSeconds` from a parameter.
 */

export type DocumentParameter = {
  type: 'String';
  description: string;
  /** A regular expression that the whole value has to match. */
  allowedPattern: string;
  default?: string;
};

/** What goes into `Content` of an `AWS::SSM::Document` of type `Command`. */
export type CommandDocument = {
  schemaVersion: '2.2';
  description: string;
  parameters: Record<string, DocumentParameter>;
  mainSteps: {
    action: 'aws:runShellScript';
    name: string;
    precondition: { StringEquals: ['platformType', 'Linux'] };
    inputs: { timeoutSeconds: string; runCommand: string[] };
  }[];
};

export type HostDocuments = { inspectVolume: CommandDocument; growFilesystem: CommandDocument };

/** The values of the parameters, as `SendCommand` takes them (it wants a list of one for each). */
export type InspectVolumeParameters = { VolumeIds: string; ExecutionTimeout?: string };
export type GrowFilesystemParameters = {
  VolumeId: string;
  MountPoint: string;
  MinimumGib: string;
  SizeWaitSeconds?: string;
  ExecutionTimeout?: string;
};

const executionTimeout: DocumentParameter = {
  type: 'String',
  description: 'Seconds after which SSM ends the script. The script ends itself a little earlier, with an answer.',
  allowedPattern: '^[1-9][0-9]{1,3}$',
  default: '600',
};

const inspectVolumeParameters: Record<keyof InspectVolumeParameters, DocumentParameter> = {
  VolumeIds: {
    type: 'String',
    description: 'EBS volume ids separated by commas, or "all" for every attached EBS volume but the one that holds /.',
    allowedPattern: '^(all|vol-[0-9a-f]{8,17}(,vol-[0-9a-f]{8,17}){0,39})$',
    default: 'all',
  },
  ExecutionTimeout: { ...executionTimeout, default: '120' },
};

const growFilesystemParameters: Record<keyof GrowFilesystemParameters, DocumentParameter> = {
  VolumeId: {
    type: 'String',
    description: 'The EBS volume whose filesystem grows.',
    allowedPattern: '^vol-[0-9a-f]{8,17}$',
  },
  MountPoint: {
    type: 'String',
    description: 'Where its filesystem has to be mounted; anywhere else is refused.',
    allowedPattern: '^/[A-Za-z0-9._/@:+-]{0,254}$',
  },
  MinimumGib: {
    type: 'String',
    description: 'The size in GiB that the kernel has to show before anything is changed.',
    allowedPattern: '^[1-9][0-9]{0,4}$',
  },
  SizeWaitSeconds: {
    type: 'String',
    description: 'How long to wait for that size, and for another run on the same volume to end.',
    allowedPattern: '^(0|[1-9][0-9]{0,2})$',
    default: '60',
  },
  ExecutionTimeout: executionTimeout,
};

/** The line that loads the shared part when a script runs from a checkout, with the comment for shellcheck above it. */
const LIBRARY_LINE = /^# shellcheck source=lib\.sh\n\. "\$\{BASH_SOURCE\[0\]%\/\*\}\/lib\.sh"$/m;

/**
 * @param readFile gives the text of `lib.sh`, `inspect-volume.sh` and `grow-filesystem.sh` of this folder
 * @throws Error when a script does not load `lib.sh`, or names a parameter that its document does not have
 */
export function hostDocuments(readFile: (name: string) => string): HostDocuments {
  const library = readFile('lib.sh');

  function command(
    name: string,
    description: string,
    parameters: Record<string, DocumentParameter>,
    script: string,
  ): CommandDocument {
    if (!LIBRARY_LINE.test(script)) throw new Error(`${name}: the line that loads lib.sh is missing`);
    const text = script.replace(LIBRARY_LINE, () => library.trimEnd());
    for (const [braces] of text.matchAll(/\{\{.*?\}\}/g)) {
      const parameter = /^\{\{ (\w+) \}\}$/.exec(braces)?.[1];
      if (parameter === undefined || !(parameter in parameters)) throw new Error(`${name}: ${braces} is no parameter`);
    }
    return {
      schemaVersion: '2.2',
      description,
      parameters,
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name,
          precondition: { StringEquals: ['platformType', 'Linux'] },
          inputs: { timeoutSeconds: '{{ ExecutionTimeout }}', runCommand: text.trimEnd().split('\n') },
        },
      ],
    };
  }

  return {
    inspectVolume: command(
      'inspectVolume',
      'kafka-autopilot: say what lies between EBS volumes and their filesystems. Changes nothing.',
      inspectVolumeParameters,
      readFile('inspect-volume.sh'),
    ),
    growFilesystem: command(
      'growFilesystem',
      'kafka-autopilot: make the filesystem of one EBS volume as large as the volume. Only grows; may be run again.',
      growFilesystemParameters,
      readFile('grow-filesystem.sh'),
    ),
  };
}

/**
 * The script as the SSM agent writes it: lines joined, parameters replaced as text. For tests and for people.
 *
 * @throws Error when a value is missing or does not match its `allowedPattern`, as `SendCommand` would refuse it
 */
export function renderScript(document: CommandDocument, values: Readonly<Record<string, string | undefined>>): string {
  for (const name of Object.keys(values)) {
    if (!(name in document.parameters)) throw new Error(`${name} is no parameter of the document`);
  }
  let text = document.mainSteps.flatMap((step) => step.inputs.runCommand).join('\n');
  for (const [name, parameter] of Object.entries(document.parameters)) {
    const value = values[name] ?? parameter.default;
    if (value === undefined || !new RegExp(parameter.allowedPattern).test(value)) {
      throw new Error(`${name} does not match ${parameter.allowedPattern}`);
    }
    text = text.replaceAll(`{{ ${name} }}`, () => value);
  }
  return `${text}\n`;
}
