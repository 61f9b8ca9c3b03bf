import test from 'ava';
import fc from 'fast-check';
import {
  type BootEnvironment,
  parseBootEnvironment,
  renderBootEnvironment,
} from '../../src/boot/environment.ts';
import { renderEnvironmentBlock } from '../../src/formats/boot-config/grubenv.ts';

const environment: BootEnvironment = {
  mark: 'installing',
  stateUuid: '6d1c0b9a-0000-4000-8000-0123456789ab',
  kernel: '6.1.0-40-amd64',
  os: '0.1.0',
  dcp: null,
  others: {},
};

test('an environment is the variables that the boot menu reads', (t) => {
  const text = Buffer.from(renderBootEnvironment(environment)).toString();
  t.is(
    text.replace(/#+$/, ''),
    `# GRUB Environment Block
bos_mark=installing
bos_state_uuid=6d1c0b9a-0000-4000-8000-0123456789ab
bos_kernel=6.1.0-40-amd64
bos_os=0.1.0
bos_dcp=
`,
  );
});

test('the request that made the installation is a variable of its own, and may be missing', (t) => {
  const block = renderBootEnvironment({ ...environment, request: '0123456789abcdef' });
  t.regex(Buffer.from(block).toString(), /^bos_request=0123456789abcdef$/m);
  t.is(parseBootEnvironment(block).request, '0123456789abcdef');
  t.false('request' in parseBootEnvironment(renderBootEnvironment(environment)));
});

test('environments round trip, variables of others too, from one sector or two', (t) => {
  const version = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_+.~-]{0,30}$/);
  fc.assert(
    fc.property(
      fc.record({
        mark: fc.constantFrom('installing' as const, 'valid' as const),
        stateUuid: fc.uuid(),
        kernel: version,
        os: version,
        dcp: fc.option(version),
        others: fc.dictionary(fc.constantFrom('bos_previous_os', 'next_entry'), version, {
          noNullPrototype: true,
        }),
      }),
      (one) => {
        const block = renderBootEnvironment(one);
        t.deepEqual(parseBootEnvironment(block), one);
        t.deepEqual(parseBootEnvironment(block.subarray(0, 512)), one);
      },
    ),
  );
});

test('setting the mark changes the first sector only', (t) => {
  const before = renderBootEnvironment(environment);
  const after = renderBootEnvironment({ ...environment, mark: 'valid' });
  t.notDeepEqual(before, after);
  t.deepEqual(before.subarray(512), after.subarray(512));
});

const unreadable = test.macro({
  exec: (t, variables: Record<string, string>, message: RegExp) => {
    const block = renderEnvironmentBlock(new Map(Object.entries(variables)));
    t.throws(() => parseBootEnvironment(block), { code: 'environment-invalid', message });
  },
  title: (title) => `no environment: ${title}`,
});
test('an empty block', unreadable, {}, /does not set bos_mark/);
test('a strange mark', unreadable, { bos_mark: 'maybe' }, /unknown mark: "maybe"/);
test('a missing version', unreadable, { bos_mark: 'valid', bos_state_uuid: 'x' }, /not set bos_kernel/);
