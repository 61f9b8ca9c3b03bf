/** Which instance a seed is for, and what ds=nocloud on the kernel command line says. */
import test from 'ava';
import { instanceOf } from '../../../src/config/seed/instance.ts';
import { noCloudArgument } from '../../../src/config/seed/nocloud-argument.ts';

const says = test.macro({
  exec: (t, line: string, expected: ReturnType<typeof noCloudArgument>) =>
    t.deepEqual(noCloudArgument(line), expected),
  title: (_, line) => `ds=nocloud: ${line}`,
});
test(says, 'console=tty1 root=PARTUUID=a-02 ds=nocloud;i=rpi-imager-1783287924709', {
  instance: 'rpi-imager-1783287924709',
});
test(says, 'ds=nocloud;h=board;i=one quiet', { instance: 'one', hostname: 'board' });
test(says, '"ds=nocloud;instance-id=one;local-hostname=board"', { instance: 'one', hostname: 'board' });
test(says, 'ds=nocloud', {});
test(says, 'ds=nocloud;', {});
test(says, 'ds=nocloud-net;s=http://10.0.0.1/a=b/', { seedFrom: 'http://10.0.0.1/a=b/' });
test(says, 'ds=nocloud;i=one ds=nocloud;i=two\n', { instance: 'two' });
test(says, 'ds=nocloudy ids=nocloud ds=openstack', undefined);
test(says, '', undefined);

test('an instance is what was named, or the content', (t) => {
  const [a, b] = [Buffer.from('a'), Buffer.from('b')];
  t.is(instanceOf(['one', 'two'], [a]), 'one');
  t.is(instanceOf([undefined, 'two'], [a]), 'two');
  t.is(instanceOf([undefined, ''], [a, b]), instanceOf([], [a, b]));
  t.not(instanceOf([], [a, b]), instanceOf([], [b, a]));
  // What moves from one file to the next is another content.
  t.not(instanceOf([], [Buffer.from('ab'), Buffer.from('c')]), instanceOf([], [a, Buffer.from('bc')]));
  t.regex(instanceOf([], [a]), /^content-[0-9a-f]{32}$/);
});
